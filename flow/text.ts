/** Places in text: half-open spans of UTF-16 offsets, LSP-shaped positions, and the table that converts between them. */

/** Half-open [start, end), in UTF-16 code units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Zero-based line, and zero-based UTF-16 code unit in it (the LSP's default encoding). */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** Half-open, like Span. Structurally the LSP's and vscode's Range. */
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** A replacement of `range` by `text`; what an editor sends per edit. Without a range the whole text is replaced. */
export interface TextChange {
  readonly range?: Range;
  readonly text: string;
}

/** Offsets at which the lines of `text` start. Line ends are \n, \r\n and a lone \r, as in the LSP. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  if (!text.includes('\r')) {
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
    return starts;
  }
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 13 && text.charCodeAt(i + 1) === 10) i++;
    if (unit === 10 || unit === 13) starts.push(i + 1);
  }
  return starts;
}

/** Largest index i with sorted[i] <= value; -1 when there is none. */
export function floorIndex(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function contains(span: Span, offset: number): boolean {
  return span.start <= offset && offset <= span.end;
}

export function comparePositions(a: Position, b: Position): number {
  return a.line - b.line || a.character - b.character;
}
