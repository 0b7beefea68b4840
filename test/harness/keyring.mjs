/**
 * A real, private and empty keychain: its own message bus and its own unlocked gnome-keyring, for tests and for
 * machines without a desktop session. Its file is encrypted with a random password that is never stored and is
 * removed at the end, so what is put into it lives until `stop`.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, open, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onExit, runForCode, spawnBound, stop } from './processes.mjs';
import { findProgram } from './find-program.mjs';
import { temporaryFolder } from './temporary.mjs';

/** Whether this session can already reach a message bus, and so the person's own keychain. */
export function hasSessionBus() {
  if (process.platform !== 'linux') return true;
  const runtime = process.env.XDG_RUNTIME_DIR;
  return (
    Boolean(process.env.DBUS_SESSION_BUS_ADDRESS) ||
    (runtime !== undefined && existsSync(path.join(runtime, 'bus')))
  );
}

/** A bus that starts no services by itself: no portals, no second keyring. */
const busConfiguration = (/** @type {string} */ folder) => `<!DOCTYPE busconfig PUBLIC
  "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${folder}/bus</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;

/**
 * @param {string} [callsFile] takes one line for each call of the keychain: who, to whom, which method; no value
 * @returns {Promise<{ env: Record<string, string>, controlFolder: string, password: string, stop: () => Promise<void> }>}
 *   `env` leads programs to it; with the other two it can be unlocked again
 */
export async function startPrivateKeyring(callsFile) {
  const folder = await temporaryFolder('keyring');
  const config = path.join(folder, 'bus.conf');
  await writeFile(config, busConfiguration(folder));
  const env = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/bus` };
  const password = randomBytes(24).toString('base64url');

  /** @type {import('node:child_process').ChildProcess[]} */
  const children = [];
  const close = async () => {
    forget();
    for (const child of children.reverse()) await stop(child);
    await rm(folder, { recursive: true, force: true });
  };
  const forget = onExit(close);
  try {
    const bus = ['--config-file=' + config, '--nofork', '--nopidfile'];
    children.push(spawnBound('dbus-daemon', bus, { stdio: 'ignore' }));
    await until(() => existsSync(path.join(folder, 'bus')), 'the message bus did not start');
    const daemon = findProgram('gnome-keyring-daemon');
    if (!daemon) throw new Error('gnome-keyring-daemon is not installed');
    // Debian gives the daemon the right to lock memory; containers that lack it refuse to start such a file. A copy
    // has no such right and runs anywhere.
    const copy = path.join(folder, 'gnome-keyring-daemon');
    let child = await startDaemon(daemon, folder, env, password);
    if (!child) {
      await copyFile(daemon, copy);
      child = await startDaemon(copy, folder, env, password);
    }
    if (!child) throw new Error('gnome-keyring-daemon ended as soon as it had started');
    children.push(child);
    if (callsFile !== undefined) children.push(await recordCalls(callsFile, env));
    return { env, controlFolder: folder, password, stop: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * @param {string} program
 * @param {string} folder takes its files
 * @param {Record<string, string>} env
 * @param {string} password
 * @returns {Promise<import('node:child_process').ChildProcess | undefined>} once it answers; undefined when it ended
 */
async function startDaemon(program, folder, env, password) {
  const child = spawnBound(
    program,
    ['--foreground', '--unlock', '--components=secrets', `--control-directory=${folder}`],
    {
      env: { ...process.env, ...env, XDG_DATA_HOME: folder, XDG_RUNTIME_DIR: folder },
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  );
  child.on('error', () => undefined); // seen below as a process without an id
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(password);
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const question = ['org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets'];
  const isThere = async () => {
    const asked = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/', ...question];
    const { output } = await runForCode('dbus-send', asked, { env: { ...process.env, ...env } });
    return output.includes('boolean true');
  };
  await until(async () => hasEnded() || (await isThere()), 'gnome-keyring did not answer on the message bus');
  return hasEnded() ? undefined : child;
}

/** @param {string} file @param {Record<string, string>} env @returns {Promise<import('node:child_process').ChildProcess>} once it listens */
async function recordCalls(file, env) {
  const log = await open(file, 'w');
  const rule = "type='method_call',destination='org.freedesktop.secrets'";
  const child = spawnBound('dbus-monitor', ['--session', '--profile', rule], {
    env: { ...process.env, ...env },
    stdio: ['ignore', log.fd, 'ignore'],
  });
  await log.close();
  // Its first line is the names of columns, or what the bus has answered to its own questions.
  await until(async () => (await readFile(file, 'utf8')) !== '', 'dbus-monitor did not start');
  return child;
}

/** @param {() => boolean | Promise<boolean>} condition @param {string} problem */
async function until(condition, problem) {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(problem);
    await delay(30);
  }
}
