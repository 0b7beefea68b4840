/** What is known of a run by its rows: counts and last states of blocks and outputs, who has caused what. Rows come in order. */
import type { Row } from './row.js';

/** Rows that are held; a quarter goes when there are more. */
const MAX_ROWS = 250_000;

export interface OutputState {
  count: number;
  /** Time of the last event. */
  at: number;
}

export interface BlockState {
  events: number;
  failures: number;
  last: 'event' | 'failed' | 'activity' | undefined;
  /** Time of the last entry. */
  at: number;
  /** A mock has stood in for it. */
  mocked: boolean;
  /** Keys of secrets that its data has held. */
  readonly leaks: Set<string>;
  readonly outputs: Map<string, OutputState>;
  /** Events handed to it by hand. */
  debugged: number;
}

export class RunModel {
  private held: Row[] = [];
  /** Id of an event -> its row. */
  private readonly events = new Map<string, Row>();
  /** Id of an event -> what it has led to, in order. */
  private readonly followers = new Map<string, Row[]>();
  private readonly failed = new Set<string>();
  readonly blocks = new Map<string, BlockState>();
  eventCount = 0;
  failures = 0;

  get rows(): readonly Row[] {
    return this.held;
  }

  /** Adds rows that are later than those before. Gives whether old ones were let go, so that positions have changed. */
  append(rows: readonly Row[]): boolean {
    for (const row of rows) this.add(row);
    if (this.held.length <= MAX_ROWS) return false;
    const gone = this.held.splice(0, Math.floor(MAX_ROWS / 4));
    for (const { id, cause } of gone) {
      if (id !== undefined) {
        this.events.delete(id);
        this.failed.delete(id);
      }
      if (cause !== undefined) this.followers.delete(cause);
    }
    return true;
  }

  event(id: string): Row | undefined {
    return this.events.get(id);
  }

  /** Some block could not handle it. */
  hasFailed(id: string): boolean {
    return this.failed.has(id);
  }

  /** Position of a row by its number, by halving: rows are in the order of their numbers. */
  indexOf(seq: number): number {
    let [low, high] = [0, this.held.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.held[middle]!.seq < seq) low = middle + 1;
      else high = middle;
    }
    return this.held[low]?.seq === seq ? low : -1;
  }

  /** Milliseconds since the event that led to it; undefined for what nothing has led to. */
  since({ cause, at }: Row): number | undefined {
    const from = cause === undefined ? undefined : this.events.get(cause);
    return from && at - from.at;
  }

  /** The event of a row, or that which a failure or activity belongs to; then its cause, and so on: the nearest first. */
  causes(row: Row): Row[] {
    const found: Row[] = [];
    const seen = new Set<string>();
    let id = row.id ?? row.cause;
    while (id !== undefined && !seen.has(id)) {
      seen.add(id);
      const event = this.events.get(id);
      if (!event) break;
      found.push(event);
      id = event.cause;
    }
    return found;
  }

  /** What a row's event has led to, directly first; at most `limit`. */
  effects(row: Row, limit = 10_000): Row[] {
    const found: Row[] = [];
    if (row.id === undefined) return found;
    const queue = [row.id];
    for (const id of queue) {
      for (const follower of this.followers.get(id) ?? []) {
        if (found.length === limit) return found;
        found.push(follower);
        if (follower.id !== undefined) queue.push(follower.id);
      }
    }
    return found;
  }

  private add(row: Row): void {
    this.held.push(row);
    const { id, cause, kind } = row;
    if (id !== undefined) this.events.set(id, row);
    if (cause !== undefined) {
      const followers = this.followers.get(cause);
      if (followers) followers.push(row);
      else this.followers.set(cause, [row]);
    }
    if (kind === 'event') this.eventCount++;
    if (kind === 'failed') {
      this.failures++;
      if (cause !== undefined) this.failed.add(cause);
    }
    if (row.block !== '' && kind !== 'log') this.count(row);
  }

  private count(row: Row): void {
    let state = this.blocks.get(row.block);
    if (!state) {
      state = {
        events: 0,
        failures: 0,
        last: undefined,
        at: 0,
        mocked: false,
        leaks: new Set(),
        outputs: new Map(),
        debugged: 0,
      };
      this.blocks.set(row.block, state);
    }
    state.at = row.at;
    if (row.kind === 'event' && row.output === undefined) {
      // A debug event is given to the block, not emitted by it.
      state.debugged++;
      return;
    }
    state.last = row.kind === 'log' ? state.last : row.kind;
    if (row.kind === 'failed') state.failures++;
    if (row.kind !== 'event') return;
    state.events++;
    if (row.mock) state.mocked = true;
    for (const key of row.leaks ?? []) state.leaks.add(key);
    const output = state.outputs.get(row.output!);
    if (output) {
      output.count++;
      output.at = row.at;
    } else state.outputs.set(row.output!, { count: 1, at: row.at });
  }
}
