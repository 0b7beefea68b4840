/** Where a debug run stands. */
import type { Pause, SignalName } from './protocol.js';
import type { EventRecord } from './store.js';
import type { StandingFrame } from './wire.js';

/**
 * Before a block handles an event, inside of an expression, after a block has emitted an event, after it has failed, or after
 * a signal has changed.
 */
export interface Stop<F = unknown> {
  readonly at: Pause['at'];
  readonly reason: Pause['reason'];
  /** Undefined where no event has led there. */
  readonly record: EventRecord | undefined;
  /** Indexes; -1: no block. `port`: of the input or output; of a failure, of the input where there is one. */
  readonly block: number;
  readonly port: number | undefined;
  /** Ids of those that have stopped it. */
  readonly breakpoints: readonly number[];
  readonly failure?: F;
  readonly inside?: Standing;
  readonly signal?: SignalChange;
}

/** JSON of its values; `before`: undefined where it had none. */
export interface SignalChange extends SignalName {
  readonly before: string | undefined;
  readonly after: string;
}

/** Where the sandbox stands inside an expression. */
export interface Standing {
  /** Key of its work. */
  readonly work: string;
  readonly record: EventRecord | undefined;
  readonly block: number;
  /** Of the input that its event came to, if so. */
  readonly port: number | undefined;
  /** There is a breakpoint; a step ends. */
  readonly armed: boolean;
  readonly ended: boolean;
  /** Innermost first. */
  readonly frames: readonly StandingFrame[];
}
