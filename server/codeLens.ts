/** textDocument/codeLens: run a flow, and what it still lacks, above its first block. For clients with our commands. */
import type { CodeLens, CodeLensParams } from 'vscode-languageserver/node';
import { Commands, type AddSecretArguments } from '../flow/protocol.js';
import type { Features } from './server.js';
import { keyUsage } from './usage.js';

export function codeLenses(
  { documents, projects, commands }: Features,
  { textDocument: { uri } }: CodeLensParams,
): CodeLens[] {
  const flow = documents.flow(uri)?.flow;
  const first = flow?.blocks[0];
  if (!flow || !first || !commands) return [];
  const { start } = flow.range(first.segment, first.block.span);
  const range = { start, end: start };
  const lenses: CodeLens[] = [
    { range, command: { title: '$(play) Run flow', command: Commands.runFlow, arguments: [{ uri }] } },
  ];
  const { set } = projects.of(uri).knowledge;
  const missing = set ? [...keyUsage(flow).keys()].filter((key) => !set.has(key)) : [];
  if (missing.length > 0) {
    const argument: AddSecretArguments = { key: missing[0]!, uri };
    lenses.push({
      range,
      command: {
        title: `$(key) ${missing.length === 1 ? `Secret ${missing[0]!} has` : `${missing.length} secrets have`} no value here`,
        command: Commands.addSecret,
        arguments: [argument],
      },
    });
  }
  return lenses;
}
