/** Segments that are not searched for tokens hold none: whatever stands in YAML, in code, in fields of every name. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FlowDocument } from '../../../../flow/document.js';
import { tokensIn, searchTokens } from '../../../../flow/tokens/literals.js';
import { body, SAMPLES } from './samples.js';

const SCHEMA = JSON.stringify({
  config: { pin: { name: 'Pin', type: { type: 'string' }, sensitive: true } },
  inputs: { default: { config: { phrase: { name: 'Phrase', sensitive: true }, text: { name: 'Text' } } } },
  outputs: {},
  signals: {},
});

const NAME = fc.constantFrom(
  'text',
  'apiKey',
  'password',
  'phrase',
  'pin',
  'token',
  'Authorization',
  'schema',
  'id',
);
const TOKEN = fc.constantFrom(...SAMPLES.map(([, token]) => token));
const TEXT = fc.oneof(
  TOKEN,
  fc.nat(40).map((length) => body(length)),
  fc
    .tuple(
      fc.constantFrom('', 'Bearer ', 'see ', 'https://a:'),
      TOKEN,
      fc.constantFrom('', ' and more', '@b.c'),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom(
    '',
    'a',
    'hunter2',
    'correct horse battery',
    'postgres://user:pa55word@host/db',
    '12345678901234',
  ),
  fc.string({ maxLength: 30 }).map((text) => text.replace(/\p{Cc}|\p{Cs}/gu, '_')),
);

/** JavaScript that holds a text in some way. */
const CODE = fc.tuple(TEXT, NAME, fc.nat(9)).map(([text, name, form]) => {
  const literal = JSON.stringify(text);
  const raw = text.replace(/[`\\$]/g, '_');
  return [
    literal,
    `{ ${name}: ${literal} }`,
    `\`\${outputs.a}${raw}\${secrets.B}\``,
    `((${name} = ${literal}) => ${name})()`,
    `call(${literal}, secrets.${name})`,
    `outputs.a[${literal}]`,
    `'' + ${literal} +`,
    `"\\x${text.charCodeAt(0).toString(16).slice(-2).padStart(2, '0')}" + ${literal}`,
    `/${text.replace(/[^\w]/g, '')}/.test("a")`,
    text,
  ][form]!;
});

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const VALUE = fc.oneof(
  TEXT.map(quoted),
  TEXT.map((text) => JSON.stringify(text)),
  CODE.map((code) => `!expr ${quoted(code)}`),
  fc.tuple(NAME, TEXT).map(([name, text]) => `{ ${name}: ${quoted(text)} }`),
  fc.tuple(TEXT, TEXT).map(([a, b]) => `[${quoted(a)}, ${quoted(b)}]`),
  fc.constantFrom('12345678901234567890', 'true', '~'),
);
const FIELDS = fc
  .uniqueArray(fc.tuple(NAME, VALUE), { maxLength: 3, selector: ([name]) => name })
  .map((fields) => `{ ${fields.map(([name, value]) => `${name}: ${value}`).join(', ')} }`);

it('segments that are not searched for tokens hold none', () => {
  let some = 0;
  fc.assert(
    fc.property(FIELDS, FIELDS, VALUE, fc.boolean(), (config, input, customization, isApp) => {
      const type = isApp
        ? `{ appBlock: { block: a, appInstallation: b, schema: ${quoted(SCHEMA)} } }`
        : '{ coreBlock: transform }';
      const flow = `blocks:\n  - name: One\n    type: ${type}\n    config: ${config}\n    inputs: { default: { config: ${input} } }\n    outputs: { default: { outputCustomization: ${customization} } }\n`;
      const installation = `app: a\nconfig: ${config}\n`;
      for (const document of [new FlowDocument(flow), new FlowDocument(installation, 'installation')]) {
        for (const segment of document.segments) {
          const all = searchTokens(segment);
          some += all.length;
          assert.deepEqual(tokensIn(segment), all);
        }
      }
    }),
    { numRuns: 3000 },
  );
  // It would be easy to be right about nothing.
  assert.ok(some > 500);
});
