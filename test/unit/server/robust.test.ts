import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { LSPErrorCodes, ResponseError, type CallHierarchyItem } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { comparePositions, type Position, type Range } from '../../../flow/text.js';
import { TestClient } from './client.js';
import { RICH } from './places.js';

const CAPABILITIES = {
  textDocument: {
    definition: { linkSupport: true },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
  },
};

function flows(): string[] {
  const folder = path.join(process.cwd(), 'examples');
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.flow.yaml'))
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8'))
    .concat([RICH, RICH.replaceAll('\n', '\r\n')]);
}

/** The answers to every request at a place. A rename that is refused with a reason is answered as well. */
async function askAll(
  client: TestClient,
  name: string,
  position: Position,
  end: Position,
): Promise<unknown[]> {
  const textDocument = { uri: client.uri(name) };
  const at = { textDocument, position };
  const range: Range =
    comparePositions(position, end) <= 0 ? { start: position, end } : { start: end, end: position };
  const ask = async (method: string, params: object): Promise<unknown> => {
    try {
      return await client.request<unknown>(method, params);
    } catch (error) {
      if (error instanceof ResponseError && error.code === LSPErrorCodes.RequestFailed) return error.message;
      throw new Error(`${method} failed: ${String(error)}`, { cause: error });
    }
  };
  const items = (await ask('textDocument/prepareCallHierarchy', at)) as CallHierarchyItem[] | null;
  const answers = await Promise.all([
    ask('textDocument/definition', at),
    ask('textDocument/references', { ...at, context: { includeDeclaration: true } }),
    ask('textDocument/documentHighlight', at),
    ask('textDocument/prepareRename', at),
    ask('textDocument/rename', { ...at, newName: 'New name' }),
    ask('textDocument/rename', { ...at, newName: 'NEW_KEY' }),
    ask('textDocument/documentSymbol', { textDocument }),
    ask('textDocument/foldingRange', { textDocument }),
    ask('textDocument/selectionRange', { textDocument, positions: [position, end] }),
    ask('textDocument/semanticTokens/full', { textDocument }),
    ask('textDocument/semanticTokens/range', { textDocument, range }),
    ask('textDocument/inlayHint', { textDocument, range }),
    ask('textDocument/documentLink', { textDocument }),
    ask('workspace/symbol', { query: 'a' }),
    ...(items ?? []).flatMap((item) => [
      ask('callHierarchy/incomingCalls', { item }),
      ask('callHierarchy/outgoingCalls', { item }),
    ]),
  ]);
  return [items, ...answers];
}

/** All ranges in an answer lie in the text, and their ends are in order. */
function checkRanges(answer: unknown, text: TextDocument): void {
  if (typeof answer !== 'object' || answer === null) return;
  const { start, end } = answer as Partial<Range>;
  if (start && end) {
    assert.ok(comparePositions(start, end) <= 0);
    for (const place of [start, end])
      assert.deepEqual(text.positionAt(text.offsetAt(place)), place, 'a place outside of the text');
    return;
  }
  for (const value of Object.values(answer) as unknown[]) checkRanges(value, text);
}

describe('every request, on any text', () => {
  let client: TestClient;
  beforeEach(async () => {
    client = await TestClient.start({}, { capabilities: CAPABILITIES });
  });
  afterEach(() => client.dispose());

  it('answers without an error wherever the text is cut off and the cursor stands', async () => {
    await client.open('a.flow.yaml', '');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...flows()),
        fc.nat({ max: 10_000 }),
        fc.array(fc.nat({ max: 10_000 }), { minLength: 1, maxLength: 4 }),
        async (whole, cut, places) => {
          const text = TextDocument.create('', 'flow', 1, whole.slice(0, cut % (whole.length + 1)));
          await client.edit('a.flow.yaml', [{ text: text.getText() }]);
          for (const place of places) {
            const position = text.positionAt(place % (text.getText().length + 1));
            checkRanges(await askAll(client, 'a.flow.yaml', position, text.positionAt(cut)), text);
          }
        },
      ),
      { numRuns: 120 },
    );
  }).timeout(60_000);

  it('answers without an error, and as for a fresh document, after any edits', async () => {
    const pieces = [
      '',
      ' ',
      '\n',
      '  - name: X\n',
      ': ',
      '"',
      "'",
      '`',
      '!expr secrets.',
      '- ',
      '#',
      '{',
      '*x',
    ];
    const more = ['&x ', '|', 'outputs.start', '\t', '---\n'];
    const edit = fc.record({
      at: fc.nat({ max: 10_000 }),
      length: fc.oneof(fc.constant(0), fc.nat({ max: 200 })),
      text: fc.oneof(fc.constantFrom(...pieces, ...more), fc.string({ maxLength: 8 })),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...flows()),
        fc.array(edit, { minLength: 1, maxLength: 8 }),
        async (whole, edits) => {
          const name = `${++run}.flow.yaml`;
          let text = TextDocument.create('', 'flow', 1, whole);
          await client.open(name, whole);
          try {
            for (const [i, change] of edits.entries()) {
              const offset = change.at % (text.getText().length + 1);
              const range = { start: text.positionAt(offset), end: text.positionAt(offset + change.length) };
              await client.edit(name, [{ range, text: change.text }]);
              text = TextDocument.update(text, [{ range, text: change.text }], i + 2);
              const position = text.positionAt(offset + change.text.length);
              const answers = await askAll(client, name, position, range.end);
              if (i < edits.length - 1) continue;
              checkRanges(answers, text);
              await client.close(name);
              await client.open(name, text.getText());
              assert.deepEqual(answers, await askAll(client, name, position, range.end));
            }
          } finally {
            await client.close(name);
          }
        },
      ),
      { numRuns: 120 },
    );
  }).timeout(60_000);

  it('is nothing for a document that is not open, or no flow', async () => {
    const nowhere = { line: 0, character: 0 };
    const isNothing = (answer: unknown): boolean =>
      answer === null ||
      (Array.isArray(answer) && answer.length === 0) ||
      JSON.stringify(answer) === '{"data":[]}';
    assert.ok((await askAll(client, 'a.flow.yaml', nowhere, nowhere)).every(isNothing));
    await client.open('x.yaml', 'a: 1\n', 'yaml');
    assert.ok((await askAll(client, 'x.yaml', nowhere, nowhere)).every(isNothing));
  });
});
