/** Texts that leave the panel: JSON for the editor, JSON lines for a file. What they are made of is redacted. */
import { setImmediate as immediate } from 'node:timers/promises';
import type { RunEvent } from '../runner/protocol.js';

/** Entries that are written at a time, so that nobody waits for a long run. */
const PIECE = 2_000;

/** With line breaks. What is no JSON, because a record was cut, stays as it is. */
export function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), undefined, 2);
  } catch {
    return json;
  }
}

/** Entries as JSON lines, in UTF-8. */
export async function ndjsonOf(entries: readonly RunEvent[]): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  for (let from = 0; from < entries.length; from += PIECE) {
    const lines = entries.slice(from, from + PIECE).map((entry) => `${JSON.stringify(entry)}\n`);
    pieces.push(Buffer.from(lines.join('')));
    await immediate();
  }
  return Buffer.concat(pieces);
}
