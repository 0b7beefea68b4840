/**
 * What somebody may have meant where YAML does not parse: small changes of its text, from the likely to the destructive. They are
 * tried by yamlMend.ts, which keeps the one that leaves the fewest mistakes: so one slip is one report, and the rest is still read.
 */
import { floorIndex, type Span } from './text.js';
import { TABS, type YamlMistake } from './yamlErrors.js';

/** A replacement in a text. */
export interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

export interface Repair {
  /** In order, apart from each other. */
  readonly edits: readonly Edit[];
  /** What is wrong, if this was meant; undefined: what the library says. */
  readonly mistake?: YamlMistake;
  /** What it does, where it mends the text and not only makes it readable. */
  readonly title?: string;
}

interface Line {
  readonly start: number;
  /** Without its line break. */
  readonly text: string;
  /** Columns before the first character that is no blank or tab. */
  readonly indent: number;
}

const NO_COLON = 'This key has no colon: write `key: value`.';
const UNALIGNED = 'This does not line up with what is around it: check the indentation.';

/** Dashes and a key, or what may become one. */
const ITEM = /^([ \t]*(?:-[ \t]+)*)("[^"]*"|'[^']*'|[\p{L}_$][\p{L}\p{N}_$.-]*)/u;

/** Where the library has stumbled. */
export interface Stumble {
  readonly at: number;
  /** The closing quote that it misses, and where the text in it begins. */
  readonly quote?: { readonly char: string; readonly from: number };
}

/** What mends the text. */
export function* repairsOf(text: string, { at, quote }: Stumble): Generator<Repair> {
  const { lines, error, before, after } = around(text, at);
  if (quote) yield* closings(lines[lines.findLastIndex(({ start }) => start <= quote.from)]!, quote.char);
  yield* untabbed(lines, error);
  for (const index of [error, before]) if (index !== undefined) yield* colons(lines[index]!);
  yield* firstLines(lines, error);
  yield* brackets(lines, error);
  yield* firstDash(lines, error);
  yield* suspects(lines, error);
  for (const index of [error, after, before]) if (index !== undefined) yield* aligned(lines, index);
}

/** What makes the rest of it readable: a character, a value, a line with what is below it, or all that follows is passed over. */
export function* omissionsOf(text: string, { at }: Stumble): Generator<Repair> {
  const { lines, error, before } = around(text, at);
  if (/["'`}\])]/.test(text[at] ?? '')) yield { edits: [blank(at, at + 1)] };
  const line = lines[error]!;
  const value = KEY_AND_BLANK.exec(line.text)?.[0].length;
  if (value !== undefined) yield { edits: [blank(line.start + value, line.start + line.text.length)] };
  yield { edits: blankedWithChildren(lines, error) };
  if (before !== undefined) yield { edits: blankedWithChildren(lines, before) };
  yield { edits: lines.slice(error).flatMap(blankLine) };
}

const KEY_AND_BLANK = /^[ \t]*(?:-[ \t]+)*(?:"[^"]*"|'[^']*'|[^\s"'#:][^:]*?)[ \t]*:[ \t]+/;

/** The lines of a text; that of a place, and those with content next to it. */
function around(
  text: string,
  at: number,
): { lines: Line[]; error: number; before: number | undefined; after: number | undefined } {
  const lines = linesOf(text);
  const here = Math.max(
    0,
    lines.findLastIndex(({ start }) => start <= at),
  );
  const error = hasContent(lines[here]!) ? here : (neighbour(lines, here, -1) ?? here);
  return { lines, error, before: neighbour(lines, error, -1), after: neighbour(lines, error, 1) };
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start <= text.length;) {
    const lineBreak = text.indexOf('\n', start);
    const end = lineBreak < 0 ? text.length : lineBreak;
    const content = text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end);
    lines.push({ start, text: content, indent: /^[ \t\uFEFF]*/.exec(content)![0].length });
    start = end + 1;
  }
  return lines;
}

function hasContent({ text, indent }: Line): boolean {
  return indent < text.length && text[indent] !== '#';
}

function neighbour(lines: readonly Line[], from: number, step: 1 | -1): number | undefined {
  for (let i = from + step; i >= 0 && i < lines.length; i += step) if (hasContent(lines[i]!)) return i;
  return undefined;
}

/** A quote at the end of its line, or before the brackets there. */
function* closings({ start, text }: Line, quote: string): Generator<Repair> {
  const end = text.trimEnd().length;
  const ends = [end, text.length - /[\s,}\]]*$/.exec(text)![0].length, text.search(/[ \t]#/)];
  for (const at of new Set(ends))
    if (at > 0)
      yield { edits: [{ at: start + at, remove: 0, insert: quote }], title: 'Add the closing quote' };
}

/** Blanks for the tabs of all lines around that begin with one. */
function* untabbed(lines: readonly Line[], error: number): Generator<Repair> {
  const isTabbed = (index: number): boolean =>
    /^ *\t/.test(lines[index]!.text) && hasContent(lines[index]!) && !isInText(lines, index);
  const first = [error, error + 1, error - 1].find((index) => lines[index] && isTabbed(index));
  if (first === undefined) return;
  let from = first;
  let to = first;
  const goesOn = (index: number): boolean =>
    index in lines && (isTabbed(index) || !hasContent(lines[index]!));
  while (goesOn(from - 1)) from--;
  while (goesOn(to + 1)) to++;
  const group = lines.slice(from, to + 1).filter((line) => /\t/.test(line.text.slice(0, line.indent)));
  const { start, text } = group.find(hasContent)!;
  const tab = start + text.indexOf('\t');
  const mistake = { message: TABS, span: { start: tab, end: tab + 1 } };
  const indented = (width: (line: Line) => number): Repair => ({
    edits: group.map((line) => ({ at: line.start, remove: line.indent, insert: ' '.repeat(width(line)) })),
    mistake,
    title: 'Indent with spaces',
  });
  const widths = [2, 4, 8].map((columns) =>
    indented((line) => line.text.slice(0, line.indent).replaceAll('\t', ' '.repeat(columns)).length),
  );
  const columns = columnsAround(lines, from, to);
  yield* group.length > 1 ? widths : [];
  for (const column of columns) yield indented(() => column);
  yield* group.length > 1 ? [] : widths;
}

/** Whether a tab belongs to a literal or folded text, which blanks indent far enough. */
function isInText(lines: readonly Line[], index: number): boolean {
  const blanks = /^ */.exec(lines[index]!.text)![0].length;
  if (blanks === 0) return false;
  for (let i = index - 1; i >= 0; i--) {
    const line = lines[i]!;
    if (hasContent(line) && line.indent < blanks) return BLOCK_HEADER.test(line.text);
  }
  return false;
}

const BLOCK_HEADER = /[|>][-+0-9]*[ \t]*(?:#.*)?$/;

/** `key` and `key value` with a colon, `key:value` and `-key` with a blank. */
function* colons({ start, text }: Line): Generator<Repair> {
  const glued = /^[ \t]*-(?=[\p{L}_"'][^:]*:(?:\s|$))/u.exec(text)?.[0].length;
  if (glued !== undefined) {
    const span = { start: start + glued - 1, end: start + glued + 1 };
    yield {
      edits: [{ at: start + glued, remove: 0, insert: ' ' }],
      mistake: { message: 'A blank is missing after the dash.', span },
      title: 'Add the blank',
    };
  }
  const [whole, lead, key] = ITEM.exec(text) ?? [];
  if (whole === undefined || lead === undefined || key === undefined) return;
  const rest = text.slice(whole.length);
  const span = { start: start + lead.length, end: start + whole.length };
  const at = start + whole.length;
  if (/^:(?!\/\/)[^\s:]/.test(rest)) {
    const mistake = {
      message: 'A blank is missing after the colon.',
      span: { start: span.start, end: at + 1 },
    };
    yield { edits: [{ at: at + 1, remove: 0, insert: ' ' }], mistake, title: 'Add the blank' };
  } else if (/^(?:[ \t]|$)/.test(rest) && !/^[ \t]*:/.test(rest)) {
    yield {
      edits: [{ at, remove: 0, insert: ':' }],
      mistake: { message: NO_COLON, span },
      title: 'Add the colon',
    };
  }
}

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

/** What the nearest lines open and do not close, or close and have not opened. */
function* brackets(lines: readonly Line[], error: number): Generator<Repair> {
  for (let index = error; index >= Math.max(0, error - 30); index--) {
    const line = lines[index]!;
    const { open, extra } = bracketsOf(line.text);
    const first = open[0];
    if (first !== undefined) {
      const closers = open
        .map((one) => (line.text[one + 1] === ' ' ? ' ' : '') + CLOSING[line.text[one]!]!)
        .reverse()
        .join('');
      const what = line.text[first] === '{' ? 'map' : 'list';
      const mistake = {
        message: `The ${what} that began with \`${line.text[first]}\` is not closed with \`${CLOSING[line.text[first]!]}\`.`,
        span: { start: line.start + first, end: line.start + first + 1 },
      };
      const comment = line.text.search(/[ \t]#/);
      const end = (comment < 0 ? line.text : line.text.slice(0, comment)).trimEnd().length;
      const title = `Close with \`${closers.trim()}\``;
      yield { edits: [{ at: line.start + end, remove: 0, insert: closers }], mistake, title };
      const last = neighbour(lines, error, -1);
      for (const until of [error, last]) {
        if (until === undefined || until <= index) continue;
        const at = lines[until]!.start + lines[until]!.text.trimEnd().length;
        yield { edits: [{ at, remove: 0, insert: closers }], mistake, title };
      }
      return;
    }
    if (index === error && extra.length > 0) {
      const at = line.start + extra[0]!;
      const unit = line.text[extra[0]!]!;
      yield {
        edits: extra.map((one) => ({ at: line.start + one, remove: 1, insert: ' ' })),
        mistake: { message: `This \`${unit}\` closes nothing.`, span: { start: at, end: at + 1 } },
        title: `Remove \`${unit}\``,
      };
    }
  }
}

/** Columns of brackets that have no partner on their line; those in quotes, plain text and comments do not count. */
function bracketsOf(text: string): { readonly open: number[]; readonly extra: number[] } {
  const open: number[] = [];
  const extra: number[] = [];
  const begin = /^[ \t]*(?:-[ \t]+)*(?:[^\s{}[\]"'#:][^{}[\]"'#:]*:[ \t]+)?(?:[!&][^\s,[\]{}]+[ \t]+)*/.exec(
    text,
  )![0].length;
  if (!/[{}[\]"']/.test(text[begin] ?? '')) return { open, extra };
  for (let at = begin; at < text.length; at++) {
    const unit = text[at]!;
    if ((unit === '"' || unit === "'") && /[\s{[,:]/.test(text[at - 1] ?? ' ')) {
      const quoted = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(text.slice(at))?.[0];
      if (quoted === undefined) break;
      at += quoted.length - 1;
    } else if (unit === '#' && /[ \t]/.test(text[at - 1] ?? ' ')) {
      break;
    } else if (unit === '{' || unit === '[') {
      open.push(at);
    } else if (unit === '}' || unit === ']') {
      if (open.length > 0 && CLOSING[text[open.at(-1)!]!] === unit) open.pop();
      else extra.push(at);
    }
  }
  return { open, extra };
}

/** The line in the columns that lines around it have. */
function* aligned(lines: readonly Line[], index: number): Generator<Repair> {
  const { indent } = lines[index]!;
  const columns = columnsAround(lines, index, index).filter((column) => column !== indent);
  columns.sort((a, b) => Math.abs(a - indent) - Math.abs(b - indent));
  for (const column of columns) yield* movedTo(lines, index, column);
}

/** A key or an item, alone and with what is below it. What is text would go on with what stands above. */
function* movedTo(lines: readonly Line[], index: number, column: number): Generator<Repair> {
  const line = lines[index]!;
  const content = line.text.slice(line.indent);
  if (!/^(?:-(?:\s|$)|[^#].*?:(?:\s|$)|[}\]])/.test(content)) return;
  yield* shifted(lines, index, column);
}

function* shifted(lines: readonly Line[], index: number, column: number): Generator<Repair> {
  const line = lines[index]!;
  const start = line.start + line.indent;
  const word = /^(?:-(?=\s|$)|[^\s:]+)/.exec(line.text.slice(line.indent))?.[0].length ?? 1;
  const mistake = { message: UNALIGNED, span: { start, end: start + word } };
  const title = 'Align with the lines around';
  yield { edits: [moved(line, column)], mistake, title };
  const children = childrenOf(lines, index);
  const by = column - line.indent;
  if (children.length === 0) return;
  yield { edits: [line, ...children].map((one) => moved(one, Math.max(0, one.indent + by))), mistake, title };
}

/** Lines above that are further in or out than those around them are likelier to be wrong than the one that shows it. */
function* suspects(lines: readonly Line[], error: number): Generator<Repair> {
  const { indent } = lines[error]!;
  let deeper: number | undefined;
  let below = Infinity;
  for (let i = error - 1; i >= 0; i--) {
    const line = lines[i]!;
    const isDash = /^-(?:\s|$)/.test(line.text.slice(line.indent));
    // A list may stand at the column of its key.
    if (!hasContent(line) || line.indent > below || (line.indent === below && isDash)) continue;
    if (line.indent === indent) return;
    below = line.indent;
    if (line.indent > indent) {
      deeper = i;
      continue;
    }
    const above = neighbour(lines, i, -1);
    const isEmpty =
      above !== undefined && lines[above]!.indent >= line.indent && /:$/.test(lines[above]!.text.trimEnd());
    const isOdd = (one: number): boolean => indent % 2 === 0 && lines[one]!.indent % 2 === 1;
    const isDouble =
      deeper !== undefined && lines[deeper]!.indent - line.indent === 2 * (indent - line.indent);
    if (deeper !== undefined && (isOdd(deeper) || (isDouble && stepOf(lines) === indent - line.indent)))
      yield* movedTo(lines, deeper, indent);
    if (isEmpty || isOdd(i)) yield* movedTo(lines, i, indent);
    return;
  }
}

/** What people indent by. */
function stepOf(lines: readonly Line[]): number {
  return Math.min(...lines.filter((line) => line.indent > 0 && hasContent(line)).map(({ indent }) => indent));
}

/** What stands before a list as the map that its first item is, but for the dash. */
function* firstDash(lines: readonly Line[], error: number): Generator<Repair> {
  const { indent, text } = lines[error]!;
  if (!/^-[ \t]/.test(text.slice(indent))) return;
  for (let i = error - 1; i >= 0; i--) {
    const line = lines[i]!;
    if (!hasContent(line) || line.indent > indent) continue;
    const first = lines[neighbour(lines, i, 1)!]!;
    if (first.indent === indent + 2) yield withDash(first);
    return;
  }
}

function withDash({ start, indent, text }: Line): Repair {
  return {
    edits: [{ at: start + indent - 2, remove: 2, insert: '- ' }],
    mistake: {
      message: 'A dash is missing: each item of a list begins with `- `.',
      span: { start: start + indent, end: start + Math.max(indent + 1, text.indexOf(':')) },
    },
    title: 'Add the dash',
  };
}

/** A literal or folded text whose first line is indented deeper than the one where it ends too early. */
function* firstLines(lines: readonly Line[], error: number): Generator<Repair> {
  const { indent } = lines[error]!;
  for (let header = error - 1; header >= 0; header--) {
    const line = lines[header]!;
    if (!hasContent(line) || line.indent >= indent) continue;
    const first = BLOCK_HEADER.test(line.text) ? neighbour(lines, header, 1) : undefined;
    if (first === undefined || first >= error || lines[first]!.indent <= indent) return;
    const isLast = indent % 2 === 1 && lines[first]!.indent % 2 === 0;
    yield* isLast ? shifted(lines, error, lines[first]!.indent) : shifted(lines, first, indent);
    return;
  }
}

function moved({ start, indent }: Line, column: number): Edit {
  return { at: start, remove: indent, insert: ' '.repeat(column) };
}

function childrenOf(lines: readonly Line[], index: number): Line[] {
  const children: Line[] = [];
  for (let i = index + 1; i < lines.length; i++) {
    const line = lines[i]!;
    if (!hasContent(line)) continue;
    if (line.indent <= lines[index]!.indent) break;
    children.push(line);
  }
  return children;
}

/** Where a line in the place of those from `from` to `to` might begin: below those before it, and beside the one after it. */
function columnsAround(lines: readonly Line[], from: number, to: number): number[] {
  const columns = new Set<number>();
  const next = neighbour(lines, to, 1);
  if (next !== undefined) columns.add(lines[next]!.indent);
  for (
    let i = to + 1, least = next === undefined ? 0 : lines[next]!.indent;
    i < lines.length && least > 0;
    i++
  ) {
    const line = lines[i]!;
    if (!hasContent(line) || line.indent >= least) continue;
    columns.add((least = line.indent));
  }
  let below = Infinity;
  for (let i = from - 1; i >= 0 && below > 0; i--) {
    const line = lines[i]!;
    if (!hasContent(line) || line.indent >= below) continue;
    if (below === Infinity) columns.add(line.indent + 2);
    const dashes = /^(?:-[ \t]+)*/.exec(line.text.slice(line.indent))![0].length;
    columns.add(line.indent + dashes).add(line.indent);
    below = line.indent;
  }
  return [...columns];
}

/** A key that stands where a dash and a key would begin the next item. @param at the key that stands in its map already */
export function* missingDashes(text: string, at: number): Generator<Repair> {
  const lines = linesOf(text);
  const error = lines.findLastIndex(({ start }) => start <= at);
  for (let index = error; index >= Math.max(0, error - 20); index--) {
    const { indent, text: line } = lines[index]!;
    if (indent < 2 || !/^[\p{L}_"'][^:#]*:(?:\s|$)/u.test(line.slice(indent))) continue;
    yield withDash(lines[index]!);
  }
}

function blank(start: number, end: number): Edit {
  return { at: start, remove: end - start, insert: ' '.repeat(end - start) };
}

function blankLine(line: Line): Edit[] {
  return line.text.length > 0 ? [blank(line.start, line.start + line.text.length)] : [];
}

function blankedWithChildren(lines: readonly Line[], index: number): Edit[] {
  return [lines[index]!, ...childrenOf(lines, index)].flatMap(blankLine);
}

/** A text that has been repaired, and where its parts come from. */
export class Repaired {
  /** For each edit, where what it inserts begins in this text. */
  readonly #starts: readonly number[];

  private constructor(
    readonly text: string,
    private readonly edits: readonly Edit[],
    private readonly before: Repaired | undefined,
  ) {
    let shift = 0;
    this.#starts = edits.map(({ at, remove, insert }) => {
      const start = at + shift;
      shift += insert.length - remove;
      return start;
    });
  }

  static of(text: string): Repaired {
    return new Repaired(text, [], undefined);
  }

  /** The first text. */
  get source(): string {
    return this.before?.source ?? this.text;
  }

  with(edits: readonly Edit[]): Repaired {
    const parts: string[] = [];
    let from = 0;
    for (const { at, remove, insert } of edits) {
      parts.push(this.text.slice(from, at), insert);
      from = at + remove;
    }
    return new Repaired(parts.join('') + this.text.slice(from), edits, this);
  }

  /** The offset in the first text. */
  origin(offset: number): number {
    if (!this.before) return offset;
    const index = floorIndex(this.#starts, offset);
    if (index < 0) return this.before.origin(offset);
    const { at, remove, insert } = this.edits[index]!;
    const into = offset - this.#starts[index]!;
    return this.before.origin(
      into < insert.length ? at + Math.min(into, remove) : at + remove + into - insert.length,
    );
  }

  spanOf({ start, end }: Span): Span {
    const from = this.origin(start);
    return { start: from, end: Math.max(from, this.origin(end)) };
  }

  /** An edit of this text in the first one. */
  editOf({ at, remove, insert }: Edit): { readonly span: Span; readonly text: string } {
    return { span: this.spanOf({ start: at, end: at + remove }), text: insert };
  }

  /** Spans of the first text whose words are not in this one. */
  get blanked(): Span[] {
    const { before } = this;
    if (!before) return [];
    const isBlanked = ({ at, remove, insert }: Edit): boolean =>
      insert.length === remove && insert.trim() === '' && /\S/.test(before.text.slice(at, at + remove));
    return [
      ...before.blanked,
      ...this.edits.filter(isBlanked).map(({ at, remove }) => before.spanOf({ start: at, end: at + remove })),
    ];
  }
}
