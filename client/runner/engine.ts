/**
 * The trusted half of the event engine: every event with its descent, every delivery until it is handled. Hands work to
 * the sandbox, takes what comes back only if it was asked for, and hands everything over again when a sandbox has died.
 */
import { chainOf, fromAncestor, toFact } from './ancestry.js';
import { Debugger } from './debugger.js';
import type { FlowDefinition, MockSource, Target } from './definition.js';
import type { Delivery } from './deliveryQueue.js';
import type { EventJson } from './eventJson.js';
import { failureOf, type Failure } from './failures.js';
import { Holds } from './holds.js';
import { below, under } from './lineage.js';
import type { Link } from './offspring.js';
import type { LogLevel } from './protocol.js';
import type { Program } from './program.js';
import { steppedOf } from './stepped.js';
import type { Stop } from './stop.js';
import { EventStore, isWaiting, waitingTargets, type EventRecord } from './store.js';
import { Supervisor, type SupervisorListener, type SupervisorOptions } from './supervisor.js';
import { seconds } from './text.js';
import { Values } from './values.js';
import {
  encodeEmit,
  workKey,
  type Answer,
  type AskedEvent,
  type Capabilities,
  type EventChain,
  type LoadMessage,
  type Stands,
  type SteppedExpression,
  type WorkRef,
} from './wire.js';

export interface EngineOptions extends SupervisorOptions {
  /** A debug run: every delivery passes the debugger. */
  readonly debug?: { readonly stopOnEntry: boolean; readonly maxQueue: number };
  readonly flow: FlowDefinition;
  readonly program: Program;
  /** What a sandbox is loaded with; the number of the next event is added. */
  readonly load: () => Omit<LoadMessage, 't' | 'program' | 'next'>;
  readonly keepEvents: number;
}

export interface EngineListener {
  event(record: EventRecord): void;
  /** `record`: the event that was handled; `input`: index of the input it came to. */
  failed(block: number, input: number | undefined, record: EventRecord | undefined, failure: Failure): void;
  /** Does what the block does; the delivery is handled when the promise settles. */
  activate(block: number, input: number, record: EventRecord, config: unknown): Promise<void>;
  log(level: LogLevel, text: string, block: number | undefined): void;
  children(pids: readonly number[]): void;
  /** Something began or ended. */
  changed(): void;
  paused(stop: Stop<Failure>): void;
  resumed(): void;
  /** What questions see of an event beside its data. */
  about(record: EventRecord): AskedEvent;
  /** An answer and a failure as people may read them. */
  shown(answer: Answer): string;
  worded(failure: Failure): string;
}

export interface EmitRequest {
  /** -1: a debug event, with `debug`. */
  readonly block: number;
  readonly output: number;
  readonly json: EventJson;
  readonly parent?: EventRecord | undefined;
  /** Skips the output's customisation. */
  readonly final?: boolean;
  readonly debug?: DebugTarget | undefined;
  /** In a debug run: goes on before all that waits. */
  readonly front?: boolean;
  readonly mock?: MockSource | undefined;
  /** Called with the event before any block handles it. */
  readonly emitted?: (event: EventRecord) => void;
  readonly failed?: (failure: Failure) => void;
}

export interface DebugTarget {
  readonly target: Target;
  readonly ancestors: EventChain['ancestors'];
}

interface Emission extends EmitRequest {
  /** The sandbox holds the parent for this emission alone. */
  release: boolean;
}

/** Characters of data that the store of a run keeps. */
const KEPT_SIZE = 64_000_000;
/** Characters of data that may wait in a debug run. */
const WAITING_SIZE = 128_000_000;

export class Engine {
  readonly store: EventStore;
  readonly debugger: Debugger<Failure> | undefined;
  readonly values: Values;
  readonly #supervisor: Supervisor;
  readonly #emissions = new Map<number, Emission>();
  readonly #effects = new Map<string, Delivery>();
  /** Deliveries handed over one by one, because one of them has ended a sandbox; the first is under way. */
  #serial: Delivery[] = [];
  /** In a debug run: deliveries that are with the sandbox, by their key. */
  readonly #given = new Set<string>();
  readonly #holds: Holds;
  #lastEmission = 0;
  /** Expressions that the sandbox may stand in. */
  #stepped: readonly SteppedExpression[] = [];

  constructor(
    private readonly options: EngineOptions,
    private readonly listener: EngineListener,
  ) {
    this.store = new EventStore(options.keepEvents, KEPT_SIZE);
    this.debugger = options.debug && this.#debugger(options.debug);
    this.#supervisor = new Supervisor(
      { ...options, standing: options.debug !== undefined },
      this.#sandboxListener(),
    );
    this.#holds = new Holds(this.#supervisor);
    this.values = new Values(options.program, this.#holds, this.#supervisor);
  }

  /** Deliveries, effects, emissions and values under way. */
  get pending(): number {
    const stopped = this.debugger?.pending ?? 0;
    return this.store.open + this.#emissions.size + this.values.pending + stopped;
  }

  async start(): Promise<Capabilities> {
    return this.#supervisor.start(() => ({
      t: 'load',
      program: this.options.program,
      next: this.store.last + 1,
      ...(this.debugger && { stepwise: true, stepped: this.#stepped }),
      ...this.options.load(),
    }));
  }

  close(): void {
    this.#supervisor.close();
  }

  /** Whether the sandbox stands inside an expression: it evaluates nothing but what is asked of it there. */
  get standing(): boolean {
    return this.#supervisor.standing;
  }

  /** Tells the sandbox the virtual time. */
  setTime(now: number): void {
    this.#supervisor.message({ t: 'time', now });
  }

  /** Tells the sandbox changed signals; a new one is loaded with them. */
  setSignals(signals: LoadMessage['signals']): void {
    this.#supervisor.message({ t: 'signals', signals });
  }

  emit(request: EmitRequest): void {
    const k = ++this.#lastEmission;
    const emission = { ...request, release: false };
    this.#emissions.set(k, emission);
    this.debugger?.emitting(linkOf(emission));
    this.#sendEmission(k, emission);
  }

  /** The event that the run stands before is not handled by its receiver. Throws when there is none. */
  drop(step?: 'next'): { readonly record: EventRecord; readonly d: number } {
    const dropped = this.debugger!.drop(step);
    this.#handled(dropped.record, dropped.d);
    return dropped;
  }

  #sendEmission(k: number, emission: Emission): void {
    const { block, output, json, parent, final = false, debug } = emission;
    if (debug) {
      this.#supervisor.message({
        t: 'debug',
        k,
        json: json.text,
        target: debug.target,
        ancestors: debug.ancestors,
      });
      return;
    }
    emission.release = parent?.held === 0;
    if (parent && emission.release) this.#holds.hold(parent);
    this.#supervisor.send(encodeEmit({ k, parent: parent?.n ?? 0, block, output, final, json: json.text }));
  }

  #sandboxListener(): SupervisorListener {
    return {
      emitted: (parent, d, output, json) => {
        const cause = this.store.get(parent);
        const target = cause && isWaiting(cause, d) ? cause.targets[d] : undefined;
        if (!cause || !target || (this.#effects.size > 0 && this.#effects.has(`${parent}:${d}`)))
          return false;
        const port = this.options.flow.blocks[target[0]]?.outputs[output];
        if (!port) return false;
        const record = this.#record(target[0], output, json ?? cause.json, cause, port.targets, undefined);
        this.#tell(record, false);
        this.#handled(cause, d);
        return true;
      },
      materialised: (k, json) => {
        const emission = this.#emissions.get(k);
        if (!emission) return false;
        this.#emissions.delete(k);
        const record = this.#add(json ? { ...emission, json } : emission);
        this.debugger?.over(workKey({ k }));
        this.debugger?.emitted(linkOf(emission));
        if (emission.parent && emission.release) this.#holds.free(emission.parent);
        if (record.targets.length === 0) this.listener.changed();
        return true;
      },
      effect: (n, d, json) => {
        const record = this.store.get(n);
        const key = `${n}:${d}`;
        if (!record || !isWaiting(record, d) || this.#effects.has(key)) return false;
        let config: unknown;
        try {
          config = JSON.parse(json);
        } catch {
          return false;
        }
        this.#holds.held(record);
        this.#effect(record, d, key, config);
        this.#given.delete(key);
        this.debugger?.over(key);
        this.debugger?.computed(record, d);
        return true;
      },
      failed: (work, error) => this.#failed(work, { sandbox: error }),
      stands: (stands) => this.#stands(stands),
      config: (block, json) => this.values.configured(block, json),
      value: (v, json) => this.values.answered(v, json),
      waits: (work) => {
        const record = 'n' in work ? this.store.get(work.n) : undefined;
        if (record && 'n' in work) this.debugger?.computed(record, work.d);
      },
      log: (level, text, work) => this.listener.log(level, text, work && this.#blockOf(work)),
      overdue: (work) => void this.#failed(work, this.#overdue()),
      replaced: (reason, culprit, suspects) => this.#replaced(reason, culprit, suspects),
      lost: (reason) => this.#lost(reason),
      children: (pids) => this.listener.children(pids),
    };
  }

  #overdue(): Failure {
    return {
      message: `The expression took longer than ${seconds(this.options.deadlineMs)} and was stopped.`,
    };
  }

  /** Failures that no handler gets: its event would have no place either. */
  #overflow(record: EventRecord): void {
    const failure = {
      message:
        'Too many events wait in this debug run. Does the flow feed itself, or does the run stand still?',
      final: true as const,
    };
    for (const [d, [block, input]] of record.targets.entries()) {
      this.listener.failed(block, input, record, failure);
      this.#handled(record, d);
    }
  }

  #add({ block, output, json, parent, debug, mock, front = false, emitted }: EmitRequest): EventRecord {
    const targets = debug ? [debug.target] : this.options.flow.blocks[block]!.outputs[output]!.targets;
    const record = this.#record(block, output, json, parent, targets, mock, debug);
    emitted?.(record);
    this.#tell(record, front);
    return record;
  }

  /** The next event, kept. */
  #record(
    block: number,
    output: number,
    json: EventJson,
    parent: EventRecord | undefined,
    targets: EventRecord['targets'],
    mock: MockSource | undefined,
    debug?: DebugTarget,
  ): EventRecord {
    const { up, above, hops } = debug ? under(debug.ancestors.map(fromAncestor)) : below(parent, toFact);
    const record: EventRecord = {
      n: this.store.last + 1,
      block,
      output,
      parent: parent?.n ?? 0,
      json,
      at: this.#supervisor.time,
      depth: (parent?.depth ?? 0) + 1,
      up,
      above,
      hops,
      targets,
      open: targets.length,
      done: undefined,
      mock,
      held: 0,
    };
    this.store.add(record);
    return record;
  }

  /** Tells of a new event; a debugger lets it go on. */
  #tell(record: EventRecord, front: boolean): void {
    this.listener.event(record);
    if (this.debugger && !this.debugger.added(record, front)) this.#overflow(record);
  }

  #effect(record: EventRecord, d: number, key: string, config: unknown): void {
    const [block, input] = record.targets[d]!;
    const { generation } = this.#holds;
    this.#effects.set(key, { record, d });
    const ended = (): void => {
      this.#effects.delete(key);
      if (generation === this.#holds.generation) this.#holds.free(record);
      this.#handled(record, d);
    };
    this.listener.activate(block, input, record, config).then(ended, (error: unknown) => {
      this.#report(block, input, record, failureOf(error));
      ended();
    });
  }

  #handled(record: EventRecord, d: number): void {
    this.store.handled(record, d);
    if (this.debugger) {
      this.#given.delete(`${record.n}:${d}`);
      this.debugger.over(workKey({ n: record.n, d }));
      this.debugger.handled(record, d);
    }
    if (this.#serial.length > 0 && this.#serial[0]!.record === record && this.#serial[0]!.d === d) {
      this.#serial.shift();
      this.#handOver(this.#serial[0]);
    }
    if (record.open === 0) this.listener.changed();
  }

  #report(block: number, input: number | undefined, record: EventRecord | undefined, failure: Failure): void {
    this.listener.failed(block, input, record, failure);
    if (block >= 0) this.debugger?.failed(block, input, record, failure);
  }

  #failed(work: WorkRef, failure: Failure): boolean {
    if ('config' in work || 'v' in work) return this.values.failed(work, failure);
    if ('k' in work) {
      const emission = this.#emissions.get(work.k);
      if (!emission) return false;
      this.#emissions.delete(work.k);
      if (emission.failed) emission.failed(failure);
      else this.#report(emission.block, undefined, emission.parent, failure);
      this.debugger?.over(workKey(work));
      this.debugger?.emitted(linkOf(emission));
      if (emission.parent && emission.release) this.#holds.free(emission.parent);
      this.listener.changed();
      return true;
    }
    const record = this.store.get(work.n);
    const target = record && isWaiting(record, work.d) ? record.targets[work.d] : undefined;
    if (!record || !target || this.#effects.has(workKey(work))) return false;
    this.#report(target[0], target[1], record, failure);
    this.#handled(record, work.d);
    return true;
  }

  /** False: the sandbox cannot stand there. */
  #stands({ work, armed, ended, frames }: Stands): boolean {
    const { expressions } = this.options.flow;
    const known = frames.every(({ x, site }) => {
      const expression = expressions[x];
      return expression !== undefined && steppedOf(expression)?.sites[site] !== undefined;
    });
    if (!this.debugger || !known) return false;
    const record =
      'n' in work
        ? this.store.get(work.n)
        : 'k' in work
          ? this.#emissions.get(work.k)?.parent
          : 'v' in work
            ? this.values.recordOf(work.v)
            : undefined;
    this.debugger.stands({
      work: workKey(work),
      record,
      block: expressions[frames[0]!.x]!.block,
      port: 'n' in work ? record?.targets[work.d]?.[1] : undefined,
      armed,
      ended,
      frames,
    });
    return true;
  }

  #blockOf(work: WorkRef): number | undefined {
    if ('config' in work) return work.config;
    if ('v' in work) return undefined;
    if ('k' in work) return this.#emissions.get(work.k)?.block;
    return this.store.get(work.n)?.targets[work.d]?.[0];
  }

  /** A new sandbox knows the program and nothing else. */
  #replaced(reason: string, culprit: WorkRef | undefined, suspects: readonly WorkRef[]): void {
    this.#holds.clear();
    this.#serial = [];
    const failure = { message: `The sandbox was ended while this ran: ${reason}.` };
    this.listener.log(
      'warn',
      culprit
        ? `The sandbox was restarted: ${reason}.`
        : `The sandbox was restarted and its work begun again: ${reason}.`,
      undefined,
    );
    if (culprit) this.#failed(culprit, failure);
    const suspected = new Set(suspects.map(workKey));
    this.debugger?.lost();
    this.values.again();
    for (const [k, emission] of this.#emissions) this.#sendEmission(k, emission);
    for (const record of this.store.live) {
      const open = waitingTargets(record).filter((d) => {
        const key = `${record.n}:${d}`;
        return !this.#effects.has(key) && (!this.debugger || this.#given.has(key));
      });
      const serial = open.filter((d) => suspected.has(`${record.n}:${d}`));
      this.#serial.push(...serial.map((d) => ({ record, d })));
      for (const d of open) if (!serial.includes(d)) this.#handOver({ record, d });
    }
    this.#handOver(this.#serial[0]);
  }

  #handOver(delivery: Delivery | undefined): void {
    if (!delivery) return;
    const { record, d } = delivery;
    this.#supervisor.message({ t: 'restore', chain: chainOf(record), deliver: [d] });
    // Only needed until it is in the sandbox's own queue.
    this.#supervisor.send(`F${record.n}\n`);
  }

  #debugger({ stopOnEntry, maxQueue }: NonNullable<EngineOptions['debug']>): Debugger<Failure> {
    const { listener } = this;
    const said = async (asked: Promise<Answer>): Promise<{ text: string; truthy: boolean }> => {
      try {
        const answer = await asked;
        return { text: listener.shown(answer), truthy: answer.truthy };
      } catch (failure) {
        throw new Error(listener.worded(failureOf(failure)), { cause: failure });
      }
    };
    return new Debugger<Failure>({
      flow: this.options.flow,
      stopOnEntry,
      maxQueue,
      maxSize: WAITING_SIZE,
      handOver: (record, d) => {
        this.#given.add(`${record.n}:${d}`);
        this.#handOver({ record, d });
      },
      ask: async (question, record) => said(this.values.ask(question, record, listener.about(record))),
      askInside: async (question) => said(this.values.askInside(0, question)),
      arm: (stepped) => {
        if (stepped.length === 0 && this.#stepped.length === 0) return;
        this.#stepped = stepped;
        this.#supervisor.message({ t: 'stepped', stepped });
        // A sandbox that stands reads the other one when it goes on.
        if (this.#supervisor.standing) this.#supervisor.command({ t: 'stepped', stepped });
      },
      go: (step) => this.#supervisor.go(step),
      log: (level, text, block) => listener.log(level, text, block),
      paused: (stop) => listener.paused(stop),
      resumed: () => listener.resumed(),
      underWay: () => ({
        records: this.store.live,
        emissions: [...this.#emissions.values()].map(linkOf),
      }),
      changed: () => listener.changed(),
    });
  }

  #lost(reason: string): void {
    const failure = { message: `No sandbox can be kept running: ${reason}.` };
    this.listener.log('error', failure.message, undefined);
    this.debugger?.lost();
    this.values.lost(failure);
    for (const k of [...this.#emissions.keys()]) this.#failed({ k }, failure);
    for (const record of this.store.live) {
      for (const d of waitingTargets(record)) this.#failed({ n: record.n, d }, failure);
    }
  }
}

function linkOf({ parent, block }: EmitRequest): Link {
  return { parent: parent?.n ?? 0, block };
}
