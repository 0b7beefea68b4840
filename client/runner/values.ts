/** What the sandbox is asked for and no event comes of: configurations, templates in an event's scope, people's questions. */
import { chainOf } from './ancestry.js';
import type { Template } from './definition.js';
import type { Failure } from './failures.js';
import type { Holds } from './holds.js';
import type { Program, ProgramExpression } from './program.js';
import type { EventRecord } from './store.js';
import type { Supervisor } from './supervisor.js';
import type { Answer, AskedEvent, DownMessage, StandingCommand, StandingVariables, WorkRef } from './wire.js';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (failure: Failure) => void;
}

interface PendingValue extends Waiting {
  readonly record: EventRecord;
  /** What the sandbox is told, once it holds the event. */
  readonly message: DownMessage;
  /** The run waits for it; nobody's run waits for what a person asks. */
  readonly counts: boolean;
}

export class Values {
  /** By block. */
  readonly #configs = new Map<number, Waiting>();
  readonly #values = new Map<number, PendingValue>();
  /** What a sandbox that stands inside an expression was asked. */
  readonly #asked = new Map<number, Waiting>();
  #last = 0;
  #counted = 0;

  constructor(
    private readonly program: Program,
    private readonly holds: Holds,
    private readonly supervisor: Supervisor,
  ) {}

  /** Values that the run waits for. */
  get pending(): number {
    return this.#configs.size + this.#counted;
  }

  /** Static configuration of a block. Rejects with a Failure. */
  async config(block: number): Promise<unknown> {
    const template = this.program.blocks[block]!.config;
    if ('c' in template) return template.c;
    return new Promise((resolve, reject) => {
      this.#configs.set(block, { resolve, reject });
      this.supervisor.message({ t: 'config', block });
    });
  }

  /** What a template gives in the scope of an event. `config`: JSON seen as `config`. Rejects with a Failure. */
  async evaluate(template: Template, record: EventRecord, config: string): Promise<unknown> {
    if ('c' in template) return template.c;
    const { n } = record;
    return this.#value(record, true, (v) => ({ t: 'evaluate', v, n, template, config }));
  }

  /** The same for a person who looks at the event: the run does not wait for it. */
  async look(template: Template, record: EventRecord): Promise<unknown> {
    if ('c' in template) return template.c;
    const { n } = record;
    return this.#value(record, false, (v) => ({
      t: 'evaluate',
      v,
      n,
      template,
      config: 'null',
      look: true,
    }));
  }

  /** What a person's expression gives in the scope of an event's receivers. Rejects with a Failure. */
  async ask(expression: ProgramExpression, record: EventRecord, about: AskedEvent): Promise<Answer> {
    const { n } = record;
    return toAnswer(await this.#value(record, false, (v) => ({ t: 'ask', v, n, expression, about })));
  }

  /** The same in the scope of a call that the sandbox stands in; `frame`: its index, innermost first. */
  async askInside(frame: number, { text: expression }: ProgramExpression): Promise<Answer> {
    return toAnswer(await this.#inside((v) => ({ t: 'inside', v, frame, expression })));
  }

  /** Variables of such a call. Rejects with a Failure. */
  async variables(frame: number): Promise<StandingVariables> {
    const { locals, closure } = (await this.#inside((v) => ({
      t: 'variables',
      v,
      frame,
    }))) as Partial<StandingVariables>;
    return { locals: toVariables(locals), closure: toVariables(closure) };
  }

  /** The event that a value depends on. */
  recordOf(v: number): EventRecord | undefined {
    return this.#values.get(v)?.record;
  }

  /** While `act` runs, the sandbox keeps the event: several values of it are asked for without telling it again. */
  async during<T>(record: EventRecord, act: () => Promise<T>): Promise<T> {
    const { generation } = this.holds;
    this.holds.hold(record);
    try {
      return await act();
    } finally {
      if (generation === this.holds.generation) this.holds.free(record);
    }
  }

  /** The sandbox has answered; `json` may be none. */
  configured(block: number, json: string): void {
    settle(this.#takenConfig(block), json, 'The configuration is no JSON.');
  }

  /** The same for value `v`. */
  answered(v: number, json: string): void {
    settle(this.#taken(v), json, 'The value is no JSON.');
  }

  /** False: nobody waits for it. */
  failed(work: Extract<WorkRef, { config: number } | { v: number }>, failure: Failure): boolean {
    const waiting = 'v' in work ? this.#taken(work.v) : this.#takenConfig(work.config);
    waiting?.reject(failure);
    return waiting !== undefined;
  }

  /** Everything is asked for once more: there is a new sandbox. */
  again(): void {
    for (const v of [...this.#asked.keys()]) this.failed({ v }, GONE);
    for (const block of this.#configs.keys()) this.supervisor.message({ t: 'config', block });
    for (const value of this.#values.values()) this.#send(value);
  }

  /** There is no sandbox any more. */
  lost(failure: Failure): void {
    for (const v of [...this.#asked.keys()]) this.failed({ v }, failure);
    for (const block of [...this.#configs.keys()]) this.failed({ config: block }, failure);
    for (const v of [...this.#values.keys()]) this.failed({ v }, failure);
  }

  /** What is asked of the sandbox while it stands inside an expression. Rejects with a Failure. */
  async #inside(command: (v: number) => Exclude<StandingCommand, { t: 'go' }>): Promise<unknown> {
    const v = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#asked.set(v, { resolve, reject });
      if (this.supervisor.standing) this.supervisor.command(command(v));
      else this.failed({ v }, GONE);
    });
  }

  async #value(record: EventRecord, counts: boolean, message: (v: number) => DownMessage): Promise<unknown> {
    const v = ++this.#last;
    if (counts) this.#counted++;
    return new Promise((resolve, reject) => {
      const value: PendingValue = { record, message: message(v), counts, resolve, reject };
      this.#values.set(v, value);
      this.#send(value);
    });
  }

  #send({ record, message }: PendingValue): void {
    if (message.t === 'ask' && this.supervisor.standing) {
      this.supervisor.command({ t: 'view', chain: chainOf(record), ask: message });
      return;
    }
    const release = record.held === 0;
    if (release) this.holds.hold(record);
    this.supervisor.message(message);
    // The sandbox has taken what it needs when it reads this.
    if (release) this.holds.free(record);
  }

  /** Ends the wait for a value; undefined when nobody has asked for it. */
  #taken(v: number): Waiting | undefined {
    const inside = this.#asked.get(v);
    if (inside) {
      this.#asked.delete(v);
      return inside;
    }
    const value = this.#values.get(v);
    this.#values.delete(v);
    if (value?.counts) this.#counted--;
    return value;
  }

  #takenConfig(block: number): Waiting | undefined {
    const waiting = this.#configs.get(block);
    this.#configs.delete(block);
    return waiting;
  }
}

const GONE: Failure = { message: 'The run does not stand inside an expression any more.' };

/** Whatever the sandbox says, as it should be. */
function toAnswer(said: unknown): Answer {
  const { value = null, type, truthy } = (said ?? {}) as Partial<Answer>;
  return { value, type: typeof type === 'string' ? type : '', truthy: truthy === true };
}

function toVariables(said: unknown): StandingVariables['locals'] {
  return (Array.isArray(said) ? (said as unknown[]) : []).flatMap((pair) => {
    const [name, answer] = Array.isArray(pair) ? (pair as unknown[]) : [];
    return typeof name === 'string' ? [[name, toAnswer(answer)] as const] : [];
  });
}

function settle(waiting: Waiting | undefined, json: string, problem: string): void {
  try {
    waiting?.resolve(JSON.parse(json));
  } catch {
    waiting?.reject({ message: problem });
  }
}
