/**
 * The exact mapping between a decoded text and its source: a table of pieces. A verbatim piece has the same text on both
 * sides; any other piece (an escape, a folded line break, an interpolation) is atomic: its value units stand for its
 * whole source range. Source between pieces (indentation, quotes) maps to the next value offset.
 */
import type { Span } from './text.js';

/** A text as its reader sees it, and where each of its units stands in the source. */
export interface MappedText {
  /** The text after unescaping and folding. */
  readonly value: string;
  /** Quotes or header included; in the source. */
  readonly span: Span;
  /** Whether the mapping is known unit by unit. */
  readonly exact: boolean;
  /** Source offset of the value unit at `offset`; the end of the text for offsets at or past the value's end. */
  toSource(offset: number): number;
  /** The source range that the value's [start, end) comes from; an empty span maps to an empty one. */
  spanToSource(span: Span): Span;
  /** Value offset for a cursor at the source offset `at`. Inside an atomic piece or indentation: the value unit after it starts there. */
  toValue(at: number): number;
}

/** Flat table: value start, source start, value length, source length of each piece. */
const FIELDS = 4;

export class Pieces {
  readonly table: number[] = [];
  value = '';

  /** `length` units of `text` from `at` stand in the value as they are. */
  verbatim(text: string, at: number, length: number): void {
    if (length <= 0) return;
    const last = this.table.length - FIELDS;
    const table = this.table;
    // Neighbours merge, so that a long text without escapes is one piece.
    if (
      last >= 0 &&
      table[last + 2] === table[last + 3] &&
      table[last + 1]! + table[last + 3]! === at &&
      table[last]! + table[last + 2]! === this.value.length &&
      !this.#atomic.has(last)
    ) {
      table[last + 2]! += length;
      table[last + 3]! += length;
    } else {
      table.push(this.value.length, at, length, length);
    }
    this.value += text.slice(at, at + length);
  }

  /** `value` stands for the source [at, at + sourceLength) as a whole. */
  atomic(value: string, at: number, sourceLength: number): void {
    if (value.length === 0) return;
    if (value.length === sourceLength) this.#atomic.add(this.table.length);
    this.table.push(this.value.length, at, value.length, sourceLength);
    this.value += value;
  }

  readonly #atomic = new Set<number>();

  /** `start`: what an empty text maps to, where a first character would be typed. */
  toSource(offset: number, start: number): number {
    const { table } = this;
    const piece = this.#pieceBefore(offset, 0);
    if (piece < 0) return start;
    const into = offset - table[piece]!;
    if (into >= table[piece + 2]!) return table[piece + 1]! + table[piece + 3]!;
    return table[piece + 2] === table[piece + 3] ? table[piece + 1]! + into : table[piece + 1]!;
  }

  spanToSource(span: Span, contentStart: number): Span {
    const start = this.toSource(span.start, contentStart);
    if (span.end <= span.start) return { start, end: start };
    const { table } = this;
    const last = this.#pieceBefore(span.end - 1, 0);
    if (last < 0) return { start, end: start };
    const into = span.end - table[last]!;
    const end =
      table[last + 2] === table[last + 3]
        ? table[last + 1]! + Math.min(into, table[last + 3]!)
        : table[last + 1]! + table[last + 3]!;
    return { start, end: Math.max(start, end) };
  }

  toValue(at: number): number {
    const { table } = this;
    const piece = this.#pieceBefore(at, 1);
    if (piece < 0) return 0;
    const into = at - table[piece + 1]!;
    if (table[piece + 2] === table[piece + 3]) return table[piece]! + Math.min(into, table[piece + 2]!);
    // A line feed that stands nowhere in the source comes behind whatever is typed there.
    const isBehind = table[piece + 3]! > 0 && into >= table[piece + 3]!;
    return isBehind ? table[piece]! + table[piece + 2]! : table[piece]!;
  }

  /** Table index of the last piece that starts at or before `offset`, in the value (field 0) or the source (field 1); < 0: none. */
  #pieceBefore(offset: number, field: 0 | 1): number {
    const { table } = this;
    let low = 0;
    let high = table.length / FIELDS;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (table[middle * FIELDS + field]! <= offset) low = middle + 1;
      else high = middle;
    }
    return (low - 1) * FIELDS;
  }
}
