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
  /** In a map or list in `{}` or `[]` on one line. */
  readonly flow: boolean;
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
  if (isComment(line.text, cursor) || inBlockScalar(lines, at)) return undefined;
  const parsed = parseLine(line.text);
  if (cursor < parsed.column && parsed.key !== undefined) return undefined;

  const column =
    parsed.dashes.length > 0 || parsed.key !== undefined || parsed.rest.trim() !== ''
      ? parsed.column
      : cursor;
  const parents = parentsOf(lines, at, parsed.dashes.length > 0 ? parsed.dashes[0]! : column);
  // What stands before an item's dash, though behind the item, is a root key to be.
  const atRoot = parents.length === 0 && parsed.dashes.length === 0;
  const base = segment.kind === 'block' && !atRoot ? ['blocks'] : [];
  const path = [...base, ...parents.map(({ name }) => name), ...parsed.dashes.map(() => '[]')];
  const shared = { segment, indent: column, afterDash: parsed.dashes.length > 0 };

  const inValue = parsed.key !== undefined && cursor >= parsed.restColumn;
  const flowStart = /^[ \t]*[[{]/.exec(parsed.rest);
  if (
    flowStart &&
    cursor > parsed.restColumn + flowStart[0].length - 1 &&
    (inValue || parsed.key === undefined)
  ) {
    const start = parsed.restColumn + flowStart[0].length - 1;
    const outer = inValue ? [...path, parsed.key] : path;
    return flowPlace(line, start, cursor, outer, shared);
  }
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
      flow: false,
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
    flow: false,
  };
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

const QUOTED = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'(?!'))/;

/** Where a plain word in braces ends. */
function wordEnd(text: string, at: number): number {
  return at + /^[^,:}\]]*/.exec(text.slice(at))![0].trimEnd().length;
}

/** Inside `{ … }` or `[ … ]` on one line, from `start` (the opening bracket) to the cursor. */
function flowPlace(
  line: Line,
  start: number,
  cursor: number,
  outer: readonly string[],
  shared: Pick<Place, 'segment' | 'indent' | 'afterDash'>,
): Place | undefined {
  interface Open {
    readonly list: boolean;
    readonly keys: Set<string>;
    key: string | undefined;
    wordAt: number;
  }
  const stack: Open[] = [];
  /** The quoted text that the cursor stands in. */
  let quoted: Span | undefined;
  for (let i = start; i < cursor; i++) {
    const unit = line.text[i]!;
    const top = stack.at(-1);
    if ((unit === '"' || unit === "'") && /[\s[{,:]/.test(line.text[i - 1]!)) {
      const length = QUOTED.exec(line.text.slice(i))?.[0].length;
      if (length === undefined || i + length > cursor) {
        quoted = { start: i, end: length === undefined ? wordEnd(line.text, cursor) : i + length };
        break;
      }
      i += length - 1;
    } else if (unit === '{' || unit === '[') {
      stack.push({ list: unit === '[', keys: new Set(), key: undefined, wordAt: i + 1 });
    } else if (unit === '}' || unit === ']') {
      stack.pop();
    } else if (top && unit === ',') {
      top.key = undefined;
      top.wordAt = i + 1;
    } else if (top && !top.list && unit === ':' && top.key === undefined) {
      top.key = line.text
        .slice(top.wordAt, i)
        .trim()
        .replace(/^(["'])(.*)\1$/, '$2');
      top.keys.add(top.key);
      top.wordAt = i + 1;
    }
  }
  const top = stack.at(-1);
  if (!top) return undefined;
  const path = [...outer];
  for (const open of stack) {
    if (open.list) path.push('[]');
    else if (open.key !== undefined) path.push(open.key);
  }
  const lead = /^[ \t]*/.exec(line.text.slice(top.wordAt))![0].length;
  const from = Math.min(cursor, top.wordAt + lead);
  if (quoted && quoted.start !== from) return undefined;
  const to = quoted?.end ?? wordEnd(line.text, cursor);
  const side = top.list || top.key !== undefined ? 'value' : 'key';
  return {
    ...shared,
    path,
    side,
    span: { start: line.start + from, end: line.start + Math.max(cursor, to) },
    siblings: top.keys,
    flow: true,
  };
}
