/**
 * textDocument/codeLens, for clients with our commands: above the first block what concerns the whole flow, above every
 * other block that takes events the way to give it one, above a schedule the way not to wait for it.
 */
import type { CodeLens, CodeLensParams, Command } from 'vscode-languageserver/node';
import { isEntry, shapeOf } from '../flow/catalog.js';
import type { FlowDocument, PlacedBlock } from '../flow/document.js';
import {
  Commands,
  type AddSecretArguments,
  type FireScheduleArguments,
  type RunFromBlockArguments,
} from '../flow/protocol.js';
import type { ProjectState } from './projects.js';
import type { Features } from './server.js';
import { keyUsage } from './usage.js';

export function codeLenses(
  { documents, projects, commands }: Features,
  { textDocument: { uri } }: CodeLensParams,
): CodeLens[] {
  const flow = documents.flow(uri)?.flow;
  const [first] = flow?.blocks ?? [];
  if (!flow || !first || !commands) return [];
  return [
    ...ofFlow(flow, projects.of(uri), uri).map((command) => lens(flow, first, command)),
    ...flow.blocks.flatMap((placed) =>
      [...runFromHere(placed, uri), ...fireNow(placed, uri)].map((command) => lens(flow, placed, command)),
    ),
  ];
}

function lens(flow: FlowDocument, { segment, block }: PlacedBlock, command: Command): CodeLens {
  const { start } = flow.range(segment, block.span);
  return { range: { start, end: start }, command };
}

function ofFlow(flow: FlowDocument, project: ProjectState, uri: string): Command[] {
  const { set } = project.knowledge;
  const [key, ...more] = set ? [...keyUsage(flow).keys()].filter((one) => !set.has(one)) : [];
  const commands = [
    { title: '$(play) Run flow', command: Commands.runFlow, arguments: [{ uri }] },
    { title: '$(bug) Debug', command: Commands.debugFlow, arguments: [{ uri }] },
  ];
  if (key === undefined) return commands;
  const argument: AddSecretArguments = more.length === 0 ? { key, uri } : { uri };
  const title = more.length === 0 ? `Secret ${key} has` : `${more.length + 1} secrets have`;
  return [
    ...commands,
    {
      title: `$(key) ${title} no value here`,
      command: more.length === 0 ? Commands.addSecret : Commands.showMissingSecrets,
      arguments: [argument],
    },
  ];
}

/** Blocks that wait for events of others; an entry starts by itself. */
function runFromHere({ block }: PlacedBlock, uri: string): Command[] {
  const input = block.inputs.keys().next().value ?? shapeOf(block)?.inputs.keys().next().value;
  if (input === undefined || block.name.text === '' || (block.type?.kind === 'core' && isEntry(block)))
    return [];
  const argument: RunFromBlockArguments = { uri, block: block.name.text, input };
  return [
    { title: '$(debug-start) Run from here', command: Commands.runFromBlock, arguments: [argument] },
    { title: 'Debug from here', command: Commands.debugFromBlock, arguments: [argument] },
  ];
}

function fireNow({ block: { name, type } }: PlacedBlock, uri: string): Command[] {
  if (name.text === '' || type?.kind !== 'core' || type.name.text !== 'schedule') return [];
  const argument: FireScheduleArguments = { uri, block: name.text };
  return [{ title: '$(watch) Fire now', command: Commands.fireSchedule, arguments: [argument] }];
}
