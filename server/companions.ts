/** The tests and mocks of a flow: where they name its blocks, and where tests name secrets. Open ones as they are typed. */
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { mentionsInTest, type TestMention } from '../flow/testing/mentions.js';
import { parseTestFile } from '../flow/testing/read.js';
import { mentionsOfMocks, flowsBeside } from './mocks.js';
import type { PlacedMention } from './mentions.js';
import { pathOf } from './projects.js';
import type { Features } from './server.js';
import { readFlow, type KnownFlow } from './subject.js';
import { flowFileOfTest } from './tests.js';

type Files = Pick<Features, 'documents' | 'index'>;

export interface KnownTest {
  readonly uri: string;
  /** Null for a file that is not open. */
  readonly version: number | null;
  readonly text: TextDocument;
  readonly mentions: readonly TestMention[];
}

/** Test files that hold a text. */
export function* testsWith({ documents, index }: Files, part: string): Generator<KnownTest> {
  const known = (uri: string, version: number | null, text: TextDocument): KnownTest[] => {
    const source = text.getText();
    return source.includes(part) ? [{ uri, version, text, mentions: mentionsInTest(source) }] : [];
  };
  for (const document of documents.present())
    if (document.kind === 'test') yield* known(document.uri, document.version, document.text);
  for (const { uri, kind } of index.files()) {
    const file = kind === 'test' && !documents.get(uri) ? pathOf(uri) : undefined;
    const source = file === undefined ? undefined : readText(file);
    if (source !== undefined) yield* known(uri, null, TextDocument.create(uri, 'yaml', 0, source));
  }
}

/** The tests of a flow that name a block. */
export function* testsNaming(features: Files, { uri }: KnownFlow, block: string): Generator<KnownTest> {
  for (const test of testsWith(features, block)) {
    const mentions = test.mentions.filter(({ kind, text }) => kind === 'block' && text === block);
    const flow = flowFileOfTest(test.uri, parseTestFile(test.text.getText()));
    if (mentions.length > 0 && flow !== undefined && pathToFileURL(flow).href === uri)
      yield { ...test, mentions };
  }
}

export interface KnownMocks extends KnownFlow {
  /** As if they stood in the blocks that are mocked. */
  readonly mentions: readonly PlacedMention[];
}

/** The mocks files of a flow. */
export function* mocksOf(features: Files, home: KnownFlow): Generator<KnownMocks> {
  const { documents, index } = features;
  const known = ({ uri, version, flow }: KnownFlow): KnownMocks[] =>
    flowsBeside(features, uri).some((one) => one.uri === home.uri)
      ? [{ uri, version, flow, mentions: mentionsOfMocks(flow, home.flow) }]
      : [];
  for (const document of documents.present())
    if (document.kind === 'flow' && document.flow.dialect === 'mocks') yield* known(document);
  for (const { uri, kind } of index.files()) {
    const flow = kind === 'mocks' && !documents.get(uri) ? readFlow(uri) : undefined;
    if (flow) yield* known({ uri, version: null, flow });
  }
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
