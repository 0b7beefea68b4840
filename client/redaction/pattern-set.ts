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
import { marker } from './markers.js';
import { DUMP, FOLD, type Pattern, RIGID, SHORTEST, SHORTEST_ANYWHERE, WORD } from './pattern.js';

const WINDOW = SHORTEST_ANYWHERE;
export const REACH = 32;
/** A kind of pattern for `begins`: gaps in the text are looked through. */
export const GAPLESS = 1;

/** Maps a byte to what is compared: itself, or for FOLD patterns its ASCII lower case. */
export const IDENTITY = Uint8Array.from({ length: 256 }, (_, byte) => byte);
export const LOWER = IDENTITY.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte));

export interface KeyedPatterns {
  readonly key: string;
  readonly patterns: readonly Pattern[];
}

export class PatternSet implements Pool {
  /** Names of the secrets; patterns refer to them by index. */
  readonly keys: readonly string[];
  /** What stands for each of them in the output. */
  readonly markers: readonly Uint8Array[];
  /** Bytes of all patterns. */
  readonly pool: Uint8Array;
  /** Pattern p is pool[start[p] .. start[p] + length[p]). */
  readonly start: Int32Array;
  readonly length: Int32Array;
  readonly flags: Uint8Array;
  readonly key: Int32Array;
  /** Windows of patterns of at least WINDOW bytes. */
  readonly windows: Grams;
  /** First bytes of shorter patterns; undefined when there are none. */
  readonly shorts: Grams | undefined;
  /** First four bytes of every pattern. */
  readonly heads: Grams;
  /**
   * First one, two and three bytes of every pattern: a text that ends with one of them may go on as the pattern. The values
   * are kinds of patterns, see `begins`.
   */
  private readonly firstBytes = new Uint8Array(0x100);
  private readonly firstPairs = new Uint8Array(0x10000);
  private readonly firstTriples = new Map<number, number>();
  /** What `addBeginnings` has dealt with. */
  private readonly beginnings = new Set<number>();
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
      count += patterns.length;
      for (const { bytes } of patterns) size += bytes.length;
    }
    this.pool = new Uint8Array(size);
    this.start = new Int32Array(count);
    this.length = new Int32Array(count);
    this.flags = new Uint8Array(count);
    this.key = new Int32Array(count);
    const windows = new GramsBuilder(6 * count);
    const shorts = new GramsBuilder(0);
    const heads = new GramsBuilder(count);
    let shortCount = 0;
    let id = 0;
    let at = 0;
    secrets.forEach(({ patterns }, key) => {
      for (const { bytes, flags } of patterns) {
        const length = bytes.length;
        if (length < SHORTEST) throw new RangeError('pattern too short');
        this.start[id] = at;
        this.length[id] = length;
        this.flags[id] = flags;
        this.key[id] = key;
        this.pool.set(bytes, at);
        heads.add(fold(gramAt(bytes, 0)), id, 0);
        this.addBeginnings(at, flags);
        if (length < WINDOW) {
          shortCount++;
          shorts.add(fold(gramAt(bytes, 0)), id, 0);
          this.shortPairs[bytes[0]! | (bytes[1]! << 8)] = 1;
          this.shortPairs[bytes[1]! | (bytes[2]! << 8)] = 1;
        } else {
          const from = flags & DUMP ? 0 : rarestWindow(bytes, (flags & RIGID) !== 0);
          // The text column of a dump may follow any blank.
          const loose = (flags & DUMP) !== 0;
          for (let i = from; i <= from + WINDOW - 4; i++)
            windows.add(fold(gramAt(bytes, i)), id, i, i + 4, loose);
          if (!(flags & RIGID)) addDoubledSpaces(windows, bytes, from, id, loose);
          if (!(flags & RIGID)) this.addNeighbours(bytes, from);
        }
        id++;
        at += length;
      }
    });
    this.windows = windows.build(this, large);
    this.heads = heads.build(this);
    this.shorts = shortCount > 0 ? shorts.build(this) : undefined;
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

  private addBeginnings(at: number, flags: number): void {
    const kind = flags & WORD ? WORD : flags & RIGID ? RIGID : GAPLESS;
    const bytes = this.pool[at]! | (this.pool[at + 1]! << 8) | (this.pool[at + 2]! << 16);
    // Most forms of a secret begin alike.
    const id = bytes | (kind << 24) | (flags & FOLD ? 1 << 30 : 0);
    if (this.beginnings.has(id)) return;
    this.beginnings.add(id);
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

  private addNeighbours(bytes: Uint8Array, from: number): void {
    for (let i = from; i < from + WINDOW; i++) {
      if (bytes[i] !== SPACE) continue;
      this.beforeSpace[bytes[i - 1]! | 0x20] = 1;
      this.afterSpace[bytes[i + 1]! | 0x20] = 1;
    }
  }
}

function itself(byte: number): number[] {
  return [byte];
}

function bothCases(byte: number): number[] {
  return byte >= 0x61 && byte <= 0x7a ? [byte, byte ^ 0x20] : [byte];
}

/**
 * Dumps and tables put two blanks where one is usual. No four bytes hold two such places, so it is enough to double each SPACE
 * of the window by itself.
 */
function addDoubledSpaces(
  windows: GramsBuilder,
  bytes: Uint8Array,
  from: number,
  id: number,
  loose: boolean,
): void {
  for (let space = from; space < from + WINDOW; space++) {
    if (bytes[space] !== SPACE) continue;
    const doubled = Buffer.concat([bytes.subarray(from, space + 1), bytes.subarray(space, from + WINDOW)]);
    for (let i = 0; i + 4 <= doubled.length; i++) {
      const gram = fold(gramAt(doubled, i));
      const second = space + 1 - from;
      if (i < second && i + 4 > second) windows.add(gram, id, from + i, from + i + 3, loose);
      else if (i >= second) windows.add(gram, id, from + i - 1, from + i + 3, loose);
    }
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

/** Offset of the window whose most common gram is the rarest; windows without white space come first. */
function rarestWindow(bytes: Uint8Array, rigid: boolean): number {
  const last = Math.min(bytes.length, REACH - 4) - WINDOW;
  let best = 0;
  let bestScore = -1;
  // Scores of the window's four grams, and the last place of a SPACE.
  let [a, b, c] = [gramScore(bytes, 0), gramScore(bytes, 1), gramScore(bytes, 2)];
  let space = -1;
  if (!rigid) for (let i = 0; i < WINDOW - 1; i++) if (bytes[i] === SPACE) space = i;
  for (let from = 0; from <= last; from++) {
    const d = c - RARITY[bytes[from + 2]!]! + RARITY[bytes[from + 6]!]!;
    if (!rigid && bytes[from + WINDOW - 1] === SPACE) space = from + WINDOW - 1;
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
