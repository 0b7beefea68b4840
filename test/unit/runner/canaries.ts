/** Values that are easy to find, and the search for them in whatever leaves a runner process. */
import assert from 'node:assert/strict';
import type { TestRun } from './harness.js';

export const CANARIES: Readonly<Record<string, string>> = {
  PLAIN: 'kX7canary0pLq93mZtr8',
  SPECIAL: 'can"ary\\ $pe&ci<al>^%+4711',
  PEM: '-----BEGIN PRIVATE KEY-----\nMIIcanaryEvQIBADANBgkq\nhkiG9w0BAQEFAAScanary\n-----END PRIVATE KEY-----\n',
  UNICODE: 'gehéim-ключ-canary-日本',
};

/** A value and what it looks like in JSON, URLs, headers and basic authentication. */
export function forms(value: string): string[] {
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    JSON.stringify(JSON.stringify(value)).slice(3, -3),
    encodeURIComponent(value),
    new URL(`http://x/${value.replaceAll('\n', '')}`).href.slice('http://x/'.length),
    Buffer.from(value).toString('base64').replace(/=+$/, ''),
    Buffer.from(`user:${value}`).toString('base64').slice(8, -4),
    Buffer.from(value).toString('hex'),
  ].filter((form) => form.length >= 8);
}

/** Everything a parent can get from a run, as text. */
export async function everything(run: TestRun, ...more: unknown[]): Promise<string> {
  const parts: unknown[] = [
    ...more,
    run.info,
    run.entries,
    await run.host.status(),
    await run.host.events(0, 100_000),
  ];
  for (const { id } of run.events()) parts.push(await run.host.event(id));
  for (const call of [
    () => run.host.debugEvent({ block: Object.values(CANARIES).join(' '), data: 1 }),
    () => run.host.reEmit(CANARIES['PLAIN']!),
  ]) {
    parts.push(await call().catch((error: unknown) => String(error) + String((error as Error).stack)));
  }
  await run.stop();
  parts.push(run.exits);
  // Texts as they are and as they are written to a file: a value may show in either.
  return parts.map((part) => `${JSON.stringify(part)}\n${strings(part).join('\n')}`).join('\n');
}

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...strings(item)]);
}

export function assertNothing(text: string): void {
  for (const [key, value] of Object.entries(CANARIES)) {
    for (const form of forms(value)) {
      const at = text.indexOf(form);
      assert.ok(at < 0, `${key} shows: …${text.slice(Math.max(0, at - 200), at)}[here]`);
    }
  }
}
