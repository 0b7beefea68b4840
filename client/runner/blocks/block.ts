/** What a block that does more than compute implements, and what it gets from the engine. */
import type { Clock } from '../clock.js';
import type { BlockDefinition, MockSource, Template } from '../definition.js';
import type { EventFact, EventRecord } from '../store.js';
import type { HttpListener } from './listener.js';

/** Said to a person as it stands: what went wrong and what to do. Anything else that is thrown is shown with its own message. */
export class BlockError extends Error {}

/** Lasts as long as the run. */
export interface BlockContext {
  readonly index: number;
  readonly block: BlockDefinition;
  /** Static configuration, evaluated. */
  readonly config: unknown;
  readonly listener: HttpListener;
  readonly answerTimeoutMs: number;
  readonly clock: Clock;
  /** A new id, for what leaves the run. */
  uuid(): string;
  /** Starts a line of events. `emitted` is called with the event before any block handles it. */
  emit(output: string, data: unknown, emitted?: (event: EventRecord) => void): void;
  activity(text: string, event?: EventRecord): void;
  /** Calls `act` after so many milliseconds of real time, not counting those that the run stands still; the result takes it back. */
  after(milliseconds: number, act: () => void): () => void;
  /** Something the run has to wait for before it is idle; returns how to end it. */
  hold(): () => void;
  /** Called each time that no event is under way any more; requests and other holds do not count. */
  onQuiet(listener: () => void): void;
}

/** One event at one input. */
export interface Activation {
  readonly index: number;
  readonly block: BlockDefinition;
  /** Key of the input. */
  readonly input: string;
  readonly event: EventRecord;
  /** Input configuration, evaluated for this event. */
  readonly config: unknown;
  /** Ends with the run. */
  readonly signal: AbortSignal;
  /** The nearest ancestor of the event that this block itself has emitted. */
  readonly own: EventFact | undefined;
  /** `mock`: something stands in for the block. */
  emit(output: string, data: unknown, mock?: MockSource): void;
  /** What a template gives, in the scope of the block's configuration and with that as `config`. */
  evaluate(template: Template): Promise<unknown>;
  /** Emits what came in. */
  pass(output: string): void;
  activity(text: string): void;
  /** Waits; ends early when somebody skips the wait. */
  sleep(milliseconds: number): Promise<void>;
}

export interface CoreBlock {
  /** At the start of a run. */
  start?(context: BlockContext): void | Promise<void>;
  /** The event is handled when the promise resolves. */
  activate?(activation: Activation): void | Promise<void>;
}

/** `value` as a map; an empty one for anything else. */
export function asMap(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** How a value is called in messages, e.g. `a list`. Never shows it. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
