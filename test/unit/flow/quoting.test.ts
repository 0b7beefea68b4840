import assert from 'node:assert/strict';
import fc from 'fast-check';
import { insideScalar, rewriteScalar, scalarSource, styleAt } from '../../../flow/quoting.js';
import { entryOf, readYaml, stringOf } from '../../../flow/yaml.js';

/** The text of `a` in YAML. */
function read(yaml: string): string | undefined {
  const { root, problems } = readYaml(yaml);
  assert.deepEqual(problems, [], yaml);
  assert.ok(root?.kind === 'map', yaml);
  return stringOf(entryOf(root, 'a')?.value);
}

describe('quoting', () => {
  for (const [text, style, inFlow, expected] of [
    ['Get issue', 'plain', false, 'Get issue'],
    ["Ensure ID's Match", 'plain', false, "Ensure ID's Match"],
    ["Ensure ID's Match", 'single', false, "'Ensure ID''s Match'"],
    ['Say "hi" \\o/', 'double', false, '"Say \\"hi\\" \\\\o/"'],
    ['a, b', 'plain', false, 'a, b'],
    ['a, b', 'plain', true, "'a, b'"],
    ['a: b', 'plain', false, "'a: b'"],
    ['C# #1', 'plain', false, "'C# #1'"],
    ['C#', 'plain', false, 'C#'],
    ['# 1', 'plain', false, "'# 1'"],
    ['- x', 'plain', false, "'- x'"],
    ['-x', 'plain', false, '-x'],
    ['*x', 'plain', false, "'*x'"],
    ['12', 'plain', false, "'12'"],
    ['1.5e3', 'plain', false, "'1.5e3'"],
    ['0x1F', 'plain', false, "'0x1F'"],
    ['12:30', 'plain', false, "'12:30'"],
    ['2024-01-02', 'plain', false, "'2024-01-02'"],
    ['no', 'plain', false, "'no'"],
    ['Null', 'plain', false, "'Null'"],
    ['~', 'plain', false, "'~'"],
    ['a\tb', 'plain', false, 'a\tb'],
    ['a\nb', 'plain', false, '"a\\nb"'],
    ['a\u2028b', 'single', false, '"a\\u2028b"'],
    ['', 'plain', false, "''"],
    ['Größe 🚀', 'plain', false, 'Größe 🚀'],
  ] as const) {
    it(`writes ${JSON.stringify(text)} (${style}${inFlow ? ', in a flow map' : ''}) as ${expected}`, () => {
      assert.equal(scalarSource(text, style, inFlow), expected);
    });
  }

  it('gives back every text, in every style and place', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom(...':#-?,[]{}\'"\\ \t\n&*!|>%@`~.0123eExyn=<a'.split('')) }),
      fc.constantFrom('true', 'NO', 'null', '.inf', '-.5', '0o17', '1_000', '---', '...', '<<', '=', '? a'),
    );
    fc.assert(
      fc.property(
        anything,
        fc.constantFrom('plain', 'single', 'double'),
        fc.boolean(),
        (text, style, inFlow) => {
          const source = scalarSource(text, style, inFlow);
          assert.equal(read(inFlow ? `{ a: ${source}, b: 1 }` : `a: ${source}\n`), text);
          assert.ok(!source.includes('\n'));
        },
      ),
      { numRuns: 2000 },
    );
  });

  for (const [before, after] of [
    ['a: Old\n', 'a: New name\n'],
    ["a: 'Old'\n", "a: 'New name'\n"],
    ['a: "Old"\n', 'a: "New name"\n'],
    ['a: |-\n  Old\nb: 1\n', 'a: New name\nb: 1\n'],
    ['a: >\r\n  Old\r\n\r\nb: 1\r\n', 'a: New name\r\n\r\nb: 1\r\n'],
    ['a: |-\n  Old', 'a: New name'],
    ['{ a: Old }', '{ a: New name }'],
  ] as const) {
    it(`rewrites ${JSON.stringify(before)}`, () => {
      const { root } = readYaml(before);
      assert.ok(root?.kind === 'map');
      const { span } = entryOf(root, 'a')!.value;
      const source = rewriteScalar(before, span, 'New name', before.startsWith('{'));
      assert.equal(before.slice(0, span.start) + source + before.slice(span.end), after);
    });
  }

  it('knows the style of a scalar by its first character', () => {
    assert.deepEqual(
      ['a', "'a'", '"a"', '|-', '>'].map((text) => styleAt(text, 0)),
      ['plain', 'single', 'double', 'literal', 'folded'],
    );
  });

  it('writes part of a scalar as the scalar needs it', () => {
    assert.equal(insideScalar('outputs["2x"]', 'double'), 'outputs[\\"2x\\"]');
    assert.equal(insideScalar("outputs['2x']", 'single'), "outputs[''2x'']");
    assert.equal(insideScalar('outputs["2x"]', 'literal'), 'outputs["2x"]');
  });
});
