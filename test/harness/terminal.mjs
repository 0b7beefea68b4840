/** What the scripts say while they work: steps with their time, and one clear message when a person must act. */

/** A problem that the person at the terminal can solve; its message is shown without a stack trace. */
export class PersonalProblem extends Error {}

/** @param {number} milliseconds */
export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** @param {string} text */
export function say(text) {
  process.stdout.write(`${text}\n`);
}

/**
 * Shows that `work` is going on: on a terminal one line that counts the seconds, in a log a line every ten seconds.
 * @template T
 * @param {string} label
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(label, work) {
  const started = Date.now();
  const elapsed = () => Date.now() - started;
  const live = process.stdout.isTTY;
  const show = () =>
    process.stdout.write(live ? `\r${label} ... ${Math.round(elapsed() / 1000)} s` : `${label} ...\n`);
  show();
  const ticker = setInterval(
    () => (live ? show() : say(`  still at it after ${seconds(elapsed())}`)),
    live ? 1000 : 10_000,
  );
  const finish = (/** @type {string} */ outcome) => {
    clearInterval(ticker);
    process.stdout.write(`${live ? `\r${label} ... ` : '  '}${outcome} (${seconds(elapsed())})\n`);
  };
  try {
    const value = await work();
    finish('done');
    return value;
  } catch (error) {
    finish('failed');
    throw error;
  }
}
