import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Json } from '../../../flow/model.js';
import { addItem, Tagged, yamlLines, type Addition } from '../../../flow/writeYaml.js';

function add(text: string, addition: Addition): string {
  const { span, text: inserted } = addItem(text, addition, ['!any']);
  return text.slice(0, span.start) + inserted + text.slice(span.end);
}

describe('writing YAML', function () {
  this.timeout(20_000);
  it('reads back as it was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (given) => {
        const value = JSON.parse(JSON.stringify(given).replaceAll('"__proto__"', '"proto"')) as Json;
        assert.deepEqual(parse(yamlLines(value).join('\n')), value);
      }),
    );
  });

  it('is written as people write it', () => {
    assert.equal(
      yamlLines({ name: 'a: b', list: [{ x: 1, z: [] }, 'yes'], id: new Tagged('!any'), empty: {} }).join(
        '\n',
      ),
      `name: 'a: b'\nlist:\n  - x: 1\n    z: []\n  - 'yes'\nid: !any\nempty: {}`,
    );
  });

  describe('adding to a list of a file', () => {
    const item = { a: 1 };
    const cases: readonly (readonly [string, string, Addition, string])[] = [
      ['makes what is missing', '', { path: ['x', 'z'], item, at: 'end' }, 'x:\n  z:\n    - a: 1\n'],
      [
        'goes behind the last item, before the comments of what follows',
        '# head\nx:\n  - a: 0 # zero\n\n# about y\ny: 1\n',
        { path: ['x'], item, at: 'end' },
        '# head\nx:\n  - a: 0 # zero\n  - a: 1\n\n# about y\ny: 1\n',
      ],
      [
        'goes before the first item',
        'x:\n# first\n- a: 0\n',
        { path: ['x'], item, at: 'start' },
        'x:\n# first\n- a: 1\n- a: 0\n',
      ],
      [
        'fills an empty list',
        'x: [] # none\ny: 1',
        { path: ['x'], item, at: 'end' },
        'x:\n  - a: 1 # none\ny: 1',
      ],
      [
        'fills a key without a value',
        'x:\ny: 1\n',
        { path: ['x', 'z'], item, at: 'end' },
        'x:\n  z:\n    - a: 1\ny: 1\n',
      ],
      [
        'goes into a map that has other keys',
        'x:\n    b: |\n      text\n\ny: 1\n',
        { path: ['x', 'z'], item, at: 'end' },
        'x:\n    b: |\n      text\n    z:\n      - a: 1\n\ny: 1\n',
      ],
      ['keeps line ends', 'x:\r\n  - 1\r\n', { path: ['x'], item, at: 'end' }, 'x:\r\n  - 1\r\n  - a: 1\r\n'],
    ];
    for (const [what, before, addition, after] of cases)
      it(what, () => {
        assert.equal(add(before, addition), after);
        assert.doesNotThrow(() => parse(after) as unknown);
      });

    it('refuses files in which it could break something, and says what to do', () => {
      const refused = (text: string): string => {
        try {
          return add(text, { path: ['x'], item, at: 'end' });
        } catch (error) {
          return (error as Error).message;
        }
      };
      assert.equal(refused('x: [1]'), '`x` is written in […]: write it over several lines, then try again.');
      assert.equal(
        refused('{ y: 1 }'),
        'The file is written in {…}: write it over several lines, then try again.',
      );
      assert.equal(refused('x: 1'), '`x` is no list: mend it first.');
      assert.equal(refused('- 1'), 'The file is no map: mend it first.');
      assert.equal(refused('x: ['), 'The file is no valid YAML: mend it first.');
    });

    it('changes nothing else, in any file that is written in blocks', () => {
      const key = fc.stringMatching(/^[a-z]{1,4}$/);
      const file = fc.dictionary(key, fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue())), {
        minKeys: 1,
      });
      fc.assert(
        fc.property(file, key, key, fc.constantFrom('start' as const, 'end' as const), (given, a, b, at) => {
          const value = JSON.parse(JSON.stringify(given).replaceAll('"__proto__"', '"proto"')) as Record<
            string,
            Json
          >;
          const inner = value[a];
          const isMap = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
          fc.pre(inner === undefined || inner === null || isMap);
          const list = isMap ? (inner as Record<string, Json>)[b] : undefined;
          fc.pre(list === undefined || list === null || (Array.isArray(list) && list.length > 0));
          const text = `${yamlLines(value).join('\n')}\n`;
          const items = (list ?? []) as Json[];
          assert.deepEqual(parse(add(text, { path: [a, b], item, at })), {
            ...value,
            [a]: {
              ...(isMap ? (inner as Record<string, Json>) : {}),
              [b]: at === 'end' ? [...items, item] : [item, ...items],
            },
          });
        }),
      );
    });
  });
});
