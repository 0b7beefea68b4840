/** Waits of a run: they can be counted, skipped and ended. */
interface Wait {
  readonly event: number;
  readonly timer: NodeJS.Timeout;
  readonly resolve: () => void;
}

export class Sleeps {
  readonly #waits = new Set<Wait>();

  get size(): number {
    return this.#waits.size;
  }

  /** `event`: number of the event that waits. */
  wait(event: number, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wait: Wait = { event, resolve, timer: setTimeout(() => this.#end(wait), milliseconds) };
      this.#waits.add(wait);
    });
  }

  /** Ends the waits of one event, or all; returns how many. */
  skip(event: number | undefined): number {
    const found = [...this.#waits].filter((wait) => event === undefined || wait.event === event);
    for (const wait of found) this.#end(wait);
    return found.length;
  }

  /** Forgets all waits; nothing that waited goes on. */
  close(): void {
    for (const { timer } of this.#waits) clearTimeout(timer);
    this.#waits.clear();
  }

  #end(wait: Wait): void {
    clearTimeout(wait.timer);
    this.#waits.delete(wait);
    wait.resolve();
  }
}
