/**
 * Reads the YAML that flows are exported in, many times faster than the library: block maps and lists, scalars on one
 * line, literal blocks, flow collections on one line, comments. Whatever else a text holds (anchors, scalars over several
 * lines, mistakes …) it declines, and the library reads that text. What it does read comes out as the library would
 * have it, in every offset (yaml.ts).
 */
import type { ExpressionValue, MapEntry, Value } from './model.js';
import { ScalarText, type ScalarStyle } from './scalar.js';
import { TaggedText } from './taggedText.js';
import type { Span } from './text.js';

export interface PlainTree {
  readonly root: Value;
  readonly expressions: readonly ExpressionValue[];
}

/** The tree of a text, or undefined where the library has to be asked. */
export function readPlainYaml(text: string, tag: string): PlainTree | undefined {
  // A line break to YAML, also inside literals.
  if (text.includes('\r')) return undefined;
  try {
    return new PlainReader(text, tag).read();
  } catch (error) {
    if (error === DECLINED) return undefined;
    throw error;
  }
}

/** One object for all: making a new one costs more than the reading of a block. */
const DECLINED = new Error('This YAML is for the library.');

/** Adds what an alias stands for to the map it is in: YAML 1.1, and many readers of 1.2. */
export const MERGE_KEY = '<<';

/** Far below the depth at which values are cut off. */
const MAX_DEPTH = 60;
const MAX_KEY = 200;

const LF = 10;
const SPACE = 32;
const BANG = 33;
const DOUBLE = 34;
const HASH = 35;
const SINGLE = 39;
const COMMA = 44;
const DASH = 45;
const COLON = 58;

const KEY_START = /[A-Za-z_$]/;
const KEY = /[\w$./ -]/;
/** Of a plain scalar. A sign only before what makes a number or a word of it. */
const PLAIN_START = /[^\s\-?:,[\]{}#&*!|>'"%@`\p{Cc}]/u;
/** Of a plain scalar in a flow collection. */
const WORD_START = /[\w$]/;
const WORD = /[\w$./ -]/;

function table(pattern: RegExp): readonly boolean[] {
  return Array.from({ length: 128 }, (_, unit) => pattern.test(String.fromCharCode(unit)));
}

const IS_KEY_START = table(KEY_START);
const IS_KEY = table(KEY);
const IS_PLAIN_START = table(PLAIN_START);
const IS_WORD_START = table(WORD_START);
const IS_WORD = table(WORD);

/** YAML 1.2's core schema. */
const NULL = /^(?:~|[Nn]ull|NULL)$/;
const TRUE = /^(?:[Tt]rue|TRUE)$/;
const FALSE = /^(?:[Ff]alse|FALSE)$/;
const DECIMAL = /^[-+]?\d+$/;
/** Octal, hexadecimal, fractions, exponents, infinity: seldom, so the library's business. */
const OTHER_NUMBER =
  /^(?:0o[0-7]+|0x[\da-fA-F]+|[-+]?(?:\.\d+|\d+\.\d*|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)|[-+]?(?:\.\d+|\d+(?:\.\d*)?)[eE][-+]?\d+)$/;
const MAY_BE_CONSTANT = /^[-+.~\dnNtTfF]/;

class PlainReader {
  readonly #text: string;
  readonly #tag: string;
  readonly #expressions: ExpressionValue[] = [];
  #at = 0;
  /** Where the node read last ends, its line break included; the library counts it to the collections around it. */
  #end = 0;
  /** What follows the line break at `#at`, once that has been looked at. */
  #next: Next | undefined;

  constructor(text: string, tag: string) {
    this.#text = text;
    this.#tag = tag;
  }

  read(): PlainTree {
    const indent = this.#column(0);
    this.#at = indent;
    const root = this.#block(indent, '', 0);
    if (this.#at < this.#text.length && this.#next?.column !== -1) throw DECLINED;
    return { root, expressions: this.#expressions };
  }

  /** Blanks at the beginning of the line at `at`, before its content. */
  #column(at: number): number {
    const text = this.#text;
    let content = at;
    while (text.charCodeAt(content) === SPACE) content++;
    const unit = text.charCodeAt(content);
    if (content >= text.length || unit === LF || unit === HASH) throw DECLINED;
    return content - at;
  }

  /** A block map or list; `#at` is its first character, in column `indent`. Goes to the start of the line behind it. */
  #block(indent: number, path: string, depth: number): Value {
    if (depth > MAX_DEPTH) throw DECLINED;
    return this.#isItem(this.#at) ? this.#list(indent, path, depth) : this.#map(indent, path, depth);
  }

  #isItem(at: number): boolean {
    return this.#text.charCodeAt(at) === DASH && this.#text.charCodeAt(at + 1) === SPACE;
  }

  #list(indent: number, path: string, depth: number): Value {
    const start = this.#at;
    let end: number;
    const items: Value[] = [];
    do {
      let at = this.#at + 1;
      while (this.#text.charCodeAt(at) === SPACE) at++;
      const column = indent + at - this.#at;
      this.#at = at;
      // Items of the root's list or of `blocks` are blocks: paths begin anew in each.
      const child = path === '' || path === 'blocks' ? '' : `${path}[${items.length}]`;
      if (this.#isItem(at)) throw DECLINED;
      items.push(
        this.#keyEnd(at) < 0 ? this.#inline(indent, child, depth + 1) : this.#map(column, child, depth + 1),
      );
      end = this.#end;
    } while (this.#goesOn(indent, true));
    return { kind: 'list', items, span: { start, end } };
  }

  #map(indent: number, path: string, depth: number): Value {
    if (depth > MAX_DEPTH) throw DECLINED;
    const start = this.#at;
    let end: number;
    const entries: MapEntry[] = [];
    const keys = new Set<string>();
    do {
      const { key, span } = this.#key();
      if (keys.has(key)) throw DECLINED;
      keys.add(key);
      const child = path === '' ? key : `${path}.${key}`;
      entries.push({ key, keySpan: span, value: this.#value(indent, child, depth + 1) });
      end = this.#end;
    } while (this.#goesOn(indent, false));
    return { kind: 'map', entries, span: { start, end } };
  }

  /** At the start of a line: whether it goes on with a collection in column `indent`; its content comes next then. */
  #goesOn(indent: number, isList: boolean): boolean {
    const next = (this.#next ??= this.#lookAhead(indent));
    if (next.column > indent) throw DECLINED;
    if (next.column === indent && this.#isItem(next.at) === isList) {
      this.#at = next.at;
      this.#next = undefined;
      return true;
    }
    if (next.column === indent && !isList) throw DECLINED;
    // Comments as deep as the collection are the last of it. What is at the very left is the document's.
    if (next.comments >= indent && indent > 0) {
      this.#end = next.at;
      this.#next = { ...next, comments: -1 };
    }
    return false;
  }

  /** The next line with content, behind blank lines and comments. Comments deeper than `indent` are declined. */
  #lookAhead(indent: number): Next {
    const text = this.#text;
    let comments = -1;
    for (let at = this.#at; ;) {
      let content = at;
      while (text.charCodeAt(content) === SPACE) content++;
      if (content >= text.length) {
        if (content > at) throw DECLINED;
        return { column: -1, at: content, comments };
      }
      const unit = text.charCodeAt(content);
      if (unit !== LF && unit !== HASH) return { column: content - at, at: content, comments };
      if (unit === HASH) {
        if (content - at > indent) throw DECLINED;
        comments = Math.max(comments, content - at);
      }
      const lf = text.indexOf('\n', content);
      at = lf < 0 ? text.length : lf + 1;
    }
  }

  /** The offset of the colon behind the key at `at`; -1 when there is no key. */
  #keyEnd(at: number): number {
    const text = this.#text;
    const first = text.charCodeAt(at);
    let end = at;
    if (first === SINGLE || first === DOUBLE) {
      end = this.#closing(at, first) + 1;
    } else {
      if (!IS_KEY_START[first]) return -1;
      while (IS_KEY[text.charCodeAt(end)]) end++;
      if (text.charCodeAt(end - 1) === SPACE) return -1;
    }
    const after = text.charCodeAt(end + 1);
    return text.charCodeAt(end) === COLON && (after === SPACE || after === LF || end + 1 >= text.length)
      ? end
      : -1;
  }

  #key(): { readonly key: string; readonly span: Span } {
    const start = this.#at;
    const end = this.#keyEnd(start);
    if (end < 0 || end - start > MAX_KEY) throw DECLINED;
    this.#at = end + 1;
    const unit = this.#text.charCodeAt(start);
    const key =
      unit === SINGLE || unit === DOUBLE
        ? this.#unquoted(start, end)
        : constantOf(this.#text.slice(start, end));
    if (typeof key !== 'string' || key === MERGE_KEY) throw DECLINED;
    return { key, span: { start, end } };
  }

  /** What stands behind a colon, on its line or below it. */
  #value(indent: number, path: string, depth: number): Value {
    const text = this.#text;
    while (text.charCodeAt(this.#at) === SPACE) this.#at++;
    const at = this.#at;
    if (at < text.length && text.charCodeAt(at) !== LF) return this.#inline(indent, path, depth);
    this.#at = Math.min(at + 1, text.length);
    if (this.#at < text.length) {
      const below = this.#column(this.#at);
      if (below > indent || (below === indent && this.#isItem(this.#at + below))) {
        this.#at += below;
        return this.#block(below, path, depth);
      }
    }
    this.#end = at;
    return { kind: 'constant', value: null, span: { start: at, end: at } };
  }

  /** A value on the line of its key or dash, which stands in column `indent`. */
  #inline(indent: number, path: string, depth: number): Value {
    const { scalar, constant, tagged } = this.#scalar(indent);
    if (!scalar) {
      const value = this.#flow(depth);
      this.#endLine();
      return value;
    }
    const { span } = scalar;
    if (tagged === undefined) return { kind: 'constant', value: constant, span, scalar };
    const value = new TaggedText(scalar, { start: tagged, end: span.end }, path);
    this.#expressions.push(value);
    return value;
  }

  /** A scalar with all of its line; none where a flow collection begins. `tagged`: where its tag stands. */
  #scalar(indent: number): {
    readonly scalar?: ScalarText;
    readonly constant: string | number | boolean | null;
    readonly tagged?: number;
  } {
    const text = this.#text;
    let tagged: number | undefined;
    if (text.charCodeAt(this.#at) === BANG) {
      tagged = this.#at;
      const { length } = this.#tag;
      if (!text.startsWith(this.#tag, tagged) || text.charCodeAt(tagged + length) !== SPACE) throw DECLINED;
      this.#at += length;
      while (text.charCodeAt(this.#at) === SPACE) this.#at++;
    }
    const start = this.#at;
    const first = text[start];
    if ((first === '[' || first === '{') && tagged === undefined) return { constant: null };
    const found =
      first === '|'
        ? this.#literal(start, indent)
        : first === "'" || first === '"'
          ? this.#quoted(start)
          : this.#plain(start);
    const { style, value, end } = found;
    const scalar = this.#scalarText(style, value, { start, end }, style === 'literal' ? indent : 0);
    if (tagged !== undefined) return { scalar, constant: value, tagged };
    return { scalar, constant: style === 'plain' ? constantOf(value) : value };
  }

  #scalarText(style: ScalarStyle, value: string, span: Span, indent: number): ScalarText {
    return new ScalarText(value, { style, text: this.#text, span, indent });
  }

  #plain(start: number): Scalar {
    const text = this.#text;
    let first = text.charCodeAt(start);
    if (first === DASH) first = IS_WORD_START[text.charCodeAt(start + 1)] ? 48 : first;
    if (first < 128 ? !IS_PLAIN_START[first] : first === 0xfeff) throw DECLINED;
    const lf = text.indexOf('\n', start);
    let line = text.slice(start, lf < 0 ? text.length : lf);
    // Blanks that are none to everybody.
    if (SPECIAL.test(line)) throw DECLINED;
    const comment = line.indexOf(' #');
    line = (comment < 0 ? line : line.slice(0, comment)).trimEnd();
    // What looks like a key.
    if (line === '' || line.endsWith(':') || line.includes(': ')) throw DECLINED;
    const end = start + line.length;
    this.#at = end;
    this.#endLine();
    return { style: 'plain', value: line, end };
  }

  #quoted(start: number): Scalar {
    const unit = this.#text.charCodeAt(start);
    const end = this.#closing(start, unit) + 1;
    const value = this.#unquoted(start, end);
    this.#at = end;
    this.#endLine();
    return { style: unit === SINGLE ? 'single' : 'double', value, end };
  }

  /** The offset of the quote that ends the text begun at `start`, on the same line. */
  #closing(start: number, quote: number): number {
    const text = this.#text;
    const mark = quote === SINGLE ? "'" : '"';
    let end = text.indexOf(mark, start + 1);
    if (quote === SINGLE) {
      while (end >= 0 && text.charCodeAt(end + 1) === SINGLE) end = text.indexOf(mark, end + 2);
    } else {
      while (end >= 0 && this.#isEscaped(end)) end = text.indexOf(mark, end + 1);
    }
    if (end < 0) throw DECLINED;
    const lf = text.indexOf('\n', start);
    if (lf >= 0 && lf < end) throw DECLINED;
    return end;
  }

  #isEscaped(at: number): boolean {
    let backslashes = 0;
    while (this.#text.charCodeAt(at - 1 - backslashes) === 92) backslashes++;
    return backslashes % 2 === 1;
  }

  /** The text between quotes, decoded. Of double quotes, what JSON has in common with YAML. */
  #unquoted(start: number, end: number): string {
    const inner = this.#text.slice(start + 1, end - 1);
    if (this.#text.charCodeAt(start) === SINGLE) {
      return inner.includes("''") ? inner.replaceAll("''", "'") : inner;
    }
    if (!inner.includes('\\')) return inner;
    try {
      return JSON.parse(`"${inner}"`) as string;
    } catch {
      throw DECLINED;
    }
  }

  /** A literal block below its header; `indent`: the column of its key or dash. */
  #literal(start: number, indent: number): Scalar {
    const text = this.#text;
    const lineEnd = text.indexOf('\n', start);
    const header = LITERAL.exec(text.slice(start, lineEnd < 0 ? text.length : lineEnd));
    if (!header || lineEnd < 0) throw DECLINED;
    let deep = header[1] ? indent + Number(header[1]) : -1;
    let value = '';
    let end = -1;
    let blank = 0;
    for (let at = lineEnd + 1; at < text.length;) {
      let content = at;
      while (text.charCodeAt(content) === SPACE) content++;
      const lf = text.indexOf('\n', content);
      if (lf < 0) throw DECLINED;
      if (lf === content) {
        // Blanks beyond the indentation would be content.
        if (content - at > (deep < 0 ? indent : deep)) throw DECLINED;
        blank++;
      } else {
        if (deep < 0) deep = content - at;
        if (content - at < deep) break;
        value += `${blank > 0 ? '\n'.repeat(blank) : ''}${text.slice(at + deep, lf + 1)}`;
        blank = 0;
        end = lf + 1;
      }
      at = lf + 1;
    }
    if (end < 0 || deep <= indent) throw DECLINED;
    this.#at = this.#end = end;
    return { style: 'literal', value: header[2] === '' ? value : value.slice(0, -1), end };
  }

  /** The rest of the line holds nothing but a comment. */
  #endLine(): void {
    const text = this.#text;
    let at = this.#at;
    while (text.charCodeAt(at) === SPACE) at++;
    if (at < text.length && text.charCodeAt(at) !== LF) {
      if (at === this.#at || text.charCodeAt(at) !== HASH) throw DECLINED;
      const lf = text.indexOf('\n', at);
      at = lf < 0 ? text.length : lf;
    }
    this.#at = this.#end = Math.min(at + 1, text.length);
  }

  /** A flow collection on one line, of words, numbers and quoted texts. Stays behind its bracket. */
  #flow(depth: number): Value {
    if (depth > MAX_DEPTH) throw DECLINED;
    const text = this.#text;
    const start = this.#at++;
    const isMap = text[start] === '{';
    const close = isMap ? '}' : ']';
    const entries: MapEntry[] = [];
    const items: Value[] = [];
    const keys = new Set<string>();
    this.#skip();
    while (text[this.#at] !== close) {
      if (entries.length + items.length > 0) {
        if (text.charCodeAt(this.#at++) !== COMMA) throw DECLINED;
        this.#skip();
      }
      if (isMap) {
        const key = this.#flowScalar();
        if (key.kind !== 'constant' || typeof key.value !== 'string' || keys.has(key.value)) throw DECLINED;
        if (key.value === MERGE_KEY) throw DECLINED;
        if (text.charCodeAt(this.#at) !== COLON || text.charCodeAt(this.#at + 1) !== SPACE) throw DECLINED;
        this.#at++;
        this.#skip();
        keys.add(key.value);
        entries.push({ key: key.value, keySpan: key.span, value: this.#flowValue(depth + 1) });
      } else {
        items.push(this.#flowValue(depth + 1));
        if (text.charCodeAt(this.#at) === COLON) throw DECLINED;
      }
      this.#skip();
    }
    const span = { start, end: ++this.#at };
    return isMap ? { kind: 'map', entries, span } : { kind: 'list', items, span };
  }

  #skip(): void {
    while (this.#text.charCodeAt(this.#at) === SPACE) this.#at++;
  }

  #flowValue(depth: number): Value {
    const unit = this.#text[this.#at];
    return unit === '[' || unit === '{' ? this.#flow(depth) : this.#flowScalar();
  }

  #flowScalar(): Value {
    const text = this.#text;
    const start = this.#at;
    const first = text.charCodeAt(start);
    if (first === SINGLE || first === DOUBLE) {
      const end = this.#closing(start, first) + 1;
      const value = this.#unquoted(start, end);
      this.#at = end;
      const span = { start, end };
      const style = first === SINGLE ? 'single' : 'double';
      return { kind: 'constant', value, span, scalar: this.#scalarText(style, value, span, 0) };
    }
    let end = start;
    if (first === DASH && IS_WORD_START[text.charCodeAt(start + 1)]) end++;
    if (!IS_WORD_START[text.charCodeAt(end)]) throw DECLINED;
    while (IS_WORD[text.charCodeAt(end)]) end++;
    while (text.charCodeAt(end - 1) === SPACE) end--;
    this.#at = end;
    const span = { start, end };
    const value = text.slice(start, end);
    return {
      kind: 'constant',
      value: constantOf(value),
      span,
      scalar: this.#scalarText('plain', value, span, 0),
    };
  }
}

/** The next line with content. */
interface Next {
  /** -1 at the end of the text. */
  readonly column: number;
  /** Of the content. */
  readonly at: number;
  /** Indentation of the deepest comment before it; -1: there is none. */
  readonly comments: number;
}

interface Scalar {
  readonly style: ScalarStyle;
  readonly value: string;
  /** Of the scalar alone; of a literal with its last line break. */
  readonly end: number;
}

/** An indentation indicator, then a strip. */
const LITERAL = /^\|([1-9]?)(-?)$/;

/** What separates words to some and not to others, and control characters. */
const SPECIAL = /[^\S ]|\p{Cc}/u;

function constantOf(text: string): string | number | boolean | null {
  if (!MAY_BE_CONSTANT.test(text)) {
    if (text === '~') return null;
    return text;
  }
  if (DECIMAL.test(text)) return parseInt(text, 10);
  if (NULL.test(text)) return null;
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  if (OTHER_NUMBER.test(text)) throw DECLINED;
  return text;
}
