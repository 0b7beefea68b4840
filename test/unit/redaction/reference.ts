/**
 * What masking means, written down as plainly as possible and without regard to speed: every position of the whole text is
 * tried against every pattern, in both readings (bytes as they are; bytes without gaps), and what overlaps is one stretch.
 * The redactor is compared with this.
 */
import { FOLD, type Pattern, RIGID, WORD } from '../../../client/redaction/pattern.js';

export interface Occurrence {
  /** Where masking starts. */
  readonly from: number;
  readonly to: number;
  readonly key: number;
}

/** A byte of the text, or a run of white space and escape sequences. */
interface Token {
  readonly at: number;
  readonly end: number;
  /** undefined for a run */
  readonly byte?: number;
  readonly white: string;
}

const SEQUENCE =
  // eslint-disable-next-line no-control-regex -- escape sequences are made of control characters
  /^(?:\x1b\[[\x20-\x3f]{0,61}[\x40-\x7e]|\x1b[\]PX^_][\x20-\xff]{0,2045}(?:\x07|\x1b\\)|\x1b[\x20-\x2f]{1,3}[\x30-\x7e]|\x1b[\x30-\x4f\x51-\x57\x59\x5a\x5c\x60-\x7e])/;

function tokens(text: string): Token[] {
  const list: Token[] = [];
  for (let at = 0; at < text.length;) {
    let end = at;
    let white = '';
    for (;;) {
      const sequence = SEQUENCE.exec(text.slice(end))?.[0];
      if (sequence !== undefined) end += sequence.length;
      else if (end < text.length && ' \t\r\n'.includes(text[end]!)) white += text[end++]!;
      else break;
    }
    if (end > at) list.push({ at, end, white });
    else {
      end = at + 1;
      list.push({ at, end, byte: text.charCodeAt(at), white: '' });
    }
    at = end;
  }
  return list;
}

/** @param text one character per byte */
export function occurrences(text: string, patterns: readonly Pattern[]): Occurrence[] {
  const found: Occurrence[] = [];
  const read = tokens(text);
  patterns.forEach((pattern, key) => {
    const fold = (byte: number): number =>
      pattern.flags & FOLD && byte >= 65 && byte <= 90 ? byte + 32 : byte;
    const wanted = Array.from(pattern.bytes, fold);
    for (let at = 0; at + wanted.length <= text.length; at++) {
      if (wanted.every((byte, i) => fold(text.charCodeAt(at + i)) === byte)) {
        const to = at + wanted.length;
        if (
          pattern.flags & WORD &&
          (wordGoesOn(text, to) || (wordGoesOn(text, at) && !endsSequence(read, at)))
        )
          continue;
        found.push({ from: at, to, key });
      }
    }
    if (pattern.flags & RIGID) return;
    for (let first = 0; first < read.length; first++) {
      let from = read[first]!.at;
      let i = 0;
      let t = first;
      while (i < wanted.length && t < read.length) {
        const token = read[t]!;
        if (token.byte !== undefined) {
          if (fold(token.byte) !== wanted[i] || wanted[i] === 32) break;
          i++;
        } else {
          if (i === 0) break;
          if (wanted[i] === 32 ? token.white === '' : !/^([\r\n]|$)/.test(token.white)) break;
          if (/[\r\n]/.test(token.white) && i < 4) from = token.end;
          if (wanted[i] === 32) i++;
        }
        t++;
      }
      if (i === wanted.length) found.push({ from, to: read[t - 1]!.end, key });
    }
  });
  return found;
}

/** The characters on both sides of `at` belong to one word. */
function wordGoesOn(text: string, at: number): boolean {
  return /^[\w\x80-\xff]{2}$/.test(text.slice(Math.max(0, at - 1), at + 1));
}

function endsSequence(read: readonly Token[], at: number): boolean {
  return read.some((token) => token.byte === undefined && token.end === at);
}

/**
 * The masked text: stretches of overlapping occurrences, each replaced by the markers of its keys.
 * @param keyOf the key of a pattern by its index
 */
export function masked(
  text: string,
  patterns: readonly Pattern[],
  mark: (key: number) => string,
  keyOf = (pattern: number) => pattern,
): string {
  const found = occurrences(text, patterns)
    .map((occurrence) => ({ ...occurrence, key: keyOf(occurrence.key) }))
    .sort((a, b) => a.from - b.from || a.key - b.key);
  let output = '';
  let at = 0;
  let end = 0;
  let keys = new Set<number>();
  for (const { from, to, key } of found) {
    if (from >= end) {
      output += text.slice(at, from);
      keys = new Set();
      end = to;
    }
    end = Math.max(end, to);
    at = end;
    if (!keys.has(key)) output += mark(key);
    keys.add(key);
  }
  return output + text.slice(at);
}

/**
 * From where on a text may still become a pattern: some pattern's rest is put behind it, and an occurrence reaches into the
 * rest. The text's length when no rest of any pattern achieves that.
 */
export function heldFrom(text: string, patterns: readonly Pattern[]): number {
  let held = text.length;
  const endings = [''];
  // eslint-disable-next-line no-control-regex -- as above
  const cut = /\x1b(?:\[[\x20-\x3f]*|[\]PX^_][\x20-\xff]*\x1b?|[\x20-\x2f]{0,3})$/.exec(text);
  if (cut && SEQUENCE.exec(text.slice(cut.index)) === null) {
    for (const ending of ['m', '[m', '\x07', '\\']) {
      if (
        SEQUENCE.exec(text.slice(cut.index) + ending)?.[0].length ===
        text.length - cut.index + ending.length
      ) {
        endings.push(ending);
        held = Math.min(held, cut.index);
      }
    }
  }
  for (const pattern of patterns) {
    const bytes = String.fromCharCode(...pattern.bytes);
    for (const ending of endings) {
      for (let taken = 1; taken <= bytes.length; taken++) {
        // A whole word is held until it is known to end there.
        const word = pattern.flags & WORD && /[\w\x80-\xff]$/.test(bytes);
        if (taken === bytes.length && !word) continue;
        const whole = text + ending + bytes.slice(taken);
        const reach = word ? text.length : text.length + 1;
        for (const { from, to } of occurrences(whole, [pattern])) {
          if (to >= reach && from < text.length) held = Math.min(held, from);
        }
      }
    }
  }
  return held;
}
