/** The same YAML written in other styles, for tests that what is read and reported does not depend on them. */
import assert from 'node:assert/strict';
import { isScalar, parseDocument, visit, type Document, type Scalar, type ToStringOptions } from 'yaml';

const EXPRESSION = { tag: '!expr', resolve: (text: string) => text };
const OPTIONS = { customTags: [EXPRESSION] };

interface Style {
  readonly scalars?: Scalar.Type;
  /** Maps and lists in `{ }` and `[ ]`. */
  readonly flow?: boolean;
  /** Comments before and behind everything that can have one. */
  readonly comments?: boolean;
  readonly options?: ToStringOptions;
  /** Of the finished text. */
  readonly finish?: (text: string) => string;
}

const crlf = (text: string): string => text.replace(/\r?\n/g, '\r\n');

export const STYLES: Readonly<Record<string, Style>> = {
  plain: { scalars: 'PLAIN' },
  'plain, folded at 20 columns': { scalars: 'PLAIN', options: { lineWidth: 20, minContentWidth: 5 } },
  'single quotes': { scalars: 'QUOTE_SINGLE' },
  'single quotes, folded at 20 columns': {
    scalars: 'QUOTE_SINGLE',
    options: { lineWidth: 20, minContentWidth: 5 },
  },
  'double quotes': { scalars: 'QUOTE_DOUBLE', options: { doubleQuotedMinMultiLineLength: 100_000 } },
  'double quotes, folded at 20 columns': {
    scalars: 'QUOTE_DOUBLE',
    options: { lineWidth: 20, minContentWidth: 5, doubleQuotedMinMultiLineLength: 0 },
  },
  'literal blocks': { scalars: 'BLOCK_LITERAL' },
  'folded blocks': { scalars: 'BLOCK_FOLDED', options: { lineWidth: 30, minContentWidth: 5 } },
  'flow maps and lists': { flow: true },
  JSON: { flow: true, scalars: 'QUOTE_DOUBLE', options: { lineWidth: 0 } },
  'other indentation': { options: { indent: 4, indentSeq: false } },
  'comments everywhere': { comments: true },
  'comments everywhere, literal blocks': { comments: true, scalars: 'BLOCK_LITERAL' },
  CRLF: { finish: crlf },
  'CRLF, literal blocks': { scalars: 'BLOCK_LITERAL', finish: crlf },
  'CRLF, folded blocks with comments': {
    scalars: 'BLOCK_FOLDED',
    comments: true,
    options: { lineWidth: 30, minContentWidth: 5 },
    finish: crlf,
  },
  'CRLF, double quotes, folded at 20 columns': {
    scalars: 'QUOTE_DOUBLE',
    options: { lineWidth: 20, minContentWidth: 5, doubleQuotedMinMultiLineLength: 0 },
    finish: crlf,
  },
  'document markers and a byte order mark': {
    finish: (text) => `\uFEFF%YAML 1.2\n---\n${text}...\n`,
  },
};

/** The text in another style, with the same values; undefined for what is no valid YAML. */
export function restyle(
  text: string,
  { scalars, flow, comments, options, finish }: Style,
): string | undefined {
  const document = parseDocument(text, OPTIONS);
  if (document.errors.length > 0) return undefined;
  const before = values(document);
  visit(document, {
    Scalar(key, node) {
      if (scalars && typeof node.value === 'string') {
        // Block scalars cannot be keys.
        node.type = key === 'key' && scalars.startsWith('BLOCK') ? 'PLAIN' : scalars;
      }
      // The library miscounts and misfolds text that begins with a blank.
      if (/^\s/.test(String(node.value)) && (scalars === 'PLAIN' || options?.indent !== undefined))
        node.type = 'QUOTE_DOUBLE';
    },
    Collection(_, node) {
      if (flow !== undefined) node.flow = flow;
      if (comments) node.commentBefore = ' before: { it }';
    },
    Pair(_, pair) {
      if (comments && isScalar(pair.key)) pair.key.commentBefore = ' key: "';
      // The library writes no comment behind an empty block, though it keeps it.
      if (comments && isScalar(pair.value) && /^[^\n]+$/.test(String(pair.value.value)))
        pair.value.comment = " behind 'it";
    },
  });
  const written = document.toString({ lineWidth: 0, ...options });
  assert.deepEqual(values(parseDocument(written, OPTIONS)), before, 'the library has changed a value');
  return finish ? finish(written) : written;
}

function values(document: Document): unknown {
  return document.toJS({ maxAliasCount: -1 }) as unknown;
}
