/**
 * Moves events through the flow inside the sandbox, as far as no effect is needed: transforms and conditions follow each
 * other without a process boundary in between, and what happened goes to the runner in batches. Before an expression
 * whose end is not certain, all that is known is written out with a mark, so the runner can tell what was running when
 * it has to end this process.
 */
import type { Template } from '../definition.js';
import { below, under, type Place } from '../lineage.js';
import type { Program, ProgramExpression } from '../program.js';
import {
  SAME,
  workKey,
  encodeMark,
  encodeMessage,
  type AskedEvent,
  type Emit,
  type EventChain,
  type SandboxLimits,
  type StandingCommand,
  type UpMessage,
  type WorkRef,
} from '../wire.js';
import { describeError, EngineError } from './errors.js';
import {
  EventData,
  type Evaluator,
  type Fail,
  type SandboxEvent,
  type SandboxFact,
  type Scope,
  type Settle,
} from './evaluate.js';

/** Longest time without looking at incoming messages, in milliseconds. */
const SLICE = 5;
const FLUSH_LENGTH = 64_000;
/** Characters of an answer to a person, however long events may be. */
export const SHOWN = 16_000_000;
/** Steps of a trail that are told when a line of descent is too long. */
const TRAIL = 20;

const THEN = 0;
const ELSE = 1;
const DEFAULT = 0;

export interface SchedulerOptions {
  readonly program: Program;
  readonly evaluator: Evaluator;
  readonly limits: SandboxLimits;
  /** Number of the next event. */
  readonly next: number;
  /** Events are delivered by the runner alone. */
  readonly stepwise: boolean;
  readonly write: (text: string) => void;
  readonly later: (act: () => void) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Delivery {
  readonly event: SandboxEvent;
  /** Ordinal among the event's targets. */
  readonly d: number;
}

/** What follows when a template has been evaluated for a delivery to `block`. May throw EngineErrors. */
type Done = (
  event: SandboxEvent,
  d: number,
  block: number,
  output: number,
  template: Template,
  value: unknown,
) => void;

export class Scheduler {
  #next: number;
  #queue: Delivery[] = [];
  #head = 0;
  #out = '';
  #scheduled = false;
  /** Now, as far as it matters: read anew every few steps. */
  #now = 0;
  /** What the runner takes for the time of events. */
  #time = 0;
  /** Events that the runner may name: those with effects, by number. */
  readonly #held = new Map<number, SandboxEvent>();
  /** Work that waits for a promise. */
  readonly #open = new Map<string, { readonly work: WorkRef; cancelled: boolean }>();
  /** Work whose expressions are being called, for what they log. */
  #running: WorkRef | undefined;
  /** By block and input. */
  readonly #conditions: readonly (readonly (Template | undefined)[])[];

  constructor(private readonly options: SchedulerOptions) {
    this.#next = options.next;
    this.#conditions = options.program.blocks.map(({ inputs }) =>
      inputs.map(({ config }) => field(config, 'condition')),
    );
  }

  /** The work whose expression is being called, as far as can be told. */
  get running(): WorkRef | undefined {
    if (this.#running || this.#open.size !== 1) return this.#running;
    return this.#open.values().next().value?.work;
  }

  send(message: UpMessage): void {
    this.#out += encodeMessage(message);
    this.#wake();
  }

  /** An event that the runner asks for. */
  emit({ k, parent, block, output, final, json }: Emit): void {
    const work: WorkRef = { k };
    const cause = parent === 0 ? undefined : this.#held.get(parent);
    if (parent !== 0 && !cause) {
      this.#fail(work, new EngineError('config', `Event ${parent} is not known here.`), undefined);
      return;
    }
    const customization = final
      ? undefined
      : this.options.program.blocks[block]?.outputs[output]?.customization;
    const done = (data: EventData): void => {
      const event = this.#create(block, output, data, cause);
      this.#say(`K${k}\t${data.json === json ? SAME : data.json}\n`);
      this.#deliver(event);
    };
    this.#wake();
    if (!customization) {
      this.#tick();
      done(new EventData(json));
      return;
    }
    // The block's own output is seen under its key while it is being customised.
    const own = this.#make(0, block, new EventData(json), 0, below(cause, toFact), NO_TARGETS);
    const scope: Scope = { event: own, previous: cause?.data, raw: json, work };
    this.#evaluate(work, customization, scope, (value) => done(this.#data(customization, value)));
  }

  restore(chain: EventChain, deliver: readonly number[]): void {
    let event = this.#held.get(chain.n);
    if (!event) {
      const place = under(chain.ancestors.map(fromAncestor));
      const targets =
        chain.targets ?? this.options.program.blocks[chain.block]?.outputs[chain.output]?.targets ?? [];
      event = this.#make(chain.n, chain.block, new EventData(chain.json), chain.depth, place, targets);
      this.#next = Math.max(this.#next, chain.n + 1);
    } else if (event.data.json !== chain.json) {
      // Changed by hand while it was known here.
      event.data = new EventData(chain.json);
    }
    this.#hold(event);
    for (const d of deliver) this.#queue.push({ event, d });
    this.#wake();
  }

  debug(
    k: number,
    json: string,
    target: readonly [number, number],
    ancestors: EventChain['ancestors'],
  ): void {
    const place = under(ancestors.map(fromAncestor));
    const event = this.#make(this.#next++, -1, new EventData(json), 1, place, [target]);
    this.#tick();
    this.#say(`K${k}\t${SAME}\n`);
    this.#deliver(event);
  }

  free(n: number): void {
    const event = this.#held.get(n);
    if (event && --event.held <= 0) this.#held.delete(n);
  }

  /** Gives up work that waits for a promise. What it comes to later is dropped. */
  cancel(work: WorkRef): void {
    const open = this.#open.get(workKey(work));
    if (!open) return;
    open.cancelled = true;
    this.#open.delete(workKey(work));
    this.send({ t: 'cancelled', work });
  }

  staticConfig(block: number): void {
    const template = this.options.program.blocks[block]!.config;
    this.#evaluate({ config: block }, template, { event: undefined, previous: undefined }, (value) => {
      this.send({ t: 'config', block, json: this.#json(value) });
    });
  }

  /** What a template gives for an event that is held. */
  value(v: number, n: number, template: Template, config: string, look: boolean): void {
    const event = this.#held.get(n);
    const work: WorkRef = { v };
    if (!event) {
      this.#fail(work, new EngineError('config', `Event ${n} is not known here.`), undefined);
      return;
    }
    const scope: Scope = { event, previous: event.data, config, ...(!look && { work }) };
    this.#evaluate(work, template, scope, (value) => {
      this.send({ t: 'value', v, json: this.#json(value) });
    });
  }

  /** What a person's expression gives for an event that is held, described. */
  ask(v: number, n: number, expression: ProgramExpression, about: AskedEvent): void {
    const { evaluator, limits } = this.options;
    const event = this.#held.get(n);
    const work: WorkRef = { v };
    if (!event) {
      this.#fail(work, new EngineError('config', `Event ${n} is not known here.`), undefined);
      return;
    }
    this.#work(
      work,
      // What it leaves to be described may run code of the flow's own, however simple the expression is.
      false,
      (settle, fail) => evaluator.ask(expression, event, about, settle, (thrown) => fail(thrown, undefined)),
      (value) =>
        this.send({ t: 'value', v, json: evaluator.describe(value, Math.min(limits.payload, SHOWN)) }),
      undefined,
    );
  }

  /** Value `v`, for a person who looks at where the process stands. `json` may throw. */
  standing(v: number, json: () => string): void {
    const value = (settle: Settle): boolean => {
      settle(undefined);
      return true;
    };
    this.#work({ v }, false, value, () => this.send({ t: 'value', v, json: json() }), undefined);
    this.flush();
  }

  /** The same for what is asked about an event, which need not be known yet. */
  view({ chain, ask }: Extract<StandingCommand, { t: 'view' }>): void {
    this.restore(chain, []);
    this.ask(ask.v, ask.n, ask.expression, ask.about);
    this.free(chain.n);
    this.flush();
  }

  flush(): void {
    if (this.#out === '') return;
    const text = this.#out;
    this.#out = '';
    this.options.write(text);
  }

  #wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.options.later(() => {
      this.#scheduled = false;
      this.#drain();
    });
  }

  #drain(): void {
    const until = performance.now() + SLICE;
    let steps = 0;
    this.#tick();
    while (this.#head < this.#queue.length) {
      const { event, d } = this.#queue[this.#head]!;
      this.#queue[this.#head++] = NOTHING;
      if (this.#head >= 1024 && this.#head * 2 > this.#queue.length) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      this.#activate(event, d);
      if (this.#out.length > FLUSH_LENGTH) this.flush();
      if ((++steps & 15) > 0) continue;
      this.#tick();
      if (performance.now() > until) {
        this.#wake();
        break;
      }
    }
    this.flush();
  }

  #activate(event: SandboxEvent, d: number): void {
    const target = event.targets[d];
    const block = target && this.options.program.blocks[target[0]];
    if (!block) return;
    if (event.depth >= this.options.limits.depth) {
      const message = `This line of events is ${event.depth} blocks long and does not end.`;
      this.#fail({ n: event.n, d }, new EngineError('depth', message, trail(event, target[0])), undefined);
      return;
    }
    switch (block.role) {
      case 'transform':
        this.#output(event, d, target[0], DEFAULT);
        return;
      case 'condition': {
        const condition = this.#conditions[target[0]]![target[1]];
        if (!condition) {
          const message = 'The condition block has no `condition` in the configuration of its input.';
          this.#fail({ n: event.n, d }, new EngineError('config', message), undefined);
          return;
        }
        this.#compute(event, d, target[0], 0, condition, this.#decided);
        return;
      }
      case 'effect': {
        const config = block.inputs[target[1]]?.config ?? NO_CONFIG;
        this.#compute(event, d, target[0], 0, config, this.#configured);
        return;
      }
    }
  }

  /** Emits what came in, as the output customises it. */
  #output(event: SandboxEvent, d: number, block: number, output: number): void {
    const customization = this.options.program.blocks[block]!.outputs[output]?.customization;
    if (customization) this.#compute(event, d, block, output, customization, this.#customized);
    else this.#emitted(event, d, block, output, event.data);
  }

  readonly #customized: Done = (event, d, block, output, template, value) =>
    this.#emitted(event, d, block, output, this.#data(template, value));

  readonly #decided: Done = (event, d, block, _output, _template, value) =>
    this.#output(event, d, block, value ? THEN : ELSE);

  readonly #configured: Done = (event, d, _block, _output, template, value) => {
    const { json } = this.#data(template, value);
    this.#hold(event);
    this.#out += `X${event.n} ${d}\t${json}\n`;
  };

  /** Evaluates for a delivery: at once when the template is simple, which most are. */
  #compute(
    event: SandboxEvent,
    d: number,
    block: number,
    output: number,
    template: Template,
    done: Done,
  ): void {
    const { evaluator } = this.options;
    const { data } = event;
    const scope: Scope =
      done === this.#customized ? { event, previous: data, raw: data.json } : { event, previous: data };
    if (!evaluator.isSimple(template)) {
      const work: WorkRef = { n: event.n, d };
      // Only a debug run can stop in it.
      this.#evaluate(work, template, this.options.stepwise ? { ...scope, work } : scope, (value) =>
        done(event, d, block, output, template, value),
      );
      return;
    }
    let value: unknown;
    try {
      value = evaluator.now(template, scope);
    } catch (thrown) {
      this.#fail({ n: event.n, d }, thrown, evaluator.current);
      return;
    }
    try {
      done(event, d, block, output, template, value);
    } catch (thrown) {
      this.#fail({ n: event.n, d }, thrown, 'x' in template ? template.x : undefined);
    }
  }

  /** Evaluates with a mark where needed. `done` may throw EngineErrors; they fail the work. */
  #evaluate(work: WorkRef, template: Template, scope: Scope, done: (value: unknown) => void): void {
    const { evaluator } = this.options;
    const start = (settle: Settle, fail: Fail): boolean => evaluator.evaluate(template, scope, settle, fail);
    this.#work(work, evaluator.isSimple(template), start, done, 'x' in template ? template.x : undefined);
  }

  /** `start` calls one of its two functions, and returns whether it has. `expression`: where `done` throws. */
  #work(
    work: WorkRef,
    simple: boolean,
    start: (settle: Settle, fail: Fail) => boolean,
    done: (value: unknown) => void,
    expression: number | undefined,
  ): void {
    if (!simple) {
      this.#out += encodeMark('S', work);
      this.flush();
    }
    const open = { work, cancelled: false };
    let returned = false;
    // A person may ask while the process stands inside of an expression.
    const outer = this.#running;
    this.#running = work;
    const settled = start(
      (value) => {
        if (open.cancelled) return;
        if (returned) this.#open.delete(workKey(work));
        this.#tick();
        try {
          done(value);
        } catch (thrown) {
          this.#fail(work, thrown, expression);
        }
        if (returned) this.#wake();
      },
      (thrown, at) => {
        if (open.cancelled) return;
        if (returned) this.#open.delete(workKey(work));
        this.#fail(work, thrown, at);
      },
    );
    returned = true;
    this.#running = outer;
    if (settled) return;
    this.#open.set(workKey(work), open);
    this.#out += encodeMark('W', work);
    this.#wake();
  }

  /** An expression's result as the data of an event. */
  #data(template: Template, value: unknown): EventData {
    const json = this.options.evaluator.written(template, value);
    return json === undefined
      ? new EventData(this.#json(value))
      : new EventData(this.#sized(json), value, true);
  }

  /** JSON of an expression's result; a value without one (undefined, a function) is null. */
  #json(value: unknown): string {
    let json: string | undefined;
    try {
      json = toJson(value);
    } catch (thrown) {
      const { message } = describeError(thrown, undefined);
      throw new EngineError('json', `The result cannot be turned into JSON: ${message.split('\n', 1)[0]!}`);
    }
    return json === undefined ? 'null' : this.#sized(json);
  }

  /** The JSON, unless it is too long for an event. */
  #sized(json: string): string {
    if (json.length > this.options.limits.payload) {
      throw new EngineError(
        'payload',
        `The result has ${json.length} characters as JSON; the limit is ${this.options.limits.payload}.`,
      );
    }
    return json;
  }

  #emitted(parent: SandboxEvent, d: number, block: number, output: number, data: EventData): void {
    const event = this.#create(block, output, data, parent);
    this.#say(`E${parent.n} ${d} ${output}\t${data === parent.data ? SAME : data.json}\n`);
    this.#deliver(event);
  }

  #create(block: number, output: number, data: EventData, parent: SandboxEvent | undefined): SandboxEvent {
    const targets = this.options.program.blocks[block]?.outputs[output]?.targets ?? NO_TARGETS;
    return this.#make(this.#next++, block, data, (parent?.depth ?? 0) + 1, below(parent, toFact), targets);
  }

  /** `block` -1: a debug event, which is nobody's output. */
  #make(
    n: number,
    block: number,
    data: EventData,
    depth: number,
    { up, above, hops }: Place<SandboxEvent, SandboxFact>,
    targets: SandboxEvent['targets'],
  ): SandboxEvent {
    return { n, block, data, depth, up, above, hops, targets, held: 0 };
  }

  /** A line about an event, with its time where that has moved on. */
  #say(line: string): void {
    if (this.#now !== this.#time) {
      this.#time = this.#now;
      this.#out += `T${this.#now}\t\n`;
    }
    this.#out += line;
  }

  #tick(): void {
    this.#now = this.options.now();
  }

  #deliver(event: SandboxEvent): void {
    const { targets } = event;
    if (this.options.stepwise) {
      this.#wake();
      return;
    }
    if (this.#queue.length - this.#head + targets.length > this.options.limits.queue) {
      const error = new EngineError(
        'queue',
        `More than ${this.options.limits.queue} events wait at once. Does the flow feed itself?`,
      );
      targets.forEach((_, d) => this.#fail({ n: event.n, d }, error, undefined));
      return;
    }
    for (let d = 0; d < targets.length; d++) this.#queue.push({ event, d });
    if (targets.length > 0) this.#wake();
  }

  #hold(event: SandboxEvent): void {
    event.held++;
    this.#held.set(event.n, event);
  }

  #fail(work: WorkRef, thrown: unknown, expression: number | undefined): void {
    this.send({ t: 'failed', work, error: describeError(thrown, expression) });
  }
}

/** JSON.stringify's own type leaves out that some values have no JSON. */
const toJson: (value: unknown) => string | undefined = JSON.stringify;

const NOTHING = undefined as unknown as Delivery;
const NO_CONFIG: Template = { c: {} };

const NO_TARGETS: SandboxEvent['targets'] = [];

function toFact({ block, data }: SandboxEvent): SandboxFact {
  return { block, data };
}

function fromAncestor({ block, json }: EventChain['ancestors'][number]): SandboxFact {
  return { block, data: new EventData(json) };
}

/** The entry `name` of a map template. */
function field(template: Template | undefined, name: string): Template | undefined {
  if (!template) return undefined;
  if ('m' in template) return template.m.find(([key]) => key === name)?.[1];
  if (
    'c' in template &&
    typeof template.c === 'object' &&
    template.c !== null &&
    !Array.isArray(template.c)
  ) {
    const value = (template.c as Readonly<Record<string, unknown>>)[name];
    return value === undefined || value === null ? undefined : { c: value as never };
  }
  return undefined;
}

/** Blocks on the way to an event, oldest first, then the one it arrives at. */
function trail(event: SandboxEvent, arrival: number): number[] {
  const blocks = [arrival];
  for (let at: SandboxEvent | undefined = event; at && blocks.length < TRAIL; at = at.up) {
    if (at.block >= 0) blocks.unshift(at.block);
    for (const { block } of at.above ?? []) blocks.unshift(block);
  }
  return blocks;
}
