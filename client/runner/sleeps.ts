/** Waits of a run: they can be counted, skipped and ended. */
import type { Clock } from './clock.js';

interface Wait {
  readonly event: number;
  readonly cancel: () => void;
  readonly resolve: () => void;
}

export class Sleeps {
  readonly #waits = new Set<Wait>();

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.#waits.size;
  }

  /** `event`: number of the event that waits. */
  wait(event: number, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.clock.at(this.clock.now() + milliseconds, () => this.#end(wait));
      const wait: Wait = { event, resolve, cancel };
      this.#waits.add(wait);
    });
  }

  /** Ends the waits of one event, or all; returns how many. */
  skip(event: number | undefined): number {
    const found = [...this.#waits].filter((wait) => event === undefined || wait.event === event);
    for (const wait of found) this.#end(wait);
    return found.length;
  }

  #end(wait: Wait): void {
    wait.cancel();
    this.#waits.delete(wait);
    wait.resolve();
  }
}
