/**
 * Moves the virtual time of a run: to the next wait when nothing else is under way, or by as much as somebody asks for,
 * stopping at everything that is due on the way.
 */
import type { VirtualClock } from './clock.js';

/** Time that passes by itself at most, so that a flow whose waits never end comes to a stop: a week. */
const HORIZON = 7 * 24 * 3_600_000;

export interface TimeKeeperOptions {
  readonly clock: VirtualClock;
  /** Nothing is under way but waits. */
  readonly quiet: () => boolean;
  /** Waits of events; schedules alone do not move time. */
  readonly sleeping: () => number;
  readonly horizonReached: () => void;
}

export class TimeKeeper {
  readonly #until: number;
  #target = 0;
  #told = false;
  readonly #arrivals: { readonly time: number; readonly resolve: () => void }[] = [];

  constructor(private readonly options: TimeKeeperOptions) {
    this.#until = options.clock.now() + HORIZON;
  }

  /** Moves on to `time`; resolves when everything that was due until then has come to rest. */
  async advanceTo(time: number): Promise<void> {
    this.#target = Math.max(this.#target, time);
    const arrived = new Promise<void>((resolve) => this.#arrivals.push({ time, resolve }));
    this.settle();
    return arrived;
  }

  /** To be called when something has ended. Returns whether time has moved. */
  settle(): boolean {
    const { clock, quiet, sleeping, horizonReached } = this.options;
    if (!quiet()) return false;
    if (clock.step(this.#target)) return true;
    while (this.#arrivals[0] && this.#arrivals[0].time <= this.#target) {
      clock.moveTo(this.#arrivals[0].time);
      this.#arrivals.shift()!.resolve();
    }
    if (sleeping() === 0) return false;
    if (clock.step(this.#until)) return true;
    if (!this.#told) horizonReached();
    this.#told = true;
    return false;
  }
}
