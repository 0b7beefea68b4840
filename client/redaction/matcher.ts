/**
 * Finds every place of a text where a pattern stands, and the earliest place from which the text may still become one.
 *
 * Exact: a pattern is never missed, wherever chunks were cut. Two readings of the text count: the bytes as they are, and the
 * bytes without gaps (gaps.ts). One pass over the text's aligned words (kernel.ts) asks the filters of windows (pattern-set.ts,
 * grams.ts) and looks for control characters; the few places it names are compared byte by byte (comparer.ts). A window with a
 * gap inside is found from the gap; the kernel leaves out the line breaks that no window goes across. What the end of a text
 * may become is seen to in endings.ts.
 */
import { Comparer } from './comparer.js';
import { mayBeOffset } from './dump.js';
import { Endings } from './endings.js';
import { ESC, Gap, isSpace, LF, SPACE } from './gaps.js';
import {
  CROWD_BYTES,
  ENTRY,
  fold,
  gaplessFrom,
  gramAt,
  type Grams,
  isGapless,
  isGaplessBehind,
} from './grams.js';
import { FOLDED } from './kernel.js';
import { DUMP } from './pattern.js';
import type { PatternSet } from './pattern-set.js';
import { Scan } from './scan.js';
import { utf8Boundary } from './utf8.js';
import { workspace } from './workspace.js';

export class Matcher {
  private readonly result = new Scan();
  private readonly comparer: Comparer;
  private readonly endings: Endings;
  private readonly gap = new Gap();
  // See readNext.
  private next = 0;
  private sure = 0;

  constructor(readonly set: PatternSet) {
    this.comparer = new Comparer(set, this.result);
    this.endings = new Endings(set, this.comparer);
  }

  /**
   * Scans the first `length` bytes of the workspace.
   * @param before the byte before them, -1 when there is none or it ends an escape sequence
   * @param final nothing follows
   */
  scan(length: number, before: number, final: boolean): Scan {
    const { result, comparer } = this;
    const { bytes } = workspace;
    result.reset(length);
    comparer.begin(bytes, length, before, final);
    if (this.set.count > 0 && length > 0) {
      workspace.close(length);
      this.scanWindows(length);
      if (this.set.shorts) this.scanShorts(this.set.shorts, workspace.words, length);
      if (!final) this.endings.scan();
    }
    if (!final) result.holdFrom(utf8Boundary(bytes, length));
    if (result.keep < length) {
      result.keepOccurrences();
      // An escape sequence is scanned again as a whole, or its rest would be read as text.
      const around = comparer.gaps.startOfGapAround(result.keep);
      if (around >= 0) result.keep = around;
    }
    const { keep } = result;
    if (keep === 0) result.before = before;
    else result.before = comparer.gaps.startOfGapEndingAt(keep) >= 0 ? -1 : bytes[keep - 1]!;
    return result;
  }

  private scanWindows(length: number): void {
    const count = workspace.scan(length, this.set.windows);
    const { found, words } = workspace;
    // The pass over the text has asked about the bytes behind as well.
    const { isLarge } = this.set.windows;
    for (let n = 0; n < count; n += 2) {
      const at = workspace.placeOf(found[n]!);
      const bits = found[n + 1]!;
      for (let controls = bits & 0xffff; controls !== 0; controls &= controls - 1)
        this.control(at + lowestBit(controls));
      for (let grams = bits >>> 16; grams !== 0; grams &= grams - 1) {
        const word = (at >> 2) + lowestBit(grams);
        const gram = words[word]! | FOLDED;
        // By far most candidates are none, and most of these have plain text behind them.
        if (word * 4 + 8 > length || !isGaplessBehind(words[word]!, words[word + 1]!))
          this.candidates(gram, word * 4);
        else if (isLarge) this.compareAll(gram, word * 4, words[word + 1]! | FOLDED, -1);
        else this.askAndCompare(gram, word * 4, words[word + 1]! | FOLDED, -1);
      }
    }
  }

  /** Compares the patterns that have this gram in their window with the text around `at`, where the gram stands. */
  private candidates(gram: number, at: number): void {
    const { text, length } = this.comparer;
    const lf = at + 4 + this.readNext(at + 4);
    const { next, sure } = this;
    if (sure === -1 || !isBetweenLines(text, lf, length)) {
      this.askAndCompare(gram, at, next, sure);
      return;
    }
    // The line break may be skipped or stand for a SPACE.
    const shift = (lf - at - 4) * 8;
    const before = next & sure;
    if (this.readNext(lf + 1) < 4) this.askAndCompare(gram, at, next, sure);
    else {
      const behind = this.next;
      this.askAndCompare(gram, at, before | (behind << shift), -1);
      this.askAndCompare(gram, at, before | (SPACE << shift) | (shift < 24 ? behind << (shift + 8) : 0), -1);
    }
  }

  private askAndCompare(gram: number, at: number, next: number, sure: number): void {
    if (this.set.windows.mayGoOn(gram, next, sure)) this.compareAll(gram, at, next, sure);
  }

  /**
   * @param next what follows the gram in the text: rules out most places without a look at patterns
   * @param sure the bits of `next` that are known
   */
  private compareAll(gram: number, at: number, next: number, sure: number): void {
    const { windows } = this.set;
    const slot = windows.find(gram);
    if (slot < 0) return;
    const { comparer } = this;
    const { entries } = windows;
    const { text, length } = comparer;
    if (
      sure === -1 &&
      windows.isCrowded(slot) &&
      at + 4 + CROWD_BYTES <= length &&
      isGapless(text, at + 4, CROWD_BYTES)
    ) {
      windows.visitCrowd(slot, text, at + 4, (i) => {
        comparer.compare(entries[i + 2]!, entries[i + 3]!, at);
      });
      return;
    }
    for (let i = windows.startOf(slot), end = windows.endOf(slot); i < end; i += ENTRY) {
      if (((entries[i]! ^ next) & entries[i + 1]! & sure) === 0)
        comparer.compare(entries[i + 2]!, entries[i + 3]!, at);
    }
  }

  /**
   * Patterns of four to six bytes: whatever the place, one of the text's aligned pairs of bytes is the first or the second
   * pair of the pattern.
   */
  private scanShorts(shorts: Grams, words: Int32Array, length: number): void {
    const { shortPairs } = this.set;
    const count = (length + 3) >> 2;
    for (let i = 0; i < count; i++) {
      const word = words[i]!;
      const low = shortPairs[word & 0xffff]!;
      const high = shortPairs[word >>> 16]!;
      if ((low | high) === 0) continue;
      if (low !== 0) this.shortsAround(shorts, i * 4, length);
      if (high !== 0) this.shortsAround(shorts, i * 4 + 2, length);
    }
  }

  private shortsAround(shorts: Grams, pair: number, length: number): void {
    const { text } = this.comparer;
    for (let at = Math.max(0, pair - 1); at <= pair && at + 4 <= length; at++) {
      const gram = fold(gramAt(text, at));
      if (!shorts.has(gram)) continue;
      const slot = shorts.find(gram);
      if (slot < 0) continue;
      for (let i = shorts.startOf(slot), end = shorts.endOf(slot); i < end; i += ENTRY) {
        this.comparer.asIs(shorts.entries[i + 2]!, 0, at);
      }
    }
  }

  /** A control character: when it belongs to a gap, looks for windows that have the gap inside. */
  private control(at: number): void {
    const { gap, comparer } = this;
    const { text, length, gaps } = comparer;
    if (at < gaps.end) return;
    const byte = text[at]!;
    if (at > gaps.end && isBetweenLines(text, at, length)) {
      // By far the most frequent gap: a line ends, the next one begins.
      gaps.add(at, at + 1, false);
      this.beforeGap(at);
      this.acrossGap(at, at + 1, true, true);
      return;
    }
    if (byte !== ESC && !isSpace(byte)) return;
    let start = at;
    while (start > gaps.end && text[start - 1] === SPACE) start--;
    gap.read(text, start, length);
    const { end } = gap;
    if (end <= at) {
      // Shown as a whole or not at all, so that the rest is not taken for text.
      if (byte !== ESC || !gap.open || gaps.cutSequence >= 0) return;
      gaps.cutSequence = at;
      comparer.unfinished(at, at, 0);
      return;
    }
    gaps.add(start, end, gap.hasSequence);
    this.beforeGap(start);
    if (start > 0 && end < length) this.acrossGap(start, end, gap.skippable, gap.firstSpace !== 0);
  }

  /** Tries the last word before a gap, if the pass over the text has looked at the four bytes behind it as well. */
  private beforeGap(start: number): void {
    const word = (start >> 2) - 1;
    if (word < 0 || !this.set.windows.isLarge) return;
    const gram = workspace.words[word]! | FOLDED;
    if (this.set.windows.has(gram)) this.candidates(gram, word * 4);
  }

  /**
   * Looks for windows that have this gap inside.
   * @param joins the gap may be skipped
   * @param spaced the gap may stand for a SPACE
   */
  private acrossGap(start: number, end: number, joins: boolean, spaced: boolean): void {
    const { text, length, gaps } = this.comparer;
    const { beforeSpace, afterSpace } = this.set;
    const before = text[start - 1]!;
    const behind = text[end]!;
    const breaksLine = joins && spaced;
    spaced &&= beforeSpace[before | 0x20] !== 0 && afterSpace[behind | 0x20] !== 0;
    if (!joins && !spaced) return;
    if (
      start - 3 < gaps.endBeforeLast ||
      end + 3 > length ||
      !isPlain(text, start - 3) ||
      !isPlain(text, end)
    ) {
      this.acrossGaps(start);
      return;
    }
    // Wherever the gap stands in a window of seven, one of two grams lies inside the window: the one that ends with the first
    // character behind the gap (or with the gap), or the one that starts with the last character before it (or with the gap).
    const threeBefore = text[start - 3]! | (text[start - 2]! << 8) | (before << 16);
    const threeBehind = (behind << 8) | (text[end + 1]! << 16) | (text[end + 2]! << 24);
    if (joins) {
      this.tryGram(threeBefore | (behind << 24), start - 3, end + 1);
      this.tryGram(before | threeBehind, start - 1, end + 3);
    }
    if (spaced) {
      this.tryGram(threeBefore | (SPACE << 24), start - 3, end, breaksLine);
      this.tryGram(SPACE | threeBehind, start, end + 3);
    }
  }

  /**
   * A gram read through gaps: it starts at `at`, and what follows it at `nextAt`.
   * @param breaksLine it ends with a line break
   */
  private tryGram(gram: number, at: number, nextAt: number, breaksLine = false): void {
    const { set } = this;
    const { windows } = set;
    const folded = fold(gram);
    if (!windows.has(folded)) return;
    const { text, length } = this.comparer;
    this.readNext(nextAt);
    const { next, sure } = this;
    // A dump's line may end with the gram.
    const offset = gram >>> 24 === SPACE && (!breaksLine || mayBeOffset(text, length, nextAt));
    if (!windows.mayGoOn(folded, next, sure, offset)) return;
    const slot = windows.find(folded);
    if (slot < 0) return;
    const { entries } = windows;
    for (let i = windows.startOf(slot), end = windows.endOf(slot); i < end; i += ENTRY) {
      const pattern = entries[i + 2]!;
      const mask = offset && set.flagsOf(pattern) & DUMP ? 0 : entries[i + 1]!;
      if (((entries[i]! ^ next) & mask & sure) === 0) this.comparer.throughGaps(pattern, entries[i + 3]!, at);
    }
  }

  /**
   * Reads the four bytes (folded) that follow a gram: those that are no gap and come before one are `sure`.
   * @returns their number
   */
  private readNext(at: number): number {
    const { text, length } = this.comparer;
    const count = at + 4 <= length ? gaplessFrom(text, at, 4) : 0;
    this.next = fold(gramAt(text, at));
    this.sure = count === 4 ? -1 : (1 << (count * 8)) - 1;
    return count;
  }

  /**
   * Tries the grams that begin up to three characters before a gap and end behind it, where other gaps or runs of blanks are
   * near.
   */
  private acrossGaps(gapStart: number): void {
    const { text, gaps } = this.comparer;
    let at = gapStart;
    this.gramsFrom(at, at, 0, 0, gapStart, false);
    for (let characters = 0; characters < 3 && at > 0;) {
      const before = at === gapStart ? -1 : gaps.startOfGapEndingAt(at);
      if (before >= 0) at = before;
      else {
        at--;
        if (text[at] === SPACE) while (at > 0 && text[at - 1] === SPACE) at--;
        characters++;
      }
      this.gramsFrom(at, at, 0, 0, gapStart, false);
    }
  }

  /**
   * Extends the `count` characters in `gram`, read from `from` on, to four, in every way in which gaps can be read, and tries
   * the results that include the gap at `goal`; `crossed`: it is among those read.
   */
  private gramsFrom(
    from: number,
    at: number,
    gram: number,
    count: number,
    goal: number,
    crossed: boolean,
  ): void {
    const { text, length } = this.comparer;
    if (count === 4) {
      if (crossed) this.tryGram(gram, from, at);
      return;
    }
    if (at >= length) return;
    const byte = text[at]!;
    const shift = count * 8;
    const gap = isSpace(byte) || byte === ESC ? new Gap() : undefined;
    gap?.read(text, at, length);
    if (!gap || (gap.end === at && !gap.open)) {
      this.gramsFrom(from, at + 1, gram | (byte << shift), count + 1, goal, crossed);
      return;
    }
    if (gap.end === at) return;
    const now = crossed || at === goal;
    if (gap.skippable && count > 0) this.gramsFrom(from, gap.end, gram, count, goal, now);
    if (gap.firstSpace !== 0) this.gramsFrom(from, gap.end, gram | (SPACE << shift), count + 1, goal, now);
  }
}

/** A line break with a visible character on either side. */
function isBetweenLines(text: Uint8Array, at: number, length: number): boolean {
  return text[at] === LF && at > 0 && at + 1 < length && text[at - 1]! > SPACE && text[at + 1]! > SPACE;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
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
