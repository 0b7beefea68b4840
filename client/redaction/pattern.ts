/** One way in which a secret may stand in a text. */

export interface Pattern {
  /**
   * What is looked for. Unless RIGID: trimmed, and each run of white space is one SPACE, which stands for any run of white
   * space; escape sequences and line breaks in the text are looked through (gaps.ts). Where the text has three SPACEs or more,
   * as between the cells of a table, the pattern must have them too, to be found at all.
   */
  readonly bytes: Uint8Array;
  /** FOLD | WORD | RIGID | DUMP | DIGITS */
  readonly flags: number;
}

/** The patterns of a secret in one piece: there are dozens of each of maybe a thousand secrets. */
export class PatternList {
  /** @param ends pattern i is bytes[ends[i - 1] .. ends[i]), the first one from 0 on */
  constructor(
    readonly bytes: Uint8Array,
    readonly ends: Int32Array,
    readonly flags: Uint8Array,
  ) {}

  static readonly NONE = PatternList.of([]);

  static of(patterns: readonly Pattern[]): PatternList {
    let end = 0;
    return new PatternList(
      Buffer.concat(patterns.map(({ bytes }) => bytes)),
      Int32Array.from(patterns, ({ bytes }) => (end += bytes.length)),
      Uint8Array.from(patterns, ({ flags }) => flags),
    );
  }

  get count(): number {
    return this.flags.length;
  }
}

/** ASCII letters, which are lower case in the pattern, match in either case. */
export const FOLD = 1;
/** Only where no word goes on at either end (letters, digits, underscore). Always with RIGID, never with FOLD. */
export const WORD = 2;
/** These very bytes in a row, nothing in between. */
export const RIGID = 4;
/** May go on over the lines of a dump, with its offsets and text column. */
export const DUMP = 8;
/** Hex digits, which a text may put into groups of any size: blanks of the pattern need not be in the text. Always with DUMP. */
export const DIGITS = 16;

/** Shortest pattern, in bytes: that of a WORD; others are at least SHORTEST_ANYWHERE. */
export const SHORTEST = 4;
export const SHORTEST_ANYWHERE = 7;
