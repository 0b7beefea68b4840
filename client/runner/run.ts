/**
 * One run of one flow: puts engine, blocks, time, HTTP listener, outlet and history together, and answers what the parent
 * asks.
 */
import { BlockError, type Activation, type BlockContext, type CoreBlock } from './blocks/block.js';
import { coreBlock, SUPPORTED } from './blocks/index.js';
import { HttpListener } from './blocks/listener.js';
import { PartialClock, RealClock, VirtualClock, type Clock } from './clock.js';
import { blockIndex, type FlowDefinition, type Target } from './definition.js';
import type { Debugger, Step, Stop } from './debugger.js';
import { ancestorsOf, Engine, factsOf, failureOf, parentOf, type Failure } from './engine.js';
import { replaceAt, unmask, valueAt } from './edit.js';
import { fromFlow } from './fromFlow.js';
import { HISTORY_LIMITS, HistoryWriter } from './history.js';
import { eventId, eventNumber, runId } from './ids.js';
import { nearest } from './lineage.js';
import { MockBlock } from './mockBlock.js';
import { Outlet, type RawHead } from './outlet.js';
import { toProgram } from './program.js';
import type {
  DebugEventRequest,
  EmittedEvent,
  Evaluation,
  Inspection,
  Pause,
  RunEvent,
  RunInfo,
  RunnerMethods,
  RunOptions,
  RunStatus,
  StartRequest,
} from './protocol.js';
import { readQuestion } from './question.js';
import { randomSource, uuid, type RandomBytes } from './random.js';
import { Reporter } from './reporter.js';
import { HEAP_MB } from './sandboxProcess.js';
import { Sleeps } from './sleeps.js';
import type { EventFact, EventRecord } from './store.js';
import { Timeouts } from './timeouts.js';
import { isConstant } from './template.js';
import { TimeKeeper } from './time.js';

export interface RunDependencies {
  readonly execPath: string;
  /** dist/sandbox.js */
  readonly sandboxScript: string;
  /** Redacted lines (entryLine.ts). */
  send(runId: string, text: string, skipped: number): void;
  idle(status: RunStatus): void;
  children(pids: readonly number[]): void;
  paused(pause: Pause): void;
  resumed(): void;
}

const DEFAULTS = {
  port: 0,
  deadlineMs: 30_000,
  answerTimeoutMs: 120_000,
  maxPayload: 5_000_000,
  maxDepth: 10_000,
  maxQueue: 100_000,
  sandboxHeapMb: HEAP_MB,
  eventsPerSecond: 1_000,
  keepEvents: 5_000,
} satisfies RunOptions;

/** A block that has been started. */
interface Started {
  readonly core: CoreBlock;
  /** What it waits for. */
  readonly clock: Clock;
  /** JSON of its static configuration; undefined when that could not be evaluated. */
  config: string | undefined;
}

/** Core blocks that begin anew when their configuration has changed. */
const RESTARTED: ReadonlySet<string> = new Set(['schedule', 'httpEndpoint']);
/** Receivers of an event whose configuration is shown. */
const RECEIVERS = 100;
/** Events in the chain of a pause. */
const CHAIN = 1_000;
/** Characters of a value in a log message of a breakpoint. */
const LOGGED = 10_000;

export class Run {
  readonly id: string;
  readonly #options: typeof DEFAULTS & RunOptions;
  readonly #random: RandomBytes;
  readonly #flow: FlowDefinition;
  readonly #outlet: Outlet<EventRecord>;
  readonly #reporter: Reporter;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #time: TimeKeeper | undefined;
  readonly #sleeps: Sleeps;
  readonly #history: HistoryWriter | undefined;
  readonly #listener = new HttpListener();
  readonly #stop = new AbortController();
  readonly #blocks = new Map<number, CoreBlock>();
  readonly #missing: readonly string[];
  /** By owner's key and signal. */
  #signals: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Changes of signals are made one after the other, once the run has begun. */
  #signalling: Promise<unknown> = Promise.resolve();
  readonly #started = new Map<number, Started>();
  #port: number | undefined;
  readonly #startedAt = Date.now();
  readonly #quiet = new Set<() => void>();
  readonly #timeouts = new Timeouts();
  #pauses = 0;
  #holds = 0;
  #idleTold = true;
  #idleCheck = false;

  constructor(
    request: StartRequest,
    private readonly dependencies: RunDependencies,
  ) {
    const { insensitive = [], signals = {}, secrets } = request;
    this.#options = { ...DEFAULTS, ...request.options };
    const { virtualTime, startTime, seed } = this.#options;
    this.#random = randomSource(seed);
    this.#clock = virtualTime
      ? new VirtualClock(startTime ?? this.#startedAt, (now) => this.#engine.setTime(now))
      : new RealClock();
    this.id = runId(this.#clock.now(), this.#random);
    this.#flow = fromFlow(request.flowText, request.flowUri, request.mocks);
    this.#signals = { ...this.#flow.signals, ...signals };
    const program = toProgram(this.#flow);
    const named = Object.fromEntries(
      this.#flow.secretKeys.filter((key) => Object.hasOwn(secrets, key)).map((key) => [key, secrets[key]!]),
    );
    this.#missing = this.#flow.secretKeys.filter((key) => !Object.hasOwn(named, key));
    this.#outlet = new Outlet({
      runId: this.id,
      // All values that are known, also of keys that the flow does not name: masking more costs nothing.
      secrets,
      insensitive,
      eventsPerSecond: this.#options.eventsPerSecond,
      keep: this.#options.keepEvents,
      now: () => this.#clock.now(),
      head: (event) => this.#reporter.head(event),
      line: (lines, seq, event) => this.#reporter.line(lines, seq, event),
      send: (texts, skipped) => dependencies.send(this.id, texts.join('\n'), skipped),
      record: (lines) => this.#history?.write(lines),
    });
    this.#reporter = new Reporter(this.id, this.#flow, program, () => this.#outlet);
    this.#history = this.#openHistory(request.flowUri);
    const { maxPayload, maxDepth, maxQueue, sandboxHeapMb, keepEvents, deadlineMs } = this.#options;
    const { debug = false, stopOnEntry = false } = this.#options;
    this.#engine = new Engine(
      {
        flow: this.#flow,
        program,
        load: () => ({
          secrets: named,
          missing: this.#missing,
          signals: this.#signals,
          limits: { payload: maxPayload, depth: maxDepth, queue: maxQueue },
          ...(virtualTime && { now: this.#clock.now() }),
          ...(seed !== undefined && { seed }),
        }),
        keepEvents,
        ...(debug && { debug: { stopOnEntry, maxQueue } }),
        execPath: dependencies.execPath,
        script: dependencies.sandboxScript,
        heapMb: sandboxHeapMb,
        maxRss: sandboxHeapMb * 2 * 2 ** 20,
        deadlineMs,
        lineLimit: maxPayload * 2,
      },
      {
        event: (record) => this.#outlet.event(record),
        failed: (block, input, record, failure) => this.#failed(block, input, record, failure),
        activate: (block, input, record, config) => this.#activate(block, input, record, config),
        log: (level, text, block) => this.#reporter.log(level, text, block),
        children: (pids) => dependencies.children(pids),
        changed: () => this.#changed(),
        paused: (stop) => this.#paused(stop),
        resumed: () => {
          this.#timeouts.goOn();
          dependencies.resumed();
        },
        about: (record) => {
          const { block, output } = this.#reporter.head(record);
          return { id: eventId(this.id, record.n), block, ...(output !== undefined && { output }) };
        },
        shown: ({ value }) => {
          const shown = JSON.parse(this.#outlet.answer(value)) as unknown;
          const text = typeof shown === 'string' ? shown : JSON.stringify(shown);
          return text.length > LOGGED ? `${text.slice(0, LOGGED)}… (${text.length} characters)` : text;
        },
        worded: (failure) => this.#sentence(failure),
      },
    );
    const { breakpoints = [], failures = 'none' } = this.#options;
    this.#engine.debugger?.set(breakpoints, failures);
    this.#sleeps = new Sleeps(this.#clock);
    this.#time =
      this.#clock instanceof VirtualClock
        ? new TimeKeeper({
            clock: this.#clock,
            quiet: () => this.#engine.pending === this.#sleeps.size,
            sleeping: () => this.#sleeps.size,
            horizonReached: () =>
              this.#reporter.log(
                'warn',
                'A week of virtual time has passed; time stands still from here on.',
              ),
          })
        : undefined;
  }

  /** Throws with a text for people when the flow cannot be started at all. */
  async start(): Promise<RunInfo> {
    const info = this.#begin();
    this.#signalling = info.catch(() => undefined);
    return info;
  }

  async #begin(): Promise<RunInfo> {
    const now = this.#clock.now();
    const sandbox = await this.#engine.start();
    await Promise.all(this.#flow.blocks.map((_, index) => this.#startBlock(index)));
    await this.#listen();
    for (const problem of this.#flow.problems) this.#reporter.log('warn', problem);
    for (const weakness of this.#outlet.weaknesses) this.#reporter.log('warn', weakness);
    this.#reporter.containment(sandbox);
    return this.#outlet.value<RunInfo>({
      runId: this.id,
      flow: this.#flow.file,
      startedAt: this.#startedAt,
      now,
      port: this.#port,
      endpoints: this.#listener.endpoints,
      missingSecrets: this.#missing,
      problems: this.#flow.problems,
      sandbox,
    });
  }

  async stop(): Promise<RunStatus> {
    this.#stop.abort();
    this.#clock.close();
    this.#engine.close();
    await this.#listener.close();
    this.#outlet.flush();
    const status = this.status();
    this.#history?.end(status, this.#clock.now());
    return status;
  }

  /** Makes any text that leaves the process safe to read. */
  redact(text: string): string {
    return this.#outlet.text(text);
  }

  status(): RunStatus {
    return {
      events: this.#engine.store.last,
      failures: this.#reporter.failures,
      pending: this.#pending,
      sleeping: this.#sleeps.size,
      now: this.#clock.now(),
      leaks: this.#outlet.leaks,
      skipped: this.#outlet.skipped,
    };
  }

  events({ after = 0, limit = 1_000 }: RunnerMethods['events']['params']): readonly RunEvent[] {
    return this.#outlet.since(after, limit);
  }

  /** The event with all its data; undefined when it is no longer kept. */
  event(id: string): EmittedEvent | undefined {
    const record = this.#record(id);
    if (!record) return undefined;
    const head = this.#named(this.#outlet.value(this.#reporter.head(record)));
    return { kind: 'event', seq: 0, ...head, data: this.#outlet.json(record.json) };
  }

  /** Numbers of events to ids. */
  #named({ n, parent, ...head }: RawHead): Omit<EmittedEvent, 'kind' | 'seq' | 'data'> {
    const from = parent === undefined ? {} : { parent: eventId(this.id, parent) };
    return { id: eventId(this.id, n), ...head, ...from };
  }

  /** The event from all sides; undefined when it is no longer kept. */
  async inspect(id: string): Promise<Inspection | undefined> {
    const record = this.#record(id);
    const event = record && this.event(id);
    if (!event) return undefined;
    const previous = this.#engine.store.get(record.parent) ?? parentOf(record);
    const outputs: Record<string, string> = {};
    for (const { block, json } of factsOf(record)) {
      const { key } = this.#flow.blocks[block]!;
      // Of blocks that share a key, expressions see the nearest.
      outputs[key] ??= this.#outlet.json(json);
    }
    const receivers = await this.#engine.during(record, () =>
      Promise.all(record.targets.slice(0, RECEIVERS).map(async (target) => this.#receiver(record, target))),
    );
    return {
      event,
      ...(previous && { previous: this.#outlet.json(previous.json) }),
      outputs,
      signals: Object.fromEntries(
        Object.entries(this.#signals).map(([owner, signals]) => [
          this.#outlet.text(owner),
          this.#outlet.json(jsonOf(signals)),
        ]),
      ),
      secrets: this.#flow.secretKeys,
      receivers,
    };
  }

  async #receiver(record: EventRecord, [index, at]: Target): Promise<Inspection['receivers'][number]> {
    const { name, inputs } = this.#flow.blocks[index]!;
    const { key, config } = inputs[at]!;
    const receiver = this.#outlet.value({ block: name, input: key });
    try {
      const value = await this.#engine.look(config, record);
      return { ...receiver, config: this.#outlet.json(jsonOf(value)) };
    } catch (failure) {
      return { ...receiver, error: this.#outlet.value(this.#reporter.worded(failureOf(failure))) };
    }
  }

  /** What a person's expression gives with `outputs`, `previous` and `event` as receivers of the event see them. */
  async evaluate({ id, expression }: RunnerMethods['evaluate']['params']): Promise<Evaluation> {
    const question = readQuestion(expression);
    const record = this.#record(id);
    if (!record) {
      throw new Error(
        `This event is not kept any more (of a run, ${this.#options.keepEvents} events are), so nothing can be evaluated for it.`,
      );
    }
    try {
      const { value, type } = await this.#engine.ask(question, record);
      return { value: this.#outlet.answer(value), type: this.#outlet.text(type) };
    } catch (failure) {
      throw new Error(this.#sentence(failureOf(failure)), { cause: failure });
    }
  }

  #sentence(failure: Failure): string {
    const { name, message } = this.#reporter.worded(failure);
    return name === 'Error' ? message : `${name}: ${message}`;
  }

  get #debugger(): Debugger<Failure> {
    const { debugger: found } = this.#engine;
    if (!found)
      throw new Error('This run was not started for debugging (option `debug`), so it cannot be paused.');
    return found;
  }

  setBreakpoints({
    breakpoints,
    failures,
  }: RunnerMethods['setBreakpoints']['params']): RunnerMethods['setBreakpoints']['result'] {
    const problems = this.#debugger.set(breakpoints, failures);
    return {
      breakpoints: breakpoints.map(({ id }, i) => {
        const problem = problems[i];
        return {
          id,
          verified: problem === undefined,
          ...(problem !== undefined && { message: this.redact(problem) }),
        };
      }),
    };
  }

  pause(): void {
    this.#debugger.pause();
  }

  resume(step?: Step): void {
    this.#debugger.resume(step);
  }

  drop(step?: 'next'): void {
    if (!this.#debugger.stop) throw new Error('The run does not stand still.');
    const { record, d } = this.#engine.drop(step);
    this.#reporter.activity(
      record.targets[d]![0],
      'dropped in the debugger: the block has not handled this event',
      record,
    );
  }

  /** Changes the data of the event that the run stands before; gives all of it, redacted. */
  setData({ path, value }: RunnerMethods['setData']['params']): RunnerMethods['setData']['result'] {
    const { record, d } = this.#debugger.heldDelivery();
    const inner = JSON.parse(this.#unmasked(value, record, path)) as unknown;
    const data = jsonOf(replaceAt(JSON.parse(record.json), path, inner));
    const { maxPayload } = this.#options;
    if (data.length > maxPayload)
      throw new Error(`The event would have ${data.length} characters as JSON; the limit is ${maxPayload}.`);
    this.#engine.store.change(record, data);
    this.#reporter.activity(
      record.targets[d]![0],
      'the data of this event was changed in the debugger',
      record,
    );
    return { data: this.#outlet.json(data) };
  }

  /** JSON of what a person makes of an event's data at a path; what was shown masked and is left so keeps its value. */
  #unmasked(edited: unknown, record: EventRecord, path: readonly (string | number)[]): string {
    const original = valueAt(JSON.parse(record.json), path);
    const shown = JSON.parse(this.#outlet.json(jsonOf(original))) as unknown;
    return jsonOf(unmask(edited, original, shown));
  }

  #paused(stop: Stop<Failure>): void {
    this.#timeouts.stop();
    const { at, reason, record, block: index, port, breakpoints, failure } = stop;
    const { name, inputs, outputs } = this.#flow.blocks[index]!;
    const key = port === undefined ? undefined : (at === 'output' ? outputs : inputs)[port]?.key;
    const pause: Pause = {
      number: ++this.#pauses,
      reason,
      at,
      block: name,
      ...(key !== undefined && (at === 'output' ? { output: key } : { input: key })),
      breakpoints,
      ...(failure && { error: this.#reporter.worded(failure) }),
      chain: this.#chain(record),
    };
    // What led to it is told first.
    this.#outlet.flush();
    this.dependencies.paused(this.#outlet.value(pause));
  }

  /** The event and its causes, as far as they are kept. */
  #chain(record: EventRecord): Pause['chain'] {
    const chain: Pause['chain'][number][] = [];
    for (
      let at: EventRecord | undefined = record;
      at && chain.length < CHAIN;
      at = this.#engine.store.get(at.parent) ?? at.up
    ) {
      chain.push({ kind: 'event', seq: 0, ...this.#named(this.#reporter.head(at)) });
    }
    return chain;
  }

  skipSleep(id?: string): number {
    return this.#sleeps.skip(id === undefined ? undefined : (eventNumber(this.id, id) ?? -1));
  }

  async advance({ to, milliseconds = 0 }: RunnerMethods['advance']['params']): Promise<number> {
    if (!this.#time) throw new Error('Time can only be moved in a run with virtual time.');
    if (this.#engine.debugger?.stop)
      throw new Error('Time stands still while the run stands in the debugger. Let it go on first.');
    await this.#time.advanceTo(to ?? this.#clock.now() + milliseconds);
    return this.#clock.now();
  }

  async debugEvent({
    block: name,
    input,
    output,
    data,
    ancestors = {},
  }: DebugEventRequest): Promise<{ id: string }> {
    const index = this.#blockNamed(name);
    const block = this.#flow.blocks[index]!;
    const json = jsonOf(data);
    if (output !== undefined || (input === undefined && block.inputs.length === 0)) {
      const found = output === undefined ? 0 : block.outputs.findIndex(({ key }) => key === output);
      if (!block.outputs[found]) {
        const which = output === undefined ? 'to emit on' : `"${output}"`;
        throw new Error(`Block "${name}" has no output ${which}. It has ${list(block.outputs)}.`);
      }
      return this.#emit({ block: index, output: found, json });
    }
    const key =
      input ?? (block.inputs.find((candidate) => candidate.key === 'default') ?? block.inputs[0])?.key;
    const found = block.inputs.findIndex((candidate) => candidate.key === key);
    if (found < 0)
      throw new Error(`Block "${name}" has no input "${key ?? 'default'}". It has ${list(block.inputs)}.`);
    const known = Object.entries(ancestors).map(([ancestor, value]) => ({
      block: this.#blockNamed(ancestor),
      json: jsonOf(value),
    }));
    return this.#emit({ block: -1, output: 0, json, debug: { target: [index, found], ancestors: known } });
  }

  async reEmit({ id, data }: RunnerMethods['reEmit']['params']): Promise<{ id: string }> {
    const record = this.#record(id);
    if (!record) throw new Error('This event is not kept any more, so it cannot be emitted again.');
    const json = data === undefined ? record.json : this.#unmasked(data, record, []);
    // Where the run stands, somebody has gone back to try again: that comes next.
    const front = this.#engine.debugger?.stop !== undefined;
    if (record.block < 0) {
      const debug = { target: record.targets[0]!, ancestors: ancestorsOf(record) };
      return this.#emit({ block: -1, output: 0, json, debug, front });
    }
    const parent = this.#engine.store.get(record.parent) ?? parentOf(record);
    return this.#emit({ block: record.block, output: record.output, json, parent, final: true, front });
  }

  async #emit(request: Omit<Parameters<Engine['emit']>[0], 'emitted' | 'failed'>): Promise<{ id: string }> {
    return new Promise((resolve, reject) => {
      this.#engine.emit({
        ...request,
        emitted: ({ n }) => resolve({ id: eventId(this.id, n) }),
        failed: (failure) => {
          this.#failed(request.block, undefined, request.parent, failure);
          reject(new Error(this.#reporter.worded(failure).message));
        },
      });
    });
  }

  #openHistory(flowUri: string): HistoryWriter | undefined {
    const { historyFolder } = this.#options;
    if (historyFolder === undefined) return undefined;
    const head = this.#outlet.value({
      kind: 'run' as const,
      runId: this.id,
      flow: this.#flow.file,
      flowUri,
      startedAt: this.#startedAt,
      pid: process.pid,
    });
    return new HistoryWriter(historyFolder, head, HISTORY_LIMITS, (reason) =>
      this.#reporter.log('warn', `The history of this run cannot be written (${reason}).`),
    );
  }

  async #startBlock(index: number): Promise<void> {
    const { type } = this.#flow.blocks[index]!;
    const mock = this.#flow.mocks.get(index);
    const core: CoreBlock | undefined = mock
      ? new MockBlock(mock)
      : type.kind === 'core'
        ? coreBlock(type.name)
        : undefined;
    if (!core) return;
    this.#blocks.set(index, core);
    if (!core.start) return;
    const started: Started = { core, clock: new PartialClock(this.#clock), config: undefined };
    this.#started.set(index, started);
    try {
      const config = await this.#engine.config(index);
      started.config = jsonOf(config);
      await core.start(this.#context(index, config, started.clock));
    } catch (error) {
      this.#failed(index, undefined, undefined, failureOf(error));
    }
  }

  /** Gives a signal a value, and the blocks that read it in their static configuration what comes of it. */
  async setSignal({ owner, signal, value }: RunnerMethods['setSignal']['params']): Promise<string[]> {
    const restarted = this.#signalling.then(async () => {
      this.#signals = { ...this.#signals, [owner]: { ...this.#signals[owner], [signal]: value ?? null } };
      this.#engine.setSignals(this.#signals);
      this.#reporter.log('info', `The signal "${signal}" of "${owner}" has a new value.`);
      const names: string[] = [];
      for (const [index, started] of this.#started)
        if (await this.#restartBlock(index, started)) names.push(this.#flow.blocks[index]!.name);
      return names;
    });
    this.#signalling = restarted.catch(() => undefined);
    return (await restarted).map((name) => this.redact(name));
  }

  /** Whether its configuration has come out otherwise than before, so that it has begun anew. */
  async #restartBlock(index: number, started: Started): Promise<boolean> {
    const { core, clock } = started;
    const { name, type, config: template } = this.#flow.blocks[index]!;
    if (isConstant(template)) return false;
    try {
      const config = await this.#engine.config(index);
      const json = jsonOf(config);
      if (json === started.config) return false;
      started.config = json;
      if (type.kind !== 'core' || !RESTARTED.has(type.name)) {
        this.#reporter.log('warn', 'Its configuration has changed; it holds from the next run on.', index);
        return false;
      }
      clock.close();
      this.#listener.remove(name);
      await core.start!(this.#context(index, config, clock));
      await this.#listen();
      this.#reporter.activity(index, 'begun anew: a signal in its configuration has changed');
      return true;
    } catch (error) {
      this.#failed(index, undefined, undefined, failureOf(error));
      return false;
    }
  }

  async #listen(): Promise<void> {
    if (this.#listener.needed) this.#port ??= await this.#listener.listen(this.#options.port);
  }

  #context(index: number, config: unknown, clock: Clock): BlockContext {
    const block = this.#flow.blocks[index]!;
    return {
      index,
      block,
      config,
      listener: this.#listener,
      answerTimeoutMs: this.#options.answerTimeoutMs,
      clock,
      uuid: () => uuid(this.#random),
      emit: (output, data, emitted) => {
        const request = { block: index, output: outputIndex(block, output), json: jsonOf(data) };
        this.#engine.emit({ ...request, ...(emitted && { emitted }) });
      },
      activity: (text, event) => this.#reporter.activity(index, text, event),
      after: (milliseconds, act) => this.#timeouts.after(milliseconds, act),
      hold: () => {
        this.#holds++;
        let held = true;
        return () => {
          if (held) this.#holds--;
          held = false;
          this.#changed();
        };
      },
      onQuiet: (listener) => void this.#quiet.add(listener),
    };
  }

  async #activate(index: number, input: number, event: EventRecord, config: unknown): Promise<void> {
    const block = this.#flow.blocks[index]!;
    const core = this.#blocks.get(index);
    if (!core?.activate) throw new BlockError(unsupported(block.type));
    const emit: Activation['emit'] = (output, data, mock) => {
      this.#engine.emit({
        block: index,
        output: outputIndex(block, output),
        json: jsonOf(data),
        parent: event,
        mock,
      });
    };
    await core.activate({
      index,
      block,
      input: block.inputs[input]!.key,
      event,
      config,
      signal: this.#stop.signal,
      own: nearest<EventRecord, EventFact>(event, (block) => block === index),
      emit,
      pass: (output) => {
        this.#engine.emit({
          block: index,
          output: outputIndex(block, output),
          json: event.json,
          parent: event,
        });
      },
      activity: (text) => this.#reporter.activity(index, text, event),
      evaluate: (template) => this.#engine.evaluate(template, event, jsonOf(config)),
      sleep: (milliseconds) => {
        const wait = this.#sleeps.wait(event.n, milliseconds);
        this.#changed();
        return wait;
      },
    });
  }

  #failed(index: number, input: number | undefined, record: EventRecord | undefined, failure: Failure): void {
    this.#reporter.failed(index, input, record, failure);
    const handler = this.#flow.blocks[index]?.errorHandler;
    if (handler !== undefined && record && !('final' in failure)) {
      const json = jsonOf(this.#reporter.errorEvent(index, handler, record, failure));
      this.#engine.emit({ block: handler, output: 0, json, parent: record });
    }
    this.#changed();
  }

  get #pending(): number {
    return this.#engine.pending + this.#holds;
  }

  #changed(): void {
    this.#idleTold = false;
    const waits = this.#time ? this.#sleeps.size : 0;
    if (this.#engine.pending > waits || this.#idleCheck) return;
    // Not at once: what has just ended may begin something else.
    this.#idleCheck = true;
    setImmediate(() => {
      this.#idleCheck = false;
      if (this.#time?.settle()) {
        this.#changed();
        return;
      }
      if (this.#engine.pending > 0 || this.#idleTold) return;
      if (this.#holds > 0) for (const listener of this.#quiet) listener();
      if (this.#pending > 0) return;
      this.#idleTold = true;
      this.#outlet.flush();
      this.dependencies.idle(this.status());
    });
  }

  #blockNamed(name: string): number {
    const index = blockIndex(this.#flow, name);
    if (index === undefined) throw new Error(`No block of this flow is called "${name}".`);
    return index;
  }

  #record(id: string): EventRecord | undefined {
    const n = eventNumber(this.id, id);
    return n === undefined ? undefined : this.#engine.store.get(n);
  }
}

function outputIndex(block: FlowDefinition['blocks'][number], key: string): number {
  const index = block.outputs.findIndex((output) => output.key === key);
  if (index < 0) throw new BlockError(`Block "${block.name}" has no output "${key}".`);
  return index;
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value ?? null);
}

function list(items: readonly { readonly key: string }[]): string {
  return items.length === 0 ? 'none' : items.map(({ key }) => `"${key}"`).join(', ');
}

function unsupported(type: FlowDefinition['blocks'][number]['type']): string {
  switch (type.kind) {
    case 'core':
      return `The core block "${type.name}" cannot be run here. Supported: ${SUPPORTED.join(', ')}. A mocks file can say what it emits instead.`;
    case 'app':
      return `Nothing stands in for "${type.block}" of "${type.installation}": the block has no schema, and no mocks file names it.`;
    case 'none':
      return 'The block has no type, so there is nothing to run. Add `type: coreBlock: …` or `type: appBlock: …`.';
  }
}
