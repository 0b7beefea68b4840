#!/usr/bin/env node
/**
 * Runs the tests, one stage after another, and ends with one line: `N passed, N failed, N skipped`.
 * Exits non-zero when a test failed or none ran. `node test/run.mjs --help` lists the options.
 */
import { parseArgs } from 'node:util';
import { build, ensureDependencies } from './harness/project.mjs';
import { runMain } from './harness/processes.mjs';
import { Results } from './harness/results.mjs';
import { PersonalProblem, say, seconds } from './harness/terminal.mjs';

const help = `npm test -- [options]

  --only STAGE[,STAGE]   typecheck, lint, unit, grammar, host, ui, places, package, bench-smoke, corpus
  --grep PATTERN         only mocha tests whose full title matches (unit, host, ui, places, package)
  --vscode VERSION       1.96, 1.100 (default) or newest: the embedded VS Code;
                         stable, insiders or any other version is downloaded
  --download             download that version instead of running the embedded one
  --corpus FOLDER        flow files for the corpus stage, which only runs with it
  --verbose              name every test that passes
`;

runMain(async () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      grep: { type: 'string' },
      vscode: { type: 'string' },
      download: { type: 'boolean', default: false },
      corpus: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    say(help);
    return 0;
  }
  await ensureDependencies();
  // What follows needs the dependencies, so it cannot be imported at the top.
  const { stages } = await import('./harness/stages.mjs');
  const names = (values.only?.split(',') ?? Object.keys(stages)).filter(
    (name) => values.only ?? (name !== 'corpus' || values.corpus),
  );
  const unknown = names.filter((name) => !(name in stages));
  if (unknown.length > 0)
    throw new PersonalProblem(
      `There is no stage ${unknown.join(', ')}. Stages: ${Object.keys(stages).join(', ')}.`,
    );
  const chosen = names.map((name) => ({
    name,
    .../** @type {import('./harness/stages.mjs').Stage} */ (stages[name]),
  }));

  const started = Date.now();
  const results = new Results(values.verbose);
  const tests = new Set(chosen.flatMap((stage) => stage.builds ?? []));
  const isBuilt = tests.size === 0 || (await buildFor(tests, results));
  for (const stage of chosen) {
    const { name, title, run } = stage;
    if (stage.builds && !isBuilt) continue;
    const from = Date.now();
    const before = results.total;
    say(`\n── ${title}`);
    try {
      await run({ ...values, results });
    } catch (error) {
      results.fail(
        name,
        error instanceof PersonalProblem
          ? error.message
          : String(error instanceof Error ? error.stack : error),
      );
    }
    if (results.total === before && !values.grep) results.fail(name, 'no test ran');
    say(`   ${seconds(Date.now() - from)}`);
  }
  if (results.recovered.length > 0) {
    say('\nPassed at the second go only:');
    for (const title of results.recovered) say(`  ! ${title}`);
  }
  if (results.failures.length > 0) {
    say(`\nFailed:`);
    for (const { title } of results.failures) say(`  ✗ ${title}`);
  }
  if (results.total === 0) say('\nNo test ran.');
  say(`\n${seconds(Date.now() - started)} in all\n${results}`);
  return results.counts.failed === 0 && results.counts.passed > 0 ? 0 : 1;
});

/** @param {ReadonlySet<string>} tests @param {Results} results */
async function buildFor(tests, results) {
  try {
    await build([`--tests=${[...tests].join(',')}`]);
    return true;
  } catch (error) {
    results.fail('build', error instanceof Error ? error.message : String(error));
    return false;
  }
}
