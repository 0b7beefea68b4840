/** Where the lines of a text are now that it is being edited. Pure. */

export interface Edit {
  readonly range: {
    readonly start: { readonly line: number; readonly character: number };
    readonly end: { readonly line: number; readonly character: number };
  };
  readonly text: string;
}

export class LineMap {
  /** Present line of each line that is as it was; all from 0. */
  private readonly lines: (number | undefined)[];

  constructor(count: number) {
    this.lines = Array.from({ length: count }, (_, line) => line);
  }

  /** @returns undefined when the line has been edited or removed */
  now(line: number): number | undefined {
    return this.lines[line];
  }

  edit({ range: { start, end }, text }: Edit): void {
    const added = text.split('\n').length - 1;
    const by = added - (end.line - start.line);
    const isWhole = start.character === 0 && end.character === 0 && (text === '' || text.endsWith('\n'));
    /** The first line that stays as it is, behind the edit. */
    const behind = isWhole ? end.line : end.line + 1;
    for (const [line, now] of this.lines.entries()) {
      if (now === undefined || now < start.line) continue;
      this.lines[line] = now >= behind ? now + by : undefined;
    }
  }

  /** The text has become another one in a way that nobody saw: what is alike at both ends is taken to be the same. */
  static between(before: readonly string[], now: readonly string[]): LineMap {
    const map = new LineMap(before.length);
    let head = 0;
    while (head < before.length && head < now.length && before[head] === now[head]) head++;
    let tail = 0;
    const left = Math.min(before.length, now.length) - head;
    while (tail < left && before.at(-1 - tail) === now.at(-1 - tail)) tail++;
    for (let line = head; line < before.length; line++)
      map.lines[line] = line < before.length - tail ? undefined : line + now.length - before.length;
    return map;
  }
}
