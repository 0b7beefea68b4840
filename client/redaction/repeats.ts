/**
 * Remembers where a long beginning of a pattern was last seen, and how it repeats itself. Without this, a long value such as a
 * row of zeros would be compared as a whole at every place of a text that repeats itself as well.
 */

/** Bytes of a pattern from which on it is worth it. */
export const LONG = 256;

export class Repeats {
  /** The first `length` bytes of `pattern` stand at `start`. */
  private pattern = -1;
  private start = 0;
  private length = 0;
  /** The first `proven` bytes of the pattern equal themselves moved by so many; 0 when no such number is known. */
  private period = 0;
  private proven = 0;

  /** For a new text. */
  reset(): void {
    this.pattern = -1;
  }

  /** Up to which of its bytes, `from` on, the pattern is known to stand at `start`; `from` when nothing is known. */
  knownFrom(from: number, pattern: number, start: number): number {
    if (pattern !== this.pattern || this.period === 0) return from;
    const shift = start - this.start;
    if (shift % this.period !== 0 || -shift > from) return from;
    const known =
      shift > 0 ? Math.min(this.length, this.proven) - shift : Math.min(this.length - shift, this.proven);
    return Math.max(from, known);
  }

  /** The first `length` bytes of the pattern, LONG or more, stand at `start`. */
  note(pattern: number, start: number, length: number): void {
    if (pattern !== this.pattern) this.period = this.proven = 0;
    else {
      // Both tell what the same bytes of the text are.
      const shift = start - this.start;
      const period = Math.abs(shift);
      const proven =
        shift > 0 ? Math.min(this.length, length + shift) : Math.min(length, this.length - shift);
      if (period > 0 && period < proven) this.learn(period, proven);
    }
    this.pattern = pattern;
    this.start = start;
    this.length = length;
  }

  private learn(period: number, proven: number): void {
    // A period goes on as far as a multiple of it does, once it fills the multiple.
    const isMultiple =
      this.period > 0 &&
      (period % this.period === 0
        ? this.proven >= period
        : this.period % period === 0 && proven >= this.period);
    if (!isMultiple && proven <= this.proven) return;
    this.period = isMultiple ? Math.min(period, this.period) : period;
    this.proven = Math.max(proven, this.proven);
  }
}
