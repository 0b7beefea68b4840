import assert from 'node:assert/strict';
import type { LiteralAtResult } from '../../../flow/protocol.js';
import { decodeLiteral } from '../../../flow/tokens/move.js';
import { installation } from '../flow/hcl/hcl.js';
import { SAMPLES } from '../flow/tokens/samples.js';
import { flowWith, textAt, TestClient } from './client.js';

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
