import assert from 'node:assert/strict';
import fc from 'fast-check';
import { insideHcl, OPAQUE, type HclText } from '../../../../flow/hcl/literal.js';
import type { HclParser } from '../../../../flow/hcl/tree.js';
import { literalIn, parser } from './hcl.js';

describe('strings in HCL', () => {
  let parse: HclParser;
  before(async () => {
    parse = await parser();
  });
  const literal = (source: string): HclText => {
    const found = literalIn(source, parse);
    assert.ok(found, source);
    return found;
  };
  const value = (source: string): string => literal(`x = ${source}\n`).value;

  it('decodes the escapes of quoted strings', () => {
    assert.equal(value(String.raw`"a\n\r\t\"\\b"`), 'a\n\r\t"\\b');
    assert.equal(value(String.raw`"\u00e9\U0001F511"`), 'é🔑');
    assert.equal(value('"$${a} %%{b} $$ %% $ %"'), '${a} %{b} $$ %% $ %');
    assert.equal(value('""'), '');
  });

  it('takes heredocs as they are written, but for escaped interpolations', () => {
    assert.equal(value('<<EOT\n  a\\n\n\tb $${c}\nEOT'), '  a\\n\n\tb ${c}\n');
    assert.equal(value('<<EOT\nEOT'), '');
  });

  it('takes the common indentation off indented heredocs', () => {
    assert.equal(value('<<-EOT\n    a\n      b\n\n    c\n  EOT'), 'a\n  b\n\nc\n');
    // A line of blanks alone neither counts nor changes.
    assert.equal(value('<<-EOT\n    a\n  \n    b\n  EOT'), 'a\n  \nb\n');
    assert.equal(value('<<-EOT\n    ${x}\n      b\n  EOT'), `${OPAQUE}\n  b\n`);
  });

  it('makes one opaque unit of an interpolation and a blank of a directive', () => {
    const text = literal('x = "a ${var.x["k"]} b %{ if y }c%{ else }d%{ endif }"\n');
    assert.equal(text.value, `a ${OPAQUE} b  c d `);
    assert.deepEqual(
      text.holes.map(({ kind }) => kind),
      ['value', 'mark', 'mark', 'mark'],
    );
    assert.ok(text.isOpaque({ start: 2, end: 3 }));
    assert.ok(!text.isOpaque({ start: 0, end: 2 }));
    assert.ok(text.isInHole('x = "a ${'.length));
  });

  it('drops the blanks that strip markers take away', () => {
    assert.equal(value('"a ${~ x ~} b"'), `a${OPAQUE}b`);
    assert.equal(value('<<EOT\na ${x ~}\n  b\nEOT'), `a ${OPAQUE}  b\n`);
  });

  it('maps an interpolation to all of its source', () => {
    const source = 'x = "a${var.x}b"\n';
    const text = literal(source);
    assert.deepEqual(text.spanToSource({ start: 1, end: 2 }), { start: 6, end: 14 });
    assert.equal(text.toSource(2), 14);
  });

  /** Parts of a string: [source, value], for quotes and for heredocs alike. */
  const plain = fc
    .string({ unit: 'grapheme', maxLength: 8 })
    .map((text) => text.replace(/["\\$%\n\r]/g, '_').replace(/\p{Cc}|\p{Cs}/gu, '_'));
  const hole = fc.constantFrom('${var.x}', '${f("}")}', '${ a["b"] }', '${x ? "y" : "z"}');
  const quotedPart = fc.oneof(
    plain.map((text): [string, string] => [text, text]),
    hole.map((text): [string, string] => [text, OPAQUE]),
    fc.constantFrom<[string, string]>(
      ['\\n', '\n'],
      ['\\"', '"'],
      ['\\\\', '\\'],
      ['\\t', '\t'],
      ['\\u00e9', 'é'],
      ['\\U0001f511', '🔑'],
      ['$${', '${'],
      ['%%{', '%{'],
      // Whether a dollar escapes depends on what follows it: kept apart here.
      ['$ ', '$ '],
      ['% ', '% '],
    ),
  );

  function checkMapping(source: string, parts: readonly [string, string][], start: number): void {
    const text = literal(source);
    assert.equal(text.value, parts.map(([, inner]) => inner).join(''), source);
    let from = start;
    let at = 0;
    for (const [outer, inner] of parts) {
      if (inner !== '') {
        assert.deepEqual(
          text.spanToSource({ start: at, end: at + inner.length }),
          { start: from, end: from + outer.length },
          source,
        );
        assert.equal(text.toSource(at), from);
        assert.equal(text.toValue(from), at);
        assert.equal(text.toValue(from + outer.length), at + inner.length);
      }
      from += outer.length;
      at += inner.length;
    }
    for (let i = 0; i <= text.value.length; i++) {
      const back = text.toValue(text.toSource(i));
      // Only inside of an atomic piece (a surrogate pair from one escape) is there no place of its own.
      assert.ok(back === i || back === i - 1, `${source} ${i}`);
    }
  }

  it('maps quoted strings exactly both ways, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(quotedPart, { maxLength: 12 }), (parts) => {
        checkMapping(`x = "${parts.map(([outer]) => outer).join('')}"\n`, parts, 5);
      }),
      { numRuns: 400 },
    );
  });

  it('maps heredocs exactly both ways, with and without indentation', () => {
    const line = fc.array(
      fc.oneof(
        plain.map((text): [string, string] => [text, text]),
        hole.map((text): [string, string] => [text, OPAQUE]),
        fc.constantFrom<[string, string]>(['$${', '${'], ['\\n', '\\n'], ['"', '"']),
      ),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 6 }),
        fc.boolean(),
        fc.constantFrom('\n', '\r\n'),
        (lines, indented, eol) => {
          // A first unit that is no blank, so that the indentation is what is written here.
          const marked = lines.map((parts): [string, string][] => [['|', '|'], ...parts]);
          const indent = indented ? '      ' : '';
          const body = marked.map((parts) => indent + parts.map(([outer]) => outer).join('') + eol).join('');
          const source = `x = ${indented ? '<<-' : '<<'}EOT${eol}${body}  EOT${eol}`;
          const text = literal(source);
          assert.equal(
            text.value,
            marked.map((parts) => parts.map(([, inner]) => inner).join('') + eol).join(''),
            source,
          );
          let from = source.indexOf('\n') + 1;
          let at = 0;
          for (const parts of marked) {
            from += indent.length;
            for (const [outer, inner] of [...parts, [eol, eol] as const]) {
              if (inner !== '') {
                assert.deepEqual(
                  text.spanToSource({ start: at, end: at + inner.length }),
                  { start: from, end: from + outer.length },
                  source,
                );
                assert.equal(text.toValue(from), at);
              }
              from += outer.length;
              at += inner.length;
            }
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('writes texts so that HCL reads them back', () => {
    assert.equal(insideHcl('$${a', 'quoted'), '\\u0024$${a');
    assert.equal(insideHcl('a$$${', 'heredoc'), 'a${"$$"}$${');
    const signs = fc
      .array(fc.constantFrom('$', '%', '{', '}', '\\', '"', 'a'), { maxLength: 8 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 20 }), signs), (text) => {
        const safe = text.replace(/\p{Cc}|\p{Cs}/gu, '_');
        assert.equal(value(`"${insideHcl(safe, 'quoted')}"`), safe);
      }),
      { numRuns: 300 },
    );
  });

  it('never throws, whatever stands in a file', () => {
    const piece = fc.oneof(
      fc.constantFrom('"', '${', '}', '%{', '<<EOT\n', 'EOT\n', '\\', '\n', 'x = ', '$${', '~'),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = literalIn(`x = ${pieces.join('')}`, parse);
        if (!text) return;
        for (let i = 0; i <= text.value.length; i++) assert.ok(Number.isInteger(text.toSource(i)));
      }),
      { numRuns: 500 },
    );
  });
});
