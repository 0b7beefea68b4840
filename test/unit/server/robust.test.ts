import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { ResponseError, type ClientCapabilities } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { comparePositions, type Position, type Range } from '../../../flow/text.js';
import { incomingCalls, outgoingCalls, prepareCallHierarchy } from '../../../server/callHierarchy.js';
import { definition } from '../../../server/definition.js';
import { documentLinks } from '../../../server/documentLinks.js';
import { Documents } from '../../../server/documents.js';
import { foldingRanges } from '../../../server/folding.js';
import { highlights } from '../../../server/highlights.js';
import { WorkspaceIndex } from '../../../server/index/workspaceIndex.js';
import { inlayHints } from '../../../server/inlayHints.js';
import { Projects } from '../../../server/projects.js';
import { references } from '../../../server/references.js';
import { prepareRename, rename } from '../../../server/rename.js';
import { selectionRanges } from '../../../server/selection.js';
import { semanticTokens, semanticTokensInRange } from '../../../server/semanticTokens.js';
import type { Features } from '../../../server/server.js';
import { DEFAULT_SETTINGS } from '../../../server/settings.js';
import { documentSymbols, workspaceSymbols } from '../../../server/symbols.js';
import { RICH } from './places.js';

const URI = 'untitled:/a.flow.yaml';
const CLIENT: ClientCapabilities = {
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

/** Every request at a place. Refusals of a rename are answers. */
function askAll(features: Features, position: Position, end: Position): unknown[] {
  const textDocument = { uri: URI };
  const at = { textDocument, position };
  const orRefusal = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      if (error instanceof ResponseError) return error.message;
      throw error;
    }
  };
  const range: Range =
    comparePositions(position, end) <= 0 ? { start: position, end } : { start: end, end: position };
  const items = prepareCallHierarchy(features, at) ?? [];
  return [
    definition(features, at),
    references(features, { ...at, context: { includeDeclaration: true } }),
    highlights(features, at),
    orRefusal(() => prepareRename(features, at)),
    orRefusal(() => rename(features, { ...at, newName: 'New name' })),
    orRefusal(() => rename(features, { ...at, newName: 'NEW_KEY' })),
    documentSymbols(features, { textDocument }),
    workspaceSymbols(features, { query: 'a' }),
    foldingRanges(features, { textDocument }),
    selectionRanges(features, { textDocument, positions: [position, end] }),
    semanticTokens(features, { textDocument }),
    semanticTokensInRange(features, { textDocument, range }),
    inlayHints(features, { textDocument, range }),
    documentLinks(features, { textDocument }),
    items,
    ...items.flatMap((item) => [incomingCalls(features, { item }), outgoingCalls(features, { item })]),
  ];
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
  const make = (): { features: Features; documents: Documents } => {
    const documents = new Documents();
    const projects = new Projects(documents);
    return {
      documents,
      features: {
        documents,
        projects,
        index: new WorkspaceIndex(() => undefined),
        commands: false,
        settings: DEFAULT_SETTINGS,
        client: CLIENT,
      },
    };
  };
  it('answers without an error wherever the text is cut off and the cursor stands', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...flows()),
        fc.nat({ max: 10_000 }),
        fc.array(fc.nat({ max: 10_000 }), { minLength: 1, maxLength: 4 }),
        (whole, cut, places) => {
          const text = TextDocument.create(URI, 'flow', 1, whole.slice(0, cut % (whole.length + 1)));
          const { features, documents } = make();
          documents.open(URI, 'flow', 1, text.getText());
          for (const place of places) {
            const position = text.positionAt(place % (text.getText().length + 1));
            checkRanges(askAll(features, position, text.positionAt(cut)), text);
          }
        },
      ),
      { numRuns: 250 },
    );
  });

  it('answers without an error, and as for a fresh document, after any edits', () => {
    const edit = fc.record({
      at: fc.nat({ max: 10_000 }),
      length: fc.oneof(fc.constant(0), fc.nat({ max: 200 })),
      text: fc.oneof(
        fc.constantFrom(
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
          '&x ',
          '|',
          'outputs.start',
          '\t',
          '---\n',
        ),
        fc.string({ maxLength: 8 }),
      ),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...flows()),
        fc.array(edit, { minLength: 1, maxLength: 8 }),
        (whole, edits) => {
          let text = TextDocument.create(URI, 'flow', 1, whole);
          const { features, documents } = make();
          documents.open(URI, 'flow', 1, whole);
          for (const [i, change] of edits.entries()) {
            const offset = change.at % (text.getText().length + 1);
            const range = { start: text.positionAt(offset), end: text.positionAt(offset + change.length) };
            documents.change(URI, i + 2, [{ range, text: change.text }]);
            text = TextDocument.update(text, [{ range, text: change.text }], i + 2);
            const position = text.positionAt(offset + change.text.length);
            const answers = askAll(features, position, range.end);
            if (i < edits.length - 1) continue;
            checkRanges(answers, text);
            const fresh = make();
            fresh.documents.open(URI, 'flow', i + 2, text.getText());
            assert.deepEqual(answers, askAll(fresh.features, position, range.end));
          }
        },
      ),
      { numRuns: 250 },
    );
  });

  it('is nothing for a document that is not open, or no flow', () => {
    const { features, documents } = make();
    const nowhere = { line: 0, character: 0 };
    const empty = (answers: unknown[]): boolean =>
      answers.every((answer) => answer === null || (Array.isArray(answer) && answer.length === 0));
    assert.ok(empty(askAll(features, nowhere, nowhere)));
    documents.open(URI.replace('flow', 'x'), 'yaml', 1, 'a: 1\n');
    assert.ok(empty(askAll(features, nowhere, nowhere)));
  });
});
