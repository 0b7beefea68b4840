/**
 * Child processes that never outlive us: each is started here, stopped with all its descendants by their ids, and
 * whatever a script has opened is closed in reverse order when it ends, is interrupted or fails.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findProgram } from './find-program.mjs';
import { PersonalProblem } from './terminal.mjs';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, input?: string, show?: boolean, timeout?: number }} [options]
 *   `show` passes the output through instead of collecting it; `timeout` in milliseconds.
 * @returns {Promise<string>} what it printed (stdout and stderr)
 * @throws {Error} when it cannot start or exits non-zero; the message ends with what it printed last
 */
export async function run(command, args, options = {}) {
  const { code, output } = await runForCode(command, args, options);
  if (code === 0) return output;
  const tail = output.trim().split('\n').slice(-40).join('\n');
  throw new Error(`${[command, ...args].join(' ')}\nended with ${code}${tail ? `:\n${tail}` : ''}`);
}

/**
 * Like `run`, for callers that read the exit code.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, input?: string, show?: boolean, timeout?: number }} [options]
 * @returns {Promise<{ code: number | string, output: string }>} code is the signal's name when one ended it
 */
export function runForCode(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [
        options.input === undefined ? 'ignore' : 'pipe',
        options.show ? 'inherit' : 'pipe',
        options.show ? 'inherit' : 'pipe',
      ],
      timeout: options.timeout,
      shell: command.endsWith('.cmd'), // Node starts batch files only through a shell
    });
    let output = '';
    child.stdout?.on('data', (data) => (output += data));
    child.stderr?.on('data', (data) => (output += data));
    child.stdin?.end(options.input);
    const forget = onExit(() => stop(child));
    child.once('error', (error) => {
      forget();
      reject(new Error(`${command} could not be started: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      forget();
      resolve({ code: code ?? signal ?? 1, output });
    });
  });
}

/**
 * Starts a program that ends with us even when we are killed, where the system can do that (util-linux's setpriv).
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
export function spawnBound(command, args, options) {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  return setpriv
    ? spawn(setpriv, ['--pdeathsig', 'TERM', '--', command, ...args], options)
    : spawn(command, args, options);
}

/**
 * Ends a process and all that it started: SIGTERM, then SIGKILL after `patience` milliseconds.
 * @param {ChildProcess} child
 * @param {number} [patience]
 */
export async function stop(child, patience = 4000) {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
    await stopFamilies([child.pid], patience);
}

/** Ends everything that this process has started, also what a library started and kept to itself. @param {number} [patience] */
export async function stopChildren(patience = 8000) {
  await stopFamilies(processTable().get(process.pid) ?? [], patience);
}

/** Descendants are listed before the first signal, since orphans lose their parent's id. @param {readonly number[]} pids @param {number} patience */
async function stopFamilies(pids, patience) {
  const children = processTable();
  const family = [...pids];
  for (const pid of family) family.push(...(children.get(pid) ?? []));
  for (const pid of pids) signal(pid, 'SIGTERM');
  const deadline = Date.now() + patience;
  let rest = family.filter(isAlive);
  while (rest.length > 0 && Date.now() < deadline) {
    await delay(25);
    rest = rest.filter(isAlive);
    // Parents that are gone cannot end their children any more: those get their own signal.
    if (!rest.some((pid) => pids.includes(pid))) rest.forEach((pid) => signal(pid, 'SIGTERM'));
  }
  rest.forEach((pid) => signal(pid, 'SIGKILL'));
}

/** @param {number} pid @param {NodeJS.Signals | 0} name */
function signal(pid, name) {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false; // it has ended
  }
}

/** An ended process that nobody has waited for still answers signals. @param {number} pid */
function isAlive(pid) {
  return signal(pid, 0) && statusOf(pid)?.state !== 'Z';
}

/** @returns {Map<number, number[]>} the children of every process */
function processTable() {
  /** @type {Map<number, number[]>} */
  const children = new Map();
  const add = (/** @type {number} */ pid, /** @type {number} */ parent) => {
    const siblings = children.get(parent);
    if (siblings) siblings.push(pid);
    else children.set(parent, [pid]);
  };
  if (existsSync('/proc/self/stat')) {
    for (const name of readdirSync('/proc')) {
      const status = /^\d+$/.test(name) ? statusOf(Number(name)) : undefined;
      if (status) add(Number(name), status.parent);
    }
  } else if (process.platform !== 'win32') {
    const table = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
    for (const [, pid, parent] of table.stdout.matchAll(/(\d+)\s+(\d+)/g))
      if (Number(pid) !== table.pid) add(Number(pid), Number(parent));
  }
  return children;
}

/** @param {number} pid */
function statusOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** @type {Set<() => unknown>} */
const closers = new Set();

/** @type {readonly (readonly [NodeJS.Signals, number])[]} */
const signals = [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
];

/**
 * Registers what must be undone when the script ends in any way.
 * @param {() => unknown} close may return a promise
 * @returns {() => void} forgets it again
 */
export function onExit(close) {
  closers.add(close);
  return () => closers.delete(close);
}

/** Undoes everything that is still registered, latest first; what hangs is left after ten seconds. */
export async function closeAll() {
  for (const close of [...closers].reverse()) {
    closers.delete(close);
    const closed = Promise.resolve().then(close);
    await Promise.race([closed, delay(10_000, undefined, { ref: false })]).catch((error) =>
      console.error(error),
    );
  }
}

/**
 * Runs the main function of a script and leaves with its exit code, everything closed; also on Ctrl-C, kill or a
 * closed terminal, with the shell's customary code. A problem that a person can solve is shown without its stack.
 * @param {() => Promise<number>} main
 * @param {{ endWithParent?: boolean }} [options] by default only when npm runs the script
 */
export function runMain(main, options = {}) {
  let leaving = false;
  const leave = async (/** @type {number} */ code) => {
    if (leaving) return;
    leaving = true;
    await closeAll();
    process.exit(code);
  };
  for (const [name, number] of signals) process.on(name, () => void leave(128 + number));
  // Nobody reads any more, as with `| head`.
  process.stdout.on('error', () => void leave(1));
  process.stderr.on('error', () => void leave(1));
  // Whoever waits for us may be killed without a word; the shell that npm puts between dies of a signal and keeps it.
  const parent = process.ppid;
  const watch = () => process.ppid !== parent && void leave(1);
  if (options.endWithParent ?? process.env.npm_lifecycle_event) setInterval(watch, 500).unref();
  process.on('uncaughtException', (error) => {
    if (!leaving) console.error(error);
    void leave(1);
  });
  main().then(leave, (error) => {
    if (!leaving) console.error(error instanceof PersonalProblem ? `\n${error.message}` : error);
    return leave(1);
  });
}

/** Whether this module is the program that runs, rather than one that another imports. @param {string} moduleUrl */
export function isMain(moduleUrl) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(moduleUrl);
}
