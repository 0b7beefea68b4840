/**
 * Runs a suite of tests inside a real VS Code: a fresh profile and a copy of the workspace in one temporary folder
 * that lasts until the tests end (so that a test can search all of it), a private keychain, and a time limit.
 *
 * The tests find in their environment what code-host.mjs and test/host/index.ts name, and
 * TEST_RUN_FOLDER  everything that the run may write: user-data, extensions, home, chromium, workspace
 * TEST_KEYCHAIN    'private' when the keychain is ours, so that a test may fill and empty it
 * TEST_KEYCHAIN_CALLS, _CONTROL, _PASSWORD  what has been asked of it, and how to unlock it: keyring.mjs
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  downloadAndUnzipVSCode,
  resolveCliArgsFromVSCodeExecutablePath,
  runTests,
} from '@vscode/test-electron';
import { writeQuietSettings } from './editor-server.mjs';
import { startPrivateKeyring } from './keyring.mjs';
import { onExit, run, runForCode, stopChildren } from './processes.mjs';
import { ensurePackages } from './system-packages.mjs';
import { root } from './project.mjs';
import { collect } from './results.mjs';
import { temporaryFolder } from './temporary.mjs';
import { PersonalProblem, say } from './terminal.mjs';
import { defaultHostVersion, ensureHost, isHostVersion } from './vscode-host.mjs';

const codeHost = path.join(root, 'test/harness/code-host.mjs');
/** An extension that does nothing but run the tests. */
const driver = path.join(root, 'test/harness/driver');
const testsEntry = path.join(root, 'out/test/host/index.js');
/** Seconds; the slowest suite takes a fraction of it. */
const timeLimit = process.env.CODE_HOST_TIMEOUT ?? '1200';

/**
 * @typedef {object} Suite
 * @property {string} name folder under test/
 * @property {boolean} [allowModalDialogs] VS Code shows none in runs that it knows to be tests
 * @property {string} [extensionsDir] has our extension installed; else it runs from the sources' build
 * @property {boolean} [untrusted] nobody has said yet that the workspace is trusted
 * @property {'none'} [keychain] none at all, instead of a private one
 * @property {(workspace: string, runFolder: string) => Promise<string>} [prepare] gives what is opened instead of the
 *   folder `workspace`
 */

/** With more suites that fail than this, it is not a window that missed a key press. */
const suitesToRepeat = 3;

/**
 * A window on a busy machine now and then misses a key press: the suites that failed go once more, from their beginning
 * and in a new window, and what they come to then counts. The output tells of both.
 * @param {import('./stages.mjs').StageOptions} options
 * @param {Suite} suite
 */
export async function runInVSCode(options, suite) {
  const { results } = options;
  await rm(outputFolder(suite), { recursive: true, force: true });
  const before = results.total;
  const failuresBefore = results.failures.length;
  await runOnce(options, suite);
  const failed = new Set(results.failures.slice(failuresBefore).map(({ path }) => path[0] ?? ''));
  if (failed.size === 0 || failed.size > suitesToRepeat) return;
  say(`  Once more, in a new window: ${[...failed].join(', ')}`);
  const isOfTests = results.failures.slice(failuresBefore).every(({ path }) => path.length > 1);
  if (isOfTests) {
    results.takeBack(before, failed);
    const grep = `^(?:${[...failed].map((title) => title.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')}) `;
    await runOnce({ ...options, grep }, suite);
  } else {
    results.takeBack(before);
    await runOnce(options, suite);
  }
}

/** @param {Suite} suite */
const outputFolder = ({ name }) => path.join(root, 'test/ui/out', name);

/**
 * @param {import('./stages.mjs').StageOptions} options
 * @param {Suite} suite
 */
async function runOnce(options, suite) {
  const version = options.vscode ?? defaultHostVersion;
  const purpose = `The ${suite.name} tests`;
  const runFolder = await temporaryFolder(suite.name);
  const keychain = await keychainOf(suite, runFolder, purpose);
  const env = { ...keychain.env, ...(await hostEnvironment(version, options.download, purpose)) };

  const home = path.join(runFolder, 'home');
  const workspace = path.join(runFolder, 'workspace');
  const userDataDir = path.join(runFolder, 'user-data');
  const extensionsDir = suite.extensionsDir ?? path.join(runFolder, 'extensions');
  for (const folder of [home, workspace, userDataDir, extensionsDir, outputFolder(suite)])
    await mkdir(folder, { recursive: true });
  const fixture = path.join(root, 'test/fixtures/workspace');
  if (existsSync(fixture)) await cp(fixture, workspace, { recursive: true });
  await cp(path.join(root, 'examples'), path.join(workspace, 'examples'), { recursive: true });
  await writeQuietSettings(userDataDir, suite.untrusted);
  const opened = (await suite.prepare?.(workspace, runFolder)) ?? workspace;

  const results = path.join(runFolder, 'results.jsonl');
  const testEnv = {
    ...env,
    HOME: home,
    XDG_CONFIG_HOME: path.join(home, '.config'),
    XDG_CACHE_HOME: path.join(home, '.cache'),
    XDG_DATA_HOME: path.join(home, '.local/share'),
    CODE_HOST_OUT: outputFolder(suite),
    CODE_HOST_NAME: suite.name,
    CODE_HOST_TIMEOUT: timeLimit,
    ...(suite.untrusted && { CODE_HOST_TRUST: 'ask' }),
    TEST_RUN_FOLDER: runFolder,
    TEST_SUITE: suite.name,
    TEST_GREP: options.grep ?? '',
    TEST_RESULTS: results,
  };
  const launchArgs = [opened, `--user-data-dir=${userDataDir}`, `--extensions-dir=${extensionsDir}`];
  const developed = suite.extensionsDir ? [] : [root];

  const forget = onExit(() => stopChildren());
  await collect(options.results, purpose.toLowerCase(), results, async () => {
    if (suite.allowModalDialogs) {
      // The workbench takes one extension under development only, so the driver is an installed one here.
      await cp(driver, path.join(extensionsDir, 'flow-secrets.test-driver-0.0.0'), { recursive: true });
      const args = [...launchArgs, ...developed.map((folder) => `--extensionDevelopmentPath=${folder}`)];
      /** @type {NodeJS.ProcessEnv} */
      const environment = { ...process.env, ...testEnv, TEST_ENTRY: testsEntry };
      if (suite.keychain === 'none') for (const name of waysToKeychain) delete environment[name];
      return runForCode(process.execPath, [codeHost, ...args], { env: environment, show: true });
    }
    const code = await runTests({
      vscodeExecutablePath: codeHost,
      extensionDevelopmentPath: developed[0] ?? driver,
      extensionTestsPath: testsEntry,
      extensionTestsEnv: testEnv,
      launchArgs,
    });
    return { code };
  });
  forget();
  await keychain.stop();
}

/** Variables that lead to a message bus, or let one be started. */
const waysToKeychain = ['DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR', 'DISPLAY', 'WAYLAND_DISPLAY'];

/**
 * Each run has its own: a second go finds nothing of the first, and tests may lock it.
 * @param {Suite} suite
 * @param {string} runFolder
 * @param {string} purpose
 * @returns {Promise<{ env: Record<string, string>, stop: () => Promise<void> }>}
 */
async function keychainOf(suite, runFolder, purpose) {
  if (process.platform !== 'linux' || suite.keychain === 'none')
    return { env: {}, stop: () => Promise.resolve() };
  await ensurePackages(['keyring'], purpose);
  const callsFile = path.join(runFolder, 'keychain-calls.txt');
  const own = await startPrivateKeyring(callsFile);
  const env = {
    ...own.env,
    TEST_KEYCHAIN: 'private',
    TEST_KEYCHAIN_CALLS: callsFile,
    TEST_KEYCHAIN_CONTROL: own.controlFolder,
    TEST_KEYCHAIN_PASSWORD: own.password,
  };
  return { env, stop: own.stop };
}

/**
 * Which VS Code code-host.mjs runs: the embedded one, installed now, or a desktop one, downloaded now.
 * @param {string} version
 * @param {boolean} download
 * @param {string} purpose
 * @returns {Promise<Record<string, string>>}
 */
async function hostEnvironment(version, download, purpose) {
  if (!download && isHostVersion(version)) {
    await ensurePackages(['editor', 'browser'], purpose);
    await ensureHost(version);
    return { CODE_HOST_VERSION: version };
  }
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    throw new PersonalProblem(
      'A desktop VS Code needs a display. Run this under `xvfb-run -a`, or without --download and with --vscode 1.96, 1.100 or newest.',
    );
  }
  const wanted = /^\d+\.\d+$/.test(version) ? `${version}.0` : version === 'newest' ? 'stable' : version;
  return {
    CODE_HOST_EXECUTABLE: await downloadAndUnzipVSCode({
      version: wanted,
      cachePath: path.join(root, '.vscode-test'),
    }),
  };
}

/**
 * Installs a .vsix as a person would, into a fresh folder of extensions.
 * @param {import('./stages.mjs').StageOptions} options
 * @param {string} vsix
 * @returns {Promise<string>} that folder
 */
export async function installExtension(options, vsix) {
  const folder = await temporaryFolder('installed');
  const extensionsDir = path.join(folder, 'extensions');
  const version = options.vscode ?? defaultHostVersion;
  const { CODE_HOST_EXECUTABLE: executable } = await hostEnvironment(
    version,
    options.download,
    'The package tests',
  );
  const args = [
    `--user-data-dir=${path.join(folder, 'user-data')}`,
    `--extensions-dir=${extensionsDir}`,
    '--install-extension',
    vsix,
  ];
  if (executable) {
    const [command = executable, ...own] = resolveCliArgsFromVSCodeExecutablePath(executable, {
      reuseMachineInstall: true,
    });
    await run(command, [...own, ...args]);
  } else if (isHostVersion(version)) {
    const host = await ensureHost(version);
    await run(host.node, [
      path.join(host.folder, 'out/server-main.js'),
      '--accept-server-license-terms',
      ...args,
    ]);
  }
  return extensionsDir;
}

/**
 * The environment of a private keychain. Elsewhere than on Linux the system's own answers.
 * @param {string} purpose
 * @returns {Promise<Record<string, string>>}
 */
export async function privateKeychain(purpose) {
  if (process.platform !== 'linux') return {};
  await ensurePackages(['keyring'], purpose);
  return { ...(await startPrivateKeyring()).env, TEST_KEYCHAIN: 'private' };
}
