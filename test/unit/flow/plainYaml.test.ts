import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { FlowDocument } from '../../../flow/document.js';
import { readPlainYaml } from '../../../flow/plainYaml.js';
import { EXPRESSION_TAG, readWithLibrary } from '../../../flow/yaml.js';

/** As flows are exported and written by hand. */
const TEXTS = [
  `  - name: Send It (1)
    description: Some text, 'quoted' in the middle
    type:
      appBlock:
        block: act
        appInstallation: slack
        schema: '{"name":"It''s","config":{}}'
        # about the schema
    position: [400, -20]
    inputs:
      default:
        links:
          - block: "A \\"b\\" é"
            output: default
          - { block: Other, output: 'x', more: [a b, 1, null] }
        config:
          url: !expr secrets.URL
          body: !expr |-
            ({
              a: outputs.x, # not YAML's

              b: 1
            })
          'quoted key': true
          empty:
          list:
          - 1
          - two three
  # between
`,
  'appInstallations:\n  slack:\n    appName: Slack # ours\n    appVersion: 1.0.0\n    id: 019a0c38\n\n',
  'notes:\n  - body: |\n      # Title\n\n      text\n\n    position: [0, 0]\n  - body: ~\n',
  'config:\n  a: !expr |2-\n     x\n    y\n  b: !expr "a.b"\n  c: {}\n  d: []\n',
];

/** Pieces of real files. */
const SEGMENTS = fs
  .readdirSync(path.join(process.cwd(), 'examples'))
  .filter((file) => file.endsWith('.flow.yaml'))
  .flatMap((file) =>
    new FlowDocument(fs.readFileSync(path.join(process.cwd(), 'examples', file), 'utf8')).segments
      .filter(({ kind }) => kind !== 'head')
      .map(({ text }) => text),
  );

const INSERTED = fc.constantFrom(
  ...[
    '',
    ' ',
    '  ',
    '\n',
    '\n\n',
    '\n  ',
    '\n      ',
    ':',
    ': ',
    '-',
    '- ',
    '? ',
    ',',
    '.',
    '~',
    '=',
    '+',
    '@',
    '%',
    '`',
  ],
  ...[
    '#',
    ' #',
    '# c\n',
    '  # c\n',
    '    # c\n',
    '        # c\n',
    "'",
    "''",
    '"',
    '\\',
    '\\n',
    '\\x41',
    '\\u00e9',
  ],
  ...[
    '|',
    '|-\n',
    '|+\n',
    '|2-\n',
    '>',
    '>-\n',
    '!expr ',
    '!',
    '&a ',
    '*a',
    '[',
    ']',
    '{',
    '}',
    '<<: x',
    '---\n',
    '...\n',
  ],
  ...[
    '\t',
    '\r',
    '\r\n',
    '\u00a0',
    '\u2028',
    '\u0085',
    '\x02',
    '\x1f',
    '\ufeff',
    'é',
    '😀',
    '1',
    '01',
    '1.5',
    '0x1f',
    '1e3',
    'null',
    'Yes',
  ],
);

/** The same for both readers; an expression's analysis follows from its text. */
function picture(tree: object): unknown {
  return JSON.parse(
    JSON.stringify(tree, (key, value: unknown) => (key === 'expression' ? undefined : value)),
  ) as unknown;
}

/** Returns whether the text was read. */
function assertReadAlike(text: string): boolean {
  const plain = readPlainYaml(text, EXPRESSION_TAG);
  if (!plain) return false;
  assert.deepEqual(picture({ ...plain, problems: [], unresolved: [] }), picture(readWithLibrary(text)), text);
  return true;
}

describe('YAML read without the library', () => {
  it('reads what flows are written in, as the library does', () => {
    for (const text of [...TEXTS, ...SEGMENTS]) assert.ok(assertReadAlike(text), text);
  });

  for (const text of [
    'a: b\nc',
    'a: &x 1\nb: *x\n',
    'a: 1\na: 2\n',
    "a: 'over\n  lines'\n",
    'a: over\n  lines\n',
    'a: >\n  folded\n',
    'a: b: c\n',
    'a: "\\x41"\n',
    'a: 0x10\n',
    'a: !other x\n',
    'a: !expr [1]\n',
    '\ta: 1\n',
    'a: 1\r\nb: 2\r\n',
    'a: |\n  x\r\n  y\n',
    'a: [1, 2\n',
    'a:\n    b: 1\n  c: 2\n',
    '? a\n: b\n',
    '---\na: 1\n',
    '',
  ]) {
    it(`leaves ${JSON.stringify(text)} to the library`, () => {
      assert.equal(readPlainYaml(text, EXPRESSION_TAG), undefined);
    });
  }

  it('reads like the library whatever is typed', () => {
    const texts = [...TEXTS, ...SEGMENTS];
    let read = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(
          fc.tuple(
            fc.double({ min: 0, max: 1, noNaN: true }),
            fc.constantFrom('anywhere', 'line', 'value'),
            fc.nat(8),
            INSERTED,
          ),
          { minLength: 1, maxLength: 3 },
        ),
        (text, edits) => {
          for (const [place, where, length, inserted] of edits) {
            let at = Math.floor(place * text.length);
            if (where === 'line') at = text.indexOf('\n', at) + 1;
            if (where === 'value') at = text.indexOf(': ', at) + 2;
            text = text.slice(0, at) + inserted + text.slice(at + (length > 4 ? length - 4 : 0));
          }
          if (assertReadAlike(text)) read++;
        },
      ),
      { numRuns: 3000 },
    );
    assert.ok(read > 50, `only ${read} texts were read`);
  });
});
