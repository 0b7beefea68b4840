/**
 * Compares one pattern with the text around one place, byte by byte, in both readings: the bytes as they are, and the bytes
 * without gaps. Notes what it finds in a Scan.
 */
import { dumpBreakEnd, dumpLineEnd, INCOMPLETE, MAX_GROUP } from './dump.js';
import { CR, ESC, Gap, Gaps, isSpace, LF, SPACE } from './gaps.js';
import { isGapless } from './grams.js';
import { DIGITS, DUMP, FOLD, RIGID, WORD } from './pattern.js';
import { IDENTITY, LOWER, type PatternSet } from './pattern-set.js';
import { LONG, Repeats } from './repeats.js';
import { FIRM, type Scan } from './scan.js';

export class Comparer {
  /** The gaps of the text; those with escape sequences as far as it has been read. */
  readonly gaps = new Gaps();
  text: Uint8Array = new Uint8Array(0);
  length = 0;
  final = true;
  private before = -1;
  private readonly gap = new Gap();
  /** Set by `backward`: from where on the occurrence is to be masked. */
  private maskFrom = 0;
  private readonly repeats = new Repeats();
  /** Set by `asIs`: how many bytes of the pattern stand there, all those before `offset` counted. */
  private matched = 0;

  constructor(
    private readonly set: PatternSet,
    private readonly scan: Scan,
  ) {}

  /** The text is text[0 .. length); see Matcher.scan. */
  begin(text: Uint8Array, length: number, before: number, final: boolean): void {
    this.text = text;
    this.length = length;
    this.before = before;
    this.final = final;
    this.repeats.reset();
    this.gaps.begin(text, length);
  }

  /** `offset` of the pattern stands at `at`, and no gap among the four bytes there. */
  compare(pattern: number, offset: number, at: number): void {
    const { set } = this;
    const start = at - offset;
    const end = start + set.lengthOf(pattern);
    // A dump may go on elsewhere, and its blanks need not be in the text.
    if (!this.gaps.hasSequence && !(set.flagsOf(pattern) & DUMP)) {
      // A form's beginning adds nothing to the whole form.
      if (this.scan.covers(start, end, set.keyOf(pattern))) return;
      if (end > this.length && (this.final || (this.scan.isHeld(start) && this.isPlain(start, at)))) return;
    }
    if (!this.asIs(pattern, offset, at)) this.throughGaps(pattern, offset, at, this.matched);
  }

  /**
   * Compares in the bytes as they are, `offset` of the pattern being at `at`. True when that settles the question for the
   * other reading as well.
   */
  asIs(pattern: number, offset: number, at: number): boolean {
    const { text, set, length } = this;
    const { pool } = set;
    const flags = set.flagsOf(pattern);
    const table = flags & FOLD ? LOWER : IDENTITY;
    const from = set.startOf(pattern);
    const size = set.lengthOf(pattern);
    let i = this.repeats.knownFrom(offset, pattern, at - offset);
    let t = at + i - offset;
    while (i < size && t < length && pool[from + i] === table[text[t]!]) {
      i++;
      t++;
    }
    const end = t;
    const matched = (this.matched = i);
    let settled = false;
    if (matched < size && end < length && !isSpace(text[end]!) && text[end] !== ESC) {
      // A dump may put its text column after any blank, and that may begin as the digits expected do.
      const group = Math.max(from, from + matched - MAX_GROUP);
      const mayGoOn = flags & DUMP && pool.subarray(group, from + matched + 1).indexOf(SPACE) >= 0;
      // With what stands before, it may tell how a long pattern repeats itself.
      if (!mayGoOn && matched < LONG) return true;
      settled = !mayGoOn;
    }
    i = offset - 1;
    t = at - 1;
    while (i >= 0 && t >= 0 && pool[from + i] === table[text[t]!]) {
      i--;
      t--;
    }
    if (i < 0 && matched >= LONG) this.repeats.note(pattern, t + 1, matched);
    if (settled) return true;
    if (i >= 0) return t < 0 || !(this.gaps.hasSequence || isSpace(text[t]!));
    const start = t + 1;
    if (flags & WORD && !this.startsWord(start)) return true;
    if (matched === size) this.found(pattern, start, start, end, (flags & RIGID) === 0);
    else if (end === length) this.unfinished(start, start, matched);
    else return false;
    return !this.gaps.hasSequence;
  }

  /** Both readings of text[from .. to) agree, and it is not the rest of a gap. */
  private isPlain(from: number, to: number): boolean {
    return from >= 0 && this.text[from] !== SPACE && isGapless(this.text, from, to - from);
  }

  /**
   * Compares in the bytes without gaps, `offset` of the pattern being at `at`.
   * @param matched the pattern's bytes up to here stand there as they are
   */
  throughGaps(pattern: number, offset: number, at: number, matched = offset): void {
    const { set } = this;
    const flags = set.flagsOf(pattern);
    if (flags & RIGID) return;
    const first = set.startOf(pattern);
    // A gap is one thing in this reading: nothing starts inside of it.
    const around = this.gaps.startOfGapAround(at);
    if (around >= 0) {
      if (set.pool[first + offset] !== SPACE || !isSpace(this.text[at]!)) return;
      at = around;
    }
    const start = this.backward(pattern, offset, at);
    if (start < 0) return;
    // Single blanks are alike in both readings, but for one that more may follow. What a dump puts behind them is not.
    let from = around >= 0 || flags & DUMP ? offset : matched;
    if (from > offset && set.pool[first + from - 1] === SPACE) from--;
    this.forward(pattern, from, at + from - offset, start, true);
  }

  /** Notes that the text ends with the beginning of a pattern that starts at `start`, if it does. */
  atEnd(pattern: number, start: number): void {
    const { text, set, length } = this;
    const flags = set.flagsOf(pattern);
    if (!(flags & RIGID) && !(this.gaps.hasSequence && this.gaps.startOfGapAround(start) >= 0)) {
      this.maskFrom = start;
      this.forward(pattern, 0, start, start, false);
      return;
    }
    const table = flags & FOLD ? LOWER : IDENTITY;
    const left = length - start;
    if (left >= set.lengthOf(pattern) || (flags & WORD && !this.startsWord(start))) return;
    const from = set.startOf(pattern);
    for (let i = 0; i < left; i++) if (set.pool[from + i] !== table[text[start + i]!]) return;
    this.unfinished(start, start, left);
  }

  /** No word reaches over `start`. */
  startsWord(start: number): boolean {
    if (!isWordByte(this.text[start]!)) return true;
    const before = start > 0 ? this.text[start - 1]! : this.before;
    return before < 0 || !isWordByte(before) || (start > 0 && this.gaps.startOfGapEndingAt(start) >= 0);
  }

  /** The text ends after the first `matched` bytes of what may become a pattern. */
  unfinished(start: number, maskFrom: number, matched: number): void {
    if (!this.final) this.scan.unfinished(start, maskFrom, matched);
  }

  /** Compares what stands before `offset` of the pattern. Returns where the pattern starts, -1 when it is not there. */
  private backward(pattern: number, offset: number, at: number): number {
    const { text, set, gap } = this;
    const { pool } = set;
    const table = set.flagsOf(pattern) & FOLD ? LOWER : IDENTITY;
    const from = set.startOf(pattern);
    let i = offset - 1;
    let t = at;
    this.maskFrom = -1;
    if (pool[from + offset] === SPACE) {
      while (t > 0 && isSpace(text[t - 1]!)) t--;
      while (i >= 0 && pool[from + i] === SPACE) i--;
    }
    while (i >= 0) {
      if (t === 0) return -1;
      const expected = pool[from + i]!;
      const gapStart = this.gaps.startOfGapEndingAt(t);
      if (gapStart >= 0) {
        gap.read(text, gapStart, this.length);
        if (expected === SPACE ? gap.firstSpace === 0 : !gap.skippable) return -1;
        while (i >= 0 && pool[from + i] === SPACE) i--;
        if (gap.breaksLine && i + 1 < FIRM && this.maskFrom < 0) this.maskFrom = t;
        t = gapStart;
      } else if (expected === SPACE) {
        if (text[t - 1] !== SPACE) return -1;
        while (t > 0 && text[t - 1] === SPACE) t--;
        while (i >= 0 && pool[from + i] === SPACE) i--;
      } else {
        if (table[text[t - 1]!] !== expected) return -1;
        t--;
        i--;
      }
    }
    if (this.maskFrom < 0) this.maskFrom = t;
    return t;
  }

  /**
   * Compares the pattern from `offset` on with the text from `at` on; what stands before has been compared.
   * @param whole note a whole occurrence too, not only one that the end of the text cuts off
   */
  private forward(pattern: number, offset: number, at: number, start: number, whole: boolean): void {
    const { text, set, gap, length } = this;
    const { pool } = set;
    const flags = set.flagsOf(pattern);
    const table = flags & FOLD ? LOWER : IDENTITY;
    const from = set.startOf(pattern);
    const size = set.lengthOf(pattern);
    const digits = (flags & DIGITS) !== 0;
    let { maskFrom } = this;
    let acrossLines = false;
    let i = offset;
    let t = at;
    while (i < size) {
      if (t >= length) {
        this.unfinished(start, maskFrom, i);
        return;
      }
      const expected = pool[from + i]!;
      const byte = text[t]!;
      if (expected === table[byte] && expected !== SPACE) {
        i++;
        t++;
        continue;
      }
      // Among digits blanks may be anywhere, or nowhere.
      if (digits && expected === SPACE && !isSpace(byte) && byte !== ESC) {
        i++;
        continue;
      }
      const space = expected === SPACE || (digits && isSpace(byte));
      if (byte !== ESC && (space ? !isSpace(byte) : byte !== LF && byte !== CR)) return;
      gap.read(text, t, length);
      if (gap.open) {
        if (!space && !gap.skippable) return;
        this.unfinished(start, gap.breaksLine && i < FIRM ? length : maskFrom, i);
        return;
      }
      if (gap.end === t || (space ? gap.firstSpace === 0 : !gap.skippable)) return;
      if (gap.breaksLine && i < FIRM) maskFrom = gap.end;
      while (i < size && pool[from + i] === SPACE) i++;
      if (space && flags & DUMP) {
        const end = dumpBreakEnd(text, length, gap.end, gap.breaksLine, pool, from + i, from + size, digits);
        if (end === INCOMPLETE) {
          this.unfinished(start, maskFrom, i);
          return;
        }
        acrossLines ||= end !== gap.end;
        t = end;
      } else t = gap.end;
    }
    if (acrossLines) t = dumpLineEnd(text, length, t, this.final);
    if (t === INCOMPLETE) this.unfinished(start, maskFrom, i);
    else if (whole) this.found(pattern, start, maskFrom, t, false);
  }

  /** @param gapless the text there is the pattern as it is, and no gap is in it */
  private found(pattern: number, start: number, maskFrom: number, end: number, gapless: boolean): void {
    const { text, set } = this;
    if (set.flagsOf(pattern) & WORD && isWordByte(text[end - 1]!)) {
      if (end < this.length ? isWordByte(text[end]!) : !this.final) {
        if (end === this.length) this.unfinished(start, maskFrom, set.lengthOf(pattern));
        return;
      }
    }
    this.scan.add(maskFrom, end, set.keyOf(pattern), start, gapless);
  }
}

/** Letters, digits, underscore; every byte of a character beyond ASCII counts as a letter. */
function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x5f ||
    byte >= 0x80
  );
}
