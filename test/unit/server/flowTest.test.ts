import assert from 'node:assert/strict';
import type { CodeAction, Range } from 'vscode-languageserver/node';
import { cursor, TestClient } from './client.js';

const flow = `blocks:
  - name: In
    type: { coreBlock: httpEndpoint }
    config: { path: /orders, methods: [POST] }
  - name: 'Is it: large?'
    type: { coreBlock: condition }
    inputs:
      default:
        links: [{ block: In, output: requests }]
        config: { condition: !expr previous.body.n > Number(secrets.LIMIT) }
`;

describe('test files in the editor', () => {
  let client: TestClient;
  beforeEach(async () => {
    client = await TestClient.start({ 'a.flow.yaml': flow });
  });
  afterEach(() => client.dispose());

  async function labels(marked: string): Promise<string[]> {
    const { text, position } = cursor(marked);
    await client.open('a.flow-test.yaml', text, 'flow-test');
    return (await client.complete('a.flow-test.yaml', position)).map(({ label }) => label);
  }

  const inTest = (lines: string): string => `tests:\n  - name: a\n${lines.replace(/^/gm, '    ')}`;

  it('completes the keys of every level', async () => {
    assert.deepEqual(await labels('flow: ./a.flow.yaml\nseed: 1\n|'), [
      'mocks',
      'secrets',
      'signals',
      'time',
      'tests',
    ]);
    assert.ok((await labels(inTest('|'))).includes('expect'));
    assert.ok(!(await labels(inTest('|'))).includes('name'));
    assert.deepEqual(await labels(inTest('send:\n  block: In\n  |')), ['input', 'output', 'data', 'outputs']);
    assert.deepEqual(await labels(inTest('send:\n  - block: In\n    |')), [
      'input',
      'output',
      'data',
      'outputs',
    ]);
    assert.deepEqual(await labels(inTest('request: { method: GET, | }')), [
      'path',
      'query',
      'headers',
      'body',
    ]);
    assert.deepEqual(await labels(inTest('expect:\n  - |')), [
      'block',
      'output',
      'data',
      'failed',
      'response',
    ]);
    assert.deepEqual(await labels(inTest('expect:\n  - response:\n      |')), ['status', 'headers', 'body']);
  });

  it('completes blocks, inputs, outputs, paths and methods of the flow', async () => {
    const marked = cursor(inTest('send: { block: | }'));
    await client.open('a.flow-test.yaml', marked.text, 'flow-test');
    const items = await client.complete('a.flow-test.yaml', marked.position);
    assert.deepEqual(
      items.map(({ label, textEdit }) => [label, textEdit!.newText]),
      [
        ['In', 'In'],
        ['Is it: large?', "'Is it: large?'"],
      ],
    );
    assert.deepEqual(await labels(inTest("send:\n  block: 'Is it: large?'\n  input: |")), ['default']);
    assert.deepEqual(await labels(inTest("expect:\n  - block: 'Is it: large?'\n    output: |")), [
      'then',
      'else',
    ]);
    assert.deepEqual(await labels(inTest('request:\n  path: |')), ['/orders']);
    assert.ok((await labels(inTest('request:\n  method: |'))).includes('POST'));
  });

  it('completes the secrets that the flow names, what they may be, and matchers', async () => {
    assert.deepEqual(await labels('secrets:\n  |'), ['LIMIT']);
    assert.deepEqual(await labels('secrets:\n  LIMIT: |'), ['generated', 'none', 'stored', 'fake']);
    assert.deepEqual(await labels(inTest('expect:\n  - block: In\n    data:\n      id: |')), [
      '!any',
      '!absent',
      '!match',
      '!expr',
    ]);
    assert.deepEqual(await labels(inTest('send:\n  data:\n    id: |')), []);
  });

  it('reports names that the flow does not have, mends them, and looks again when the flow changes', async () => {
    const text = inTest('send: { block: Inn }\nexpect: []');
    await client.open('a.flow-test.yaml', text, 'flow-test');
    const [diagnostic] = await client.diagnostics('a.flow-test.yaml');
    assert.equal(diagnostic!.message, 'There is no block "Inn" in the flow. Did you mean "In"?');
    const actions = await client.request<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri: client.uri('a.flow-test.yaml') },
      range: diagnostic!.range,
      context: { diagnostics: [diagnostic!] },
    });
    assert.deepEqual(
      actions.map(({ title }) => title).filter((title) => title.startsWith('Change')),
      ['Change to In'],
    );
    await client.open(
      'a.flow.yaml',
      flow.replace('name: In', 'name: Inn').replace('block: In,', 'block: Inn,'),
    );
    assert.deepEqual(await client.diagnostics('a.flow-test.yaml'), []);
  });

  it('tells what a key is for, and leads from a block’s name to the block', async () => {
    const { text, position } = cursor(
      inTest('send: { block: I|n }\nnever:\n  - { block: In, failed: !any }'),
    );
    await client.open('a.flow-test.yaml', text, 'flow-test');
    const found = await client.request<{ uri?: string; targetUri?: string; range?: Range }[]>(
      'textDocument/definition',
      { textDocument: { uri: client.uri('a.flow-test.yaml') }, position },
    );
    assert.deepEqual(
      found.map(({ uri, range }) => [uri, range?.start]),
      [[client.uri('a.flow.yaml'), { line: 1, character: 10 }]],
    );
    const hover = async (word: string): Promise<string> => {
      const at = text.slice(0, text.indexOf(word)).split('\n');
      return JSON.stringify(
        await client.hover('a.flow-test.yaml', { line: at.length - 1, character: at.at(-1)!.length + 1 }),
      );
    };
    assert.match(await hover('never'), /\*\*never\*\* — events and failures that must not come/);
    assert.match(await hover('failed'), /\*\*failed\*\* — text of the failure’s message/);
    assert.match(await hover('tests'), /\*\*tests\*\* — the tests/);
    assert.equal(await hover('In }'), 'null');
  });
});
