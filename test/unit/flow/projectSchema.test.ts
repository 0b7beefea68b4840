import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { CODES } from '../../../flow/codes.js';
import { secretKeyProblem } from '../../../flow/keys.js';
import { parseProject, PROJECT_FIELDS, PROJECT_KEYS } from '../../../flow/project.js';
import { PROJECT_FILE } from '../../../flow/protocol.js';
import { RULE_SEVERITIES } from '../../../flow/rules/settings.js';

const FILE = 'schemas/flows.project.schema.json';

interface Schema {
  readonly properties: Record<string, Schema>;
  readonly patternProperties: Record<string, Schema>;
  readonly propertyNames: { readonly maxLength: number; readonly pattern: string };
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly $ref?: string;
  readonly definitions: Record<string, Schema>;
}

const schema = JSON.parse(fs.readFileSync(FILE, 'utf8')) as Schema;

describe('the JSON Schema of project files', () => {
  it('has the keys, diagnostics and severities that the editor and the command line know', () => {
    assert.deepEqual(Object.keys(schema.properties), Object.keys(PROJECT_KEYS));
    assert.deepEqual(Object.keys(schema.definitions['secret']!.properties), Object.keys(PROJECT_FIELDS));
    assert.deepEqual(
      Object.entries(schema.properties['rules']!.properties).map(([code, rule]) => [
        code,
        rule.description,
        rule.default,
        rule.$ref,
      ]),
      Object.entries(CODES).map(([code, { title, severity }]) => [
        code,
        `${title}.`,
        severity,
        '#/definitions/severity',
      ]),
    );
    assert.deepEqual(schema.definitions['severity']!.enum, RULE_SEVERITIES);
    const { pattern, maxLength } = schema.properties['secrets']!.propertyNames;
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom('__proto__', 'A'.repeat(128), 'A'.repeat(129))),
        (key) => {
          const fits = new RegExp(pattern, 'u').test(key) && key.length <= maxLength;
          assert.equal(fits, secretKeyProblem(key) === undefined, key);
        },
      ),
    );
  });

  /** Texts of project files, and whether they are right. */
  const FILES: readonly (readonly [string, boolean])[] = [
    ['project: ops\nsecrets:\n  A:\n  B: { description: x, sensitive: false }\n  C: {}\n', true],
    ['secrets: {}\n', true],
    ['secrets:\n', true],
    ['rules: { dynamic-secret: off, unused-secret: error }\n', true],
    ['project: 7\n', true],
    ['project: [a]\n', false],
    ['secrets: [A, B]\n', false],
    ['secrets: { A: hunter2 }\n', false],
    ['secrets: { A: 1 }\n', false],
    ['secrets: { A: { value: hunter2 } }\n', false],
    ['secrets: { A: { sensitive: maybe } }\n', false],
    ['secrets: { A-B: }\n', false],
    ['secrets: { A: { descripton: x } }\n', false],
    ['projct: ops\n', false],
    ['rules: { dynamic-secrets: off }\n', false],
    ['rules: { dynamic-secret: fatal }\n', false],
    ['rules: off\n', false],
    ['[]\n', false],
  ];

  it('accepts what the project file’s own reader accepts', () => {
    const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
    for (const [text, right] of FILES) {
      assert.equal(parseProject(text).problems.length === 0, right, text);
      assert.equal(validate(parse(text)), right, `${text}${JSON.stringify(validate.errors)}`);
    }
    const keys = fc.constantFrom('A', 'B2', '$c', '9', 'a b');
    const declarations = fc.oneof(
      fc.constant(null),
      fc.record(
        { description: fc.string({ maxLength: 5 }), sensitive: fc.oneof(fc.boolean(), fc.constant('x')) },
        { requiredKeys: [] },
      ),
      fc.integer(),
    );
    fc.assert(
      fc.property(fc.dictionary(keys, declarations), (secrets) => {
        const text = stringify({ secrets });
        assert.equal(validate({ secrets }), parseProject(text).problems.length === 0, text);
      }),
    );
  });

  it('is given to the YAML extension for the file of that name, and shipped', () => {
    const { contributes } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as {
      contributes: Record<string, unknown>;
    };
    assert.deepEqual(contributes['yamlValidation'], [{ fileMatch: PROJECT_FILE, url: `./${FILE}` }]);
    assert.ok(fs.readFileSync('.vscodeignore', 'utf8').includes('!schemas/*.json\n'));
  });
});
