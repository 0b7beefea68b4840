/**
 * Decides in a debug run what goes on and where the run stops. Every delivery waits here until it is its turn; one is with
 * the sandbox at a time. What the others are doing meanwhile (sleeps, requests, promises) goes on, and what comes of it
 * waits here as well. Knows nothing of processes: the engine hands over, asks and tells.
 */
import { portKey, signalKey } from './breakpoints.js';
import { BreakpointSet, type Ask, type Said } from './breakpointSet.js';
import type { FlowDefinition } from './definition.js';
import { DeliveryQueue, type Delivery, type QueueLimits } from './deliveryQueue.js';
import { InsideExpression, type InsideStop } from './insideExpression.js';
import type { Link } from './offspring.js';
import type { ProgramExpression } from './program.js';
import type { Breakpoint, FailureFilter, LogLevel } from './protocol.js';
import { stepFrom, StepUnderWay, type Step, type UnderWay } from './step.js';
import type { SignalChange, Standing, Stop } from './stop.js';
import { isWaiting, type EventRecord } from './store.js';
import type { InsideStep, SteppedExpression } from './wire.js';

export interface DebuggerOptions<F> extends QueueLimits {
  readonly flow: FlowDefinition;
  readonly stopOnEntry: boolean;
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
  underWay(): UnderWay;
  /** Nothing waits here any more. */
  changed(): void;
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

type Arrival = {
  readonly at: 'input';
  readonly record: EventRecord;
  readonly block: number;
  readonly port: number;
};

export class Debugger<F> {
  readonly #queue: DeliveryQueue;
  readonly #breakpoints: BreakpointSet;
  readonly #inside: InsideExpression;
  #notices: Notice<F>[] = [];
  /** With the sandbox. */
  #computing: Delivery | undefined;
  /** Breakpoints whose expressions are being evaluated: one of the events', one where the sandbox stands. */
  #checking = 0;
  /** What was decided for an event while the run came to stand elsewhere. */
  #late: (() => void)[] = [];
  #stop: Stop<F> | undefined;
  /** The delivery that the run stands before. */
  #held: Delivery | undefined;
  #asked: 'pause' | 'entry' | undefined;
  #step: StepUnderWay | undefined;
  #failures: FailureFilter = 'none';

  constructor(private readonly options: DebuggerOptions<F>) {
    const { flow } = options;
    this.#queue = new DeliveryQueue(options);
    this.#breakpoints = new BreakpointSet(flow, (level, text, block) => options.log(level, text, block));
    this.#inside = new InsideExpression({
      breakpoints: this.#breakpoints,
      ask: async (question) => options.askInside(question),
      go: (step) => options.go(step),
      decided: (stop) => this.#decidedInside(stop),
    });
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
    const problems = this.#breakpoints.set(breakpoints);
    this.options.arm(this.#breakpoints.stepped());
    return problems;
  }

  /** Stops before the next delivery. */
  pause(): void {
    if (!this.#stop) this.#asked = 'pause';
  }

  /** Throws when the run does not stand still. */
  resume(step?: Step): void {
    const stop = this.#standsStill();
    if (stop.inside) {
      this.#step = step && new StepUnderWay('next', undefined, stop.inside.work);
      this.#goOn();
      this.#inside.goOn(step);
      this.#pump();
      return;
    }
    const held = this.#held;
    const { flow } = this.options;
    this.#step = step && stepFrom(step, stop, held, flow, () => this.options.underWay());
    this.#goOn();
    if (held && isWaiting(held.record, held.d)) this.#handOver(held);
    this.#pump();
  }

  /** Takes back the delivery that the run stands before; the caller has it handled. */
  drop(step?: 'next'): Delivery {
    const held = this.heldDelivery();
    this.#step = step && new StepUnderWay(step);
    this.#goOn();
    return held;
  }

  /** The delivery that the run stands before. Throws when there is none. */
  heldDelivery(): Delivery {
    this.#standsStill();
    if (!this.#held)
      throw new Error('The run does not stand before an event that a block is about to handle.');
    return this.#held;
  }

  /** A new event. `front`: it goes on before all that waits. False: too many deliveries wait. */
  added(record: EventRecord, front: boolean): boolean {
    if (!this.#queue.add(record, front)) return false;
    const { block, output, n, parent, targets } = record;
    this.#step?.offspring?.added(n, { parent, block }, targets.length);
    if (block >= 0 && this.#breakpoints.has(portKey('output', block, output)))
      this.#notices.push({ at: 'output', record, block, port: output });
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
    this.#inside.stands(standing);
    this.#look();
  }

  /** The sandbox is lost, and with it where it stood. */
  lost(): void {
    if (!this.#inside.lost()) return;
    if (this.#stop?.inside) this.#goOn();
    this.#pump();
  }

  /** An expression's work is done: a step that began in it goes on to the next event. */
  over(work: string): void {
    this.#step?.over(work);
  }

  /** `port`: index of the input that the event came to; `record`: undefined where no event has led there. */
  failed(block: number, port: number | undefined, record: EventRecord | undefined, failure: F): void {
    const { errorHandler } = this.options.flow.blocks[block]!;
    if (this.#failures === 'none' || (this.#failures === 'uncaught' && errorHandler !== undefined)) return;
    this.#notices.push({ at: 'failure', record, block, port, failure });
    this.#pump();
  }

  /** A signal has another value. */
  signalled(signal: SignalChange): void {
    if (!this.#breakpoints.has(signalKey(signal))) return;
    const block = this.options.flow.blocks.findIndex(({ key }) => key === signal.owner);
    this.#notices.push({ at: 'signal', record: undefined, block, port: undefined, signal });
    this.#pump();
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
    if (this.#stop || !this.#inside.isNew) return;
    this.#checking++;
    this.#inside.look();
  }

  #decidedInside(found: InsideStop | undefined): void {
    this.#checking--;
    if (found) {
      const { standing, breakpoints } = found;
      const { record, block, port } = standing;
      const reason = breakpoints.length > 0 ? 'breakpoint' : 'step';
      this.#standStill({ at: 'inside', reason, record, block, port, breakpoints, inside: standing });
    }
    this.#pump();
  }

  #standStill(stop: Stop<F>): void {
    this.#step = undefined;
    this.#stop = stop;
    this.options.paused(stop);
  }

  /** Goes on as far as it can. */
  #pump(): void {
    const waited = this.#notices.length > 0 || this.#queue.length > 0;
    this.#look();
    while (!this.#stop && this.#checking === 0 && this.#late.length > 0) this.#late.shift()!();
    while (!this.#stop && this.#checking === 0 && !this.#computing) {
      const notice = this.#notices.shift();
      if (notice) {
        this.#arrive(notice, undefined);
        continue;
      }
      const delivery = this.#queue.take();
      if (!delivery) {
        if (waited) this.options.changed();
        return;
      }
      const { record, d } = delivery;
      // The sandbox may be lost, and its work with it.
      if (!isWaiting(record, d)) continue;
      const [block, port] = record.targets[d]!;
      this.#arrive({ at: 'input', record, block, port }, delivery);
    }
  }

  #handOver(delivery: Delivery): void {
    this.#computing = delivery;
    this.options.handOver(delivery.record, delivery.d);
  }

  #arrive(place: Notice<F> | Arrival, delivery: Delivery | undefined): void {
    const { at, block, port } = place;
    const key =
      at === 'failure' ? undefined : at === 'signal' ? signalKey(place.signal!) : portKey(at, block, port!);
    if (key === undefined || !this.#breakpoints.has(key)) {
      this.#decide(place, delivery, []);
      return;
    }
    const { record } = place;
    this.#checking++;
    const ask: Ask = async (question) => this.options.ask(question, record!);
    void this.#breakpoints.stopping(key, ask, block).then((breakpoints) => {
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
          : delivery && (this.#asked ?? (this.#step?.endsBefore(delivery.record) ? 'step' : undefined));
    if (reason === undefined) {
      if (delivery && isWaiting(delivery.record, delivery.d)) this.#handOver(delivery);
      return;
    }
    this.#asked = undefined;
    this.#held = delivery;
    this.#standStill({ at, reason, record, block, port, breakpoints, ...rest });
  }
}
