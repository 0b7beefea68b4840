/** Does what a mock says when an event arrives (mocks.ts). */
import type { Json } from '../../flow/model.js';
import { BlockError, type Activation, type CoreBlock } from './blocks/block.js';
import type { Mock } from './definition.js';
import { defaultOutput, fits } from './mocks.js';

export class MockBlock implements CoreBlock {
  constructor(private readonly mock: Mock) {}

  async activate(activation: Activation): Promise<void> {
    const data = JSON.parse(activation.event.json.text) as Json;
    const answer = this.mock.find(({ when }) => when === undefined || fits(when, data));
    if (!answer)
      throw new BlockError('No recorded answer fits this event. Record one, or write a mock by hand.');
    const { source, outputs, error, delay } = answer;
    if (source === 'generated' && this.mock.length > 1)
      activation.activity('no recorded answer fits this event: the answer is made from the schema');
    if (delay > 0) await activation.sleep(delay * 1000);
    if (error !== undefined) throw new BlockError(error);
    if (outputs.length === 0) activation.activity('mocked: it emits nothing');
    for (const { output = defaultOutput(activation.block), data: template } of outputs) {
      activation.emit(output, await activation.evaluate(template), source);
    }
  }
}
