/**
 * The record of runs on disk: a file of JSON lines per run, redacted before it is written. Readable with nothing running.
 *
 * A run has a file `<run id>.ndjson` with a head (`kind: "run"`), entries (entryLine.ts) and, when it has ended, an end
 * (`kind: "end"`);
 * one without an end was interrupted, or is still under way. A long run keeps its beginning in that file and its latest
 * entries in `<run id>.1.ndjson` and `<run id>.2.ndjson`, which take turns.
 */
import fs from 'node:fs';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { parseEntry } from './entryLine.js';
import type { RunError, RunEvent, RunStatus } from './protocol.js';

/** Format of the records that this version writes and reads. Those without a number have this one. */
export const HISTORY_FORMAT = 1;

export interface RunHead {
  readonly kind: 'run';
  readonly format?: number;
  readonly runId: string;
  /** File name of the flow. */
  readonly flow: string;
  readonly flowUri: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Process that records, to tell a run that is under way from one that was interrupted. */
  readonly pid: number;
}

export interface RunEnd {
  readonly kind: 'end';
  readonly at: number;
  readonly status: RunStatus;
}

export interface HistoryLimits {
  /** Bytes of one run's files. */
  readonly maxSize: number;
  /** Runs that are kept. */
  readonly maxRuns: number;
}

export const HISTORY_LIMITS: HistoryLimits = { maxSize: 50_000_000, maxRuns: 50 };

export class HistoryWriter {
  #file: number | undefined;
  #size = 0;
  #segment = 0;
  #failed = false;

  /** @param told called once when the history cannot be written; the run goes on. */
  constructor(
    private readonly folder: string,
    private readonly head: RunHead,
    private readonly limits: HistoryLimits,
    private readonly told: (reason: string) => void,
  ) {
    this.#try(() => {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
      prune(folder, limits.maxRuns - 1);
      this.#open();
    });
    this.write(lineOf({ ...head, format: HISTORY_FORMAT }));
  }

  /** Lines with their ends, in UTF-8. */
  write(lines: Uint8Array): void {
    this.#try(() => {
      if (this.#file === undefined) return;
      for (let at = 0; at < lines.length;) at += fs.writeSync(this.#file, lines, at);
      this.#size += lines.length;
      if (this.#size > this.#segmentLimit) this.#turn();
    });
  }

  end(status: RunStatus, at: number): void {
    const end: RunEnd = { kind: 'end', at, status };
    this.write(lineOf(end));
    if (this.#file !== undefined) this.#try(() => fs.closeSync(this.#file!));
    this.#file = undefined;
  }

  /** The beginning gets half, the two that take turns a quarter each. */
  get #segmentLimit(): number {
    return this.limits.maxSize / (this.#segment === 0 ? 2 : 4);
  }

  #turn(): void {
    fs.closeSync(this.#file!);
    this.#segment = this.#segment === 1 ? 2 : 1;
    this.#open();
  }

  #open(): void {
    this.#file = fs.openSync(fileOf(this.folder, this.head.runId, this.#segment), 'w', 0o600);
    this.#size = 0;
  }

  #try(act: () => void): void {
    if (this.#failed) return;
    try {
      act();
    } catch (error) {
      this.#failed = true;
      this.#file = undefined;
      this.told((error as NodeJS.ErrnoException).code ?? 'unknown reason');
    }
  }
}

function lineOf(entry: RunHead | RunEnd): Uint8Array {
  return Buffer.from(`${JSON.stringify(entry)}\n`);
}

export interface RecordedRun extends Omit<RunHead, 'kind' | 'pid' | 'format'> {
  readonly format: number;
  readonly state: 'ended' | 'running' | 'interrupted';
  /** Present when it has ended. */
  readonly status?: RunStatus;
}

/** Recorded runs, the latest first. Files that are no history are left out. */
export function listRuns(folder: string): RecordedRun[] {
  return idsIn(folder).flatMap((id) => {
    const first = fileOf(folder, id, 0);
    const head = parseHead(firstLine(first));
    if (!head) return [];
    const end = segments(folder, id)
      .map((file) => parseEnd(lastLine(file)))
      .find((found) => found !== undefined);
    const { runId, flow, flowUri, startedAt, pid, format = HISTORY_FORMAT } = head;
    return [
      {
        runId,
        format,
        flow,
        flowUri,
        startedAt,
        state: end ? ('ended' as const) : alive(pid) ? ('running' as const) : ('interrupted' as const),
        ...(end && { status: end.status }),
      },
    ];
  });
}

/**
 * Reads a recorded run piece by piece, so that nobody waits for a large one: `take` gets its entries in order, some at a time.
 * What was torn by a crash or dropped for its size is missing.
 * @returns how many lines were no entries: another version has written them, or the file is damaged
 */
export async function readRun(
  folder: string,
  runId: string,
  take: (entries: readonly RunEvent[]) => void,
): Promise<{ readonly unreadable: number }> {
  let unreadable = 0;
  for (const file of inOrder(segments(folder, runId))) {
    for await (const lines of linesOf(file)) {
      const entries: RunEvent[] = [];
      for (const line of lines) {
        const entry = parseEntry(line, runId);
        if (entry && isEntry(entry)) entries.push(entry);
        else if (line !== '' && !/^\{"kind":"(?:run|end)"/.test(line)) unreadable++;
      }
      if (entries.length > 0) take(entries);
    }
  }
  return { unreadable };
}

/** Bytes that are read, parsed and handed on at a time. */
const PIECE = 262_144;
/** Characters of a line that is taken for one: more than the files of a run may have. */
const MAX_LINE = 100_000_000;

/** Lines as they come from the disk. The last one, which a crash may have torn, only counts with its end. */
async function* linesOf(file: string): AsyncGenerator<readonly string[]> {
  const decoder = new StringDecoder('utf8');
  let begun: string[] = [];
  let length = 0;
  try {
    for await (const bytes of fs.createReadStream(file, { highWaterMark: PIECE })) {
      const parts = decoder.write(bytes as Buffer).split('\n');
      const rest = parts.pop()!;
      if (parts.length > 0) {
        parts[0] = length > MAX_LINE ? TOO_LONG : begun.join('') + parts[0]!;
        begun = [];
        length = 0;
        yield parts;
      }
      length += rest.length;
      if (length > MAX_LINE) begun = [];
      else begun.push(rest);
    }
  } catch {
    // The file is gone, or cannot be read any further: what was read counts.
  }
}

/** In the place of a line that nobody could hold; it is no entry. */
const TOO_LONG = '…';

/** Whether it has all that an entry of its kind has: a record of another version may not. */
function isEntry(entry: RunEvent): boolean {
  const { at, block } = entry;
  if (typeof at !== 'number') return false;
  switch (entry.kind) {
    case 'event':
      return typeof entry.id === 'string' && typeof block === 'string' && typeof entry.data === 'string';
    case 'failed': {
      const { error } = entry as { error?: Partial<RunError> };
      return (
        typeof block === 'string' &&
        typeof error?.name === 'string' &&
        typeof error.message === 'string' &&
        Array.isArray(error.stack)
      );
    }
    case 'activity':
      return typeof block === 'string' && typeof entry.text === 'string';
    case 'log':
      return typeof entry.text === 'string';
    default:
      return false;
  }
}

/** The beginning of a run first; the two that take turns by their first entries. */
function inOrder(files: readonly string[]): string[] {
  const [first, ...turns] = files;
  const beginnings = turns.map((file) => ({
    file,
    seq: Number(/"seq":(\d+)/.exec(edge(file, 0))?.[1] ?? 0),
  }));
  return [
    ...(first === undefined ? [] : [first]),
    ...beginnings.sort((a, b) => a.seq - b.seq).map(({ file }) => file),
  ];
}

export function deleteRun(folder: string, runId: string): void {
  for (const file of segments(folder, runId)) fs.rmSync(file, { force: true });
}

function prune(folder: string, keep: number): void {
  for (const id of idsIn(folder).slice(Math.max(0, keep))) deleteRun(folder, id);
}

/** Run ids begin with their time, so their order is that of the runs. */
function idsIn(folder: string): string[] {
  let names: string[];
  try {
    names = fs.readdirSync(folder);
  } catch {
    return [];
  }
  const ids = names.flatMap((name) => /^([0-9a-f-]{36})\.ndjson$/.exec(name)?.[1] ?? []);
  return ids.sort().reverse();
}

function fileOf(folder: string, id: string, segment: number): string {
  return path.join(folder, segment === 0 ? `${id}.ndjson` : `${id}.${segment}.ndjson`);
}

function segments(folder: string, id: string): string[] {
  if (!/^[0-9a-f-]{36}$/.test(id)) return [];
  return [0, 1, 2].map((segment) => fileOf(folder, id, segment)).filter((file) => fs.existsSync(file));
}

const EDGE = 16_384;

function firstLine(file: string): string {
  return edge(file, 0).split('\n', 1)[0]!;
}

function lastLine(file: string): string {
  return edge(file, -EDGE).trimEnd().split('\n').at(-1)!;
}

/** Text at the beginning (`from` 0) or the end (negative) of a file. */
function edge(file: string, from: number): string {
  let handle: number | undefined;
  try {
    handle = fs.openSync(file, 'r');
    const { size } = fs.fstatSync(handle);
    const start = from < 0 ? Math.max(0, size + from) : from;
    const bytes = Buffer.alloc(Math.min(EDGE, size - start));
    fs.readSync(handle, bytes, 0, bytes.length, start);
    return bytes.toString('utf8');
  } catch {
    return '';
  } finally {
    if (handle !== undefined) fs.closeSync(handle);
  }
}

function parseHead(line: string): RunHead | undefined {
  const head = parse(line);
  return head?.['kind'] === 'run' && typeof head['runId'] === 'string'
    ? (head as unknown as RunHead)
    : undefined;
}

function parseEnd(line: string): RunEnd | undefined {
  const end = parse(line);
  return end?.['kind'] === 'end' ? (end as unknown as RunEnd) : undefined;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
