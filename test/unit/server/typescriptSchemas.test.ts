import assert from 'node:assert/strict';
import fc from 'fast-check';
import ts from 'typescript';
import type { JsonSchema } from '../../../flow/shape.js';
import { typeOfSchema } from '../../../flow/types/schema.js';

describe('types of schemas', function () {
  this.timeout(60_000);

  for (const [schema, expected] of [
    [{}, 'any'],
    [undefined, 'any'],
    ['string', 'any'],
    [[], 'any'],
    [{ type: 'string' }, 'string'],
    [{ type: 'integer' }, 'number'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ type: 'nonsense' }, 'any'],
    [{ type: { type: 'string' } }, 'any'],
    [{ type: 'array' }, 'any[]'],
    [{ type: 'array', items: { type: { type: 'string' } } }, 'any[]'],
    [{ items: { type: 'string' } }, 'string[]'],
    [{ type: 'array', items: { type: ['string', 'number'] } }, '(string | number)[]'],
    [{ enum: ['a', 1, true, null] }, '"a" | 1 | true | null'],
    [{ enum: [] }, 'any'],
    [{ enum: [{}] }, 'any'],
    [{ const: 'a' }, '"a"'],
    [{ type: 'object' }, '{ [key: string]: any }'],
    [{ type: 'object', additionalProperties: { type: 'number' } }, '{ [key: string]: number }'],
    [{ properties: { a: { type: 'string' } } }, '{\na?: string; }'],
    [
      { properties: { a: {} }, required: ['a'], additionalProperties: true },
      '{\na: any;\n[key: string]: any; }',
    ],
    [{ properties: { 'a-b': {} }, required: 'a-b' }, '{\n"a-b"?: any; }'],
    [
      { properties: { a: { description: 'x */ y', deprecated: true } } },
      '{\n/** x *\u200b/ y\n@deprecated */ a?: any; }',
    ],
    [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, 'string | number'],
    [{ anyOf: [{ type: 'string' }, {}] }, 'any'],
    [{ anyOf: 'nonsense' }, 'any'],
    [{ oneOf: [{ type: 'string' }], nullable: true }, 'string | null'],
    [{ allOf: [{ properties: { a: {} } }, { properties: { b: {} } }] }, '{\na?: any; } & {\nb?: any; }'],
    [{ $ref: '#/elsewhere' }, 'any'],
  ] as const) {
    it(`${JSON.stringify(schema)} is ${expected.replace(/\s+/g, ' ')}`, () => {
      assert.equal(typeOfSchema(schema), expected);
    });
  }

  it('whatever the schema, what comes out is a type', () => {
    const { schema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 3, depthIdentifier: 'schema' },
        fc.constant({}),
        fc.record(
          {
            type: fc.oneof(
              fc.constantFrom('string', 'number', 'object', 'array', 'null', 'odd', 5),
              fc.array(fc.constantFrom('string', 'array', 7), { maxLength: 2 }),
            ),
            properties: fc.oneof(
              fc.dictionary(fc.string(), tie('schema'), { maxKeys: 3 }),
              fc.constant('odd'),
            ),
            items: fc.oneof(fc.constant('odd'), tie('schema')),
            additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
            anyOf: fc.oneof(fc.constant({}), fc.array(tie('schema'), { maxLength: 2 })),
            allOf: fc.array(tie('schema'), { maxLength: 2 }),
            enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 4 }),
            required: fc.oneof(fc.array(fc.string(), { maxLength: 2 }), fc.boolean()),
            description: fc.oneof(fc.string(), fc.constantFrom('*/ }', '/**', '`${'), fc.integer()),
            deprecated: fc.boolean(),
            nullable: fc.boolean(),
          },
          { requiredKeys: [] },
        ) as fc.Arbitrary<JsonSchema>,
      ),
    }));
    fc.assert(
      fc.property(
        fc.oneof(schema, fc.jsonValue() as fc.Arbitrary<JsonSchema>),
        fc.boolean(),
        (given, open) => {
          const text = `export declare const value: ${typeOfSchema(given, { open })};\n`;
          const file = ts.createSourceFile('/a.d.ts', text, ts.ScriptTarget.ESNext);
          const { parseDiagnostics } = file as unknown as { parseDiagnostics: readonly ts.Diagnostic[] };
          assert.deepEqual(
            parseDiagnostics.map(({ messageText }) => messageText),
            [],
            text,
          );
          assert.equal(file.statements.length, 1, text);
        },
      ),
      { numRuns: 300 },
    );
  });
});
