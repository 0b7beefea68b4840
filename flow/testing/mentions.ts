/** Where a test file names blocks and secrets: what is renamed with them, and found as a reference. */
import type { MapValue, Value } from '../model.js';
import type { Span } from '../text.js';
import { entryOf, readYaml } from '../yaml.js';
import { MATCHERS } from './matchers.js';

/** A block or a secret that a test file names. */
export interface TestMention {
  readonly kind: 'block' | 'secret';
  readonly text: string;
  /** The whole scalar, quotes included. */
  readonly span: Span;
  /** A key of a map, or inside `{…}`: quoted where it could be read otherwise. */
  readonly tight: boolean;
}

/** All of them, in no certain order. */
export function mentionsInTest(text: string): TestMention[] {
  const { root } = readYaml(text, MATCHERS);
  const found: TestMention[] = [];
  const isInFlow = ({ start }: Span): boolean => text[start] === '{' || text[start] === '[';
  const keysOf = (kind: TestMention['kind'], value: Value | undefined): void => {
    for (const { key, keySpan } of value?.kind === 'map' ? value.entries : [])
      found.push({ kind, text: key, span: keySpan, tight: true });
  };
  const part = (value: Value, tight: boolean): void => {
    const inside = tight || isInFlow(value.span);
    if (value.kind === 'list') for (const item of value.items) part(item, inside);
    if (value.kind !== 'map') return;
    const block = entryOf(value, 'block')?.value;
    if (block?.kind === 'constant' && typeof block.value === 'string')
      found.push({ kind: 'block', text: block.value, span: block.span, tight: inside });
    keysOf('block', entryOf(value, 'outputs')?.value);
  };
  const setup = (map: MapValue): void => keysOf('secret', entryOf(map, 'secrets')?.value);
  if (root?.kind !== 'map') return found;
  setup(root);
  const tests = entryOf(root, 'tests')?.value;
  for (const test of tests?.kind === 'list' ? tests.items : []) {
    if (test.kind !== 'map') continue;
    setup(test);
    const inside = isInFlow(tests!.span) || isInFlow(test.span);
    for (const { key, value } of test.entries)
      if (['send', 'expect', 'never'].includes(key)) part(value, inside);
  }
  return found;
}
