/** The blocks of a run that do more than compute: how they start, begin anew, and handle events, with what they need for it. */
import { BlockError, type Activation, type BlockContext, type CoreBlock } from './blocks/block.js';
import { coreBlock, SUPPORTED } from './blocks/index.js';
import { HttpListener } from './blocks/listener.js';
import { PartialClock, type Clock } from './clock.js';
import type { FlowDefinition } from './definition.js';
import type { Engine } from './engine.js';
import { EventJson } from './eventJson.js';
import { failureOf, type Failure } from './failures.js';
import { jsonOf } from './json.js';
import { nearest } from './lineage.js';
import { MockBlock } from './mockBlock.js';
import type { EndpointInfo } from './protocol.js';
import { uuid, type RandomBytes } from './random.js';
import type { Reporter } from './reporter.js';
import type { Sleeps } from './sleeps.js';
import type { EventFact, EventRecord } from './store.js';
import { isConstant } from './template.js';
import type { Timeouts } from './timeouts.js';

export interface BlockHostOptions {
  readonly flow: FlowDefinition;
  readonly engine: Engine;
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly sleeps: Sleeps;
  readonly timeouts: Timeouts;
  /** To listen on; 0: any that is free. */
  readonly port: number;
  readonly answerTimeoutMs: number;
  /** A block could not be started. */
  readonly failed: (block: number, failure: Failure) => void;
  /** Something began or ended. */
  readonly changed: () => void;
}

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

export class BlockHost {
  readonly #listener = new HttpListener();
  readonly #stop = new AbortController();
  readonly #blocks = new Map<number, CoreBlock>();
  readonly #started = new Map<number, Started>();
  readonly #quiet = new Set<() => void>();
  #port: number | undefined;
  #holds = 0;

  constructor(private readonly options: BlockHostOptions) {}

  /** What blocks wait for outside the run, e.g. who waits for an answer. */
  get holds(): number {
    return this.#holds;
  }

  /** Where the run listens; undefined when nothing does. */
  get port(): number | undefined {
    return this.#port;
  }

  get endpoints(): readonly EndpointInfo[] {
    return this.#listener.endpoints;
  }

  async start(): Promise<void> {
    await Promise.all(this.options.flow.blocks.map((_, index) => this.#startBlock(index)));
    await this.#listen();
  }

  /** What waits inside an activation is given up. */
  abort(): void {
    this.#stop.abort();
  }

  async close(): Promise<void> {
    await this.#listener.close();
  }

  /** Tells the blocks that no event is under way any more. */
  tellQuiet(): void {
    for (const listener of this.#quiet) listener();
  }

  /** Gives the blocks that read signals in their static configuration what comes of it now; names of those begun anew. */
  async restart(): Promise<string[]> {
    const names: string[] = [];
    for (const [index, started] of this.#started)
      if (await this.#restartBlock(index, started)) names.push(this.options.flow.blocks[index]!.name);
    return names;
  }

  /** The event is handled when the promise resolves. */
  async activate(index: number, input: number, event: EventRecord, config: unknown): Promise<void> {
    const { flow, engine, reporter, sleeps, changed } = this.options;
    const block = flow.blocks[index]!;
    const core = this.#blocks.get(index);
    if (!core?.activate) throw new BlockError(unsupported(block.type));
    const emit: Activation['emit'] = (output, data, mock) => {
      engine.emit({
        block: index,
        output: outputIndex(block, output),
        json: EventJson.ofText(jsonOf(data)),
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
        engine.emit({
          block: index,
          output: outputIndex(block, output),
          json: event.json,
          parent: event,
        });
      },
      activity: (text) => reporter.activity(index, text, event),
      evaluate: (template) => engine.values.evaluate(template, event, jsonOf(config)),
      sleep: (milliseconds) => {
        const wait = sleeps.wait(event.n, milliseconds);
        changed();
        return wait;
      },
    });
  }

  async #startBlock(index: number): Promise<void> {
    const { flow, engine, clock, failed } = this.options;
    const { type } = flow.blocks[index]!;
    const mock = flow.mocks.get(index);
    const core: CoreBlock | undefined = mock
      ? new MockBlock(mock)
      : type.kind === 'core'
        ? coreBlock(type.name)
        : undefined;
    if (!core) return;
    this.#blocks.set(index, core);
    if (!core.start) return;
    const started: Started = { core, clock: new PartialClock(clock), config: undefined };
    this.#started.set(index, started);
    try {
      const config = await engine.values.config(index);
      started.config = jsonOf(config);
      await core.start(this.#context(index, config, started.clock));
    } catch (error) {
      failed(index, failureOf(error));
    }
  }

  /** Whether its configuration has come out otherwise than before, so that it has begun anew. */
  async #restartBlock(index: number, started: Started): Promise<boolean> {
    const { flow, engine, reporter, failed } = this.options;
    const { core, clock } = started;
    const { name, type, config: template } = flow.blocks[index]!;
    if (isConstant(template)) return false;
    try {
      const config = await engine.values.config(index);
      const json = jsonOf(config);
      if (json === started.config) return false;
      started.config = json;
      if (type.kind !== 'core' || !RESTARTED.has(type.name)) {
        reporter.log('warn', 'Its configuration has changed; it holds from the next run on.', index);
        return false;
      }
      clock.close();
      this.#listener.remove(name);
      await core.start!(this.#context(index, config, clock));
      await this.#listen();
      reporter.activity(index, 'begun anew: a signal in its configuration has changed');
      return true;
    } catch (error) {
      failed(index, failureOf(error));
      return false;
    }
  }

  async #listen(): Promise<void> {
    if (this.#listener.needed) this.#port ??= await this.#listener.listen(this.options.port);
  }

  #context(index: number, config: unknown, clock: Clock): BlockContext {
    const { flow, engine, reporter, random, timeouts, answerTimeoutMs, changed } = this.options;
    const block = flow.blocks[index]!;
    return {
      index,
      block,
      config,
      listener: this.#listener,
      answerTimeoutMs,
      clock,
      uuid: () => uuid(random),
      emit: (output, data, emitted) => {
        const json = EventJson.ofText(jsonOf(data));
        engine.emit({ block: index, output: outputIndex(block, output), json, ...(emitted && { emitted }) });
      },
      activity: (text, event) => reporter.activity(index, text, event),
      after: (milliseconds, act) => timeouts.after(milliseconds, act),
      hold: () => {
        this.#holds++;
        let held = true;
        return () => {
          if (held) this.#holds--;
          held = false;
          changed();
        };
      },
      onQuiet: (listener) => void this.#quiet.add(listener),
    };
  }
}

function outputIndex(block: FlowDefinition['blocks'][number], key: string): number {
  const index = block.outputs.findIndex((output) => output.key === key);
  if (index < 0) throw new BlockError(`Block "${block.name}" has no output "${key}".`);
  return index;
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
