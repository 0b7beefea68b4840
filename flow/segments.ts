/**
 * Cuts the text of a flow file into segments that parse on their own: each item of the root's `blocks` and every other
 * root key. An edit then re-parses what it touches. The cut looks at the beginnings of lines only, which is sound in
 * valid YAML: whatever belongs to a root key or to an item is indented deeper than it, in every scalar style.
 */
import type { Segment } from './segment.js';

/** What the scanner knows at the start of a line. */
export interface ScanState {
  /** The root key being read; undefined before the first. */
  readonly key: string | undefined;
  /** Column of the items' dashes when `key` is `blocks` and its first item has been seen; -1 else. */
  readonly column: number;
  /** A document marker has been seen after content: what follows is not read. */
  readonly ended: boolean;
}

export const START: ScanState = { key: undefined, column: -1, ended: false };

export interface Cut {
  readonly text: string;
  readonly kind: Segment['kind'];
  /** State at the segment's first line. */
  readonly state: ScanState;
}

export interface Cuts {
  readonly cuts: Cut[];
  /** State after the last line. */
  readonly state: ScanState;
}

export function sameState(a: ScanState, b: ScanState): boolean {
  return a.key === b.key && a.column === b.column && a.ended === b.ended;
}

/** A root key at the beginning of a line, plain or quoted, with what stands behind its colon. */
const ROOT_KEY =
  /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s#\-?:,[\]{}&*!|>'"%@`][^#\r\n]*?|[-?:][^\s#][^#\r\n]*?))[ \t]*:(?:[ \t]+(.*)|)$/;

/** Cuts `text`, which begins at a line start with the scanner in `state`. */
export function cut(text: string, state: ScanState): Cuts {
  const cuts: Cut[] = [];
  let { key, column, ended } = state;
  let begin = 0;
  let beginState = state;
  let kind: Segment['kind'] = kindOf(state);
  let at = 0;
  const close = (until: number): void => {
    if (until > begin) cuts.push({ text: text.slice(begin, until), kind, state: beginState });
    begin = until;
  };
  while (at < text.length) {
    const lf = text.indexOf('\n', at);
    const next = lf < 0 ? text.length : lf + 1;
    if (!ended) {
      let first = at;
      if (first === 0 && text.charCodeAt(0) === 0xfeff) first++;
      const lineAt = first;
      while (text.charCodeAt(first) === 32) first++;
      const indent = first - lineAt;
      const unit = text.charCodeAt(first);
      const blank = first >= next || unit === 10 || unit === 13 || unit === 35;
      if (!blank) {
        if (indent === 0 && isMarker(text, first)) {
          if (key !== undefined) {
            close(at);
            ended = true;
            kind = 'rest';
            beginState = { key, column, ended: false };
          }
        } else if (indent === 0 && !isDash(text, first)) {
          const root = rootKey(text.slice(first, lf < 0 ? next : lf));
          if (root !== undefined) {
            close(at);
            beginState = { key, column, ended };
            key = root;
            column = -1;
            kind = 'root';
          }
        } else if (
          key === 'blocks' &&
          isDash(text, first) &&
          (column === -1 ? kind === 'root' && onlyKey(text, begin, at) : indent === column)
        ) {
          close(at);
          column = indent;
          beginState = { key, column, ended };
          kind = 'block';
        }
      }
    }
    at = next;
  }
  close(text.length);
  return { cuts, state: { key, column, ended } };
}

/** The kind of a segment that goes on from a state without a beginning of its own. */
function kindOf(state: ScanState): Segment['kind'] {
  if (state.ended) return 'rest';
  return state.key === undefined ? 'head' : state.column >= 0 ? 'block' : 'root';
}

function isDash(text: string, at: number): boolean {
  if (text.charCodeAt(at) !== 45) return false;
  const after = text.charCodeAt(at + 1);
  return Number.isNaN(after) || after === 32 || after === 9 || after === 10 || after === 13;
}

/** `---` or `...` alone at the beginning of a line. */
function isMarker(text: string, at: number): boolean {
  return /^(?:---|\.\.\.)(?:\s|$)/.test(text.slice(at, at + 4));
}

function rootKey(line: string): string | undefined {
  // Long lines (JSON in a string) cannot be root keys: the pattern stays off them.
  const match = ROOT_KEY.exec(line.length > 300 ? line.slice(0, 300) : line.replace(/\r$/, ''));
  if (!match) return undefined;
  const [, double, single, plain] = match;
  return (double ?? single?.replaceAll("''", "'") ?? plain ?? '').trim();
}

/** Whether the segment from `begin` to `at` holds nothing but its root key, comments and blank lines. */
function onlyKey(text: string, begin: number, at: number): boolean {
  const lines = text.slice(begin, at).split('\n');
  const first = lines.findIndex((line) => !/^\uFEFF?\s*(?:#.*)?$/.test(line));
  if (first < 0) return false;
  const match = ROOT_KEY.exec(lines[first]!.replace(/^\uFEFF/, '').replace(/\r$/, ''));
  if (!match || !/^(?:#.*)?$/.test((match[4] ?? '').trim())) return false;
  return lines.slice(first + 1).every((line) => /^\s*(?:#.*)?$/.test(line));
}
