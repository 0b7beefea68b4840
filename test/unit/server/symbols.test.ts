import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  SymbolKind,
  type DocumentSymbol,
  type SymbolInformation,
  type WorkspaceSymbol,
} from 'vscode-languageserver/node';
import { FlowDocument } from '../../../flow/document.js';
import { comparePositions } from '../../../flow/text.js';
import { inFlowOrder } from '../../../server/symbols.js';
import { TestClient, textAt } from './client.js';
import { RICH } from './places.js';

const TREE = { textDocument: { documentSymbol: { hierarchicalDocumentSymbolSupport: true } } };

/** `name: detail` per line, children indented. */
function outline(symbols: readonly DocumentSymbol[], indent = ''): string {
  return symbols
    .map(
      ({ name, detail, children }) =>
        `${indent}${name}${detail === undefined ? '' : `: ${detail}`}\n${outline(children ?? [], `${indent}  `)}`,
    )
    .join('');
}

describe('symbols', () => {
  let client: TestClient;
  afterEach(() => client.dispose());
  const ask = <T>(name: string): Promise<T> =>
    client.request<T>('textDocument/documentSymbol', { textDocument: { uri: client.uri(name) } });

  it('are the installations, the notes, and the blocks in the order of the wires with what is in them', async () => {
    client = await TestClient.start({}, { capabilities: TREE });
    await client.open('a.flow.yaml', RICH);
    assert.equal(
      outline(await ask('a.flow.yaml')),
      `appInstallations
  slack: Slack 0.2.2
  testutilities: Test Utilities
notes
  Hello
Start: httpEndpoint
  config
    audience: secrets.AUDIENCE
  default: ← Decode JWT.then
    body: outputs.decodeJwt
Decode JWT: condition
  default: ← Start.requests
    condition: (() => { const { start, decodeJwt: d } = outputs; const s =…
  then
    !expr: { raw: outputs.start["x"], self: outputs.decodeJwt }
Transform: transform
  default: ← Start.requests
  default
    !expr: outputs.start.params["it's"]
Transform (1): transform
  default: ← Transform.default
  default
    !expr: outputs.transform.x + outputs.start.y
Send: slack.sendTextMessage
  default: ← Transform (1).default
    text: outputs.transform
    user: ref("signal.slack.user_id") + signals.variables.other
    nested.a[1]: previous.b
Variables: testutilities.variables
  config
    value: ref("signal.send.user_id")
Oops: handleError
My group: group
`,
    );
  });

  it('cover their text: names in names, children in parents', async () => {
    client = await TestClient.start({}, { capabilities: TREE });
    await client.open('a.flow.yaml', RICH);
    const symbols = await ask<DocumentSymbol[]>('a.flow.yaml');
    const check = (symbol: DocumentSymbol): void => {
      const { range, selectionRange, children = [] } = symbol;
      for (const inner of [selectionRange, ...children.map((child) => child.range)]) {
        assert.ok(
          comparePositions(range.start, inner.start) <= 0 && comparePositions(inner.end, range.end) <= 0,
        );
      }
      children.forEach(check);
    };
    symbols.forEach(check);
    const start = symbols.find(({ name }) => name === 'Start')!;
    assert.equal(textAt(RICH, start.selectionRange), 'Start');
    assert.match(textAt(RICH, start.range), /^name: Start[^]*body: !expr outputs\.decodeJwt$/);
    assert.equal(start.kind, SymbolKind.Event);
    assert.equal(symbols.find(({ name }) => name === 'Transform')!.kind, SymbolKind.Function);
  });

  it('are flat for clients without trees', async () => {
    client = await TestClient.start();
    await client.open('a.flow.yaml', RICH);
    const symbols = await ask<SymbolInformation[]>('a.flow.yaml');
    const audience = symbols.find(({ name }) => name === 'audience')!;
    assert.equal(audience.containerName, 'config');
    assert.equal(textAt(RICH, audience.location.range), 'audience: !expr secrets.AUDIENCE');
  });

  it('survive names that are missing or come through aliases', async () => {
    client = await TestClient.start({}, { capabilities: TREE });
    await client.open(
      'a.flow.yaml',
      'blocks:\n  - type: { coreBlock: sleep }\n  - name: &n ""\n  - name: *n\n  -\n',
    );
    const symbols = await ask<DocumentSymbol[]>('a.flow.yaml');
    assert.ok(symbols.length > 0 && symbols.every(({ name }) => name === '(unnamed)'));
  });

  it('of an installation config are what it says, with its expressions', async () => {
    client = await TestClient.start({}, { capabilities: TREE });
    await client.open(
      'x.installation.yaml',
      'app: slack\nversion: 1.0.0\nconfig:\n  token: !expr secrets.TOKEN\n',
      'flow-installation',
    );
    assert.equal(
      outline(await ask('x.installation.yaml')),
      'app: slack\nversion: 1.0.0\nconfig\n  token: secrets.TOKEN\n',
    );
  });

  it('of all open flows are found by letters in order', async () => {
    client = await TestClient.start();
    await client.open('a.flow.yaml', RICH);
    await client.open('b.flow.yaml', RICH.replace('- name: Start', '- name: Begin'));
    const find = async (query: string): Promise<[string, string][]> =>
      (await client.request<WorkspaceSymbol[]>('workspace/symbol', { query })).map(({ name, location }) => [
        name,
        location.uri.slice(-11, -10),
      ]);
    assert.deepEqual(await find('tRf1'), [
      ['Transform (1)', 'a'],
      ['Transform (1)', 'b'],
    ]);
    assert.deepEqual(await find('begin'), [['Begin', 'b']]);
    assert.deepEqual(await find('[('), []);
    assert.equal((await find('')).length, 2 * (8 + 2));
  });
});

describe('the order of blocks in the outline', () => {
  it('is that of the wires, not of the file', () => {
    const names = (text: string): string[] =>
      inFlowOrder(new FlowDocument(text)).map(({ block }) => block.name.text);
    const block = (name: string, ...senders: string[]): string =>
      `  - name: ${name}\n    type: { coreBlock: ${name === 'In' ? 'httpEndpoint' : 'transform'} }\n    inputs: { default: { links: [${senders.map((sender) => `{ block: ${sender}, output: default }`).join(', ')}] } }\n`;
    assert.deepEqual(
      names(
        `blocks:\n${block('D', 'B', 'C')}${block('C', 'A')}${block('B', 'A')}${block('A')}${block('E', 'D')}`,
      ),
      ['A', 'C', 'B', 'D', 'E'],
      'a join stands behind all that it joins',
    );
    assert.deepEqual(
      names(`blocks:\n${block('Wait', 'In')}${block('In', 'Answer')}${block('Answer', 'Wait')}`),
      ['In', 'Wait', 'Answer'],
      'a cycle begins where events come in',
    );
    assert.deepEqual(names(`blocks:\n${block('X', 'X')}${block('X')}${block('Y', 'Nobody')}`).length, 3);
  });

  it('holds every block once, whatever the wires', () => {
    const wiring = fc.array(fc.array(fc.nat({ max: 9 }), { maxLength: 3 }), { maxLength: 10 });
    fc.assert(
      fc.property(wiring, (senders) => {
        const text = `blocks:\n${senders
          .map(
            (from, i) =>
              `  - name: B${i}\n    inputs:\n      default:\n        links: [${from.map((one) => `{ block: B${one}, output: x }`).join(', ')}]\n`,
          )
          .join('')}`;
        const flow = new FlowDocument(text);
        const ordered = inFlowOrder(flow);
        assert.equal(ordered.length, senders.length);
        assert.equal(new Set(ordered).size, senders.length);
      }),
    );
  });
});
