/** Collects and shows the results of test cases, whichever process ran them. */
import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { say, seconds } from './terminal.mjs';

/**
 * @typedef {{ event: 'begin', total: number }
 *   | { event: 'suite', path: string[] }
 *   | { event: 'passed', path: string[], milliseconds: number }
 *   | { event: 'skipped', path: string[] }
 *   | { event: 'failed', path: string[], message: string }
 *   | { event: 'log', text: string }
 *   | { event: 'end' }} ResultEvent
 *
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 *
 * @typedef {{ state: 'passed' | 'failed' | 'skipped', path: readonly string[], title: string }} Outcome
 *   `path`: titles of the suites that hold the test, outermost first, then its own
 */

export class Results {
  /** @type {Outcome[]} */
  #outcomes = [];
  /** Titles of failures that have been taken back. @type {Set<string>} */
  #failedBefore = new Set();

  /** @param {boolean} verbose names every test that passes */
  constructor(verbose) {
    this.verbose = verbose;
  }

  /** @param {string | readonly string[]} name @param {number} [milliseconds] */
  pass(name, milliseconds) {
    const { title } = this.#add('passed', name);
    if (this.verbose) say(`  ✓ ${title}${milliseconds === undefined ? '' : ` (${milliseconds} ms)`}`);
  }

  /** @param {string | readonly string[]} name */
  skip(name) {
    say(`  - ${this.#add('skipped', name).title}`);
  }

  /** @param {string | readonly string[]} name @param {string} message */
  fail(name, message) {
    say(`  ✗ ${this.#add('failed', name).title}\n${message.replace(/^/gm, '      ')}`);
  }

  /** @param {Outcome['state']} state @param {string | readonly string[]} name */
  #add(state, name) {
    const path = typeof name === 'string' ? [name] : name;
    const outcome = { state, path, title: path.join(' › ') };
    this.#outcomes.push(outcome);
    return outcome;
  }

  /** @param {ResultEvent} event */
  take(event) {
    if (event.event === 'log') say(event.text.replace(/^/gm, '    | '));
    else if (event.event === 'passed') this.pass(event.path, event.milliseconds);
    else if (event.event === 'skipped') this.skip(event.path);
    else if (event.event === 'failed') this.fail(event.path, event.message);
  }

  get total() {
    return this.#outcomes.length;
  }

  /** @returns {Counts} */
  get counts() {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const { state } of this.#outcomes) counts[state]++;
    return counts;
  }

  get failures() {
    return this.#outcomes.filter(({ state }) => state === 'failed');
  }

  /**
   * Forgets outcomes, as they will come again.
   * @param {number} from how many there were before these
   * @param {ReadonlySet<string>} [suites] only those of suites with these titles, that are in no other
   */
  takeBack(from, suites) {
    const stays = (/** @type {Outcome} */ { path }, /** @type {number} */ index) =>
      index < from || (suites !== undefined && !suites.has(path[0] ?? ''));
    for (const [index, outcome] of this.#outcomes.entries())
      if (outcome.state === 'failed' && !stays(outcome, index)) this.#failedBefore.add(outcome.title);
    this.#outcomes = this.#outcomes.filter(stays);
  }

  /** Titles of tests that have passed after they had failed. */
  get recovered() {
    return this.#outcomes
      .filter(({ state, title }) => state === 'passed' && this.#failedBefore.has(title))
      .map(({ title }) => title);
  }

  /** The line that ends a run. */
  toString() {
    const { passed, failed, skipped } = this.counts;
    return `${passed} passed, ${failed} failed, ${skipped} skipped`;
  }
}

/**
 * Runs tests whose process writes its results into `file`, and takes them while they come in. A run that stops
 * before its end, or fails although no test did, is a failed case of its own.
 * @param {Results} results
 * @param {string} name of the run
 * @param {string} file
 * @param {() => Promise<{ code: number | string, output?: string }>} work
 */
export async function collect(results, name, file, work) {
  const before = { total: results.total, failed: results.counts.failed };
  const handle = await open(file, 'a+');
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let offset = 0;
  let ended = false;
  const drain = async () => {
    const buffer = Buffer.alloc(1 << 16);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
      if (bytesRead === 0) return;
      offset += bytesRead;
      const lines = (rest + decoder.write(buffer.subarray(0, bytesRead))).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = /** @type {ResultEvent} */ (JSON.parse(line));
        ended ||= event.event === 'end';
        results.take(event);
      }
    }
  };
  let draining = Promise.resolve();
  const poll = setInterval(() => (draining = draining.then(drain)), 200);
  const started = Date.now();
  /** @type {{ code: number | string, output?: string }} */
  const { code, output } = await work().catch((error) => ({
    code: 1,
    output: String(error?.message ?? error),
  }));
  clearInterval(poll);
  await draining.then(drain);
  await handle.close();
  if (!ended)
    results.fail(
      `${name}: ended before its tests did`,
      `exit code ${code}${output ? `\n${output.trim()}` : ''}`,
    );
  else if (code !== 0 && results.counts.failed === before.failed) {
    results.fail(
      `${name}: failed although its tests passed`,
      `exit code ${code}${output ? `\n${output.trim()}` : ''}`,
    );
  }
  const count = results.total - before.total;
  say(
    `  ${count} ${count === 1 ? 'case' : 'cases'}, ${results.counts.failed - before.failed} failed (${seconds(Date.now() - started)})`,
  );
  return count;
}
