/** Builds the engine's definition from a parsed flow file. */
import path from 'node:path';
import { FlowDocument, type PlacedBlock } from '../../flow/document.js';
import { secretKeys } from '../../flow/expression.js';
import type { MapValue, Value } from '../../flow/model.js';
import { appShape } from '../../flow/shape.js';
import { CORE_OUTPUTS } from './blocks/outputs.js';
import { defaultOutput, generatedAnswer, readMocks } from './mocks.js';
import { toTemplate } from './template.js';
import {
  EMPTY_MAP,
  type BlockDefinition,
  type ExpressionDefinition,
  type FlowDefinition,
  type InputDefinition,
  type Mock,
  type OutputDefinition,
  type Target,
  type Template,
} from './definition.js';

/** Never throws: what cannot be run is left out and named in `problems`. `uri` only gives the file its name in messages. */
export function fromFlow(text: string, uri: string, mocks?: MocksText): FlowDefinition {
  return new Builder(new FlowDocument(text), fileName(uri)).build(mocks);
}

/** A mocks file (mocks.ts). */
export interface MocksText {
  readonly text: string;
  readonly uri: string;
  /** Values that stand again where recorded answers hold their markers, by key. */
  readonly values?: ReadonlyMap<string, string>;
}

function fileName(uri: string): string {
  const name = path.posix.basename(uri.replaceAll('\\', '/').replace(/[?#].*$/, ''));
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** A mock may emit where nobody listens, on outputs that the file does not name. */
function withOutputs(block: BlockDefinition, mock: Mock): BlockDefinition {
  const keys = mock.flatMap(({ outputs }) => outputs.map(({ output }) => output ?? defaultOutput(block)));
  const more = [...new Set(keys)].filter((key) => !block.outputs.some((output) => output.key === key));
  return more.length === 0
    ? block
    : { ...block, outputs: [...block.outputs, ...more.map((key) => ({ key, targets: [] }))] };
}

interface Sender {
  readonly customization?: Template;
  readonly targets: Target[];
}

class Builder {
  readonly #expressions: ExpressionDefinition[] = [];
  readonly #problems: string[] = [];
  readonly #byName = new Map<string, number>();

  constructor(
    private readonly document: FlowDocument,
    private readonly file: string,
  ) {}

  build(mocks: MocksText | undefined): FlowDefinition {
    const placed = this.document.blocks;
    for (const segment of this.document.segments) {
      const line = this.document.range(segment, { start: 0, end: 0 }).start.line;
      for (const { severity, message, span } of segment.content.problems) {
        if (severity === 'error')
          this.#problems.push(`${this.file}:${line + segment.positionAt(span.start).line + 1}: ${message}`);
      }
    }
    placed.forEach(({ block }, i) => {
      if (this.#byName.has(block.name.text)) {
        this.#problems.push(
          `Two blocks are called "${block.name.text}". Links to that name go to the first one.`,
        );
      } else {
        this.#byName.set(block.name.text, i);
      }
    });
    const inputs = placed.map((block, i) => this.#inputs(block, i));
    const senders = placed.map((block, i) => this.#senders(block, i));
    this.#connect(placed, inputs, senders);
    const blocks = placed.map((block, i) => this.#block(block, i, inputs[i]!, senders[i]!));
    const mocked = this.#mocks(blocks, mocks);
    const mockedBlocks = blocks.map((block, i) => withOutputs(block, mocked.mocks.get(i) ?? []));
    const keys = new Set(this.#expressions.flatMap(({ secrets }) => secrets));
    return {
      file: this.file,
      blocks: mockedBlocks,
      expressions: this.#expressions,
      ...mocked,
      secretKeys: [...keys].sort(),
      problems: this.#problems,
    };
  }

  #block(
    placed: PlacedBlock,
    index: number,
    inputs: InputDefinition[],
    senders: Map<string, Sender>,
  ): BlockDefinition {
    const { block, segment } = placed;
    const handler = block.errorHandler && this.#byName.get(block.errorHandler.text);
    if (block.errorHandler && handler === undefined) {
      this.#problems.push(
        `Block "${block.name.text}" names the error handler "${block.errorHandler.text}", which does not exist.`,
      );
    }
    const outputs = [...senders].map(([key, sender]): OutputDefinition => ({ key, ...sender }));
    return {
      name: block.name.text,
      key: block.key,
      ...(block.description !== undefined && { description: block.description }),
      type:
        block.type?.kind === 'core'
          ? { kind: 'core', name: block.type.name.text }
          : block.type
            ? {
                kind: 'app',
                block: block.type.block.text,
                installation: block.type.installation.text,
                ...(block.type.schema && { schema: block.type.schema }),
              }
            : { kind: 'none' },
      config: this.#config(block.config, placed, index),
      inputs,
      outputs,
      ...(handler !== undefined && { errorHandler: handler }),
      place: this.document.range(segment, block.span).start,
    };
  }

  #inputs(placed: PlacedBlock, index: number): InputDefinition[] {
    return [...placed.block.inputs.values()].map((input) => ({
      key: input.key.text,
      config: this.#config(input.config, placed, index),
    }));
  }

  /** Outputs that the block's type is known to have, those that the file customises, in this order; links add others. */
  #senders(placed: PlacedBlock, index: number): Map<string, Sender> {
    const { block } = placed;
    const known =
      block.type?.kind === 'core'
        ? (CORE_OUTPUTS[block.type.name.text] ?? ['default'])
        : block.type?.schema
          ? [...appShape(block.type.schema).outputs.keys()]
          : [];
    const senders = new Map<string, Sender>(known.map((key) => [key, { targets: [] }]));
    for (const key of block.dynamicOutputKeys) senders.set(key, { targets: [] });
    for (const [key, output] of block.outputs) {
      const customization = output.customization && this.#template(output.customization, placed, index);
      senders.set(key, { targets: [], ...(customization && { customization }) });
    }
    return senders;
  }

  #connect(
    placed: readonly PlacedBlock[],
    inputs: InputDefinition[][],
    senders: Map<string, Sender>[],
  ): void {
    placed.forEach(({ block }, index) => {
      for (const input of block.inputs.values()) {
        const target: Target = [index, inputs[index]!.findIndex(({ key }) => key === input.key.text)];
        for (const link of input.links) {
          const source = this.#byName.get(link.block.text);
          if (source === undefined) {
            this.#problems.push(
              `Input "${input.key.text}" of block "${block.name.text}" is linked to "${link.block.text}", which is not in this file. No event will come from there.`,
            );
            continue;
          }
          const known = senders[source]!;
          const sender = known.get(link.output.text) ?? { targets: [] };
          known.set(link.output.text, sender);
          sender.targets.push(target);
        }
      }
    });
  }

  #config(config: MapValue | undefined, placed: PlacedBlock, index: number): Template {
    return config ? this.#template(config, placed, index) : EMPTY_MAP;
  }

  #template(value: Value, { segment }: PlacedBlock, index: number): Template {
    return toTemplate(value, ({ scalar, expression, path }) =>
      this.#add({
        text: scalar.value,
        block: index,
        path,
        file: this.file,
        secrets: secretKeys(expression),
        locate: (offset) => {
          const at = scalar.toSource(offset);
          return this.document.range(segment, { start: at, end: at }).start;
        },
      }),
    );
  }

  #add(expression: ExpressionDefinition): number {
    this.#expressions.push(expression);
    return this.#expressions.length - 1;
  }

  #mocks(
    blocks: readonly BlockDefinition[],
    mocks: MocksText | undefined,
  ): Pick<FlowDefinition, 'mocks' | 'signals'> {
    const read =
      mocks &&
      readMocks(mocks.text, {
        file: fileName(mocks.uri),
        blocks,
        values: mocks.values ?? new Map<string, string>(),
        add: (expression) => this.#add(expression),
        report: (problem) => void this.#problems.push(problem),
      });
    const found = new Map<number, Mock>();
    blocks.forEach((block, i) => {
      const written = read?.mocks.get(block.name) ?? [];
      // Behind an answer for every event nothing is asked for.
      const generated = written.some(({ when }) => when === undefined) ? undefined : generatedAnswer(block);
      const mock = generated ? [...written, generated] : written;
      if (mock.length > 0) found.set(i, mock);
    });
    return { mocks: found, signals: read?.signals ?? {} };
  }
}
