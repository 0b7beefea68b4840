/**
 * Runs one suite of tests with mocha inside the extension host. VS Code calls `run` (extensionTestsPath).
 *
 * TEST_SUITE    folder under test/ whose *.test.ts files run; default: host
 * TEST_GREP     only tests whose full title matches this regular expression
 * TEST_RESULTS  file that takes the results (test/harness/reporter.mjs)
 */
import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { workbench } from './workbench.js';

/** The bundle lies in out/test/host/. */
const bundles = path.resolve(__dirname, '..');
const reporterFile = path.resolve(bundles, '../../test/harness/reporter.mjs');

export async function run(): Promise<void> {
  showConsole();
  const suite = process.env.TEST_SUITE ?? 'host';
  const { default: Mocha } = await import('mocha');
  const { default: reporter } = (await import(pathToFileURL(reporterFile).href)) as {
    default: Mocha.ReporterConstructor;
  };
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 60_000,
    reporter,
    forbidOnly: process.env.CI !== undefined,
    rootHooks: { afterEach: tidyUpAfterFailure },
    ...(process.env.TEST_GREP ? { grep: new RegExp(process.env.TEST_GREP) } : {}),
  });
  keepPicturesOfFailures(Mocha.Runner);
  const folder = path.join(bundles, suite);
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  for (const file of files.filter((name) => name.endsWith('.test.js')).sort())
    mocha.addFile(path.join(folder, file));
  await new Promise<void>((resolve, reject) => {
    mocha.run((failures) => {
      if (failures > 0) reject(new Error(`${failures} failed`));
      else resolve();
    });
  });
}

/** What the person saw when a test failed, before anything tidies up after it. */
function keepPicturesOfFailures(runners: typeof Mocha.Runner): void {
  const prototype = runners.prototype as unknown as {
    runTest: (this: { readonly test?: Mocha.Test }, done: (error?: unknown) => void) => void;
  };
  const { runTest } = prototype;
  prototype.runTest = function (done) {
    runTest.call(this, (error) => {
      const { test } = this;
      const isOfInterest = error !== undefined && error !== null && test && !test.isPending();
      if (!isOfInterest || !workbench.isAvailable) {
        done(error);
        return;
      }
      void workbench
        .screenshot(`failed-${test.fullTitle()}`)
        .catch(() => undefined)
        .finally(() => done(error));
    });
  };
}

/** Closes what a failed test has left open, so that the next one starts clean. */
async function tidyUpAfterFailure(this: Mocha.Context): Promise<void> {
  const test = this.currentTest;
  if (!test || test.state === 'passed' || test.isPending() || !workbench.isAvailable) return;
  await workbench.press('Escape');
  await workbench.press('Escape');
}

/** The extension host's console ends in the window's; this shows it between the results as well. */
function showConsole(): void {
  const file = process.env.TEST_RESULTS;
  if (!file) return;
  for (const name of ['log', 'info', 'warn', 'error'] as const) {
    const original = console[name].bind(console);
    const value = (...values: unknown[]): void => {
      appendFileSync(file, `${JSON.stringify({ event: 'log', text: format(...values) })}\n`);
      original(...values);
    };
    // VS Code's own are properties to which nothing can be assigned.
    Object.defineProperty(console, name, { value });
  }
}
