/** `flow-secrets run`: runs a flow without an editor, for terminals and CI. Prints what the editor's channel would show. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { fromFlow } from '../runner/fromFlow.js';
import { RunnerHost } from '../runner/host.js';
import { mocksFileOf } from '../../flow/files.js';
import type { DebugEventRequest, RunEvent, RunInfo, RunOptions, RunStatus } from '../runner/protocol.js';
import { endpointWords } from '../runner/words.js';
import { reasonOf } from './check/files.js';
import { argumentProblem, UsageError, type Command } from './command.js';
import { entryLine } from './entryLine.js';
import { findSecrets, projectOf } from './runSecrets.js';

const HELP = `usage: flow-secrets run <flow file> [options]

Runs the flow on this machine and prints one line per event. Values of secrets never show.

  --event <block>[.<input>]=<json|@file>
                        send a debug event when the run has started; may be given several times
  --until idle|<n>s     end when nothing is under way, or after n seconds
                        (default: idle with --event; else until Ctrl-C)
  --mock <file>         stand-ins for blocks (default: <flow>.mocks.yaml, when there is one)
  --virtual-time        waits end at once, in the order of their times; with --until <n>s, schedules fire as well
  --start-time <time>   virtual time at the start, for example 2026-01-31T09:00:00Z
  --seed <n>            make ids and chance repeatable
  --history <folder>    record the run there as JSON lines, redacted
  --port <n>            port of the flow's endpoints on 127.0.0.1 (default: any free one)
  --deadline <n>s       longest time of one block's expressions (default 30s)
  --payload             show the data of events, cut to 2,000 characters
  --json                print entries as JSON lines, then the summary

Values come from the keychain (project of the nearest flows.project.yaml), and from
  --secrets-from-env <name,name,…>   environment variables of these names
  --secrets-from-fd <n>              a JSON object of keys and values on a file descriptor, for example 3
  --no-keychain                      only those two

Exit code: 0 when no event failed but those that an errorHandler has taken, 1 when one did or the flow could not be
started, 2 for wrong arguments or a file that cannot be read.`;

const PAYLOAD = 2_000;

interface Options {
  readonly file: string;
  /** As they were given: which block one is for is known when the flow is. */
  readonly events: readonly string[];
  /** Milliseconds; 'idle'; undefined: until interrupted. */
  readonly until: number | 'idle' | undefined;
  readonly mock: string | undefined;
  readonly run: RunOptions;
  readonly payload: boolean;
  readonly json: boolean;
  readonly environment: readonly string[];
  readonly descriptor: number | undefined;
  readonly keychain: boolean;
}

export const run: Command = {
  summary: 'run a flow on this machine',
  help: HELP,
  async run(args) {
    const options = parse(args);
    let text: string;
    try {
      text = readFileSync(options.file, 'utf8');
    } catch (error) {
      throw new UsageError(`the flow file was not read: ${reasonOf(error)}`);
    }
    return new HeadlessRun(options, text).run();
  },
};

class HeadlessRun {
  #failed = false;

  constructor(
    private readonly options: Options,
    private readonly flowText: string,
  ) {}

  async run(): Promise<number> {
    const { file } = this.options;
    const mocks = this.#mocks();
    const { secretKeys, blocks, problems } = fromFlow(this.flowText, file, mocks);
    if (blocks.length === 0) return this.#failure(['The file has no blocks to run.', ...problems].join('\n'));
    const names = blocks.map(({ name }) => name);
    const events = this.options.events.map((event) => parseEvent(event, names));
    // From here on there is a process to end.
    const host = new RunnerHost({ runnerPath: path.join(__dirname, 'runner.js') });
    const ended = new Promise<string>((resolve) => {
      host.onExit(({ expected, message }) =>
        resolve(expected ? '' : `The runner ended unexpectedly. ${message}`),
      );
    });
    host.onEvents(({ events, skipped }) => {
      if (skipped > 0) this.#remark(`${skipped} entries came too fast to be shown`);
      for (const entry of events) this.#print(entry);
    });
    try {
      const project = projectOf(file);
      const { values, trouble } = await findSecrets(secretKeys, project, this.options);
      if (trouble !== undefined) this.#remark(`Values cannot be read from the keychain. ${trouble}`);
      const info = await host.start({
        flowUri: pathToFileURL(file).href,
        flowText: this.flowText,
        secrets: values,
        insensitive: project.insensitive,
        ...(mocks && { mocks }),
        options: { eventsPerSecond: 0, ...this.options.run },
      });
      this.#announce(info);
      for (const event of events) await host.debugEvent(event);
      const reason = await Promise.race([ended, this.#end(host, info.now)]);
      if (reason !== '') throw new Error(reason);
      const status = await host.stop();
      if (status) this.#summary(status);
      return this.#failed ? 1 : 0;
    } catch (error) {
      await host.stop();
      if (error instanceof UsageError) throw error;
      // Texts of the runner are redacted there.
      return this.#failure((error as Error).message);
    }
  }

  #failure(message: string): number {
    process.stderr.write(`flow-secrets run: ${message}\n`);
    return 1;
  }

  /** The named file, or the one beside the flow when it exists. */
  #mocks(): { uri: string; text: string } | undefined {
    const { file, mock } = this.options;
    const at = mock ?? mocksFileOf(file);
    try {
      return { uri: pathToFileURL(at).href, text: readFileSync(at, 'utf8') };
    } catch (error) {
      if (mock !== undefined) throw new UsageError(`the mocks file was not read: ${reasonOf(error)}`);
      return undefined;
    }
  }

  /** Resolves with '' when the run is to be ended. `startedAt`: time of the run at its start. */
  async #end(host: RunnerHost, startedAt: number): Promise<string> {
    const { until, run } = this.options;
    return new Promise((resolve) => {
      const end = (): void => resolve('');
      process.once('SIGINT', end);
      process.once('SIGTERM', end);
      process.stdout.once('error', ({ code }: NodeJS.ErrnoException) =>
        // A reader that has gone has seen enough.
        resolve(code === 'EPIPE' ? '' : `The output cannot be written (${code ?? 'error'}).`),
      );
      if (typeof until === 'number' && run.virtualTime) void host.advanceTo(startedAt + until).then(end, end);
      else if (typeof until === 'number') setTimeout(end, until).unref();
      if (until !== 'idle') return;
      host.onIdle(end);
      // It may have come to its end before anybody listened.
      void host.status().then(({ pending }) => pending === 0 && end(), end);
    });
  }

  /** Its problems are entries of the run. */
  #announce({ flow, endpoints, missingSecrets }: RunInfo): void {
    this.#remark(`${flow} runs`);
    if (missingSecrets.length > 0) this.#remark(`Without a value: ${missingSecrets.join(', ')}`);
    for (const endpoint of endpoints) this.#remark(endpointWords(endpoint));
  }

  #print(entry: RunEvent): void {
    if (entry.kind === 'failed' && entry.handler === undefined) this.#failed = true;
    if (this.options.json) {
      process.stdout.write(`${JSON.stringify(entry)}\n`);
      return;
    }
    const { level, text } = entryLine(entry, this.options.payload ? PAYLOAD : 0);
    process.stdout.write(`${new Date(entry.at).toISOString().slice(11, 23)} ${level.padEnd(5)} ${text}\n`);
  }

  #summary(status: RunStatus): void {
    if (this.options.json) {
      process.stdout.write(`${JSON.stringify({ kind: 'summary', ...status })}\n`);
      return;
    }
    for (const { block, keys } of status.leaks) {
      this.#remark(`The data of "${block}" held ${keys.join(', ')}: the platform would show it`);
    }
    this.#remark(`${counted(status.events, 'event')}, ${counted(status.failures, 'failure')}`);
  }

  /** Not part of what happened in the run: to stderr, so that pipes get events only. */
  #remark(text: string): void {
    process.stderr.write(`${text}\n`);
  }
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

const OPTIONS = {
  event: { type: 'string', multiple: true, default: [] as string[] },
  until: { type: 'string' },
  port: { type: 'string', default: '0' },
  deadline: { type: 'string' },
  mock: { type: 'string' },
  'virtual-time': { type: 'boolean', default: false },
  'start-time': { type: 'string' },
  seed: { type: 'string' },
  history: { type: 'string' },
  payload: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'secrets-from-env': { type: 'string' },
  'secrets-from-fd': { type: 'string' },
  'no-keychain': { type: 'boolean', default: false },
} as const;

function parse(args: readonly string[]): Options {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw argumentProblem(error, args, OPTIONS);
  }
  const { values, positionals } = parsed;
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('name one flow file');
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new UsageError('--port is a number from 0 to 65535');
  const descriptor = values['secrets-from-fd'] === undefined ? undefined : Number(values['secrets-from-fd']);
  if (descriptor !== undefined && !Number.isInteger(descriptor))
    throw new UsageError('--secrets-from-fd is a number');
  return {
    file,
    events: values.event,
    until:
      values.until === undefined
        ? values.event.length > 0
          ? 'idle'
          : undefined
        : values.until === 'idle'
          ? 'idle'
          : milliseconds('--until', values.until, '"idle" or seconds'),
    mock: values.mock,
    run: runOptions(values, port),
    payload: values.payload,
    json: values.json,
    environment: values['secrets-from-env']?.split(',').filter(Boolean) ?? [],
    descriptor,
    keychain: !values['no-keychain'],
  };
}

function runOptions(
  values: {
    deadline?: string | undefined;
    'virtual-time': boolean;
    'start-time'?: string | undefined;
    seed?: string | undefined;
    history?: string | undefined;
  },
  port: number,
): RunOptions {
  const { deadline, 'virtual-time': virtualTime, 'start-time': start, seed, history } = values;
  const startTime = start === undefined ? undefined : Date.parse(start);
  if (Number.isNaN(startTime)) throw new UsageError('--start-time takes a time such as 2026-01-31T09:00:00Z');
  if (seed !== undefined && !/^\d+$/.test(seed)) throw new UsageError('--seed is a whole number');
  return {
    port,
    virtualTime,
    ...(deadline !== undefined && { deadlineMs: milliseconds('--deadline', deadline, 'seconds') }),
    ...(startTime !== undefined && { startTime }),
    ...(seed !== undefined && { seed: Number(seed) }),
    ...(history !== undefined && { historyFolder: path.resolve(history) }),
  };
}

function milliseconds(option: string, text: string, what: string): number {
  const seconds = Number(/^(\d+(?:\.\d+)?)s?$/.exec(text)?.[1]);
  if (!(seconds > 0)) throw new UsageError(`${option} takes ${what}, for example 10s`);
  return seconds * 1000;
}

/** `Block name=json`, `Block name.input=@file`. `blocks`: names of the flow's blocks, which may hold both signs. */
function parseEvent(text: string, blocks: readonly string[]): DebugEventRequest {
  const isMeant = (name: string): boolean => text.startsWith(`${name}=`) || text.startsWith(`${name}.`);
  const known = blocks.filter(isMeant).sort((a, b) => b.length - a.length)[0];
  const equals = text.indexOf('=', known?.length ?? 1);
  if (equals < 1) throw new UsageError('--event takes <block>[.<input>]=<json|@file>');
  const target = text.slice(0, equals);
  const dot = known === undefined ? target.lastIndexOf('.') : target.indexOf('.', known.length);
  const source = text.slice(equals + 1);
  const data = parseData(source.startsWith('@') ? readData(source.slice(1)) : source);
  return dot < 0
    ? { block: target, data }
    : { block: target.slice(0, dot), input: target.slice(dot + 1), data };
}

function readData(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`the file with the data of an --event was not read: ${reasonOf(error)}`);
  }
}

function parseData(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new UsageError('the data of an --event is JSON, or @ and the name of a file that holds JSON');
  }
}
