/** What the parts of the canvas's picture share: what is shown of the run, and how much of the flow at which size. */
import type { BlockState } from '../model/runModel.js';

/** What is shown of the run on top of the flow. */
export interface Overlay {
  state(block: string): BlockState | undefined;
  /** 1 when an event has just left the output, then less; 0 when nothing is left of it. */
  glow(block: string, output: string): number;
  /** How far the last event has come on its way along the links of the output, from 0 to 1; undefined: none is on its way. */
  travel(block: string, output: string): number | undefined;
  readonly selected: number | undefined;
  /** Block at the editor's cursor. */
  readonly cursor: string | undefined;
  /** Block that the run stands at. */
  readonly paused: string | undefined;
  /** Blocks that the selected event comes from and leads to; empty when none is selected. */
  readonly lineage: ReadonlySet<string>;
  readonly hasFocus: boolean;
}

/** Pixels per unit below which details are left out. */
export const LOD = { text: 0.42, ports: 0.3, shapes: 0.16 };
