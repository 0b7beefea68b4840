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
export const MAX_CONTROL = 64;
const MAX_STRING = 2048;

/** The bytes at hand end inside a sequence. */
const INCOMPLETE = -1;
/** What follows ESC is no sequence. */
const NOT_A_SEQUENCE = -2;

/** Space, tab, line feed, carriage return. */
export function isSpace(byte: number): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB;
}

/**
 * Where the escape sequence that starts at `at` (an ESC) ends (ECMA-48 §5.3-5.6); or INCOMPLETE, or NOT_A_SEQUENCE.
 * The text is text[0 .. length).
 */
function sequenceEnd(text: Uint8Array, at: number, length: number): number {
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

  read(text: Uint8Array, at: number, length: number): void {
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
        const next = sequenceEnd(text, end, length);
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

/**
 * The gaps of one text that hold a control character; runs of blanks alone are none. White space is read from the text itself;
 * only gaps with an escape sequence, of which the end does not tell where they start, are listed: disjoint, in ascending order.
 */
export class Gaps {
  private text: Uint8Array = new Uint8Array(0);
  private length = 0;
  private starts = new Int32Array(16);
  private ends = new Int32Array(16);
  private count = 0;
  /** Ends of the last gap added, and of the one before. */
  end = 0;
  endBeforeLast = 0;
  /** Where an escape sequence starts that the text cuts off, else -1. */
  cutSequence = -1;

  /** The text is text[0 .. length). */
  begin(text: Uint8Array, length: number): void {
    this.text = text;
    this.length = length;
    this.count = this.end = this.endBeforeLast = 0;
    this.cutSequence = -1;
  }

  /** Some gap added holds an escape sequence. */
  get hasSequence(): boolean {
    return this.count > 0;
  }

  add(start: number, end: number, hasSequence: boolean): void {
    this.endBeforeLast = this.end;
    this.end = end;
    if (!hasSequence) return;
    if (this.count === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
  }

  /** Start of the gap that ends at `at`, or -1. */
  startOfGapEndingAt(at: number): number {
    if (this.count > 0) {
      const index = this.firstEndingFrom(at);
      if (index < this.count && this.starts[index]! < at)
        return this.ends[index] === at ? this.starts[index]! : -1;
    }
    return this.isSpaceAt(at) ? -1 : this.startOfSpace(at);
  }

  /** Start of the gap that holds `at` but does not start there, or -1. */
  startOfGapAround(at: number): number {
    if (this.count > 0) {
      const index = this.firstEndingFrom(at + 1);
      if (index < this.count && this.starts[index]! <= at)
        return this.starts[index]! < at ? this.starts[index]! : -1;
    }
    if (!this.isSpaceAt(at)) return -1;
    let end = at;
    while (this.isSpaceAt(end)) end++;
    const start = this.startOfSpace(end);
    return start < at ? start : -1;
  }

  private isSpaceAt(at: number): boolean {
    return at < this.length && isSpace(this.text[at]!);
  }

  /** Start of the white space that ends at `end`, or -1 when there is none or it consists of blanks. */
  private startOfSpace(end: number): number {
    const { text } = this;
    let blank = true;
    let start = end;
    for (; start > 0 && isSpace(text[start - 1]!); start--) blank &&= text[start - 1] === SPACE;
    return blank ? -1 : start;
  }

  /** Index of the first listed gap that ends at `at` or later. */
  private firstEndingFrom(at: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.ends[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function doubled(list: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(list.length * 2);
  larger.set(list);
  return larger;
}
