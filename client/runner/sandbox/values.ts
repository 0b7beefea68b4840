/**
 * Values that the runner asks for, beside events: static configurations, what stands in mocks, and what people ask who look at
 * an event or at where the process stands inside an expression.
 */
import type { Program } from '../program.js';
import type { DownMessage, EventChain, SandboxLimits, StandingCommand, WorkRef } from '../wire.js';
import { EngineError } from './errors.js';
import type { Evaluator, SandboxEvent } from './evaluate.js';
import type { OpenWork, Work } from './openWork.js';
import type { Outbox } from './outbox.js';
import { resultJson } from './resultJson.js';

/** Characters of an answer to a person, however long events may be. */
const SHOWN = 16_000_000;

export interface ValuesOptions {
  readonly program: Program;
  readonly evaluator: Evaluator;
  readonly limits: SandboxLimits;
  readonly outbox: Outbox;
  readonly work: OpenWork;
  readonly events: KnownEvents;
}

/** Events that the runner may name. */
export interface KnownEvents {
  held(n: number): SandboxEvent | undefined;
  /** Makes an event known and holds it, until it is freed. */
  restore(chain: EventChain, deliver: readonly number[]): void;
  free(n: number): void;
}

type Asked<T extends DownMessage['t']> = Extract<DownMessage, { t: T }>;

export class Values {
  constructor(private readonly options: ValuesOptions) {}

  staticConfig(block: number): void {
    const { program, work, outbox } = this.options;
    const template = program.blocks[block]!.config;
    work.evaluate({ config: block }, template, { event: undefined, previous: undefined }, (value) =>
      outbox.send({ t: 'config', block, json: this.#json(value) }),
    );
  }

  /** What a template gives for an event that is held. */
  evaluate({ v, n, template, config, look }: Asked<'evaluate'>): void {
    const event = this.#event(v, n);
    if (!event) return;
    const work: WorkRef = { v };
    const scope = { event, previous: event.data, config, ...(!look && { work }) };
    this.options.work.evaluate(work, template, scope, (value) => this.#answer(v, this.#json(value)));
  }

  /** What a person's expression gives for an event that is held, described. */
  ask({ v, n, expression, about }: Asked<'ask'>): void {
    const { evaluator } = this.options;
    const event = this.#event(v, n);
    if (!event) return;
    this.#look(
      v,
      (settle, fail) => evaluator.ask(expression, event, about, settle, (thrown) => fail(thrown, undefined)),
      (value) => evaluator.describe(value, this.shown),
    );
  }

  /** The same while the process stands inside an expression; the event need not be known yet. */
  view({ chain, ask }: Extract<StandingCommand, { t: 'view' }>): void {
    const { events, outbox } = this.options;
    events.restore(chain, []);
    this.ask(ask);
    events.free(chain.n);
    outbox.flush();
  }

  /** What a person asks about where the process stands. `json` may throw. */
  standing(v: number, json: () => string): void {
    const start: Work['start'] = (settle) => {
      settle(undefined);
      return true;
    };
    this.#look(v, start, json);
    this.options.outbox.flush();
  }

  /** Characters of an answer to a person. */
  get shown(): number {
    return Math.min(this.options.limits.payload, SHOWN);
  }

  /** What people look at may run code of the flow's own, however simple the question is. */
  #look(v: number, start: Work['start'], json: (value: unknown) => string): void {
    this.options.work.do({
      work: { v },
      simple: false,
      start,
      done: (value) => this.#answer(v, json(value)),
    });
  }

  #event(v: number, n: number): SandboxEvent | undefined {
    const event = this.options.events.held(n);
    if (!event) this.options.work.fail({ v }, new EngineError('config', `Event ${n} is not known here.`));
    return event;
  }

  #answer(v: number, json: string): void {
    this.options.outbox.send({ t: 'value', v, json });
  }

  #json(value: unknown): string {
    return resultJson(value, this.options.limits.payload);
  }
}
