/**
 * Which four bytes in a row can belong to which pattern: filters that reject nearly every place of an ordinary text at the cost
 * of one lookup each, and the list of patterns behind the few places that are left.
 */
import { SPACE } from './gaps.js';
import { FOLD_NEXT, FOLDED, MAX_FILTER, MULTIPLIER } from './kernel.js';

/** More patterns than this behind one gram are told apart by more of the bytes that follow the gram. */
const CROWD = 64;
const CROWD_BYTES = 12;

export function fold(gram: number): number {
  return gram | FOLDED;
}

/** Four bytes as one number, in the byte order in which an Int32Array reads them on every platform VS Code runs on. */
export function gramAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The bytes of all patterns: pattern p is pool[start[p] .. start[p] + length[p]). */
export interface Pool {
  readonly pool: Uint8Array;
  readonly start: Int32Array;
  readonly length: Int32Array;
}

/** Collects grams, then builds the index over them. */
export class GramsBuilder {
  private grams: Int32Array;
  private owners: Int32Array;
  private offsets: Int32Array;
  private nexts: Int32Array;
  private count = 0;

  /** @param expected about how many grams there will be */
  constructor(expected: number) {
    const capacity = Math.max(expected, 64);
    this.grams = new Int32Array(capacity);
    this.owners = new Int32Array(capacity);
    this.offsets = new Int32Array(capacity);
    this.nexts = new Int32Array(capacity);
  }

  /**
   * `gram` is folded; it stands at `offset` of pattern `owner`, and `next` is the offset of what follows it.
   * @param loose a text may put something else behind any SPACE of the pattern
   */
  add(gram: number, owner: number, offset: number, next = offset + 4, loose = false): void {
    if (this.count === this.grams.length) {
      this.grams = doubled(this.grams);
      this.owners = doubled(this.owners);
      this.offsets = doubled(this.offsets);
      this.nexts = doubled(this.nexts);
    }
    this.grams[this.count] = gram;
    this.owners[this.count] = owner;
    this.offsets[this.count] = offset;
    this.nexts[this.count++] = loose ? ~next : next;
  }

  /** @param large with more grams than this, the index is large (Grams.isLarge) */
  build(patterns: Pool, large = LARGE): Grams {
    return new Grams(this.grams, this.owners, this.offsets, this.nexts, this.count, patterns, large);
  }
}

/** Numbers per slot of the table: gram (0: free), first entry, end of entries. */
const SLOT = 3;
/** Numbers per entry, side by side, as each is a likely cache miss: what follows the gram, its mask, pattern, offset. */
export const ENTRY = 4;

/** See Grams.isLarge. */
const LARGE = 1 << 15;

/** In place of the four bytes behind a gram, which are folded. */
const ENDS = 1;

/** Numbers (products, see below) of which it knows whether they are in the set: never wrong when they are, rarely when not. */
export class Filter {
  /** Blocks of 32 bits: block product >>> shift has all bits set that `askedOf(product)` has, for each product in the set. */
  readonly blocks: Int32Array;
  readonly shift: number;

  /** @param count how many products there will be */
  constructor(count: number, max = 2 ** 30) {
    const log = Math.min(Math.max(log2(count), 6), log2(max));
    this.blocks = new Int32Array(1 << log);
    this.shift = 32 - log;
  }

  add(product: number): void {
    this.blocks[product >>> this.shift]! |= askedOf(product);
  }

  has(product: number): boolean {
    const asked = askedOf(product);
    return (this.blocks[product >>> this.shift]! & asked) === asked;
  }
}

export class Grams {
  /** So many grams that the text has many of them by chance: the pass over it should ask for eight bytes where it can. */
  readonly isLarge: boolean;
  /** Some pattern ends less than four bytes behind a gram, so that asking for eight bytes does not do. */
  readonly hasEnds: boolean;
  /** All grams. */
  private readonly fours: Filter;
  /** Those that the pass over the text should ask for; if `isLarge`, those behind which the text may differ from the pattern. */
  readonly asked: Filter;
  /**
   * Grams together with those of the four bytes behind them that `toSpace` leaves; with a SPACE when they end with one
   * themselves, as there may be a second one in the text; with ENDS when the pattern ends sooner; with 0 when the text may go
   * on with something else.
   */
  readonly eights: Filter;
  /**
   * ENTRY numbers each, grouped by gram: the four bytes (folded) of the pattern that follow the gram; which of their bits must
   * be the same in the text; the pattern; the gram's offset in it.
   */
  readonly entries: Int32Array;
  /** Open addressing; entries are given as indexes into `entries`. */
  private readonly table: Int32Array;
  private readonly tableShift: number;
  private readonly crowds = new Map<number, Crowd>();

  constructor(
    grams: Int32Array,
    owners: Int32Array,
    offsets: Int32Array,
    nexts: Int32Array,
    count: number,
    patterns: Pool,
    large: number,
  ) {
    const distinct = countDistinct(grams, count);
    const tableLog = Math.max(4, log2((distinct * 4) / 3));
    this.tableShift = 32 - tableLog;
    this.table = new Int32Array(SLOT << tableLog);
    const { table } = this;
    const slots = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      const slot = (slots[i] = this.slotOf(grams[i]!));
      table[slot] = grams[i]!;
      table[slot + 2]! += ENTRY;
    }
    this.fours = new Filter(distinct, MAX_FILTER);
    let entry = 0;
    let largest = 0;
    for (let slot = 0; slot < table.length; slot += SLOT) {
      const size = table[slot + 2]!;
      if (size === 0) continue;
      table[slot + 1] = table[slot + 2] = entry;
      entry += size;
      if (size > largest) largest = size;
      this.fours.add(productOf(table[slot]!));
    }
    // Of a secret's patterns, about half the grams are shared.
    this.isLarge = distinct > large;
    this.asked = this.isLarge ? new Filter(distinct / 4, MAX_FILTER) : this.fours;
    this.eights = new Filter(count / 4, MAX_FILTER);
    const { pool, start, length } = patterns;
    this.entries = new Int32Array(count * ENTRY);
    let hasEnds = false;
    for (let i = 0; i < count; i++) {
      const gram = grams[i]!;
      const slot = slots[i]!;
      const at = table[slot + 2]!;
      table[slot + 2] = at + ENTRY;
      const owner = owners[i]!;
      const loose = nexts[i]! < 0;
      const next = loose ? ~nexts[i]! : nexts[i]!;
      const told = next + 4 <= length[owner]!;
      const after = told ? fold(gramAt(pool, start[owner]! + next)) : 0;
      const spaced = gram >>> 24 === SPACE;
      const sure = !told || (loose && spaced) ? 0 : loose ? toSpace(after) : -1;
      this.entries[at] = after;
      this.entries[at + 1] = sure;
      this.entries[at + 2] = owner;
      this.entries[at + 3] = offsets[i]!;
      this.eights.add(productOf(gram, told ? after & toSpace(after) : ENDS));
      if (told && spaced) this.eights.add(productOf(gram, SPACE));
      if (told && sure === 0) this.eights.add(productOf(gram, 0));
      if (this.isLarge && sure === 0) this.asked.add(productOf(gram));
      hasEnds ||= !told;
    }
    this.hasEnds = hasEnds;
    for (let i = 0; largest > CROWD * ENTRY && i < count; i++) {
      const slot = slots[i]!;
      if (!this.isCrowded(slot)) continue;
      let crowd = this.crowds.get(slot);
      if (!crowd) this.crowds.set(slot, (crowd = new Crowd()));
      const owner = owners[i]!;
      const next = nexts[i]!;
      const told = next >= 0 && next + CROWD_BYTES <= length[owner]!;
      crowd.add(owner, offsets[i]!, told ? nextId(pool, start[owner]! + next) : undefined);
    }
  }

  has(gram: number): boolean {
    return this.fours.has(productOf(gram));
  }

  /**
   * Whether one of the patterns with this gram may have the four bytes `next` (folded) behind it.
   * @param sure the bits of `next` that are known
   * @param strict the pattern goes on there even if the gram ends with a SPACE
   */
  mayGoOn(gram: number, next: number, sure: number, strict = false): boolean {
    const mask = toSpace(next);
    if ((mask & ~sure) !== 0 || this.eights.has(productOf(gram, next & mask))) return true;
    if (!strict && gram >>> 24 === SPACE && this.eights.has(productOf(gram, 0))) return true;
    return this.hasEnds && this.eights.has(productOf(gram, ENDS));
  }

  /** For the functions below; -1 when the gram is none of ours. */
  find(gram: number): number {
    const slot = this.slotOf(gram);
    return this.table[slot] === 0 ? -1 : slot;
  }

  /** Index into `entries`. */
  startOf(slot: number): number {
    return this.table[slot + 1]!;
  }

  endOf(slot: number): number {
    return this.table[slot + 2]!;
  }

  /** More patterns have this gram than should be tried one by one. */
  isCrowded(slot: number): boolean {
    return this.endOf(slot) - this.startOf(slot) > CROWD * ENTRY;
  }

  /**
   * Of the patterns that have a crowded gram, those that can stand where text[at .. length) follows the gram, each with the
   * gram's offset in it. Undefined: the text there does not tell.
   */
  crowdAt(slot: number, text: Uint8Array, at: number, length: number): readonly number[] | undefined {
    if (at + CROWD_BYTES > length || !isGapless(text, at, CROWD_BYTES)) return undefined;
    return this.crowds.get(slot)?.at(text, at);
  }

  /** Where the gram is or would be. */
  private slotOf(gram: number): number {
    const { table } = this;
    let slot = (Math.imul(gram, MULTIPLIER) >>> this.tableShift) * SLOT;
    while (table[slot] !== 0 && table[slot] !== gram) {
      slot += SLOT;
      if (slot === table.length) slot = 0;
    }
    return slot;
  }
}

/** One bit in each byte, told by three bits of the product each. */
function askedOf(product: number): number {
  const bits = Math.imul(product, MULTIPLIER);
  return (
    (1 << (bits & 7)) |
    (0x100 << ((bits >>> 8) & 7)) |
    (0x10000 << ((bits >>> 16) & 7)) |
    (0x1000000 << ((bits >>> 24) & 7))
  );
}

/** What the filters know a folded gram by, or a gram and the four bytes (folded) behind it. */
function productOf(gram: number, next?: number): number {
  const product = Math.imul(gram, MULTIPLIER);
  if (next === undefined) return product;
  const both = product ^ next;
  return Math.imul(both ^ (both >>> FOLD_NEXT), MULTIPLIER);
}

/** The patterns behind one gram by the bytes that follow it: pairs of pattern and offset. */
class Crowd {
  private readonly groups = new Map<number, number[]>();
  /** Patterns that end too early to tell. */
  private readonly short: number[] = [];

  add(owner: number, offset: number, id: number | undefined): void {
    if (id === undefined) {
      this.short.push(owner, offset);
      for (const group of this.groups.values()) group.push(owner, offset);
      return;
    }
    const group = this.groups.get(id);
    if (group) group.push(owner, offset);
    else this.groups.set(id, [...this.short, owner, offset]);
  }

  at(text: Uint8Array, at: number): readonly number[] {
    return this.groups.get(nextId(text, at)) ?? this.short;
  }
}

function nextId(bytes: Uint8Array, at: number): number {
  let id = 0;
  for (let i = 0; i < CROWD_BYTES; i += 4)
    id = Math.imul(id ^ fold(gramAt(bytes, at + i)), MULTIPLIER) ^ (id >>> 15);
  return id;
}

/** Both readings of the text agree on the `count` bytes at `at`, which follow a gram. */
export function isGapless(text: Uint8Array, at: number, count: number): boolean {
  return gaplessFrom(text, at, count) === count;
}

/** On how many of the `count` bytes at `at`, which follow a gram, both readings of the text agree. */
export function gaplessFrom(text: Uint8Array, at: number, count: number): number {
  let before = text[at - 1]!;
  for (let i = 0; i < count; i++) {
    const byte = text[at + i]!;
    if (byte < SPACE || (byte === SPACE && before === SPACE)) return i;
    before = byte;
  }
  return count;
}

/** The bits of four folded bytes up to the first SPACE; all of them when there is none. */
export function toSpace(bytes: number): number {
  const differ = bytes ^ FOLDED;
  const spaces = (differ - 0x01010101) & ~differ & 0x80808080;
  return spaces ^ (spaces - 1);
}

/** How many different numbers, none of them 0, the first `count` are. */
function countDistinct(numbers: Int32Array, count: number): number {
  const shift = 32 - Math.max(4, log2(count) + 1);
  const table = new Int32Array(2 ** (32 - shift));
  let distinct = 0;
  for (let i = 0; i < count; i++) {
    const number = numbers[i]!;
    let slot = Math.imul(number, MULTIPLIER) >>> shift;
    while (table[slot] !== 0 && table[slot] !== number) slot = (slot + 1) & (table.length - 1);
    if (table[slot] === 0) distinct++;
    table[slot] = number;
  }
  return distinct;
}

function doubled(from: Int32Array): Int32Array<ArrayBuffer> {
  const to = new Int32Array(from.length * 2);
  to.set(from);
  return to;
}

/** Rounded up. */
function log2(n: number): number {
  return n <= 1 ? 0 : Math.ceil(Math.log2(n));
}
