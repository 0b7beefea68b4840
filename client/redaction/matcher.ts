/** Finds every occurrence of a set of byte patterns in a piece of text, and what of its end may still become one. */

export interface Pattern {
  readonly key: string;
  readonly bytes: Uint8Array;
}

export interface Match {
  readonly start: number;
  readonly end: number;
  readonly key: string;
}

export interface Scan {
  readonly matches: Match[];
  /** From here on the text may still become a pattern; the text's length when nothing may. */
  readonly hold: number;
}

export class Matcher {
  constructor(private readonly patterns: readonly Pattern[]) {}

  scan(text: Uint8Array): Scan {
    const buffer = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    const matches: Match[] = [];
    let hold = buffer.length;
    for (const { key, bytes } of this.patterns) {
      for (let at = buffer.indexOf(bytes); at >= 0; at = buffer.indexOf(bytes, at + 1)) {
        matches.push({ start: at, end: at + bytes.length, key });
      }
      for (let start = Math.max(0, buffer.length - bytes.length + 1); start < hold; start++) {
        if (buffer.compare(bytes, 0, buffer.length - start, start) === 0) hold = start;
      }
    }
    return { matches, hold };
  }
}
