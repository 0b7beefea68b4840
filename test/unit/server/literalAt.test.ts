import assert from 'node:assert/strict';
import type { CodeAction, Position } from 'vscode-languageserver/node';
import type { LiteralAtResult } from '../../../flow/protocol.js';
import { decodeLiteral } from '../../../flow/tokens/move.js';
import { installation } from '../flow/hcl/hcl.js';
import { SAMPLES } from '../flow/tokens/samples.js';
import { flowWith, replaced, textAt, TestClient } from './client.js';

const TOKEN = SAMPLES[1]![1];

describe('language server: moving a token into a secret', () => {
  let client: TestClient;
  afterEach(() => client.dispose());

  const ask = (name: string, text: string, key?: string): Promise<LiteralAtResult | null> => {
    const before = text.slice(0, text.indexOf(TOKEN) + 3).split('\n');
    return client.request('flows/literalAt', {
      uri: client.uri(name),
      position: { line: before.length - 1, character: before.at(-1)!.length },
      ...(key !== undefined && { key }),
    });
  };

  it('says what to read and what to write, and never the token', async () => {
    client = await TestClient.start({ 'flows.project.yaml': 'project: ops\nsecrets: {GITHUB_TOKEN: }\n' });
    const text = flowWith(`!expr |-\n          f("Bearer ${TOKEN}")`);
    await client.open('a.flow.yaml', text);
    const found = await client.diagnostics('a.flow.yaml');
    assert.deepEqual(
      found.map(({ code, range }) => [code, textAt(text, range) === TOKEN]),
      [['hard-coded-secret', true]],
    );
    const answer = (await ask('a.flow.yaml', text))!;
    // GITHUB_TOKEN is another secret already.
    assert.deepEqual(
      [answer.key, answer.name, answer.project.id, answer.version],
      ['GITHUB_TOKEN_2', 'GitHub token', 'ops', 1],
    );
    assert.equal(answer.edit.newText, '`Bearer ${secrets.GITHUB_TOKEN_2}`');
    assert.equal(textAt(text, answer.edit.range), `"Bearer ${TOKEN}"`);
    assert.equal(decodeLiteral(textAt(text, answer.literal), answer.layers), TOKEN);
    assert.ok(!JSON.stringify([answer, found]).includes(TOKEN.slice(4, 14)));
    assert.equal((await ask('a.flow.yaml', text, 'OTHER'))!.edit.newText, '`Bearer ${secrets.OTHER}`');
    assert.equal(await ask('a.flow.yaml', text, 'no key'), null);
  });

  it('answers in Terraform, and reports values and tokens anywhere in a file of flows', async () => {
    client = await TestClient.start();
    const text = `provider "flows" {\n  token = "${SAMPLES[0]![1]}"\n}\nresource "flows_secret" "s" {\n  key = "A"\n  value = "plain"\n}\n${installation(`a = "'Bearer ${TOKEN}'"`)}`;
    await client.open('main.tf', text, 'terraform');
    await client.complete('main.tf', { line: 0, character: 0 });
    const found = await client.diagnostics('main.tf');
    assert.deepEqual(
      found.map(({ code, range }) => [code, textAt(text, range)]),
      [
        ['hard-coded-secret', SAMPLES[0]![1]],
        ['hard-coded-secret', '"plain"'],
        ['hard-coded-secret', TOKEN],
      ],
    );
    const answer = (await ask('main.tf', text))!;
    assert.equal(textAt(text, answer.edit.range), `'Bearer ${TOKEN}'`);
    assert.equal(answer.edit.newText, '`Bearer $${secrets.GITHUB_TOKEN}`');
    assert.equal(decodeLiteral(textAt(text, answer.literal), answer.layers), TOKEN);
    for (const secret of [TOKEN.slice(4, 14), SAMPLES[0]![1].slice(8, 16), 'plain'])
      assert.ok(!JSON.stringify([answer, found]).includes(secret));
  });

  /** The text after the move of what stands at `piece`, and what was to be stored. */
  async function moved(
    name: string,
    text: string,
    piece: string,
    key?: string,
  ): Promise<{ text: string; stored: string; answer: LiteralAtResult } | null> {
    const before = text.slice(0, text.indexOf(piece) + 1).split('\n');
    const answer = await client.request<LiteralAtResult | null>('flows/literalAt', {
      uri: client.uri(name),
      position: { line: before.length - 1, character: before.at(-1)!.length },
      ...(key !== undefined && { key }),
    });
    if (!answer) return null;
    return {
      text: replaced(text, answer.edit.range, answer.edit.newText),
      stored: decodeLiteral(textAt(text, answer.literal), answer.layers),
      answer,
    };
  }

  it('moves any string that a reference can replace, whatever it looks like', async () => {
    client = await TestClient.start({}, { commands: true });
    const text = `blocks:
  - name: One
    type: { coreBlock: httpEndpoint }
    config:
      path: /hooks/a
    inputs:
      default:
        config:
          a: !expr 'f({ pathPrefix: "it''s" }, x["member"], ref("signal.a.b"), tag\`t\`)'
          b:
            deep: [plain]
    outputs:
      default:
        outputCustomization: !expr |-
          \`x \${a} tail\`
`
      .replaceAll('\\`', '`')
      .replaceAll('\\${', '${');
    await client.open('a.flow.yaml', text);
    const whole = (await moved('a.flow.yaml', text, '/hooks/a'))!;
    assert.deepEqual(
      [whole.stored, whole.answer.key, whole.answer.name, whole.answer.declared],
      ['/hooks/a', 'PATH', 'value of `path`', false],
    );
    assert.equal(whole.text, text.replace('path: /hooks/a', 'path: !expr secrets.PATH'));
    const code = (await moved('a.flow.yaml', text, "it''s", 'X'))!;
    assert.equal(code.stored, "it's");
    assert.equal(code.answer.key, 'X');
    assert.equal(code.text, text.replace(`"it''s"`, 'secrets.X'));
    assert.equal(
      (await moved('a.flow.yaml', text, ' tail', 'X'))!.text,
      text.replace(' tail', '${secrets.X}'),
    );
    const deep = (await moved('a.flow.yaml', text, 'plain', 'X'))!;
    assert.equal(deep.stored, 'plain');
    assert.match(deep.text, /b: !expr \|-\n {12}\{\n {14}deep: \[\n {16}secrets\.X,\n/);
    for (const piece of ['member', 'signal', 't`', 'httpEndpoint', 'One', 'path:'])
      assert.equal(await moved('a.flow.yaml', text, piece), null, piece);
  });

  it('takes the value out of a flows_secret: a variable of the module gives it from then on', async () => {
    client = await TestClient.start({
      'flows.project.yaml': 'project: ops\nsecrets: {}\n',
      'infra/variables.tf': 'variable "api_token" {}\n',
    });
    const resource = (lines: string): string =>
      `resource "flows_secret" "s" {\n  project_id = var.p\n  ${lines}\n}`;
    const variable = (name: string): string =>
      `\n\nvariable "${name}" {\n  type      = string\n  sensitive = true\n  ephemeral = true\n}`;
    const cases: readonly (readonly [
      before: string,
      after: string,
      key: string,
      variable: string,
      stored: string,
    ])[] = [
      [
        'key = "A"\n  value = "pl\\"ain $${x}" # why',
        'key = "A"\n  value = var.a # why',
        'A',
        'a',
        'pl"ain ${x}',
      ],
      ['value = sensitive("plain")\n  key = "A"', 'value = sensitive(var.a)\n  key = "A"', 'A', 'a', 'plain'],
      [
        'key = "COUNT"\n  value = 493817',
        'key = "COUNT"\n  value = var.count_value',
        'COUNT',
        'count_value',
        '493817',
      ],
      [
        'key = "API_TOKEN"\n  value = "plain"',
        'key = "API_TOKEN"\n  value = var.api_token_2',
        'API_TOKEN',
        'api_token_2',
        'plain',
      ],
      [
        'key = "PEM"\n  value = <<-EOT\n    plain\n      %%{b}\n\n    EOT\n  # end',
        'key = "PEM"\n  value = var.pem\n  # end',
        'PEM',
        'pem',
        'plain\n  %{b}\n\n',
      ],
      ['key = "E"\n  value = <<EOT\n  plain\nEOT', 'key = "E"\n  value = var.e', 'E', 'e', '  plain\n'],
    ];
    for (const [i, [before, after, key, name, stored]] of cases.entries()) {
      const file = `infra/m${i}.tf`;
      const text = `${resource(before)}\n# behind\n`;
      await client.open(file, text, 'terraform');
      await client.complete(file, { line: 0, character: 0 });
      const [problem, ...others] = await client.diagnostics(file);
      assert.deepEqual([problem?.code, others], ['hard-coded-secret', []], before);
      const [fix] = await client.codeActions(file, [problem!]);
      assert.equal(fix?.title, `Move the value of ${key} to the keychain and a variable`);
      const answer = await client.request<LiteralAtResult>('flows/literalAt', {
        uri: client.uri(file),
        position: problem!.range.start,
      });
      assert.deepEqual(
        [answer.key, answer.isDeclaration, answer.variable, answer.declared],
        [key, true, name, true],
      );
      // The one that stands further down first.
      const edits = [answer.also!, answer.edit];
      assert.equal(
        edits.reduce((now, { range, newText }) => replaced(now, range, newText), text),
        `${resource(after)}${variable(name)}\n# behind\n`,
      );
      assert.equal(decodeLiteral(textAt(text, answer.literal), answer.layers), stored);
      assert.ok(!/pl.{0,2}ain|493817/.test(JSON.stringify([answer, fix, problem])));
      assert.equal(
        await client.request('flows/literalAt', {
          uri: client.uri(file),
          position: problem!.range.start,
          key: 'OTHER',
        }),
        null,
      );
      await client.close(file);
    }
  });

  it('only reports values of flows_secret that no variable alone could give', async () => {
    client = await TestClient.start();
    for (const [i, [body, count]] of (
      [
        ['key = var.key\n  value = "plain"', 1],
        ['key = "A"\n  value = var.x ? "plain" : "plainer"', 2],
        ['key = "A"\n  value = chomp("plain")', 1],
        ['for_each = { A = "plain", B = var.b, C = "plain" }\n  key = each.key\n  value = each.value', 2],
        ['key = "A"\n  value = "plain${var.x}"', 0],
        ['key = "A"\n  value = var.x', 0],
      ] as const
    ).entries()) {
      const file = `m${i}.tf`;
      await client.open(file, `resource "flows_secret" "s" {\n  ${body}\n}\n`, 'terraform');
      await client.complete(file, { line: 0, character: 0 });
      const found = (await client.diagnostics(file)).filter(({ code }) => code === 'hard-coded-secret');
      assert.equal(found.length, count, body);
      for (const problem of found)
        assert.ok(
          (await client.codeActions(file, [problem])).every(({ title }) => !/^Move/.test(title)),
          body,
        );
    }
  });

  it('takes the value out of a project file, and leaves the declaration', async () => {
    client = await TestClient.start();
    const cases: readonly (readonly [before: string, after: string, stored?: string])[] = [
      ['  A: hunter2\n', '  A:\n'],
      ['  A: "hunter2" # note\n', '  A: # note\n'],
      ['  A: 1234\n', '  A:\n', '1234'],
      ['  A: |-\n    one\n    two\n  B:\n', '  A:\n  B:\n', 'one\ntwo'],
      ['  A: { value: hunter2, description: x }\n', '  A: { description: x }\n'],
      ['  A: { description: x, value: hunter2 }\n', '  A: { description: x }\n'],
      ['  A: { value: hunter2 }\n', '  A: {}\n'],
      ['  A:\n    value: hunter2\n', '  A:\n'],
      ['  A:\n    value: hunter2\n    # why\n    description: x\n', '  A:\n    description: x\n'],
      ['  A:\n    description: x\n    value: hunter2\n  B:\n', '  A:\n    description: x\n  B:\n'],
    ];
    for (const [i, [before, after, stored]] of cases.entries()) {
      const name = `p${i}/flows.project.yaml`;
      const text = `project: ops\nsecrets:\n${before}`;
      await client.open(name, text, 'yaml');
      const problem = (await client.diagnostics(name)).find(({ code }) => code === 'project-value');
      assert.ok(problem, before);
      const [fix] = await client.codeActions(name, [problem]);
      assert.equal(fix?.title, 'Move the value of A to the keychain');
      const { position } = fix.command!.arguments![0] as { position: Position };
      const answer = await client.request<LiteralAtResult>('flows/literalAt', {
        uri: client.uri(name),
        position,
      });
      assert.deepEqual([answer.key, answer.isDeclaration, answer.declared], ['A', true, true]);
      assert.equal(
        replaced(text, answer.edit.range, answer.edit.newText),
        `project: ops\nsecrets:\n${after}`,
      );
      assert.equal(decodeLiteral(textAt(text, answer.literal), answer.layers), stored ?? 'hunter2', before);
      assert.ok(!JSON.stringify([answer, fix, problem]).includes('hunter2'));
    }
  });

  it('is offered as the fix of a report, and as a refactoring of any other string', async () => {
    client = await TestClient.start();
    const text = flowWith(`!expr '"some text" + "${TOKEN}"'`);
    await client.open('a.flow.yaml', text);
    const [problem] = await client.diagnostics('a.flow.yaml');
    const [fix] = await client.codeActions('a.flow.yaml', [problem!]);
    assert.deepEqual(
      [fix?.title, fix?.kind, fix?.isPreferred, fix?.command?.command],
      ['Move to secret…', 'quickfix', true, 'flows.moveLiteralToSecret'],
    );
    assert.ok(!JSON.stringify(fix).includes(TOKEN.slice(4, 14)));
    const at = { line: 6, character: text.split('\n')[6]!.indexOf('some') };
    const refactorings = (only?: string[]): Promise<CodeAction[]> =>
      client.request('textDocument/codeAction', {
        textDocument: { uri: client.uri('a.flow.yaml') },
        range: { start: at, end: at },
        context: { diagnostics: [], ...(only && { only }) },
      });
    assert.deepEqual(
      (await refactorings()).map(({ title, kind }) => [title, kind]),
      [['Move literal to secret…', 'refactor.extract']],
    );
    assert.equal((await refactorings(['refactor'])).length, 1);
    assert.equal((await refactorings(['quickfix'])).length, 0);
  });

  it('answers nothing where no token stands, or no reference can', async () => {
    client = await TestClient.start();
    const text = `blocks: []\nnotes:\n  - body: ${TOKEN}\n`;
    await client.open('a.flow.yaml', text);
    assert.equal(await ask('a.flow.yaml', text), null);
    assert.equal(
      await client.request('flows/literalAt', {
        uri: client.uri('a.flow.yaml'),
        position: { line: 0, character: 1 },
      }),
      null,
    );
    assert.equal(
      await client.request('flows/literalAt', {
        uri: client.uri('none.yaml'),
        position: { line: 0, character: 1 },
      }),
      null,
    );
  });
});
