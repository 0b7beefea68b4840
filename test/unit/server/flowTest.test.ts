import assert from 'node:assert/strict';
import type { CodeAction } from 'vscode-languageserver/node';
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
    assert.deepEqual(await labels('secrets:\n  LIMIT: |'), ['generated', 'none', 'fake']);
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
});
