/** An entry of a run as a row of the event list: all that lists, filters and the canvas need, and of the data the beginning. */
import type { LogLevel, MockSource, Place, RunEvent } from '../../runner/protocol.js';

/** Characters of the data that a row holds. */
const PREVIEW = 160;

export interface Row {
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: RunEvent['kind'];
  /** '' for what belongs to no block. */
  readonly block: string;
  readonly output?: string;
  /** Of debug events and failures. */
  readonly input?: string;
  /** Of events. */
  readonly id?: string;
  /** Id of the event that led to it. */
  readonly cause?: string;
  /** Beginning of the data, on one line; or what is said. */
  readonly text: string;
  /** Characters of the data. */
  readonly size?: number;
  readonly level?: LogLevel;
  readonly mock?: MockSource;
  readonly leaks?: readonly string[];
  readonly handler?: string;
  readonly place?: Place;
}

export function toRow(entry: RunEvent): Row {
  const { seq, at, kind } = entry;
  switch (kind) {
    case 'event':
      return {
        seq,
        at,
        kind,
        block: entry.block,
        id: entry.id,
        text: oneLine(entry.data, PREVIEW),
        size: entry.data.length,
        ...(entry.output !== undefined && { output: entry.output }),
        ...(entry.input !== undefined && { input: entry.input }),
        ...(entry.parent !== undefined && { cause: entry.parent }),
        ...(entry.mock && { mock: entry.mock }),
        ...(entry.leaks && { leaks: entry.leaks }),
      };
    case 'failed':
      return {
        seq,
        at,
        kind,
        block: entry.block,
        text: oneLine(`${entry.error.name}: ${entry.error.message}`, PREVIEW * 2),
        ...(entry.input !== undefined && { input: entry.input }),
        ...(entry.event !== undefined && { cause: entry.event }),
        ...(entry.handler !== undefined && { handler: entry.handler }),
        ...(entry.error.place && { place: entry.error.place }),
      };
    case 'activity':
      return {
        seq,
        at,
        kind,
        block: entry.block,
        text: oneLine(entry.text, PREVIEW * 2),
        ...(entry.event !== undefined && { cause: entry.event }),
      };
    case 'log':
      return {
        seq,
        at,
        kind,
        block: entry.block ?? '',
        text: oneLine(entry.text, PREVIEW * 2),
        level: entry.level,
      };
  }
}

/** Control characters would break the line. */
export function oneLine(text: string, length: number): string {
  const cut = text.length > length ? `${text.slice(0, length)}…` : text;
  return cut.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
