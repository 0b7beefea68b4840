/**
 * `npm run bench`: builds for production and runs the benchmarks of test/bench/, one after another, each in its own
 * process.
 *   node test/harness/bench.mjs [--smoke] [NAME...]
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isMain, runForCode, runMain } from './processes.mjs';
import { build, ensureDependencies, root } from './project.mjs';
import { PersonalProblem, say } from './terminal.mjs';

if (isMain(import.meta.url)) {
  runMain(async () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { smoke: { type: 'boolean', default: false } },
    });
    await ensureDependencies();
    if (!values.smoke) await ensurePeers();
    await build(['--production', '--tests=bench']);
    const all = benchmarks();
    const chosen = all.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
    if (chosen.length === 0)
      throw new PersonalProblem(
        `There is no such benchmark. Benchmarks: ${all.map(({ name }) => name).join(', ')}.`,
      );
    let failed = 0;
    for (const { name, run } of chosen) {
      say(`\n── ${name}`);
      const { code } = await run(values.smoke ? ['--smoke'] : [], true);
      if (code !== 0) failed++;
    }
    return failed;
  });
}

/** Milliseconds after which a benchmark is stuck. */
const limits = { smoke: 3 * 60_000, full: 30 * 60_000 };

/** What we compare with, in folders of their own: their dependencies are not ours. */
async function ensurePeers() {
  const folder = path.join(root, 'test/bench/peers');
  if (existsSync(folder)) await ensureDependencies(folder, 'Installing the peers to compare with');
}

/** The benchmarks that are built. `run` shows what they print, or collects it. */
export function benchmarks() {
  const folder = path.join(root, 'out/test/bench');
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.bench.js')) : [];
  return files.sort().map((file) => ({
    name: file.replace('.bench.js', ''),
    run: (/** @type {readonly string[]} */ args, show = false) =>
      runForCode(process.execPath, [path.join(folder, file), ...args], {
        cwd: root,
        show,
        timeout: args.includes('--smoke') ? limits.smoke : limits.full,
      }),
  }));
}
