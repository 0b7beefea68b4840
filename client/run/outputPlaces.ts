/** Which places in flows the lines of the output channel "Flow Run" speak of (eventLines.ts writes them). Pure. */
import { OF_FLOW } from './eventLines.js';

/** A flow whose lines may be in the output. */
export interface ShownFlow {
  /** File name. */
  readonly name: string;
  readonly blocks: ReadonlySet<string>;
}

export interface PlaceInOutput<F extends ShownFlow> {
  /** Characters of the line. */
  readonly from: number;
  readonly to: number;
  readonly flow: F;
  readonly block: string;
  /** From 1. */
  readonly line?: number;
  readonly column?: number;
}

const START = /^\d\d:\d\d:\d\d\.\d{3} (?:trace|debug|info |warn |error) /;
const AFTER_BLOCK = / [→←✗] | {3}|: | listens on | is the tool /g;
const FAILED_AT = /line (\d+), column (\d+)\)/;

/** @param flows the latest first: a block that several have is that of the latest, unless the line names its flow */
export function placesIn<F extends ShownFlow>(line: string, flows: readonly F[]): PlaceInOutput<F>[] {
  const start = START.exec(line);
  if (!start) return [];
  const named = flows.find(({ name }) => line.startsWith(`${name}${OF_FLOW}`, start[0].length));
  const from = start[0].length + (named ? named.name.length + OF_FLOW.length : 0);
  AFTER_BLOCK.lastIndex = from;
  for (let end = AFTER_BLOCK.exec(line); end; end = AFTER_BLOCK.exec(line)) {
    const block = line.slice(from, end.index);
    AFTER_BLOCK.lastIndex = end.index + 1;
    const flow = (named ? [named] : flows).find(({ blocks }) => blocks.has(block));
    if (!flow) continue;
    const places: PlaceInOutput<F>[] = [{ from, to: end.index, flow, block }];
    const failed = end[0] === ' ✗ ' ? FAILED_AT.exec(line) : null;
    if (failed) {
      const [text, at, column] = failed;
      const to = failed.index + text.length - 1;
      places.push({ from: failed.index, to, flow, block, line: Number(at), column: Number(column) });
    }
    return places;
  }
  return [];
}
