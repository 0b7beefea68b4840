import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { FlowDocument, type PlacedExpression } from '../../../flow/document.js';
import { readYaml } from '../../../flow/yaml.js';
import { assertEditsEqualFreshParse, rangeIn } from './support.js';

const EXAMPLES = path.join(process.cwd(), 'examples');
const FIXTURES = path.join(process.cwd(), 'test/fixtures/flows');

export const SMALL = `# a flow
appInstallations:
  slack:
    appName: Slack
blocks:
  - name: Start
    type: { coreBlock: httpEndpoint }
    config:
      path: /x
  # between
  - name: Next Step (1)
    type:
      coreBlock: transform
    inputs:
      default:
        links:
          - block: Start
            output: requests
        config: {}
    outputs:
      default:
        outputCustomization: !expr |-
          ({ a: secrets.A })
notes:
  - body: hello
`;

function flows(): [string, string][] {
  return [EXAMPLES, FIXTURES]
    .filter((folder) => fs.existsSync(folder))
    .flatMap((folder) =>
      fs
        .readdirSync(folder)
        .filter((file) => file.endsWith('.flow.yaml'))
        .map((file) => path.join(folder, file)),
    )
    .map((file): [string, string] => [path.basename(file), fs.readFileSync(file, 'utf8')])
    .concat([['small', SMALL]]);
}

describe('flow document', () => {
  it('finds blocks, keys, links, installations and notes', () => {
    const document = new FlowDocument(SMALL);
    assert.deepEqual(
      document.blocks.map(({ block }) => [block.name.text, block.key, block.type?.kind]),
      [
        ['Start', 'start', 'core'],
        ['Next Step (1)', 'nextStep', 'core'],
      ],
    );
    assert.deepEqual([...document.installations.keys()], ['slack']);
    assert.equal(document.notes[0]!.body, 'hello');
    assert.deepEqual(
      document.segments.flatMap((segment) => segment.content.problems),
      [],
    );
  });

  it('gives the place of a secret in the file', () => {
    const document = new FlowDocument(SMALL);
    const { block, segment } = document.blocks[1]!;
    const [value] = block.expressions;
    const range = document.range(segment, value!.scalar.spanToSource(value!.expression.accesses[0]!.span));
    const lines = SMALL.split('\n');
    assert.equal(lines[range.start.line]!.slice(range.start.character, range.end.character), 'A');
    assert.equal(document.expressionAt(range.start)?.value.path, 'outputs.default.outputCustomization');
  });

  for (const [name, text] of flows()) {
    it(`reads ${name} in segments as it reads it in one piece`, () => {
      const document = new FlowDocument(text);
      assert.equal(document.text, text);
      const whole = readYaml(text);
      const pieces = document.segments.flatMap((segment) =>
        segment.expressions.map((value) => [
          value.path,
          value.scalar.value,
          value.span.start + document.startOf(segment),
        ]),
      );
      assert.deepEqual(
        pieces,
        whole.expressions.map((value) => [value.path, value.scalar.value, value.span.start]),
      );
    });

    it(`keeps ${name} as a fresh parse would have it, whatever is typed`, () => {
      assertEditsEqualFreshParse(text, text.length > 20000 ? 60 : 250);
    });
  }

  it('keeps the objects of blocks that an edit does not touch', () => {
    const document = new FlowDocument(
      SMALL.replace(
        'notes:',
        '  - name: Third\n    type: { coreBlock: sleep }\n  - name: Fourth\n    type: { coreBlock: sleep }\nnotes:',
      ),
    );
    const before = document.blocks.map(({ block }) => block);
    const at = document.positionAt(document.text.indexOf('/x') + 2);
    document.change([{ range: { start: at, end: at }, text: 'y' }]);
    const after = document.blocks.map(({ block }) => block);
    assert.deepEqual(
      after.map((block, i) => block === before[i]),
      [false, true, true, true],
    );
  });

  it('reads blocks written as a flow sequence, and JSON', () => {
    for (const text of [
      'blocks: [{ name: A, type: { coreBlock: sleep } }, { name: B, type: { coreBlock: sleep } }]\n',
      '{ "blocks": [\n{ "name": "A", "type": { "coreBlock": "sleep" } },\n{ "name": "B", "type": { "coreBlock": "sleep" } }\n] }',
    ]) {
      assert.deepEqual(
        new FlowDocument(text).blocks.map(({ block }) => block.name.text),
        ['A', 'B'],
      );
    }
  });

  for (const [what, text, code] of [
    ['text that is no YAML', 'hello: "\n  : [}', 'yaml-syntax'],
    ['a list', '- a\n- b\n', 'not-a-flow'],
    ['prose', 'once upon a time\n', 'not-a-flow'],
    ['half-typed YAML', 'blocks:\n  - name: A\n    ty', 'yaml-syntax'],
    ['an unknown tag', 'blocks:\n  - name: !secret A\n    type: { coreBlock: sleep }\n', 'yaml-unknown-tag'],
    [
      '`!expr` on a map',
      'blocks:\n  - name: A\n    type: { coreBlock: sleep }\n    inputs: { default: { config: { a: !expr { b: 1 } } } }\n',
      'expr-on-collection',
    ],
    ['a block without a type', 'blocks:\n  - name: A\n', 'block-type'],
    ['a block without a name', 'blocks:\n  - type: { coreBlock: sleep }\n', 'block-name'],
    [
      'a cyclic alias',
      'blocks:\n  - name: A\n    type: { coreBlock: sleep }\n    config: &a { b: *a }\n',
      'yaml-alias',
    ],
    [
      'an alias without its anchor',
      'blocks:\n  - name: A\n    type: { coreBlock: sleep }\n    config: *nobody\n',
      'yaml-alias',
    ],
    ['tabs', 'blocks:\n\t- name: A\n', 'yaml-syntax'],
    ['a key twice', 'blocks:\n  - name: A\n    name: B\n    type: { coreBlock: sleep }\n', 'yaml-syntax'],
    ['two documents', 'blocks: []\n---\nblocks: []\n', 'yaml-syntax'],
    ['`blocks` that is a map', 'blocks:\n  a: 1\n', 'shape'],
    [
      'a link without its output',
      'blocks:\n  - name: A\n    type: { coreBlock: sleep }\n    inputs: { default: { links: [{ block: A }] } }\n',
      'shape',
    ],
  ] as const) {
    it(`names ${what} and goes on`, () => {
      const problems = new FlowDocument(text).segments.flatMap((segment) => segment.content.problems);
      assert.ok(
        problems.some((problem) => problem.code === code),
        JSON.stringify(problems),
      );
      for (const { message } of problems) assert.ok(message.length > 10);
    });
  }

  it('understands CRLF, a byte order mark and non-ASCII', () => {
    const text =
      '\uFEFF' + SMALL.replace('Start', 'Größe ✓').replaceAll('Start', 'Größe ✓').replace(/\n/g, '\r\n');
    const document = new FlowDocument(text);
    assert.deepEqual(
      document.blocks.map(({ block }) => block.key),
      ['größe', 'nextStep'],
    );
    assert.deepEqual(
      document.segments.flatMap((segment) => segment.content.problems),
      [],
    );
  });

  it('follows an alias from one block to another, and stops when the anchor goes', () => {
    const text = 'blocks:\n  - name: A\n    type: &t { coreBlock: sleep }\n  - name: B\n    type: *t\n';
    const document = new FlowDocument(text);
    assert.deepEqual(
      document.blocks.map(({ block }) => block.type?.kind),
      ['core', 'core'],
    );
    document.change([{ range: rangeIn(text, text.indexOf('&t '), text.indexOf('&t ') + 3), text: '' }]);
    assert.deepEqual(
      document.blocks.map(({ block }) => block.type?.kind),
      ['core', undefined],
    );
  });

  it('survives a billion laughs', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) =>
        `      l${i}: &l${i} [${Array.from({ length: 10 }, () => (i === 0 ? 'x' : `*l${i - 1}`)).join(', ')}]`,
    );
    const document = new FlowDocument(
      `blocks:\n  - name: A\n    type: { coreBlock: sleep }\n    config:\n${levels.join('\n')}\n`,
    );
    assert.ok(
      document.segments.some((segment) => segment.content.problems.some(({ code }) => code === 'yaml-alias')),
    );
  });

  it('survives deep nesting', () => {
    const document = new FlowDocument(
      `blocks:\n  - name: A\n    type: { coreBlock: sleep }\n    config: { a: ${'['.repeat(3000)}${']'.repeat(3000)} }\n`,
    );
    assert.ok(document.segments.some((segment) => segment.content.problems.length > 0));
  });

  it('knows, wherever something can be typed, the expression it would belong to', () => {
    const line = fc.constantFrom('', ' ', '      ', '        ', '        1 +', '          a(', '      k: v');
    const value = fc.constantFrom('|', '|-', '|+', '>', '>-', '|2-', '1 +  ', '"1 +"', "'1'", '', ' ');
    let known = 0;
    fc.assert(
      fc.property(
        value,
        fc.array(line, { maxLength: 6 }),
        fc.constantFrom('\n', '\r\n'),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (head, lines, eol, place) => {
          const text = ['blocks:', '  - name: A', '    config:', `      x: !expr ${head}`, ...lines].join(
            eol,
          );
          const document = new FlowDocument(text);
          const from = text.indexOf('!expr ') + '!expr '.length;
          const offset = from + Math.round(place * (text.length - from));
          if (text[offset - 1] === '\r') return;
          const position = document.positionAt(offset);
          // In a header or before a quote, what is typed makes another text of it.
          if (position.line === 3 && head !== '1 +  ') return;
          const [there, ...below] = text.split(eol).slice(position.line);
          // Nor in the indentation of a line.
          if (there!.trim() !== '' && there!.slice(0, position.character).trim() === '') return;
          const before = document.typingAt(position);
          const at =
            before &&
            document.range(before.segment, {
              start: before.value.scalar.toSource(before.offset),
              end: before.value.scalar.toSource(before.offset),
            }).start;
          document.change([{ range: { start: position, end: position }, text: 'q' }]);
          const after = document.typingAt({ ...position, character: position.character + 1 });
          if (!before) {
            // Above a text it may be the first line, which decides how far in a block stands.
            const isAtEnd = [there, ...below].every((one) => one!.trim() === '');
            assert.ok(!after || !isAtEnd, 'there is an expression, and it is not known');
            return;
          }
          // Blanks that YAML folds away have no place in the text.
          if (before.value.scalar.style === 'plain' && !isDeepStrictEqual(at, position)) return;
          assert.ok(after, 'there is no expression');
          assert.deepEqual(at, position);
          const solid = ({ value, offset }: PlacedExpression): string =>
            value.scalar.value.slice(0, offset).replace(/\s/g, '');
          assert.equal(solid(after), `${solid(before)}q`);
          known++;
        },
      ),
      { numRuns: 6000 },
    );
    assert.ok(known > 300, String(known));
  });

  it('reads a file of 10 MB', () => {
    const block = (i: number): string =>
      `  - name: Block ${i}\n    type:\n      coreBlock: transform\n    description: ${'lorem ipsum '.repeat(170)}\n    outputs:\n      default:\n        outputCustomization: !expr secrets.KEY_${i}\n`;
    const text = `blocks:\n${Array.from({ length: 5000 }, (_, i) => block(i)).join('')}`;
    assert.ok(text.length > 10_000_000);
    const document = new FlowDocument(text);
    assert.equal(document.blocks.length, 5000);
    assert.equal(document.blocks[4999]!.block.expressions[0]!.expression.accesses[0]!.key, 'KEY_4999');
  }).timeout(60_000);
});
