/**
 * Calls from outside that wait for an event of the flow to answer them: what HTTP Endpoint and MCP Tool have in common
 * (flows-platform §2). A call starts a line of events; an event that descends from it and comes to the block's input answers.
 */
import { seconds } from '../text.js';
import type { EventRecord } from '../store.js';
import { BlockError, type Activation, type BlockContext } from './block.js';

/** Why a call gets no answer: too late, or the flow has come to its end. */
export interface Unanswered {
  readonly late: boolean;
  /** For people, in sentences. */
  readonly text: string;
}

export interface CallWords<C> {
  /** What a call is to this block, e.g. `request`. */
  readonly noun: string;
  /** The output on which a call is emitted. */
  readonly output: string;
  /** Tells the caller. */
  unanswered(call: C, why: Unanswered, event: EventRecord | undefined): void;
}

interface Waiting<C> {
  readonly call: C;
  /** Undefined until the engine has made it. */
  event: EventRecord | undefined;
  readonly end: () => void;
}

/** Answered calls that are remembered, to tell a second answer. */
const REMEMBERED = 10_000;

export class Calls<C> {
  readonly #waiting = new Set<Waiting<C>>();
  /** The same by the number of their event. */
  readonly #byEvent = new Map<number, Waiting<C>>();
  readonly #answered = new Set<number>();

  constructor(
    private readonly context: BlockContext,
    private readonly words: CallWords<C>,
  ) {
    // When all events have come to their end, no answer can come any more: nobody has to wait for the timeout.
    context.onQuiet(() => {
      for (const waiting of [...this.#waiting]) this.#unanswered(waiting, false);
    });
  }

  /** Emits the call as an event. Returns how to give it up: the caller does not wait any more. */
  begin(call: C, data: unknown): () => void {
    const { context } = this;
    const release = context.hold();
    const cancel = context.after(context.answerTimeoutMs, () => this.#unanswered(waiting, true));
    const waiting: Waiting<C> = {
      call,
      event: undefined,
      end: () => {
        cancel();
        this.#waiting.delete(waiting);
        if (waiting.event) this.#byEvent.delete(waiting.event.n);
        release();
      },
    };
    this.#waiting.add(waiting);
    context.emit(this.words.output, data, (emitted) => {
      waiting.event = emitted;
      if (this.#waiting.has(waiting)) this.#byEvent.set(emitted.n, waiting);
    });
    return waiting.end;
  }

  #unanswered(waiting: Waiting<C>, late: boolean): void {
    waiting.end();
    const { answerTimeoutMs, block } = this.context;
    const why = late ? `${seconds(answerTimeoutMs)} have passed` : 'The flow has come to its end';
    const text =
      `${why}, and no event has answered at the input of "${block.name}".\n` +
      'Is the last block linked to it? Has a block failed? The run shows every event.';
    this.words.unanswered(waiting.call, { late, text }, waiting.event);
  }

  /** The call that the event answers; undefined when nobody waits for it any more. Throws when it answers none. */
  take({ own }: Activation): C | undefined {
    const { noun } = this.words;
    if (!own) {
      throw new BlockError(
        `This event does not descend from a ${noun} to this block, so there is nobody to answer.`,
      );
    }
    const waiting = this.#byEvent.get(own.n);
    if (!waiting) {
      if (this.#answered.has(own.n)) throw new BlockError(`The ${noun} is already answered.`);
      return undefined;
    }
    waiting.end();
    this.#answered.add(own.n);
    if (this.#answered.size > REMEMBERED) this.#answered.delete(this.#answered.values().next().value!);
    return waiting.call;
  }
}
