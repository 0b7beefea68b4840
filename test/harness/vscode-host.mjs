/**
 * Installs a real VS Code (its server and its workbench, as code-server publishes them on npm) into
 * .vscode-host/<version>/, pinned by the lockfiles under hosts/. This is what runs where no desktop VS Code is.
 *
 * Needs beyond `npm ci`:
 * - VS Code looks for its modules beside itself, in the code-server package; a link leads it to the one flat install.
 * - Four native modules are compiled by npm's own node-gyp. Without @vscode/spdlog output channels stay empty and
 *   without node-pty there is no terminal, so they must build; the watchdog and the file copier may fail.
 * - From 1.13x on, the built workbench ignores an extension under development unless it runs VS Code's smoke tests
 *   (which hide notifications). One condition in workbench.js is replaced: the only edit to VS Code's files.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from './processes.mjs';
import { root } from './project.mjs';
import { findProgram } from './find-program.mjs';
import { PersonalProblem, step } from './terminal.mjs';

/** The oldest version that we support, the default, and the newest one that was published. */
export const hostVersions = /** @type {const} */ (['1.96', '1.100', 'newest']);
/** @typedef {(typeof hostVersions)[number]} HostVersion */
/** @type {HostVersion} */
export const defaultHostVersion = '1.100';

/**
 * @typedef {object} VSCodeHost
 * @property {HostVersion} version as asked for
 * @property {string} folder VS Code's server: out/server-main.js is its entry
 * @property {string} node the Node binary it runs on
 */

const requiredModules = ['@vscode/spdlog', 'node-pty'];
const optionalModules = ['native-watchdog', '@vscode/native-watchdog', '@vscode/fs-copyfile'];

/** @param {string} text @returns {text is HostVersion} */
export function isHostVersion(text) {
  return /** @type {readonly string[]} */ (hostVersions).includes(text);
}

/**
 * The installed host; installs it when it is missing or when its lockfile has changed.
 * @param {HostVersion} version
 * @returns {Promise<VSCodeHost>}
 */
export async function ensureHost(version) {
  if (process.platform === 'win32') {
    throw new PersonalProblem(
      'The embedded VS Code runs on Linux and macOS. Install VS Code (`code` on the PATH) instead.',
    );
  }
  const folder = path.join(root, '.vscode-host', version);
  const pins = path.join(root, 'test/harness/hosts', `vscode-${version}`);
  const stamp = path.join(folder, 'installed');
  const wanted = createHash('sha256')
    .update(await readFile(path.join(pins, 'package-lock.json')))
    .update(process.version + process.arch)
    .digest('hex');
  const isCurrent = async () => (await readFile(stamp, 'utf8').catch(() => '')) === wanted;
  if (!(await isCurrent())) {
    const unlock = await lock(`${folder}.lock`);
    try {
      if (!(await isCurrent())) {
        await step(`Installing VS Code ${version} (once, about half a minute)`, () => install(pins, folder));
        await writeFile(stamp, wanted);
      }
    } finally {
      await unlock();
    }
  }
  return { version, folder: serverFolder(folder), node: nodeOf(folder) };
}

/** @param {string} folder */
function serverFolder(folder) {
  return path.join(folder, 'node_modules/code-server/lib/vscode');
}

/** The newest VS Code needs a newer Node than ours and brings it as an npm package. @param {string} folder */
function nodeOf(folder) {
  const own = path.join(bundledNode(folder), 'bin/node');
  return existsSync(own) ? own : process.execPath;
}

/** @param {string} folder */
function bundledNode(folder) {
  return path.join(folder, 'node_modules', `node-${process.platform}-${process.arch}`);
}

/** @param {string} pins @param {string} folder */
async function install(pins, folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(pins, folder, { recursive: true });
  await run('npm', ['ci', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund'], {
    cwd: folder,
  });
  const modules = path.join(folder, 'node_modules');
  await symlink('../../..', path.join(serverFolder(folder), 'node_modules'));
  await linkRipgrep(modules);
  await Promise.all([
    ...requiredModules.map((name) => compile(modules, name, bundledNode(folder))),
    ...optionalModules.map((name) => compile(modules, name, bundledNode(folder)).catch(() => undefined)),
  ]);
  await allowExtensionDevelopment(
    path.join(serverFolder(folder), 'out/vs/code/browser/workbench/workbench.js'),
  );
}

/** Up to 1.117 the search program is downloaded by an install script; the system's is the same program. @param {string} modules */
async function linkRipgrep(modules) {
  const folder = path.join(modules, '@vscode/ripgrep');
  if (!existsSync(folder)) return;
  const program = findProgram('rg');
  if (!program) throw new PersonalProblem('VS Code searches with ripgrep (`rg`), which is not installed.');
  await mkdir(path.join(folder, 'bin'), { recursive: true });
  await symlink(program, path.join(folder, 'bin/rg'));
}

/** @param {string} modules @param {string} name @param {string} bundled */
async function compile(modules, name, bundled) {
  const folder = path.join(modules, name);
  if (
    !existsSync(folder) ||
    existsSync(path.join(folder, `prebuilds/${process.platform}-${process.arch}/pty.node`))
  )
    return;
  const headers = [bundled, path.resolve(path.dirname(process.execPath), '..'), '/usr'].find((at) =>
    existsSync(path.join(at, 'include/node/node.h')),
  );
  // npm's own copy is called directly: `npm rebuild` may be told to skip scripts, and these have to run.
  const nodeGyp = path.join(await npmFolder(), 'node_modules/node-gyp/bin/node-gyp.js');
  await run(process.execPath, [nodeGyp, 'rebuild', '-j', '2', ...(headers ? [`--nodedir=${headers}`] : [])], {
    cwd: folder,
  });
}

async function npmFolder() {
  const program = findProgram('npm');
  if (!program) throw new PersonalProblem('npm is not on the PATH.');
  return path.resolve(path.dirname(await realpath(program)), '..');
}

/** @param {string} file */
async function allowExtensionDevelopment(file) {
  const text = await readFile(file, 'utf8');
  const gate = 'this.payload&&(!this.isBuilt||this.enableSmokeTestDriver)';
  if (text.includes(gate)) await writeFile(file, text.replaceAll(gate, 'this.payload'));
  else if (!text.includes('case"extensionDevelopmentPath"')) {
    throw new Error(`${file}: how the workbench reads extensionDevelopmentPath has changed`);
  }
}

/**
 * Keeps two scripts from installing the same version at once. A lock whose owner is gone is taken over.
 * @param {string} folder
 */
async function lock(folder) {
  const owner = path.join(folder, 'pid');
  for (;;) {
    await mkdir(path.dirname(folder), { recursive: true });
    try {
      await mkdir(folder);
      await writeFile(owner, String(process.pid));
      return () => rm(folder, { recursive: true, force: true });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    await delay(500);
    const pid = Number(await readFile(owner, 'utf8').catch(() => '0'));
    if (!existsSync(`/proc/${pid}`) && process.platform === 'linux')
      await rm(folder, { recursive: true, force: true });
  }
}
