/**
 * Which four bytes in a row can belong to which pattern: a bitmap that rejects nearly every place of an ordinary text at the
 * cost of one lookup, and the list of patterns behind the few places that are left.
 */

/** Sets bit 5 of each byte, so that ASCII letters of either case look alike. Others may clash: the matcher compares again. */
export const FOLDED = 0x20202020;
const MULTIPLIER = 0x9e3779b1;

export function fold(gram: number): number {
  return gram | FOLDED;
}

/** Four bytes as one number, in the byte order in which an Int32Array reads them on every platform VS Code runs on. */
export function gramAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Collects grams, then builds the index over them. */
export class GramsBuilder {
  private grams = new Int32Array(1024);
  private owners = new Int32Array(1024);
  private offsets = new Int32Array(1024);
  private count = 0;

  /** `gram` is folded; it stands at `offset` of pattern `owner`. */
  add(gram: number, owner: number, offset: number): void {
    if (this.count === this.grams.length) {
      this.grams = doubled(this.grams);
      this.owners = doubled(this.owners);
      this.offsets = doubled(this.offsets);
    }
    this.grams[this.count] = gram;
    this.owners[this.count] = owner;
    this.offsets[this.count++] = offset;
  }

  build(): Grams {
    return new Grams(this.grams, this.owners, this.offsets, this.count);
  }
}

export class Grams {
  /** `bits[hash >>> 5] >>> hash & 1`, where hash = imul(folded gram, multiplier) >>> shift. */
  readonly bits: Int32Array;
  readonly shift: number;
  readonly multiplier = MULTIPLIER;
  private readonly bucketShift: number;
  private readonly buckets: Int32Array;
  readonly gram: Int32Array;
  readonly owner: Int32Array;
  readonly offset: Int32Array;

  constructor(
    grams: Int32Array,
    owners: Int32Array,
    offsets: Int32Array,
    readonly count: number,
  ) {
    // 32 bits per gram keep false alarms at 3 % of random text; beyond 1 MiB cache misses would cost more than they save.
    const bitsLog = clamp(log2(count) + 5, 12, 23);
    const bucketLog = clamp(log2(count), 4, bitsLog);
    this.shift = 32 - bitsLog;
    this.bucketShift = 32 - bucketLog;
    this.bits = new Int32Array(1 << (bitsLog - 5));
    this.buckets = new Int32Array((1 << bucketLog) + 1);
    this.gram = new Int32Array(count);
    this.owner = new Int32Array(count);
    this.offset = new Int32Array(count);

    const { bits, shift, buckets, bucketShift } = this;
    for (let i = 0; i < count; i++) {
      const product = Math.imul(grams[i]!, MULTIPLIER);
      const hash = product >>> shift;
      bits[hash >>> 5]! |= 1 << (hash & 31);
      buckets[(product >>> bucketShift) + 1]!++;
    }
    for (let i = 1; i < buckets.length; i++) buckets[i]! += buckets[i - 1]!;
    const next = buckets.slice();
    for (let i = 0; i < count; i++) {
      const at = next[Math.imul(grams[i]!, MULTIPLIER) >>> bucketShift]!++;
      this.gram[at] = grams[i]!;
      this.owner[at] = owners[i]!;
      this.offset[at] = offsets[i]!;
    }
  }

  has(gram: number): boolean {
    const hash = Math.imul(gram, MULTIPLIER) >>> this.shift;
    return ((this.bits[hash >>> 5]! >>> (hash & 31)) & 1) !== 0;
  }

  /** Entries from first(gram) up to, not including, last(gram) may hold the gram: compare `gram[i]`. */
  first(gram: number): number {
    return this.buckets[Math.imul(gram, MULTIPLIER) >>> this.bucketShift]!;
  }

  last(gram: number): number {
    return this.buckets[(Math.imul(gram, MULTIPLIER) >>> this.bucketShift) + 1]!;
  }
}

function doubled(from: Int32Array): Int32Array<ArrayBuffer> {
  const to = new Int32Array(from.length * 2);
  to.set(from);
  return to;
}

/** Rounded up. */
function log2(n: number): number {
  return n <= 1 ? 0 : 32 - Math.clz32(n - 1);
}

function clamp(n: number, low: number, high: number): number {
  return Math.min(Math.max(n, low), high);
}
