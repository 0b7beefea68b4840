/**
 * A flow file as an editor sees it: text in segments, kept up to date edit by edit. An edit re-cuts and re-parses the
 * segments it touches and its two neighbours; every other segment object stays, and with it all that is cached on it.
 */
import type { AppInstallation, ExpressionValue, Note } from './model.js';
import { cut, sameState, START, type Cut, type ScanState } from './segments.js';
import { Segment, type Layout, type PlacedBlock } from './segment.js';
import { floorIndex, type Position, type Range, type Span, type TextChange } from './text.js';

export type { PlacedBlock } from './segment.js';

/** An expression at a place of the document. */
export interface PlacedExpression {
  readonly value: ExpressionValue;
  readonly segment: Segment;
  /** Offset of the cursor in the expression's own text. */
  readonly offset: number;
}

interface Part {
  readonly segment: Segment;
  readonly state: ScanState;
}

export class FlowDocument {
  #parts: Part[];
  #end: ScanState;
  /** Offset and line at which each part starts; one more entry for the end. */
  #offsets: number[] = [];
  #lines: number[] = [];
  #blocks: readonly PlacedBlock[] | undefined;
  #installations: ReadonlyMap<string, AppInstallation> | undefined;
  #changed = true;

  constructor(
    text: string,
    readonly dialect: Layout = 'flow',
  ) {
    const { cuts, state } = cut(text, START);
    this.#parts = cuts.map((piece) => this.#part(piece));
    this.#end = state;
    this.#joinAliased();
  }

  get segments(): readonly Segment[] {
    return this.#parts.map(({ segment }) => segment);
  }

  /** The whole text. Costs a copy: positions and spans do without it. */
  get text(): string {
    return this.#parts.map(({ segment }) => segment.text).join('');
  }

  get length(): number {
    this.#index();
    return this.#offsets.at(-1)!;
  }

  /** In file order. */
  get blocks(): readonly PlacedBlock[] {
    return (this.#blocks ??= this.#parts.flatMap(({ segment }) => segment.blocks));
  }

  get installations(): ReadonlyMap<string, AppInstallation> {
    return (this.#installations ??= new Map(
      this.#parts.flatMap(({ segment }) => [...segment.content.installations]),
    ));
  }

  get notes(): readonly Note[] {
    return this.#parts.flatMap(({ segment }) => segment.content.notes);
  }

  /** Applies the edits of one change notification, in order (each range is that of the text after the one before). */
  change(changes: readonly TextChange[]): void {
    for (const { range, text } of changes) {
      if (range) this.#replace({ start: this.offsetAt(range.start), end: this.offsetAt(range.end) }, text);
      else this.#replace({ start: 0, end: this.length }, text);
    }
  }

  offsetAt({ line, character }: Position): number {
    this.#index();
    if (line < 0) return 0;
    const part = floorIndex(this.#lines.slice(0, -1), line);
    if (part < 0) return 0;
    const { segment } = this.#parts[part]!;
    const inside = line - this.#lines[part]!;
    if (inside >= segment.lines.length) return this.length;
    const start = segment.lines[inside]!;
    const next = segment.lines[inside + 1] ?? segment.text.length + 1;
    let end = next - 1;
    if (inside + 1 < segment.lines.length && end > start && segment.text[end - 1] === '\r') end--;
    return (
      this.#offsets[part]! +
      Math.min(start + Math.max(0, character), Math.max(start, Math.min(end, segment.text.length)))
    );
  }

  positionAt(offset: number): Position {
    this.#index();
    const { segment, offset: inside, line } = this.at(offset);
    if (!segment) return { line: 0, character: 0 };
    const position = segment.positionAt(inside);
    return { line: position.line + line, character: position.character };
  }

  /** The segment at an offset, the offset in it, and its first line. The end of the text belongs to the last one. */
  at(offset: number): { segment: Segment | undefined; offset: number; line: number } {
    this.#index();
    const clamped = Math.max(0, Math.min(offset, this.length));
    const part = Math.min(floorIndex(this.#offsets, clamped), this.#parts.length - 1);
    if (part < 0) return { segment: undefined, offset: 0, line: 0 };
    return {
      segment: this.#parts[part]!.segment,
      offset: clamped - this.#offsets[part]!,
      line: this.#lines[part]!,
    };
  }

  /** Offset of a segment's first unit. */
  startOf(segment: Segment): number {
    const part = this.#indexOf(segment);
    return this.#offsets[part]!;
  }

  /** The document's range of a span of a segment. */
  range(segment: Segment, span: Span): Range {
    const part = this.#indexOf(segment);
    const line = this.#lines[part]!;
    const shift = (offset: number): Position => {
      const position = segment.positionAt(offset);
      return { line: position.line + line, character: position.character };
    };
    return { start: shift(span.start), end: shift(span.end) };
  }

  /** The `!expr` at a position, with the cursor's place in its text. */
  expressionAt(position: Position): PlacedExpression | undefined {
    const { segment, offset } = this.at(this.offsetAt(position));
    const value = segment?.expressionAt(offset);
    if (!segment || !value) return undefined;
    // On the tag itself there is no place in the text.
    if (offset < value.scalar.span.start && offset < value.scalar.toSource(0)) return undefined;
    return { value, segment, offset: value.scalar.toValue(offset) };
  }

  /** Where an alias means an anchor of another segment, the text is read in one piece: slower, and right. */
  #joinAliased(): void {
    const missing = new Set(this.#parts.flatMap(({ segment }) => segment.unresolved));
    if (missing.size === 0) return;
    const elsewhere = (anchor: string): boolean =>
      this.#parts.some(
        ({ segment }) => segment.text.includes(`&${anchor}`) && !segment.unresolved.includes(anchor),
      );
    if ([...missing].some(elsewhere)) {
      this.#joined = true;
      this.#parts = [{ segment: new Segment(this.text, 'root', this.dialect), state: START }];
    }
  }

  #joined = false;

  #replace(span: Span, text: string): void {
    this.#index();
    if (this.#parts.length === 0 || this.#joined) {
      const before = this.text;
      this.#joined = false;
      this.#recut(0, this.#parts.length, before.slice(0, span.start) + text + before.slice(span.end));
      return;
    }
    const last = this.#parts.length - 1;
    // One neighbour on each side: an edit at an edge may join lines of both.
    const from = Math.max(0, Math.min(last, floorIndex(this.#offsets, span.start)) - 1);
    let to = Math.min(last, Math.min(last, floorIndex(this.#offsets, span.end)) + 1);
    // `blocks:` is cut off by its first item: the two are looked at together.
    if (this.#parts[to]!.segment.kind === 'root' && this.#parts[to + 1]?.segment.kind === 'block') to++;
    const before = this.#parts
      .slice(from, to + 1)
      .map(({ segment }) => segment.text)
      .join('');
    const base = this.#offsets[from]!;
    this.#recut(from, to + 1, before.slice(0, span.start - base) + text + before.slice(span.end - base));
  }

  /** Replaces parts [from, to) by what `text` cuts into; goes on to the end where the scanner comes out in another state. */
  #recut(from: number, to: number, text: string): void {
    const old = this.#parts;
    const expected = old[to]?.state ?? this.#end;
    let result = cut(text, old[from]?.state ?? START);
    let until = to;
    if (to < old.length && !sameState(result.state, expected)) {
      const rest = old
        .slice(to)
        .map(({ segment }) => segment.text)
        .join('');
      result = cut(text + rest, old[from]?.state ?? START);
      until = old.length;
    }
    // A segment whose text has not changed stays the object it was, so its parse and analysis stay too.
    const known = new Map<string, Segment[]>();
    for (const { segment } of old.slice(from, until)) {
      const same = known.get(segment.text);
      if (same) same.push(segment);
      else known.set(segment.text, [segment]);
    }
    const parts = result.cuts.map((piece): Part => {
      const same = known.get(piece.text);
      const i = same?.findIndex((segment) => segment.kind === piece.kind) ?? -1;
      return i >= 0 ? { segment: same!.splice(i, 1)[0]!, state: piece.state } : this.#part(piece);
    });
    if (until >= old.length) this.#end = result.state;
    this.#parts = [...old.slice(0, from), ...parts, ...old.slice(until)];
    this.#joinAliased();
    this.#changed = true;
    this.#blocks = undefined;
    this.#installations = undefined;
  }

  #part({ text, kind, state }: Cut): Part {
    return { segment: new Segment(text, kind, this.dialect), state };
  }

  #index(): void {
    if (!this.#changed) return;
    this.#changed = false;
    let offset = 0;
    let line = 0;
    const offsets = [0];
    const lines = [0];
    this.#places.clear();
    this.#parts.forEach(({ segment }, i) => {
      this.#places.set(segment, i);
      offset += segment.text.length;
      line += segment.lineBreaks;
      offsets.push(offset);
      lines.push(line);
    });
    this.#offsets = offsets;
    this.#lines = lines;
  }

  readonly #places = new Map<Segment, number>();

  #indexOf(segment: Segment): number {
    this.#index();
    const index = this.#places.get(segment);
    if (index === undefined) throw new Error('This segment belongs to another version of the document.');
    return index;
  }
}
