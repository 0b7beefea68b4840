/**
 * One run of one flow: puts engine, blocks, HTTP listener and outlet together, and answers what the parent asks. Words of
 * failures, names and ids are made here; what is said leaves through the outlet only.
 */
import { BlockError, type Activation, type BlockContext, type CoreBlock } from './blocks/block.js';
import { coreBlock, SUPPORTED } from './blocks/index.js';
import { HttpListener } from './blocks/listener.js';
import { blockIndex, type FlowDefinition } from './definition.js';
import { ancestorsOf, Engine, type Failure } from './engine.js';
import { toRunError } from './failures.js';
import { fromFlow } from './fromFlow.js';
import { eventId, eventNumber, runId } from './ids.js';
import { emittedBy } from './lineage.js';
import { Outlet } from './outlet.js';
import { toProgram, type Program } from './program.js';
import type {
  Capabilities,
  DebugEventRequest,
  EmittedEvent,
  EndpointInfo,
  LogLevel,
  RunError,
  RunEvent,
  RunInfo,
  RunnerMethods,
  RunStatus,
  StartRequest,
} from './protocol.js';
import { Sleeps } from './sleeps.js';
import type { EventRecord } from './store.js';

export interface RunDependencies {
  readonly execPath: string;
  /** dist/sandbox.js */
  readonly sandboxScript: string;
  send(events: readonly RunEvent[], skipped: number): void;
  idle(status: RunStatus): void;
  children(pids: readonly number[]): void;
}

const DEFAULTS = {
  port: 0,
  deadlineMs: 30_000,
  answerTimeoutMs: 120_000,
  maxPayload: 5_000_000,
  maxDepth: 10_000,
  maxQueue: 100_000,
  sandboxHeapMb: 256,
  eventsPerSecond: 4_000,
  keepEvents: 20_000,
};

export class Run {
  readonly id: string;
  readonly #options: typeof DEFAULTS;
  readonly #flow: FlowDefinition;
  readonly #program: Program;
  readonly #outlet: Outlet;
  readonly #engine: Engine;
  readonly #listener = new HttpListener();
  readonly #sleeps = new Sleeps();
  readonly #stop = new AbortController();
  readonly #blocks = new Map<number, CoreBlock>();
  readonly #missing: readonly string[];
  readonly #startedAt = Date.now();
  readonly #quiet = new Set<() => void>();
  #holds = 0;
  #failures = 0;
  #idleTold = true;
  #idleCheck = false;

  constructor(
    request: StartRequest,
    private readonly dependencies: RunDependencies,
  ) {
    const { options = {}, insensitive = [], signals = {} } = request;
    this.#options = { ...DEFAULTS, ...options };
    this.id = runId(this.#startedAt);
    this.#flow = fromFlow(request.flowText, request.flowUri);
    this.#program = toProgram(this.#flow);
    const secrets = Object.fromEntries(
      this.#flow.secretKeys
        .filter((key) => Object.hasOwn(request.secrets, key))
        .map((key) => [key, request.secrets[key]!]),
    );
    this.#missing = this.#flow.secretKeys.filter((key) => !Object.hasOwn(secrets, key));
    const { eventsPerSecond, keepEvents, maxPayload, maxDepth, maxQueue, sandboxHeapMb, deadlineMs } =
      this.#options;
    this.#outlet = new Outlet({
      // All values that are known, also of keys that the flow does not name: masking more costs nothing.
      secrets: request.secrets,
      insensitive,
      eventsPerSecond,
      keep: keepEvents,
      now: Date.now,
      send: (events, skipped) => dependencies.send(events, skipped),
    });
    this.#engine = new Engine(
      {
        flow: this.#flow,
        program: this.#program,
        load: {
          secrets,
          missing: this.#missing,
          signals,
          limits: { payload: maxPayload, depth: maxDepth, queue: maxQueue },
        },
        keepEvents,
        execPath: dependencies.execPath,
        script: dependencies.sandboxScript,
        heapMb: sandboxHeapMb,
        maxRss: sandboxHeapMb * 2 * 2 ** 20,
        deadlineMs,
        lineLimit: maxPayload * 2,
      },
      {
        event: (record) => this.#outlet.add(this.#entry(record)),
        failed: (block, input, record, failure) => this.#failed(block, input, record, failure),
        activate: (block, input, record, config) => this.#activate(block, input, record, config),
        log: (level, text, block) => this.#log(level, text, block),
        children: (pids) => dependencies.children(pids),
        changed: () => this.#changed(),
      },
    );
  }

  /** Throws with a text for people when the flow cannot be started at all. */
  async start(): Promise<RunInfo> {
    const sandbox = await this.#engine.start();
    await Promise.all(this.#flow.blocks.map((_, index) => this.#startBlock(index)));
    let port: number | undefined;
    if (this.#listener.routes.length > 0) port = await this.#listener.listen(this.#options.port);
    for (const problem of this.#flow.problems) this.#log('warn', problem);
    for (const weakness of this.#outlet.weaknesses) this.#log('warn', weakness);
    this.#logContainment(sandbox);
    return this.#outlet.value<RunInfo>({
      runId: this.id,
      flow: this.#flow.file,
      startedAt: this.#startedAt,
      port,
      endpoints: this.#endpoints(),
      missingSecrets: this.#missing,
      problems: this.#flow.problems,
      sandbox,
    });
  }

  async stop(): Promise<RunStatus> {
    this.#stop.abort();
    this.#sleeps.close();
    this.#engine.close();
    await this.#listener.close();
    this.#outlet.flush();
    return this.status();
  }

  /** Makes any text that leaves the process safe to read. */
  redact(text: string): string {
    return this.#outlet.text(text);
  }

  status(): RunStatus {
    return {
      events: this.#engine.store.last,
      failures: this.#failures,
      pending: this.#pending,
      sleeping: this.#sleeps.size,
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
    return record && { seq: 0, ...this.#entry(record), data: this.#outlet.json(record.json) };
  }

  skipSleep(id?: string): number {
    return this.#sleeps.skip(id === undefined ? undefined : (eventNumber(this.id, id) ?? -1));
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
      if (!block.outputs[found])
        throw new Error(
          `Block "${name}" has no output ${output === undefined ? 'to emit on' : `"${output}"`}. It has ${list(block.outputs)}.`,
        );
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
    const json = data === undefined ? record.json : jsonOf(data);
    if (record.block < 0) {
      return this.#emit({
        block: -1,
        output: 0,
        json,
        debug: { target: record.targets[0]!, ancestors: ancestorsOf(record) },
      });
    }
    const parent = this.#engine.store.get(record.parent) ?? record.lineage?.next?.event;
    return this.#emit({ block: record.block, output: record.output, json, parent, final: true });
  }

  async #emit(request: Omit<Parameters<Engine['emit']>[0], 'emitted' | 'failed'>): Promise<{ id: string }> {
    return new Promise((resolve, reject) => {
      this.#engine.emit({
        ...request,
        emitted: ({ n }) => resolve({ id: eventId(this.id, n) }),
        failed: (failure) => {
          this.#failed(request.block, undefined, request.parent, failure);
          reject(new Error(this.#worded(failure).message));
        },
      });
    });
  }

  async #startBlock(index: number): Promise<void> {
    const { type } = this.#flow.blocks[index]!;
    const core = type.kind === 'core' ? coreBlock(type.name) : undefined;
    if (!core) return;
    this.#blocks.set(index, core);
    if (!core.start) return;
    try {
      await core.start(this.#context(index, await this.#engine.config(index)));
    } catch (error) {
      this.#failed(
        index,
        undefined,
        undefined,
        isFailure(error) ? error : { message: (error as Error).message },
      );
    }
  }

  #context(index: number, config: unknown): BlockContext {
    const block = this.#flow.blocks[index]!;
    return {
      index,
      block,
      config,
      listener: this.#listener,
      answerTimeoutMs: this.#options.answerTimeoutMs,
      emit: (output, data, emitted) => {
        this.#engine.emit({
          block: index,
          output: outputIndex(block, output),
          json: jsonOf(data),
          ...(emitted && { emitted }),
        });
      },
      activity: (text, event) => this.#activity(index, text, event),
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
    const emit = (output: string, json: string): void => {
      this.#engine.emit({ block: index, output: outputIndex(block, output), json, parent: event });
    };
    const activation: Activation = {
      index,
      block,
      input: block.inputs[input]!.key,
      event,
      config,
      signal: this.#stop.signal,
      own: emittedBy(event.lineage, index),
      emit: (output, data) => emit(output, jsonOf(data)),
      pass: (output) => emit(output, event.json),
      activity: (text) => this.#activity(index, text, event),
      sleep: (milliseconds) => this.#sleeps.wait(event.n, milliseconds),
    };
    await core.activate(activation);
  }

  #entry(record: EventRecord): {
    kind: 'event';
    id: string;
    block: string;
    data: string;
    output?: string;
    input?: string;
    parent?: string;
    at: number;
  } {
    const { n, block, output, parent, json, at, targets } = record;
    const common = { kind: 'event' as const, id: eventId(this.id, n), data: json, at };
    if (block < 0) {
      const [index, input] = targets[0]!;
      const target = this.#flow.blocks[index]!;
      return { ...common, block: target.name, input: target.inputs[input]!.key };
    }
    const { name, outputs } = this.#flow.blocks[block]!;
    return {
      ...common,
      block: name,
      output: outputs[output]!.key,
      ...(parent > 0 && { parent: eventId(this.id, parent) }),
    };
  }

  #failed(index: number, input: number | undefined, record: EventRecord | undefined, failure: Failure): void {
    this.#failures++;
    const block = this.#flow.blocks[index];
    const error = this.#worded(failure);
    const handler = block?.errorHandler === undefined ? undefined : this.#flow.blocks[block.errorHandler];
    const key = input === undefined ? undefined : block?.inputs[input]?.key;
    this.#outlet.add({
      kind: 'failed',
      block: block?.name ?? '',
      error,
      ...(key !== undefined && { input: key }),
      ...(record && { event: eventId(this.id, record.n) }),
      ...(handler && { handler: handler.name }),
    });
    this.#changed();
  }

  #worded(failure: Failure): RunError {
    return 'sandbox' in failure
      ? toRunError(this.#flow, this.#program, failure.sandbox)
      : { name: 'Error', message: failure.message, stack: [] };
  }

  #activity(index: number, text: string, event?: EventRecord): void {
    this.#outlet.add({
      kind: 'activity',
      block: this.#flow.blocks[index]!.name,
      text,
      ...(event && { event: eventId(this.id, event.n) }),
    });
  }

  #log(level: LogLevel, text: string, block?: number): void {
    const name = block === undefined ? undefined : this.#flow.blocks[block]?.name;
    this.#outlet.add({ kind: 'log', level, text, ...(name !== undefined && { block: name }) });
  }

  #logContainment({ node, permissions, noCodeFromStrings, emptyEnvironment }: Capabilities): void {
    const missing = [
      ...(permissions
        ? []
        : ['no permission model: files and child processes are not denied by the runtime']),
      ...(noCodeFromStrings ? [] : ['code from strings is not denied by the runtime']),
      ...(emptyEnvironment ? [] : ['its environment is not empty']),
    ];
    if (missing.length > 0)
      this.#log(
        'warn',
        `The sandbox (Node ${node}) is contained less than it could be: ${missing.join('; ')}. See docs/security.md.`,
      );
  }

  #endpoints(): EndpointInfo[] {
    return this.#listener.routes.map(({ block, methods, path }) => ({
      block,
      methods,
      path,
      url: this.#listener.address + path,
    }));
  }

  get #pending(): number {
    return this.#engine.pending + this.#holds;
  }

  #changed(): void {
    this.#idleTold = false;
    if (this.#engine.pending > 0 || this.#idleCheck) return;
    // Not at once: what has just ended may begin something else.
    this.#idleCheck = true;
    setImmediate(() => {
      this.#idleCheck = false;
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

function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'sandbox' in value;
}

function list(items: readonly { readonly key: string }[]): string {
  return items.length === 0 ? 'none' : items.map(({ key }) => `"${key}"`).join(', ');
}

function unsupported(type: FlowDefinition['blocks'][number]['type']): string {
  switch (type.kind) {
    case 'core':
      return `The core block "${type.name}" cannot be run here yet. Supported: ${SUPPORTED.join(', ')}.`;
    case 'app':
      return `App blocks cannot be run here yet ("${type.block}" of "${type.installation}").`;
    case 'none':
      return 'The block has no type, so there is nothing to run. Add `type: coreBlock: …` or `type: appBlock: …`.';
  }
}
