import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compare, type Comparison, type MatchOptions } from '../../../client/testing/match.js';
import type { Json } from '../../../flow/model.js';
import { MATCHERS } from '../../../flow/testing/matchers.js';
import { yamlLines, type Written } from '../../../flow/writeYaml.js';
import { readYaml } from '../../../flow/yaml.js';

const options: MatchOptions = { mask: (value) => value, holds: () => Promise.resolve(true) };

async function compareText(expected: string, actual: Json, given = options): Promise<Comparison> {
  const { root, problems } = readYaml(expected, MATCHERS);
  assert.deepEqual(problems, []);
  return compare(root!, actual, given);
}

const told = ({ differences }: Comparison): string[] =>
  differences.map(
    ({ path, expected, actual }) =>
      `${path}: ${expected} / ${actual === undefined ? 'nothing' : JSON.stringify(actual)}`,
  );

/** JSON without what YAML or JavaScript writes in another way: -0, `__proto__`. */
const json = fc
  .jsonValue({ maxDepth: 4 })
  .map((value) => JSON.parse(JSON.stringify(value).replaceAll('"__proto__"', '"proto"')) as Json);

describe('comparing with what a test expects', function () {
  this.timeout(20_000);
  it('anything fits itself, however it is written', async () => {
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        const { differences, expected } = await compareText(yamlLines(value).join('\n'), value);
        assert.deepEqual(differences, []);
        assert.deepEqual(expected, value);
      }),
    );
  });

  it('a leaf that differs is named with its path, and nothing else', async () => {
    const place = fc.array(fc.oneof(fc.stringMatching(/^[a-z]{1,5}$/), fc.nat(2)), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(place, json, async (path, other) => {
        fc.pre(JSON.stringify(other) !== '"expected"');
        const put = (leaf: Json): Json =>
          path.reduceRight<Json>(
            (inner, key) =>
              typeof key === 'number'
                ? [...Array<Json>(key).fill('before'), inner]
                : { same: 1, [key]: inner },
            leaf,
          );
        const shown = path
          .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
          .join('')
          .replace(/^\./, '');
        const { differences, expected } = await compareText(
          yamlLines(put('expected')).join('\n'),
          put(other),
        );
        assert.deepEqual(
          differences.map((difference) => [difference.path, difference.expected, difference.actual]),
          [[shown, '"expected"', other]],
        );
        // The two differ there alone.
        assert.deepEqual(expected, put('expected'));
      }),
    );
  });

  it('a map may have more than what is expected, a list may not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.stringMatching(/^[a-z]+$/), json), json, async (map, extra) => {
        fc.pre(!('more' in map));
        const text = yamlLines(map).join('\n');
        assert.deepEqual((await compareText(text, { ...map, more: extra })).differences, []);
        const list = Object.values(map);
        const { differences } = await compareText(yamlLines(list).join('\n'), [...list, extra]);
        assert.equal(differences.length, 1);
      }),
    );
  });

  it('!any is there, !absent is not', async () => {
    assert.deepEqual(told(await compareText('{ a: !any , b: !absent }', { a: null })), []);
    assert.deepEqual(told(await compareText('{ a: !any , b: !absent }', { b: 1 })), [
      'a: !any / nothing',
      'b: !absent / 1',
    ]);
    assert.deepEqual((await compareText('{ b: !absent }', { a: 1, b: 1 })).expected, { a: 1 });
  });

  it('asks about !match and !expr, and tells why they could not be answered', async () => {
    const asked: unknown[] = [];
    const holds: MatchOptions['holds'] = (matcher, actual) => {
      asked.push(actual);
      return Promise.resolve(matcher.kind === 'expression' ? 'TypeError: no' : false);
    };
    const comparison = await compareText(
      '{ a: !match /x/, b: !expr previous.c.d, c: !match /y/ }',
      { a: 'y', b: 2 },
      { ...options, holds },
    );
    assert.deepEqual(asked, ['y', 2]);
    assert.deepEqual(told(comparison), [
      'a: !match /x/ / "y"',
      'b: !expr previous.c.d (TypeError: no) / 2',
      'c: !match /y/ / nothing',
    ]);
  });

  it('masks what is expected as what came has been masked', async () => {
    const mask: MatchOptions['mask'] = (value) => (value === 'hunter2' ? '‹secret:P›' : value);
    assert.deepEqual(
      told(await compareText('{ a: hunter2 }', { a: '‹secret:P›' }, { ...options, mask })),
      [],
    );
    assert.deepEqual(told(await compareText('{ a: hunter2 }', { a: 'x' }, { ...options, mask })), [
      'a: "‹secret:P›" / "x"',
    ]);
  });

  it('kinds of values are not mixed up', async () => {
    for (const [expected, actual] of [
      ['"1"', 1],
      ['true', 'true'],
      ['null', 0],
      ['{}', []],
      ['[]', {}],
      ['{ a: 1 }', null],
    ] as const satisfies readonly (readonly [string, Written])[])
      assert.equal((await compareText(expected, actual as Json)).differences.length, 1, expected);
  });
});
