/**
 * An entry of a run as one line of JSON: what history files hold and what travels to the parent. Events are the many, so
 * theirs are short: `{"seq":5,"n":3,"parent":2,"at":…,"block":"Sleep","output":"default","data":…}`, with numbers in the
 * place of ids (ids.ts makes those from the run's). The data is JSON inside the line, and the last property, so that it
 * can be put in and taken out without being parsed. Other entries are JSON with their `kind`.
 */
import { eventId } from './ids.js';
import type { EmittedEvent, RunEvent } from './protocol.js';

export interface EventHead extends Omit<EmittedEvent, 'kind' | 'id' | 'parent' | 'data'> {
  /** Number of the event in its run. */
  readonly n: number;
  readonly parent?: number;
}

const DATA = ',"data":';
const EVENT = /^\{"seq":\d+,"n":/;

/** `data` is JSON text. `head` has `seq` and `n` as its first properties. */
export function eventLine(head: EventHead, data: string): string {
  return `${JSON.stringify(head).slice(0, -1)}${DATA}${data}}`;
}

/** Undefined for what is no entry: a line that was torn by a crash, the head or the end of a history file. */
export function parseEntry(line: string, runId: string): RunEvent | undefined {
  try {
    if (!EVENT.test(line)) {
      const entry = JSON.parse(line) as RunEvent;
      return typeof entry.seq === 'number' ? entry : undefined;
    }
    // Names before the data cannot hold the mark: their quotes are escaped.
    const at = line.indexOf(DATA);
    const { n, parent, ...head } = JSON.parse(`${line.slice(0, at)}}`) as EventHead;
    const data = line.slice(at + DATA.length, -1);
    if (!line.endsWith('}')) return undefined;
    return {
      ...head,
      kind: 'event',
      id: eventId(runId, n),
      ...(parent !== undefined && { parent: eventId(runId, parent) }),
      // What was cut is no JSON any more, so it stands there as a text.
      data: head.truncated ? (JSON.parse(data) as string) : data,
    };
  } catch {
    return undefined;
  }
}
