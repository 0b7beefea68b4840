import assert from 'node:assert/strict';
import type {
  CallHierarchyIncomingCall,
  CallHierarchyItem,
  CallHierarchyOutgoingCall,
} from 'vscode-languageserver/node';
import { TestClient, textAt } from './client.js';
import { at, RICH, spots } from './places.js';

describe('call hierarchy', () => {
  let client: TestClient;
  afterEach(() => client.dispose());
  const prepare = async (piece: string, text = RICH): Promise<CallHierarchyItem[] | null> => {
    client = await TestClient.start();
    await client.open('a.flow.yaml', text);
    return client.request('textDocument/prepareCallHierarchy', {
      textDocument: { uri: client.uri('a.flow.yaml') },
      position: at(text, piece),
    });
  };
  const incoming = async (item: CallHierarchyItem): Promise<[string, string[]][]> =>
    (await client.request<CallHierarchyIncomingCall[]>('callHierarchy/incomingCalls', { item })).map(
      ({ from, fromRanges }) => [from.name, spots(RICH, fromRanges)],
    );
  const outgoing = async (item: CallHierarchyItem): Promise<[string, string[]][]> =>
    (await client.request<CallHierarchyOutgoingCall[]>('callHierarchy/outgoingCalls', { item })).map(
      ({ to, fromRanges }) => [to.name, spots(RICH, fromRanges)],
    );

  it('follows wires both ways, error handlers too, around cycles', async () => {
    const [item, ...rest] = (await prepare('- name: St‸art'))!;
    assert.deepEqual(rest, []);
    assert.deepEqual([item!.name, item!.detail], ['Start', 'httpEndpoint']);
    assert.equal(textAt(RICH, item!.selectionRange), 'Start');
    assert.deepEqual(await incoming(item!), [['Decode JWT', ['20: Decode JWT']]]);
    assert.deepEqual(await outgoing(item!), [
      ['Decode JWT', ['32: Start']],
      ['Transform', ['49: Start']],
    ]);
    const calls = await client.request<CallHierarchyOutgoingCall[]>('callHierarchy/outgoingCalls', { item });
    assert.deepEqual(await incoming(calls[0]!.to), [['Start', ['32: Start']]]);
    assert.deepEqual(await outgoing(calls[0]!.to), [
      ['Start', ['20: Decode JWT']],
      ['Oops', ['27: Oops']],
    ]);
  });

  for (const [piece, ...names] of [
    ['block: Tran‸sform\n', 'Transform'],
    ['outputs.start.par‸ams', 'Transform'],
    ['raw: outputs.st‸art', 'Start'],
    ['text: !expr outputs.trans‸form', 'Transform (1)', 'Transform'],
    ['appBlock:\n        block: sendText‸Message', 'Send'],
    ['errorHandler: O‸ops', 'Oops'],
  ] as [string, ...string[]][]) {
    it(`begins at ${names.join(' and ')} on ${JSON.stringify(piece)}`, async () => {
      assert.deepEqual(
        (await prepare(piece))?.map(({ name }) => name),
        names,
      );
    });
  }

  it('has nothing outside of blocks, and for blocks that are gone', async () => {
    assert.equal(await prepare('appName: Sl‸ack'), null);
    client.dispose();
    assert.equal(await prepare('co‸reBlock', 'blocks:\n  - type: { coreBlock: sleep }\n'), null);
    client.dispose();
    const [item] = (await prepare('- name: O‸ops'))!;
    assert.deepEqual(await incoming(item!), [['Decode JWT', ['27: Oops']]]);
    await client.edit('a.flow.yaml', [{ text: 'blocks: []\n' }]);
    assert.equal(await client.request('callHierarchy/incomingCalls', { item }), null);
    assert.equal(await client.request('callHierarchy/outgoingCalls', { item }), null);
  });
});
