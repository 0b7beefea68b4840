/**
 * Which four bytes in a row can belong to which pattern: filters that reject nearly every place of an ordinary text at the cost
 * of one lookup each, and the list of patterns behind the few places that are left.
 */
import { SPACE } from './gaps.js';
import { FOLD_NEXT, FOLDED, MAX_FILTER, MULTIPLIER } from './kernel.js';

/** More patterns than this behind one gram are told apart by more of the bytes that follow the gram. */
const CROWD = 64;
export const CROWD_BYTES = 12;
/** In place of these: the pattern ends too early, or the text may go on with something else. */
const UNTOLD = 0;

export function fold(gram: number): number {
  return gram | FOLDED;
}

/** Four bytes as one number, in the byte order in which an Int32Array reads them on every platform VS Code runs on. */
export function gramAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The bytes of all patterns, see PatternSet. */
export interface Pool {
  readonly pool: Uint8Array;
  readonly count: number;
  startOf(pattern: number): number;
  lengthOf(pattern: number): number;
}

/** Numbers per gram that was added: the gram, its pattern, its offset there, that of what follows it (see `add`), the blank. */
const ADDED = 5;

/** Collects grams, then builds the index over them. */
export class GramsBuilder {
  private added: Int32Array<ArrayBuffer>;
  private end = 0;

  /** @param expected about how many grams there will be */
  constructor(expected: number) {
    this.added = new Int32Array(Math.max(expected, 64) * ADDED);
  }

  /**
   * `gram` is folded; it stands at `offset` of pattern `owner`, and `next` is the offset of what follows it.
   * @param loose a text may put something else behind any SPACE of the pattern
   * @param blank how many bytes further on the text has a blank that the pattern has not: 1 to 3, or 0
   */
  add(gram: number, owner: number, offset: number, next = offset + 4, loose = false, blank = 0): void {
    if (this.end === this.added.length) {
      const larger = new Int32Array(this.end * 2);
      larger.set(this.added);
      this.added = larger;
    }
    const { added, end } = this;
    added[end] = gram;
    added[end + 1] = owner;
    added[end + 2] = offset;
    added[end + 3] = loose ? ~next : next;
    added[end + 4] = blank;
    this.end = end + ADDED;
  }

  /** @param large with more grams than this, the index is large (Grams.isLarge) */
  build(patterns: Pool, large = LARGE): Grams {
    return new Grams(this.added.subarray(0, this.end), patterns, large);
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
  hasEnds = false;
  /** All grams. */
  private readonly fours: Filter;
  /** Those that the pass over the text should ask for; if `isLarge`, those behind which the text may differ from the pattern. */
  readonly asked: Filter;
  /**
   * Grams together with those of the four bytes behind them that `toSpace` leaves; with a SPACE when they end with one
   * themselves, as there may be a second one in the text; with ENDS when the pattern ends sooner; with 0 when a line of a dump
   * may end there.
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
  private readonly crowds: Crowds;

  /** @param added ADDED numbers each */
  constructor(added: Int32Array, patterns: Pool, large: number) {
    const distinct = countDistinct(added);
    const tableLog = Math.max(4, log2((distinct * 4) / 3));
    this.tableShift = 32 - tableLog;
    this.table = new Int32Array(SLOT << tableLog);
    // Loops of a call each: the engine compiles small functions that are called often far sooner than a loop inside a large one.
    for (let i = 0; i < added.length; i += ADDED) this.count(added[i]!);
    this.fours = new Filter(distinct, MAX_FILTER);
    const crowded = this.layOut();
    // Of a secret's patterns, about half the grams are shared.
    this.isLarge = distinct > large;
    this.asked = this.isLarge ? new Filter(distinct / 4, MAX_FILTER) : this.fours;
    const count = added.length / ADDED;
    this.eights = new Filter(count / 2, MAX_FILTER);
    this.entries = new Int32Array(count * ENTRY);
    this.crowds = new Crowds(crowded.size > 0 ? count : 0);
    for (let i = 0; i < added.length; i += ADDED) this.enter(added, i, patterns, crowded);
  }

  has(gram: number): boolean {
    return this.fours.has(productOf(gram));
  }

  /**
   * Whether one of the patterns with this gram may have the four bytes `next` (folded) behind it.
   * @param sure the bits of `next` that are known
   * @param offset `next` may be the beginning of a dump's line
   */
  mayGoOn(gram: number, next: number, sure: number, offset = false): boolean {
    const mask = toSpace(next);
    if ((mask & ~sure) !== 0 || this.eights.has(productOf(gram, next & mask))) return true;
    if (offset && this.eights.has(productOf(gram, 0))) return true;
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
   * Of the entries of a crowded gram, calls `visit` for those that may stand where text[at .. at + CROWD_BYTES) follows the
   * gram; both readings of the text agree there.
   */
  visitCrowd(slot: number, text: Uint8Array, at: number, visit: (entry: number) => void): void {
    for (const id of [nextId(text, at), UNTOLD]) {
      for (let entry = this.crowds.first(slot, id); entry >= 0; entry = this.crowds.after(entry)) {
        const index = entry * ENTRY;
        if (index >= this.startOf(slot) && index < this.endOf(slot)) visit(index);
      }
    }
  }

  private count(gram: number): void {
    const slot = this.slotOf(gram);
    this.table[slot] = gram;
    this.table[slot + 2]! += ENTRY;
  }

  /**
   * Gives each slot its place among the entries; its end is where its next entry goes.
   * @returns the slots that will be crowded
   */
  private layOut(): Set<number> {
    const { table } = this;
    const crowded = new Set<number>();
    let entry = 0;
    for (let slot = 0; slot < table.length; slot += SLOT) {
      const size = table[slot + 2]!;
      if (size === 0) continue;
      table[slot + 1] = table[slot + 2] = entry;
      entry += size;
      if (size > CROWD * ENTRY) crowded.add(slot);
      this.fours.add(productOf(table[slot]!));
    }
    return crowded;
  }

  /** The gram that was added at index `i`. */
  private enter(added: Int32Array, i: number, patterns: Pool, crowded: ReadonlySet<number>): void {
    const gram = added[i]!;
    const owner = added[i + 1]!;
    const loose = added[i + 3]! < 0;
    const next = loose ? ~added[i + 3]! : added[i + 3]!;
    const { pool } = patterns;
    const start = patterns.startOf(owner);
    const length = patterns.lengthOf(owner);
    const told = next + 4 <= length;
    const after = told ? withBlank(fold(gramAt(pool, start + next)), added[i + 4]!) : 0;
    const toBlank = toSpace(after);
    const { table, entries, eights } = this;
    const slot = this.slotOf(gram);
    const at = table[slot + 2]!;
    table[slot + 2] = at + ENTRY;
    entries[at] = after;
    entries[at + 1] = told ? (loose ? toBlank : -1) : 0;
    entries[at + 2] = owner;
    entries[at + 3] = added[i + 2]!;
    const spaced = gram >>> 24 === SPACE;
    eights.add(productOf(gram, told ? after & toBlank : ENDS));
    if (told && spaced) eights.add(productOf(gram, SPACE));
    if (told && spaced && loose) eights.add(productOf(gram, 0));
    if (this.isLarge && (!told || (spaced && loose))) this.asked.add(productOf(gram));
    this.hasEnds ||= !told;
    if (crowded.size === 0 || !crowded.has(slot)) return;
    const tells = !loose && next + CROWD_BYTES <= length;
    this.crowds.add(slot, at / ENTRY, tells ? nextId(pool, start + next) : UNTOLD);
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

/** Entries of crowded grams by the bytes that follow the gram. */
class Crowds {
  /** By the hash of slot and id: one more than the last entry with it, or 0. */
  private readonly last: Int32Array;
  /** By entry: one more than the one before it with the same hash, or 0. */
  private readonly previous: Int32Array;
  private readonly shift: number;

  /** @param count how many entries there are at most */
  constructor(count: number) {
    const log = Math.max(4, log2(count / 2));
    this.shift = 32 - log;
    this.last = new Int32Array(1 << log);
    this.previous = new Int32Array(count);
  }

  add(slot: number, entry: number, id: number): void {
    const hash = this.hashOf(slot, id);
    this.previous[entry] = this.last[hash]!;
    this.last[hash] = entry + 1;
  }

  /** An entry that was added so, or another one; -1: none. */
  first(slot: number, id: number): number {
    return this.last[this.hashOf(slot, id)]! - 1;
  }

  after(entry: number): number {
    return this.previous[entry]! - 1;
  }

  private hashOf(slot: number, id: number): number {
    return Math.imul(slot ^ id, MULTIPLIER) >>> this.shift;
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

/** As `isGapless`, for the four bytes behind four others, which must not be at the end of the text. */
export function isGaplessBehind(before: number, bytes: number): boolean {
  const controls = (bytes - FOLDED) & ~bytes & 0x80808080;
  // The top bit of each byte that is a SPACE.
  const differ = bytes ^ FOLDED;
  const spaces = ~(((differ & 0x7f7f7f7f) + 0x7f7f7f7f) | differ | 0x7f7f7f7f);
  return (controls | (spaces & (spaces >>> 8)) | (before >>> 24 === SPACE ? spaces & 0x80 : 0)) === 0;
}

/** The bits of four folded bytes up to the first SPACE; all of them when there is none. */
export function toSpace(bytes: number): number {
  const differ = bytes ^ FOLDED;
  const spaces = (differ - 0x01010101) & ~differ & 0x80808080;
  return spaces ^ (spaces - 1);
}

/** @param at which byte is a SPACE instead; 0: none */
function withBlank(bytes: number, at: number): number {
  return at === 0 ? bytes : (bytes & ((1 << (at * 8)) - 1)) | (SPACE << (at * 8));
}

/** How many different grams, none of them 0, have been added. */
function countDistinct(added: Int32Array): number {
  const shift = 32 - Math.max(4, log2(added.length / ADDED) + 1);
  const table = new Int32Array(2 ** (32 - shift));
  let distinct = 0;
  for (let i = 0; i < added.length; i += ADDED) if (enterOnce(table, shift, added[i]!)) distinct++;
  return distinct;
}

/** Whether the number was not in the table. */
function enterOnce(table: Int32Array, shift: number, number: number): boolean {
  let slot = Math.imul(number, MULTIPLIER) >>> shift;
  while (table[slot] !== 0 && table[slot] !== number) slot = (slot + 1) & (table.length - 1);
  if (table[slot] === number) return false;
  table[slot] = number;
  return true;
}

/** Rounded up. */
function log2(n: number): number {
  return n <= 1 ? 0 : Math.ceil(Math.log2(n));
}
