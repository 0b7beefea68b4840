/**
 * Finds every place of a text where a pattern stands, and the earliest place from which the text may still become one.
 *
 * Exact: a pattern is never missed, wherever chunks were cut. Two readings of the text count: the bytes as they are, and the
 * bytes without gaps (gaps.ts). One pass over the text's words asks the bitmap of windows (grams.ts); the few places it names
 * are compared byte by byte. Windows with a gap inside are found from the gap: the pass also stops at every control character.
 */
import { CR, ESC, Gap, INCOMPLETE, isSpace, LF, SPACE } from './gaps.js';
import { dumpBreakEnd, dumpLineEnd } from './dump.js';
import { fold, FOLDED, gramAt, type Grams } from './grams.js';
import { DUMP, FOLD, RIGID, WORD } from './pattern.js';
import { IDENTITY, LOWER, type PatternSet, REACH } from './pattern-set.js';

/** Pattern bytes that must have been seen before a line break for the break to belong to the match; see `Scan.hold`. */
export const FIRM = 4;

/** What a scan found. Valid until the matcher's next scan. */
export class Scan {
  /**
   * Occurrences, four numbers each, in no order: start and end of what is to be masked, index of the secret's key, and where
   * the occurrence itself starts, which may be before what is masked; see `hold`.
   */
  occurrences = new Int32Array(128);
  count = 0;
  /**
   * From here on, the text may still become a pattern: not to be shown yet. The text's length when nothing may.
   * A line whose last FIRM - 1 or fewer characters happen to begin some pattern is not held back, so that output does not
   * hang at line ends: if the pattern goes on in the next line, it is masked from there.
   */
  hold = 0;
  /** As `hold`, but counting only beginnings of at least FIRM characters. */
  firmHold = 0;
  /** The bytes from here on must be scanned again together with what follows. */
  keep = 0;
  /** The byte before `keep`, as `scan` wants it. */
  before = -1;

  reset(length: number): void {
    this.count = 0;
    this.hold = this.firmHold = this.keep = length;
  }

  add(maskFrom: number, end: number, key: number, start: number): void {
    const at = this.count * 4;
    if (at === this.occurrences.length) {
      const larger = new Int32Array(at * 2);
      larger.set(this.occurrences);
      this.occurrences = larger;
    }
    this.occurrences[at] = maskFrom;
    this.occurrences[at + 1] = end;
    this.occurrences[at + 2] = key;
    this.occurrences[at + 3] = start;
    this.count++;
  }
}

const NO_WORDS = new Int32Array(0);

export class Matcher {
  readonly result = new Scan();

  // The text at hand.
  private text: Uint8Array = new Uint8Array(0);
  private before = -1;
  private final = true;
  /** Runs of white space and escape sequences that hold a control character: disjoint, ascending. */
  private gapStarts = new Int32Array(64);
  private gapEnds = new Int32Array(64);
  private gapCount = 0;
  /** End of the last gap. */
  private gapsDone = 0;
  private sawSequence = false;
  private readonly gap = new Gap();
  /** Set by `backward`: from where on the occurrence is to be masked. */
  private maskFrom = 0;

  constructor(readonly set: PatternSet) {}

  /**
   * @param before the byte before the text, -1 when there is none or it ends an escape sequence
   * @param final nothing follows the text
   */
  scan(text: Uint8Array, before: number, final: boolean): Scan {
    this.text = text;
    this.before = before;
    this.final = final;
    this.gapCount = 0;
    this.gapsDone = 0;
    this.sawSequence = false;
    this.result.reset(text.length);
    if (this.set.start.length > 0) {
      this.scanWindows();
      if (this.set.shorts) this.scanShorts(this.set.shorts);
      if (!final) this.scanEnd();
    }
    const { keep } = this.result;
    if (keep === 0) this.result.before = before;
    else this.result.before = this.gapEndingAt(keep) >= 0 ? -1 : text[keep - 1]!;
    // Not to be kept alive by the matcher.
    this.text = new Uint8Array(0);
    return this.result;
  }

  private scanWindows(): void {
    const { text } = this;
    const { bits, shift, multiplier } = this.set.windows;
    const length = text.length;
    const head = Math.min(length, -text.byteOffset & 3);
    const count = (length - head) >> 2;
    for (let i = 0; i < head; i++) if (text[i]! < SPACE) this.control(i);
    const words = count > 0 ? new Int32Array(text.buffer, text.byteOffset + head, count) : NO_WORDS;
    for (let i = 0; i < count; i++) {
      const word = words[i]!;
      const hash = Math.imul(word | FOLDED, multiplier) >>> shift;
      if (((bits[hash >>> 5]! >>> (hash & 31)) & 1) !== 0) this.candidates(word | FOLDED, head + i * 4, true);
      // Some byte is less than 0x20.
      if (((word - 0x20202020) & ~word & 0x80808080) !== 0) this.controls(head + i * 4);
    }
    for (let i = head + count * 4; i < length; i++) if (text[i]! < SPACE) this.control(i);
  }

  private scanShorts(shorts: Grams): void {
    const { text } = this;
    const { bits, shift, multiplier } = shorts;
    const length = text.length;
    if (length < 4) return;
    let gram = (text[0]! << 8) | (text[1]! << 16) | (text[2]! << 24);
    for (let i = 3; i < length; i++) {
      gram = (gram >>> 8) | (text[i]! << 24);
      const hash = Math.imul(gram | FOLDED, multiplier) >>> shift;
      if (((bits[hash >>> 5]! >>> (hash & 31)) & 1) !== 0) this.shortCandidates(shorts, gram | FOLDED, i - 3);
    }
  }

  private shortCandidates(shorts: Grams, gram: number, at: number): void {
    for (let i = shorts.first(gram), last = shorts.last(gram); i < last; i++) {
      if (shorts.gram[i] === gram) this.compareAsIs(shorts.owner[i]!, 0, at);
    }
  }

  /** Compares the patterns that have this gram in their window with the text around `at`, where it stands. */
  private candidates(gram: number, at: number, contiguous: boolean): void {
    const { windows } = this.set;
    for (let i = windows.first(gram), last = windows.last(gram); i < last; i++) {
      if (windows.gram[i] !== gram) continue;
      const pattern = windows.owner[i]!;
      const offset = windows.offset[i]!;
      if (contiguous && this.compareAsIs(pattern, offset, at)) continue;
      if ((this.set.flags[pattern]! & RIGID) === 0) this.compareThroughGaps(pattern, offset, at);
    }
  }

  /**
   * Compares in the bytes as they are, `offset` of the pattern being at `at`. True when that settles the question for the
   * reading without gaps as well.
   */
  private compareAsIs(pattern: number, offset: number, at: number): boolean {
    const { text, set } = this;
    const { pool } = set;
    const flags = set.flags[pattern]!;
    const table = flags & FOLD ? LOWER : IDENTITY;
    const from = set.start[pattern]!;
    const size = set.length[pattern]!;
    const length = text.length;
    let i = offset;
    let t = at;
    while (i < size && t < length && pool[from + i] === table[text[t]!]) {
      i++;
      t++;
    }
    if (i < size && t < length && !isSpace(text[t]!) && text[t] !== ESC) return true;
    const end = t;
    const matched = i;
    i = offset - 1;
    t = at - 1;
    while (i >= 0 && t >= 0 && pool[from + i] === table[text[t]!]) {
      i--;
      t--;
    }
    if (i >= 0) return t < 0 || !(this.sawSequence || isSpace(text[t]!));
    const start = t + 1;
    if (flags & WORD && !this.startsWord(start)) return true;
    if (matched === size) this.found(pattern, start, start, end);
    else if (end === length) this.unfinished(start, start, matched);
    else return false;
    return !this.sawSequence;
  }

  private compareThroughGaps(pattern: number, offset: number, at: number): void {
    // A sequence is one thing in this reading: nothing starts inside of it.
    const inside = this.gapAround(at);
    if (inside >= 0) {
      if (this.set.pool[this.set.start[pattern]! + offset] !== SPACE || !isSpace(this.text[at]!)) return;
      at = this.gapStarts[inside]!;
    }
    const start = this.backward(pattern, offset, at);
    if (start >= 0) this.forward(pattern, offset, at, start);
  }

  /** Compares what stands before `offset` of the pattern. Returns where the pattern starts, -1 when it is not there. */
  private backward(pattern: number, offset: number, at: number): number {
    const { text, set } = this;
    const { pool } = set;
    const table = set.flags[pattern]! & FOLD ? LOWER : IDENTITY;
    const from = set.start[pattern]!;
    let i = offset - 1;
    let t = at;
    this.maskFrom = -1;
    if (pool[from + offset] === SPACE) while (t > 0 && isSpace(text[t - 1]!)) t--;
    while (i >= 0) {
      if (t === 0) return -1;
      const expected = pool[from + i]!;
      const gap = this.gapEndingAt(t);
      if (gap >= 0) {
        this.gap.read(text, this.gapStarts[gap]!);
        if (expected === SPACE ? this.gap.firstSpace === 0 : !this.gap.skippable) return -1;
        if (expected === SPACE) i--;
        if (this.gap.breaksLine && i + 1 < FIRM && this.maskFrom < 0) this.maskFrom = t;
        t = this.gapStarts[gap]!;
      } else if (expected === SPACE) {
        if (text[t - 1] !== SPACE) return -1;
        while (t > 0 && text[t - 1] === SPACE) t--;
        i--;
      } else {
        if (table[text[t - 1]!] !== expected) return -1;
        t--;
        i--;
      }
    }
    if (this.maskFrom < 0) this.maskFrom = t;
    return t;
  }

  /** Compares the pattern from `offset` on with the text from `at` on and notes an occurrence or a beginning of one. */
  private forward(pattern: number, offset: number, at: number, start: number): void {
    const { text, set, gap } = this;
    const { pool } = set;
    const flags = set.flags[pattern]!;
    const table = flags & FOLD ? LOWER : IDENTITY;
    const from = set.start[pattern]!;
    const size = set.length[pattern]!;
    const length = text.length;
    let { maskFrom } = this;
    let acrossLines = false;
    let i = offset;
    let t = at;
    while (i < size) {
      if (t >= length) return this.unfinished(start, maskFrom, i);
      const expected = pool[from + i]!;
      const byte = text[t]!;
      if (expected === table[byte] && expected !== SPACE) {
        i++;
        t++;
        continue;
      }
      const space = expected === SPACE;
      if (byte !== ESC && (space ? !isSpace(byte) : byte !== LF && byte !== CR)) return;
      gap.read(text, t);
      if (gap.open) {
        if (!space && !gap.skippable) return;
        if (gap.breaksLine && i < FIRM) maskFrom = length;
        return this.unfinished(start, maskFrom, i);
      }
      if (gap.end === t || (space ? gap.firstSpace === 0 : !gap.skippable)) return;
      if (gap.breaksLine && i < FIRM) maskFrom = gap.end;
      if (space) i++;
      if (space && flags & DUMP) {
        const end = dumpBreakEnd(text, t, gap.end, gap.breaksLine, pool, from + i);
        if (end === INCOMPLETE) return this.unfinished(start, maskFrom, i);
        acrossLines ||= end !== gap.end;
        t = end;
      } else t = gap.end;
    }
    if (acrossLines) {
      t = dumpLineEnd(text, t, this.final);
      if (t === INCOMPLETE) return this.unfinished(start, maskFrom, i);
    }
    this.found(pattern, start, maskFrom, t);
  }

  private found(pattern: number, start: number, maskFrom: number, end: number): void {
    const { text, set } = this;
    if (set.flags[pattern]! & WORD && isWordByte(text[end - 1]!)) {
      if (end < text.length) {
        if (isWordByte(text[end]!)) return;
      } else if (!this.final) return this.unfinished(start, maskFrom, set.length[pattern]!);
    }
    this.result.add(maskFrom, end, set.key[pattern]!, start);
  }

  /** No word reaches over `start`. */
  private startsWord(start: number): boolean {
    if (!isWordByte(this.text[start]!)) return true;
    const before = start > 0 ? this.text[start - 1]! : this.before;
    return before < 0 || !isWordByte(before) || (start > 0 && this.gapEndingAt(start) >= 0);
  }

  /** The text ends inside what may become a pattern, after its first `matched` bytes. */
  private unfinished(start: number, maskFrom: number, matched: number): void {
    if (this.final) return;
    const { result } = this;
    if (start < result.keep) result.keep = start;
    if (maskFrom < result.hold) result.hold = maskFrom;
    if (matched >= FIRM && maskFrom < result.firmHold) result.firmHold = maskFrom;
  }

  private controls(at: number): void {
    for (let i = at; i < at + 4; i++) if (this.text[i]! < SPACE) this.control(i);
  }

  /** A control character: when it belongs to a gap, looks for windows that have the gap inside. */
  private control(at: number): void {
    if (at < this.gapsDone) return;
    const { text, gap } = this;
    const byte = text[at]!;
    if (byte !== ESC && !isSpace(byte)) return;
    let start = at;
    while (start > this.gapsDone && isSpace(text[start - 1]!)) start--;
    gap.read(text, start);
    const end = gap.end;
    if (end <= at) {
      // Shown as a whole or not at all, so that the rest is not taken for text.
      if (byte === ESC && gap.open) this.unfinished(at, at, 0);
      return;
    }
    if (this.gapCount === this.gapStarts.length) this.growGaps();
    this.gapStarts[this.gapCount] = start;
    this.gapEnds[this.gapCount++] = end;
    this.gapsDone = end;
    if (gap.hasSequence) this.sawSequence = true;
    this.acrossGap(start, end);
  }

  /** Tries the grams that begin up to three characters before a gap and end behind it. */
  private acrossGap(start: number, end: number): void {
    const { text, gap } = this;
    const { windows, spacedWindows } = this.set;
    // Read now: comparing candidates reads other gaps.
    const joins = gap.skippable;
    const spaced = spacedWindows && gap.firstSpace !== 0;
    const previous = this.gapCount > 1 ? this.gapEnds[this.gapCount - 2]! : 0;
    if (start - 3 >= previous && end + 3 <= text.length && isPlain(text, start - 3) && isPlain(text, end)) {
      const a = text[start - 3]!;
      const b = text[start - 2]!;
      const c = text[start - 1]!;
      const x = text[end]!;
      const y = text[end + 1]!;
      const z = text[end + 2]!;
      if (joins) {
        const one = fold(a | (b << 8) | (c << 16) | (x << 24));
        const two = fold(b | (c << 8) | (x << 16) | (y << 24));
        const three = fold(c | (x << 8) | (y << 16) | (z << 24));
        if (windows.has(one)) this.candidates(one, start - 3, false);
        if (windows.has(two)) this.candidates(two, start - 2, false);
        if (windows.has(three)) this.candidates(three, start - 1, false);
      }
      if (spaced) {
        const one = fold(a | (b << 8) | (c << 16) | (SPACE << 24));
        const two = fold(b | (c << 8) | (SPACE << 16) | (x << 24));
        const three = fold(c | (SPACE << 8) | (x << 16) | (y << 24));
        const four = fold(SPACE | (x << 8) | (y << 16) | (z << 24));
        if (windows.has(one)) this.candidates(one, start - 3, false);
        if (windows.has(two)) this.candidates(two, start - 2, false);
        if (windows.has(three)) this.candidates(three, start - 1, false);
        if (windows.has(four)) this.candidates(four, start, false);
      }
      return;
    }
    // Other gaps or runs of spaces nearby: every beginning up to three characters back, every reading of each gap.
    let t = start;
    this.gramsFrom(t, t, 0, 0, start, false);
    for (let characters = 0; characters < 3 && t > 0;) {
      const gapBefore = t === start ? -1 : this.gapEndingAt(t);
      if (gapBefore >= 0) {
        t = this.gapStarts[gapBefore]!;
        this.gramsFrom(t, t, 0, 0, start, false);
      } else {
        t--;
        if (text[t] === SPACE) while (t > 0 && text[t - 1] === SPACE) t--;
        this.gramsFrom(t, t, 0, 0, start, false);
        characters++;
      }
    }
  }

  /** Extends the `count` characters in `gram`, read from `from` on, to four; `crossed`: the gap at `goal` is among them. */
  private gramsFrom(
    from: number,
    at: number,
    gram: number,
    count: number,
    goal: number,
    crossed: boolean,
  ): void {
    const { text } = this;
    if (count === 4) {
      const folded = fold(gram);
      if (crossed && this.set.windows.has(folded)) this.candidates(folded, from, false);
      return;
    }
    if (at >= text.length) return;
    const byte = text[at]!;
    const shift = count * 8;
    if (!isSpace(byte) && byte !== ESC) {
      this.gramsFrom(from, at + 1, gram | (byte << shift), count + 1, goal, crossed);
      return;
    }
    const gap = new Gap();
    gap.read(text, at);
    if (gap.end === at) {
      // An ESC of its own.
      if (!gap.open) this.gramsFrom(from, at + 1, gram | (byte << shift), count + 1, goal, crossed);
      return;
    }
    const now = crossed || at === goal;
    if (gap.skippable && count > 0) this.gramsFrom(from, gap.end, gram, count, goal, now);
    if (gap.firstSpace !== 0) this.gramsFrom(from, gap.end, gram | (SPACE << shift), count + 1, goal, now);
  }

  /** Notes every beginning of a pattern at the end of the text that is too short for its window to have been seen. */
  private scanEnd(): void {
    const { text, set } = this;
    const length = text.length;
    let s = length;
    // The first place from `s` on where the two readings of the text differ.
    let irregular = length;
    for (let elements = 0; s > 0 && elements < REACH;) {
      s--;
      const byte = text[s]!;
      if (byte < SPACE || (byte === SPACE && (s + 1 === length || isSpace(text[s + 1]!)))) irregular = s;
      else if (!this.sawSequence || this.gapAround(s) < 0) elements++;
      if (set.initial[byte] === 0) continue;
      this.endsAsIs(s);
      if (irregular - s < 4 && irregular < length && byte > SPACE && this.gapAround(s) < 0) {
        this.endsThroughGaps(s, s, 0, 0, s);
      }
    }
    this.keepWhole();
  }

  private endsAsIs(start: number): void {
    const { text, set } = this;
    const left = text.length - start;
    if (left < 4) {
      const bytes = text[start]! | ((text[start + 1] ?? 0) << 8) | ((text[start + 2] ?? 0) << 16);
      if (set.begins(bytes, left, this.startsWord(start) ? RIGID | WORD : RIGID))
        this.unfinished(start, start, left);
      return;
    }
    const gram = fold(gramAt(text, start));
    if (!set.heads.has(gram)) return;
    const { heads } = set;
    const insideSequence = this.sawSequence && this.gapAround(start) >= 0;
    for (let i = heads.first(gram), last = heads.last(gram); i < last; i++) {
      if (heads.gram[i] !== gram) continue;
      const pattern = heads.owner[i]!;
      if (insideSequence || set.flags[pattern]! & RIGID) this.endsWithRigid(pattern, start);
      else {
        this.maskFrom = start;
        this.forwardUnfinished(pattern, start);
      }
    }
  }

  private endsWithRigid(pattern: number, start: number): void {
    const { text, set } = this;
    const table = set.flags[pattern]! & FOLD ? LOWER : IDENTITY;
    const left = text.length - start;
    if (left >= set.length[pattern]! || (set.flags[pattern]! & WORD && !this.startsWord(start))) return;
    const from = set.start[pattern]!;
    for (let i = 0; i < left; i++) if (set.pool[from + i] !== table[text[start + i]!]) return;
    this.unfinished(start, start, left);
  }

  private forwardUnfinished(pattern: number, start: number): void {
    const { count } = this.result;
    this.forward(pattern, 0, start, start);
    // Whole occurrences have been noted already.
    this.result.count = count;
  }

  /** As gramsFrom, over the beginnings of patterns. */
  private endsThroughGaps(start: number, at: number, gram: number, count: number, maskFrom: number): void {
    const { text, set } = this;
    if (count === 4) {
      const folded = fold(gram);
      if (!set.heads.has(folded)) return;
      for (let i = set.heads.first(folded), last = set.heads.last(folded); i < last; i++) {
        const pattern = set.heads.owner[i]!;
        if (set.heads.gram[i] !== folded || set.flags[pattern]! & RIGID) continue;
        this.maskFrom = start;
        this.forwardUnfinished(pattern, start);
      }
      return;
    }
    if (at >= text.length) {
      if (set.begins(gram, count, 0)) this.unfinished(start, maskFrom, count);
      return;
    }
    const byte = text[at]!;
    const shift = count * 8;
    if (!isSpace(byte) && byte !== ESC) {
      this.endsThroughGaps(start, at + 1, gram | (byte << shift), count + 1, maskFrom);
      return;
    }
    const gap = new Gap();
    gap.read(text, at);
    if (gap.end === at && !gap.open) {
      this.endsThroughGaps(start, at + 1, gram | (byte << shift), count + 1, maskFrom);
      return;
    }
    const masked = gap.breaksLine ? gap.end : maskFrom;
    if (gap.open) {
      if (gap.skippable && set.begins(gram, count, 0)) this.unfinished(start, masked, count);
      if (gap.firstSpace !== 0)
        this.endsThroughGaps(start, text.length, gram | (SPACE << shift), count + 1, masked);
      return;
    }
    if (gap.skippable) this.endsThroughGaps(start, gap.end, gram, count, masked);
    if (gap.firstSpace !== 0)
      this.endsThroughGaps(start, gap.end, gram | (SPACE << shift), count + 1, masked);
  }

  /**
   * Occurrences that are not dealt with yet must be found again. An escape sequence is scanned again as a whole, or its rest
   * would be read as text.
   */
  private keepWhole(): void {
    const { result } = this;
    if (result.keep === this.text.length) return;
    for (let i = 0; i < result.count; i++) {
      if (result.occurrences[i * 4]! >= result.hold)
        result.keep = Math.min(result.keep, result.occurrences[i * 4 + 3]!);
    }
    const inside = this.gapAround(result.keep);
    if (inside >= 0) result.keep = this.gapStarts[inside]!;
  }

  /** Index of the gap that ends at `at`, or -1. */
  private gapEndingAt(at: number): number {
    const index = this.firstGapEndingFrom(at);
    return index < this.gapCount && this.gapEnds[index] === at ? index : -1;
  }

  /** Index of the gap that holds `at` but does not start there, or -1. */
  private gapAround(at: number): number {
    const index = this.firstGapEndingFrom(at + 1);
    return index < this.gapCount && this.gapStarts[index]! < at ? index : -1;
  }

  private firstGapEndingFrom(at: number): number {
    if (at > this.gapsDone) return this.gapCount;
    let low = 0;
    let high = this.gapCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.gapEnds[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private growGaps(): void {
    for (const name of ['gapStarts', 'gapEnds'] as const) {
      const larger = new Int32Array(this[name].length * 2);
      larger.set(this[name]);
      this[name] = larger;
    }
  }
}

/** The three bytes at `at` are no control characters and no run of spaces. */
function isPlain(text: Uint8Array, at: number): boolean {
  const one = text[at]!;
  const two = text[at + 1]!;
  const three = text[at + 2]!;
  return (
    one >= SPACE && two >= SPACE && three >= SPACE && (two !== SPACE || (one !== SPACE && three !== SPACE))
  );
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
