/**
 * Keeps a sandbox alive: reads what it says, watches the deadline of each piece of work and the memory of the process,
 * ends it when it must, and has the next one ready. Every message of the sandbox is checked; one that cannot be is the
 * end of that process.
 */
import { eachLine } from './byteLines.js';
import { EventJson } from './eventJson.js';
import { readMessage } from './incoming.js';
import { seconds } from './text.js';
import {
  startSandbox,
  type SandboxExit,
  type SandboxProcess,
  type SandboxProcessOptions,
} from './sandboxProcess.js';
import {
  decodeMark,
  encodeMessage,
  fields,
  readNumbers,
  SAME,
  workKey,
  type Capabilities,
  type DownMessage,
  type LoadMessage,
  type SandboxError,
  type StandingCommand,
  type Stands,
  type UpMessage,
  type WorkRef,
} from './wire.js';

export interface SupervisorOptions extends SandboxProcessOptions {
  readonly deadlineMs: number;
  /** Resident memory of the process at which it is ended, in bytes. */
  readonly maxRss: number;
}

export interface SupervisorListener {
  /**
   * The next event, emitted for event `parent` after it came over link `d`; without `json`, its data is the parent's.
   * False: no such work was under way.
   */
  emitted(parent: number, d: number, output: number, json: EventJson | undefined): boolean;
  /** Emission `k` is the next event; without `json`, with the data that was sent. */
  materialised(k: number, json: EventJson | undefined): boolean;
  effect(n: number, d: number, json: string): boolean;
  failed(work: WorkRef, error: SandboxError): boolean;
  /** The work waits for a promise; something else may begin. */
  waits(work: WorkRef): void;
  config(block: number, json: string): void;
  value(v: number, json: string): void;
  log(level: Extract<UpMessage, { t: 'log' }>['level'], text: string, work: WorkRef | undefined): void;
  /** The process stands inside an expression, until it is told to go on. */
  stands(stands: Stands): boolean;
  /** Passed its deadline; the sandbox goes on with the rest. */
  overdue(work: WorkRef): void;
  /**
   * The process has ended and a new one is loaded. `culprit`: what was running; `suspects`: what may have been, when that
   * is not known. All other work has to be handed over again.
   */
  replaced(reason: string, culprit: WorkRef | undefined, suspects: readonly WorkRef[]): void;
  /** No sandbox can be kept alive. */
  lost(reason: string): void;
  children(pids: readonly number[]): void;
}

interface OpenWork {
  readonly work: WorkRef;
  /** Moved on by the time that the sandbox has stood. */
  since: number;
  /** When it was asked to give up. */
  cancelledAt?: number;
}

const MEMORY_INTERVAL = 250;
/** Characters that wait for something to go along with. */
const ALONG_LIMIT = 8_000;
/** How long a sandbox may take to give up waiting work before it is taken for stuck, in milliseconds. */
const GRACE = 500;
/** When the next process is started, after the last one was put to work, in milliseconds: not while a run begins. */
const SPARE_DELAY = 1_000;
/** Processes that may end in a row without having done anything. */
const MAX_IDLE_ENDS = 3;

export class Supervisor {
  #current: SandboxProcess | undefined;
  #spare: Promise<SandboxProcess> | undefined;
  #spareProcess: SandboxProcess | undefined;
  #spareTimer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #load: (() => LoadMessage) | undefined;
  #closed = false;
  #time = 0;
  #outgoing = '';
  #scheduled = false;
  /** Work with a mark, not ended; in order of its beginning. */
  readonly #open = new Map<string, OpenWork>();
  /** Key of the work whose expression is being called right now, as far as the marks tell. */
  #running: string | undefined;
  #idleEnds = 0;
  #lastMemoryCheck = 0;
  /** Something was sent since the last sign of life was asked for. */
  #spoken = false;
  /** When it was asked for; undefined: it was given. */
  #asked: number | undefined;
  /** The sandbox stands inside an expression: since when, of what work, and all that had begun by then and waits with it. */
  #standing:
    { readonly since: number; readonly work: string; readonly waits: ReadonlySet<string> } | undefined;
  /** A sandbox has hung although no work had a mark: a getter on a prototype makes any expression run code. */
  #careful = false;

  constructor(
    private readonly options: SupervisorOptions,
    private readonly listener: SupervisorListener,
  ) {
    // Started before there is anything to run: it is ready when the flow is read.
    this.#spare = this.#startSpare();
  }

  /** Resolves when the program is with a sandbox. `load` is asked again for each process that takes over. */
  async start(load: () => LoadMessage): Promise<Capabilities> {
    this.#load = load;
    await this.#takeOver();
    this.#watch = setInterval(
      () => this.#check(),
      Math.max(20, Math.min(MEMORY_INTERVAL, this.options.deadlineMs / 10)),
    );
    return this.#current!.capabilities;
  }

  /** Time at which the sandbox has emitted what it says now, in milliseconds since the epoch. */
  get time(): number {
    return this.#time;
  }

  /** Text of complete lines. What is said in one turn goes out together: a write wakes the other process. */
  send(text: string): void {
    this.#outgoing += text;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** Goes out with what is sent next: nobody waits for it. */
  sendAlong(text: string): void {
    this.#outgoing += text;
    if (this.#outgoing.length > ALONG_LIMIT) this.#flush();
  }

  #flush(): void {
    const text = this.#outgoing;
    this.#outgoing = '';
    if (text === '') return;
    this.#spoken = true;
    this.#current?.send(text);
  }

  message(message: DownMessage): void {
    this.send(encodeMessage(message));
  }

  /** Whether the sandbox stands inside an expression. */
  get standing(): boolean {
    return this.#standing !== undefined;
  }

  /** What a sandbox that stands is asked. */
  command(command: Exclude<StandingCommand, { t: 'go' }>): void {
    this.#command(command);
  }

  /** Lets a sandbox go on that stands. No deadline has passed meanwhile. */
  go(step?: Extract<StandingCommand, { t: 'go' }>['step']): void {
    if (!this.#standing) return;
    const { since, work, waits } = this.#standing;
    this.#standing = undefined;
    const now = Date.now();
    for (const key of waits) {
      const open = this.#open.get(key);
      if (open) open.since += now - since;
      if (open?.cancelledAt !== undefined) open.cancelledAt += now - since;
    }
    this.#running = work;
    if (this.#asked !== undefined) this.#asked = now;
    this.#command({ t: 'go', ...(step && { step }) });
  }

  #command(command: StandingCommand): void {
    this.#current?.command(`${JSON.stringify(command)}\n`);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#watch);
    clearTimeout(this.#spareTimer);
    this.#current?.kill('the run has ended');
    this.#spareProcess?.kill('the run has ended');
    this.#spare?.then(
      (spare) => spare.kill('the run has ended'),
      () => undefined,
    );
  }

  async #startSpare(): Promise<SandboxProcess> {
    const spare = await startSandbox(this.options);
    if (this.#closed) spare.kill('the run has ended');
    this.#spareProcess = spare;
    this.#tellChildren();
    return spare;
  }

  async #takeOver(): Promise<void> {
    const next = await (this.#spare ?? this.#startSpare());
    this.#spare = this.#spareProcess = undefined;
    if (this.#closed) return;
    this.#current = next;
    // What was meant for the old one is said again by the engine.
    this.#outgoing = '';
    this.#open.clear();
    this.#running = undefined;
    this.#asked = undefined;
    this.#standing = undefined;
    this.message({ ...this.#load!(), ...(this.#careful && { careful: true }) });
    next.listen({
      lines: (lines) => this.#lines(next, lines),
      exit: (exit) => this.#ended(next, exit),
    });
    this.#tellChildren();
    this.#spareTimer = setTimeout(() => {
      this.#spare ??= this.#startSpare();
      // Without a spare the next one is started when it is needed.
      this.#spare.catch(() => (this.#spare = undefined));
    }, SPARE_DELAY);
  }

  #tellChildren(): void {
    this.listener.children(
      [this.#current, this.#spareProcess].filter((child) => child !== undefined).map(({ pid }) => pid),
    );
  }

  #ended(sandbox: SandboxProcess, { reason }: SandboxExit): void {
    if (this.#closed || sandbox !== this.#current) return;
    this.#current = undefined;
    this.#asked = undefined;
    this.#standing = undefined;
    const open = [...this.#open.values()].map(({ work }) => work);
    const running = this.#running === undefined ? undefined : this.#open.get(this.#running)?.work;
    const culprit = running ?? (open.length === 1 ? open[0] : undefined);
    const suspects = culprit ? [] : open;
    if (++this.#idleEnds > MAX_IDLE_ENDS && !culprit && suspects.length === 0) {
      this.listener.lost(reason);
      return;
    }
    clearTimeout(this.#spareTimer);
    this.#takeOver().then(
      () => {
        if (!this.#closed) this.listener.replaced(reason, culprit, suspects);
      },
      (error: unknown) => this.listener.lost((error as Error).message),
    );
  }

  #check(): void {
    const now = Date.now();
    for (const [key, open] of this.#open) {
      if (this.#standing?.waits.has(key)) continue;
      if (now - open.since < this.options.deadlineMs) break;
      if (open.cancelledAt === undefined && key !== this.#running) {
        open.cancelledAt = now;
        this.message({ t: 'cancel', work: open.work });
      } else if (open.cancelledAt === undefined || now - open.cancelledAt > GRACE) {
        this.#current?.kill(`it took longer than ${seconds(this.options.deadlineMs)}`);
      }
    }
    if (this.#standing) {
      // It gives no sign of life but answers.
    } else if (this.#asked !== undefined) {
      if (this.#open.size === 0 && now - this.#asked > this.options.deadlineMs + GRACE) {
        this.#careful = true;
        this.#current?.kill(`it did not answer for ${seconds(this.options.deadlineMs)}`);
      }
    } else if (this.#spoken && this.#current) {
      this.#asked = now;
      this.message({ t: 'ping' });
      this.#flush();
      this.#spoken = false;
    }
    if (now - this.#lastMemoryCheck >= MEMORY_INTERVAL) {
      this.#lastMemoryCheck = now;
      if (this.#current && this.#current.rss() > this.options.maxRss) {
        this.#current.kill(`it used more than ${Math.round(this.options.maxRss / 2 ** 20)} MiB of memory`);
      }
    }
  }

  #lines(sandbox: SandboxProcess, lines: Buffer): void {
    if (sandbox !== this.#current) return;
    this.#idleEnds = 0;
    if (!eachLine(lines, (from, to) => this.#line(lines, from, to)))
      sandbox.kill('it sent something that is no message');
  }

  #end(work: WorkRef): void {
    if (this.#open.size === 0) return;
    const key = workKey(work);
    this.#open.delete(key);
    if (this.#running === key) this.#running = undefined;
  }

  #line(line: Buffer, from: number, to: number): boolean {
    const at = from + 1;
    switch (line[from]) {
      case EMITTED: {
        const data = readNumbers(line, at, to, 3);
        if (data < 0) return false;
        const [parent, d, output] = fields as [number, number, number];
        if (this.#open.size > 0) this.#end({ n: parent, d });
        return this.listener.emitted(parent, d, output, jsonIn(line, data, to));
      }
      case MATERIALISED: {
        const data = readNumbers(line, at, to, 1);
        if (data < 0) return false;
        const [k] = fields as [number];
        this.#end({ k });
        return this.listener.materialised(k, jsonIn(line, data, to));
      }
      case TIME: {
        if (readNumbers(line, at, to, 1) < 0) return false;
        this.#time = fields[0]!;
        return true;
      }
      case EFFECT: {
        const data = readNumbers(line, at, to, 2);
        if (data < 0) return false;
        const [n, d] = fields as [number, number];
        this.#end({ n, d });
        return this.listener.effect(n, d, line.toString('utf8', data, to));
      }
      case STARTED:
      case WAITS: {
        const work = decodeMark(line, from, to);
        if (!work) return false;
        const key = workKey(work);
        if (line[from] === STARTED) {
          // A second expression of the same work goes on with the first one's time.
          if (!this.#open.has(key)) this.#open.set(key, { work, since: Date.now() });
          this.#running = key;
        } else {
          if (this.#running === key) this.#running = undefined;
          this.listener.waits(work);
        }
        return true;
      }
      case MESSAGE:
        return this.#message(line.toString('utf8', at, to));
      default:
        return false;
    }
  }

  #stands(stands: Stands): boolean {
    const { work } = stands;
    const key = workKey(work);
    // Only a debug run's sandbox stands, and only in what it has begun.
    if (!this.options.standing || this.#standing || !this.#open.has(key)) return false;
    this.#standing = { since: Date.now(), work: key, waits: new Set(this.#open.keys()) };
    return this.listener.stands(stands);
  }

  #message(json: string): boolean {
    const message = readMessage(json);
    if (!message) return false;
    switch (message.t) {
      case 'failed':
        this.#end(message.work);
        return this.listener.failed(message.work, message.error);
      case 'config':
        this.#end({ config: message.block });
        this.listener.config(message.block, message.json);
        return true;
      case 'value':
        this.#end({ v: message.v });
        this.listener.value(message.v, message.json);
        return true;
      case 'cancelled':
        if (this.#open.has(workKey(message.work))) {
          this.#end(message.work);
          this.listener.overdue(message.work);
        }
        return true;
      case 'log':
        this.listener.log(message.level, message.text, message.work);
        return true;
      case 'memory':
        if (this.#current) this.#current.reportedRss = message.rss;
        return true;
      case 'pong':
        this.#asked = undefined;
        return true;
      case 'stands':
        return this.#stands(message);
      case 'loaded':
      case 'hello':
        return true;
    }
  }
}

/** First bytes of lines (wire.ts). */
const [EMITTED, MATERIALISED, TIME, EFFECT, STARTED, WAITS, MESSAGE] = Buffer.from('EKTXSWJ');
const SAME_BYTE = SAME.charCodeAt(0);

/** The data at the end of a line; undefined: the same as what it came of. */
function jsonIn(line: Buffer, from: number, to: number): EventJson | undefined {
  return to - from === 1 && line[from] === SAME_BYTE ? undefined : EventJson.ofBytes(line, from, to);
}
