/** A flow as it is drawn: blocks at their places, ports, wires, groups, notes. */
import type { JsonSchema } from '../../../flow/shape.js';

export interface Port {
  readonly key: string;
  /** Of the events that it takes or emits, where known. */
  readonly schema?: JsonSchema;
}

export interface DiagramBlock {
  readonly name: string;
  /** What expressions call it. */
  readonly key: string;
  /** What the block is, for people, e.g. `HTTP Request`, `Jira: Get Issue`. */
  readonly type: string;
  /** Id of a core block, or `app`. */
  readonly kind: string;
  readonly description?: string;
  /** Left upper corner, in units of the flow's canvas. */
  readonly x: number;
  readonly y: number;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** First and last line in the file, from 0. */
  readonly lines: readonly [number, number];
  /** Entries name it, and the file does not have it. */
  readonly gone?: true;
}

/** From an output to an input, or from a block to the one that handles its failures. */
export interface DiagramLink {
  /** Indexes of blocks. */
  readonly from: number;
  readonly to: number;
  /** Keys; both are missing for failures. */
  readonly output?: string;
  readonly input?: string;
}

export interface DiagramGroup {
  readonly name: string;
  /** Indexes of blocks. */
  readonly blocks: readonly number[];
}

export interface DiagramNote {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

export interface Diagram {
  readonly blocks: readonly DiagramBlock[];
  readonly links: readonly DiagramLink[];
  readonly groups: readonly DiagramGroup[];
  readonly notes: readonly DiagramNote[];
}

/** With a block, at the right, for each name that the file does not have: a run may be older than its flow. */
export function withGone(diagram: Diagram, names: Iterable<string>): Diagram {
  const known = new Set(diagram.blocks.map(({ name }) => name));
  const gone = [...new Set(names)].filter((name) => name !== '' && !known.has(name));
  if (gone.length === 0) return diagram;
  const right = diagram.blocks.reduce((most, { x }) => Math.max(most, x), -GONE_SHIFT) + GONE_SHIFT;
  const top = diagram.blocks.reduce((least, { y }) => Math.min(least, y), Infinity);
  const blocks = gone.map((name, i): DiagramBlock => ({
    name,
    key: '',
    type: '',
    kind: '',
    x: right,
    y: (Number.isFinite(top) ? top : 0) + i * GONE_STEP,
    inputs: [],
    outputs: [],
    lines: [-1, -1],
    gone: true,
  }));
  return { ...diagram, blocks: [...diagram.blocks, ...blocks] };
}

const GONE_SHIFT = 300;
const GONE_STEP = 100;
