import assert from 'node:assert/strict';
import type {
  CodeAction,
  Diagnostic,
  Location,
  LocationLink,
  WorkspaceEdit,
} from 'vscode-languageserver/node';
import type { LiteralAtResult } from '../../../flow/protocol.js';
import { SAMPLES } from '../flow/tokens/samples.js';
import { cursor, replaced, textAt, TestClient } from './client.js';

const TOKEN = SAMPLES[1]![1];

const words = ({ message }: Pick<Diagnostic, 'message'>): string =>
  typeof message === 'string' ? message : message.value;

const schema = JSON.stringify({
  name: 'Post Message',
  config: {},
  inputs: { default: { config: { channel: { name: 'Channel', type: { type: 'string' } } } } },
  outputs: {
    sent: {
      name: 'Sent',
      description: 'The message has been sent.',
      default: true,
      type: {
        type: 'object',
        properties: {
          ts: { type: 'string', description: 'Time stamp' },
          kind: { enum: ['new', 'thread'] },
          author: { type: 'object', properties: { id: { type: 'string' } } },
        },
      },
    },
    refused: { name: 'Refused', type: { type: 'object' } },
  },
  signals: { bot_id: { name: 'Bot' } },
});
const flow = `appInstallations:
  slack: { appName: Slack, id: x }
blocks:
  - name: In
    type: { coreBlock: httpEndpoint }
    config: { path: /orders }
  - name: Post Message
    type:
      appBlock: { block: post, appInstallation: slack, schema: '${schema}' }
    inputs:
      default:
        links: [{ block: In, output: requests }]
        config: { channel: '#ops' }
  - name: 'Is it: large?'
    type: { coreBlock: condition }
    inputs:
      default:
        links: [{ block: Post Message, output: sent }]
        config: { condition: !expr outputs.postMessage.ts > secrets.LIMIT }
  - name: Deploy
    type: { coreBlock: httpRequest }
    inputs:
      default:
        links: [{ block: Post Message, output: sent }]
        config: { url: https://example.com }
`;

describe('mocks files in the editor', () => {
  let client: TestClient;
  beforeEach(async () => {
    client = await TestClient.start(
      { 'a.flow.yaml': flow, 'flows.project.yaml': 'project: ops\nsecrets: { LIMIT: , API_TOKEN: }\n' },
      { commands: true },
    );
  });
  afterEach(() => client.dispose());

  const at = 'a.mocks.yaml';
  const inMock = (lines: string, block = 'Post Message'): string =>
    `blocks:\n  ${block}:\n${lines.replace(/^/gm, '    ')}`;

  async function labels(marked: string): Promise<string[]> {
    const { text, position } = cursor(marked);
    await client.open(at, text, 'flow-mocks');
    return (await client.complete(at, position)).map(({ label }) => label);
  }

  it('completes keys, blocks that can be mocked, outputs, data by the schema, and signals', async () => {
    assert.deepEqual(await labels('# ours\n|'), ['blocks', 'signals']);
    assert.deepEqual(await labels('blocks:\n  |'), ['Post Message', 'Deploy']);
    assert.deepEqual(await labels('blocks:\n  Deploy:\n    error: x\n  |'), ['Post Message']);
    assert.deepEqual(await labels(inMock('|')), ['data', 'outputs', 'error', 'delay', 'recorded']);
    assert.deepEqual(await labels(inMock('outputs:\n  |')), ['sent', 'refused']);
    assert.deepEqual(await labels(inMock('outputs:\n  - |')), ['sent', 'refused']);
    assert.deepEqual(await labels(inMock('recorded:\n  - when: {}\n    |')), ['outputs', 'error']);
    assert.deepEqual(await labels(inMock('recorded:\n  - outputs:\n      |')), ['sent', 'refused']);
    // `data` is that of the default output.
    assert.deepEqual(await labels(inMock('data:\n  |')), ['ts', 'kind', 'author']);
    assert.deepEqual(await labels(inMock('data:\n  kind: |')), ['new', 'thread', '!expr']);
    assert.deepEqual(await labels(inMock('outputs:\n  sent:\n    author:\n      |')), ['id']);
    assert.deepEqual(await labels(inMock('recorded:\n  - outputs:\n      sent:\n        kind: |')), [
      'new',
      'thread',
    ]);
    assert.deepEqual(await labels('signals:\n  |'), ['postMessage']);
    assert.deepEqual(await labels('signals:\n  postMessage:\n    |'), ['bot_id']);
  });

  it('knows in expressions what the block that is mocked can read, and its configuration', async () => {
    assert.deepEqual(await labels(inMock('data: !expr secrets.|')), ['LIMIT', 'API_TOKEN']);
    assert.deepEqual(await labels(inMock('data: !expr outputs.|')), ['in']);
    assert.deepEqual(await labels(inMock('data: !expr outputs.|', 'Deploy')), ['postMessage', 'in']);
    assert.deepEqual(await labels(inMock('data:\n  deep: [!expr outputs.|]', 'Deploy')), [
      'postMessage',
      'in',
    ]);
    assert.deepEqual(await labels('blocks: {}\nsignals: !expr outputs.|'), []);
  });

  it('reports names that the flow does not have, and mends them', async () => {
    const text =
      inMock('outputs: { snet: {}, sent: { a: 1 } }') + '\n  Deplyo:\n    error: x\n  In:\n    data: 1\n';
    await client.open(at, text, 'flow-mocks');
    const found = await client.diagnostics(at);
    assert.deepEqual(
      found.map(({ code, range, message }) => [code, textAt(text, range), message]),
      [
        ['unused-mock', 'snet', '"Post Message" has no output `snet`. Did you mean `sent`?'],
        ['unused-mock', 'Deplyo', 'No block of the flow is called "Deplyo". Did you mean "Deploy"?'],
        ['unused-mock', 'In', 'The mock of "In" is not used: a httpEndpoint always runs itself.'],
      ],
    );
    const [fix] = await client.codeActions(at, [found[1]!]);
    assert.deepEqual(fix?.edit?.changes?.[client.uri(at)]?.[0]?.newText, 'Deploy');
    // The flow as it stands in the editor.
    await client.open('a.flow.yaml', flow.replace('name: Deploy', 'name: Deplyo'));
    await client.changed(at);
    assert.ok((await client.diagnostics(at)).every(({ message }) => !words({ message }).includes('Deplyo')));
  });

  it('reports wrong shapes, what expressions cannot read, and undeclared secrets', async () => {
    const cases: readonly (readonly [text: string, ...found: (readonly [code: string, place: string])[]])[] =
      [
        ['- a\n', ['not-a-flow', '- a\n']],
        ['blocks:\n  - Post Message\n', ['shape', '- Post Message\n']],
        ['blcks: {}\n', ['unknown-field', 'blcks']],
        ['blocks:\n  Post Message:\n', ['shape', 'Post Message']],
        [
          inMock('dta: 1\ndelay: soon\nerror: 5'),
          ['unknown-field', 'dta'],
          ['shape', 'delay'],
          ['shape', 'error'],
        ],
        [inMock('outputs: 5'), ['shape', '5']],
        [inMock('recorded: {}'), ['shape', 'recorded']],
        [inMock('recorded:\n  - 5\n  - { wehn: 1 }'), ['shape', '5'], ['unknown-field', 'wehn']],
        [inMock('recorded:\n  - outputs: { sent: !expr "1" }'), ['shape', '!expr "1"']],
        ['signals: { a: 1 }\n', ['shape', 'signals']],
        ['signals:\n  a: { b: !expr "1" }\n', ['shape', '!expr "1"']],
        [inMock('data: !expr outputs.deploy.x'), ['unknown-output', 'deploy']],
        [inMock('data: { a: [!expr secrets.NONE] }'), ['undefined-secret', 'NONE']],
        [inMock('data: !expr "a +"'), ['expression-syntax', '+']],
        [inMock('data: !expr "1" # flows-ignore\nnone: 1 # flows-ignore[unknown-field]')],
        [inMock('data: !expr outputs.in.body + config.channel + previous.x + secrets.LIMIT\ndelay: 0')],
      ];
    for (const [text, ...wanted] of cases) {
      await client.open(at, text, 'flow-mocks');
      const found = await client.diagnostics(at);
      assert.deepEqual(
        found.map(({ code, range }) => [code, textAt(text, range)]),
        wanted,
        text,
      );
      await client.close(at);
    }
  });

  it('finds its flow by its name, by the tests that name it, and by how its name begins', async () => {
    const mock = 'blocks:\n  Nobody:\n    error: x\n';
    const expected = async (name: string): Promise<boolean> => {
      await client.open(name, mock, 'flow-mocks');
      return (await client.diagnostics(name)).some(({ code }) => code === 'unused-mock');
    };
    client.write('x/unsigned.mocks.yaml', mock);
    assert.equal(await expected('x/unsigned.mocks.yaml'), false);
    client.write('x/b.flow.yaml', flow);
    client.write(
      'x/b.flow-test.yaml',
      'tests: [{ name: a, mocks: ./unsigned.mocks.yaml, send: { block: In }, expect: [] }]\n',
    );
    await client.close('x/unsigned.mocks.yaml');
    assert.equal(await expected('x/unsigned.mocks.yaml'), true);
    assert.equal(await expected('x/b.down.mocks.yaml'), true);
    assert.equal(await expected('x/b.mocks.yaml'), true);
    assert.equal(await expected('x/c.mocks.yaml'), false);
  });

  it('tells on hover what keys, blocks and outputs are', async () => {
    const text = inMock(
      'data: { ts: 1 }\noutputs:\n  sent: 1\nrecorded:\n  - when: 1\n    outputs: { refused: 1 }',
    );
    await client.open(at, text, 'flow-mocks');
    const hover = async (piece: string): Promise<string> => {
      const lines = text.slice(0, text.indexOf(piece) + 1).split('\n');
      return JSON.stringify(
        await client.hover(at, { line: lines.length - 1, character: lines.at(-1)!.length }),
      );
    };
    assert.match(await hover('blocks'), /what blocks answer/);
    assert.match(await hover('Post Message'), /Post Message/);
    assert.match(await hover('data'), /the event on the default output/);
    assert.match(await hover('sent'), /The message has been sent/);
    assert.match(await hover('when'), /data of the event that this answers/);
    assert.match(await hover('refused'), /Refused/);
    assert.equal(await hover('ts'), 'null');
  });

  it('leads from a mock to its block, and finds a block in tests and mocks', async () => {
    const text = `${inMock('data: !expr outputs.in.body')}\n  Deploy:\n    data: !expr outputs.postMessage.ts\n`;
    const test =
      'tests:\n  - name: a\n    send: { block: Deploy, outputs: { Post Message: {} } }\n    expect:\n      - block: Post Message\n';
    client.write('a.flow-test.yaml', test);
    client.write('other.flow-test.yaml', test);
    client.write('a.mocks.yaml', text);
    await client.notify('workspace/didChangeWatchedFiles', {
      changes: ['a.flow-test.yaml', 'other.flow-test.yaml', 'a.mocks.yaml'].map((name) => ({
        uri: client.uri(name),
        type: 1,
      })),
    });
    await client.open(at, text, 'flow-mocks');
    const textDocument = { uri: client.uri(at) };
    const [link] = await client.request<(Location | LocationLink)[]>('textDocument/definition', {
      textDocument,
      position: { line: 1, character: 4 },
    });
    const target = link as Location;
    assert.deepEqual([target.uri, textAt(flow, target.range)], [client.uri('a.flow.yaml'), 'Post Message']);
    await client.open('a.flow.yaml', flow);
    const lines = flow.slice(0, flow.indexOf('Post Message')).split('\n');
    for (const [name, position] of [
      [at, { line: 1, character: 4 }],
      ['a.flow.yaml', { line: lines.length - 1, character: lines.at(-1)!.length + 1 }],
    ] as const) {
      const found = await client.request<Location[]>('textDocument/references', {
        textDocument: { uri: client.uri(name) },
        position,
        context: { includeDeclaration: false },
      });
      const texts: Readonly<Record<string, string>> = {
        'a.flow.yaml': flow,
        'a.mocks.yaml': text,
        'a.flow-test.yaml': test,
      };
      assert.deepEqual(
        found
          .map(({ uri, range }) => {
            const file = uri.slice(uri.lastIndexOf('/') + 1);
            return `${file}: ${textAt(texts[file]!, range)} ${range.start.line}`;
          })
          .sort(),
        [
          'a.flow-test.yaml: Post Message 2',
          'a.flow-test.yaml: Post Message 4',
          'a.flow.yaml: Post Message 17',
          'a.flow.yaml: Post Message 23',
          'a.flow.yaml: postMessage 18',
          'a.mocks.yaml: Post Message 1',
          'a.mocks.yaml: postMessage 4',
        ],
      );
    }
  });

  describe('renaming a block', () => {
    const mocks = `${inMock('data: 1')} # why\n  Deploy:\n    data: !expr outputs.postMessage.ts\n`;
    const test =
      'tests:\n  - name: a\n    secrets: { LIMIT: none }\n    send: { block: Post Message, outputs: { "Post Message": {} } }\n    expect: { block: Post Message }\n';
    const position = { line: 6, character: 12 };
    const start = async (files: Readonly<Record<string, string>>): Promise<void> => {
      for (const [name, text] of Object.entries(files)) client.write(name, text);
      await client.notify('workspace/didChangeWatchedFiles', {
        changes: Object.keys(files).map((name) => ({ uri: client.uri(name), type: 1 })),
      });
      await client.open('a.flow.yaml', flow);
    };
    const rename = (newName: string, name = 'a.flow.yaml', from = position): Promise<WorkspaceEdit> =>
      client.request('textDocument/rename', {
        textDocument: { uri: client.uri(name) },
        position: from,
        newName,
      });
    const after = ({ changes }: WorkspaceEdit, name: string, text: string): string =>
      [...(changes?.[client.uri(name)] ?? [])]
        .sort(
          (a, b) =>
            b.range.start.line - a.range.start.line || b.range.start.character - a.range.start.character,
        )
        .reduce((now, { range, newText }) => replaced(now, range, newText), text);

    it('reaches its mocks and tests, in the right quoting, and what mocks read', async () => {
      await start({ 'a.mocks.yaml': mocks, 'a.flow-test.yaml': test });
      const edit = await rename('Say: it');
      assert.equal(
        after(edit, 'a.mocks.yaml', mocks),
        mocks.replace('  Post Message:', "  'Say: it':").replace('postMessage', 'sayIt'),
      );
      assert.equal(
        after(edit, 'a.flow-test.yaml', test),
        test.replace('"Post Message"', '"Say: it"').replaceAll('block: Post Message', "block: 'Say: it'"),
      );
      assert.match(after(edit, 'a.flow.yaml', flow), /outputs\.sayIt\.ts/);
      // From the mock itself it is the same.
      await client.open('a.mocks.yaml', mocks, 'flow-mocks');
      const same = await rename('Say: it', 'a.mocks.yaml', { line: 1, character: 4 });
      assert.deepEqual(Object.keys(same.changes!).sort(), Object.keys(edit.changes!).sort());
    });

    it('is refused where two mocks would have one name, or a mock would read something else', async () => {
      await start({ 'a.mocks.yaml': 'blocks:\n  Post Message: { data: 1 }\n  Say: { data: 2 }\n' });
      await assert.rejects(rename('Say'), /a\.mocks\.yaml has a mock of "Say" already/);
    });

    it('of a secret reaches the tests that give it a value', async () => {
      await start({ 'a.mocks.yaml': inMock('data: !expr secrets.LIMIT'), 'a.flow-test.yaml': test });
      const line = flow.split('\n').findIndex((one) => one.includes('secrets.LIMIT'));
      const character = flow.split('\n')[line]!.indexOf('LIMIT') + 1;
      const edit = await rename('MOST', 'a.flow.yaml', { line, character });
      assert.equal(after(edit, 'a.flow-test.yaml', test), test.replace('LIMIT', 'MOST'));
      assert.match(after(edit, 'a.mocks.yaml', inMock('data: !expr secrets.LIMIT')), /secrets\.MOST/);
    });
  });

  describe('tokens', () => {
    it('in mocks are reported; where an expression can stand, they are moved to a secret', async () => {
      const text = `${inMock(`data: { token: ${TOKEN}, apiKey: b7Qx2mV9kT4wR8zN }\nrecorded:\n  - outputs: { sent: { token: ${TOKEN} } }`)}\n`;
      await client.open(at, text, 'flow-mocks');
      const found = await client.diagnostics(at);
      assert.deepEqual(
        found.map(({ code, range, message }) => [
          code,
          textAt(text, range) === TOKEN,
          /Make one up/.test(words({ message })),
        ]),
        [
          ['hard-coded-secret', true, false],
          ['hard-coded-secret', true, true],
        ],
      );
      const fixes = async (i: number): Promise<CodeAction[]> =>
        (await client.codeActions(at, [found[i]!])).filter(({ title }) => title.startsWith('Move'));
      assert.equal((await fixes(0)).length, 1);
      assert.equal((await fixes(1)).length, 0);
      const answer = await client.request<LiteralAtResult>('flows/literalAt', {
        uri: client.uri(at),
        position: found[0]!.range.start,
      });
      assert.equal(
        replaced(text, answer.edit.range, answer.edit.newText),
        text.replace(TOKEN, '!expr secrets.GITHUB_TOKEN'),
      );
      assert.ok(!JSON.stringify([found, answer]).includes(TOKEN.slice(4, 14)));
    });

    it('in tests are reported, and nothing else can be done than to make one up', async () => {
      const text = `secrets: { API_TOKEN: { fake: ${TOKEN} } }\ntests:\n  - name: a\n    send: { block: In, data: { headers: { authorization: Bearer ${TOKEN}, apiKey: b7Qx2mV9kT4wR8zN } } }\n    expect:\n      - block: In\n        data: !expr previous.x === "${TOKEN}"\n`;
      await client.open('a.flow-test.yaml', text, 'flow-test');
      const found = await client.diagnostics('a.flow-test.yaml');
      assert.deepEqual(
        found.map(({ code, range }) => [code, textAt(text, range) === TOKEN]),
        [
          ['hard-coded-secret', true],
          ['hard-coded-secret', true],
          ['hard-coded-secret', true],
        ],
      );
      for (const one of found) {
        assert.match(words(one), /Make one up/);
        assert.ok(
          (await client.codeActions('a.flow-test.yaml', [one])).every(({ title }) => !/^Move/.test(title)),
        );
      }
      assert.ok(!JSON.stringify(found).includes(TOKEN.slice(4, 14)));
    });
  });
});
