import assert from 'node:assert/strict';
import fc from 'fast-check';
import { declareKey, parseProject } from '../../../flow/project.js';
import { undeclareKey } from '../../../client/secrets/undeclare.js';

function without(text: string, key: string): string {
  const edit = undeclareKey(text, key);
  return edit ? text.slice(0, edit.span.start) + edit.text + text.slice(edit.span.end) : text;
}

describe('taking a key out of the project file', () => {
  for (const [what, text, expected] of [
    ['the only one', 'project: ops\nsecrets:\n  A:\n', 'project: ops\nsecrets:\n'],
    [
      'one of several',
      'secrets:\n  # of B\n  B: { description: b }\n  A:\n    description: a\n    sensitive: false\n  C:\n',
      'secrets:\n  # of B\n  B: { description: b }\n  C:\n',
    ],
    ['the last, without a line break', 'secrets:\n  B:\n  A: {}', 'secrets:\n  B:\n'],
    [
      'one with a folded description',
      'secrets:\n  A:\n    description: >-\n      long\n      text\n  B:\n',
      'secrets:\n  B:\n',
    ],
    [
      'comments of others stay',
      'secrets:\n  A: # gone with it\n  # stays\n  B: # b\n',
      'secrets:\n  # stays\n  B: # b\n',
    ],
    ['CRLF', 'secrets:\r\n  A:\r\n  B:\r\n', 'secrets:\r\n  B:\r\n'],
    ['in braces', 'secrets: { A: {}, B: {}, C: {} }\n', 'secrets: { B: {}, C: {} }\n'],
    ['in braces, last', 'secrets: { B: {}, A: {} }\n', 'secrets: { B: {} }\n'],
    ['in braces, alone', 'secrets: { A: {} } # none\n', 'secrets: {} # none\n'],
    ['quoted', 'secrets:\n  "A":\n  B:\n', 'secrets:\n  B:\n'],
    ['not there', 'secrets:\n  B:\n', 'secrets:\n  B:\n'],
    ['no map', 'secrets: [A]\n', 'secrets: [A]\n'],
  ] as const) {
    it(what, () => assert.equal(without(text, 'A'), expected));
  }

  it('undoes a declaration', () => {
    const keys = fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D'), { minLength: 1 });
    fc.assert(
      fc.property(keys, fc.boolean(), fc.constantFrom('\n', '\r\n'), (declared, flow, eol) => {
        const text = flow
          ? `project: x${eol}secrets: { ${declared.map((key) => `${key}: {}`).join(', ')} }${eol}`
          : `project: x${eol}secrets:${eol}${declared.map((key) => `  ${key}: { description: d } # c${eol}`).join('')}`;
        const edit = declareKey(text, 'NEW')!;
        const more = text.slice(0, edit.span.start) + edit.text + text.slice(edit.span.end);
        assert.deepEqual([...parseProject(without(more, 'NEW')).secrets.keys()], declared);
        for (const key of declared) {
          const less = parseProject(without(text, key));
          assert.deepEqual(
            [...less.secrets.keys()],
            declared.filter((other) => other !== key),
          );
          assert.deepEqual(less.problems, []);
        }
      }),
    );
  });
});
