/**
 * Mocha's results as JSON lines in the file TEST_RESULTS, written as they happen: the one way in which all stages
 * hand their results to test/run.mjs, from a plain process and from within the extension host.
 * Lines are the events of results.mjs.
 */
import { appendFileSync } from 'node:fs';
import Mocha from 'mocha';

const {
  EVENT_RUN_BEGIN,
  EVENT_RUN_END,
  EVENT_SUITE_BEGIN,
  EVENT_TEST_FAIL,
  EVENT_TEST_PASS,
  EVENT_TEST_PENDING,
} = Mocha.Runner.constants;

export default class ResultsReporter {
  /** @param {Mocha.Runner} runner */
  constructor(runner) {
    const file = process.env.TEST_RESULTS;
    if (!file) throw new Error('TEST_RESULTS must name the file that takes the results');
    const write = (/** @type {import('./results.mjs').ResultEvent} */ event) =>
      appendFileSync(file, `${JSON.stringify(event)}\n`);
    runner.on(EVENT_RUN_BEGIN, () => write({ event: 'begin', total: runner.total }));
    runner.on(EVENT_SUITE_BEGIN, (suite) => {
      if (suite.title) write({ event: 'suite', path: suite.titlePath() });
    });
    runner.on(EVENT_TEST_PASS, (test) =>
      write({ event: 'passed', path: test.titlePath(), milliseconds: test.duration ?? 0 }),
    );
    runner.on(EVENT_TEST_PENDING, (test) => write({ event: 'skipped', path: test.titlePath() }));
    runner.on(EVENT_TEST_FAIL, (test, error) =>
      write({ event: 'failed', path: test.titlePath(), message: describe(error) }),
    );
    runner.on(EVENT_RUN_END, () => write({ event: 'end' }));
  }
}

/** @param {Error & { actual?: unknown, expected?: unknown, generatedMessage?: boolean }} error */
function describe(error) {
  const text = error.stack ?? String(error);
  // A message that assert made shows the difference already; one that the test gave does not.
  if (error.generatedMessage !== false) return text;
  const { stringify } = Mocha.utils;
  return `${text}\n${Mocha.reporters.Base.generateDiff(stringify(error.actual), stringify(error.expected))}`;
}
