/**
 * An entry of a run as one line of JSON: what history files hold and what travels to the parent. The data of an event is
 * JSON inside the line, and the last property, so that it can be put in and taken out without being parsed.
 */
import type { EmittedEvent, RunEvent } from './protocol.js';

export type EventHead = Omit<EmittedEvent, 'data'>;

const DATA = ',"data":';

/** `data` is JSON text. */
export function eventLine(head: EventHead, data: string): string {
  return `${JSON.stringify(head).slice(0, -1)}${DATA}${data}}`;
}

/** Where the data of an event's line begins; names before it cannot hold the mark, as their quotes are escaped. */
export function dataOffset(line: string): number {
  return line.indexOf(DATA) + DATA.length;
}

/** Undefined for what is no entry: a line that was torn by a crash. */
export function parseEntry(line: string): RunEvent | undefined {
  try {
    if (!line.includes('"kind":"event"')) return JSON.parse(line) as RunEvent;
    const at = dataOffset(line);
    const head = JSON.parse(`${line.slice(0, at - DATA.length)}}`) as EventHead;
    const data = line.slice(at, -1);
    // What was cut is no JSON any more, so it stands there as a text.
    return { ...head, data: head.truncated ? (JSON.parse(data) as string) : data };
  } catch {
    return undefined;
  }
}
