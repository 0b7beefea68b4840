/**
 * A run as lines of text: one per entry, `time level block → output  (after its cause)`. Pure. What comes in has passed
 * the redactor in the runner; nothing is added to it here.
 */
import type { RunEvent, RunInfo, RunStatus } from '../runner/protocol.js';
import {
  endpointWords,
  handlerWords,
  joined,
  leakWords,
  messageWords,
  mockWords,
  oneLine,
  whereWords,
} from '../runner/words.js';

/** Characters of an event's data on its line, where it is shown; the run keeps all of it. */
const MAX_DATA = 2_000;
/** Events whose times are remembered for what they cause. */
const MAX_TIMES = 10_000;

const LEVEL_WIDTH = 5;

export class EventLines {
  /** Id of an event -> when it was emitted. */
  private readonly times = new Map<string, number>();

  /**
   * @param showsData whether an event's data stands on its line
   * @param prefix before each text, e.g. the flow's name where lines of several mingle
   */
  constructor(
    private readonly showsData: () => boolean = () => false,
    private readonly prefix: () => string = () => '',
  ) {}

  line(event: RunEvent): string {
    switch (event.kind) {
      case 'event': {
        const since = this.since(event.parent, event.at);
        this.remember(event.id, event.at);
        const port =
          event.output === undefined
            ? `${event.block} ← ${event.input ?? 'input'}`
            : `${event.block} → ${event.output}`;
        const cut = event.truncated || event.data.length > MAX_DATA ? '…' : '';
        return this.format(
          event.at,
          event.leaks?.length ? 'warn' : 'info',
          joined(
            port,
            this.showsData() ? `${oneLine(event.data.slice(0, MAX_DATA))}${cut}` : '',
            mockWords(event),
            since,
            leakWords(event),
          ),
        );
      }
      case 'failed': {
        const { error } = event;
        return this.format(
          event.at,
          'error',
          joined(
            `${event.block} ✗ ${oneLine(messageWords(error))}`,
            whereWords(error),
            this.since(event.event, event.at),
            handlerWords(event),
          ),
        );
      }
      case 'activity':
        return this.format(
          event.at,
          'info',
          joined(`${event.block}   ${oneLine(event.text)}`, this.since(event.event, event.at)),
        );
      case 'log':
        return this.format(
          event.at,
          event.level,
          `${event.block === undefined ? '' : `${event.block}: `}${oneLine(event.text)}`,
        );
    }
  }

  private format(at: number, level: string, text: string): string {
    return `${clock(at)} ${level.padEnd(LEVEL_WIDTH)} ${this.prefix()}${text}`;
  }

  private since(cause: string | undefined, at: number): string {
    const then = cause === undefined ? undefined : this.times.get(cause);
    return then === undefined ? '' : `(+${duration(at - then)})`;
  }

  private remember(id: string, at: number): void {
    this.times.set(id, at);
    if (this.times.size <= MAX_TIMES) return;
    for (const oldest of this.times.keys()) {
      this.times.delete(oldest);
      return;
    }
  }
}

/** The level that stands on a line. */
export function levelOf(line: string): string {
  return line.split(' ', 2)[1]!;
}

/** What is said when a run has started. */
export function startLines(name: string, info: RunInfo): string[] {
  const { at, say } = remarks(info.startedAt);
  say('info', `── ${name} runs`);
  for (const problem of info.problems) say('warn', problem);
  if (info.missingSecrets.length > 0) say('warn', `Without a value: ${list(info.missingSecrets)}`);
  for (const endpoint of info.endpoints) say('info', endpointWords(endpoint));
  return at;
}

/** Something that was done to a run. */
export function remarkLine(name: string, now: number, text: string): string[] {
  const { at, say } = remarks(now);
  say('info', `── ${name}: ${text}`);
  return at;
}

/** What is said when a run has ended. `status` is missing when the process was gone. */
export function endLines(name: string, now: number, status: RunStatus | undefined, why: string): string[] {
  const { at, say } = remarks(now);
  if (status?.skipped) say('warn', `${count(status.skipped, 'event')} came too fast to be shown`);
  for (const { block, keys } of status?.leaks ?? [])
    say('warn', `Output of ${block} held ${list(keys)}: the platform shows it to whatever follows`);
  const summary = status ? `: ${count(status.events, 'event')}, ${count(status.failures, 'failure')}` : '';
  say(status ? 'info' : 'error', `── ${name} ${why}${summary}`);
  return at;
}

function remarks(now: number): { at: string[]; say: (level: string, text: string) => void } {
  const at: string[] = [];
  return { at, say: (level, text) => at.push(`${clock(now)} ${level.padEnd(LEVEL_WIDTH)} ${oneLine(text)}`) };
}

/** Between a flow's name and the rest of its line. */
export const OF_FLOW = ' › ';

/** Local time with milliseconds. */
function clock(at: number): string {
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function list(names: readonly string[]): string {
  return names.join(', ');
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
