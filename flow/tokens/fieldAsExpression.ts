/** Writes a map or list of YAML that is the value of a field as one `!expr`: JavaScript that gives the same value. */
import type { MapEntry, Value } from '../model.js';
import { scalarSource } from '../quoting.js';
import type { Span } from '../text.js';
import type { NestedField } from './literals.js';

export interface FieldChange {
  /** From behind the key's colon to the end of the value. */
  readonly span: Span;
  readonly text: string;
}

/**
 * `replaced`: code for a value that is not to stand as it is. Comments inside the field become JavaScript's. Undefined
 * where the YAML means more than it says in its place: anchors, aliases, tags, merge keys.
 */
export function fieldAsExpression(
  { entry: { keySpan, value }, inFlow }: NestedField,
  source: string,
  replaced: (value: Value) => string | undefined,
): FieldChange | undefined {
  const colon = source.indexOf(':', keySpan.end);
  if (colon < 0 || source.slice(keySpan.end, colon).trim() !== '') return undefined;
  const writer = new Writer(source, colon + 1, replaced);
  const end = endOf(value, source);
  writer.write(value);
  if (!writer.isExact(end)) return undefined;
  // In `{…}` no block scalar can stand, and a comment would hide what follows.
  if (inFlow)
    return writer.hasComments
      ? undefined
      : { span: { start: colon + 1, end }, text: ` !expr ${scalarSource(writer.inline(), 'single', true)}` };
  const line = source.lastIndexOf('\n', keySpan.start - 1) + 1;
  const indent = ' '.repeat(keySpan.start - line + INDENT.length);
  const { comments, end: last } = commentsBehind(source, end, indent.length);
  const lines = [...writer.lines, ...comments];
  const eol = source.includes('\r\n') ? '\r\n' : '\n';
  const code = lines.map((text) => (text === '' ? '' : indent + text)).join(eol);
  return { span: { start: colon + 1, end: last }, text: ` !expr |-${eol}${code}` };
}

/** Comments that would be read as lines of the block scalar: on the last line, and below it as deep as its text. */
function commentsBehind(source: string, from: number, depth: number): { comments: string[]; end: number } {
  const comments: string[] = [];
  let end = from;
  for (let at = from; ;) {
    const [line, indent, comment] = /^([ \t]*)(#[^\r\n]*)?/.exec(source.slice(at))!;
    if (comment !== undefined) {
      if (at > from && indent!.length < depth) return { comments, end };
      comments.push(asCodeComment(comment));
      end = at + line.length;
    }
    const next = /^\r?\n/.exec(source.slice(at + line.length));
    if (!next) return { comments, end };
    at += line.length + next[0].length;
  }
}

const asCodeComment = (comment: string): string => `//${comment.slice(1).trimEnd()}`;

/** Where the last thing that the value is made of ends, without line breaks. */
function endOf(value: Value, source: string): number {
  const { start, end } = value.span;
  const last =
    value.kind === 'map' ? value.entries.at(-1) : value.kind === 'list' ? value.items.at(-1) : undefined;
  const inFlow = source[start] === '{' || source[start] === '[';
  if (!last || inFlow) return start + source.slice(start, end).trimEnd().length;
  if (!('key' in last)) return endOf(last, source);
  const isEmpty = last.value.span.end <= last.keySpan.end;
  return isEmpty ? source.indexOf(':', last.keySpan.end) + 1 : endOf(last.value, source);
}

const INDENT = '  ';

class Writer {
  readonly lines: string[] = [''];
  hasComments = false;
  #at: number;
  #depth = 0;
  #exact = true;
  /** Lines that are the inside of an expression of their own. */
  readonly #broken = new Set<number>();

  constructor(
    readonly source: string,
    start: number,
    readonly replaced: (value: Value) => string | undefined,
  ) {
    this.#at = start;
  }

  /** Nothing stands in the YAML, up to `end`, that this does not know how to write. */
  isExact(end: number): boolean {
    this.#pass(end);
    return this.#exact;
  }

  /** Line breaks of the code itself stay: they may be in a template. */
  inline(): string {
    return this.lines
      .map((line, i) => (this.#broken.has(i) ? line : line.trim()))
      .join(this.#broken.size > 0 ? '\n' : ' ');
  }

  write(value: Value): void {
    switch (value.kind) {
      case 'map':
        this.#collection(value.span, ['{', '}'], value.entries, (entry) => this.#entry(entry));
        return;
      case 'list':
        this.#collection(value.span, ['[', ']'], value.items, (item) => {
          this.#pass(item.span.start);
          this.write(item);
        });
        return;
      case 'expression':
        this.#leaf(value.span, parenthesised(value.expression.text.trim()));
        return;
      case 'constant':
        this.#leaf(value.span, this.replaced(value) ?? literal(value.value));
    }
  }

  #entry({ key, keySpan, value }: MapEntry): void {
    if (key === '<<') this.#exact = false;
    this.#pass(keySpan.start);
    this.#at = keySpan.end;
    this.#add(`${propertyName(key)}: `);
    if (value.kind === 'constant' && value.span.end <= keySpan.end) this.#add('null');
    else {
      // A comment between a key and its value goes before the key's code line ends.
      this.#pass(value.span.start, true);
      this.write(value);
    }
  }

  #collection<T>(
    { end }: Span,
    [open, close]: readonly [string, string],
    parts: readonly T[],
    one: (part: T) => void,
  ): void {
    if (parts.length === 0) {
      this.#at = Math.max(this.#at, end);
      this.#add(open + close);
      return;
    }
    this.#add(open);
    this.#depth++;
    for (const part of parts) {
      this.#break();
      one(part);
      this.#add(',');
    }
    this.#depth--;
    this.#break();
    this.#add(close);
  }

  #leaf({ start, end }: Span, code: string): void {
    // An alias repeats what stands elsewhere.
    if (start < this.#at) this.#exact = false;
    this.#pass(start, true);
    this.#at = Math.max(this.#at, start + this.source.slice(start, end).trimEnd().length);
    const [first = '', ...others] = code.split(/\r?\n/);
    this.#add(first);
    for (const other of others) {
      this.#broken.add(this.lines.push(other) - 1);
    }
  }

  /** What stands between two things: indicators, blanks and comments. `inLine`: code has begun on the line. */
  #pass(to: number, inLine = false): void {
    if (to < this.#at) this.#exact = false;
    const gap = this.source.slice(this.#at, to);
    this.#at = Math.max(this.#at, to);
    const comments = gap.match(/(?<=^|\s)#.*$/gm) ?? [];
    if (!/^[\s\-:,[\]{}]*$/.test(gap.replace(/(?<=^|\s)#.*$/gm, ''))) this.#exact = false;
    for (const comment of comments) {
      this.hasComments = true;
      const text = asCodeComment(comment);
      if (inLine) {
        this.#add(` ${text}`);
        this.#break();
      } else {
        this.lines[this.lines.length - 1] = INDENT.repeat(this.#depth) + text;
        this.#break();
      }
    }
  }

  #add(code: string): void {
    this.lines.push(`${this.lines.pop() ?? ''}${code}`);
  }

  #break(): void {
    this.lines.push(INDENT.repeat(this.#depth));
  }
}

/** A comment at the end must not swallow what follows. */
function parenthesised(code: string): string {
  return code.includes('//') ? `(${code}\n)` : `(${code})`;
}

function propertyName(key: string): string {
  if (key === '__proto__') return '["__proto__"]';
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : literal(key);
}

/** What JSON and YAML both take as it stands, so that the code may be written in a block scalar. */
function literal(value: string | number | boolean | null): string {
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value).replace(
    /[^\t\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ud800-\udfff\ue000-\ufefe\uff00-\ufffd]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
