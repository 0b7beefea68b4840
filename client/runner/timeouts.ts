/** Real time that somebody outside waits, as long as the run goes on: it stands still while the run does. */
interface Timeout {
  readonly act: () => void;
  /** Milliseconds that are left, counted from `since`. */
  left: number;
  since: number;
  timer: NodeJS.Timeout | undefined;
}

export class Timeouts {
  readonly #waiting = new Set<Timeout>();
  #stopped = false;

  /** Calls `act` after so many milliseconds; the result takes that back. */
  after(milliseconds: number, act: () => void): () => void {
    const timeout: Timeout = { act, left: milliseconds, since: 0, timer: undefined };
    this.#waiting.add(timeout);
    if (!this.#stopped) this.#start(timeout);
    return () => {
      clearTimeout(timeout.timer);
      this.#waiting.delete(timeout);
    };
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const timeout of this.#waiting) {
      clearTimeout(timeout.timer);
      timeout.left -= performance.now() - timeout.since;
    }
  }

  goOn(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    for (const timeout of this.#waiting) this.#start(timeout);
  }

  #start(timeout: Timeout): void {
    timeout.since = performance.now();
    timeout.timer = setTimeout(
      () => {
        this.#waiting.delete(timeout);
        timeout.act();
      },
      Math.max(0, timeout.left),
    );
  }
}
