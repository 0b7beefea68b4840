/**
 * Ids of runs and events: UUIDs of version 7. A run's id is made from time and chance; its events have the run's id with
 * their number in the last twelve digits, so they sort by run and order and need no table.
 */
import type { RandomBytes } from './random.js';

/** UUIDv7 (RFC 9562 §5.7) for a time in milliseconds since the epoch; the last 48 bits are zero. */
export function runId(now: number, random: RandomBytes): string {
  const time = Math.max(0, Math.floor(now)).toString(16).padStart(12, '0').slice(-12);
  const [a, b, c, d] = random(4) as unknown as [number, number, number, number];
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(((a << 8) | b) & 0xfff, 3)}-${hex((((c << 8) | d) & 0x3fff) | 0x8000, 4)}-000000000000`;
}

export function eventId(run: string, n: number): string {
  return run.slice(0, 24) + n.toString(16).padStart(12, '0');
}

/** Number of the event of this run with this id; undefined for other ids. */
export function eventNumber(run: string, id: string): number | undefined {
  if (id.length !== 36 || !id.startsWith(run.slice(0, 24)) || !/^[0-9a-f]{12}$/.test(id.slice(24)))
    return undefined;
  return Number.parseInt(id.slice(24), 16);
}
