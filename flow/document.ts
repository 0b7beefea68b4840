/**
 * A flow file as an editor sees it: text in segments, kept up to date edit by edit. An edit re-cuts and re-parses the
 * segments it touches and its two neighbours; every other segment object stays, and with it all that is cached on it.
 * What is gathered from all segments is the same object until an edit changes it.
 */
import type { AppInstallation, ExpressionValue, Note } from './model.js';
import { cut, sameState, START, type Cut, type ScanState } from './segments.js';
import { TaggedText } from './taggedText.js';
import { Segment, type Layout, type PlacedBlock } from './segment.js';
import type { Position, Range, Span, TextChange } from './text.js';
import { EXPRESSION_TAG } from './yaml.js';

export type { PlacedBlock } from './segment.js';

/** An expression at a place of the document. */
export interface PlacedExpression {
  readonly value: ExpressionValue;
  readonly segment: Segment;
  /** Offset of the cursor in the expression's own text. */
  readonly offset: number;
}

/** A segment in its place. The place is right for parts before the first one that an edit has moved. */
interface Part {
  readonly segment: Segment;
  readonly state: ScanState;
  index: number;
  /** Of the first unit, and of the first line. */
  offset: number;
  line: number;
}

export class FlowDocument {
  #parts: Part[];
  #end: ScanState;
  readonly #bySegment = new Map<Segment, Part>();
  /** Parts before this one know their places; undefined when all do. */
  #unplaced: number | undefined = 0;
  #length = 0;
  #segments: readonly Segment[] | undefined;
  #blocks: readonly PlacedBlock[] | undefined;
  #installations: ReadonlyMap<string, AppInstallation> | undefined;
  #joined = false;

  constructor(
    text: string,
    readonly dialect: Layout = 'flow',
  ) {
    const { cuts, state } = cut(text, START);
    this.#parts = this.#orEmpty(cuts.map((piece) => this.#part(piece)));
    this.#end = state;
    for (const part of this.#parts) this.#bySegment.set(part.segment, part);
    this.#joinAliased();
  }

  get segments(): readonly Segment[] {
    return (this.#segments ??= this.#parts.map(({ segment }) => segment));
  }

  /** Whether a segment is one of this version of the document. */
  has(segment: Segment): boolean {
    return this.#bySegment.has(segment);
  }

  /** The whole text. Costs a copy: positions and spans do without it. */
  get text(): string {
    return this.#parts.map(({ segment }) => segment.text).join('');
  }

  get length(): number {
    this.#place();
    return this.#length;
  }

  /** In file order. */
  get blocks(): readonly PlacedBlock[] {
    if (!this.#blocks) {
      const blocks: PlacedBlock[] = [];
      for (const { segment } of this.#parts) for (const placed of segment.blocks) blocks.push(placed);
      this.#blocks = blocks;
    }
    return this.#blocks;
  }

  get installations(): ReadonlyMap<string, AppInstallation> {
    return (this.#installations ??= new Map(
      this.#parts.flatMap(({ segment }) =>
        segment.kind === 'block' ? [] : [...segment.content.installations],
      ),
    ));
  }

  get notes(): readonly Note[] {
    return this.#parts.flatMap(({ segment }) => (segment.kind === 'block' ? [] : segment.content.notes));
  }

  /** Applies the edits of one change notification, in order (each range is that of the text after the one before). */
  change(changes: readonly TextChange[]): void {
    for (const { range, text } of changes) {
      if (range) this.#replace({ start: this.offsetAt(range.start), end: this.offsetAt(range.end) }, text);
      else this.#replace({ start: 0, end: this.length }, text);
    }
  }

  offsetAt({ line, character }: Position): number {
    if (line < 0) return 0;
    const part = this.#last((one) => one.line <= line);
    const { segment } = part;
    const inside = line - part.line;
    if (inside >= segment.lines.length) return this.length;
    const start = segment.lines[inside]!;
    const next = segment.lines[inside + 1] ?? segment.text.length + 1;
    let end = next - 1;
    if (inside + 1 < segment.lines.length && end > start && segment.text[end - 1] === '\r') end--;
    return (
      part.offset +
      Math.min(start + Math.max(0, character), Math.max(start, Math.min(end, segment.text.length)))
    );
  }

  positionAt(offset: number): Position {
    const { segment, offset: inside, line } = this.at(offset);
    const position = segment.positionAt(inside);
    return { line: position.line + line, character: position.character };
  }

  /** The segment at an offset, the offset in it, and its first line. The end of the text belongs to the last one. */
  at(offset: number): { segment: Segment; offset: number; line: number } {
    const clamped = Math.max(0, Math.min(offset, this.length));
    const part = this.#last((one) => one.offset <= clamped);
    return { segment: part.segment, offset: clamped - part.offset, line: part.line };
  }

  /** Offset of a segment's first unit. */
  startOf(segment: Segment): number {
    return this.#partOf(segment).offset;
  }

  /** A segment's first line. */
  lineOf(segment: Segment): number {
    return this.#partOf(segment).line;
  }

  /** The segment before this one. */
  before(segment: Segment): Segment | undefined {
    return this.#parts[this.#partOf(segment).index - 1]?.segment;
  }

  /** The document's range of a span of a segment. */
  range(segment: Segment, span: Span): Range {
    const { line } = this.#partOf(segment);
    const shift = (offset: number): Position => {
      const position = segment.positionAt(offset);
      return { line: position.line + line, character: position.character };
    };
    return { start: shift(span.start), end: shift(span.end) };
  }

  /** The `!expr` at a position, with the cursor's place in its text. */
  expressionAt(position: Position): PlacedExpression | undefined {
    const { segment, offset } = this.at(this.offsetAt(position));
    const value = segment.expressionAt(offset);
    if (!value) return undefined;
    const { scalar, span } = value;
    // On the tag itself there is no place in the text, nor right behind it: what is typed there is still the tag.
    if (offset < scalar.span.start && offset < scalar.toSource(0)) return undefined;
    if (segment.text.slice(span.start, offset) === EXPRESSION_TAG) return undefined;
    // Nor in the header of a block scalar.
    if (scalar.isBlock && !segment.text.slice(scalar.span.start, offset).includes('\n')) return undefined;
    return { value, segment, offset: scalar.toValue(offset) };
  }

  /**
   * The `!expr` that a text typed at a position would belong to: also behind its blanks, and on the empty lines below it.
   * It is as it would be then, with its blanks.
   */
  typingAt(position: Position): PlacedExpression | undefined {
    const { segment, offset } = this.at(this.offsetAt(position));
    const value = segment.expressions.findLast(({ span }) => span.start < offset);
    const scalar = value?.scalar.continuedTo(offset, keyColumn(segment.text, value.span.start));
    if (!value || !scalar) {
      const found = this.expressionAt(position);
      // What is typed on a line of its own, less far in than a block's text, ends the block.
      return found?.value.scalar.isBlock && !found.value.scalar.hasTextAt(offset) ? undefined : found;
    }
    const span = { start: value.span.start, end: offset };
    return {
      value: new TaggedText(scalar, span, value.path),
      segment,
      offset: scalar.toValue(offset),
    };
  }

  /** Where an alias means an anchor of another segment, the text is read in one piece: slower, and right. */
  #joinAliased(): void {
    const missing = new Set<string>();
    for (const { segment } of this.#parts) for (const anchor of segment.unresolved) missing.add(anchor);
    if (missing.size === 0) return;
    const elsewhere = (anchor: string): boolean =>
      this.#parts.some(
        ({ segment }) => segment.text.includes(`&${anchor}`) && !segment.unresolved.includes(anchor),
      );
    if (![...missing].some(elsewhere)) return;
    this.#joined = true;
    const whole = this.#part({ text: this.text, kind: 'root', state: START });
    this.#parts = [whole];
    this.#bySegment.clear();
    this.#bySegment.set(whole.segment, whole);
    this.#unplaced = 0;
  }

  #replace(span: Span, text: string): void {
    this.#place();
    if (this.#joined) {
      const before = this.text;
      this.#joined = false;
      this.#recut(0, this.#parts.length, before.slice(0, span.start) + text + before.slice(span.end));
      return;
    }
    const last = this.#parts.length - 1;
    // One neighbour on each side: an edit at an edge may join lines of both.
    const from = Math.max(0, this.#last((part) => part.offset <= span.start).index - 1);
    let to = Math.min(last, this.#last((part) => part.offset <= span.end).index + 1);
    // `blocks:` is cut off by its first item: the two are looked at together.
    if (this.#parts[to]!.segment.kind === 'root' && this.#parts[to + 1]?.segment.kind === 'block') to++;
    const before = this.#textOf(from, to + 1);
    const base = this.#parts[from]!.offset;
    this.#recut(from, to + 1, before.slice(0, span.start - base) + text + before.slice(span.end - base));
  }

  /** Replaces parts [from, to) by what `text` cuts into; goes on to the end where the scanner comes out in another state. */
  #recut(from: number, to: number, text: string): void {
    const old = this.#parts;
    const state = old[from]?.state ?? START;
    const expected = old[to]?.state ?? this.#end;
    let result = cut(text, state);
    let until = to;
    if (to < old.length && !sameState(result.state, expected)) {
      result = cut(text + this.#textOf(to, old.length), state);
      until = old.length;
    }
    // A segment whose text has not changed stays the object it was, so its parse and analysis stay too.
    const known = new Map<string, Segment[]>();
    const gone = new Set<Segment>();
    for (let i = from; i < until; i++) {
      const { segment } = old[i]!;
      const same = known.get(segment.text);
      if (same) same.push(segment);
      else known.set(segment.text, [segment]);
      gone.add(segment);
    }
    const come: Segment[] = [];
    const parts = result.cuts.map((piece): Part => {
      const same = known.get(piece.text);
      const i = same?.findIndex((segment) => segment.kind === piece.kind) ?? -1;
      const part = this.#part(piece, i >= 0 ? same!.splice(i, 1)[0] : undefined);
      if (!gone.delete(part.segment)) come.push(part.segment);
      return part;
    });
    if (until >= old.length) this.#end = result.state;
    this.#parts = this.#orEmpty(old.slice(0, from).concat(parts, old.slice(until)));
    for (const segment of gone) this.#bySegment.delete(segment);
    for (const part of parts) this.#bySegment.set(part.segment, part);
    this.#unplaced = Math.min(this.#unplaced ?? from, from);
    this.#joinAliased();
    this.#segments = undefined;
    this.#blocks = undefined;
    if (this.#joined || [...gone, ...come].some(({ kind }) => kind !== 'block'))
      this.#installations = undefined;
  }

  /** A text without a character is a segment as well: something may be typed into it. */
  #orEmpty(parts: Part[]): Part[] {
    if (parts.length > 0) return parts;
    const part = this.#part({ text: '', kind: 'head', state: START });
    this.#bySegment.set(part.segment, part);
    return [part];
  }

  #part({ text, kind, state }: Cut, known?: Segment): Part {
    const segment = known ?? new Segment(text, kind, this.dialect);
    return { segment, state, index: 0, offset: 0, line: 0 };
  }

  #textOf(from: number, to: number): string {
    return this.#parts
      .slice(from, to)
      .map(({ segment }) => segment.text)
      .join('');
  }

  /** Gives places to the parts that have moved. */
  #place(): void {
    if (this.#unplaced === undefined) return;
    const parts = this.#parts;
    const last = parts[this.#unplaced - 1];
    let offset = last ? last.offset + last.segment.text.length : 0;
    let line = last ? last.line + last.segment.lineBreaks : 0;
    for (let i = this.#unplaced; i < parts.length; i++) {
      const part = parts[i]!;
      part.index = i;
      part.offset = offset;
      part.line = line;
      offset += part.segment.text.length;
      line += part.segment.lineBreaks;
    }
    this.#unplaced = undefined;
    this.#length = offset;
  }

  /** The last part for which `holds`, as it does for the first one and for all parts before one for which it does. */
  #last(holds: (part: Part) => boolean): Part {
    this.#place();
    let low = 0;
    let high = this.#parts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#parts[middle]!)) low = middle + 1;
      else high = middle;
    }
    return this.#parts[low - 1]!;
  }

  #partOf(segment: Segment): Part {
    this.#place();
    const part = this.#bySegment.get(segment);
    if (!part) throw new Error('This segment belongs to another version of the document.');
    return part;
  }
}

/** Column of the key or item on the line of `at`. */
function keyColumn(text: string, at: number): number {
  return /^[ \t]*(?:-[ \t]+)*/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1, at))![0].length;
}
