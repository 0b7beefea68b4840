/** The made-up values that a test runs with. No store is asked: a test never sees a real value. */
import { createHash } from 'node:crypto';
import type { TestSecret } from '../../flow/testFile.js';

/** Values by key. `given` says what differs from a generated value. */
export function testSecrets(
  keys: readonly string[],
  ...given: readonly ReadonlyMap<string, TestSecret>[]
): Record<string, string> {
  const choices = new Map(given.flatMap((map) => [...map]));
  const values: Record<string, string> = {};
  for (const key of new Set([...keys, ...choices.keys()])) {
    const choice = choices.get(key) ?? 'generated';
    if (choice !== 'none') values[key] = choice === 'generated' ? generatedValue(key) : choice.fake;
  }
  return values;
}

/** The same for the same key, everywhere; long enough to be masked as a real one is. */
export function generatedValue(key: string): string {
  return createHash('sha256').update(`a made-up value for ${key}`).digest('base64url').slice(0, 32);
}
