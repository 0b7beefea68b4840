/** Sleep: hands an event on after a number of seconds (flows-platform §2). */
import { asMap, BlockError, kindOf, type CoreBlock } from './block.js';

/** setTimeout's own limit, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

export const sleep: CoreBlock = {
  async activate(activation) {
    const { sleep: value } = asMap(activation.config);
    const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) {
      throw new BlockError(
        `Sleep needs a number of seconds, 0 or more, in \`sleep\`; got ${typeof seconds === 'number' ? String(seconds) : kindOf(value)}.`,
      );
    }
    if (seconds > 0) await activation.sleep(Math.min(seconds * 1000, LONGEST));
    activation.pass('default');
  },
};
