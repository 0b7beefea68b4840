/** What the matcher found in a text. */

/** Pattern bytes that must have been seen before a line break for the break to be part of what is masked; see `Scan.hold`. */
export const FIRM = 4;

/** Numbers per occurrence. */
export const FIELDS = 4;

/** Valid until the matcher's next scan. */
export class Scan {
  /**
   * Occurrences, FIELDS numbers each, in no order: start and end of what is to be masked, index of the secret's key, and
   * where the occurrence itself starts, which may be before what is masked; see `hold`.
   */
  occurrences = new Int32Array(32 * FIELDS);
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
  /** The byte before `keep`, as the matcher wants it with the next text. */
  before = -1;

  /** The last occurrence if it is gapless, or the stretch that several make; see `covers`. */
  private gaplessStart = 0;
  private gaplessEnd = -1;
  private gaplessKey = -1;

  reset(length: number): void {
    this.count = 0;
    this.gaplessEnd = -1;
    this.hold = this.firmHold = this.keep = length;
  }

  /** Whether text[start .. end) lies within what was just found of the same key, gapless and whole. */
  covers(start: number, end: number, key: number): boolean {
    return end <= this.gaplessEnd && start >= this.gaplessStart && key === this.gaplessKey;
  }

  /** @param gapless the text there has no gaps, so that other patterns that fit in between are there gapless or not at all */
  add(maskFrom: number, end: number, key: number, start: number, gapless: boolean): void {
    if (gapless && key === this.gaplessKey && start < this.gaplessEnd && end > this.gaplessStart) {
      // Pieces and shorter forms often come first: one stretch.
      const last = (this.count - 1) * FIELDS;
      if (start < this.gaplessStart) {
        this.gaplessStart = this.occurrences[last] = this.occurrences[last + 3] = start;
      }
      if (end > this.gaplessEnd) this.gaplessEnd = this.occurrences[last + 1] = end;
      return;
    }
    if (gapless) {
      this.gaplessStart = start;
      this.gaplessEnd = end;
      this.gaplessKey = key;
    } else this.gaplessEnd = -1;
    const at = this.count * FIELDS;
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

  /** The text ends after the first `matched` bytes of what may become a pattern. */
  unfinished(start: number, maskFrom: number, matched: number): void {
    if (start < this.keep) this.keep = start;
    if (maskFrom < this.hold) this.hold = maskFrom;
    if (matched >= FIRM && maskFrom < this.firmHold) this.firmHold = maskFrom;
  }

  /** Another unfinished pattern that starts at `start` or later changes nothing. */
  isHeld(start: number): boolean {
    return this.keep <= start && this.firmHold <= start;
  }

  /** Nothing from `at` on is to be shown yet, whatever it may become. */
  holdFrom(at: number): void {
    if (at < this.hold) this.hold = at;
    if (at < this.firmHold) this.firmHold = at;
    if (at < this.keep) this.keep = at;
  }

  /** Occurrences that are not dealt with yet must be found again. */
  keepOccurrences(): void {
    for (let at = 0; at < this.count * FIELDS; at += FIELDS) {
      if (this.occurrences[at]! >= this.hold) this.keep = Math.min(this.keep, this.occurrences[at + 3]!);
    }
  }
}
