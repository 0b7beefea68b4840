/** What the cursor is on, and where things are declared: the ground of definition, references, highlights and rename. */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { TextDocumentPositionParams } from 'vscode-languageserver/node';
import { blockNamed } from '../flow/checkMocks.js';
import { FlowDocument } from '../flow/document.js';
import { fileKind } from '../flow/files.js';
import { mentionsInTest } from '../flow/testing/mentions.js';
import { parseTestFile } from '../flow/testing/read.js';
import { contains, type Position, type Range, type Span } from '../flow/text.js';
import type { OpenFlow, OpenText } from './documents.js';
import { mentionInMocks } from './mocks.js';
import { mentionAt, placeOf, type PlacedMention } from './mentions.js';
import { pathOf, type ProjectState } from './projects.js';
import type { Features } from './server.js';
import { targetsOf, type Target } from './targets.js';
import { flowAt, flowFileOfTest } from './tests.js';
import { terraformDeclaration } from './terraform/files.js';
import { terraformKeyAt } from './terraform/features.js';
import { entrySpan, pathAt, trimmed, unquoted } from './tree.js';

export interface Subject {
  /** Several where the flow does not say which one is meant. */
  readonly targets: readonly Target[];
  /** What is underlined: the name under the cursor. */
  readonly range: Range;
  /** The flow that holds the cursor, and the mention under it; absent in other files. */
  readonly at?: PlacedMention & { readonly flow: FlowDocument };
  /** In a test or mocks file: the flow whose blocks are meant. */
  readonly home?: KnownFlow;
}

/** The name under the cursor, in a flow or in a project file. */
export function subjectAt(
  features: Features,
  { textDocument: { uri }, position }: TextDocumentPositionParams,
): Subject | undefined {
  const { documents, projects } = features;
  const document = documents.get(uri);
  if (document?.kind === 'test') return subjectInTest(features, document, position);
  if (document?.kind === 'flow') {
    const { flow } = document;
    const mocked = flow.dialect === 'mocks' ? mentionInMocks(features, document, position) : undefined;
    if (mocked) {
      const { home, mention, segment } = mocked;
      return {
        targets: targetsOf(home.flow, mention),
        range: flow.range(segment, placeOf(segment, mention)),
        home,
      };
    }
    const placed = mentionAt(flow, position);
    if (!placed) return undefined;
    return {
      targets: targetsOf(flow, placed.mention),
      range: flow.range(placed.segment, placeOf(placed.segment, placed.mention)),
      at: { ...placed, flow },
    };
  }
  if (document?.kind === 'terraform') {
    const found = terraformKeyAt(features, document, position);
    return found && { targets: [{ kind: 'secret', key: found.key }], range: found.range };
  }
  if (document?.kind !== 'project') return undefined;
  const { text } = document;
  const offset = text.offsetAt(position);
  for (const { key, keySpan, keySpansBefore } of projects.of(uri).declared.secrets.values()) {
    const span = [...keySpansBefore, keySpan].find((one) => contains(one, offset));
    if (span)
      return { targets: [{ kind: 'secret', key }], range: rangeIn(text, unquoted(text.getText(), span)) };
  }
  return undefined;
}

function subjectInTest(features: Features, { uri, text }: OpenText, position: Position): Subject | undefined {
  const source = text.getText();
  const offset = text.offsetAt(position);
  const mention = mentionsInTest(source).find(({ span }) => contains(span, offset));
  if (!mention) return undefined;
  const range = rangeIn(text, unquoted(source, mention.span));
  if (mention.kind === 'secret') return { targets: [{ kind: 'secret', key: mention.text }], range };
  const file = flowFileOfTest(uri, parseTestFile(source));
  const flow = file === undefined ? null : flowAt(features, file);
  const placed = flow && blockNamed(flow, mention.text);
  if (file === undefined || !placed) return undefined;
  const home = pathToFileURL(file).href;
  return {
    targets: [{ kind: 'block', placed }],
    range,
    home: { uri: home, version: features.documents.get(home)?.version ?? null, flow },
  };
}

/** The flow that the subject's blocks and installations are those of. */
export function homeOf({ documents }: Features, uri: string, { home }: Subject): KnownFlow | undefined {
  return home ?? documents.flow(uri);
}

export interface Declaration {
  readonly uri: string;
  /** All of it. */
  readonly range: Range;
  /** The name alone. */
  readonly nameRange: Range;
}

/** Where a target is declared: a block or installation in the flow, a secret key in the project file. */
export function declarationOf(
  features: Features,
  uri: string,
  target: Target,
  home: KnownFlow | undefined = features.documents.flow(uri),
): Declaration | undefined {
  if (target.kind === 'secret') return declaredKey(features, features.projects.of(uri), target.key);
  if (!home) return undefined;
  const { flow } = home;
  if (target.kind === 'block') {
    const { segment, block } = target.placed;
    return {
      uri: home.uri,
      range: flow.range(segment, trimmed(segment.text, block.span)),
      nameRange: flow.range(segment, unquoted(segment.text, block.name.span)),
    };
  }
  for (const segment of flow.segments) {
    const key = segment.content.installations.get(target.key)?.key;
    if (!key) continue;
    const entry = pathAt(segment, key.span.start).findLast((node) => node.entry)?.entry;
    return {
      uri: home.uri,
      range: flow.range(segment, trimmed(segment.text, entry ? entrySpan(entry) : key.span)),
      nameRange: flow.range(segment, unquoted(segment.text, key.span)),
    };
  }
  return undefined;
}

function declaredKey(features: Features, project: ProjectState, key: string): Declaration | undefined {
  const declaration = project.declared.secrets.get(key);
  const file = projectText(features, project);
  const resource = declaration ? undefined : terraformDeclaration(features, project, key);
  if (resource) return { uri: resource.uri, range: resource.resource, nameRange: resource.range };
  if (!declaration || !file) return undefined;
  const text = file.getText();
  const line = /[^\r\n]*/.exec(text.slice(declaration.keySpan.end))![0];
  const whole = { start: declaration.keySpan.start, end: declaration.keySpan.end + line.length };
  return {
    uri: file.uri,
    range: rangeIn(file, trimmed(text, whole)),
    nameRange: rangeIn(file, unquoted(text, declaration.keySpan)),
  };
}

/** The project file as it is in the editor, else on disk. */
export function projectText(
  { documents, projects }: Features,
  { file }: ProjectState,
): TextDocument | undefined {
  if (file === undefined) return undefined;
  const open = documents.get(file);
  if (open?.kind === 'project') return open.text;
  const text = projects.textOf(file);
  return text === undefined ? undefined : TextDocument.create(file, 'yaml', 0, text);
}

/** A flow of the workspace. */
export interface KnownFlow {
  readonly uri: string;
  /** Null for a file that is not open. */
  readonly version: number | null;
  readonly flow: FlowDocument;
}

/** The open flows of a project, and those on disk that name the key. */
export function flowsNaming(
  { documents, projects, index }: Features,
  { folder }: ProjectState,
  key: string,
): KnownFlow[] {
  const open = [...documents.present()].filter(
    (document): document is OpenFlow =>
      document.kind === 'flow' && projects.of(document.uri).folder === folder,
  );
  const closed = [...index.files()].flatMap((file): KnownFlow[] => {
    if (!file.keys.has(key) || documents.get(file.uri) || projects.of(file.uri).folder !== folder) return [];
    const flow = readFlow(file.uri);
    return flow ? [{ uri: file.uri, version: null, flow }] : [];
  });
  return [...open, ...closed];
}

/** A flow, installation config or mocks file as it is on disk; undefined when it cannot be read. */
export function readFlow(uri: string): FlowDocument | undefined {
  const file = pathOf(uri);
  if (file === undefined) return undefined;
  try {
    const text = fs.readFileSync(file, 'utf8');
    const kind = fileKind(path.basename(file), () => text);
    return kind === 'flow' || kind === 'installation' || kind === 'mocks'
      ? new FlowDocument(text, kind)
      : undefined;
  } catch {
    return undefined;
  }
}

export function rangeIn(document: TextDocument, { start, end }: Span): Range {
  return { start: document.positionAt(start), end: document.positionAt(end) };
}
