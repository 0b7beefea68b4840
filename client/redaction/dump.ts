/**
 * How hex digits, or characters in cells, go on from line to line of a dump (xxd, hexdump -C, od -tx1, curl --trace): text
 * column, line break, offset, digits.
 *
 *     00000000: 6162 6364 6566 6768 696a 6b6c 6d6e 6f70  abcdefghijklmnop
 *     00000010: 7172                                     qr
 */
import { ESC, isSpace, LF, SPACE } from './gaps.js';

/** The text ends too early to say. */
export const INCOMPLETE = -1;

/** Digits of a group in a pattern: of bytes, or of pairs of them. */
export const MAX_GROUP = 4;
/** Longest text column and longest line that is looked through. */
const MAX_COLUMN = 72;
const MAX_LINE = 256;
const MIN_OFFSET = 4;
/** Digits from which on an offset needs no colon behind it. */
const BARE_OFFSET = 7;
const MAX_OFFSET = 16;

/**
 * Where a dump goes on after white space of text[0 .. length) that ends at `spaceEnd`, or INCOMPLETE. What is expected is
 * pool[next .. end).
 * @param digits blanks in there do not count
 */
export function dumpBreakEnd(
  text: Uint8Array,
  length: number,
  spaceEnd: number,
  breaksLine: boolean,
  pool: Uint8Array,
  next: number,
  end: number,
  digits: boolean,
): number {
  const group = digits
    ? digitsEnd(text, length, spaceEnd, pool, next, end)
    : cellEnd(text, length, spaceEnd, pool, next, end);
  if (group === INCOMPLETE) return INCOMPLETE;
  if (group !== spaceEnd) return spaceEnd;
  if (breaksLine) return skipOffset(text, length, spaceEnd);
  const limit = spaceEnd + MAX_COLUMN;
  for (let i = spaceEnd; i < limit; i++) {
    if (i >= length) return INCOMPLETE;
    if (text[i] === LF) {
      const behind = skipOffset(text, length, i + 1);
      return behind === i + 1 ? spaceEnd : behind;
    }
  }
  return spaceEnd;
}

/**
 * The end of the group of digits at `at` if they are those expected: an offset or a text column may begin with the same digits,
 * but hardly with a blank behind them. Else `at` itself, or INCOMPLETE.
 */
function digitsEnd(
  text: Uint8Array,
  length: number,
  at: number,
  pool: Uint8Array,
  next: number,
  end: number,
): number {
  let i = at;
  for (let p = next; p < end; p++) {
    if (pool[p] === SPACE) continue;
    if (i >= length) return INCOMPLETE;
    if (!isHexDigit(text[i]!)) break;
    if (lower(text[i]!) !== pool[p]) return at;
    i++;
    if (p + 1 === end) return i;
  }
  return isSpace(text[i]!) || text[i] === ESC ? i : at;
}

/** As `digitsEnd`, for what stands up to the next SPACE. */
function cellEnd(
  text: Uint8Array,
  length: number,
  at: number,
  pool: Uint8Array,
  next: number,
  end: number,
): number {
  let i = at;
  for (let p = next; p < end; p++, i++) {
    if (i >= length) return INCOMPLETE;
    if (pool[p] === SPACE) return isSpace(text[i]!) ? i : at;
    if (lower(text[i]!) !== pool[p]) return at;
  }
  return i;
}

/** The end of the line whose digits a match ends with: what follows are other digits and the text column. */
export function dumpLineEnd(text: Uint8Array, length: number, at: number, final: boolean): number {
  const limit = at + MAX_LINE;
  for (let i = at; i < limit; i++) {
    if (i >= length) return final ? i : INCOMPLETE;
    if (text[i] === LF) return i;
  }
  return at;
}

/** Whether an offset stands there, or may when the text goes on. */
export function mayBeOffset(text: Uint8Array, length: number, at: number): boolean {
  return skipOffset(text, length, at) !== at;
}

/** Behind an offset and its spaces; `at` itself when no offset stands there; or INCOMPLETE. */
function skipOffset(text: Uint8Array, length: number, at: number): number {
  let i = at;
  while (i < length && i - at <= MAX_OFFSET && isHexDigit(text[i]!)) i++;
  if (i === length) return INCOMPLETE;
  if (i - at < MIN_OFFSET || i - at > MAX_OFFSET) return at;
  if (text[i] === 0x3a /* : */) i++;
  else if (i - at < BARE_OFFSET) return at;
  const digitsEnd = i;
  while (i < length && (text[i] === 0x20 || text[i] === 0x09)) i++;
  if (i === length) return INCOMPLETE;
  return i === digitsEnd ? at : i;
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (lower(byte) >= 0x61 && lower(byte) <= 0x66);
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
