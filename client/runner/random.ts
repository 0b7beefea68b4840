/** Chance for ids: the machine's, or a repeatable one from a seed (mulberry32, public domain), for tests and replays. */
import { randomBytes, randomUUID } from 'node:crypto';

export type RandomBytes = (count: number) => Uint8Array;

export function randomSource(seed: number | undefined): RandomBytes {
  if (seed === undefined) return randomBytes;
  const next = mulberry32(seed);
  return (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256));
}

/** Numbers in [0, 1), the same ones for the same seed. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A UUID of version 4. Node keeps chance in store for its own, which is much cheaper than asking for each. */
export function uuid(random: RandomBytes): string {
  if (random === randomBytes) return randomUUID();
  const bytes = random(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
