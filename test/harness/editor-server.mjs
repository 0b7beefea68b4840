/** Runs VS Code's server for one workspace: settings, process, and the address of its workbench. */
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openFront } from './front.mjs';
import { onExit, spawnBound, stop } from './processes.mjs';
import { quietSettings } from './quiet-settings.mjs';
import { temporaryFolder } from './temporary.mjs';

/**
 * @typedef {object} EditorOptions
 * @property {import('./vscode-host.mjs').VSCodeHost} host
 * @property {string} workspace folder or .code-workspace file
 * @property {readonly string[]} extensionDevelopmentPaths
 * @property {string} [extensionTestsPath]
 * @property {string} userDataDir
 * @property {string} extensionsDir
 * @property {string} logFile what the server prints
 * @property {number} [port]
 * @property {boolean} [strictPort]
 * @property {boolean} [asksForTrust] workspaces are not trusted until the person says so
 * @property {Record<string, string>} [env] of the server, and so of the extension host
 *
 * @typedef {object} Editor
 * @property {string} address of the workbench, with its token
 * @property {number} port
 * @property {Promise<number | null>} ended resolves when the server has stopped without being asked to
 * @property {() => Promise<void>} stop
 */

/**
 * Starts the server and waits until it listens.
 * @param {EditorOptions} options
 * @returns {Promise<Editor>}
 */
export async function startEditor(options) {
  await writeQuietSettings(options.userDataDir);
  await mkdir(options.extensionsDir, { recursive: true });
  const socketFolder = await temporaryFolder('editor');
  const socketPath = path.join(socketFolder, 'socket');
  // VS Code takes a theme that lies under the extension in development for the one to show, and its own themes lie
  // under .vscode-host in our folder: it gets to see them by another path.
  const builtinExtensions = path.join(socketFolder, 'extensions');
  await symlink(path.join(options.host.folder, 'extensions'), builtinExtensions);
  const child = spawnBound(options.host.node, serverArguments(options, socketPath, builtinExtensions), {
    cwd: options.host.folder,
    env: serverEnvironment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(options.logFile);
  let isClosing = false;
  const ended = new Promise((/** @type {(code: number | null) => void} */ resolve) => {
    child.once('exit', (code) => !isClosing && resolve(code));
  });
  /** @type {Awaited<ReturnType<typeof openFront>> | undefined} */
  let front;
  const close = async () => {
    isClosing = true;
    forget();
    front?.close();
    await stop(child);
    log.end();
    await rm(socketFolder, { recursive: true, force: true });
  };
  const forget = onExit(close);
  try {
    await new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
      let printed = '';
      const read = (/** @type {Buffer} */ data) => {
        log.write(data);
        if (printed.length > 100_000) return;
        printed += data;
        if (printed.includes('Extension host agent listening on')) resolve();
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`VS Code's server ended with ${code}:\n${printed}`)));
      setTimeout(
        () => reject(new Error(`VS Code's server did not start within a minute:\n${printed}`)),
        60_000,
      ).unref();
    });
    const page = (/** @type {string} */ host) => workbenchQuery(host, options);
    front = await openFront({
      socketPath,
      port: options.port ?? 0,
      strictPort: options.strictPort ?? false,
      page,
    });
    return { address: front.address, port: front.port, ended, stop: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param {EditorOptions} options @param {string} socketPath @param {string} builtinExtensions */
function serverArguments(options, socketPath, builtinExtensions) {
  return [
    path.join(options.host.folder, 'out/server-main.js'),
    '--socket-path',
    socketPath,
    '--without-connection-token', // the front asks for one; the socket's folder is closed to other users
    '--accept-server-license-terms',
    '--disable-telemetry',
    ...(options.asksForTrust ? [] : ['--disable-workspace-trust']),
    '--disable-update-check',
    '--disable-getting-started-override',
    '--builtin-extensions-dir',
    builtinExtensions,
    '--user-data-dir',
    options.userDataDir,
    '--extensions-dir',
    options.extensionsDir,
  ];
}

/** A VS Code or npm that started us leaves variables that would steer the one we start. @param {Record<string, string>} [extra] */
function serverEnvironment(extra) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_OPTIONS$|VSCODE_|ELECTRON_)/.test(name),
  );
  return { ...Object.fromEntries(kept), ...extra };
}

/** @param {string} userDataDir @param {boolean} [asksForTrust] */
export async function writeQuietSettings(userDataDir, asksForTrust = false) {
  const file = path.join(userDataDir, 'User/settings.json');
  if (existsSync(file)) return;
  await mkdir(path.dirname(file), { recursive: true });
  const trust = asksForTrust && {
    'security.workspace.trust.enabled': true,
    'security.workspace.trust.startupPrompt': 'never',
    'security.workspace.trust.banner': 'never',
  };
  await writeFile(file, JSON.stringify({ ...quietSettings, ...trust }, null, 2));
}

/** The browser needs the extension's place in the address: the server does not tell it. @param {string} host @param {EditorOptions} options */
function workbenchQuery(host, options) {
  const uri = (/** @type {string} */ file) => `vscode-remote://${host}${path.resolve(file)}`;
  const payload = [
    ['skipWelcome', 'true'],
    ...options.extensionDevelopmentPaths.map((folder) => ['extensionDevelopmentPath', uri(folder)]),
    ...(options.extensionTestsPath ? [['extensionTestsPath', uri(options.extensionTestsPath)]] : []),
  ];
  return new URLSearchParams({
    [options.workspace.endsWith('.code-workspace') ? 'workspace' : 'folder']: path.resolve(options.workspace),
    payload: JSON.stringify(payload),
  });
}
