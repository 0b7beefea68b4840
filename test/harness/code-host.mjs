#!/usr/bin/env node
/**
 * Stands in for a VS Code executable: takes the command line that @vscode/test-electron makes and runs it in the
 * embedded VS Code (server, extension host and workbench in a headless Chromium).
 *
 *   code-host.mjs [--extensionDevelopmentPath=DIR]... [--extensionTestsPath=FILE] --user-data-dir=DIR --extensions-dir=DIR WORKSPACE
 *
 * Without --extensionTestsPath it runs until a test asks to finish, which allows modal dialogs: VS Code refuses those
 * while it runs extension tests.
 *
 * CODE_HOST_VERSION     which VS Code (vscode-host.mjs)
 * CODE_HOST_EXECUTABLE  a desktop VS Code to run instead; then this only lets tests drive its window
 * CODE_HOST_OUT       folder of screenshots and logs
 * CODE_HOST_NAME      starts the names of the logs
 * CODE_HOST_TRUST     'ask': workspaces are not trusted until the person says so
 * CODE_HOST_TIMEOUT   seconds until a run is given up, with a screenshot
 *
 * The extension host gets CODE_HOST_CONTROL, CODE_HOST_OUT, CODE_HOST_USER_DATA and CODE_HOST_EXTENSIONS.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openWorkbench } from './browser.mjs';
import { startControlServer } from './control-server.mjs';
import { openDesktop } from './desktop-window.mjs';
import { startEditor } from './editor-server.mjs';
import { onExit, runMain } from './processes.mjs';
import { PersonalProblem, say } from './terminal.mjs';
import { defaultHostVersion, ensureHost, isHostVersion } from './vscode-host.mjs';

/**
 * @typedef {{ code: number, reason?: string }} Ending
 * @typedef {object} Run
 * @property {string} userDataDir
 * @property {string} extensionsDir
 * @property {string} workspace
 * @property {readonly string[]} developmentPaths
 * @property {string} [testsPath]
 * @property {Record<string, string>} env for the extension host
 * @property {(kind: 'server' | 'console') => string} logFile
 * @property {(text: string) => void} onConsole
 * @property {(ending: Ending) => void} onEnd
 */

const { values, positionals } = parseArgs({
  strict: false, // flags that mean something to the desktop only
  allowPositionals: true,
  options: {
    extensionDevelopmentPath: { type: 'string', multiple: true },
    extensionTestsPath: { type: 'string' },
    'user-data-dir': { type: 'string' },
    'extensions-dir': { type: 'string' },
    version: { type: 'boolean' },
  },
});

runMain(values.version ? printVersion : main, { endWithParent: true });

async function printVersion() {
  const { folder } = await chosenHost();
  say(JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')).version);
  return 0;
}

async function main() {
  const workspace = positionals[0];
  const userDataDir = text(values['user-data-dir']);
  const extensionsDir = text(values['extensions-dir']);
  if (!workspace || !userDataDir || !extensionsDir) {
    throw new PersonalProblem('A workspace, --user-data-dir and --extensions-dir must be given.');
  }
  const out = path.resolve(process.env.CODE_HOST_OUT ?? 'test/ui/out');
  const name = process.env.CODE_HOST_NAME ?? 'code-host';
  await mkdir(out, { recursive: true });
  const logFile = (/** @type {string} */ kind) => path.join(out, `${name}-${kind}.log`);

  /** @type {string[]} */
  const consoleMessages = [];
  const consoleLog = createWriteStream(logFile('console'));
  /** @type {Deferred<import('playwright-core').Page>} */
  const window = deferred();
  /** @type {Deferred<Ending>} */
  const end = deferred();
  const seconds = Number(process.env.CODE_HOST_TIMEOUT ?? 600);
  const timer = setTimeout(
    () => end.resolve({ code: 124, reason: `not finished after ${seconds} s` }),
    seconds * 1000,
  );

  const control = await startControlServer({
    page: () => window.promise,
    outputFolder: out,
    consoleMessages: () => consoleMessages,
    onFinish: (code) => end.resolve({ code }),
  });
  onExit(control.close);
  /** @type {Run} */
  const run = {
    userDataDir,
    extensionsDir,
    workspace,
    developmentPaths: [values.extensionDevelopmentPath ?? []].flat().map(text),
    ...(values.extensionTestsPath ? { testsPath: text(values.extensionTestsPath) } : {}),
    env: {
      CODE_HOST_CONTROL: control.address,
      CODE_HOST_OUT: out,
      CODE_HOST_USER_DATA: userDataDir,
      CODE_HOST_EXTENSIONS: extensionsDir,
    },
    logFile,
    onConsole: (message) => {
      consoleMessages.push(message);
      consoleLog.write(`${message}\n`);
    },
    onEnd: end.resolve,
  };
  const executable = process.env.CODE_HOST_EXECUTABLE;
  const opening = executable ? runDesktop(executable, run) : runEmbedded(run);
  opening.then(
    (page) => {
      window.resolve(page);
      page.on('crash', () => end.resolve({ code: 1, reason: 'the window crashed' }));
    },
    (error) =>
      end.resolve({
        code: 1,
        reason: error instanceof PersonalProblem ? error.message : String(error?.stack ?? error),
      }),
  );

  const { code, reason } = await end.promise;
  clearTimeout(timer);
  if (reason) console.error(`VS Code: ${reason}`);
  if (code !== 0) {
    const screenshot = window.promise.then((page) =>
      page.screenshot({ path: path.join(out, `${name}-ended-with-${code}.png`), timeout: 10_000 }),
    );
    await Promise.race([screenshot, delay(reason ? 1000 : 10_000)]).catch(() => undefined);
    console.error(`Logs and screenshots are in ${out}`);
  }
  return code;
}

/** @param {Run} run */
async function runEmbedded(run) {
  const editor = await startEditor({
    host: await chosenHost(),
    workspace: run.workspace,
    extensionDevelopmentPaths: run.developmentPaths,
    ...(run.testsPath
      ? { extensionTestsPath: run.testsPath.endsWith('.js') ? run.testsPath : `${run.testsPath}.js` }
      : {}),
    userDataDir: run.userDataDir,
    extensionsDir: run.extensionsDir,
    logFile: run.logFile('server'),
    asksForTrust: process.env.CODE_HOST_TRUST === 'ask',
    env: run.env,
  });
  void editor.ended.then((code) => run.onEnd({ code: 1, reason: `its server ended by itself (${code})` }));
  const { page } = await openWorkbench({
    address: editor.address,
    profileDir: path.join(path.dirname(run.userDataDir), 'chromium'),
    onConsole: run.onConsole,
    onTestsEnd: (code) => run.onEnd({ code }),
  });
  return page;
}

/** @param {string} executable @param {Run} run */
async function runDesktop(executable, run) {
  const desktop = await openDesktop({
    executable,
    args: process.argv.slice(2),
    env: run.env,
    logFile: run.logFile('server'),
    onConsole: run.onConsole,
  });
  void desktop.ended.then((code) => run.onEnd({ code }));
  return desktop.page;
}

function chosenHost() {
  const version = process.env.CODE_HOST_VERSION ?? defaultHostVersion;
  if (!isHostVersion(version))
    throw new PersonalProblem(`CODE_HOST_VERSION=${version} is not one of the embedded versions.`);
  return ensureHost(version);
}

/** @param {string | boolean | undefined} value */
function text(value) {
  return typeof value === 'string' ? value : '';
}

/**
 * @template T
 * @typedef {{ promise: Promise<T>, resolve: (value: T) => void }} Deferred
 */

/** @returns {Deferred<any>} */
function deferred() {
  /** @type {(value: any) => void} */
  let resolve = () => undefined;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}
