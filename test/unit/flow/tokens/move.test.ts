import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import fc from 'fast-check';
import { checkFlow } from '../../../../flow/check.js';
import { FlowDocument } from '../../../../flow/document.js';
import { readTerraform } from '../../../../flow/hcl/terraform.js';
import type { HclParser } from '../../../../flow/hcl/tree.js';
import type { ExpressionValue, Value } from '../../../../flow/model.js';
import { tokensIn, tokensInTerraform, type TokenLiteral } from '../../../../flow/tokens/literals.js';
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
    let parse: HclParser;
    before(async () => {
      parse = await parser();
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
        const found: TokenLiteral[] = tokensInTerraform(readTerraform(text, parse));
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
