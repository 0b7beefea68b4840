/** The project itself: where it is, its dependencies and its build. Needs nothing but Node. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, runForCode } from './processes.mjs';
import { PersonalProblem, step } from './terminal.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/**
 * Runs `npm ci` unless what is installed is what package-lock.json says.
 * @param {string} [folder]
 * @param {string} [label]
 */
export async function ensureDependencies(folder = root, label = 'Installing the dependencies') {
  if (Number.parseInt(process.versions.node) < 20) {
    throw new PersonalProblem(`Node 20 or newer is needed; this is ${process.version}.`);
  }
  if (await isInstalled(folder)) return;
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund'];
  await step(label, () => run(npm, ['ci', ...flags], { cwd: folder }));
}

/** npm keeps a lockfile of what it installed; optional packages of other platforms are missing from it. @param {string} folder */
async function isInstalled(folder) {
  const [wanted, installed] = await Promise.all(
    ['package-lock.json', 'node_modules/.package-lock.json'].map(async (name) => {
      const text = await readFile(path.join(folder, name), 'utf8').catch(() => '{}');
      return /** @type {Record<string, { version?: string, integrity?: string, optional?: boolean }>} */ (
        JSON.parse(text).packages ?? {}
      );
    }),
  );
  return Object.entries(wanted ?? {}).every(([name, entry]) => {
    const found = installed?.[name];
    if (name === '' || (!found && entry.optional)) return true;
    return found !== undefined && found.version === entry.version && found.integrity === entry.integrity;
  });
}

/**
 * @param {readonly string[]} [flags] of esbuild.mjs
 * @returns {Promise<string>} its size report
 */
export async function build(flags = []) {
  const { code, output } = await step('Building', () =>
    runForCode(process.execPath, ['esbuild.mjs', ...flags], { cwd: root }),
  );
  if (code !== 0) throw new PersonalProblem(`The build failed.\n${output.trim()}`);
  return output;
}
