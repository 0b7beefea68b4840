/**
 * Beginnings of patterns at the end of a text. Longer ones are noticed when their window is read; here are those that are too
 * short for that. What is noted is held back, so a beginning must not be missed, and nothing else be taken for one.
 */
import type { Comparer } from './comparer.js';
import { ESC, Gap, isSpace, SPACE } from './gaps.js';
import { fold } from './grams.js';
import { RIGID, WORD } from './pattern.js';
import { GAPLESS, type PatternSet, REACH } from './pattern-set.js';

const ANY = GAPLESS | RIGID | WORD;

export class Endings {
  constructor(
    private readonly set: PatternSet,
    private readonly comparer: Comparer,
  ) {}

  scan(): void {
    const { set } = this;
    const { text, length } = this.comparer;
    let at = length;
    // The four bytes from `at` on, as far as there are four.
    let gram = 0;
    // The first place from `at` on where the two readings of the text differ.
    let irregular = length;
    for (let bytes = 0; at > 0 && bytes < REACH;) {
      at--;
      const byte = text[at]!;
      gram = (gram << 8) | byte;
      if (byte < SPACE || (byte === SPACE && (at + 1 === length || isSpace(text[at + 1]!)))) irregular = at;
      // Of a gap with a line break nothing counts: it may be skipped.
      else if ((byte !== SPACE || (at > 0 && text[at - 1]! > SPACE)) && !this.inSequence(at)) bytes++;
      if (length - at >= 4) this.withHead(fold(gram), at, true);
      else this.tooShort(at, gram, length - at);
      if (irregular - at < 4 && irregular < length && byte > SPACE && !this.inSequence(at)) {
        if (set.begins(byte, 1, ANY)) this.throughGaps(at, at, 0, 0, at);
      }
    }
  }

  private inSequence(at: number): boolean {
    const { gaps } = this.comparer;
    return (
      (gaps.hasSequence && gaps.startOfGapAround(at) >= 0) || (gaps.cutSequence >= 0 && at > gaps.cutSequence)
    );
  }

  /** The last `left` bytes, fewer than four. */
  private tooShort(start: number, bytes: number, left: number): void {
    const { set, comparer } = this;
    if (!set.begins(bytes, left, ANY)) return;
    const kinds = comparer.startsWord(start) ? ANY : GAPLESS | RIGID;
    if (set.begins(bytes, left, kinds)) comparer.unfinished(start, start, left);
  }

  private withHead(gram: number, start: number, rigid: boolean): void {
    const { comparer, set } = this;
    const { heads } = set;
    for (let pattern = heads.lastOf(gram); pattern >= 0; pattern = heads.before(pattern, gram))
      if (rigid || !(set.flagsOf(pattern) & RIGID)) comparer.atEnd(pattern, start);
  }

  /** Extends the `count` bytes in `gram`, read from `start` on, to four, in every way in which gaps can be read. */
  private throughGaps(start: number, at: number, gram: number, count: number, maskFrom: number): void {
    const { set, comparer } = this;
    const { text, length } = comparer;
    if (count === 4) {
      this.withHead(fold(gram), start, false);
      return;
    }
    const ends = at >= length;
    const shift = count * 8;
    if (!ends && !isSpace(text[at]!) && text[at] !== ESC) {
      this.throughGaps(start, at + 1, gram | (text[at]! << shift), count + 1, maskFrom);
      return;
    }
    if (ends) {
      if (set.begins(gram, count, GAPLESS)) comparer.unfinished(start, maskFrom, count);
      return;
    }
    const gap = new Gap();
    gap.read(text, at, length);
    if (gap.end === at && !gap.open) {
      // An ESC of its own.
      this.throughGaps(start, at + 1, gram | (text[at]! << shift), count + 1, maskFrom);
      return;
    }
    const masked = gap.breaksLine ? gap.end : maskFrom;
    const next = gap.open ? length : gap.end;
    if (gap.skippable) this.throughGaps(start, next, gram, count, masked);
    if (gap.firstSpace !== 0) this.throughGaps(start, next, gram | (SPACE << shift), count + 1, masked);
  }
}
