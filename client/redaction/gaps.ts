/**
 * What may stand between two characters of a value without hiding it from a reader: terminal escape sequences and line
 * breaks. The matcher looks through them.
 */

export const ESC = 0x1b;
const BEL = 0x07;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
const TAB = 0x09;

/** Longest control sequence (colours, cursor moves) and longest string sequence (titles, links) that is looked through. */
const MAX_CONTROL = 64;
const MAX_STRING = 2048;

/** The bytes at hand end inside a sequence. */
export const INCOMPLETE = -1;
/** What follows ESC is no sequence. */
export const NOT_A_SEQUENCE = -2;

/** Space, tab, line feed, carriage return. */
export function isSpace(byte: number): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB;
}

/** Where the escape sequence that starts at `at` (an ESC) ends (ECMA-48 §5.3-5.6); or INCOMPLETE, or NOT_A_SEQUENCE. */
export function sequenceEnd(text: Uint8Array, at: number): number {
  const length = text.length;
  if (at + 1 >= length) return INCOMPLETE;
  const kind = text[at + 1]!;
  if (kind === 0x5b /* [ */) {
    const limit = at + MAX_CONTROL;
    for (let i = at + 2; i < limit; i++) {
      if (i >= length) return INCOMPLETE;
      const byte = text[i]!;
      if (byte >= 0x40 && byte <= 0x7e) return i + 1;
      if (byte < 0x20 || byte > 0x3f) return NOT_A_SEQUENCE;
    }
    return NOT_A_SEQUENCE;
  }
  if (kind === 0x5d || kind === 0x50 || kind === 0x58 || kind === 0x5e || kind === 0x5f /* ] P X ^ _ */) {
    const limit = at + MAX_STRING;
    for (let i = at + 2; i < limit; i++) {
      if (i >= length) return INCOMPLETE;
      const byte = text[i]!;
      if (byte === BEL) return i + 1;
      if (byte === ESC) {
        if (i + 1 >= length) return INCOMPLETE;
        return text[i + 1] === 0x5c /* \ */ ? i + 2 : NOT_A_SEQUENCE;
      }
      if (byte < 0x20) return NOT_A_SEQUENCE;
    }
    return NOT_A_SEQUENCE;
  }
  // ESC, intermediate bytes, final byte.
  for (let i = at + 1; i < at + 5; i++) {
    if (i >= length) return INCOMPLETE;
    const byte = text[i]!;
    if (byte >= 0x30 && byte <= 0x7e) return i + 1;
    if (byte < 0x20 || byte > 0x2f) return NOT_A_SEQUENCE;
  }
  return NOT_A_SEQUENCE;
}

/** The longest run of white space and escape sequences at one place. Reused, so that looking at a gap costs no object. */
export class Gap {
  end = 0;
  /** First white-space byte, or 0 when there are escape sequences only. */
  firstSpace = 0;
  breaksLine = false;
  hasSequence = false;
  /** The text ends before the run does. */
  open = false;

  read(text: Uint8Array, at: number): void {
    const length = text.length;
    let end = at;
    this.firstSpace = 0;
    this.breaksLine = false;
    this.hasSequence = false;
    this.open = false;
    for (;;) {
      if (end >= length) {
        this.open = true;
        break;
      }
      const byte = text[end]!;
      if (isSpace(byte)) {
        if (this.firstSpace === 0) this.firstSpace = byte;
        if (byte === LF || byte === CR) this.breaksLine = true;
        end++;
      } else if (byte === ESC) {
        const next = sequenceEnd(text, end);
        if (next === INCOMPLETE) {
          this.open = true;
          break;
        }
        if (next === NOT_A_SEQUENCE) break;
        this.hasSequence = true;
        end = next;
      } else break;
    }
    this.end = end;
  }

  /** May be skipped inside a word: escape sequences, or white space that starts with a line break. */
  get skippable(): boolean {
    return this.firstSpace === 0 || this.firstSpace === LF || this.firstSpace === CR;
  }
}
