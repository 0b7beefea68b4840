/** Puts the chunks of a stream together to whole lines, without a look at what is in them. */
const LINE_END = 10;

export class ByteLines {
  #rest: Buffer[] = [];
  #length = 0;

  /** @param limit bytes of a line. */
  constructor(public limit: number) {}

  /** Complete lines with their ends; undefined: none yet. Throws a RangeError when a line is too long. */
  push(chunk: Buffer): Buffer | undefined {
    const end = chunk.lastIndexOf(LINE_END) + 1;
    const lines = end === 0 ? undefined : chunk.subarray(0, end);
    const before = this.#rest;
    if (lines) {
      this.#rest = [];
      this.#length = 0;
    }
    if (end < chunk.length) {
      this.#rest.push(chunk.subarray(end));
      this.#length += chunk.length - end;
      if (this.#length > this.limit) throw new RangeError(`A message is longer than ${this.limit} bytes.`);
    }
    return lines && before.length > 0 ? Buffer.concat([...before, lines]) : lines;
  }
}

/** Calls `take` with each line's beginning and end, its line end left out, until it returns false; returns whether it never has. */
export function eachLine(lines: Buffer, take: (from: number, to: number) => boolean): boolean {
  for (let from = 0; from < lines.length;) {
    let to = from;
    // Most lines are short: a search would take longer to begin than these to end.
    const near = Math.min(from + NEAR, lines.length);
    while (to < near && lines[to] !== LINE_END) to++;
    if (to === near) to = lines.indexOf(LINE_END, to);
    if (!take(from, to)) return false;
    from = to + 1;
  }
  return true;
}

const NEAR = 200;
