/**
 * How a value longer than one credential may be is laid out over several (see keychain.ts for the order of writing).
 * The entry named by the key holds either the value itself or a header that names the parts.
 */
import { createHash } from 'node:crypto';

/** A header starts with it. A value that does so too is stored in parts, so that nothing is ever mistaken for a header. */
const MARK = 'flow-secrets:parts:1:';

/** Parts live in one of two slots, so that a new value never overwrites the parts of the one in use. */
export type Slot = 'a' | 'b';

export interface Header {
  readonly slot: Slot;
  readonly count: number;
  /** UTF-16 code units of the value. */
  readonly length: number;
  /** SHA-256 of the value's UTF-8, in hex. */
  readonly checksum: string;
}

export function looksLikeHeader(entry: string): boolean {
  return entry.startsWith(MARK);
}

/** Undefined for text that only looks like one. */
export function parseHeader(entry: string): Header | undefined {
  const match = /^([ab]):(\d{1,4}):(\d{1,9}):([0-9a-f]{64})$/.exec(entry.slice(MARK.length));
  if (!match) return undefined;
  return { slot: match[1] as Slot, count: Number(match[2]), length: Number(match[3]), checksum: match[4]! };
}

export function formatHeader(slot: Slot, count: number, value: string): string {
  return `${MARK}${slot}:${count}:${value.length}:${checksum(value)}`;
}

/** Account of a part. Keys are identifiers, so '#' cannot make it meet another key's. */
export function partName(key: string, slot: Slot, index: number): string {
  return `${key}#${slot}${index}`;
}

/** The value in pieces of at most `capacity` UTF-8 bytes, cut between code points. */
export function cut(value: string, capacity: number): string[] {
  const pieces: string[] = [];
  let start = 0;
  let size = 0;
  for (let i = 0; i < value.length;) {
    const point = value.codePointAt(i)!;
    const width = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (size + width > capacity) {
      pieces.push(value.slice(start, i));
      start = i;
      size = 0;
    }
    size += width;
    i += point > 0xffff ? 2 : 1;
  }
  pieces.push(value.slice(start));
  return pieces;
}

/** The value, when the pieces are all there and from one write. */
export function join(header: Header, pieces: readonly (string | null)[]): string | undefined {
  if (pieces.length !== header.count || pieces.includes(null)) return undefined;
  const value = pieces.join('');
  return value.length === header.length && checksum(value) === header.checksum ? value : undefined;
}

function checksum(value: string): string {
  return createHash('sha256').update(value, 'utf8').digest('hex');
}
