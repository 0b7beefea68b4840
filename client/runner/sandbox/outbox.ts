/** What the sandbox tells the runner: kept in the order in which it happens, and written out in batches. */
import { encodeMark, encodeMessage, type UpMessage, type WorkRef } from '../wire.js';

const FLUSH_LENGTH = 64_000;

export interface OutboxOptions {
  readonly write: (text: string) => void;
  readonly later: (act: () => void) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Goes on with what waits; what it says is written out with the rest. */
  readonly turn: () => void;
}

export class Outbox {
  #text = '';
  #scheduled = false;
  /** Now, as far as it matters: see `tick`. */
  #now = 0;
  /** What the runner takes for the time of events. */
  #time = 0;

  constructor(private readonly options: OutboxOptions) {}

  /** Has the next turn taken soon, and everything written out after it. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.options.later(() => {
      this.#scheduled = false;
      this.options.turn();
      this.flush();
    });
  }

  send(message: UpMessage): void {
    this.#text += encodeMessage(message);
    this.wake();
  }

  /** A line that goes with the next ones. */
  say(line: string): void {
    this.#text += line;
  }

  /** A line about a new event, with its time where that has moved on. */
  sayEvent(line: string): void {
    if (this.#now !== this.#time) {
      this.#time = this.#now;
      this.#text += `T${this.#now}\t\n`;
    }
    this.#text += line;
  }

  /** The work begins, and its end is not certain: the runner knows it before anything else happens. */
  begins(work: WorkRef): void {
    this.#text += encodeMark('S', work);
    this.flush();
  }

  /** The work waits for a promise. */
  waits(work: WorkRef): void {
    this.#text += encodeMark('W', work);
    this.wake();
  }

  /** Reads the time that new events have. */
  tick(): void {
    this.#now = this.options.now();
  }

  flush(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.options.write(text);
  }

  /** Writes out what has become much. */
  flushMuch(): void {
    if (this.#text.length > FLUSH_LENGTH) this.flush();
  }
}
