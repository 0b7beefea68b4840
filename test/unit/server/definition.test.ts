import assert from 'node:assert/strict';
import type { Location, LocationLink } from 'vscode-languageserver/node';
import { TestClient, textAt } from './client.js';
import { at, RICH } from './places.js';

const PROJECT = '# keys\nproject: ops\nsecrets:\n  API_TOKEN: { description: x }\n  "AUDIENCE":\n';

describe('definition', () => {
  let client: TestClient;
  const start = async (linkSupport = true): Promise<void> => {
    client = await TestClient.start(
      { 'flows.project.yaml': PROJECT },
      { capabilities: { textDocument: { definition: { linkSupport } } } },
    );
    await client.open('a.flow.yaml', RICH);
  };
  afterEach(() => client.dispose());

  const ask = <T>(piece: string, text = RICH, name = 'a.flow.yaml'): Promise<T> =>
    client.request<T>('textDocument/definition', {
      textDocument: { uri: client.uri(name) },
      position: at(text, piece),
    });

  for (const [what, piece, origin, ...targets] of [
    ['a link’s block', 'block: St‸art', 'Start', '10: Start'],
    ['a quoted link’s block', 'block: "St‸art"', 'Start', '10: Start'],
    ['a link’s output that has an entry', 'output: th‸en', 'then', '43: then'],
    ['a link’s output that has none', 'output: requ‸ests', 'requests', '10: Start'],
    ['an error handler', 'errorHandler: O‸ops', 'Oops', '90: Oops'],
    ['a group', 'group: My‸ group', 'My group', '92: My group'],
    ['a block’s own name', "- name: 'Dec‸ode", 'Decode JWT', '24: Decode JWT'],
    ['a key of outputs', 'outputs.start‸.params', 'start', '10: Start'],
    ['a key in brackets, in double quotes', 'raw: outputs.st‸art', 'start', '10: Start'],
    ['a destructured key', '{ st‸art, decodeJwt: d }', 'start', '10: Start'],
    [
      'a key that the nearest blocks upstream share',
      'text: !expr outputs.trans‸form',
      'transform',
      '53: Transform (1)',
      '45: Transform',
    ],
    [
      'a key that a block upstream has, and the block itself',
      '!expr outputs.trans‸form.x',
      'transform',
      '45: Transform',
    ],
    ['previous', '!expr prev‸ious.b', 'previous', '53: Transform (1)'],
    ['the owner of a ref to a block', 'signal.se‸nd.user_id', 'send', '64: Send'],
    ['the owner of a ref to an installation', 'signal.sl‸ack.user_id', 'slack', '4: slack'],
    ['the owner of signals.…', 'signals.vari‸ables', 'variables', '80: Variables'],
    ['an app block’s installation', 'appInstallation: sl‸ack', 'slack', '4: slack'],
  ] as [string, string, string, ...string[]][]) {
    it(`goes from ${what} to ${targets.join(' and ')}`, async () => {
      await start();
      const links = await ask<LocationLink[]>(piece);
      assert.deepEqual(
        links.map(({ targetSelectionRange: range }) => `${range.start.line + 1}: ${textAt(RICH, range)}`),
        targets,
      );
      for (const link of links) {
        assert.equal(textAt(RICH, link.originSelectionRange!), origin);
        assert.equal(link.targetUri, client.uri('a.flow.yaml'));
        assert.ok(textAt(RICH, link.targetRange).includes(textAt(RICH, link.targetSelectionRange)));
      }
    });
  }

  it('shows all of a block as the target, and its name in it', async () => {
    await start();
    const [link] = await ask<LocationLink[]>('errorHandler: O‸ops');
    assert.equal(textAt(RICH, link!.targetRange), 'name: Oops\n    type: { coreBlock: handleError }');
  });

  for (const [piece, key, line] of [
    ['s.API‸_TOKEN', 'API_TOKEN', 'API_TOKEN: { description: x }'],
    ['secrets["API_‸TOKEN"]', 'API_TOKEN', 'API_TOKEN: { description: x }'],
    ['secrets.AUD‸IENCE', 'AUDIENCE', '"AUDIENCE":'],
  ] as const) {
    it(`goes from ${piece} to the key’s line in the project file`, async () => {
      await start();
      const [link, ...rest] = await ask<LocationLink[]>(piece);
      assert.deepEqual(rest, []);
      assert.equal(link!.targetUri, client.uri('flows.project.yaml'));
      assert.equal(textAt(PROJECT, link!.targetSelectionRange), key);
      assert.equal(textAt(PROJECT, link!.targetRange), line);
      assert.equal(textAt(RICH, link!.originSelectionRange!), key);
    });
  }

  it('goes to the project file as it is in the editor, unsaved', async () => {
    await start();
    await client.open('flows.project.yaml', '\n\n' + PROJECT, 'yaml');
    const [link] = await ask<LocationLink[]>('s.API‸_TOKEN');
    assert.equal(link!.targetSelectionRange.start.line, 5);
  });

  it('gives plain locations to clients without links', async () => {
    await start(false);
    const [location] = await ask<Location[]>('group: My‸ group');
    assert.deepEqual([location!.uri, textAt(RICH, location!.range)], [client.uri('a.flow.yaml'), 'My group']);
  });

  it('leads to the block of a key that is not upstream, so that the mistake can be mended', async () => {
    await start();
    const text = RICH.replace('!expr outputs.decodeJwt', '!expr outputs.send');
    await client.open('b.flow.yaml', text);
    const [link] = await ask<LocationLink[]>('!expr outputs.se‸nd', text, 'b.flow.yaml');
    assert.equal(textAt(text, link!.targetSelectionRange), 'Send');
  });

  it('is silent where nothing is named, and on names of nothing', async () => {
    await start();
    for (const piece of ['core‸Block', '!ex‸pr secrets', '/hello/{na‸me}', 'start.par‸ams', '# Two‸'])
      assert.equal(await ask(piece), null, piece);
    const text = RICH.replace('errorHandler: Oops', 'errorHandler: Nobody').replace('.AUDIENCE', '.NOBODY');
    await client.open('b.flow.yaml', text);
    assert.deepEqual(await ask('errorHandler: No‸body', text, 'b.flow.yaml'), []);
    assert.deepEqual(await ask('secrets.NO‸BODY', text, 'b.flow.yaml'), []);
  });

  it('says nothing about other YAML', async () => {
    await start();
    await client.open('other.yaml', 'a: secrets.X\n', 'yaml');
    assert.equal(await ask('secrets.‸X', 'a: secrets.X\n', 'other.yaml'), null);
  });
});
