import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Script } from 'node:vm';
import { accessAtCursor, analyzeExpression, syntaxTree } from '../../../flow/expression.js';

/** `root.key` of each access, with the text that its span covers. */
function reads(text: string): string[] {
  return analyzeExpression(text).accesses.map(({ root, key, span }) => {
    assert.equal(text.slice(span.start, span.end), key);
    return `${root}.${key}`;
  });
}

/** Throws where V8 does not take the text. */
const compile = (text: string): Script => new Script(`(function () { ${text} })`);

const dynamic = (text: string): string[] =>
  analyzeExpression(text).dynamic.map(({ kind, span }) => `${kind}: ${text.slice(span.start, span.end)}`);

describe('expression', () => {
  for (const [text, ...expected] of [
    ['secrets.A', 'secrets.A'],
    ['secrets?.A', 'secrets.A'],
    ['secrets["A"]', 'secrets.A'],
    ["secrets?.['A']", 'secrets.A'],
    ['secrets[`A`]', 'secrets.A'],
    ['`Bearer ${secrets.A}`', 'secrets.A'],
    ['{ headers: { a: secrets.A } }', 'secrets.A'],
    [
      '(() => { const { A, B: b, C = 1 } = secrets; return A + b + C; })()',
      'secrets.A',
      'secrets.B',
      'secrets.C',
    ],
    ['(() => { let a; ({ A: a } = secrets); return a; })()', 'secrets.A'],
    ['(() => { const s = secrets; return s.A + s["B"]; })()', 'secrets.A', 'secrets.B'],
    ['(() => { const f = () => s.A; const s = secrets; return f(); })()', 'secrets.A'],
    ['(s => s.A)(secrets)', 'secrets.A'],
    ['(function ({ A }) { return A; })(secrets)', 'secrets.A'],
    ['((s = secrets) => s.A)()', 'secrets.A'],
    ['(async () => { const { A } = await secrets; return A; })()', 'secrets.A'],
    ['(secrets ?? {}).A', 'secrets.A'],
    ['outputs.a.b[secrets.K]', 'outputs.a', 'secrets.K'],
    ['previous.issue.id + signals.slack.team', 'previous.issue', 'signals.slack'],
    ['(secrets => secrets.A)({ A: 1 })'],
    ['(() => { const secrets = {}; return secrets.A; })()'],
    ['(() => { if (x) { let secrets = {}; secrets.B; } return secrets.A; })()', 'secrets.A'],
    ['(() => { try { x(); } catch (secrets) { return secrets.A; } return secrets.B; })()', 'secrets.B'],
    ['(() => { for (const secrets of []) secrets.A; return secrets.B; })()', 'secrets.B'],
    ['(() => { if (x) { var secrets = 1; } return secrets.A; })()'],
    ['({ secrets: 1 }).secrets.A'],
    ['"secrets.A" // secrets.B'],
  ] as [string, ...string[]][]) {
    it(`reads ${expected.join(', ') || 'no name'} in ${text}`, () => assert.deepEqual(reads(text), expected));
  }

  it('names uses whose key nobody can know', () => {
    assert.deepEqual(dynamic('secrets[name]'), ['computed: name']);
    assert.deepEqual(dynamic('Object.keys(secrets)'), ['whole: secrets']);
    assert.deepEqual(dynamic('(() => { const { A, ...rest } = secrets; })()'), ['whole: ...rest']);
    assert.deepEqual(dynamic('secrets.A + `${secrets["B"]}`'), []);
    assert.deepEqual(dynamic('typeof secrets.A'), []);
  });

  it('finds the identifiers that stand for a root, also aliases, each once', () => {
    const text = '(() => { const s = secrets; return s.A + (outputs ?? {}).x + f(previous, ref) })()';
    assert.deepEqual(
      analyzeExpression(text).roots.map(({ root, span }) => [root, text.slice(span.start, span.end)]),
      [
        ['secrets', 'secrets'],
        ['secrets', 's'],
        ['outputs', 'outputs'],
        ['previous', 'previous'],
      ],
    );
    assert.deepEqual(analyzeExpression('(secrets => secrets.A)(x.secrets)').roots, []);
  });

  it('says which destructured keys are the local names as well', () => {
    const { accesses } = analyzeExpression('(({ A, B: b, C = 1, "D": d }) => A)(secrets)');
    assert.deepEqual(
      accesses.map(({ key, shorthand }) => [key, shorthand]),
      [
        ['A', true],
        ['B', undefined],
        ['C', true],
        ['D', undefined],
      ],
    );
  });

  for (const [text, type] of [
    ['{ a: 1 }', 'ObjectExpression'],
    ['foo(secrets.', 'Program'],
    ['', 'Program'],
  ] as const) {
    it(`gives a syntax tree of ${JSON.stringify(text)}, whose offsets are those of the text`, () => {
      const tree = syntaxTree(text)!;
      assert.equal(tree.node.type, type);
      if (type === 'ObjectExpression')
        assert.deepEqual([tree.node.start, tree.node.end, tree.shift], [0, 8, 0]);
      else assert.equal(tree.shift, -1);
    });
  }

  it('finds the signals that ref reads, unless ref is a name of its own', () => {
    const text = 'ref("signal.slack.team").name';
    assert.deepEqual(
      analyzeExpression(text).refs.map(({ text: name, span }) => [name, text.slice(span.start, span.end)]),
      [['signal.slack.team', 'signal.slack.team']],
    );
    assert.deepEqual(analyzeExpression('(ref => ref("signal.a.b"))(f)').refs, []);
  });

  for (const [text, message, place] of [
    ['foo(secrets.A', /ends too early/, 'A'],
    ['secrets.', /ends too early/, '.'],
    ['a b', /Unexpected `b`/, 'b'],
    ['a)', /Unexpected `\)`/, ')'],
    ['const x = 1', /`const`.*cannot stand here/, 'const'],
    ['return 5', /`return`.*cannot stand here/, 'return'],
    ['"open', /Unterminated string/, '"'],
    ['  ', /empty/, '  '],
    ['a;', /remove the `;`/, ';'],
  ] as const) {
    it(`reports ${JSON.stringify(text)} at ${JSON.stringify(place)}`, () => {
      const error = analyzeExpression(text).syntaxError;
      assert.match(error?.message ?? '', message);
      assert.equal(text.slice(error!.span.start, error!.span.end), place);
    });
  }

  for (const text of [
    '{ a: 1 }',
    '(function () { return 1; }())',
    'a /* b */',
    'a // b',
    'a, b',
    ' x\n',
    '/\\d+/.test(a) ? 1 : 2',
    '{}',
    'async () => {}',
    'a?.b?.[c] ?? d',
  ]) {
    it(`takes ${JSON.stringify(text)}`, () => assert.equal(analyzeExpression(text).syntaxError, undefined));
  }

  it('accepts what JavaScript accepts in parentheses, and nothing else', () => {
    const piece = fc.constantFrom(
      'a',
      '(',
      ')',
      '{',
      '}',
      '[',
      ']',
      '.b',
      ' + ',
      '=>',
      '"s"',
      '`t`',
      '1',
      ',',
      ':',
      '?',
      '\n',
      '//c',
      '/*d*/',
      '!',
      '...',
      'secrets',
      'async ',
      'function',
      '/r/',
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 10 }), (pieces) => {
        const text = pieces.join('');
        // `a)(b` is two expressions in two pairs of parentheses: no single value, though it runs.
        let valid = true;
        try {
          compile(`(${text}\n)`);
        } catch {
          valid = false;
        }
        const error = analyzeExpression(text).syntaxError;
        if (!valid) assert.ok(error, text);
        else if (error) assert.throws(() => compile(`x = ${text}\n`), text);
      }),
      { numRuns: 5000 },
    );
  });

  it('never throws, and keeps every place inside the text', () => {
    const piece = fc.constantFrom(
      'secrets',
      '.',
      '[',
      '"',
      '`',
      '${',
      '}',
      '(',
      ')',
      '=>',
      '{',
      ' ',
      'A',
      ';',
      'const ',
      '= ',
      '\\',
      '\n',
      '*/',
      'é',
      '\u2028',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), fc.nat(40), (pieces, at) => {
        const text = pieces.join('');
        const { accesses, dynamic: uses, syntaxError } = analyzeExpression(text);
        for (const { span } of [...accesses, ...uses, ...(syntaxError ? [syntaxError] : [])]) {
          assert.ok(
            0 <= span.start && span.start <= span.end && span.end <= text.length,
            JSON.stringify({ text, span }),
          );
        }
        accessAtCursor(text, Math.min(at, text.length));
      }),
      { numRuns: 5000 },
    );
  });

  for (const [marked, root, prefix, name] of [
    ['secrets.|', 'secrets', '', ''],
    ['secrets?.AP|I', 'secrets', 'AP', 'API'],
    ['secrets["|', 'secrets', '', ''],
    ['secrets["A|B"]', 'secrets', 'A', 'AB'],
    ["secrets['|", 'secrets', '', ''],
    ['secrets[`|', 'secrets', '', ''],
    ['`x ${secrets.|}`', 'secrets', '', ''],
    ['`x ${secrets.|', 'secrets', '', ''],
    ['(() => { const { | } = secrets; })()', 'secrets', '', ''],
    ['(() => { const { A, B| } = secrets; })()', 'secrets', 'B', 'B'],
    ['foo(secrets.|', 'secrets', '', ''],
    ['{ a: secrets.A|, b: 1 }', 'secrets', 'A', 'A'],
    ['(() => { const s = secrets; return s.|; })()', 'secrets', '', ''],
    ['secrets.|\n + 1', 'secrets', '', ''],
    ['outputs.get|', 'outputs', 'get', 'get'],
  ] as const) {
    it(`knows what is typed at ${marked}`, () => {
      const offset = marked.indexOf('|');
      const text = marked.replace('|', '');
      const found = accessAtCursor(text, offset);
      assert.deepEqual([found?.access.root, found?.prefix, found?.access.key], [root, prefix, name]);
      assert.equal(text.slice(found!.access.span.start, found!.access.span.end), name);
    });
  }

  for (const marked of ['secr|', '"secrets.|"', 'secrets.A.|', '// secrets.|', '(secrets => secrets.|)(1)']) {
    it(`knows that no key is typed at ${marked}`, () => {
      assert.equal(accessAtCursor(marked.replace('|', ''), marked.indexOf('|')), undefined);
    });
  }
});
