import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Document, Scalar } from 'yaml';
import { readYaml } from '../../../flow/yaml.js';
import type { ScalarText } from '../../../flow/scalar.js';

function expressionOf(text: string): ScalarText {
  const { expressions, problems } = readYaml(text);
  assert.deepEqual(problems, []);
  assert.equal(expressions.length, 1, text);
  return expressions[0]!.scalar;
}

/** Every unit that stands in the source as it is must be found there, from both sides. */
function checkBothWays(text: string, scalar: ScalarText): void {
  assert.ok(scalar.exact, `inexact mapping: ${JSON.stringify(text)}`);
  let last = -1;
  for (let offset = 0; offset < scalar.value.length; offset++) {
    const span = scalar.spanToSource({ start: offset, end: offset + 1 });
    assert.ok(span.start >= last, 'order is kept');
    last = span.start;
    const source = text.slice(span.start, span.end);
    const unit = scalar.value[offset]!;
    if (source.length === 1 && /\S/.test(unit)) assert.equal(source, unit);
    if (source === unit) assert.equal(scalar.toValue(span.start), offset);
  }
  assert.equal(
    scalar.toSource(scalar.value.length),
    scalar.spanToSource({ start: 0, end: scalar.value.length }).end,
  );
}

describe('places in scalars', () => {
  for (const [style, yaml, needle] of [
    ['plain', 'a: !expr foo + secrets.KEY\n', 'KEY'],
    ['plain over lines', 'a: !expr foo +\n     bar\n\n  + secrets.KEY\n', 'KEY'],
    ['single-quoted', "a: !expr 'f(''x'') + secrets.KEY'\n", 'KEY'],
    ['single-quoted over lines', "a: !expr 'x ''y''\n   + secrets.KEY'\n", 'KEY'],
    ['double-quoted', 'a: !expr "\\"\\u0041\\t\\x41\\U0001F600\\" +\\n secrets.KEY"\n', 'KEY'],
    ['double-quoted over lines', 'a: !expr "one \\\n   two\n\n   three + secrets.KEY"\n', 'KEY'],
    ['literal', 'a: !expr |\n  one\n\n    two\n  secrets.KEY\n', 'KEY'],
    ['literal strip', 'a: !expr |-\n  one\n  secrets.KEY\n\n\n', 'KEY'],
    ['literal keep', 'a: !expr |+\n  one\n  secrets.KEY\n\n\nb: 1\n', 'KEY'],
    ['literal with an indentation indicator', 'a:\n  b: !expr |2-\n       x\n     secrets.KEY\n', 'KEY'],
    ['literal with CRLF', 'a: !expr |\r\n  one\r\n\r\n  secrets.KEY\r\n', 'KEY'],
    ['folded', 'a: !expr >\n  one\n  two\n\n  three\n    more\n\n  secrets.KEY\n', 'KEY'],
    ['folded strip with CRLF', 'a: !expr >-\r\n  one\r\n  two + secrets.KEY\r\n', 'KEY'],
    ['literal in a list', 'a:\n- !expr |-\n  secrets.KEY\n', 'KEY'],
    ['non-ASCII', 'a: !expr \'"𝒳é" + secrets.KEY\'\n', 'KEY'],
    ['an anchor before', 'a: !expr &x |-\n  secrets.KEY\n', 'KEY'],
    ['a last line without its end', 'a: !expr |\n  secrets.KEY', 'KEY'],
  ] as const) {
    it(style, () => {
      const scalar = expressionOf(yaml);
      const at = scalar.value.indexOf(needle);
      const span = scalar.spanToSource({ start: at, end: at + needle.length });
      assert.equal(yaml.slice(span.start, span.end), needle);
      assert.equal(scalar.toValue(yaml.indexOf(needle)), at);
      checkBothWays(yaml, scalar);
    });
  }

  it('a cursor in an empty expression', () => {
    const text = 'a: !expr \n';
    const scalar = expressionOf(text);
    assert.equal(scalar.value, '');
    assert.equal(scalar.toValue(text.length - 1), 0);
  });

  for (const [what, yaml, value] of [
    ['a double quote', 'a: !expr "f(secrets.KEY', 'f(secrets.KEY'],
    ['a single quote', "a: !expr 'f(''x'', secrets.KEY\nb: 1\n", "f('x', secrets.KEY"],
    ['a quote that an escape hides', 'a: !expr "secrets.KEY\\"\nb: 1\n', 'secrets.KEY"'],
  ] as const) {
    it(`${what} without its end: the line is the text`, () => {
      const { expressions } = readYaml(yaml);
      assert.deepEqual(
        expressions.map(({ scalar }) => scalar.value),
        [value],
      );
      checkBothWays(yaml, expressions[0]!.scalar);
    });
  }

  const piece = fc.constantFrom(
    'a',
    'secrets.KEY',
    ' ',
    '  ',
    '\n',
    '\n\n',
    "'",
    '"',
    '\\',
    '\t',
    'é',
    '😀',
    '#',
    ': ',
    '- ',
    '{',
    ']',
    '`',
    '$',
    '\u0085',
    '\u2028',
    '\x07',
  );
  const type = fc.constantFrom(
    Scalar.PLAIN,
    Scalar.QUOTE_SINGLE,
    Scalar.QUOTE_DOUBLE,
    Scalar.BLOCK_LITERAL,
    Scalar.BLOCK_FOLDED,
  );

  it('maps exactly both ways, whatever the text, style, depth and line ends', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        type,
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom(0, 12, 80),
        fc.boolean(),
        (pieces, style, depth, lineWidth, crlf) => {
          const value = pieces.join('');
          const scalar = new Scalar(value);
          scalar.type = style;
          scalar.tag = '!expr';
          let content: unknown = scalar;
          for (let i = 0; i < depth; i++) content = i % 2 ? [content] : { k: content };
          const document = new Document(
            { a: content, z: 1 },
            { customTags: [{ tag: '!expr', resolve: (text: string) => text }] },
          );
          let text = document.toString({ lineWidth });
          if (crlf) text = text.replace(/\n/g, '\r\n');
          const { expressions, problems } = readYaml(text);
          assert.equal(expressions.length, 1, text);
          // Where it folds, the writer now and then escapes the closing quote.
          if (lineWidth > 0 && problems.length > 0) return;
          checkBothWays(text, expressions[0]!.scalar);
          // The writer is free to change blanks (a block scalar of blanks only becomes an empty one), and folds some escapes wrongly.
          const solid = (one: string): string => one.replace(/\s/g, '');
          if (lineWidth === 0) assert.equal(solid(expressions[0]!.scalar.value), solid(value));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('never throws on hand-made scalars, and never loses its place', () => {
    const line = fc.constantFrom(
      '',
      '  x',
      '   y',
      '\tz',
      "  'q'",
      '  "d"',
      '  \\n',
      '    deep ',
      '  # no comment',
    );
    const head = fc.constantFrom('|', '>', '|-', '>+', '|2', '>1-', '', "'", '"', 'plain');
    fc.assert(
      fc.property(
        head,
        fc.array(line, { maxLength: 8 }),
        fc.constantFrom('\n', '\r\n'),
        (start, lines, eol) => {
          const close = start === "'" || start === '"' ? start : '';
          const text = `a: !expr ${start}${eol}${lines.join(eol)}${close}${eol}b: 1${eol}`;
          const { expressions, problems } = readYaml(text);
          if (problems.length > 0) return;
          for (const { scalar } of expressions) checkBothWays(text, scalar);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
