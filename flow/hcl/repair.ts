/**
 * HCL that does not parse, made readable again piece by piece: each top-level block is looked at alone, what somebody is
 * still typing is closed (a quote at the end of its line, brackets at the end of their block, an empty value). No offset
 * changes: a repair takes the place of a line break or blank, or stands behind the piece.
 */
import type { Span } from '../text.js';

export interface Chunk {
  /** Offset of the chunk in the file. */
  readonly start: number;
  /** The repaired text: as long as the chunk, and what closes it. */
  readonly text: string;
  /** Length of the chunk in the file. */
  readonly length: number;
  /** What had to be repaired; spans of the file. */
  readonly problems: readonly { readonly message: string; readonly span: Span }[];
}

type Frame =
  | { readonly kind: 'string' | 'hole'; readonly start: number }
  | { readonly kind: 'bracket'; readonly start: number; readonly close: string }
  | { readonly kind: 'heredoc'; readonly start: number; readonly id: string; readonly ends: boolean };

const TOP =
  /(?:(?:resource|data|module|variable|output|provider|check|ephemeral|action|run)\b[ \t]+["\w]|(?:locals|terraform|moved|import|removed)[ \t]*\{)/y;
const HEREDOC = /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)[ \t]*(?:\r?\n|$)/uy;
const EMPTY_VALUE = /=[ \t]*(?:\r?\n|$|(?<=[ \t])(?:#|\/\/))/y;
const CLOSERS: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

export function repair(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  let start = 0;
  let stack: Frame[] = [];
  let patches = new Map<number, string>();
  let problems: { message: string; span: Span }[] = [];
  const matches = (pattern: RegExp, at: number): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const cut = (end: number): void => {
    let closers = '';
    for (const frame of stack.toReversed()) {
      closers += closerOf(frame);
      if (frame.kind !== 'hole') problems.push(unclosed(frame, text));
    }
    let source = '';
    for (let at = start; at < end; at++) source += patches.get(at) ?? text[at]!;
    if (end > start) chunks.push({ start, length: end - start, text: source + closers, problems });
    start = end;
    stack = [];
    patches = new Map();
    problems = [];
  };
  /** A string ends with its line, whatever stands open in it. */
  const closeString = (lineEnd: number): void => {
    while (stack.at(-1) && stack.at(-1)!.kind !== 'string') {
      const frame = stack.pop()!;
      if (frame.kind === 'hole') patches.set(frame.start, ' ').set(frame.start + 1, ' ');
    }
    const string = stack.pop();
    if (!string) return;
    const at = text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd;
    patches.set(at, '"');
    problems.push({
      message: 'This string is not closed: it ends with its line. Add a `"`.',
      span: { start: string.start, end: at },
    });
  };

  let at = 0;
  while (at < text.length) {
    const top = stack.at(-1);
    const unit = text[at]!;
    const isLineStart = at === 0 || text[at - 1] === '\n';
    if (top?.kind === 'heredoc') {
      if (isLineStart && !top.ends && matches(TOP, at)) {
        cut(at);
      } else if (isLineStart && endsHeredoc(text, at, top.id)) {
        stack.pop();
        at = lineEndOf(text, at);
      } else if (isHole(text, at)) {
        stack.push({ kind: 'hole', start: at });
        at += 2;
      } else {
        at += isEscape(text, at) ? 3 : 1;
      }
      continue;
    }
    if (top?.kind === 'string') {
      if (unit === '\n') closeString(at);
      else if (unit === '"') stack.pop();
      if (isHole(text, at)) {
        stack.push({ kind: 'hole', start: at });
        at += 2;
      } else if (isEscape(text, at)) at += 3;
      else at += unit === '\\' && text[at + 1] !== '\n' && text[at + 1] !== '\r' ? 2 : 1;
      continue;
    }
    if (isLineStart && matches(TOP, at)) cut(at);
    const heredoc = unit === '<' ? matches(HEREDOC, at) : null;
    if (unit === '\n' && stack.some(({ kind }) => kind === 'string')) {
      closeString(at);
      at++;
    } else if (unit === '#' || (unit === '/' && text[at + 1] === '/')) {
      at = lineEndOf(text, at);
    } else if (unit === '/' && text[at + 1] === '*') {
      const end = text.indexOf('*/', at + 2);
      at = end < 0 ? text.length : end + 2;
    } else if (unit === '"') {
      stack.push({ kind: 'string', start: at++ });
    } else if (heredoc) {
      const id = heredoc[1]!;
      const after = at + heredoc[0].length;
      stack.push({ kind: 'heredoc', start: at, id, ends: hasEnd(text, after, id) });
      at = after;
    } else if (unit in CLOSERS) {
      stack.push({ kind: 'bracket', start: at++, close: CLOSERS[unit]! });
    } else if (unit === '}' || unit === ']' || unit === ')') {
      if (unit === (top ? closerOf(top) : undefined)) stack.pop();
      at++;
    } else if (unit === '=' && !/[=!<>]/.test(text[at - 1] ?? '') && matches(EMPTY_VALUE, at)) {
      if (at + 1 < text.length) patches.set(at + 1, '0');
      problems.push({ message: 'There is no value behind this `=`.', span: { start: at, end: at + 1 } });
      at++;
    } else {
      at++;
    }
  }
  const last = stack.at(-1);
  if (last?.kind === 'string' || last?.kind === 'hole') {
    const string = stack.find(({ kind }) => kind === 'string');
    if (string) {
      // The text ends inside: there is no line break that a quote could replace.
      for (const { kind, start: from } of stack.slice(stack.indexOf(string)))
        if (kind === 'hole') patches.set(from, ' ').set(from + 1, ' ');
      stack = stack.slice(0, stack.indexOf(string) + 1);
    }
  }
  cut(text.length);
  return chunks;
}

function closerOf(frame: Frame): string {
  switch (frame.kind) {
    case 'string':
      return '"';
    case 'hole':
      return '}';
    case 'bracket':
      return frame.close;
    case 'heredoc':
      return `\n${frame.id}\n`;
  }
}

function unclosed(frame: Frame, text: string): { message: string; span: Span } {
  const missing = closerOf(frame).trim();
  const end = Math.max(frame.start + 1, Math.min(lineEndOf(text, frame.start), text.length));
  return frame.kind === 'bracket'
    ? {
        message: `This \`${text[frame.start]!}\` is not closed: a \`${missing}\` is missing.`,
        span: { start: frame.start, end: frame.start + 1 },
      }
    : frame.kind === 'heredoc'
      ? {
          message: `This text does not end: a line with \`${missing}\` alone is missing.`,
          span: { start: frame.start, end },
        }
      : {
          message: 'This string is not closed: it ends with its line. Add a `"`.',
          span: { start: frame.start, end },
        };
}

/** The line break, or the end of the text. */
function lineEndOf(text: string, at: number): number {
  const lf = text.indexOf('\n', at);
  return lf < 0 ? text.length : lf;
}

function endsHeredoc(text: string, lineStart: number, id: string): boolean {
  return text.slice(lineStart, lineEndOf(text, lineStart)).trim() === id;
}

function hasEnd(text: string, from: number, id: string): boolean {
  for (let at = from; at < text.length; at = lineEndOf(text, at) + 1)
    if (endsHeredoc(text, at, id)) return true;
  return false;
}

/** `${` or `%{` that is no escape. */
function isHole(text: string, at: number): boolean {
  return (text[at] === '$' || text[at] === '%') && text[at + 1] === '{';
}

function isEscape(text: string, at: number): boolean {
  return (text[at] === '$' || text[at] === '%') && text[at + 1] === text[at] && text[at + 2] === '{';
}
