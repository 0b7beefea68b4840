import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkTerraform, type KnownInstallations } from '../../../../flow/hcl/check.js';
import { readTerraform } from '../../../../flow/hcl/terraform.js';
import type { HclParser } from '../../../../flow/hcl/tree.js';
import { installation, parser, read } from './hcl.js';

describe('Terraform files', () => {
  let parse: HclParser;
  before(async () => {
    parse = await parser();
  });

  const keysIn = async (text: string): Promise<string[]> =>
    (await read(text)).expressions.flatMap(({ expression, scalar }) =>
      expression.accesses
        .filter(({ root }) => root === 'secrets')
        .map(({ span }) => {
          const { start, end } = scalar.spanToSource(span);
          return text.slice(start, end);
        }),
    );

  const problems = async (
    text: string,
    {
      declared = ['API_TOKEN'],
      installations,
    }: { declared?: string[]; installations?: KnownInstallations } = {},
  ): Promise<[code: string, covered: string][]> =>
    checkTerraform(await read(text), text, {
      secrets: { project: 'ops', declared: new Set(declared), complete: true },
      rules: {},
      installationsOf: () => installations,
    }).map(({ code, span }) => [code, text.slice(span.start, span.end)]);

  describe('finds JavaScript', () => {
    for (const field of [
      'token = "secrets.API_TOKEN"',
      '"token" = "secrets.API_TOKEN"',
      'token : "secrets.API_TOKEN",',
      'token = "secrets[\\"API_TOKEN\\"]"',
      'token = "`Bearer $${secrets.API_TOKEN}`"',
      'token = ("secrets.API_TOKEN")',
      'token = var.on ? "secrets.API_TOKEN" : "null"',
      'token = trimspace("secrets.API_TOKEN")',
      'token = <<EOT\n  secrets.API_TOKEN\nEOT',
      'token = <<-EOT\n        foo(secrets.API_TOKEN,\n          ${jsonencode(var.x)})\n      EOT',
      'token = "foo(${var.x}, secrets.API_TOKEN)"',
      'token = "%{ if var.on }secrets.API_TOKEN%{ else }null%{ endif }"',
    ]) {
      it(`in ${JSON.stringify(field)}`, async () => {
        assert.deepEqual(await keysIn(installation(field)), ['API_TOKEN']);
      });
    }

    it('in config_fields that are merged or chosen', async () => {
      const text =
        'resource "flows_app_installation" "a" {\n  config_fields = merge(local.x, { a = "secrets.A" }, var.y ? { b = "secrets.B" } : {})\n}\n';
      assert.deepEqual(await keysIn(text), ['A', 'B']);
    });

    it('in the value of a config field resource, with the name of the field', async () => {
      const text =
        'resource flows_app_installation_config_field "x" {\n  key = "botToken"\n  value = "secrets.A"\n  depends_on = ["secrets.B"]\n}\n';
      assert.deepEqual(await keysIn(text), ['A']);
      assert.equal((await read(text)).expressions[0]!.field, 'botToken');
    });

    it('nowhere else', async () => {
      const text =
        'resource "aws_thing" "flows_app_installation" {\n  config_fields = { a = "secrets.A" }\n}\nlocals {\n  config_fields = { b = "secrets.B" }\n}\nresource "flows_app_installation" "x" {\n  name = "secrets.C"\n  config_fields = { d = jsonencode("secrets.D"), e = local.e["secrets.E"] }\n}\n';
      assert.deepEqual(await keysIn(text), []);
    });
  });

  describe('reports', () => {
    it('an undeclared key with the key alone underlined, behind escapes', async () => {
      assert.deepEqual(await problems(installation('t = "\\"\\u00e9\\" + secrets.API_TOKN"')), [
        ['undefined-secret', 'API_TOKN'],
      ]);
    });

    it('JavaScript that does not parse, but no empty value', async () => {
      assert.deepEqual(await problems(installation('a = "foo(\\"x\\" y)"', 'b = ""')), [
        ['expression-syntax', 'y'],
      ]);
    });

    it('names that an installation does not have', async () => {
      assert.deepEqual(await problems(installation('a = "outputs.x.y"', 'b = "[previous]"')), [
        ['unavailable-name', 'outputs'],
        ['unavailable-name', 'previous'],
      ]);
    });

    it('an interpolation that was meant for JavaScript', async () => {
      assert.deepEqual(
        await problems(installation('a = "`Bearer ${secrets.API_TOKEN}`"', 'b = "${var.secrets.x}"')),
        [['hcl-interpolation', '${secrets.API_TOKEN}']],
      );
    });

    it('a key that only Terraform knows as dynamic, and no syntax that Terraform completes', async () => {
      assert.deepEqual(
        await problems(
          installation('a = "secrets.APP_${var.env}"', 'b = "${var.a} ${var.b}"', 'c = "f(${local.args}"'),
        ),
        [['dynamic-secret', 'APP_${var.env}']],
      );
    });

    it('a key that cannot be one', async () => {
      assert.deepEqual(await problems('resource "flows_secret" "s" {\n  key = "my-key"\n}\n'), [
        ['project-key', 'my-key'],
      ]);
    });

    it('nothing where a comment says so', async () => {
      assert.deepEqual(
        await problems(
          installation(
            '# flows-ignore[undefined-secret]',
            'a = "secrets.X"',
            'b = "secrets.Y" # flows-ignore',
          ),
        ),
        [],
      );
    });
  });

  describe('secrets', () => {
    const keys = async (text: string): Promise<{ keys: string[]; complete: boolean }> => {
      const { secrets, secretsComplete } = await read(text);
      for (const { key, span } of secrets) assert.equal(text.slice(span.start, span.end), key);
      return { keys: secrets.map(({ key }) => key), complete: secretsComplete };
    };
    it('are declared by key', async () => {
      assert.deepEqual(
        await keys(
          'resource "flows_secret" "a" {\n  project_id = var.p\n  key = "API_TOKEN"\n  value = var.v\n}\n',
        ),
        { keys: ['API_TOKEN'], complete: true },
      );
    });
    it('are declared by the set or map that a resource goes through', async () => {
      assert.deepEqual(
        await keys('resource "flows_secret" "a" {\n  for_each = toset(["A", "B"])\n  key = each.value\n}\n'),
        { keys: ['A', 'B'], complete: true },
      );
      assert.deepEqual(
        await keys(
          'resource "flows_secret" "a" {\n  for_each = { A = var.a, "B" = var.b }\n  key = each.key\n  value = each.value\n}\n',
        ),
        { keys: ['A', 'B'], complete: true },
      );
    });
    it('may be known to Terraform alone: then the list is not complete', async () => {
      for (const body of [
        'key = var.key',
        'for_each = var.keys\n  key = each.key',
        'for_each = { a = "A" }\n  key = each.value',
        'key = "APP_${var.env}"',
      ]) {
        assert.deepEqual(
          await keys(`resource "flows_secret" "a" {\n  ${body}\n}\n`),
          { keys: [], complete: false },
          body,
        );
      }
    });
    it('have values that nothing which was read holds', async () => {
      const canary = ['canary', 'Zx93', 'value'].join('-');
      const file = await read(
        `resource "flows_secret" "a" {\n  key = "A"\n  value = "${canary}"\n}\nresource "flows_secret" "b" {\n  for_each = { B = "${canary}" }\n  key = each.key\n  value = <<EOT\n${canary}\nEOT\n}\n`,
      );
      const { secrets, expressions, flows, problems: found } = file;
      assert.ok(!JSON.stringify({ secrets, expressions, flows, found }).includes('Zx93'));
      assert.deepEqual(
        secrets.map(({ key }) => key),
        ['A', 'B'],
      );
    });
  });

  describe('flows', () => {
    const flow = (mapping: string): string =>
      `resource "flows_flow" "release" {\n  definition = file("\${path.module}/release.yaml")\n${mapping}}\n`;
    const installations: KnownInstallations = {
      keys: new Map([
        ['github', true],
        ['slack', false],
      ]),
      complete: true,
    };

    it('know the file of their definition', async () => {
      for (const [definition, kind, path] of [
        ['file("${path.module}/a/b.yaml")', 'file', './a/b.yaml'],
        ['file("a.yaml")', 'file', 'a.yaml'],
        ['templatefile("${path.module}/a.yaml", { x = 1 })', 'template', './a.yaml'],
      ]) {
        const text = `resource "flows_flow" "f" {\n  definition = ${definition!}\n}\n`;
        const [found] = (await read(text)).flows;
        assert.ok(found?.definition && 'path' in found.definition, definition);
        assert.deepEqual([found.definition.kind, found.definition.path], [kind, path]);
      }
      for (const definition of [
        'file("${path.module}/${each.key}.yaml")',
        'local.yaml',
        'file(var.path)',
        'data.x.y',
      ]) {
        const text = `resource "flows_flow" "f" {\n  definition = ${definition}\n}\n`;
        assert.equal((await read(text)).flows[0]!.definition, undefined, definition);
      }
    });

    it('may hold their definition themselves', async () => {
      const text = 'resource "flows_flow" "f" {\n  definition = <<-EOT\n    blocks: []\n  EOT\n}\n';
      const definition = (await read(text)).flows[0]!.definition;
      assert.equal(definition?.kind === 'inline' && definition.text.value, 'blocks: []\n');
    });

    it('report mappings that the flow does not list, with the near one, and those it lacks', async () => {
      const text = flow('  app_installation_mapping = {\n    slak = flows_app_installation.slack.id\n  }\n');
      assert.deepEqual(await problems(text, { installations }), [
        ['missing-mapping', 'app_installation_mapping'],
        ['unknown-mapping', 'slak'],
      ]);
      assert.deepEqual(await problems(flow(''), { installations }), [['missing-mapping', '"flows_flow"']]);
    });

    it('report nothing for whole, computed and unknown mappings', async () => {
      for (const mapping of [
        '  app_installation_mapping = { slack = x.id }\n',
        '  app_installation_mapping = { "slack" = x.id, github = y.id }\n',
        '  app_installation_mapping = local.mapping\n',
        '  app_installation_mapping = { (local.key) = x.id }\n',
      ]) {
        const found = await problems(flow(mapping), { installations });
        // What is not an object in the file may map anything.
        assert.deepEqual(found, [], mapping);
      }
      assert.deepEqual(await problems(flow('  app_installation_mapping = { x = 1 }\n')), []);
    });
  });

  describe('that do not parse', () => {
    it('are read up to what is still being typed, and past it', async () => {
      const text =
        installation('a = "secrets.A', 'b = "secrets.B"') + 'resource "flows_secret" "s" {\n  key = "K"\n}\n';
      assert.deepEqual(await keysIn(text), ['A', 'B']);
      const file = await read(text);
      assert.deepEqual(
        file.secrets.map(({ key }) => key),
        ['K'],
      );
      assert.deepEqual(
        file.problems.map(({ code, span }) => [code, text.slice(span.start, span.end)]),
        [['hcl-syntax', '"secrets.A']],
      );
    });

    it('are read with an empty value, a missing bracket, a heredoc without end', async () => {
      for (const broken of [
        installation('a = ', 'b = "secrets.B"'),
        installation('b = "secrets.B"').replace('  }\n}', '  }\n'),
        installation('b = "secrets.B"').replace('  }\n}', ''),
        installation('b = <<EOT', 'secrets.B'),
        installation('b = "secrets.B'),
        installation('b = "secrets.B ${var.x'),
      ]) {
        const text = `${broken}\nresource "flows_secret" "s" {\n  key = "K"\n}\n`;
        assert.deepEqual(await keysIn(text), ['B'], text);
        const file = await read(text);
        assert.deepEqual(
          file.secrets.map(({ key }) => key),
          ['K'],
          text,
        );
        assert.ok(file.problems.every(({ code }) => code === 'hcl-syntax') && file.problems.length > 0, text);
      }
    });

    it('are not reported where the mistake is none of ours', async () => {
      const text = `resource "aws_x" "y" {\n  a = "open\n}\n${installation('a = "secrets.A"')}`;
      const file = await read(text);
      assert.deepEqual(file.problems, []);
      assert.equal(file.expressions.length, 1);
    });

    it('never throw, and never lead out of the file', () => {
      const whole =
        installation('a = "x ${var.y} secrets.A"', 'b = <<-EOT\n      secrets.B\n    EOT') +
        'resource "flows_secret" "s" {\n  for_each = toset(["A"])\n  key = each.key\n}\nresource "flows_flow" "f" {\n  definition = file("${path.module}/x.yaml")\n  app_installation_mapping = { a = b.id }\n}\n';
      fc.assert(
        fc.property(
          fc.nat(whole.length),
          fc.nat(12),
          fc.oneof(fc.constantFrom('"', '{', '}', '${', '<<X\n', '\n', '=', ''), fc.string({ maxLength: 3 })),
          (at, length, inserted) => {
            const text = whole.slice(0, at) + inserted + whole.slice(at + length);
            const file = readTerraform(text, parse);
            const spans = [
              ...file.problems.map(({ span }) => span),
              ...file.secrets.map(({ span }) => span),
              ...file.expressions.flatMap(({ span, scalar, expression }) => [
                span,
                ...expression.accesses.map((access) => scalar.spanToSource(access.span)),
              ]),
            ];
            for (const { start, end } of spans)
              assert.ok(start >= 0 && start <= end && end <= text.length, JSON.stringify([text, start, end]));
          },
        ),
        { numRuns: 1000 },
      );
    });
  });
});
