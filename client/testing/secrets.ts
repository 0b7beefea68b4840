/** The values that a test runs with: made up, but for those that may be shown and that the test asks for. */
import { createHash } from 'node:crypto';
import type { TestSecret } from '../../flow/testing/model.js';

export interface TestSecrets {
  readonly values: Readonly<Record<string, string>>;
  /** Keys whose `stored` value this machine does not have: a generated one stands in. */
  readonly missing: readonly string[];
}

/**
 * @param stored values of this machine, by key
 * @param given what differs from a generated value; the later ones win
 */
export function testSecrets(
  keys: readonly string[],
  stored: Readonly<Record<string, string>>,
  ...given: readonly ReadonlyMap<string, TestSecret>[]
): TestSecrets {
  const choices = new Map(given.flatMap((map) => [...map]));
  const values: Record<string, string> = {};
  const missing: string[] = [];
  for (const key of new Set([...keys, ...choices.keys()])) {
    const choice = choices.get(key) ?? 'generated';
    if (choice === 'none') continue;
    const found = choice === 'stored' && Object.hasOwn(stored, key) ? stored[key]! : '';
    if (choice === 'stored' && found === '') missing.push(key);
    values[key] = typeof choice === 'object' ? choice.fake : found !== '' ? found : generatedValue(key);
  }
  return { values, missing };
}

/** Keys of `stored` values, after what a test says over its file. */
export function storedKeys(...given: readonly ReadonlyMap<string, TestSecret>[]): string[] {
  return [...new Map(given.flatMap((map) => [...map]))].flatMap(([key, choice]) =>
    choice === 'stored' ? [key] : [],
  );
}

/** The same for the same key, everywhere; long enough to be masked as a real one is. */
export function generatedValue(key: string): string {
  return createHash('sha256').update(`a made-up value for ${key}`).digest('base64url').slice(0, 32);
}
