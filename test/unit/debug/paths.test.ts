import assert from 'node:assert/strict';
import fc from 'fast-check';
import { member, parsePath, valueAt, type Key } from '../../../client/debug/adapter/paths.js';
import { containerOf, tree, type Child, type Page } from '../../../client/debug/adapter/variables.js';

const ALL: Page = { start: 0, count: 0 };

async function leaves(child: Child): Promise<Child[]> {
  if (!child.opens) return [child];
  const children = await child.opens.children(ALL);
  return (await Promise.all(children.map(leaves))).flat();
}

describe('paths into JSON', () => {
  it('are read as they are written, whatever the keys', () => {
    const key = fc.oneof(fc.string({ unit: 'binary' }), fc.nat(1e9));
    fc.assert(
      fc.property(fc.array(key), (keys: Key[]) => {
        const text = keys.reduce<string>(member, 'event');
        assert.deepEqual(parsePath(text), { root: 'event', keys });
      }),
    );
  });

  it('are not made up: what is no plain path is none', () => {
    for (const text of ['', '1', 'a b', 'a.', 'a[', 'a[b]', 'a.b()', 'a + b', "a['b']", '.a', 'a["\\x"]'])
      assert.equal(parsePath(text), undefined, text);
    assert.deepEqual(parsePath(' a?.b ?. c[0] '), { root: 'a', keys: ['b', 'c', 0] });
  });
});

describe('trees of values', () => {
  it('every part of any JSON can be reached by its expression, and says what it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        for (const { evaluateName, value: shown } of await leaves(tree('data', value, 'data'))) {
          const { keys } = parsePath(evaluateName!)!;
          const found = valueAt(value, keys);
          // Markers and descriptions stand without quotes.
          if (typeof found === 'object' || /^"‹[^›]*›"$/u.test(JSON.stringify(found))) continue;
          assert.equal(shown, JSON.stringify(found));
        }
      }),
    );
  });

  it('no level holds more than a thousand names', async () => {
    const value = Object.fromEntries(Array.from({ length: 2_345 }, (_, i) => [`k${i}`, i]));
    const groups = await containerOf(value, 'data')!.children(ALL);
    assert.equal(groups.length, 3);
    assert.equal((await leaves(tree('data', value, 'data'))).length, 2_345);
  });

  it('a value that is changed is asked for at its path', async () => {
    const asked: unknown[] = [];
    const data = { list: [{ a: 1 }], text: 'x' };
    const change = (path: readonly Key[], value: unknown): Promise<unknown> => {
      asked.push([path, value]);
      return Promise.resolve(value);
    };
    const list = (await containerOf(data, 'data', change)!.children(ALL))[0]!;
    const first = (await list.opens!.children(ALL))[0]!;
    assert.equal(await first.opens!.set!('a', 2), 2);
    assert.deepEqual(asked, [[['list', 0, 'a'], 2]]);
    // Shown at once, without being fetched again.
    assert.equal((await first.opens!.children(ALL))[0]!.value, '2');
  });
});
