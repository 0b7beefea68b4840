/** Blocks that hand events on as they came: the input of Handle Error, and groups, whose inputs and outputs share keys. */
import type { CoreBlock } from './block.js';

export const handleError: CoreBlock = {
  activate: (activation) => activation.pass('default'),
};

export const group: CoreBlock = {
  activate(activation) {
    const { outputs } = activation.block;
    // A group without an output of that key only marks its members.
    const output =
      outputs.find(({ key }) => key === activation.input) ?? outputs.find(({ key }) => key === 'default');
    if (output) activation.pass(output.key);
  },
};
