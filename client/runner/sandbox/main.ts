/** Entry of the sandbox process: executes a flow's expressions, knows nothing of the machine, says everything through one pipe. */
import fs from 'node:fs';
import net from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import {
  decodeEmit,
  encodeMessage,
  FROM_DEBUGGER,
  FROM_RUNNER,
  LineSplitter,
  TO_RUNNER,
  WIRE_VERSION,
  type DownMessage,
  type LoadMessage,
  type LogLevel,
  type StandingCommand,
} from '../wire.js';
import { Evaluator } from './evaluate.js';
import { mulberry32 } from '../random.js';
import { harden, probe } from './harden.js';
import { hostBridge } from './host.js';
import { OpenWork } from './openWork.js';
import { Outbox } from './outbox.js';
import { Realm } from './realm.js';
import { Scheduler } from './scheduler.js';
import { Stepper, type StepperHost } from './stepper.js';
import { Values } from './values.js';

/** Longest line that the runner may send, in characters. */
const LINE_LIMIT = 256 * 1024 * 1024;
/** How often the process says how much memory it uses, in milliseconds; only where the runner cannot look itself. */
const MEMORY_INTERVAL = 250;
/** How often a pipe is looked at that does not wait by itself, in milliseconds. */
const POLL = 5;
/** Console lines that leave one slice of work; the rest is counted. */
const LOGS_PER_TURN = 100;

const capabilities = probe(process.env);
// What process.exit comes down to; that itself needs properties that are taken away.
const exit = (process as unknown as { reallyExit(code: number): never }).reallyExit.bind(process);
const memoryUsage = process.memoryUsage.rss.bind(process.memoryUsage);
const { platform } = process;

const write = (text: string): void => {
  const bytes = Buffer.from(text, 'utf8');
  // A blocking pipe may still take a part only.
  for (let at = 0; at < bytes.length;) at += fs.writeSync(TO_RUNNER, bytes, at);
};

/** Nobody wakes who waits for it. */
const never = new Int32Array(new SharedArrayBuffer(4));

/** What executes the flow that is loaded. */
interface Execution {
  readonly outbox: Outbox;
  readonly work: OpenWork;
  readonly evaluator: Evaluator;
  readonly scheduler: Scheduler;
  readonly values: Values;
  readonly stepper: Stepper | undefined;
}

let execution: Execution | undefined;
let logs = 0;

function log(level: string, text: string): void {
  if (++logs > LOGS_PER_TURN) return;
  if (logs === 1) {
    setImmediate(() => {
      if (logs > LOGS_PER_TURN)
        execution?.outbox.send({
          t: 'log',
          level: 'warn',
          text: `${logs - LOGS_PER_TURN} more console lines were left out.`,
        });
      logs = 0;
    });
  }
  const work = execution?.work.running;
  execution?.outbox.send({ t: 'log', level: level as LogLevel, text, ...(work && { work }) });
}

/** Time and chance of the run, when they are not the machine's. */
const virtual: { now: number | undefined; random: (() => number) | undefined } = {
  now: undefined,
  random: undefined,
};
const realNow = Date.now;
const bridge = hostBridge(log, virtual);
const socket = new net.Socket({ fd: FROM_RUNNER, readable: true, writable: false });

process.on('unhandledRejection', (reason) =>
  log('warn', `A promise that nobody awaits was rejected: ${describe(reason)}`),
);
process.on('uncaughtException', (error) => log('warn', `A callback of a timer threw: ${describe(error)}`));

function describe(thrown: unknown): string {
  try {
    return typeof thrown === 'object' && thrown !== null && 'message' in thrown
      ? String(thrown.message)
      : String(thrown);
  } catch {
    return 'something that cannot be shown';
  }
}

function load(message: LoadMessage): Execution {
  const { program, limits, next, secrets, missing, signals } = message;
  const careful = message.careful === true;
  const stepwise = message.stepwise === true;
  virtual.now = message.now;
  virtual.random = message.seed === undefined ? undefined : mulberry32(message.seed);
  const outbox = new Outbox({
    write,
    later: setImmediate,
    now: () => virtual.now ?? realNow(),
    turn: () => scheduler.drain(),
  });
  const realm = new Realm(program.expressions, bridge);
  const host = stepperHost(outbox, () => values);
  const stepper: Stepper | undefined = stepwise ? new Stepper(realm, host) : undefined;
  stepper?.set(message.stepped ?? []);
  const evaluator = new Evaluator(program, realm, { values: secrets, missing }, signals, careful, stepper);
  const work = new OpenWork(evaluator, outbox);
  const scheduler = new Scheduler({ program, evaluator, limits, next, stepwise, outbox, work });
  const values = new Values({ program, evaluator, limits, outbox, work, events: scheduler });
  return { outbox, work, evaluator, scheduler, values, stepper };
}

function handle(message: DownMessage): void {
  switch (message.t) {
    case 'load':
      execution = load(message);
      execution.outbox.send({ t: 'loaded' });
      return;
    case 'config':
      return execution?.values.staticConfig(message.block);
    case 'restore':
      return execution?.scheduler.restore(message.chain, message.deliver);
    case 'debug':
      return execution?.scheduler.debug(message);
    case 'evaluate':
      return execution?.values.evaluate(message);
    case 'ask':
      return execution?.values.ask(message);
    case 'time':
      virtual.now = message.now;
      return;
    case 'ping':
      return execution?.outbox.send({ t: 'pong' });
    case 'signals':
      return execution?.evaluator.setSignals(message.signals);
    case 'stepped':
      return execution?.stepper?.set(message.stepped);
    case 'cancel':
      return execution?.work.cancel(message.work);
  }
}

/** Bytes that were read; waits for the first. 0: the pipe has ended. */
function readSome(bytes: Buffer): number {
  for (;;) {
    try {
      return fs.readSync(FROM_DEBUGGER, bytes);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Windows tells the end so.
      if (code === 'EOF') return 0;
      // Where a pipe does not wait by itself.
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(never, 0, 0, POLL);
    }
  }
}

/** In debug runs: what stands inside an expression is told and asked over a pipe of its own. */
function stepperHost(outbox: Outbox, values: () => Values): StepperHost {
  const commands = new LineSplitter(LINE_LIMIT);
  const decoder = new StringDecoder('utf8');
  const bytes = Buffer.alloc(64 * 1024);
  const waiting: string[] = [];
  return {
    get limit() {
      return values().shown;
    },
    say(message) {
      outbox.send(message);
      outbox.flush();
    },
    read() {
      for (;;) {
        const line = waiting.shift();
        if (line !== undefined) return JSON.parse(line) as StandingCommand;
        const count = readSome(bytes);
        // The runner is gone.
        if (count === 0) exit(0);
        waiting.push(...commands.push(decoder.write(bytes.subarray(0, count))));
      }
    },
    view: (command) => values().view(command),
    answer: (v, json) => values().standing(v, json),
  };
}

const lines = new LineSplitter(LINE_LIMIT);
socket.setEncoding('utf8');
socket.on('data', (chunk) => {
  for (const line of lines.push(chunk.toString())) {
    if (line.startsWith('K')) execution?.scheduler.emit(decodeEmit(line));
    else if (line.startsWith('F')) execution?.scheduler.free(Number(line.slice(1)));
    else handle(JSON.parse(line.slice(1)) as DownMessage);
  }
});
socket.on('error', () => exit(1));
socket.on('end', () => exit(0));

if (platform !== 'linux')
  setInterval(() => execution?.outbox.send({ t: 'memory', rss: memoryUsage() }), MEMORY_INTERVAL).unref();
harden();
write(encodeMessage({ t: 'hello', version: WIRE_VERSION, capabilities }));
