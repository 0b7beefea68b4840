/** Words what happens in a run: numbers to names and ids, failures to sentences. What it says leaves through the outlet. */
import { createHash } from 'node:crypto';
import type { FlowDefinition } from './definition.js';
import { eventLine } from './entryLine.js';
import { toRunError, type Failure } from './failures.js';
import { eventId } from './ids.js';
import type { LineBuffer } from './lineBuffer.js';
import { nearest } from './lineage.js';
import type { Outlet, RawHead } from './outlet.js';
import type { Capabilities, LogLevel, RunError } from './protocol.js';
import type { Program } from './program.js';
import type { EventFact, EventRecord } from './store.js';
import type { AskedEvent } from './wire.js';

const SEQ = Buffer.from('{"seq":');
const N = Buffer.from(',"n":');
const PARENT = Buffer.from(',"parent":');
const END = Buffer.from('}');
const NO_BYTES = Buffer.alloc(0);

/** An output, for the lines of its events: many have the same time. */
interface Port {
  readonly names: string;
  /** Time that `bytes` tell. */
  at: number;
  bytes: Buffer;
}

export class Reporter {
  #failures = 0;
  /** What stands before an event's data and after its numbers, as JSON: by block and output. */
  readonly #ports: readonly (readonly Port[])[];

  constructor(
    private readonly runId: string,
    private readonly flow: FlowDefinition,
    private readonly program: Program,
    private readonly outlet: () => Outlet<EventRecord>,
  ) {
    this.#ports = flow.blocks.map(({ name, outputs }) =>
      outputs.map(({ key }) => ({
        names: `,"block":${JSON.stringify(name)},"output":${JSON.stringify(key)},"data":`,
        at: -1,
        bytes: NO_BYTES,
      })),
    );
  }

  get failures(): number {
    return this.#failures;
  }

  /** The event as a line of JSON, without a way through objects and strings: there are many. */
  line(lines: LineBuffer, seq: number, record: EventRecord): void {
    const { n, block, output, parent, at, json, mock } = record;
    if (block < 0) {
      lines.text(eventLine({ seq, ...this.head(record) }, json.text));
      return;
    }
    lines.bytes(SEQ);
    lines.number(seq);
    lines.bytes(N);
    lines.number(n);
    if (parent > 0) {
      lines.bytes(PARENT);
      lines.number(parent);
    }
    if (mock) lines.text(`,"mock":"${mock}"`);
    const port = this.#ports[block]![output]!;
    if (port.at !== at) {
      port.at = at;
      port.bytes = Buffer.from(`,"at":${at}${port.names}`);
    }
    lines.bytes(port.bytes);
    json.writeTo(lines);
    lines.bytes(END);
  }

  head({ n, block, output, parent, at, targets, mock }: EventRecord): RawHead {
    if (block < 0) {
      const [index, input] = targets[0]!;
      const target = this.flow.blocks[index]!;
      return { n, at, block: target.name, input: target.inputs[input]!.key };
    }
    const { name, outputs } = this.flow.blocks[block]!;
    return {
      n,
      ...(parent > 0 && { parent }),
      ...(mock && { mock }),
      at,
      block: name,
      output: outputs[output]!.key,
    };
  }

  failed(index: number, input: number | undefined, record: EventRecord | undefined, failure: Failure): void {
    this.#failures++;
    const block = this.flow.blocks[index];
    const handler = block?.errorHandler === undefined ? undefined : this.flow.blocks[block.errorHandler];
    const key = input === undefined ? undefined : block?.inputs[input]?.key;
    this.outlet().add({
      kind: 'failed',
      block: block?.name ?? '',
      error: this.worded(failure),
      ...(key !== undefined && { input: key }),
      ...(record && { event: eventId(this.runId, record.n) }),
      // Failures that no event has caused are shown only.
      ...(handler && record && { handler: handler.name }),
    });
  }

  worded(failure: Failure): RunError {
    return 'sandbox' in failure
      ? toRunError(this.flow, this.program, failure.sandbox)
      : { name: 'Error', message: failure.message, stack: [] };
  }

  /** The same in one sentence. */
  sentence(failure: Failure): string {
    const { name, message } = this.worded(failure);
    return name === 'Error' ? message : `${name}: ${message}`;
  }

  /** What questions see of an event beside its data. */
  about(record: EventRecord): AskedEvent {
    const { block, output } = this.head(record);
    return { id: eventId(this.runId, record.n), block, ...(output !== undefined && { output }) };
  }

  activity(index: number, text: string, event?: EventRecord): void {
    const block = this.flow.blocks[index]!.name;
    this.outlet().add({
      kind: 'activity',
      block,
      text,
      ...(event && { event: eventId(this.runId, event.n) }),
    });
  }

  log(level: LogLevel, text: string, block?: number): void {
    const name = block === undefined ? undefined : this.flow.blocks[block]?.name;
    this.outlet().add({ kind: 'log', level, text, ...(name !== undefined && { block: name }) });
  }

  containment({ node, permissions, noCodeFromStrings, emptyEnvironment }: Capabilities): void {
    const missing = [
      ...(permissions ? [] : ['the runtime does not deny files and child processes']),
      ...(noCodeFromStrings ? [] : ['the runtime does not deny code from strings']),
      ...(emptyEnvironment ? [] : ['its environment is not empty']),
    ];
    if (missing.length === 0) return;
    this.log(
      'warn',
      `The sandbox (Node ${node}) is contained less than it could be: ${missing.join('; ')}. See docs/security.md.`,
    );
  }

  /** The event that a Handle Error block emits (flows-platform §2). */
  errorEvent(index: number, handler: number, record: EventRecord, failure: Failure): unknown {
    const { name, message, stack } = this.worded(failure);
    const block = this.flow.blocks[index]!;
    const thrown = 'sandbox' in failure && failure.sandbox.kind === 'thrown';
    const earlier = this.#earlierError(record);
    return {
      error: {
        error_handler_id: this.#entityId(handler),
        message: thrown
          ? [`JavaScript error: ${name}: ${message}`, ...stack.map((frame) => `    ${frame}`)].join('\n')
          : message,
        ...(earlier !== undefined && { previous_error: earlier }),
      },
      operation: 'block.onEvent',
      entity: { id: this.#entityId(index), type: block.type.kind === 'app' ? 'app_block' : 'core_block' },
      retry: { was_retried: false },
    };
  }

  /** The error that the failed event itself descends from. */
  #earlierError(record: EventRecord): unknown {
    const found = nearest<EventRecord, EventFact>(record, (index) => {
      const { type } = this.flow.blocks[index]!;
      return type.kind === 'core' && type.name === 'handleError';
    });
    return found && (JSON.parse(found.json.text) as { error?: unknown } | null)?.error;
  }

  /** The platform gives blocks ids; here a block's id is made from its name, the same in every run. */
  #entityId(index: number): string {
    const hex = createHash('sha256').update(this.flow.blocks[index]!.name).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }
}
