/**
 * Takes from the process what code that has left its realm would use first: other processes, the environment, the
 * loader, sockets. Containment is the process and its flags; this is the layer behind it (docs/security.md).
 */
import type { Capabilities } from '../wire.js';

const PROCESS_PROPERTIES = [
  '_kill',
  '_debugProcess',
  '_debugEnd',
  '_startProfilerIdleNotifier',
  'abort',
  'binding',
  '_linkedBinding',
  'channel',
  'chdir',
  'constrainedMemory',
  'disconnect',
  'dlopen',
  'exit',
  'reallyExit',
  'getBuiltinModule',
  'kill',
  'loadEnvFile',
  'mainModule',
  'openStdin',
  'report',
  'send',
  'setegid',
  'seteuid',
  'setgid',
  'setgroups',
  'setuid',
  'initgroups',
  'umask',
];
const GLOBALS = [
  'fetch',
  'WebSocket',
  'EventSource',
  'Request',
  'Response',
  'Headers',
  'FormData',
  'BroadcastChannel',
  'Worker',
  'navigator',
  'require',
  'module',
];

/** Probes first, with what the process has at its start. */
export function probe(environment: NodeJS.ProcessEnv): Capabilities {
  let noCodeFromStrings = false;
  try {
    // Asks whether the flag of this process holds; never runs anything but this literal.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
    new Function('return 1')();
  } catch {
    noCodeFromStrings = true;
  }
  const { permission } = process as { permission?: { has(scope: string): boolean } };
  return {
    node: process.versions.node,
    permissions:
      permission !== undefined &&
      !permission.has('child') &&
      !permission.has('fs.write') &&
      !permission.has('worker'),
    noCodeFromStrings,
    emptyEnvironment: Object.keys(environment).every((name) => KEPT.has(name)),
  };
}

/** What a process cannot start without: Electron's switch, and Windows' own directory. */
const KEPT: ReadonlySet<string> = new Set([
  'ELECTRON_RUN_AS_NODE',
  'SystemRoot',
  'SYSTEMROOT',
  '__CF_USER_TEXT_ENCODING',
]);

export function harden(): void {
  for (const name of PROCESS_PROPERTIES) remove(process, name);
  process.env = Object.freeze(Object.create(null)) as NodeJS.ProcessEnv;
  process.argv = [];
  process.execArgv = [];
  for (const name of GLOBALS) remove(globalThis, name);
  // Where the process flag is missing, `x.constructor.constructor` still finds no way to compile text.
  const shapes = [() => undefined, async () => Promise.resolve(), function* () {}, async function* () {}];
  for (const shape of shapes) {
    Object.defineProperty(Object.getPrototypeOf(shape) as object, 'constructor', {
      value: undefined,
      configurable: false,
      writable: false,
    });
  }
}

function remove(from: object, name: string): void {
  try {
    if (Reflect.deleteProperty(from, name)) return;
    Object.defineProperty(from, name, { value: undefined, writable: false });
  } catch {
    // Some properties are fixed by the runtime; the flags of the process cover them.
  }
}
