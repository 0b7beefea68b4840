/** Does what a mock says when an event arrives (mocks.ts). */
import { appShape } from '../../flow/shape.js';
import { BlockError, type Activation, type CoreBlock } from './blocks/block.js';
import type { BlockDefinition, Mock } from './definition.js';

export class MockBlock implements CoreBlock {
  constructor(private readonly mock: Mock) {}

  async activate(activation: Activation): Promise<void> {
    const { source, outputs, error, delay } = this.mock;
    if (delay > 0) await activation.sleep(delay * 1000);
    if (error !== undefined) throw new BlockError(error);
    if (outputs.length === 0) activation.activity('mocked: it emits nothing');
    for (const { output = defaultOutput(activation.block), data } of outputs) {
      activation.emit(output, await activation.evaluate(data), source);
    }
  }
}

/** Where an event without an output key goes (flows-sdk §3.1). */
function defaultOutput({ type, outputs }: BlockDefinition): string {
  const shape = type.kind === 'app' && type.schema ? appShape(type.schema) : undefined;
  const marked = shape && [...shape.outputs.values()].find(({ isDefault }) => isDefault);
  return marked?.key ?? outputs.find(({ key }) => key === 'default')?.key ?? outputs[0]?.key ?? 'default';
}
