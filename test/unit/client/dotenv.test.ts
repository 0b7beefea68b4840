import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseEnv } from '../../../client/secrets/dotenv.js';

function values(source: string): Record<string, string> {
  return Object.fromEntries(parseEnv(source).entries.map(({ key, value }) => [key, value]));
}

describe('.env files', () => {
  for (const [what, source, expected] of [
    ['plain values', 'A=1\nB = two words \n', { A: '1', B: 'two words' }],
    ['export, colon, comments and blank lines', '# note\n\nexport A=1\nB: 2\n', { A: '1', B: '2' }],
    [
      'a comment after a value, but no # inside one',
      'A=1 # one\nB=a#b\nC=#only\n',
      { A: '1', B: 'a#b', C: '' },
    ],
    ['single quotes as they are', 'A=\'x \\n # "y"\'  # c\n', { A: 'x \\n # "y"' }],
    ['double quotes with escapes', 'A="x\\ny \\"z\\" \\\\ \\$H \\q"\n', { A: 'x\ny "z" \\ $H \\q' }],
    [
      'values over several lines',
      'A="-----BEGIN\nabc\n-----END"\nB=`x\n\'y\'`\nC=3',
      { A: '-----BEGIN\nabc\n-----END', B: "x\n'y'", C: '3' },
    ],
    ['CRLF, BOM and no last line break', '\uFEFFA=1\r\nB="x\r\ny"\r\nC=3', { A: '1', B: 'x\ny', C: '3' }],
    ['the last of several', 'A=1\nB=2\nA=3\n', { A: '3', B: '2' }],
    ['a quote that never ends', 'A="half\nB=2\n', { A: '"half', B: '2' }],
    [
      'equals signs in values',
      'A=a=b==\nURL=postgres://u:p@h/db?x=1\n',
      { A: 'a=b==', URL: 'postgres://u:p@h/db?x=1' },
    ],
    ['references, unexpanded', 'A=$B-${C}\n', { A: '$B-${C}' }],
  ] as const) {
    it(what, () => assert.deepEqual(values(source), expected));
  }

  it('names the lines that are no entry', () => {
    assert.deepEqual(parseEnv('A=1\nnonsense\n=3\n1A=x\n').skipped, [2, 3, 4]);
  });

  it('reads back what was written in double quotes, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (value, noise) => {
        parseEnv(noise);
        const plain = value.replace(/\r\n?/g, '\n');
        const written = plain.replace(/[\\"$]/g, '\\$&').replace(/\n/g, '\\n');
        assert.equal(values(`A="${written}"\nB=1`)['A'], plain);
      }),
    );
  });
});
