/** Changes of an event's data by hand. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { replaceAt, unmask, valueAt } from '../../../client/runner/edit.js';

/** Every path of a JSON value. */
function paths(value: unknown): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [[], ...entries.flatMap(([key, item]) => paths(item).map((rest) => [key, ...rest]))];
}

describe('changes by hand', () => {
  it('are made at their path and nowhere else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.nat(), (value, replacement, choice) => {
        const all = paths(value);
        const path = all[choice % all.length]!;
        const before = JSON.stringify(value);
        const changed = replaceAt(value, path, replacement);
        assert.deepEqual(valueAt(changed, path), replacement);
        assert.deepEqual(replaceAt(changed, path, valueAt(value, path)), value);
        assert.equal(JSON.stringify(value), before);
      }),
    );
  });

  it('keep what was shown masked and is left so', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (shown) => {
        const original = JSON.parse(JSON.stringify(shown), (_, item: unknown) =>
          typeof item === 'string' ? `secret ${item}` : item,
        ) as unknown;
        assert.deepEqual(
          unmask(JSON.parse(JSON.stringify(shown)), original, JSON.parse(JSON.stringify(shown))),
          original,
        );
      }),
    );
    assert.deepEqual(
      unmask({ a: '‹m›', b: 'new', c: ['‹m›'] }, { a: 's', b: 't', c: 1 }, { a: '‹m›', b: '‹m›', c: 1 }),
      { a: 's', b: 'new', c: ['‹m›'] },
    );
  });
});
