/**
 * Decides in a debug run what goes on and where the run stops. Every delivery waits here until it is its turn; one is with
 * the sandbox at a time. What the others are doing meanwhile (sleeps, requests, promises) goes on, and what comes of it
 * waits here as well. Knows nothing of processes: the engine hands over, asks and tells.
 */
import {
  isStatic,
  portKey,
  readBreakpoint,
  signalKey,
  siteKey,
  type ArmedBreakpoint,
} from './breakpoints.js';
import type { FlowDefinition } from './definition.js';
import { Offspring, type Link } from './offspring.js';
import type { ProgramExpression } from './program.js';
import type { Breakpoint, FailureFilter, LogLevel, Pause, SignalName } from './protocol.js';
import { forSandbox, steppedOf } from './stepped.js';
import { isWaiting, type EventRecord } from './store.js';
import type { InsideStep, StandingFrame, SteppedExpression } from './wire.js';

/**
 * Where the run stands: before a block handles an event, inside of an expression, after a block has emitted an event,
 * after it has failed, or after a signal has changed.
 */
export interface Stop<F = unknown> {
  readonly at: Pause['at'];
  readonly reason: Pause['reason'];
  /** Undefined where no event has led there. */
  readonly record: EventRecord | undefined;
  /** Indexes; -1: no block. `port`: of the input or output; of a failure, of the input where there is one. */
  readonly block: number;
  readonly port: number | undefined;
  /** Ids of those that have stopped it. */
  readonly breakpoints: readonly number[];
  readonly failure?: F;
  readonly inside?: Standing;
  readonly signal?: SignalChange;
}

/** JSON of its values; `before`: undefined where it had none. */
export interface SignalChange extends SignalName {
  readonly before: string | undefined;
  readonly after: string;
}

/** Where the sandbox stands inside an expression. */
export interface Standing {
  /** Key of its work. */
  readonly work: string;
  readonly record: EventRecord | undefined;
  readonly block: number;
  /** Of the input that its event came to, if so. */
  readonly port: number | undefined;
  /** There is a breakpoint; a step ends. */
  readonly armed: boolean;
  readonly ended: boolean;
  /** Innermost first. */
  readonly frames: readonly StandingFrame[];
}

interface Said {
  readonly text: string;
  readonly truthy: boolean;
}

export interface DebuggerOptions<F> {
  readonly flow: FlowDefinition;
  readonly stopOnEntry: boolean;
  /** Deliveries that may wait, and characters of their data. */
  readonly maxQueue: number;
  readonly maxSize: number;
  /** Gives a delivery to the sandbox; `computed` or `handled` follows. */
  handOver(record: EventRecord, d: number): void;
  /** Rejects with a text for people. */
  ask(question: ProgramExpression, record: EventRecord): Promise<Said>;
  /** The same with the variables of the innermost call of an expression that the sandbox stands in. */
  askInside(question: ProgramExpression): Promise<Said>;
  /** Expressions that the sandbox may stand in from now on. */
  arm(stepped: readonly SteppedExpression[]): void;
  /** Lets the sandbox go on that stands. */
  go(step?: InsideStep): void;
  log(level: LogLevel, text: string, block: number): void;
  paused(stop: Stop<F>): void;
  resumed(): void;
  /** Events and emissions under way, in the order of their numbers. */
  underWay(): { readonly records: Iterable<EventRecord>; readonly emissions: Iterable<Link> };
  /** Nothing waits here any more. */
  changed(): void;
}

export type Step = 'next' | 'into' | 'out';

interface Delivery {
  readonly record: EventRecord;
  readonly d: number;
}

/** Something that may stop the run, before the next delivery is looked at. */
interface Notice<F> {
  readonly at: 'output' | 'failure' | 'signal';
  readonly record: EventRecord | undefined;
  readonly block: number;
  readonly port: number | undefined;
  readonly failure?: F;
  readonly signal?: SignalChange;
}

const INSIDE: Readonly<Record<Step, InsideStep>> = { next: 'over', into: 'in', out: 'out' };

type Arrival = {
  readonly at: 'input';
  readonly record: EventRecord;
  readonly block: number;
  readonly port: number;
};

export class Debugger<F> {
  /** Waiting deliveries; the first one is at #head. */
  #queue: Delivery[] = [];
  #head = 0;
  /** Characters of data that wait. */
  #size = 0;
  /** Deliveries that go before all others. */
  #front: Delivery[] = [];
  #notices: Notice<F>[] = [];
  /** With the sandbox. */
  #computing: Delivery | undefined;
  /** Breakpoints whose expressions are being evaluated: one of the events', one where the sandbox stands. */
  #checking = 0;
  /** Where the sandbox stands inside an expression. */
  #standing: Standing | undefined;
  /** It has not been looked at yet: the run stood somewhere else when it came. */
  #unseen = false;
  /** What was decided for an event while the run came to stand elsewhere. */
  #late: (() => void)[] = [];
  #stop: Stop<F> | undefined;
  /** The delivery that the run stands before. */
  #held: Delivery | undefined;
  #asked: 'pause' | 'entry' | undefined;
  #step: { readonly kind: Step; readonly offspring: Offspring | undefined; within?: string } | undefined;
  readonly #breakpoints = new Map<string, ArmedBreakpoint[]>();
  /** How often each has been met, by its id. */
  readonly #hits = new Map<number, { readonly identity: string; count: number }>();
  #failures: FailureFilter = 'none';

  constructor(private readonly options: DebuggerOptions<F>) {
    if (options.stopOnEntry) this.#asked = 'entry';
  }

  /** Things that wait here beside deliveries. */
  get pending(): number {
    return this.#notices.length + (this.#stop ? 1 : 0) + this.#checking;
  }

  get stop(): Stop<F> | undefined {
    return this.#stop;
  }

  /** Answers each breakpoint with what is wrong with it; undefined: nothing. */
  set(breakpoints: readonly Breakpoint[], failures: FailureFilter): (string | undefined)[] {
    this.#failures = failures;
    this.#breakpoints.clear();
    const known = new Map(this.#hits);
    this.#hits.clear();
    const problems = breakpoints.map((breakpoint) => {
      try {
        const armed = readBreakpoint(this.options.flow, breakpoint);
        const { id, place, identity } = armed;
        const list = this.#breakpoints.get(place) ?? [];
        this.#breakpoints.set(place, [...list, armed]);
        const hits = known.get(id);
        this.#hits.set(id, hits?.identity === identity ? hits : { identity, count: 0 });
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    });
    this.#arm();
    return problems;
  }

  /** All expressions of the blocks that have a breakpoint inside one: a step may go from one to the next. */
  #arm(): void {
    const { flow } = this.options;
    const armed = [...this.#breakpoints.values()].flat().flatMap(({ inside }) => inside ?? []);
    const blocks = new Set(armed.map(({ x }) => flow.expressions[x]!.block));
    const stepped = flow.expressions.flatMap((expression, x) => {
      const { block, path, file } = expression;
      if (!blocks.has(block) || file !== flow.file || isStatic(path)) return [];
      const steps = steppedOf(expression);
      return steps
        ? [
            forSandbox(
              x,
              steps,
              armed.flatMap((one) => (one.x === x ? one.site : [])),
            ),
          ]
        : [];
    });
    this.options.arm(stepped);
  }

  /** Stops before the next delivery. */
  pause(): void {
    if (!this.#stop) this.#asked = 'pause';
  }

  /** Throws when the run does not stand still. */
  resume(step?: Step): void {
    const stop = this.#standsStill();
    if (stop.inside) {
      this.#step = step && { kind: 'next', offspring: undefined, within: stop.inside.work };
      this.#goOn();
      this.#standing = undefined;
      this.options.go(step && INSIDE[step]);
      this.#pump();
      return;
    }
    this.#step = step && { kind: step, offspring: step === 'next' ? undefined : this.#offspring(stop) };
    const held = this.#held;
    this.#goOn();
    if (held && isWaiting(held.record, held.d)) this.#handOver(held);
    this.#pump();
  }

  /** Takes back the delivery that the run stands before; the caller has it handled. */
  drop(step?: 'next'): { readonly record: EventRecord; readonly d: number } {
    const { record, d } = this.heldDelivery();
    this.#step = step && { kind: step, offspring: undefined };
    this.#goOn();
    return { record, d };
  }

  /** The delivery that the run stands before. Throws when there is none. */
  heldDelivery(): { readonly record: EventRecord; readonly d: number } {
    this.#standsStill();
    if (!this.#held)
      throw new Error('The run does not stand before an event that a block is about to handle.');
    return this.#held;
  }

  /** A new event. `front`: it goes on before all that waits. False: too many deliveries wait. */
  added(record: EventRecord, front: boolean): boolean {
    const { block, output, n, parent, targets } = record;
    const { maxQueue, maxSize } = this.options;
    if (this.#waiting + targets.length > maxQueue) return false;
    const size = record.json.length * targets.length;
    if (this.#size + size > maxSize && this.#waiting > 0) return false;
    this.#size += size;
    this.#step?.offspring?.added(n, { parent, block }, targets.length);
    if (block >= 0 && this.#breakpoints.has(portKey('output', block, output)))
      this.#notices.push({ at: 'output', record, block, port: output });
    const deliveries = targets.map((_, d) => ({ record, d }));
    if (front) this.#front.push(...deliveries);
    else this.#queue.push(...deliveries);
    this.#pump();
    return true;
  }

  /** The sandbox has done its part of a delivery, or waits for a promise. */
  computed(record: EventRecord, d: number): void {
    if (this.#computing?.record !== record || this.#computing.d !== d) return;
    this.#computing = undefined;
    this.#pump();
  }

  handled(record: EventRecord, d: number): void {
    this.#step?.offspring?.handled(record.n, d);
    if (this.#computing?.record === record && this.#computing.d === d) this.#computing = undefined;
    this.#pump();
  }

  emitting(link: Link): void {
    this.#step?.offspring?.emitting(link);
  }

  emitted(link: Link): void {
    this.#step?.offspring?.emitted(link);
  }

  /** The sandbox stands inside an expression. It is let go on unless a breakpoint holds there or a step ends. */
  stands(standing: Standing): void {
    this.#standing = standing;
    this.#unseen = true;
    this.#look();
  }

  /** The sandbox is lost, and with it where it stood. */
  lost(): void {
    if (!this.#standing) return;
    this.#standing = undefined;
    this.#unseen = false;
    if (this.#stop?.inside) this.#goOn();
    this.#pump();
  }

  /** An expression's work is done: a step that began in it goes on to the next event. */
  over(work: string): void {
    if (this.#step?.within === work) delete this.#step.within;
  }

  /** `port`: index of the input that the event came to; `record`: undefined where no event has led there. */
  failed(block: number, port: number | undefined, record: EventRecord | undefined, failure: F): void {
    const { errorHandler } = this.options.flow.blocks[block]!;
    if (this.#failures === 'none' || (this.#failures === 'uncaught' && errorHandler !== undefined)) return;
    this.#notices.push({ at: 'failure', record, block, port, failure });
    this.#pump();
  }

  get #waiting(): number {
    return this.#queue.length - this.#head + this.#front.length;
  }

  #standsStill(): Stop<F> {
    if (!this.#stop) throw new Error('The run does not stand still.');
    return this.#stop;
  }

  #goOn(): void {
    this.#stop = undefined;
    this.#held = undefined;
    this.options.resumed();
  }

  /** Looks at where the sandbox stands, unless the run stands already. */
  #look(): void {
    const standing = this.#standing;
    if (!standing || !this.#unseen || this.#stop) return;
    this.#unseen = false;
    const { armed, block, frames } = standing;
    const met = armed ? (this.#breakpoints.get(siteKey(frames[0]!)) ?? []) : [];
    this.#checking++;
    void this.#met(met, (question) => this.options.askInside(question), block).then((breakpoints) => {
      this.#checking--;
      if (this.#standing === standing) this.#standInside(standing, breakpoints);
      this.#pump();
    });
  }

  #standInside(standing: Standing, breakpoints: readonly number[]): void {
    const { record, block, port, ended } = standing;
    if (breakpoints.length === 0 && !ended) {
      this.#standing = undefined;
      this.options.go();
      return;
    }
    this.#step = undefined;
    const reason = breakpoints.length > 0 ? 'breakpoint' : 'step';
    this.#stop = { at: 'inside', reason, record, block, port, breakpoints, inside: standing };
    this.options.paused(this.#stop);
  }

  /** Undefined where no event has led there: what comes next is all that there is to step to. */
  #offspring({ at, record, block }: Stop<F>): Offspring | undefined {
    if (!record) return undefined;
    const { errorHandler } = this.options.flow.blocks[block]!;
    const blocks = [block, ...(errorHandler === undefined ? [] : [errorHandler])];
    const { n } = record;
    const offspring = new Offspring(
      at === 'output'
        ? { n, open: record.open }
        : at === 'input'
          ? { n, open: 1, blocks, d: this.#held!.d }
          : { n, open: 0, blocks },
    );
    const { records, emissions } = this.options.underWay();
    for (const { n: other, parent, block: by, open } of records)
      if (other !== n) offspring.added(other, { parent, block: by }, open);
    for (const link of emissions) offspring.emitting(link);
    return offspring;
  }

  /** A signal has another value. */
  signalled(signal: SignalChange): void {
    if (!this.#breakpoints.has(signalKey(signal))) return;
    const block = this.options.flow.blocks.findIndex(({ key }) => key === signal.owner);
    this.#notices.push({ at: 'signal', record: undefined, block, port: undefined, signal });
    this.#pump();
  }

  /** Goes on as far as it can. */
  #pump(): void {
    const waited = this.#notices.length > 0 || this.#waiting > 0;
    this.#look();
    while (!this.#stop && this.#checking === 0 && this.#late.length > 0) this.#late.shift()!();
    while (!this.#stop && this.#checking === 0 && !this.#computing) {
      const notice = this.#notices.shift();
      if (notice) {
        this.#arrive(notice, undefined);
        continue;
      }
      const delivery = this.#take();
      if (!delivery) {
        if (waited) this.options.changed();
        return;
      }
      const { record, d } = delivery;
      this.#size -= record.json.length;
      // The sandbox may be lost, and its work with it.
      if (!isWaiting(record, d)) continue;
      const [block, port] = record.targets[d]!;
      this.#arrive({ at: 'input', record, block, port }, delivery);
    }
  }

  #take(): Delivery | undefined {
    if (this.#front.length > 0) return this.#front.shift();
    const delivery = this.#queue[this.#head];
    if (!delivery) return undefined;
    this.#head++;
    if (this.#head >= 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return delivery;
  }

  #handOver(delivery: Delivery): void {
    this.#computing = delivery;
    this.options.handOver(delivery.record, delivery.d);
  }

  #arrive(place: Notice<F> | Arrival, delivery: Delivery | undefined): void {
    const { at, block, port } = place;
    const met =
      at === 'failure'
        ? undefined
        : this.#breakpoints.get(at === 'signal' ? signalKey(place.signal!) : portKey(at, block, port!));
    if (!met) {
      this.#decide(place, delivery, []);
      return;
    }
    const { record } = place;
    this.#checking++;
    void this.#met(met, (question) => this.options.ask(question, record!), block).then((breakpoints) => {
      this.#checking--;
      // The sandbox may stand inside an expression since.
      this.#late.push(() => this.#decide(place, delivery, breakpoints));
      this.#pump();
    });
  }

  #decide(
    { at, record, block, port, ...rest }: Notice<F> | Arrival,
    delivery: Delivery | undefined,
    breakpoints: readonly number[],
  ): void {
    const reason =
      at === 'failure'
        ? 'failure'
        : breakpoints.length > 0
          ? 'breakpoint'
          : delivery && (this.#asked ?? (this.#isStep(delivery.record) ? 'step' : undefined));
    if (reason === undefined) {
      if (delivery && isWaiting(delivery.record, delivery.d)) this.#handOver(delivery);
      return;
    }
    this.#asked = undefined;
    this.#step = undefined;
    this.#held = delivery;
    this.#stop = { at, reason, record, block, port, breakpoints, ...rest };
    this.options.paused(this.#stop);
  }

  #isStep({ n }: EventRecord): boolean {
    if (!this.#step) return false;
    const { kind, offspring, within } = this.#step;
    // It stops in the expression first, if there is anything left of it.
    if (within !== undefined) return false;
    // Where there is nothing to step into or out of any more, the next delivery is as far as a step goes.
    return !offspring || offspring.settled || (kind === 'into' && offspring.has(n));
  }

  /** Ids of those that are to stop the run. Never rejects. */
  async #met(
    met: readonly ArmedBreakpoint[],
    ask: (question: ProgramExpression) => Promise<Said>,
    block: number,
  ): Promise<number[]> {
    const stopping: number[] = [];
    for (const { id, condition, accepts, message } of met) {
      let holds = true;
      if (condition) {
        try {
          holds = (await ask(condition)).truthy;
        } catch (error) {
          const why = (error as Error).message;
          this.options.log(
            'warn',
            `The run stops here: the breakpoint's condition has failed: ${why}`,
            block,
          );
        }
      }
      const hits = this.#hits.get(id);
      if (!holds || (hits && !accepts(++hits.count))) continue;
      if (message) this.options.log('info', await this.#text(message, ask), block);
      else stopping.push(id);
    }
    return stopping;
  }

  async #text(
    parts: readonly (string | ProgramExpression)[],
    ask: (question: ProgramExpression) => Promise<Said>,
  ): Promise<string> {
    let text = '';
    for (const part of parts) {
      if (typeof part === 'string') text += part;
      else
        text += await ask(part).then(
          (answer) => answer.text,
          (error: unknown) => `‹${(error as Error).message}›`,
        );
    }
    return text;
  }
}
