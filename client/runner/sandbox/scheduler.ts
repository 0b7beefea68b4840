/**
 * Moves events through the flow inside the sandbox, as far as no effect is needed: transforms and conditions follow each
 * other without a process boundary in between, and what happened goes to the runner in batches (outbox.ts).
 */
import type { Template } from '../definition.js';
import { below, under, type Place } from '../lineage.js';
import type { Program } from '../program.js';
import {
  SAME,
  type DownMessage,
  type Emit,
  type EventChain,
  type SandboxLimits,
  type WorkRef,
} from '../wire.js';
import { EngineError } from './errors.js';
import { EventData, type Evaluator, type SandboxEvent, type SandboxFact, type Scope } from './evaluate.js';
import type { OpenWork } from './openWork.js';
import type { Outbox } from './outbox.js';
import { resultJson, within } from './resultJson.js';
import type { KnownEvents } from './values.js';

/** Longest time without looking at incoming messages, in milliseconds. */
const SLICE = 5;
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
  readonly outbox: Outbox;
  readonly work: OpenWork;
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

export class Scheduler implements KnownEvents {
  #next: number;
  #queue: Delivery[] = [];
  #head = 0;
  /** Events that the runner may name: those with effects, by number. */
  readonly #held = new Map<number, SandboxEvent>();
  /** By block and input. */
  readonly #conditions: readonly (readonly (Template | undefined)[])[];

  constructor(private readonly options: SchedulerOptions) {
    this.#next = options.next;
    this.#conditions = options.program.blocks.map(({ inputs }) =>
      inputs.map(({ config }) => field(config, 'condition')),
    );
  }

  /** An event that the runner asks for. */
  emit({ k, parent, block, output, final, json }: Emit): void {
    const { outbox } = this.options;
    const work: WorkRef = { k };
    const cause = parent === 0 ? undefined : this.#held.get(parent);
    if (parent !== 0 && !cause) {
      this.options.work.fail(work, new EngineError('config', `Event ${parent} is not known here.`));
      return;
    }
    const customization = final
      ? undefined
      : this.options.program.blocks[block]?.outputs[output]?.customization;
    const done = (data: EventData): void => {
      const event = this.#create(block, output, data, cause);
      outbox.sayEvent(`K${k}\t${data.json === json ? SAME : data.json}\n`);
      this.#deliver(event);
    };
    outbox.wake();
    if (!customization) {
      outbox.tick();
      done(new EventData(json));
      return;
    }
    // The block's own output is seen under its key while it is being customised.
    const own = this.#make(0, block, new EventData(json), 0, below(cause, toFact), NO_TARGETS);
    const scope: Scope = { event: own, previous: cause?.data, raw: json, work };
    this.options.work.evaluate(work, customization, scope, (value) => done(this.#data(customization, value)));
  }

  held(n: number): SandboxEvent | undefined {
    return this.#held.get(n);
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
    this.options.outbox.wake();
  }

  /** An event of no block that goes to one input. */
  debug({ k, json, target, ancestors }: Extract<DownMessage, { t: 'debug' }>): void {
    const { outbox } = this.options;
    const place = under(ancestors.map(fromAncestor));
    const event = this.#make(this.#next++, -1, new EventData(json), 1, place, [target]);
    outbox.tick();
    outbox.sayEvent(`K${k}\t${SAME}\n`);
    this.#deliver(event);
  }

  free(n: number): void {
    const event = this.#held.get(n);
    if (event && --event.held <= 0) this.#held.delete(n);
  }

  /** Delivers what waits, for a while. */
  drain(): void {
    const { outbox } = this.options;
    const until = performance.now() + SLICE;
    let steps = 0;
    outbox.tick();
    while (this.#head < this.#queue.length) {
      const { event, d } = this.#queue[this.#head]!;
      this.#queue[this.#head++] = NOTHING;
      if (this.#head >= 1024 && this.#head * 2 > this.#queue.length) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      this.#activate(event, d);
      outbox.flushMuch();
      if ((++steps & 15) > 0) continue;
      outbox.tick();
      if (performance.now() > until) {
        outbox.wake();
        return;
      }
    }
  }

  #activate(event: SandboxEvent, d: number): void {
    const target = event.targets[d];
    const block = target && this.options.program.blocks[target[0]];
    if (!block) return;
    if (event.depth >= this.options.limits.depth) {
      const message = `This line of events is ${event.depth} blocks long and does not end.`;
      this.options.work.fail({ n: event.n, d }, new EngineError('depth', message, trail(event, target[0])));
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
          this.options.work.fail({ n: event.n, d }, new EngineError('config', message));
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
    this.options.outbox.say(`X${event.n} ${d}\t${json}\n`);
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
    const { evaluator, work, stepwise } = this.options;
    const { data } = event;
    const scope: Scope =
      done === this.#customized ? { event, previous: data, raw: data.json } : { event, previous: data };
    if (!evaluator.isSimple(template)) {
      const delivery: WorkRef = { n: event.n, d };
      // Only a debug run can stop in it.
      work.evaluate(delivery, template, stepwise ? { ...scope, work: delivery } : scope, (value) =>
        done(event, d, block, output, template, value),
      );
      return;
    }
    let value: unknown;
    try {
      value = evaluator.now(template, scope);
    } catch (thrown) {
      work.fail({ n: event.n, d }, thrown, evaluator.current);
      return;
    }
    try {
      done(event, d, block, output, template, value);
    } catch (thrown) {
      work.fail({ n: event.n, d }, thrown, 'x' in template ? template.x : undefined);
    }
  }

  /** An expression's result as the data of an event. */
  #data(template: Template, value: unknown): EventData {
    const { evaluator, limits } = this.options;
    const json = evaluator.written(template, value);
    return json === undefined
      ? new EventData(resultJson(value, limits.payload))
      : new EventData(within(limits.payload, json), value, true);
  }

  #emitted(parent: SandboxEvent, d: number, block: number, output: number, data: EventData): void {
    const event = this.#create(block, output, data, parent);
    this.options.outbox.sayEvent(`E${parent.n} ${d} ${output}\t${data === parent.data ? SAME : data.json}\n`);
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

  #deliver(event: SandboxEvent): void {
    const { targets } = event;
    const { stepwise, limits, outbox, work } = this.options;
    if (stepwise) {
      outbox.wake();
      return;
    }
    if (this.#queue.length - this.#head + targets.length > limits.queue) {
      const error = new EngineError(
        'queue',
        `More than ${limits.queue} events wait at once. Does the flow feed itself?`,
      );
      targets.forEach((_, d) => work.fail({ n: event.n, d }, error));
      return;
    }
    for (let d = 0; d < targets.length; d++) this.#queue.push({ event, d });
    if (targets.length > 0) outbox.wake();
  }

  #hold(event: SandboxEvent): void {
    event.held++;
    this.#held.set(event.n, event);
  }
}

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
