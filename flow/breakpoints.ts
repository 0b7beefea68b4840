/**
 * Lines of a flow at which a debug run can stop: a block's name line stands for its inputs, a line of its inputs for that
 * input, a line of its outputs for that output, a line inside a multi-line expression for what is executed there; any
 * other line of a block means its name line. Pure.
 */
import { isEntry, shapeOf } from './catalog.js';
import type { FlowDocument, PlacedBlock } from './document.js';
import type { Block, ExpressionValue, MapEntry, MapValue, Value } from './model.js';
import type { Segment } from './segment.js';
import { stepping, type Stepping } from './stepping.js';

/** What a breakpoint stops at. */
export interface StopPlace {
  readonly block: string;
  /** Zero-based line where its mark stands. */
  readonly line: number;
  /** Stops before the block handles an event that comes to one of these. */
  readonly inputs: readonly string[];
  /** Stops after the block has emitted an event on one of these. */
  readonly outputs: readonly string[];
  /** Stops inside this expression; there are no inputs and outputs then. */
  readonly inside?: InsidePlace;
}

/** A place inside of an expression. */
export interface InsidePlace {
  /** Of the expression in its block, e.g. `inputs.default.config.url`. */
  readonly path: string;
  /** The expression, and the offset in it of what is about to be executed: one of its sites (stepping.ts). */
  readonly text: string;
  readonly offset: number;
}

/** Why there is nothing to stop at; a sentence for people. */
export interface NoStop {
  readonly problem: string;
}

/** What a breakpoint on a zero-based line stops at. */
export function stopPlaceAt(flow: FlowDocument, line: number): StopPlace | NoStop {
  for (const placed of flow.blocks) {
    const lines = linesOf(flow, placed);
    if (line < lines.first) break;
    if (line <= lines.last) return ofBlock(flow, placed, lines, line);
  }
  return { problem: 'No block stands here. Set it on the name of a block, or in its inputs or outputs.' };
}

/** Every line in [from, to] that keeps its breakpoint, in order. */
export function stopLines(flow: FlowDocument, from: number, to: number): number[] {
  const found: number[] = [];
  for (const placed of flow.blocks) {
    const lines = linesOf(flow, placed);
    for (let line = Math.max(from, lines.first); line <= Math.min(to, lines.last); line++) {
      const place = ofBlock(flow, placed, lines, line);
      if ('line' in place && place.line === line) found.push(line);
    }
  }
  return found;
}

/** Zero-based lines at which a block's events pass, as they stand in the text. */
export interface BlockLines {
  readonly name: number;
  /** By key, for inputs and outputs that are written in the block. */
  readonly inputs: ReadonlyMap<string, number>;
  readonly outputs: ReadonlyMap<string, number>;
}

/** Where the first block of this name stands; undefined when there is none. */
export function blockLines(flow: FlowDocument, name: string): BlockLines | undefined {
  const placed = flow.blocks.find(({ block }) => block.name.text === name);
  if (!placed) return undefined;
  const lines = linesOf(flow, placed);
  const keyLines = (section: Section | undefined): Map<string, number> =>
    new Map(section?.keys.map(({ key, first }) => [key, first]));
  return { name: lines.name, inputs: keyLines(lines.inputs), outputs: keyLines(lines.outputs) };
}

/** Zero-based, last included. */
interface Lines {
  readonly first: number;
  readonly last: number;
}

interface Section extends Lines {
  readonly keys: readonly (Lines & { readonly key: string })[];
}

interface LinesOfBlock extends Lines {
  readonly name: number;
  readonly inputs: Section | undefined;
  readonly outputs: Section | undefined;
}

function ofBlock(
  flow: FlowDocument,
  placed: PlacedBlock,
  { name, inputs, outputs }: LinesOfBlock,
  line: number,
): StopPlace | NoStop {
  const { block } = placed;
  const { text } = block.name;
  if (text === '') return { problem: 'This block has no name, so nothing can stop there.' };
  if (flow.blocks.find((other) => other.block.name.text === text)?.block !== block)
    return { problem: `An earlier block is called “${text}” as well: events go to that one.` };
  if (line !== name) {
    const inside = insideAt(flow, placed, line);
    if (inside) return { block: text, line: inside.line, inputs: [], outputs: [], inside: inside.place };
    const input = within(inputs, line);
    if (input) return { block: text, line, inputs: input, outputs: [] };
    const output = within(outputs, line);
    if (output) return { block: text, line, inputs: [], outputs: output };
  }
  return atName(block, name);
}

/** Keys that a line of a section means: one, or all on the section's own line. */
function within(section: Section | undefined, line: number): string[] | undefined {
  if (!section || section.keys.length === 0 || line < section.first || line > section.last) return undefined;
  const key = section.keys.findLast(({ first }) => first <= line);
  return key ? [key.key] : section.keys.map((one) => one.key);
}

/** Events come to a block by its inputs; where they begin, by its outputs. */
function atName(block: Block, line: number): StopPlace | NoStop {
  const inputs = [...block.inputs.keys()];
  const known = (): string[] => [
    ...new Set([
      ...(shapeOf(block)?.outputs.keys() ?? []),
      ...block.outputs.keys(),
      ...block.dynamicOutputKeys,
    ]),
  ];
  const outputs = inputs.length === 0 || isEntry(block) ? known() : [];
  if (inputs.length + outputs.length === 0)
    return { problem: `“${block.name.text}” has no inputs and no outputs, so no event passes it.` };
  return { block: block.name.text, line, inputs, outputs };
}

/** Sites of an expression, and their lines in its segment. */
interface Sites extends Lines {
  readonly steps: Stepping;
  readonly lines: readonly number[];
}

const sites = new WeakMap<ExpressionValue, Sites | undefined>();

/** Undefined for an expression on one line, and one that cannot be read. */
function sitesOf(segment: Segment, expression: ExpressionValue): Sites | undefined {
  if (sites.has(expression)) return sites.get(expression);
  const found = findSites(segment, expression);
  sites.set(expression, found);
  return found;
}

function findSites(segment: Segment, { scalar, span }: ExpressionValue): Sites | undefined {
  const lineOf = (offset: number): number => segment.positionAt(scalar.toSource(offset)).line;
  const { value } = scalar;
  const first = segment.positionAt(span.start).line;
  const last = lineOf(Math.max(0, value.trimEnd().length - 1));
  if (last === first || !scalar.exact) return undefined;
  const steps = stepping(value, lineOf);
  return steps && { steps, first, last, lines: steps.sites.map(({ offset }) => lineOf(offset)) };
}

/** What a line inside of an expression stops at: the first site on it, or else after it, or else before it. */
function insideAt(
  flow: FlowDocument,
  { segment, block }: PlacedBlock,
  line: number,
): { readonly line: number; readonly place: InsidePlace } | undefined {
  const start = flow.range(segment, { start: 0, end: 0 }).start.line;
  for (const expression of block.expressions) {
    const { first, last } = linesIn(segment, expression);
    if (line - start <= first || line - start > last) continue;
    const found = sitesOf(segment, expression);
    if (!found) return undefined;
    const { steps, lines } = found;
    // What begins on the line of the key belongs to the block.
    const inner = lines.flatMap((at, i) => (at > first ? [{ at, site: steps.sites[i]! }] : []));
    const next = inner.find(({ at }) => at >= line - start) ?? inner.at(-1);
    if (!next) return undefined;
    const { path, scalar } = expression;
    return { line: start + next.at, place: { path, text: scalar.value, offset: next.site.offset } };
  }
  return undefined;
}

function linesIn(segment: Segment, { span: { start, end } }: ExpressionValue): Lines {
  const { length } = segment.text.slice(start, end).trimEnd();
  return { first: segment.positionAt(start).line, last: segment.positionAt(start + length).line };
}

/** Where a place inside an expression of a block stands now: its zero-based line; undefined when it is there no more. */
export function insideLine(flow: FlowDocument, block: string, place: InsidePlace): number | undefined {
  const placed = flow.blocks.find((one) => one.block.name.text === block);
  const expression = placed?.block.expressions.find(
    ({ path, scalar }) => path === place.path && scalar.value === place.text,
  );
  if (!placed || !expression) return undefined;
  const at = expression.scalar.toSource(place.offset);
  return flow.range(placed.segment, { start: at, end: at }).start.line;
}

/** Same text, same lines: counted once per segment, relative to it. */
const known = new WeakMap<Segment, Map<Block, LinesOfBlock>>();

function linesOf(flow: FlowDocument, { segment, block }: PlacedBlock): LinesOfBlock {
  const blocks = known.get(segment) ?? new Map<Block, LinesOfBlock>();
  known.set(segment, blocks);
  const lines = blocks.get(block) ?? measure(segment, block);
  blocks.set(block, lines);
  return shifted(lines, flow.range(segment, { start: 0, end: 0 }).start.line);
}

function shifted({ first, last, name, inputs, outputs }: LinesOfBlock, by: number): LinesOfBlock {
  const section = (one: Section | undefined): Section | undefined =>
    one && {
      first: one.first + by,
      last: one.last + by,
      keys: one.keys.map((key) => ({ key: key.key, first: key.first + by, last: key.last + by })),
    };
  return {
    first: first + by,
    last: last + by,
    name: name + by,
    inputs: section(inputs),
    outputs: section(outputs),
  };
}

function measure(segment: Segment, block: Block): LinesOfBlock {
  const lines = (start: number, end: number): Lines => {
    const text = segment.text.slice(start, end).trimEnd();
    return {
      first: segment.positionAt(start).line,
      last: segment.positionAt(Math.max(start, start + text.length - 1)).line,
    };
  };
  const map = itemOf(segment, block);
  const section = (key: string): Section | undefined => {
    const entry = map?.entries.find((one) => one.key === key);
    if (!entry) return undefined;
    const ofEntry = ({ keySpan, value }: MapEntry): Lines =>
      lines(keySpan.start, Math.max(keySpan.end, value.span.end));
    const inside = entry.value.kind === 'map' ? entry.value.entries : [];
    return { ...ofEntry(entry), keys: inside.map((one) => ({ key: one.key, ...ofEntry(one) })) };
  };
  const whole = lines(block.span.start, block.span.end);
  const name = block.name.text === '' ? whole.first : segment.positionAt(block.name.span.start).line;
  return { ...whole, name, inputs: section('inputs'), outputs: section('outputs') };
}

/** The block's own map in its segment. */
function itemOf(segment: Segment, block: Block): MapValue | undefined {
  const items = (value: Value | undefined): readonly Value[] => {
    if (value?.kind === 'list') return value.items;
    return value?.kind === 'map' ? items(value.entries.find(({ key }) => key === 'blocks')?.value) : [];
  };
  const item = items(segment.tree.root).find(({ span }) => span.start === block.span.start);
  return item?.kind === 'map' ? item : undefined;
}
