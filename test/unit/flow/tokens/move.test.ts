import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { parse, stringify, type ToStringOptions } from 'yaml';
import { checkFlow } from '../../../../flow/check.js';
import { FlowDocument } from '../../../../flow/document.js';
import { readTerraform } from '../../../../flow/hcl/terraform.js';
import type { HclParser } from '../../../../flow/hcl/tree.js';
import type { ExpressionValue, Value } from '../../../../flow/model.js';
import {
  literalIn,
  tokensIn,
  tokensInTerraform,
  type TokenLiteral,
} from '../../../../flow/tokens/literals.js';
import { decodeLiteral, moveToSecret } from '../../../../flow/tokens/move.js';
import { flowWith } from '../../server/client.js';
import { installation, parser } from '../hcl/hcl.js';
import { SAMPLES } from './samples.js';

const GITHUB = SAMPLES[1]![1];
const PEM = SAMPLES.find(([name]) => name === 'private key')![1];

/** The flow with the change made, and what was to be stored. */
function moved(text: string, dialect: 'flow' | 'installation' = 'flow'): { text: string; stored: string } {
  const flow = new FlowDocument(text, dialect);
  for (const segment of flow.segments) {
    for (const literal of tokensIn(segment)) {
      const move = moveToSecret(literal, segment.text, 'KEY');
      if (!move) continue;
      const start = flow.startOf(segment);
      return {
        text: text.slice(0, start + move.span.start) + move.text + text.slice(start + move.span.end),
        stored: decodeLiteral(segment.text.slice(move.literal.start, move.literal.end), move.layers),
      };
    }
  }
  throw new Error(`nothing to move in ${JSON.stringify(text)}`);
}

function customization(text: string): Value | undefined {
  return new FlowDocument(text).blocks[0]!.block.outputs.get('default')?.customization;
}

interface FlowShape {
  readonly blocks: readonly { readonly outputs: { readonly default: { outputCustomization: unknown } } }[];
}

const customizationOf = (flow: FlowShape): unknown => flow.blocks[0]!.outputs.default.outputCustomization;

describe('moving a token into a secret', () => {
  const cases: readonly (readonly [before: string, after: string, stored?: string])[] = [
    // YAML: the whole value, in every style.
    [GITHUB, '!expr secrets.KEY'],
    [`"${GITHUB}"`, '!expr secrets.KEY'],
    [`'${GITHUB}' # a note`, '!expr secrets.KEY # a note'],
    [`|-\n          ${GITHUB}`, '!expr secrets.KEY'],
    [`|-\n${PEM.replace(/^/gm, '          ')}`, '!expr secrets.KEY', PEM],
    // YAML: a part of it becomes a template literal.
    [`Bearer ${GITHUB}`, "!expr '`Bearer ${secrets.KEY}`'"],
    [`'it''s \`x\` \${y}: ${GITHUB}'`, "!expr '`it''s \\`x\\` \\${y}: ${secrets.KEY}`'"],
    // JavaScript: literals of every kind, in every style of YAML.
    [`!expr f("${GITHUB}")`, '!expr f(secrets.KEY)'],
    [`!expr 'f(''${GITHUB}'')'`, "!expr 'f(secrets.KEY)'"],
    [`!expr "f(\\"${GITHUB}\\")"`, '!expr "f(secrets.KEY)"'],
    [`!expr '"Bearer ${GITHUB}"'`, "!expr '`Bearer ${secrets.KEY}`'"],
    [
      `!expr |-\n          f({ a: "x \\"y\\" ${GITHUB}" })`,
      '!expr |-\n          f({ a: `x "y" ${secrets.KEY}` })',
    ],
    [`!expr >-\n          \`token \${a} ${GITHUB}\``, '!expr >-\n          `token ${a} ${secrets.KEY}`'],
    ['!expr \'({ password: "a\\"b1cdefgh2ijk" })\'', "!expr '({ password: secrets.KEY })'", 'a"b1cdefgh2ijk'],
  ];
  for (const [before, after, stored] of cases) {
    it(`of ${JSON.stringify(before.replace(GITHUB, 'T').replace(PEM, 'PEM')).slice(0, 70)}`, () => {
      const result = moved(flowWith(before));
      assert.equal(result.text, flowWith(after));
      assert.equal(result.stored, stored ?? GITHUB);
      // What is left parses, and reads the secret.
      const value = customization(result.text) as ExpressionValue;
      assert.equal(value.kind, 'expression');
      assert.deepEqual(
        value.expression.accesses.filter(({ root }) => root === 'secrets').map(({ key }) => key),
        ['KEY'],
      );
      assert.equal(value.expression.syntaxError, undefined);
    });
  }

  it('of a sensitive field, whatever stands there, and of installation configs', () => {
    const schema = JSON.stringify({
      config: { pin: { type: { type: 'string' }, sensitive: true } },
      inputs: {},
      outputs: {},
    });
    const text = `blocks:\n  - name: One\n    type:\n      appBlock:\n        block: b\n        appInstallation: a\n        schema: '${schema}'\n    config:\n      pin: hunter2\n`;
    assert.deepEqual(moved(text), {
      text: text.replace('hunter2', '!expr secrets.KEY'),
      stored: 'hunter2',
    });
    const config = `app: x\nversion: 1.0.0\nconfig:\n  botToken: ${GITHUB}\n`;
    assert.equal(moved(config, 'installation').text, config.replace(GITHUB, '!expr secrets.KEY'));
  });

  describe('of a number, which is one again', () => {
    const withPin = (pin: string, type = 'number'): string => {
      const schema = JSON.stringify({
        config: { pin: { type: { type }, sensitive: true }, port: { type: { type: 'number' } } },
        inputs: {},
        outputs: {},
      });
      return `blocks:\n  - name: One\n    type:\n      appBlock:\n        block: b\n        appInstallation: a\n        schema: '${schema}'\n    config:\n      port: 5432\n      pin: ${pin}\n`;
    };
    const read = (text: string, KEY: string): unknown => {
      const value = new FlowDocument(text).blocks[0]!.block.config!.entries.at(-1)!.value as ExpressionValue;
      return vm.runInNewContext(value.expression.text, { secrets: { KEY }, Number });
    };

    it('in sensitive fields of a flow', () => {
      const cases: readonly (readonly [before: string, after: string, stored?: string])[] = [
        ['483920', '!expr Number(secrets.KEY)'],
        ['-4.5e3 # note', '!expr Number(secrets.KEY) # note', '-4.5e3'],
        ['0x1F', '!expr Number(secrets.KEY)'],
        ['!expr 483920', '!expr Number(secrets.KEY)', '483920'],
        ["!expr '-48.5'", "!expr 'Number(secrets.KEY)'", '-48.5'],
      ];
      for (const [before, after, stored = before] of cases) {
        const result = moved(withPin(before));
        assert.deepEqual(result, { text: withPin(after), stored });
        assert.equal(read(result.text, result.stored), Number(stored));
      }
    });

    it('whatever number it is', () => {
      const number = fc.double({ noNaN: true, noDefaultInfinity: true });
      fc.assert(
        fc.property(number, (value) => {
          // Too short to be a secret, or as a placeholder is.
          fc.pre(String(value).length > 2 && !/(.)\1{7}/.test(String(value)));
          const result = moved(withPin(String(value)));
          assert.equal(result.stored, String(value));
          assert.equal(read(result.text, result.stored), value);
        }),
      );
    });

    it('and a switch is moved by hand, in a sensitive field alone', () => {
      const text = withPin('true', 'boolean');
      const { segments } = new FlowDocument(text);
      const segment = segments.find((one) => one.text.includes('pin: true'))!;
      assert.deepEqual(tokensIn(segment), []);
      const literal = literalIn(segment, segment.text.indexOf('true\n'))!;
      const move = moveToSecret(literal, segment.text, 'KEY')!;
      assert.equal(move.text, '!expr secrets.KEY === "true"');
      assert.equal(
        decodeLiteral(segment.text.slice(move.literal.start, move.literal.end), move.layers),
        'true',
      );
      assert.equal(literalIn(segment, segment.text.indexOf('5432'))?.token.key, 'PORT');
      const open = new FlowDocument(flowWith('true')).segments.find((one) => one.text.includes('true'))!;
      assert.equal(literalIn(open, open.text.indexOf('true')), undefined);
    });
  });

  describe('below the top of a field, which becomes one expression', () => {
    const nested: readonly (readonly [before: string, after: string])[] = [
      [
        `\n          url: https://a.b\n          headers:\n            - Bearer ${GITHUB}\n            - 1.50`,
        ' !expr |-\n          {\n            url: "https://a.b",\n            headers: [\n              `Bearer ${secrets.KEY}`,\n              1.5,\n            ],\n          }',
      ],
      [
        ` # why\n          # first\n          "a b": x # one\n          token: ${GITHUB} # two\n          # deep\n        # not deep`,
        ' !expr |-\n          {\n            // why\n            // first\n            "a b": "x",\n            // one\n            token: secrets.KEY,\n          }\n          // two\n          // deep\n        # not deep',
      ],
      [
        ` { a: [${GITHUB}, ~], "b": {} }`,
        ' !expr |-\n          {\n            a: [\n              secrets.KEY,\n              null,\n            ],\n            b: {},\n          }',
      ],
      [
        `\n          - !expr outputs.a // b\n          - token: |\n              ${GITHUB}\n`,
        ' !expr |-\n          [\n            (outputs.a // b\n          ),\n            {\n              token: secrets.KEY,\n            },\n          ]\n',
      ],
    ];
    for (const [before, after] of nested) {
      it(JSON.stringify(before.replace(GITHUB, 'T')).slice(0, 70), () => {
        const result = moved(flowWith('§').replace(' §', before));
        assert.equal(result.text, flowWith('§').replace(' §', after));
        assert.equal(result.stored.trim(), GITHUB);
        const value = customization(result.text) as ExpressionValue;
        assert.equal(value.kind, 'expression');
        assert.equal(value.expression.syntaxError, undefined);
      });
    }

    it('also inside braces, on one line', () => {
      const text = `blocks: [{ name: A, type: { coreBlock: transform }, outputs: { default: { outputCustomization: { a: [${GITHUB}, ~], "b": {} } } } }]\n`;
      assert.equal(
        moved(text).text,
        text.replace(/\{ a:.*?\{\} \}/, "!expr '{ a: [ secrets.KEY, null, ], b: {}, }'"),
      );
    });

    it('and is left alone where YAML means more than it says', () => {
      for (const field of [
        `\n          a: &x 1\n          b: *x\n          token: ${GITHUB}`,
        `\n          <<: { a: 1 }\n          token: ${GITHUB}`,
        `\n          a: !!binary YQ==\n          token: ${GITHUB}`,
      ])
        assert.throws(() => moved(flowWith('§').replace(' §', field)), /nothing to move/);
    });

    it('and gives the very value that stood there', () => {
      const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((one) => !/\p{Cs}/u.test(one));
      const { value: values } = fc.letrec((tie) => ({
        value: fc.oneof(
          { depthSize: 'small' },
          text,
          fc.double({ noNaN: true }),
          fc.boolean(),
          fc.constant(null),
          fc.array(tie('value'), { maxLength: 4 }),
          fc.dictionary(text, tie('value'), { maxKeys: 4 }),
        ),
      }));
      const written = fc.constantFrom<ToStringOptions>(
        { lineWidth: 40 },
        { collectionStyle: 'flow', lineWidth: 0 },
        { defaultStringType: 'QUOTE_DOUBLE' },
        { defaultStringType: 'BLOCK_LITERAL' },
        { indentSeq: false },
      );
      fc.assert(
        fc.property(values, values, written, (one, other, style) => {
          const field = { one, token: GITHUB, other: [other] };
          const yaml = stringify({ outputCustomization: field }, style).trimEnd();
          const before = flowWith('§').replace(
            'outputCustomization: §',
            yaml.replace(/\n(?!\n|$)/g, '\n        '),
          );
          const original = parse(before) as FlowShape;
          // What the YAML library itself does not give back is not the subject.
          fc.pre(isDeepStrictEqual(customizationOf(original), field));
          const result = moved(before);
          assert.equal(result.stored.trim(), GITHUB);
          const { expression } = customization(result.text) as ExpressionValue;
          const read: unknown = vm.runInNewContext(`JSON.stringify(${expression.text}\n)`, {
            secrets: { KEY: GITHUB },
          });
          assert.equal(read, JSON.stringify(field));
        }),
        { numRuns: 300 },
      );
    });
  });

  it('leaves nothing of the text changed but the token, whatever surrounds it', () => {
    const around = fc
      .string({ unit: 'grapheme', maxLength: 12 })
      .map((text) => text.replace(/\p{Cc}|\p{Cs}/gu, '_'))
      .filter((text) => !/[A-Za-z0-9_-]$|^[A-Za-z0-9_-]/.test(text));
    fc.assert(
      fc.property(around, around, fc.constantFrom('double', 'single'), (before, behind, quotes) => {
        const literal = JSON.stringify(before + GITHUB + behind);
        const yaml = quotes === 'single' ? `'${literal.replaceAll("'", "''")}'` : JSON.stringify(literal);
        const result = moved(flowWith(`!expr ${yaml}`));
        assert.equal(result.stored, GITHUB);
        const { expression } = customization(result.text) as ExpressionValue;
        const read = vm.runInNewContext(`(${expression.text})`, { secrets: { KEY: GITHUB } }) as unknown;
        assert.equal(read, before + GITHUB + behind);
      }),
      { numRuns: 300 },
    );
  });

  describe('in HCL', () => {
    let parseHcl: HclParser;
    before(async () => {
      parseHcl = await parser();
    });
    const hcl: readonly (readonly [string, string])[] = [
      [`a = "\\"${GITHUB}\\""`, 'a = "secrets.KEY"'],
      [`a = "'Bearer ${GITHUB}'"`, 'a = "`Bearer $${secrets.KEY}`"'],
      [`a = "\`$\${x} ${GITHUB}\`"`, 'a = "`$${x} $${secrets.KEY}`"'],
      [`a = <<EOT\n"Bearer ${GITHUB}"\nEOT`, 'a = <<EOT\n`Bearer $${secrets.KEY}`\nEOT'],
      // A token without quotes is what many write first.
      [`a = "${GITHUB}"`, 'a = "secrets.KEY"'],
    ];
    for (const [before, after] of hcl) {
      it(`of ${JSON.stringify(before.replace(GITHUB, 'T'))}`, () => {
        const text = installation(before);
        const found: TokenLiteral[] = tokensInTerraform(readTerraform(text, parseHcl));
        assert.equal(found.length, 1);
        const move = moveToSecret(found[0]!, text, 'KEY')!;
        assert.equal(
          text.slice(0, move.span.start) + move.text + text.slice(move.span.end),
          installation(after),
        );
        assert.equal(decodeLiteral(text.slice(move.literal.start, move.literal.end), move.layers), GITHUB);
      });
    }
  });

  it('is offered by reports that hold no part of the token', () => {
    for (const [, token] of SAMPLES) {
      const text = flowWith(`!expr ${JSON.stringify(JSON.stringify(token))}`);
      const found = checkFlow(new FlowDocument(text), {
        project: 'ops',
        declared: new Set(),
        complete: false,
      }).filter(({ problem }) => problem.code === 'hard-coded-secret');
      assert.equal(found.length, 1, JSON.stringify(found.map(({ problem }) => problem.message)));
      const report = JSON.stringify(found.map(({ problem }) => problem));
      for (let i = 0; i + 8 <= token.length; i++) {
        const part = token.slice(i, i + 8);
        if (!/PRIVATE|BEGIN|slack|hooks|https|-----/.test(part)) assert.ok(!report.includes(part));
      }
    }
  });

  it('is not proposed for any of the examples', () => {
    for (const folder of ['examples', 'test/fixtures/workspace']) {
      for (const file of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!/\.ya?ml$/.test(file)) continue;
        const flow = new FlowDocument(fs.readFileSync(path.join(folder, file), 'utf8'));
        assert.deepEqual(
          flow.segments.flatMap((segment) => tokensIn(segment).map(({ token }) => token.name)),
          [],
          file,
        );
      }
    }
  });
});
