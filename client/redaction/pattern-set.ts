/**
 * The patterns of all secrets, laid out for the matcher: their bytes in one array, and the indexes that say where to look.
 *
 * Every pattern is found through one WINDOW of seven of its bytes. Wherever such a window stands in a text, one of the text's
 * four-byte words (at addresses that are multiples of four) lies wholly inside it, so the matcher reads whole words only, and
 * four grams per pattern suffice. The rarest window is taken of those that end, with the four bytes behind them, within the
 * first REACH bytes: then a pattern whose beginning stands at the end of a chunk has been noticed, or the beginning is shorter
 * than REACH.
 */
import { SPACE } from './gaps.js';
import { fold, gramAt, type Grams, GramsBuilder, type Pool } from './grams.js';
import { Heads } from './heads.js';
import { marker } from './markers.js';
import { DIGITS, DUMP, FOLD, type PatternList, RIGID, SHORTEST, SHORTEST_ANYWHERE, WORD } from './pattern.js';

const WINDOW = SHORTEST_ANYWHERE;
/** Digits of the larger groups of a dump: four bytes. */
const GROUP = 8;
export const REACH = 32;
/** A kind of pattern for `begins`: gaps in the text are looked through. */
export const GAPLESS = 1;

/** From this bit on: the kinds of patterns whose beginning has been entered in all spellings of its letters. */
const FOLDED_KINDS = 4;

const RECORD = 4;

/** Maps a byte to what is compared: itself, or for FOLD patterns its ASCII lower case. */
export const IDENTITY = Uint8Array.from({ length: 256 }, (_, byte) => byte);
export const LOWER = IDENTITY.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte));

export interface KeyedPatterns {
  readonly key: string;
  readonly patterns: PatternList;
}

export class PatternSet implements Pool {
  /** Names of the secrets; patterns refer to them by index. */
  readonly keys: readonly string[];
  /** What stands for each of them in the output. */
  readonly markers: readonly Uint8Array[];
  /** Bytes of all patterns. */
  readonly pool: Uint8Array;
  /** How many patterns there are. */
  readonly count: number;
  /** Of each pattern RECORD numbers side by side, as each is a likely cache miss: start, length, flags, key. */
  private readonly records: Int32Array;
  /** Windows of patterns of at least WINDOW bytes. */
  readonly windows: Grams;
  /** First bytes of shorter patterns; undefined when there are none. */
  readonly shorts: Grams | undefined;
  readonly heads: Heads;
  /**
   * First one, two and three bytes of every pattern: a text that ends with one of them may go on as the pattern. The values
   * are kinds of patterns, see `begins`.
   */
  private readonly firstBytes = new Uint8Array(0x100);
  private readonly firstPairs = new Uint8Array(0x10000);
  private readonly firstTriples = new Map<number, number>();
  /** First two and second two bytes of the shorter patterns, by their value as a little-endian number. */
  readonly shortPairs = new Uint8Array(0x10000);
  /** Folded bytes that stand before and behind a SPACE in some window. */
  readonly beforeSpace = new Uint8Array(256);
  readonly afterSpace = new Uint8Array(256);

  /** @param large see GramsBuilder.build */
  constructor(secrets: readonly KeyedPatterns[], large?: number) {
    this.keys = secrets.map(({ key }) => key);
    this.markers = this.keys.map((key) => Buffer.from(marker(key)));
    let count = 0;
    let size = 0;
    for (const { patterns } of secrets) {
      count += patterns.count;
      size += patterns.bytes.length;
    }
    this.count = count;
    this.pool = new Uint8Array(size);
    this.records = new Int32Array(count * RECORD);
    const windows = new GramsBuilder(6 * count);
    const shorts = new GramsBuilder(0);
    let hasShorts = false;
    let id = 0;
    let from = 0;
    for (const [key, { patterns }] of secrets.entries()) {
      this.pool.set(patterns.bytes, from);
      let start = from;
      for (let i = 0; i < patterns.count; i++) {
        const end = from + patterns.ends[i]!;
        const record = id * RECORD;
        this.records[record] = start;
        this.records[record + 1] = end - start;
        this.records[record + 2] = patterns.flags[i]!;
        this.records[record + 3] = key;
        this.addBeginnings(id);
        if (end - start < WINDOW) {
          this.addShort(shorts, id);
          hasShorts = true;
        } else this.addWindow(windows, id);
        start = end;
        id++;
      }
      from = start;
    }
    this.windows = windows.build(this, large);
    this.heads = new Heads(this);
    this.shorts = hasShorts ? shorts.build(this) : undefined;
  }

  /** The pattern is pool[startOf(pattern) .. startOf(pattern) + lengthOf(pattern)). */
  startOf(pattern: number): number {
    return this.records[pattern * RECORD]!;
  }

  lengthOf(pattern: number): number {
    return this.records[pattern * RECORD + 1]!;
  }

  flagsOf(pattern: number): number {
    return this.records[pattern * RECORD + 2]!;
  }

  /** Index into `keys`. */
  keyOf(pattern: number): number {
    return this.records[pattern * RECORD + 3]!;
  }

  /**
   * Whether some pattern begins with the low `count` (1 to 3) bytes of `bytes`, first byte lowest.
   * @param kinds which patterns count: GAPLESS | RIGID | WORD, GAPLESS for those that are neither of the others
   */
  begins(bytes: number, count: number, kinds: number): boolean {
    if (count === 1) return (this.firstBytes[bytes]! & kinds) !== 0;
    if (count === 2) return (this.firstPairs[bytes]! & kinds) !== 0;
    return ((this.firstTriples.get(bytes) ?? 0) & kinds) !== 0;
  }

  private addShort(shorts: GramsBuilder, id: number): void {
    const { pool } = this;
    const at = this.startOf(id);
    if (this.lengthOf(id) < SHORTEST) throw new RangeError('pattern too short');
    shorts.add(fold(gramAt(pool, at)), id, 0);
    this.shortPairs[pool[at]! | (pool[at + 1]! << 8)] = 1;
    this.shortPairs[pool[at + 1]! | (pool[at + 2]! << 8)] = 1;
  }

  private addWindow(windows: GramsBuilder, id: number): void {
    const { pool } = this;
    const start = this.startOf(id);
    const flags = this.flagsOf(id);
    const rigid = (flags & RIGID) !== 0;
    // The text column of a dump may follow any blank.
    const loose = (flags & DUMP) !== 0;
    const from = loose ? 0 : rarestWindow(pool, start, this.lengthOf(id), rigid);
    // Digits in a row may also stand in groups.
    const grouped = (flags & DIGITS) !== 0 && !hasSpace(pool, start, start + GROUP);
    let gram = fold(gramAt(pool, start + from));
    for (let i = from; i <= from + WINDOW - 4; i++) {
      windows.add(gram, id, i, i + 4, loose);
      if (grouped && i > 0) windows.add(gram, id, i, i + 4, loose, GROUP - i - 4);
      gram = fold((gram >>> 8) | (pool[start + i + 4]! << 24));
    }
    if (rigid) return;
    for (let i = from; i < from + WINDOW; i++) {
      if (pool[start + i] !== SPACE || isAmongSpaces(pool, start + i)) continue;
      addDoubledSpace(windows, pool, start, from, i, id, loose);
      this.beforeSpace[pool[start + i - 1]! | 0x20] = 1;
      this.afterSpace[pool[start + i + 1]! | 0x20] = 1;
    }
  }

  private addBeginnings(pattern: number): void {
    const at = this.startOf(pattern);
    const flags = this.flagsOf(pattern);
    const kind = flags & WORD ? WORD : flags & RIGID ? RIGID : GAPLESS;
    const bytes = this.pool[at]! | (this.pool[at + 1]! << 8) | (this.pool[at + 2]! << 16);
    // Most forms of a secret begin alike.
    const done = kind << (flags & FOLD ? FOLDED_KINDS : 0);
    const known = this.firstTriples.get(bytes) ?? 0;
    if ((known & done) !== 0) return;
    this.firstTriples.set(bytes, known | done);
    const spellings = flags & FOLD ? bothCases : itself;
    for (const first of spellings(bytes & 0xff)) {
      this.firstBytes[first]! |= kind;
      for (const second of spellings((bytes >>> 8) & 0xff)) {
        const pair = first | (second << 8);
        this.firstPairs[pair]! |= kind;
        for (const third of spellings(bytes >>> 16)) {
          const triple = pair | (third << 16);
          this.firstTriples.set(triple, (this.firstTriples.get(triple) ?? 0) | kind);
        }
      }
    }
  }
}

function itself(byte: number): number[] {
  return [byte];
}

function bothCases(byte: number): number[] {
  return byte >= 0x61 && byte <= 0x7a ? [byte, byte ^ 0x20] : [byte];
}

function hasSpace(pool: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (pool[at] === SPACE) return true;
  return false;
}

/** In a pattern with cells, blanks are as wide as in the text. */
function isAmongSpaces(pool: Uint8Array, at: number): boolean {
  return pool[at - 1] === SPACE || pool[at + 1] === SPACE;
}

/**
 * Dumps and tables put two blanks where one is usual. No four bytes hold two such places, so it is enough to double each SPACE
 * of the window by itself.
 * @param from where the window is in the pattern, which is pool[start ..)
 * @param space where the SPACE is in the pattern
 */
function addDoubledSpace(
  windows: GramsBuilder,
  pool: Uint8Array,
  start: number,
  from: number,
  space: number,
  id: number,
  loose: boolean,
): void {
  // The gram ends behind the first SPACE and before the window does.
  for (let i = Math.max(from, space - 2); i <= Math.min(space, from + WINDOW - 3); i++) {
    const bits = (space + 1 - i) * 8;
    const gram = (gramAt(pool, start + i) & ((1 << bits) - 1)) | (gramAt(pool, start + space) << bits);
    windows.add(fold(gram), id, i, i + 3, loose);
  }
}

/** Rough number of bits that a byte (folded) tells apart in program output: logs are full of digits and plain words. */
const RARITY = Uint8Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte).toLowerCase();
  if (' eta'.includes(char)) return 2;
  if ('oinsrldcpum0123-:./"='.includes(char)) return 4;
  if ('456789bfgh,_'.includes(char)) return 5;
  if (/[a-z]/.test(char)) return 6;
  return 7;
});

/**
 * Offset of the window whose most common gram is the rarest; windows without white space come first. The pattern is
 * pool[start .. start + length).
 */
function rarestWindow(pool: Uint8Array, start: number, length: number, rigid: boolean): number {
  // Four bytes behind it tell more about a place than the window itself.
  const last = Math.max(0, Math.min(length, REACH) - 4 - WINDOW);
  let best = 0;
  let bestScore = -1;
  // Scores of the window's four grams, and the last place of a SPACE.
  let [a, b, c] = [gramScore(pool, start), gramScore(pool, start + 1), gramScore(pool, start + 2)];
  let space = -1;
  if (!rigid) for (let i = 0; i < WINDOW - 1; i++) if (pool[start + i] === SPACE) space = i;
  for (let from = 0; from <= last; from++) {
    const d = c - RARITY[pool[start + from + 2]!]! + RARITY[pool[start + from + 6]!]!;
    if (!rigid && pool[start + from + WINDOW - 1] === SPACE) space = from + WINDOW - 1;
    const score = Math.min(a, b, c, d) + (space < from ? 64 : 0);
    if (score > bestScore) {
      bestScore = score;
      best = from;
    }
    a = b;
    b = c;
    c = d;
  }
  return best;
}

function gramScore(bytes: Uint8Array, at: number): number {
  return RARITY[bytes[at]!]! + RARITY[bytes[at + 1]!]! + RARITY[bytes[at + 2]!]! + RARITY[bytes[at + 3]!]!;
}
