/** One sandbox process: how it is started, what contains it, how it is ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { ByteLines } from './byteLines.js';
import { readMessage } from './incoming.js';
import { FROM_DEBUGGER, FROM_RUNNER, TO_RUNNER, WIRE_VERSION, type Capabilities } from './wire.js';

export interface SandboxProcessOptions {
  readonly execPath: string;
  /** dist/sandbox.js */
  readonly script: string;
  readonly heapMb: number;
  /** Longest message taken from the sandbox, in bytes. */
  readonly lineLimit: number;
  /** It can stand inside an expression, and hear commands then. Default: false. */
  readonly standing?: boolean;
}

export interface SandboxExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it ended, for people: `it used more memory than 256 MiB`. */
  readonly reason: string;
}

export interface SandboxListener {
  /** Whole lines with their ends. */
  lines(lines: Buffer): void;
  exit(exit: SandboxExit): void;
}

const STDERR_TAIL = 4_000;
/** Bytes of a hello. */
const HELLO_LENGTH = 10_000;
/** How long a process may take to say hello, in milliseconds. */
const HELLO = 10_000;

/** Sets of flags, the strictest first. A runtime that refuses one set gets the next. */
function flagSets({ script, heapMb }: SandboxProcessOptions): string[][] {
  const known = process.allowedNodeEnvironmentFlags;
  const permission = known.has('--permission')
    ? '--permission'
    : known.has('--experimental-permission')
      ? '--experimental-permission'
      : undefined;
  const memory = [`--max-old-space-size=${heapMb}`];
  const strings = '--disallow-code-generation-from-strings';
  const quiet = '--no-warnings';
  return [
    ...(permission ? [[permission, `--allow-fs-read=${script}`, strings, quiet, ...memory]] : []),
    [strings, quiet, ...memory],
    memory,
    [],
  ];
}

/** The set that worked last: later processes start with it. */
let firstSet = 0;

/** Heap of a sandbox when nobody says otherwise, in MiB. */
export const HEAP_MB = 256;

/** A process that was started before anybody has asked for it. */
let prepared: { readonly heapMb: number; readonly sandbox: Promise<SandboxProcess> } | undefined;

/** Starts a process for the first run, which then need not wait for it. */
export function prepareSandbox(
  options: Omit<SandboxProcessOptions, 'lineLimit' | 'heapMb' | 'standing'>,
): void {
  const sandbox = startProcess({ ...options, heapMb: HEAP_MB, lineLimit: 0 });
  prepared = { heapMb: HEAP_MB, sandbox };
  // Who asks for it gets another one.
  sandbox.catch(() => undefined);
}

/** A process that has said hello. Throws when no set of flags works. */
export async function startSandbox(options: SandboxProcessOptions): Promise<SandboxProcess> {
  const first = prepared;
  prepared = undefined;
  if (first?.heapMb === options.heapMb && !options.standing) {
    const sandbox = await first.sandbox.catch(() => undefined);
    if (sandbox) {
      sandbox.limit(options.lineLimit);
      return sandbox;
    }
  }
  first?.sandbox.then(
    (sandbox) => sandbox.kill('it is not needed'),
    () => undefined,
  );
  return startProcess(options);
}

async function startProcess(options: SandboxProcessOptions): Promise<SandboxProcess> {
  const sets = flagSets(options);
  let failure: Error | undefined;
  for (let i = firstSet; i < sets.length; i++) {
    try {
      const sandbox = await SandboxProcess.start(options, sets[i]!);
      firstSet = i;
      return sandbox;
    } catch (error) {
      failure = error as Error;
    }
  }
  throw new Error(`The sandbox process cannot be started: ${failure?.message ?? 'no reason given'}`);
}

export class SandboxProcess {
  readonly #child: ChildProcess;
  readonly #down: Writable;
  readonly #commands: Writable | undefined;
  readonly #lines: ByteLines;
  #listener: SandboxListener | undefined;
  #capabilities: Capabilities | undefined;
  #stderr = '';
  #killed: string | undefined;
  #early: Buffer[] = [];
  #exit: SandboxExit | undefined;
  /** As the process itself says, where nothing else is known. */
  reportedRss = 0;

  private constructor(
    private readonly options: SandboxProcessOptions,
    flags: readonly string[],
    private readonly settle: (error?: Error) => void,
  ) {
    const env: NodeJS.ProcessEnv = {};
    // Electron only runs as Node with its switch; Windows' loader needs its own directory. Nothing else is handed on.
    if (process.versions['electron']) env['ELECTRON_RUN_AS_NODE'] = '1';
    if (process.platform === 'win32' && process.env['SystemRoot'])
      env['SystemRoot'] = process.env['SystemRoot'];
    this.#child = spawn(options.execPath, [...flags, options.script], {
      env,
      cwd: path.dirname(options.script),
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', ...(options.standing ? (['pipe'] as const) : [])],
      windowsHide: true,
    });
    this.#down = this.#child.stdio[FROM_RUNNER] as Writable;
    const up = this.#child.stdio[TO_RUNNER] as Readable;
    // A dead process is told by its exit.
    this.#down.on('error', () => undefined);
    up.on('error', () => undefined);
    if (options.standing) {
      this.#commands = (this.#child.stdio as readonly unknown[])[FROM_DEBUGGER] as Writable;
      this.#commands.on('error', () => undefined);
    }
    this.#lines = new ByteLines(Math.max(options.lineLimit, HELLO_LENGTH));
    up.on('data', (chunk: Buffer) => {
      try {
        const lines = this.#lines.push(chunk);
        if (lines) this.#receive(lines);
      } catch (error) {
        this.kill((error as Error).message);
      }
    });
    this.#child.stderr!.setEncoding('utf8');
    this.#child.stderr!.on(
      'data',
      (chunk: string) => (this.#stderr = (this.#stderr + chunk).slice(-STDERR_TAIL)),
    );
    this.#child.on('error', (error) => this.#ended({ code: null, signal: null, reason: error.message }));
    this.#child.on('close', (code, signal) =>
      this.#ended({ code, signal, reason: this.#reason(code, signal) }),
    );
  }

  static async start(options: SandboxProcessOptions, flags: readonly string[]): Promise<SandboxProcess> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => sandbox.kill('it did not answer'), HELLO);
      const sandbox = new SandboxProcess(options, flags, (error) => {
        clearTimeout(timer);
        if (error) reject(error);
        else resolve(sandbox);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get capabilities(): Capabilities {
    return this.#capabilities!;
  }

  /** Longest message taken from now on, in bytes. */
  limit(bytes: number): void {
    this.#lines.limit = bytes;
  }

  /** Takes over what the process says from now on. */
  listen(listener: SandboxListener): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    for (const lines of early) listener.lines(lines);
    if (this.#exit) listener.exit(this.#exit);
  }

  send(text: string): void {
    if (!this.#exit) this.#down.write(text);
  }

  /** For a process that stands inside an expression: it reads nothing else. */
  command(text: string): void {
    if (!this.#exit) this.#commands?.write(text);
  }

  /** Ends the process at once; `exit` follows. */
  kill(reason: string): void {
    this.#killed ??= reason;
    this.#child.kill('SIGKILL');
  }

  /** Resident memory in bytes. */
  rss(): number {
    if (process.platform !== 'linux') return this.reportedRss;
    try {
      return (
        Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'latin1'))?.[1] ?? 0) *
        1024
      );
    } catch {
      return 0;
    }
  }

  #receive(lines: Buffer): void {
    if (!this.#capabilities) {
      const end = lines.indexOf('\n');
      const hello = readMessage(lines.toString('utf8', 1, end));
      if (hello?.t !== 'hello' || hello.version !== WIRE_VERSION) {
        this.kill('it is of another version than the runner');
        return;
      }
      this.#capabilities = hello.capabilities;
      this.settle();
      lines = lines.subarray(end + 1);
    }
    if (lines.length === 0) return;
    if (this.#listener) this.#listener.lines(lines);
    else this.#early.push(lines);
  }

  #ended(exit: SandboxExit): void {
    if (this.#exit) return;
    this.#exit = exit;
    this.settle(new Error(exit.reason));
    this.#listener?.exit(exit);
  }

  #reason(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.#killed !== undefined) return this.#killed;
    if (/heap out of memory|Allocation failed/.test(this.#stderr))
      return `it used more than ${this.options.heapMb} MiB of heap`;
    const first = this.#stderr.trim().split('\n').at(-1) ?? '';
    const how = signal ? `signal ${signal}` : `exit code ${code ?? '?'}`;
    return first === '' ? `it ended with ${how}` : `it ended with ${how}: ${first}`;
  }
}
