/**
 * What is wrong with YAML, in words that say what to do, at a place that can be underlined. The library's own messages
 * speak of the grammar and some quote the text, which may hold a token that somebody has pasted.
 */
import { Parser, type YAMLError } from 'yaml';
import type { Span } from './text.js';

export interface YamlMistake {
  readonly message: string;
  readonly span: Span;
}

export const REPEATED_KEY = 'This key stands twice in the same map: only one of them can be meant.';

type Explanation = readonly [code: string, contains: string, message: string];

/** Its fix looks for it. */
export const TABS = 'Tabs may not indent YAML. Use spaces.';

/** The first that fits; `contains` is part of the library's message, '' fits any. */
const EXPLANATIONS: readonly Explanation[] = [
  ['TAB_AS_INDENT', '', TABS],
  ['DUPLICATE_KEY', '', REPEATED_KEY],
  ['BAD_SCALAR_START', '', 'Text cannot begin with this character. Put the text in quotes.'],
  [
    'BAD_DQ_ESCAPE',
    '',
    'This is no escape in double quotes. Write `\\\\` for a backslash, or use single quotes.',
  ],
  ['MULTILINE_IMPLICIT_KEY', '', 'A key and its colon stand on one line. Is a colon missing, or a quote?'],
  ['KEY_OVER_1024_CHARS', '', 'A key is too long: its colon comes within 1024 characters.'],
  ['BLOCK_AS_IMPLICIT_KEY', 'compact', 'The `: ` in this line makes it a key. Put the text in quotes.'],
  ['BLOCK_AS_IMPLICIT_KEY', '', 'A list cannot be a key.'],
  ['BLOCK_IN_FLOW', '', 'Between `{ }` or `[ ]`, text with `: ` or `- ` needs quotes.'],
  ['MISSING_CHAR', 'to be followed by map values', 'This key has no colon: write `key: value`.'],
  ['MISSING_CHAR', 'Sequence item', 'This does not line up with what is around it: check the indentation.'],
  ['MISSING_CHAR', 'Missing ,', 'A comma is missing before this.'],
  ['MISSING_CHAR', 'end with a }', 'The map that began with `{` is not closed with `}`.'],
  ['MISSING_CHAR', 'end with a ]', 'The list that began with `[` is not closed with `]`.'],
  ['MISSING_CHAR', 'space after :', 'A blank is missing after the colon.'],
  ['MISSING_CHAR', 'Comments', 'A comment begins with a blank and `#`.'],
  ['BAD_INDENT', 'end with a }', 'The map that began with `{` is not closed with `}` before this.'],
  ['BAD_INDENT', 'end with a ]', 'The list that began with `[` is not closed with `]` before this.'],
  ['BAD_INDENT', 'Flow end indicator', 'The closing bracket is indented less than its key.'],
  ['BAD_INDENT', 'Block scalar', 'The text of this block is not indented deeper than its key.'],
  ['BAD_INDENT', '', 'This does not line up with what is around it: check the indentation.'],
  ['MULTIPLE_TAGS', '', 'A value has one tag at most.'],
  ['MULTIPLE_ANCHORS', '', 'A value has one anchor at most.'],
  ['ALIAS_PROPS', '', 'An alias has no tag or anchor of its own.'],
  ['BAD_COLLECTION_TYPE', '', 'This tag does not fit its value.'],
  [
    'UNEXPECTED_TOKEN',
    'header',
    'Behind `|` or `>` stand `-`, `+` and a digit at most; the text begins on the next line.',
  ],
  ['UNEXPECTED_TOKEN', 'at node end', 'The value has ended before this. Put all of it in quotes.'],
  ['UNEXPECTED_TOKEN', '', 'This cannot stand here.'],
];

/** Mistakes that come of an expression whose characters mean something to YAML. */
const OF_EXPRESSIONS: ReadonlySet<string> = new Set([
  'BAD_SCALAR_START',
  'BLOCK_AS_IMPLICIT_KEY',
  'BLOCK_IN_FLOW',
  'UNEXPECTED_TOKEN',
  'MULTILINE_IMPLICIT_KEY',
  'BAD_DQ_ESCAPE',
]);

/** Of the library's message. */
export const MISSING_QUOTE = /closing (["'])quote/;

const EXPRESSION_IN_LINE = /!expr[ \t]+[^\s|>]/;

export function explainYaml(error: YAMLError, text: string): YamlMistake {
  const start = Math.min(error.pos[0], text.length);
  const span = visible({ start, end: Math.min(Math.max(error.pos[1], start), text.length) }, text);
  const quote = MISSING_QUOTE.exec(error.message)?.[1];
  if (quote !== undefined) {
    return {
      message: `The text in quotes that begins here has no end: its closing \`${quote}\` is missing.`,
      span: openedQuote(text, start) ?? span,
    };
  }
  if (OF_EXPRESSIONS.has(error.code)) {
    const line = text.slice(text.lastIndexOf('\n', span.start - 1) + 1).split('\n', 1)[0]!;
    const at = EXPRESSION_IN_LINE.exec(line);
    if (at) {
      return {
        message:
          'YAML reads this expression in its own way (`: `, ` #`, quotes, backticks). Write it in single quotes, or on the lines below `!expr |-`.',
        span,
      };
    }
  }
  const known = EXPLANATIONS.find(
    ([code, contains]) => code === error.code && error.message.includes(contains),
  );
  return { message: known?.[2] ?? 'This is not YAML.', span };
}

/** At least one character, on a line where there is one; the whole word where only its first letter is named. */
function visible({ start, end }: Span, text: string): Span {
  // A tab shows as little as a blank, but it is what is wrong.
  if (/[^ \r\n]/.test(text.slice(start, end))) {
    const word = end - start === 1 ? /^!?[\p{L}\p{N}_$.-]+/u.exec(text.slice(start)) : null;
    return { start, end: word ? start + word[0].length : end };
  }
  const next = /^[ \t]*\S/.exec(text.slice(end));
  if (next) return visible({ start: end + next[0].length - 1, end: end + next[0].length }, text);
  const before = text.slice(0, start).trimEnd().length;
  return before > 0 ? { start: before - 1, end: before } : { start, end };
}

interface Token {
  readonly type: string;
  readonly offset: number;
  readonly source: string;
}

/** The first line of the quoted text that ends at `end`. */
function openedQuote(text: string, end: number): Span | undefined {
  let found: Token | undefined;
  const visit = (value: unknown): void => {
    if (found || typeof value !== 'object' || value === null) return;
    const token = value as Partial<Token>;
    if (
      (token.type === 'double-quoted-scalar' || token.type === 'single-quoted-scalar') &&
      token.offset! + token.source!.length === end
    )
      found = token as Token;
    else for (const child of Object.values(value)) visit(child);
  };
  for (const token of new Parser().parse(text)) visit(token);
  if (!found) return undefined;
  const line = /^.*/.exec(found.source)![0].trimEnd();
  return { start: found.offset, end: found.offset + line.length };
}
