/** Which patterns begin with which four bytes. */
import { Filter, fold, gramAt, type Pool } from './grams.js';
import { MULTIPLIER } from './kernel.js';

export class Heads {
  /** By the hash of the folded first four bytes: one more than the last pattern with it, or 0. */
  private readonly last: Int32Array;
  /** By pattern: one more than the pattern before this one with the same hash, or 0. */
  private readonly previous: Int32Array;
  /** By pattern: its first four bytes, folded. */
  private readonly grams: Int32Array;
  private readonly shift: number;
  /** By far most texts end with nothing of the kind. */
  private readonly filter: Filter;

  constructor(patterns: Pool) {
    const { pool, count } = patterns;
    const log = Math.max(4, Math.ceil(Math.log2(count + 1)));
    this.shift = 32 - log;
    this.last = new Int32Array(1 << log);
    this.previous = new Int32Array(count);
    this.grams = new Int32Array(count);
    this.filter = new Filter(count);
    for (let pattern = 0; pattern < count; pattern++) {
      const gram = fold(gramAt(pool, patterns.startOf(pattern)));
      this.filter.add(Math.imul(gram, MULTIPLIER));
      const hash = this.hashOf(gram);
      this.grams[pattern] = gram;
      this.previous[pattern] = this.last[hash]!;
      this.last[hash] = pattern + 1;
    }
  }

  /** The last pattern that begins with this folded gram, or -1. */
  lastOf(gram: number): number {
    if (!this.filter.has(Math.imul(gram, MULTIPLIER))) return -1;
    return this.find(this.last[this.hashOf(gram)]!, gram);
  }

  /** The pattern before this one that begins with this folded gram, or -1. */
  before(pattern: number, gram: number): number {
    return this.find(this.previous[pattern]!, gram);
  }

  private find(link: number, gram: number): number {
    while (link !== 0 && this.grams[link - 1] !== gram) link = this.previous[link - 1]!;
    return link - 1;
  }

  private hashOf(gram: number): number {
    return Math.imul(gram, MULTIPLIER) >>> this.shift;
  }
}
