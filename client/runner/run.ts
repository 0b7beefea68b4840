/**
 * The life of one run of one flow: puts engine, blocks, time, outlet and history together, begins, notices when nothing is
 * left to do, ends. What people ask meanwhile is for inspector.ts, sender.ts and debugControl.ts.
 */
import { BlockHost } from './blockHost.js';
import { RealClock, VirtualClock, type Clock } from './clock.js';
import { DebugControl } from './debugControl.js';
import type { FlowDefinition } from './definition.js';
import { Engine } from './engine.js';
import { EventJson } from './eventJson.js';
import type { Failure } from './failures.js';
import { fromFlow } from './fromFlow.js';
import { HISTORY_LIMITS, HistoryWriter } from './history.js';
import { eventNumber, runId } from './ids.js';
import { Inspector } from './inspector.js';
import { jsonOf } from './json.js';
import { Outlet } from './outlet.js';
import { toProgram } from './program.js';
import type { Pause, RunInfo, RunnerMethods, RunOptions, RunStatus, StartRequest } from './protocol.js';
import { randomSource } from './random.js';
import { Reporter } from './reporter.js';
import { HEAP_MB } from './sandboxProcess.js';
import { Sender } from './sender.js';
import { Sleeps } from './sleeps.js';
import type { EventRecord } from './store.js';
import { TimeKeeper } from './time.js';
import { Timeouts } from './timeouts.js';
import type { LoadMessage } from './wire.js';

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

/** Characters of a value in a log message of a breakpoint. */
const LOGGED = 10_000;

export class Run {
  readonly id: string;
  /** Where people look at events, send some of their own, and steer the debugger. */
  readonly inspector: Inspector;
  readonly sender: Sender;
  readonly debug: DebugControl;
  readonly #options: typeof DEFAULTS & RunOptions;
  readonly #flow: FlowDefinition;
  readonly #outlet: Outlet<EventRecord>;
  readonly #reporter: Reporter;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #time: TimeKeeper | undefined;
  readonly #sleeps: Sleeps;
  readonly #history: HistoryWriter | undefined;
  readonly #blocks: BlockHost;
  readonly #missing: readonly string[];
  /** By owner's key and signal. */
  #signals: LoadMessage['signals'];
  /** Changes of signals are made one after the other, once the run has begun. */
  #signalling: Promise<unknown> = Promise.resolve();
  readonly #startedAt = Date.now();
  #idleTold = true;
  #idleCheck = false;

  constructor(
    request: StartRequest,
    private readonly dependencies: RunDependencies,
  ) {
    const { insensitive = [], restored = insensitive, signals = {}, secrets } = request;
    this.#options = { ...DEFAULTS, ...request.options };
    const { virtualTime, startTime, seed } = this.#options;
    const random = randomSource(seed);
    const timeouts = new Timeouts();
    this.#clock = virtualTime
      ? new VirtualClock(startTime ?? this.#startedAt, (now) => this.#engine.setTime(now))
      : new RealClock();
    this.id = runId(this.#clock.now(), random);
    const values = new Map(
      restored.flatMap((key) => (Object.hasOwn(secrets, key) ? [[key, secrets[key]!]] : [])),
    );
    this.#flow = fromFlow(request.flowText, request.flowUri, request.mocks && { ...request.mocks, values });
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
        // JSON inside JSON, and three bytes for a character.
        lineLimit: maxPayload * 2 * 3,
      },
      {
        event: (record) => this.#outlet.event(record),
        failed: (block, input, record, failure) => this.#failed(block, input, record, failure),
        activate: (block, input, record, config) => this.#blocks.activate(block, input, record, config),
        log: (level, text, block) => this.#reporter.log(level, text, block),
        children: (pids) => dependencies.children(pids),
        changed: () => this.#changed(),
        paused: (stop) => {
          timeouts.stop();
          this.debug.paused(stop);
        },
        resumed: () => {
          timeouts.goOn();
          dependencies.resumed();
        },
        about: (record) => this.#reporter.about(record),
        shown: ({ value }) => {
          const shown = JSON.parse(this.#outlet.answer(value)) as unknown;
          const text = typeof shown === 'string' ? shown : JSON.stringify(shown);
          return text.length > LOGGED ? `${text.slice(0, LOGGED)}… (${text.length} characters)` : text;
        },
        worded: (failure) => this.#reporter.sentence(failure),
      },
    );
    const { breakpoints = [], failures = 'none', port, answerTimeoutMs } = this.#options;
    this.#engine.debugger?.set(breakpoints, failures);
    this.#sleeps = new Sleeps(this.#clock);
    const parts = {
      runId: this.id,
      flow: this.#flow,
      engine: this.#engine,
      outlet: this.#outlet,
      reporter: this.#reporter,
    };
    this.#blocks = new BlockHost({
      ...parts,
      clock: this.#clock,
      random,
      sleeps: this.#sleeps,
      timeouts,
      port,
      answerTimeoutMs,
      failed: (block, failure) => {
        this.#failed(block, undefined, undefined, failure);
        this.#engine.debugger?.failed(block, undefined, undefined, failure);
      },
      changed: () => this.#changed(),
    });
    const inspector = new Inspector({ ...parts, keepEvents, signals: () => this.#signals });
    this.inspector = inspector;
    this.sender = new Sender({
      ...parts,
      inspector,
      failed: (block, parent, failure) => this.#failed(block, undefined, parent, failure),
    });
    this.debug = new DebugControl({
      ...parts,
      inspector,
      maxPayload,
      paused: (pause) => dependencies.paused(pause),
    });
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
    await this.#blocks.start();
    for (const problem of this.#flow.problems) this.#reporter.log('warn', problem);
    for (const weakness of this.#outlet.weaknesses) this.#reporter.log('warn', weakness);
    this.#reporter.containment(sandbox);
    return this.#outlet.value<RunInfo>({
      runId: this.id,
      flow: this.#flow.file,
      startedAt: this.#startedAt,
      now,
      port: this.#blocks.port,
      endpoints: this.#blocks.endpoints,
      missingSecrets: this.#missing,
      problems: this.#flow.problems,
      sandbox,
    });
  }

  async stop(): Promise<RunStatus> {
    this.#blocks.abort();
    this.#clock.close();
    this.#engine.close();
    await this.#blocks.close();
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

  /** Gives a signal a value, and the blocks that read it in their static configuration what comes of it. */
  async setSignal({ owner, signal, value }: RunnerMethods['setSignal']['params']): Promise<string[]> {
    const restarted = this.#signalling.then(async () => {
      const before = jsonOrNothing(this.#signals[owner]?.[signal]);
      const after = jsonOf(value);
      this.#signals = { ...this.#signals, [owner]: { ...this.#signals[owner], [signal]: value ?? null } };
      this.#engine.setSignals(this.#signals);
      this.#reporter.log('info', `The signal "${signal}" of "${owner}" has a new value.`);
      if (before !== after) this.#engine.debugger?.signalled({ owner, signal, before, after });
      return this.#blocks.restart();
    });
    this.#signalling = restarted.catch(() => undefined);
    return (await restarted).map((name) => this.redact(name));
  }

  #failed(index: number, input: number | undefined, record: EventRecord | undefined, failure: Failure): void {
    this.#reporter.failed(index, input, record, failure);
    const handler = this.#flow.blocks[index]?.errorHandler;
    if (handler !== undefined && record && !('final' in failure)) {
      const json = EventJson.ofText(jsonOf(this.#reporter.errorEvent(index, handler, record, failure)));
      this.#engine.emit({ block: handler, output: 0, json, parent: record });
    }
    this.#changed();
  }

  get #pending(): number {
    return this.#engine.pending + this.#blocks.holds;
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
      if (this.#blocks.holds > 0) this.#blocks.tellQuiet();
      if (this.#pending > 0) return;
      this.#idleTold = true;
      this.#outlet.flush();
      this.dependencies.idle(this.status());
    });
  }
}

function jsonOrNothing(value: unknown): string | undefined {
  return value === undefined ? undefined : jsonOf(value);
}
