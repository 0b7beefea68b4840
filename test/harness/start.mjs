/**
 * `npm start`: opens VS Code on examples/ with the extension loaded, from a clean clone in one command. It installs
 * and builds what is missing; only Node and npm must be there.
 *
 * The desktop's VS Code if there is one, else the embedded one (vscode-host.mjs), in the browser.
 */
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findDesktop, hasDisplay } from './desktop.mjs';
import { startEditor } from './editor-server.mjs';
import { findProgram } from './find-program.mjs';
import { hasSessionBus, startPrivateKeyring } from './keyring.mjs';
import { forgetNames } from './names-of-secrets.mjs';
import { runMain } from './processes.mjs';
import { build, ensureDependencies, root } from './project.mjs';
import { ensurePackages, missingPackages } from './system-packages.mjs';
import { PersonalProblem, say } from './terminal.mjs';
import { defaultHostVersion, ensureHost, hostVersions, isHostVersion } from './vscode-host.mjs';

const help = `npm start -- [options]

  --workspace FOLDER  what to open instead of examples/
  --embedded          the embedded VS Code, in the browser, even when there is one on the desktop
  --vscode VERSION    which embedded VS Code: ${hostVersions.join(', ')} (default: ${defaultHostVersion})
  --port N            its port on 127.0.0.1 (default: 8137, or a free one)
  --no-open           print its address only
`;
const defaultPort = 8137;

runMain(async () => {
  const options = readOptions();
  if (!options) return 0;
  await ensureDependencies();
  await build();
  const desktop = options.embedded ? undefined : findDesktop();
  if (desktop) {
    say(`Opening ${desktop.name} ...`);
    return desktop.open(options.workspace);
  }
  return runEmbedded(options);
});

function readOptions() {
  const { values } = parseArgs({
    options: {
      workspace: { type: 'string', default: path.join(root, 'examples') },
      embedded: { type: 'boolean', default: false },
      vscode: { type: 'string' },
      port: { type: 'string' },
      'no-open': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    say(help);
    return undefined;
  }
  const version = values.vscode ?? defaultHostVersion;
  if (!isHostVersion(version))
    throw new PersonalProblem(`There is no embedded VS Code ${version}. Choose ${hostVersions.join(', ')}.`);
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536))
    throw new PersonalProblem(`--port ${values.port} is no port.`);
  const workspace = path.resolve(values.workspace);
  if (!existsSync(workspace)) throw new PersonalProblem(`${workspace} does not exist.`);
  if (!statSync(workspace).isDirectory() && !workspace.endsWith('.code-workspace'))
    throw new PersonalProblem(`${workspace} is no folder.`);
  return {
    version,
    port,
    workspace,
    embedded: values.embedded || values.vscode !== undefined || port !== undefined,
    open: !values['no-open'],
  };
}

/** @param {NonNullable<ReturnType<typeof readOptions>>} options */
async function runEmbedded(options) {
  await ensurePackages(['editor'], 'The embedded VS Code');
  const host = await ensureHost(options.version);
  const keychain = await chooseKeychain();
  const profile = path.join(root, '.vscode-host', `profile-${options.version}`);
  await mkdir(profile, { recursive: true });
  const userDataDir = path.join(profile, 'user-data');
  if (!keychain.lasts) await forgetNames(userDataDir);
  const editor = await startEditor({
    host,
    workspace: options.workspace,
    extensionDevelopmentPaths: [root],
    userDataDir,
    extensionsDir: path.join(profile, 'extensions'),
    logFile: path.join(profile, 'server.log'),
    port: options.port ?? defaultPort,
    strictPort: options.port !== undefined,
    env: keychain.env,
  });
  const isOpening = options.open && openInBrowser(editor.address);
  say(
    `\nVS Code ${options.version} with Flow Secrets is ${isOpening ? 'opening in your browser' : 'ready'}:\n\n  ${editor.address}\n`,
  );
  if (options.port === undefined && editor.port !== defaultPort)
    say(`(Port ${defaultPort} is taken, perhaps by another npm start.)`);
  say(keychain.note);
  say('The address holds a key to this machine: keep it to yourself. Stop with Ctrl-C.');
  const code = await editor.ended;
  console.error(
    `VS Code's server has ended by itself (${code}); its log is ${path.join(profile, 'server.log')}`,
  );
  return 1;
}

/**
 * The person's own keychain where a session offers it; else a private one, so that secrets work here, too.
 * @returns {Promise<{ env: Record<string, string>, note: string, lasts: boolean }>} `lasts`: the next start has its values too
 */
async function chooseKeychain() {
  if (hasSessionBus()) return { env: {}, note: 'Secrets go to your keychain.', lasts: true };
  const canInstall = process.getuid?.() === 0 && findProgram('apt-get');
  if (canInstall) await ensurePackages(['keyring'], 'A keychain');
  const missing = missingPackages(['keyring']);
  if (missing.length > 0) {
    return {
      env: {},
      lasts: false,
      note: `There is no desktop session and so no keychain: secrets are kept by VS Code until it stops. For a private keychain install: ${missing.join(' ')}`,
    };
  }
  const { env } = await startPrivateKeyring();
  return {
    env,
    lasts: false,
    note: 'There is no desktop session, so secrets go to a private keychain (gnome-keyring) that lives until this stops: nothing of them stays on the disk.',
  };
}

/** @param {string} address @returns {boolean} whether there is a browser to try */
function openInBrowser(address) {
  const opener = hasDisplay() ? findProgram(process.platform === 'darwin' ? 'open' : 'xdg-open') : undefined;
  if (!opener) return false;
  spawn(opener, [address], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
  return true;
}
