/** textDocument/rename and prepareRename: blocks, secret keys and app installations. All of it, or a reason why not. */
import type {
  Range,
  RenameParams,
  TextDocumentPositionParams,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { FlowDocument, PlacedBlock } from '../flow/document.js';
import { graphOf } from '../flow/graph.js';
import { blockKey, secretKeyProblem } from '../flow/keys.js';
import { mocksIn } from '../flow/mocksFile.js';
import { rewriteScalar } from '../flow/quoting.js';
import type { TestMention } from '../flow/testing/mentions.js';
import { LSPErrorCodes, ResponseError } from './lsp.js';
import { mocksOf, testsNaming, testsWith } from './companions.js';
import { mentionsIn, type CodeMention, type Mention, type PlacedMention } from './mentions.js';
import { editsFor, Refusal, type PlacedEdit } from './renameEdits.js';
import type { Features } from './server.js';
import {
  flowsNaming,
  homeOf,
  projectText,
  rangeIn,
  subjectAt,
  type KnownFlow,
  type Subject,
} from './subject.js';
import { renameInTerraform } from './terraform/features.js';
import { canSignal, meaning, occurrences, readTargets, signalTargets, type Target } from './targets.js';

export interface PreparedRename {
  readonly range: Range;
  readonly placeholder: string;
}

/** What would be renamed; null where nothing can be. Rejects with a reason where the name's meaning is not certain. */
export function prepareRename(features: Features, params: TextDocumentPositionParams): PreparedRename | null {
  return orReason(() => {
    const subject = subjectAt(features, params);
    const target = subject && theTarget(subject);
    return target ? { range: subject.range, placeholder: nameOf(target) } : null;
  });
}

export function rename(features: Features, params: RenameParams): WorkspaceEdit | null {
  return orReason(() => {
    const subject = subjectAt(features, params);
    const target = subject && theTarget(subject);
    if (!target) return null;
    const { uri } = params.textDocument;
    const newName = params.newName.trim();
    if (newName === nameOf(target)) return { changes: {} };
    const changes = target.kind === 'secret' ? renameSecret(features, uri, target.key, newName) : [];
    const home = homeOf(features, uri, subject);
    if (home && target.kind !== 'secret') {
      const edits =
        target.kind === 'block'
          ? blockEdits(home.flow, target.placed, newName)
          : installationEdits(home.flow, target.key, newName);
      changes.push({ uri: home.uri, version: home.version, edits: toTextEdits(home.flow, edits) });
      if (target.kind === 'block') changes.push(...besideFlow(features, home, target.placed, newName));
    }
    return toWorkspaceEdit(features, changes);
  });
}

function orReason<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) throw new ResponseError(LSPErrorCodes.RequestFailed, error.message);
    throw error;
  }
}

/** The one thing that the name under the cursor means; undefined where it names nothing that can be renamed. */
function theTarget({ targets, at }: Subject): Target | undefined {
  const [first, ...others] = targets;
  const mention = at?.mention;
  if (mention?.kind === 'previous' || mention?.kind === 'output') return undefined;
  if (!first) {
    if (mention?.kind === 'read' || mention?.kind === 'block' || mention?.kind === 'signal')
      throw new Refusal(`There is no block that \`${mention.text}\` means here.`);
    return undefined;
  }
  if (others.length > 0) {
    const all = targets.map(describe).join(' or ');
    throw new Refusal(
      `\`${mention?.text ?? nameOf(first)}\` can mean ${all} here: rename it at its own name.`,
    );
  }
  if (mention?.kind === 'signal' && first.kind === 'installation')
    throw new Refusal(
      'Signals go by the name of the installation in the project, which is not kept in this file.',
    );
  return first;
}

function nameOf(target: Target): string {
  return target.kind === 'block' ? target.placed.block.name.text : target.key;
}

function describe(target: Target): string {
  return target.kind === 'block' ? `"${nameOf(target)}"` : `the installation ${nameOf(target)}`;
}

interface DocumentEdits {
  readonly uri: string;
  /** Null for a file that is not open. */
  readonly version: number | null;
  readonly edits: TextEdit[];
}

/** Edits with the versions they are for, where the client knows these: a text that has moved on is then not touched. */
function toWorkspaceEdit({ client }: Features, documents: readonly DocumentEdits[]): WorkspaceEdit {
  const changed = documents.filter(({ edits }) => edits.length > 0);
  if (client.workspace?.workspaceEdit?.documentChanges !== true)
    return { changes: Object.fromEntries(changed.map(({ uri, edits }) => [uri, edits])) };
  return {
    documentChanges: changed.map(({ uri, version, edits }) => ({ textDocument: { uri, version }, edits })),
  };
}

function toTextEdits(flow: FlowDocument, edits: readonly PlacedEdit[]): TextEdit[] {
  return edits.map(({ segment, span, text }) => ({ range: flow.range(segment, span), newText: text }));
}

/**
 * The edits of one flow that rename a block: its name, every link, errorHandler and group, and every expression that
 * reads it, when the key changes. Throws a Refusal where a name or key would collide or a meaning is not certain.
 */
export function blockEdits(flow: FlowDocument, placed: PlacedBlock, newName: string): PlacedEdit[] {
  const { block } = placed;
  const key = blockKey(newName);
  if (newName === '') throw new Refusal('A block needs a name.');
  if (/\p{Cc}/u.test(newName)) throw new Refusal('A block’s name is one line without control characters.');
  if (flow.blocks.some((other) => other.block !== block && other.block.name.text === newName))
    throw new Refusal(`There is a block "${newName}" already: links find blocks by their name.`);
  if (key === '')
    throw new Refusal(
      `Expressions could not read a block named "${newName}": outside of parentheses a name needs a letter or digit.`,
    );
  const all = flow.segments.flatMap((segment) =>
    mentionsIn(segment).map((mention) => ({ segment, mention })),
  );
  const meant = occurrences(flow, { kind: 'block', placed });
  return editsOfBlock(flow, placed, newName, { document: flow, meant, all });
}

/** What a document names, of a block and in all. */
interface Named {
  /** The flow itself, or a file beside it. */
  readonly document: FlowDocument;
  readonly meant: readonly PlacedMention[];
  readonly all: readonly PlacedMention[];
}

function editsOfBlock(
  flow: FlowDocument,
  placed: PlacedBlock,
  newName: string,
  { document, meant, all }: Named,
): PlacedEdit[] {
  const key = blockKey(newName);
  const changesKey = key !== placed.block.key;
  if (changesKey) {
    for (const { mention } of meant) certain(flow, placed, mention, key);
    for (const { mention } of all) if (mention.text === key) untouched(flow, placed, mention);
  }
  return editsFor(
    document,
    meant.filter(({ mention }) => changesKey || mention.kind === 'block'),
    (mention) => (mention.kind === 'block' ? newName : key),
  );
}

/** The edits of the flow's tests and mocks. Throws a Refusal where one cannot be made. */
function besideFlow(
  features: Features,
  home: KnownFlow,
  placed: PlacedBlock,
  newName: string,
): DocumentEdits[] {
  const mocks = [...mocksOf(features, home)].map(({ uri, version, flow, mentions }): DocumentEdits => {
    const name = decodeURIComponent(uri.slice(uri.lastIndexOf('/') + 1));
    if (flow.segments.some((segment) => mocksIn(segment).some((mock) => mock.name.text === newName)))
      throw new Refusal(
        `${name} has a mock of "${newName}" already, which would be that of this block then.`,
      );
    const means = meaning(home.flow, { kind: 'block', placed });
    const meant = mentions.filter(({ mention }) => means(mention));
    const edits = editsOfBlock(home.flow, placed, newName, { document: flow, meant, all: mentions });
    return { uri, version, edits: toTextEdits(flow, edits) };
  });
  const tests = [...testsNaming(features, home, placed.block.name.text)].map(
    ({ uri, version, text, mentions }): DocumentEdits => ({
      uri,
      version,
      edits: renamedIn(text, mentions, newName),
    }),
  );
  return [...mocks, ...tests];
}

function renamedIn(text: TextDocument, mentions: readonly TestMention[], newName: string): TextEdit[] {
  return mentions.map(({ span, tight }) => ({
    range: rangeIn(text, span),
    newText: rewriteScalar(text.getText(), span, newName, tight),
  }));
}

/** A mention of the block's old key must mean this block alone, and nothing else once it has the new key. */
function certain(flow: FlowDocument, placed: PlacedBlock, mention: Mention, key: string): void {
  if (mention.kind !== 'read' && mention.kind !== 'signal') return;
  const meant = meanings(flow, mention);
  const other = meant.find((target) => target.kind !== 'block' || target.placed.block !== placed.block);
  if (other)
    throw new Refusal(
      `\`${mention.text}\` in ${whereIs(mention)} can mean "${placed.block.name.text}" or ${describe(other)}, so it is not certain what it should read afterwards.`,
    );
  const clash = meanings(flow, { ...mention, text: key })[0];
  if (clash) throw collision(key, mention, clash);
}

/** A mention of the new key that means something else today would be ambiguous afterwards. */
function untouched(flow: FlowDocument, placed: PlacedBlock, mention: Mention): void {
  if (mention.kind !== 'read' && mention.kind !== 'signal') return;
  const reaches =
    mention.kind === 'signal'
      ? canSignal(placed.block, mention.signal)
      : mention.block !== undefined &&
        [...graphOf(flow).upstream(mention.block)].some(({ block }) => block === placed.block);
  const clash = reaches ? meanings(flow, mention)[0] : undefined;
  if (clash) throw collision(mention.text, mention, clash);
  // The file lacks blocks that are upstream: the key may be that of one of them.
  if (reaches && mention.kind === 'read' && graphOf(flow).isPartial(mention.block!))
    throw new Refusal(
      `\`${mention.text}\` in ${whereIs(mention)} may read a block that is not in this file; afterwards it would read "${placed.block.name.text}".`,
    );
}

function meanings(flow: FlowDocument, mention: CodeMention): Target[] {
  return mention.kind === 'signal'
    ? signalTargets(flow, mention.text, mention.signal)
    : readTargets(flow, mention).map((placed) => ({ kind: 'block', placed }));
}

function collision(key: string, mention: CodeMention, clash: Target): Refusal {
  return new Refusal(
    `The block’s key would become \`${key}\`, which in ${whereIs(mention)} means ${describe(clash)} already.`,
  );
}

function whereIs({ block }: CodeMention): string {
  return block && block.name.text !== '' ? `block "${block.name.text}"` : 'this flow';
}

/**
 * The edits of one flow that rename an installation's key. Signals stay: they go by the installation's name in the
 * project (flows-platform §3.2), which the key only resembles.
 */
export function installationEdits(flow: FlowDocument, key: string, newKey: string): PlacedEdit[] {
  if (newKey === '') throw new Refusal('An installation needs a key.');
  if (/\p{Cc}/u.test(newKey)) throw new Refusal('The key is one line without control characters.');
  if (flow.installations.has(newKey))
    throw new Refusal(`There is an installation \`${newKey}\` in this file already.`);
  const meant = occurrences(flow, { kind: 'installation', key });
  return editsFor(
    flow,
    meant.filter(({ mention }) => mention.kind === 'installation'),
    () => newKey,
  );
}

/** The edits of one flow that make every expression read `newKey` in place of `key`. */
export function secretEdits(flow: FlowDocument, key: string, newKey: string): PlacedEdit[] {
  return editsFor(flow, occurrences(flow, { kind: 'secret', key }), () => newKey);
}

function renameSecret(features: Features, uri: string, key: string, newKey: string): DocumentEdits[] {
  const problem = secretKeyProblem(newKey);
  if (problem !== undefined) throw new Refusal(problem);
  const project = features.projects.of(uri);
  const { declared, complete, set } = project.knowledge;
  if (declared.has(newKey) || set?.has(newKey)) {
    // A key that nobody has declared names no secret: reading another one instead loses nothing.
    const isTypo = complete && !declared.has(key) && set?.has(key) !== true;
    if (!isTypo) throw new Refusal(`There is a secret \`${newKey}\` in project \`${project.id}\` already.`);
  }
  const flows = flowsNaming(features, project, key);
  for (const { flow } of flowsNaming(features, project, newKey)) {
    const taken = !declared.has(newKey) && occurrences(flow, { kind: 'secret', key: newKey }).length > 0;
    if (taken) throw new Refusal(`\`secrets.${newKey}\` is read already: the two could not be told apart.`);
  }
  const tests = [...testsWith(features, key)].flatMap((test): DocumentEdits[] => {
    const mentions = test.mentions.filter(({ kind, text }) => kind === 'secret' && text === key);
    return features.projects.of(test.uri).folder === project.folder
      ? [{ uri: test.uri, version: test.version, edits: renamedIn(test.text, mentions, newKey) }]
      : [];
  });
  return [
    ...projectEdits(features, uri, key, newKey),
    ...tests,
    ...renameInTerraform(features, project, key, newKey),
    ...flows.map(({ uri: at, version, flow }): DocumentEdits => ({
      uri: at,
      version,
      edits: toTextEdits(flow, secretEdits(flow, key, newKey)),
    })),
  ];
}

/** The declaration in the project file, where there is one. */
function projectEdits(features: Features, uri: string, key: string, newKey: string): DocumentEdits[] {
  const project = features.projects.of(uri);
  const declaration = project.declared.secrets.get(key);
  const file = projectText(features, project);
  if (!declaration || !file) return [];
  const text = file.getText();
  const open = features.documents.get(file.uri);
  const edits = [...declaration.keySpansBefore, declaration.keySpan].map((span) => ({
    range: rangeIn(file, span),
    newText: rewriteScalar(text, span, newKey, true),
  }));
  return [{ uri: file.uri, version: open?.version ?? null, edits }];
}
