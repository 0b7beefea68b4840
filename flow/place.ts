/**
 * Where in a flow's YAML a cursor stands, told from indentation alone: so it is known while the text is half-typed and
 * no parser would take it. Expressions are not its business (FlowDocument.expressionAt is asked first).
 */
import type { FlowDocument } from './document.js';
import type { Segment } from './segment.js';
import type { Position, Span } from './text.js';

export interface Place {
  readonly segment: Segment;
  /** Keys from the root down; `[]` is a list item. For a key being typed: the map it goes into. For a value: its key included. */
  readonly path: readonly string[];
  readonly side: 'key' | 'value';
  /** The key or value at the cursor, to be replaced; in the segment. */
  readonly span: Span;
  /** Keys that the map has already. */
  readonly siblings: ReadonlySet<string>;
  /** Column of the map's keys: where a further line of it would begin. */
  readonly indent: number;
  /** In a map or list in `{}` or `[]`. */
  readonly flow: boolean;
  /** Keys of the map in `{}` stand in double quotes. */
  readonly quoted: boolean;
  /** The item's dash stands on this line, with nothing before the cursor but what is typed. */
  readonly afterDash: boolean;
}

interface Line {
  readonly start: number;
  readonly text: string;
}

/** `- - key: value`: the dashes, the key and what stands behind its colon. */
const LINE =
  /^( *)((?:-[ \t]+)*(?:-$)?)(?:("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#'"[\]{},&*!|>%@`-][^#]*?|-[^\s#][^#]*?)(?=[ \t]*:(?:[ \t]|$)))?(.*)$/;

interface Parsed {
  /** Column of the first dash or key. */
  readonly indent: number;
  /** Columns of the dashes. */
  readonly dashes: readonly number[];
  /** Column of the key, or where one would be. */
  readonly column: number;
  readonly key: string | undefined;
  /** Behind the key's colon, or all that follows the dashes where there is no key. */
  readonly rest: string;
  readonly restColumn: number;
}

function parseLine(text: string): Parsed {
  const [, blanks = '', markers = '', rawKey, after = ''] = LINE.exec(text) ?? [];
  const dashes: number[] = [];
  for (let i = 0; i < markers.length; i++) if (markers[i] === '-') dashes.push(blanks.length + i);
  const column = blanks.length + markers.length;
  if (rawKey === undefined)
    return { indent: blanks.length, dashes, column, key: undefined, rest: after, restColumn: column };
  const colon = after.indexOf(':');
  return {
    indent: blanks.length,
    dashes,
    column,
    key: rawKey.replace(/^(["'])(.*)\1$/, '$2'),
    rest: after.slice(colon + 1),
    restColumn: column + rawKey.length + colon + 1,
  };
}

/** The place of a cursor; undefined in comments, block scalars and where nothing can be told. */
export function placeAt(document: FlowDocument, position: Position): Place | undefined {
  const { segment, offset } = document.at(document.offsetAt(position));
  if (segment.kind === 'rest') return undefined;
  const lines = splitLines(segment);
  const at = lines.findLastIndex(({ start }) => start <= offset);
  const line = lines[at]!;
  const cursor = offset - line.start;
  const inside = insideBrackets(document, segment, lines, offset);
  if (inside) return inside === 'nowhere' ? undefined : inside;
  if (isComment(line.text, cursor) || inBlockScalar(lines, at)) return undefined;
  const parsed = parseLine(line.text);
  if (cursor < parsed.column && parsed.key !== undefined) return undefined;

  const column =
    parsed.dashes.length > 0 || parsed.key !== undefined || parsed.rest.trim() !== ''
      ? parsed.column
      : cursor;
  const { path, atRoot } = pathOf(segment, lines, at, parsed, column);
  const shared = { segment, indent: column, afterDash: parsed.dashes.length > 0, flow: false, quoted: false };

  const inValue = parsed.key !== undefined && cursor >= parsed.restColumn;
  if (inValue) {
    const lead = /^[ \t]*/.exec(parsed.rest)![0].length;
    const start = Math.min(cursor, parsed.restColumn + lead);
    const end = parsed.restColumn + withoutComment(parsed.rest).trimEnd().length;
    return {
      ...shared,
      path: [...path, parsed.key],
      side: 'value',
      span: { start: line.start + start, end: line.start + Math.max(cursor, end, start) },
      siblings: new Set(),
    };
  }
  const end =
    parsed.key === undefined
      ? parsed.column + withoutComment(parsed.rest).trimEnd().length
      : keyEnd(line.text, parsed);
  return {
    ...shared,
    path,
    side: 'key',
    span: { start: line.start + Math.min(cursor, column), end: line.start + Math.max(cursor, end) },
    siblings: atRoot ? rootKeys(document) : siblingsOf(lines, at, column),
  };
}

/** The keys and items that enclose what stands at `column` on a line, its own dashes included. */
function pathOf(
  segment: Segment,
  lines: readonly Line[],
  at: number,
  { dashes }: Parsed,
  column: number,
): { readonly path: readonly string[]; readonly atRoot: boolean } {
  const parents = parentsOf(lines, at, dashes.length > 0 ? dashes[0]! : column);
  // What stands before an item's dash, though behind the item, is a root key to be.
  const atRoot = parents.length === 0 && dashes.length === 0;
  const base = segment.kind === 'block' && !atRoot ? ['blocks'] : [];
  return { path: [...base, ...parents.map(({ name }) => name), ...dashes.map(() => '[]')], atRoot };
}

function keyEnd(text: string, parsed: Parsed): number {
  return text.lastIndexOf(':', parsed.restColumn - 1);
}

function splitLines(segment: Segment): Line[] {
  return segment.lines.map((start, i) => ({
    start,
    text: segment.text.slice(start, segment.lines[i + 1] ?? segment.text.length).replace(/[\r\n]+$/, ''),
  }));
}

function isComment(text: string, cursor: number): boolean {
  const match = /(?:^|[ \t])#/.exec(text);
  return match !== null && cursor > match.index && !/["']/.test(text.slice(0, match.index));
}

function withoutComment(text: string): string {
  return text.replace(/[ \t]#.*$/, '');
}

/** Whether line `at` belongs to a literal or folded scalar that a line above has begun. */
function inBlockScalar(lines: readonly Line[], at: number): boolean {
  const own = lines[at]!.text;
  // A blank line may still belong to it, or to what comes after: where a key would be typed there, it ends.
  if (own.trim() === '') return false;
  let indent = own.length - own.trimStart().length;
  for (let i = at - 1; i >= 0; i--) {
    const { text } = lines[i]!;
    if (text.trim() === '') continue;
    const column = text.length - text.trimStart().length;
    if (column >= indent) continue;
    if (/(?:^|[:-][ \t])[ \t]*(?:![^\s]*[ \t]+)?[|>][-+0-9]*[ \t]*(?:#.*)?$/.test(text)) {
      return true;
    }
    indent = column;
  }
  return false;
}

interface Parent {
  readonly name: string;
  readonly column: number;
}

/** Keys and items that enclose something at `column` on line `at`, outermost first. */
function parentsOf(lines: readonly Line[], at: number, column: number): Parent[] {
  const parents: Parent[] = [];
  let below = column;
  for (let i = at - 1; i >= 0 && below > 0; i--) {
    const { text } = lines[i]!;
    if (text.trim() === '' || text.trimStart().startsWith('#') || inBlockScalar(lines, i)) continue;
    const parsed = parseLine(text);
    const found: Parent[] = [];
    if (parsed.key !== undefined && parsed.column < below)
      found.push({ name: parsed.key, column: parsed.column });
    // A list may stand at the column of its key: `links:` and `- block` one under the other.
    else if (
      parsed.key !== undefined &&
      parsed.column === below &&
      parsed.rest.trim() === '' &&
      isDashAt(lines, at, below) &&
      parsed.dashes.length === 0
    ) {
      found.push({ name: parsed.key, column: parsed.column });
    }
    for (const dash of [...parsed.dashes].reverse())
      if (dash < below) found.push({ name: '[]', column: dash });
    if (found.length === 0) continue;
    parents.unshift(...found.reverse());
    below = parents[0]!.column;
  }
  return parents;
}

function isDashAt(lines: readonly Line[], at: number, column: number): boolean {
  return parseLine(lines[at]!.text).dashes[0] === column;
}

function rootKeys(document: FlowDocument): Set<string> {
  return new Set(
    document.segments.flatMap(({ kind, content }) =>
      kind === 'block' ? [] : content.keys.map(({ key }) => key),
    ),
  );
}

function siblingsOf(lines: readonly Line[], at: number, column: number): Set<string> {
  const keys = new Set<string>();
  const scan = (step: 1 | -1): void => {
    for (let i = at + step; i >= 0 && i < lines.length; i += step) {
      const { text } = lines[i]!;
      if (text.trim() === '' || text.trimStart().startsWith('#')) continue;
      const parsed = parseLine(text);
      if (parsed.column === column && parsed.key !== undefined && !(step === 1 && parsed.dashes.length > 0))
        keys.add(parsed.key);
      if (parsed.indent < column) return;
    }
  };
  if (parseLine(lines[at]!.text).dashes.length === 0) scan(-1);
  scan(1);
  return keys;
}

const QUOTED = /^(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'(?!'))/;
const BLOCK_HEADER = /(?:^|[:-][ \t])[ \t]*(?:![^\s]*[ \t]+)?[|>][-+0-9]*[ \t]*(?:#.*)?$/;

/** Where a plain word in braces ends. */
function wordEnd(text: string, at: number): number {
  return at + /^[^,:}\]\r\n]*/.exec(text.slice(at, at + 1000))![0].trimEnd().length;
}

/** A `{` or `[` that is open at the cursor. */
interface Open {
  readonly list: boolean;
  readonly keys: Set<string>;
  quoted: boolean;
  key: string | undefined;
  wordAt: number;
}

/** The place of a cursor in `{ … }` or `[ … ]`, on however many lines; `nowhere`: in a comment or a text in it. */
function insideBrackets(
  document: FlowDocument,
  segment: Segment,
  lines: readonly Line[],
  cursor: number,
): Place | 'nowhere' | undefined {
  let isAlone = document.segments[0] === segment;
  for (let i = 0; i < lines.length && lines[i]!.start < cursor; i++) {
    const { start, text } = lines[i]!;
    const indent = /^[ \uFEFF]*/.exec(text)![0].length;
    if (text.trim() === '' || text[indent] === '#' || /^---/.test(text)) continue;
    if (BLOCK_HEADER.test(text)) {
      while (lines[i + 1] && isBelow(lines[i + 1]!.text, indent)) i++;
      continue;
    }
    const parsed = parseLine(text);
    const bracket = /^[ \t\uFEFF]*[[{]/.exec(parsed.rest)?.[0].length;
    // A root in brackets may go on wherever it likes: JSON is not indented by YAML's rules.
    const isRoot = isAlone && parsed.key === undefined && parsed.dashes.length === 0;
    isAlone = false;
    if (bracket === undefined) continue;
    const from = start + parsed.restColumn + bracket - 1;
    if (from >= cursor) return undefined;
    const found = walk(segment.text, from, cursor, isRoot ? -1 : indent);
    if (typeof found === 'number') {
      while (lines[i + 1] && lines[i + 1]!.start < found) i++;
      continue;
    }
    if (found === 'nowhere') return found;
    const { path } = pathOf(segment, lines, i, parsed, parsed.column);
    const own = lines.findLast((line) => line.start <= cursor)!;
    return placeIn(segment, found, cursor, {
      path: parsed.key === undefined ? path : [...path, parsed.key],
      indent: /^ */.exec(own.text)![0].length,
      afterDash: own.start === start && parsed.dashes.length > 0,
    });
  }
  return undefined;
}

function isBelow(text: string, indent: number): boolean {
  return text.trim() === '' || text.length - text.trimStart().length > indent;
}

interface Walked {
  readonly stack: readonly Open[];
  /** The quoted text that the cursor stands in. */
  readonly quoted?: Span;
}

/**
 * From an opening bracket to the cursor. A number: where it is closed before that, or where a line that is not indented deeper
 * than `indent` shows that nobody has closed it yet.
 */
function walk(text: string, from: number, cursor: number, indent: number): Walked | 'nowhere' | number {
  const stack: Open[] = [];
  for (let i = from; i < cursor; i++) {
    const unit = text[i]!;
    const top = stack.at(-1);
    if (unit === '\n') {
      const next = /^[ \t]*/.exec(text.slice(i + 1, i + 1000))![0].length;
      const isTyped = i + 1 + next >= cursor;
      if (next <= indent && (isTyped || /[^\s}\]]/.test(text[i + 1 + next] ?? ' '))) return i + 1;
      // Who begins a line may have forgotten the comma before it.
      if (top && /[^\s,]/.test(text.slice(top.wordAt, i)) && (top.list || top.key !== undefined))
        begin(top, i + 1);
    } else if (unit === '#' && /\s/.test(text[i - 1]!)) {
      const end = text.indexOf('\n', i);
      if (end < 0 || end >= cursor) return 'nowhere';
      if (top && text.slice(top.wordAt, i).trim() === '') top.wordAt = end;
      i = end - 1;
    } else if ((unit === '"' || unit === "'") && /[\s[{,:]/.test(text[i - 1]!)) {
      const length = QUOTED.exec(text.slice(i, i + 100_000))?.[0].length;
      if (length === undefined || i + length > cursor) {
        const lineEnd = text.indexOf('\n', i);
        if (length !== undefined || lineEnd < 0 || lineEnd >= cursor)
          return {
            stack,
            quoted: { start: i, end: length === undefined ? wordEnd(text, cursor) : i + length },
          };
        i = lineEnd - 1;
      } else {
        i += length - 1;
      }
    } else if (unit === '{' || unit === '[') {
      stack.push({ list: unit === '[', keys: new Set(), quoted: false, key: undefined, wordAt: i + 1 });
    } else if (unit === '}' || unit === ']') {
      stack.pop();
      if (stack.length === 0) return i + 1;
    } else if (top && unit === ',') {
      begin(top, i + 1);
    } else if (top && !top.list && unit === ':' && top.key === undefined) {
      const word = text.slice(top.wordAt, i).trim();
      top.quoted ||= word.startsWith('"');
      top.key = word.replace(/^(["'])(.*)\1$/, '$2');
      top.keys.add(top.key);
      top.wordAt = i + 1;
    }
  }
  return { stack };
}

function begin(open: Open, at: number): void {
  open.key = undefined;
  open.wordAt = at;
}

function placeIn(
  segment: Segment,
  { stack, quoted }: Walked,
  cursor: number,
  { path: outer, ...shared }: Pick<Place, 'path' | 'indent' | 'afterDash'>,
): Place | 'nowhere' {
  const { text } = segment;
  const top = stack.at(-1)!;
  const path = [...outer];
  for (const open of stack) {
    if (open.list) path.push('[]');
    else if (open.key !== undefined) path.push(open.key);
  }
  const lead = /^\s*/.exec(text.slice(top.wordAt, cursor))![0].length;
  const from = top.wordAt + lead;
  if (quoted && quoted.start !== from) return 'nowhere';
  const end = Math.max(cursor, quoted?.end ?? wordEnd(text, cursor));
  return {
    ...shared,
    segment,
    path,
    side: top.list || top.key !== undefined ? 'value' : 'key',
    span: { start: from, end },
    siblings: new Set([...top.keys, ...keysBehind(text, end)]),
    flow: true,
    quoted: top.quoted,
  };
}

/** Keys of the map in braces that follow the cursor. */
function* keysBehind(text: string, from: number): Generator<string> {
  let depth = 0;
  const rest = text.slice(from, from + 100_000);
  const tokens = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'|[{}[\],]|[^\s{}[\],"':]+|:/g;
  let word = '';
  let isFirst = true;
  for (const [token] of rest.matchAll(tokens)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    if (depth < 0) return;
    // What follows the cursor directly is the value of its own key.
    if (token === ':' && depth === 0 && !isFirst && word !== '') yield word.replace(/^(["'])(.*)\1$/, '$2');
    isFirst = false;
    word = depth === 0 && /^["'\w$-]/.test(token) ? token : '';
  }
}
