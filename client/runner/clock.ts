/**
 * The time of a run: the machine's, or a virtual one that stands still until it is moved. Everything in a run that waits
 * for a time asks here, so that a flow that sleeps for an hour can be tested in a moment.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `act` at `time`; the result takes that back. */
  at(time: number, act: () => void): () => void;
  close(): void;
}

/** Remembers what waits by way of it, so that it can be given up alone. Shows the time of the clock below. */
export class PartialClock implements Clock {
  readonly #cancels = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  now(): number {
    return this.clock.now();
  }

  at(time: number, act: () => void): () => void {
    const cancel = this.clock.at(time, () => {
      this.#cancels.delete(cancel);
      act();
    });
    this.#cancels.add(cancel);
    return () => {
      this.#cancels.delete(cancel);
      cancel();
    };
  }

  close(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}

/** setTimeout's own limit, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

export class RealClock implements Clock {
  readonly #timers = new Set<NodeJS.Timeout>();

  now(): number {
    return Date.now();
  }

  at(time: number, act: () => void): () => void {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const rest = time - Date.now();
      timer = setTimeout(
        () => {
          this.#timers.delete(timer);
          if (rest > LONGEST) arm();
          else act();
        },
        Math.max(0, Math.min(rest, LONGEST)),
      );
      this.#timers.add(timer);
    };
    arm();
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

interface Timer {
  readonly time: number;
  readonly order: number;
  readonly act: () => void;
}

export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  /** By time, then by the order in which they were set. */
  readonly #timers: Timer[] = [];

  constructor(
    start: number,
    private readonly moved: (now: number) => void,
  ) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** When the next timer is due; undefined when nothing waits. */
  get next(): number | undefined {
    return this.#timers[0]?.time;
  }

  at(time: number, act: () => void): () => void {
    const timer: Timer = { time: Math.max(time, this.#now), order: this.#order++, act };
    const index = this.#timers.findIndex((other) => other.time > timer.time);
    this.#timers.splice(index < 0 ? this.#timers.length : index, 0, timer);
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
    };
  }

  /** Moves to the next timer and calls it. False: nothing waits until `limit`. */
  step(limit = Infinity): boolean {
    const timer = this.#timers[0];
    if (!timer || timer.time > limit) return false;
    this.#timers.shift();
    this.#move(timer.time);
    timer.act();
    return true;
  }

  /** Moves on without calling anything; never back. */
  moveTo(time: number): void {
    this.#move(Math.max(time, this.#now));
  }

  close(): void {
    this.#timers.length = 0;
  }

  #move(time: number): void {
    if (time === this.#now) return;
    this.#now = time;
    this.moved(time);
  }
}
