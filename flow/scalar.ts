/**
 * The text of a YAML scalar and the exact mapping between it and its source, for every style: plain, single- and
 * double-quoted (escapes, folded lines), literal and folded (any chomping and indentation indicator). Escapes, folded
 * line breaks and doubled quotes are atomic pieces of the mapping (pieces.ts).
 */
import { Pieces, type MappedText } from './pieces.js';
import type { Span } from './text.js';

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

export interface ScalarSource {
  readonly style: ScalarStyle;
  /** Text of the segment that holds the scalar. */
  readonly text: string;
  /** Quotes or block header included; in `text`. */
  readonly span: Span;
  /** Block scalars: indentation of the parent node, to which an indentation indicator adds. */
  readonly indent: number;
}

/** A scalar's text, decoded, and its mapping to the source. Offsets of the source are those of `source.text`. */
export class ScalarText implements MappedText {
  readonly source: ScalarSource;
  #pieces: Pieces | undefined;
  #exact = false;

  constructor(
    /** The text after YAML's unescaping and folding. */
    readonly value: string,
    source: ScalarSource,
  ) {
    this.source = source;
  }

  get style(): ScalarStyle {
    return this.source.style;
  }

  /** Literal or folded: a header, and the text on lines below it. */
  get isBlock(): boolean {
    return this.style === 'literal' || this.style === 'folded';
  }

  get span(): Span {
    return this.source.span;
  }

  /** Whether the mapping is known unit by unit. False only where the decoder disagrees with the YAML library. */
  get exact(): boolean {
    this.#decoded();
    return this.#exact;
  }

  toSource(offset: number): number {
    return this.exact ? this.#decoded().toSource(offset, this.#contentStart()) : this.span.start;
  }

  spanToSource(span: Span): Span {
    return this.exact ? this.#decoded().spanToSource(span, this.#contentStart()) : this.span;
  }

  /** Whether a source offset is a place in the text, and not in the indentation before it. */
  hasTextAt(at: number): boolean {
    const { text, indent } = this.source;
    return at - (text.lastIndexOf('\n', at - 1) + 1) > indent && this.toSource(this.toValue(at)) === at;
  }

  /**
   * The scalar as it is once something is typed at `at`, behind its text: after blanks, or on an empty line below that YAML does
   * not count yet; `column`: that of its key. Undefined where what is typed would not belong to it, and where it needs no such help.
   */
  continuedTo(at: number, column: number): ScalarText | undefined {
    const { style, text, span } = this.source;
    if (style === 'single' || style === 'double' || at <= span.start) return undefined;
    const line = text.lastIndexOf('\n', at - 1) + 1;
    const lineBreak = text.indexOf('\n', at);
    const end = lineBreak < 0 ? text.length : lineBreak;
    if (style === 'plain') {
      const isBehind = at > span.end && !/\S/.test(text.slice(span.end, at));
      const isBelow = line > span.end && at - line > column && !/\S/.test(text.slice(at, end));
      if (!isBehind || (line > span.end && !isBelow)) return undefined;
      const start = span.start === span.end ? at : span.start;
      return ScalarText.of({ ...this.source, span: { start, end: at } });
    }
    // Only blanks before the cursor, to the text or the line's beginning, and behind it.
    const isBehind = !/\S/.test(
      text.slice(Math.min(span.end, line), at) + text.slice(at, Math.max(span.end, end)),
    );
    if (line <= span.start || !isBehind || at - line <= this.source.indent) return undefined;
    // A tab is text to YAML where it stands behind the indentation, and a blank to JavaScript.
    const typed = `${text.slice(0, at)}\t`;
    const source = { ...this.source, text: typed, span: { start: span.start, end: typed.length } };
    const pieces = decode(source);
    // In line with the text above it.
    return pieces.toSource(pieces.value.length, at) === typed.length
      ? new ScalarText(pieces.value, source)
      : undefined;
  }

  /** The text of a source, decoded without the YAML library. */
  static of(source: ScalarSource): ScalarText {
    return new ScalarText(decode(source).value, source);
  }

  toValue(at: number): number {
    return this.exact ? this.#decoded().toValue(at) : 0;
  }

  #decoded(): Pieces {
    if (!this.#pieces) {
      this.#pieces = decode(this.source);
      this.#exact = this.#pieces.value === this.value;
    }
    return this.#pieces;
  }

  /** Where a first character would be typed. */
  #contentStart(): number {
    const { style, span } = this.source;
    return style === 'single' || style === 'double'
      ? span.start + 1
      : style === 'plain'
        ? span.start
        : span.end;
  }
}

function decode(source: ScalarSource): Pieces {
  switch (source.style) {
    case 'literal':
    case 'folded':
      return decodeBlock(source);
    case 'single':
      return decodeFlow(source, trimQuotes(source), "'");
    case 'double':
      return decodeFlow(source, trimQuotes(source), '"');
    case 'plain':
      return decodeFlow(source, source.span, '');
  }
}

/** Whether a text that begins with a quote ends with the one that closes it. */
export function isClosed(quoted: string): boolean {
  return quoted.startsWith("'")
    ? /^'[^']*(?:''[^']*)*'$/.test(quoted)
    : /^"[^"\\]*(?:\\.[^"\\]*)*"$/s.test(quoted);
}

function trimQuotes({ text, span }: ScalarSource): Span {
  const closed = isClosed(text.slice(span.start, span.end));
  return { start: span.start + 1, end: closed ? span.end - 1 : span.end };
}

const isBlank = (unit: string | undefined): boolean => unit === ' ' || unit === '\t';

/** Length of the line break at `at`: 2 for \r\n, 1 for \n, 0 for none. A lone \r is no line break in YAML 1.2's block text here. */
function breakLength(text: string, at: number): number {
  if (text[at] === '\n') return 1;
  return text[at] === '\r' && text[at + 1] === '\n' ? 2 : 0;
}

/** YAML 1.2 §7.3: plain and quoted scalars; line breaks fold, blanks around them are dropped. */
function decodeFlow({ text }: ScalarSource, { start, end }: Span, quote: '' | "'" | '"'): Pieces {
  const pieces = new Pieces();
  let at = start;
  let run = start;
  const flush = (until: number): void => pieces.verbatim(text, run, until - run);
  while (at < end) {
    const unit = text[at];
    if (quote === "'" && unit === "'" && text[at + 1] === "'" && at + 1 < end) {
      flush(at);
      pieces.atomic("'", at, 2);
      run = at += 2;
    } else if (quote === '"' && unit === '\\') {
      flush(at);
      run = at = escape(pieces, text, at, end);
    } else if (unit === '\n' || (unit === '\r' && text[at + 1] === '\n')) {
      // Blanks before the break are not content, except those that an escape has made (already in pieces).
      let trimmed = at;
      while (trimmed > run && isBlank(text[trimmed - 1])) trimmed--;
      flush(trimmed);
      run = at = fold(pieces, text, trimmed, at, end);
    } else {
      at++;
    }
  }
  flush(end);
  return pieces;
}

/** Folds the line breaks at `at`; returns the offset of the next content. One break is a space, n + 1 breaks are n line feeds. */
function fold(pieces: Pieces, text: string, from: number, at: number, end: number): number {
  let breaks = 0;
  let next = at;
  while (next < end) {
    const length = breakLength(text, next);
    if (length > 0) {
      breaks++;
      next += length;
    } else if (isBlank(text[next])) {
      next++;
    } else {
      break;
    }
  }
  pieces.atomic(breaks === 1 ? ' ' : '\n'.repeat(breaks - 1), from, next - from);
  return next;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  '\t': '\t',
};
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Decodes the escape at `at`; returns the offset after it. What is no escape stands as it is written. */
function escape(pieces: Pieces, text: string, at: number, end: number): number {
  const next = text[at + 1];
  if (next === undefined || at + 1 >= end) {
    pieces.verbatim(text, at, 1);
    return at + 1;
  }
  const lineBreak = breakLength(text, at + 1);
  if (lineBreak > 0) {
    // An escaped line break joins the lines; further empty lines are line feeds.
    let after = at + 1 + lineBreak;
    while (after < end && isBlank(text[after])) after++;
    while (after < end && breakLength(text, after) > 0) {
      const length = breakLength(text, after);
      let content = after + length;
      while (content < end && isBlank(text[content])) content++;
      pieces.atomic('\n', after, content - after);
      after = content;
    }
    return after;
  }
  const simple = ESCAPES[next];
  if (simple !== undefined) {
    pieces.atomic(simple, at, 2);
    return at + 2;
  }
  const digits = HEX_DIGITS[next];
  if (digits !== undefined) {
    const hex = text.slice(at + 2, Math.min(at + 2 + digits, end));
    const code = /^[0-9a-fA-F]+$/.test(hex) && hex.length === digits ? parseInt(hex, 16) : NaN;
    if (code <= 0x10ffff) {
      pieces.atomic(String.fromCodePoint(code), at, 2 + digits);
      return at + 2 + digits;
    }
  }
  pieces.verbatim(text, at, 2);
  return at + 2;
}

interface BlockLine {
  /** Offset of the first content unit, after the block's indentation. */
  readonly start: number;
  /** Offset of the line break, or the end of the text. */
  readonly end: number;
  /** Offset after the line break. */
  readonly next: number;
}

/** YAML 1.2 §8.1: literal and folded block scalars. */
function decodeBlock({ text, span, style, indent: parent }: ScalarSource): Pieces {
  const pieces = new Pieces();
  const header = /^[|>]([+-]?)([1-9]?)([+-]?)/.exec(text.slice(span.start, span.start + 4))!;
  const chomp = header[1] || header[3] || '';
  const firstBreak = text.indexOf('\n', span.start);
  if (firstBreak < 0 || firstBreak >= span.end) return pieces;

  const lines: { start: number; end: number; next: number }[] = [];
  for (let at = firstBreak + 1; at < span.end;) {
    const lf = text.indexOf('\n', at);
    const next = lf < 0 || lf >= span.end ? span.end : lf + 1;
    let end = next;
    if (lf >= 0 && lf < span.end) end = text[lf - 1] === '\r' && lf > at ? lf - 1 : lf;
    lines.push({ start: at, end, next });
    at = next;
  }
  const indentOf = (line: BlockLine): number => {
    let at = line.start;
    while (at < line.end && text[at] === ' ') at++;
    return at - line.start;
  };
  let last = lines.length - 1;
  const explicit = header[2] ? parent + Number(header[2]) : undefined;
  const first = lines.find((line) => indentOf(line) < line.end - line.start);
  // Blanks alone are indentation, however many there are.
  const indent = explicit ?? (first ? indentOf(first) : Infinity);
  const content = lines.map((line) => ({ ...line, start: Math.min(line.start + indent, line.end) }));
  const isEmpty = (line: BlockLine): boolean => line.start >= line.end;
  // Lines of blanks only, no deeper than the block, are empty; those at the end are the chomping's.
  while (last >= 0 && isEmpty(content[last]!)) last--;

  for (let i = 0; i <= last; i++) {
    const line = content[i]!;
    pieces.verbatim(text, line.start, line.end - line.start);
    if (i < last) {
      if (style === 'literal') lineFeed(pieces, text, line);
      else i = foldBlock(pieces, text, content, i, last);
    } else if (chomp !== '-' && line.next > line.end) {
      lineFeed(pieces, text, line);
    } else if (chomp !== '-' && line.next === line.end) {
      // A last line without a line break still ends with one when the chomping keeps it (YAML library and spec differ
      // only in name): the library adds it.
      pieces.atomic('\n', line.end, 0);
    }
  }
  if (chomp === '+')
    for (const line of content.slice(last + 1)) if (line.next > line.end) lineFeed(pieces, text, line);
  return pieces;
}

function lineFeed(pieces: Pieces, text: string, line: BlockLine): void {
  if (line.next - line.end === 1) pieces.verbatim(text, line.end, 1);
  else pieces.atomic('\n', line.end, line.next - line.end);
}

/** Folds the break after line `i` (and the empty lines behind it); returns the index of the last line it used up. */
function foldBlock(
  pieces: Pieces,
  text: string,
  lines: readonly BlockLine[],
  i: number,
  last: number,
): number {
  const moreIndented = (line: BlockLine): boolean => isBlank(text[line.start]);
  let empty = i + 1;
  while (empty < last && lines[empty]!.start >= lines[empty]!.end) empty++;
  const next = lines[empty]!;
  const here = lines[i]!;
  const hereEmpty = here.start >= here.end;
  if (hereEmpty || moreIndented(here) || moreIndented(next)) {
    lineFeed(pieces, text, here);
    return i;
  }
  const breaks = empty - i;
  pieces.atomic(breaks === 1 ? ' ' : '\n'.repeat(breaks - 1), here.end, lines[empty - 1]!.next - here.end);
  return empty - 1;
}
