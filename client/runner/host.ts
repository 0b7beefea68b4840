/**
 * The parent's side of a runner process, for the extension and the command line. Knows nothing of VS Code. One host is one
 * process and one run: start a new one to run again.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { parseEntry } from './entryLine.js';
import {
  PROTOCOL_VERSION,
  type Breakpoint,
  type DebugEventRequest,
  type EmittedEvent,
  type Evaluation,
  type FailureFilter,
  type Inspection,
  type Method,
  type Pause,
  type RunEvent,
  type RunInfo,
  type RunnerMessage,
  type RunnerMethods,
  type RunStatus,
  type StartRequest,
} from './protocol.js';

export interface RunnerOptions {
  /** dist/runner.js; dist/sandbox.js lies beside it. */
  readonly runnerPath: string;
  /** Default: this process's own executable. Electron's is run as Node. */
  readonly execPath?: string;
  /** Environment from which the runner gets the few variables it needs. Default: process.env. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface RunnerExit {
  /** True after `stop`. */
  readonly expected: boolean;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What the process printed last; redacted by the runner itself. */
  readonly message: string;
}

type Listener<T> = (value: T) => void;

/** All that a runner needs of its parent's environment: loader, certificates, time zone. Never a token. */
const ENVIRONMENT = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TEMP',
  'TMP',
  'TZ',
  'LANG',
  'LC_ALL',
  'SystemRoot',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];
/** How long a runner may take to end by itself, in milliseconds. */
const STOP_TIMEOUT = 3_000;
const STDERR_TAIL = 4_000;

export class RunnerHost {
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  readonly #events = new Set<Listener<{ events: readonly RunEvent[]; skipped: number }>>();
  readonly #idle = new Set<Listener<RunStatus>>();
  readonly #paused = new Set<Listener<Pause>>();
  readonly #resumed = new Set<Listener<undefined>>();
  readonly #exits = new Set<Listener<RunnerExit>>();
  #lastCall = 0;
  #children: readonly number[] = [];
  #stderr = '';
  #expected = false;
  #exit: RunnerExit | undefined;
  #pause: Pause | undefined;

  /** Starts the process, so that it is ready when `start` is called. */
  constructor({ runnerPath, execPath = process.execPath, env = process.env }: RunnerOptions) {
    const kept: NodeJS.ProcessEnv = { ELECTRON_RUN_AS_NODE: '1' };
    for (const name of ENVIRONMENT) if (env[name] !== undefined) kept[name] = env[name];
    this.#child = spawn(execPath, [runnerPath], {
      env: kept,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'json',
      windowsHide: true,
    });
    this.#child.on('message', (message) => this.#message(message as RunnerMessage));
    this.#child.stderr!.setEncoding('utf8');
    this.#child.stderr!.on(
      'data',
      (chunk: string) => (this.#stderr = (this.#stderr + chunk).slice(-STDERR_TAIL)),
    );
    this.#child.on('error', (error) => this.#ended(null, null, error.message));
    this.#child.on('close', (code, signal) => this.#ended(code, signal, this.#stderr.trim()));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Loads and starts the flow. Rejects with a text for people. */
  async start(request: StartRequest): Promise<RunInfo> {
    return this.#call('start', request);
  }

  async debugEvent(request: DebugEventRequest): Promise<{ readonly id: string }> {
    return this.#call('debugEvent', request);
  }

  /** Emits a past event again, with its own data or other. */
  async reEmit(id: string, data?: unknown): Promise<{ readonly id: string }> {
    return this.#call('reEmit', { id, ...(data !== undefined && { data }) });
  }

  /** Ends the waits of one event (by its id), or all; gives their number. */
  async skipSleep(id?: string): Promise<number> {
    return (await this.#call('skipSleep', id === undefined ? {} : { id })).skipped;
  }

  /** Moves virtual time on by so many milliseconds (RunOptions.virtualTime); gives the new time. */
  async advance(milliseconds: number): Promise<number> {
    return (await this.#call('advance', { milliseconds })).now;
  }

  /** Moves virtual time on to a time, in milliseconds since the epoch. */
  async advanceTo(to: number): Promise<number> {
    return (await this.#call('advance', { to })).now;
  }

  async status(): Promise<RunStatus> {
    return this.#call('status', undefined);
  }

  /** Kept entries after the one numbered `after`, oldest first. */
  async events(after = 0, limit?: number): Promise<readonly RunEvent[]> {
    return (await this.#call('events', { after, ...(limit !== undefined && { limit }) })).events;
  }

  /** One event with all its data; undefined when it is no longer kept. */
  async event(id: string): Promise<EmittedEvent | undefined> {
    return (await this.#call('event', { id })).event;
  }

  /** One event from all sides; undefined when it is no longer kept. */
  async inspect(id: string): Promise<Inspection | undefined> {
    return (await this.#call('inspect', { id })).inspection;
  }

  /** What an expression gives in the scope of an event's receivers. Rejects with a text for people. */
  async evaluate(id: string, expression: string): Promise<Evaluation> {
    return this.#call('evaluate', { id, expression });
  }

  /** The same in a call inside the expression that the run stands in; `frame`: its index in `Pause.inside`. */
  async evaluateInside(frame: number, expression: string): Promise<Evaluation> {
    return this.#call('evaluateInside', { frame, expression });
  }

  /** Variables of such a call. */
  async variables(frame: number): Promise<RunnerMethods['variables']['result']> {
    return this.#call('variables', { frame });
  }

  /** Replaces all breakpoints of a debug run (RunOptions.debug). */
  async setBreakpoints(
    breakpoints: readonly Breakpoint[],
    failures: FailureFilter,
  ): Promise<RunnerMethods['setBreakpoints']['result']['breakpoints']> {
    return (await this.#call('setBreakpoints', { breakpoints, failures })).breakpoints;
  }

  /** Stops before the next delivery. */
  async pause(): Promise<void> {
    await this.#call('pause', undefined);
  }

  /** Goes on from a pause, without `step` until something stops it. */
  async resume(step?: 'next' | 'into' | 'out'): Promise<void> {
    await this.#call('resume', step === undefined ? {} : { step });
  }

  /** The event that the run stands before is not handled by this block; the run goes on. */
  async drop(step?: 'next'): Promise<void> {
    await this.#call('drop', step === undefined ? {} : { step });
  }

  /** Changes the event that the run stands before; gives all its data as JSON. */
  async setData(path: readonly (string | number)[], value: unknown): Promise<string> {
    return (await this.#call('setData', { path, value })).data;
  }

  /** Gives a signal of an owner's key a value; gives the blocks that have begun anew with their changed configuration. */
  async setSignal(owner: string, signal: string, value: unknown): Promise<readonly string[]> {
    return (await this.#call('setSignal', { owner, signal, value })).restarted;
  }

  /** Ends the run and the process. Gives the last status, or undefined when there was no run or the process was gone. */
  async stop(): Promise<RunStatus | undefined> {
    this.#expected = true;
    if (this.#exit) return undefined;
    const gone = new Promise<void>((resolve) => this.onExit(() => resolve()));
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT);
    try {
      const status = await this.#call('stop', undefined).catch(() => undefined);
      await gone;
      return status;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Batches of redacted entries in order; `skipped` were left out before them (see RunOptions.eventsPerSecond). */
  onEvents(listener: Listener<{ events: readonly RunEvent[]; skipped: number }>): () => void {
    return subscribe(this.#events, listener);
  }

  /** Each time that nothing is under way any more. */
  onIdle(listener: Listener<RunStatus>): () => void {
    return subscribe(this.#idle, listener);
  }

  /** Each time that a debug run has stopped somewhere, and where it stands now. What was recorded until then has been told before. */
  onPaused(listener: Listener<Pause>): () => void {
    if (this.#pause) listener(this.#pause);
    return subscribe(this.#paused, listener);
  }

  onResumed(listener: () => void): () => void {
    return subscribe(this.#resumed, listener);
  }

  onExit(listener: Listener<RunnerExit>): () => void {
    if (this.#exit) listener(this.#exit);
    return subscribe(this.#exits, listener);
  }

  async #call<M extends Method>(
    method: M,
    params: RunnerMethods[M]['params'],
  ): Promise<RunnerMethods[M]['result']> {
    if (this.#exit) throw new Error('The runner process has ended.');
    const id = ++this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve: (result) => resolve(result as RunnerMethods[M]['result']), reject });
      this.#child.send({ type: 'request', version: PROTOCOL_VERSION, id, method, params }, (error) => {
        if (!error) return;
        this.#calls.delete(id);
        reject(new Error('The runner process cannot be reached.'));
      });
    });
  }

  #message(message: RunnerMessage): void {
    switch (message.type) {
      case 'result':
        this.#calls.get(message.id)?.resolve(message.result);
        this.#calls.delete(message.id);
        return;
      case 'error':
        this.#calls.get(message.id)?.reject(new Error(message.message));
        this.#calls.delete(message.id);
        return;
      case 'events': {
        const batch = {
          events: message.text.split('\n').flatMap((line) => parseEntry(line, message.runId) ?? []),
          skipped: message.skipped,
        };
        for (const listener of this.#events) listener(batch);
        return;
      }
      case 'idle':
        for (const listener of this.#idle) listener(message.status);
        return;
      case 'paused':
        this.#pause = message.pause;
        for (const listener of this.#paused) listener(message.pause);
        return;
      case 'resumed':
        this.#pause = undefined;
        for (const listener of this.#resumed) listener(undefined);
        return;
      case 'children':
        this.#children = message.pids;
        return;
      case 'ready':
        return;
    }
  }

  #ended(code: number | null, signal: NodeJS.Signals | null, message: string): void {
    if (this.#exit) return;
    this.#exit = { expected: this.#expected, code, signal, message };
    // A runner that was killed could not end its sandboxes, and one in an endless loop would not notice.
    if (signal !== null || code !== 0) for (const pid of this.#children) kill(pid);
    for (const { reject } of this.#calls.values()) reject(new Error('The runner process has ended.'));
    this.#calls.clear();
    for (const listener of this.#exits) listener(this.#exit);
  }
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
