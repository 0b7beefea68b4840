/**
 * The patterns of all secrets, laid out for the matcher: their bytes in one array, and the indexes that say where to look.
 *
 * Every pattern is found through one WINDOW of seven of its bytes. Wherever such a window stands in a text, one of the text's
 * four-byte words (at addresses that are multiples of four) lies wholly inside it, so the matcher reads whole words only, and
 * four grams per pattern suffice. The rarest window within the first REACH bytes is taken: then a pattern whose beginning
 * stands at the end of a chunk has been noticed, or the beginning is shorter than REACH.
 */
import { SPACE } from './gaps.js';
import { fold, gramAt, type Grams, GramsBuilder } from './grams.js';
import { DUMP, FOLD, type Pattern, RIGID, SHORTEST, SHORTEST_ANYWHERE, WORD } from './pattern.js';

const WINDOW = SHORTEST_ANYWHERE;
export const REACH = 32;

/** Maps a byte to what is compared: itself, or for FOLD patterns its ASCII lower case. */
export const IDENTITY = Uint8Array.from({ length: 256 }, (_, byte) => byte);
export const LOWER = IDENTITY.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte));

export interface KeyedPatterns {
  readonly key: string;
  readonly patterns: readonly Pattern[];
}

export class PatternSet {
  /** Names of the secrets; patterns refer to them by index. */
  readonly keys: readonly string[];
  /** Bytes of all patterns, those of FOLD patterns in lower case. */
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
   * First one, two and three bytes of every pattern: a text that ends with one of them may go on as the pattern. By
   * FOLD, RIGID and WORD, as these decide what counts.
   */
  private readonly beginnings = new Map<number, Set<number>>();
  /** 1 for bytes some pattern begins with. */
  readonly initial = new Uint8Array(256);
  /** Some window holds a SPACE, which stands for any white space. */
  readonly spacedWindows: boolean;

  constructor(secrets: readonly KeyedPatterns[]) {
    this.keys = secrets.map(({ key }) => key);
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
    const windows = new GramsBuilder();
    const shorts = new GramsBuilder();
    const heads = new GramsBuilder();
    let hasShorts = false;
    let spacedWindows = false;
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
        if (flags & FOLD) for (let i = 0; i < length; i++) this.pool[at + i] = LOWER[bytes[i]!]!;
        else this.pool.set(bytes, at);
        heads.add(fold(gramAt(bytes, 0)), id, 0);
        this.addBeginnings(at, flags);
        if (length < WINDOW) {
          hasShorts = true;
          shorts.add(fold(gramAt(bytes, 0)), id, 0);
        } else if (flags & DUMP) {
          addDumpWindows(windows, bytes, id);
        } else {
          const from = rarestWindow(bytes, (flags & RIGID) !== 0);
          for (let i = from; i <= from + WINDOW - 4; i++) windows.add(fold(gramAt(bytes, i)), id, i);
          if (!(flags & RIGID) && bytes.subarray(from, from + WINDOW).includes(SPACE)) spacedWindows = true;
        }
        if (flags & DUMP) spacedWindows = true;
        id++;
        at += length;
      }
    });
    this.spacedWindows = spacedWindows;
    this.windows = windows.build();
    this.heads = heads.build();
    this.shorts = hasShorts ? shorts.build() : undefined;
  }

  /**
   * Whether some pattern begins with the low `count` (1 to 3) bytes of `bytes`, first byte lowest.
   * @param kinds which of RIGID, WORD a pattern may be
   */
  begins(bytes: number, count: number, kinds: number): boolean {
    for (const [flags, beginnings] of this.beginnings) {
      if (flags & (RIGID | WORD) & ~kinds) continue;
      if (beginnings.has((flags & FOLD ? lowered(bytes) : bytes) | (count << 24))) return true;
    }
    return false;
  }

  private addBeginnings(at: number, flags: number): void {
    const { pool, initial } = this;
    const kind = flags & (FOLD | RIGID | WORD);
    let into = this.beginnings.get(kind);
    if (!into) this.beginnings.set(kind, (into = new Set()));
    const first = pool[at]!;
    const two = first | (pool[at + 1]! << 8);
    into.add(first | (1 << 24));
    into.add(two | (2 << 24));
    into.add(two | (pool[at + 2]! << 16) | (3 << 24));
    initial[first] = 1;
    if (flags & FOLD && first >= 0x61 && first <= 0x7a) initial[first ^ 0x20] = 1;
  }
}

/** ASCII letters among three bytes in lower case. */
function lowered(bytes: number): number {
  return LOWER[bytes & 0xff]! | (LOWER[(bytes >>> 8) & 0xff]! << 8) | (LOWER[(bytes >>> 16) & 0xff]! << 16);
}

/**
 * A dump pattern is found by its very beginning, which has spaces in it; hexdump -C puts two of them in the middle of a line.
 */
function addDumpWindows(windows: GramsBuilder, bytes: Uint8Array, id: number): void {
  for (let i = 0; i <= WINDOW - 4; i++) windows.add(fold(gramAt(bytes, i)), id, i);
  for (let space = 0; space < WINDOW; space++) {
    if (bytes[space] !== SPACE) continue;
    const spread = new Uint8Array(WINDOW);
    spread.set(bytes.subarray(0, space + 1));
    spread[space + 1] = SPACE;
    spread.set(bytes.subarray(space + 1, WINDOW - 1), space + 2);
    for (let i = 0; i <= WINDOW - 4; i++) {
      if (i + 4 > space + 1) windows.add(fold(gramAt(spread, i)), id, i > space ? i - 1 : i);
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
  const last = Math.min(bytes.length, REACH) - WINDOW;
  let best = 0;
  let bestScore = -1;
  for (let from = 0; from <= last; from++) {
    let score = 255;
    let spaced = false;
    for (let i = from; i <= from + WINDOW - 4; i++) {
      const gram =
        RARITY[bytes[i]!]! + RARITY[bytes[i + 1]!]! + RARITY[bytes[i + 2]!]! + RARITY[bytes[i + 3]!]!;
      if (gram < score) score = gram;
    }
    if (!rigid) for (let i = from; i < from + WINDOW; i++) spaced ||= bytes[i] === SPACE;
    if (!spaced) score += 64;
    if (score > bestScore) {
      bestScore = score;
      best = from;
    }
  }
  return best;
}
