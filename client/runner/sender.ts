/** Events that people send into a run: made up for an input or output, or a past one once more. */
import { nearest } from '../../flow/keys.js';
import { ancestorsOf, parentOf } from './ancestry.js';
import { blockIndex, type FlowDefinition } from './definition.js';
import type { EmitRequest, Engine } from './engine.js';
import { EventJson } from './eventJson.js';
import type { Failure } from './failures.js';
import { eventId } from './ids.js';
import type { Inspector } from './inspector.js';
import { jsonOf } from './json.js';
import type { DebugEventRequest, RunnerMethods } from './protocol.js';
import type { Reporter } from './reporter.js';
import type { EventRecord } from './store.js';

export interface SenderOptions {
  readonly runId: string;
  readonly flow: FlowDefinition;
  readonly engine: Engine;
  readonly reporter: Reporter;
  readonly inspector: Inspector;
  readonly failed: (block: number, parent: EventRecord | undefined, failure: Failure) => void;
}

export class Sender {
  constructor(private readonly options: SenderOptions) {}

  async debugEvent({
    block: name,
    input,
    output,
    data,
    ancestors = {},
  }: DebugEventRequest): Promise<{ id: string }> {
    const index = this.#blockNamed(name);
    const block = this.options.flow.blocks[index]!;
    const json = EventJson.ofText(jsonOf(data));
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
    const { engine, inspector } = this.options;
    const record = inspector.record(id);
    if (!record) throw new Error('This event is not kept any more, so it cannot be emitted again.');
    const json = data === undefined ? record.json : EventJson.ofText(inspector.unmasked(data, record, []));
    // Where the run stands, somebody has gone back to try again: that comes next.
    const front = engine.debugger?.stop !== undefined;
    if (record.block < 0) {
      const debug = { target: record.targets[0]!, ancestors: ancestorsOf(record) };
      return this.#emit({ block: -1, output: 0, json, debug, front });
    }
    const parent = engine.store.get(record.parent) ?? parentOf(record);
    return this.#emit({ block: record.block, output: record.output, json, parent, final: true, front });
  }

  async #emit(request: Omit<EmitRequest, 'emitted' | 'failed'>): Promise<{ id: string }> {
    const { runId, engine, reporter, failed } = this.options;
    return new Promise((resolve, reject) => {
      engine.emit({
        ...request,
        emitted: ({ n }) => resolve({ id: eventId(runId, n) }),
        failed: (failure) => {
          failed(request.block, request.parent, failure);
          reject(new Error(reporter.worded(failure).message));
        },
      });
    });
  }

  #blockNamed(name: string): number {
    const index = blockIndex(this.options.flow, name);
    if (index !== undefined) return index;
    const near = nearest(
      name,
      this.options.flow.blocks.map((block) => block.name),
    );
    throw new Error(
      `No block of this flow is called "${name}".${near === undefined ? '' : ` Did you mean "${near}"?`}`,
    );
  }
}

function list(items: readonly { readonly key: string }[]): string {
  return items.length === 0 ? 'none' : items.map(({ key }) => `"${key}"`).join(', ');
}
