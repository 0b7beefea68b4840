import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { reportsOn, reportsOnProject } from './support.js';
import { declareKey, newProjectFile, parseProject } from '../../../flow/project.js';

function declare(text: string, key: string, description?: string): string {
  const edit = declareKey(text, key, description);
  return edit ? text.slice(0, edit.span.start) + edit.text + text.slice(edit.span.end) : text;
}

describe('project file', () => {
  it('reads the id and the keys with their description and sensitivity', () => {
    const project = parseProject(
      'project: ops\nsecrets:\n  API_TOKEN: { description: For the API }\n  STATUS:\n    sensitive: false\n  PLAIN:\n',
    );
    assert.equal(project.id, 'ops');
    assert.deepEqual(
      [...project.secrets.values()].map(({ key, description, sensitive }) => [key, description, sensitive]),
      [
        ['API_TOKEN', 'For the API', true],
        ['STATUS', undefined, false],
        ['PLAIN', undefined, true],
      ],
    );
    assert.deepEqual(project.problems, []);
  });

  it('reports a value without repeating it', () => {
    for (const text of ['secrets:\n  A: hunter2hunter2\n', 'secrets:\n  A: { value: hunter2hunter2 }\n']) {
      const { problems, secrets } = parseProject(text);
      assert.deepEqual(
        problems.map(({ code, severity }) => [code, severity]),
        [['project-value', 'error']],
      );
      assert.ok(!JSON.stringify(problems).includes('hunter2'));
      assert.ok(secrets.has('A'));
      assert.equal(text.slice(problems[0]!.span.start, problems[0]!.span.end), 'hunter2hunter2');
    }
  });

  it('names bad keys, doubles, unknown fields and wrong shapes', () => {
    const messages = (text: string): string[] => parseProject(text).problems.map(({ message }) => message);
    assert.match(messages('secrets:\n  a-b:\n')[0]!, /letters, digits/);
    assert.match(messages('secrets:\n  A:\n  A:\n')[0]!, /twice/);
    assert.match(messages('projekt: x\n')[0]!, /Did you mean `project`/);
    assert.match(messages('secrets:\n  - A\n')[0]!, /without dashes/);
    assert.match(messages('- a\n')[0]!, /map with `project`/);
    assert.match(messages('secrets:\n  A: { sensitive: maybe }\n')[0]!, /true or false/);
    assert.deepEqual(messages(''), []);
  });

  it('shows a value only where every declaration of its key says so', () => {
    const sensitive = (text: string): boolean | undefined => parseProject(text).secrets.get('A')?.sensitive;
    assert.equal(sensitive('secrets:\n  A:\n  A: { sensitive: false }\n'), true);
    assert.equal(sensitive('secrets:\n  A: { sensitive: false }\n  A: {}\n'), true);
    assert.equal(sensitive('secrets:\n  A: { sensitive: false }\n  A: { sensitive: false }\n'), false);
  });

  it('is asked for once, where a key that flows read is none', () => {
    const project = 'project: ops\nsecrets:\n  api-token:\n';
    const flow = `blocks:\n  - name: A\n    type: { coreBlock: transform }\n    outputs: { default: { outputCustomization: !expr 'secrets["api-token"] + secrets["other-token"]' } }\n`;
    assert.deepEqual(
      reportsOn(flow, { project }).map(({ covered }) => covered),
      ['other-token'],
    );
    assert.deepEqual(
      reportsOnProject(project).map(({ covered }) => covered),
      ['api-token'],
    );
  });

  for (const [what, before, after] of [
    ['into an empty file', '', 'secrets:\n  NEW:\n'],
    [
      'after other keys, comments kept',
      'project: x\nsecrets:\n  A: # first\n  B:\n    description: d # second\n# end\n',
      'project: x\nsecrets:\n  A: # first\n  B:\n    description: d # second\n  NEW:\n# end\n',
    ],
    ['with the indentation of the file', 'secrets:\n    A:\n', 'secrets:\n    A:\n    NEW:\n'],
    [
      'under an empty `secrets`',
      'secrets: # none yet\nproject: x\n',
      'secrets: # none yet\n  NEW:\nproject: x\n',
    ],
    ['into an empty flow map', 'secrets: {}\n', 'secrets:\n  NEW:\n'],
    ['into a flow map', 'secrets: { A: { description: d } }\n', 'secrets: { A: { description: d }, NEW: }\n'],
    ['where the last line has no end', 'project: x', 'project: x\nsecrets:\n  NEW:\n'],
    ['with CRLF', 'secrets:\r\n  A:\r\n', 'secrets:\r\n  A:\r\n  NEW:\r\n'],
    [
      'after a block scalar',
      'secrets:\n  A:\n    description: |\n      long\nproject: x\n',
      'secrets:\n  A:\n    description: |\n      long\n  NEW:\nproject: x\n',
    ],
  ] as const) {
    it(`declares a key ${what}`, () => {
      const text = declare(before, 'NEW');
      assert.equal(text, after);
      assert.ok('NEW' in (parse(text) as { secrets: object }).secrets);
      assert.deepEqual(parseProject(text).problems, []);
      assert.equal(declareKey(text, 'NEW'), undefined);
    });
  }

  it('declares a key with a description', () => {
    assert.deepEqual(parse(declare('', 'K', 'a "b": c')), { secrets: { K: { description: 'a "b": c' } } });
  });

  it('refuses to edit what it cannot read', () => {
    assert.throws(() => declareKey('- a\n', 'K'), /mend it first/);
    assert.throws(() => declareKey('secrets: [A]\n', 'K'), /mend it first/);
  });

  it('starts a new file', () => {
    assert.deepEqual(parse(newProjectFile('my ops: "x"', 'K')), {
      project: 'my ops: "x"',
      secrets: { K: null },
    });
  });
});
