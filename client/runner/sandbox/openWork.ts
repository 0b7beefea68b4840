/**
 * Work that may take its time: expressions that can run on and on, promises that are awaited. Before such an expression all
 * that is known is written out with a mark, so the runner can tell what was running when it has to end this process.
 */
import type { Template } from '../definition.js';
import { workKey, type WorkRef } from '../wire.js';
import { describeError } from './errors.js';
import type { Evaluator, Fail, Scope, Settle } from './evaluate.js';
import type { Outbox } from './outbox.js';

export interface Work {
  readonly work: WorkRef;
  /** Its end is certain. */
  readonly simple: boolean;
  /** Calls exactly one of its two functions, and returns whether it has. */
  readonly start: (settle: Settle, fail: Fail) => boolean;
  /** What it throws fails the work. */
  readonly done: (value: unknown) => void;
  /** The expression that is blamed when `done` throws. */
  readonly expression?: number | undefined;
}

export class OpenWork {
  /** What waits for a promise. */
  readonly #open = new Map<string, { readonly work: WorkRef; cancelled: boolean }>();
  /** Work whose expressions are being called. */
  #running: WorkRef | undefined;

  constructor(
    private readonly evaluator: Evaluator,
    private readonly outbox: Outbox,
  ) {}

  /** The work whose expression is being called, as far as can be told. */
  get running(): WorkRef | undefined {
    if (this.#running || this.#open.size !== 1) return this.#running;
    return this.#open.values().next().value?.work;
  }

  /** Evaluates a template. */
  evaluate(work: WorkRef, template: Template, scope: Scope, done: Work['done']): void {
    const { evaluator } = this;
    this.do({
      work,
      simple: evaluator.isSimple(template),
      start: (settle, fail) => evaluator.evaluate(template, scope, settle, fail),
      done,
      expression: 'x' in template ? template.x : undefined,
    });
  }

  do({ work, simple, start, done, expression }: Work): void {
    const { outbox } = this;
    if (!simple) outbox.begins(work);
    const open = { work, cancelled: false };
    let returned = false;
    // A person may ask while the process stands inside of an expression.
    const outer = this.#running;
    this.#running = work;
    const settled = start(
      (value) => {
        if (open.cancelled) return;
        if (returned) this.#open.delete(workKey(work));
        outbox.tick();
        try {
          done(value);
        } catch (thrown) {
          this.fail(work, thrown, expression);
        }
        if (returned) outbox.wake();
      },
      (thrown, at) => {
        if (open.cancelled) return;
        if (returned) this.#open.delete(workKey(work));
        this.fail(work, thrown, at);
      },
    );
    returned = true;
    this.#running = outer;
    if (settled) return;
    this.#open.set(workKey(work), open);
    outbox.waits(work);
  }

  fail(work: WorkRef, thrown: unknown, expression?: number): void {
    this.outbox.send({ t: 'failed', work, error: describeError(thrown, expression) });
  }

  /** Gives up work that waits for a promise. What it comes to later is dropped. */
  cancel(work: WorkRef): void {
    const open = this.#open.get(workKey(work));
    if (!open) return;
    open.cancelled = true;
    this.#open.delete(workKey(work));
    this.outbox.send({ t: 'cancelled', work });
  }
}
