import assert from 'node:assert/strict';
import { DocumentHighlightKind, type DocumentHighlight, type Location } from 'vscode-languageserver/node';
import { TestClient, textAt } from './client.js';
import { at, RICH, spots } from './places.js';

const PROJECT = 'project: ops\nsecrets:\n  API_TOKEN:\n  AUDIENCE:\n';

/** What a cursor on a name must find: its declaration first, marked by `!`. */
const NAMES: [what: string, pieces: string[], ...places: string[]][] = [
  [
    'a block: links, and expressions that read its key in every form',
    ['- name: Sta‸rt', 'block: St‸art', 'start.params["it', '{ st‸art, decodeJwt'].map((piece) =>
      piece.includes('‸') ? piece : piece.replace('start', 'sta‸rt'),
    ),
    '!10: Start',
    '32: Start',
    '37: start',
    '44: start',
    '49: Start',
    '52: start',
    '63: start',
  ],
  [
    'a block on a cycle, read by itself',
    ["- name: 'Dec‸ode JWT'", 'block: Decode‸ JWT', 'body: !expr outputs.decode‸Jwt', 'decode‸Jwt: d'],
    '20: Decode JWT',
    '23: decodeJwt',
    '!24: Decode JWT',
    '37: decodeJwt',
    '44: decodeJwt',
  ],
  [
    'a block whose key another block shares: only what can mean it',
    ['- name: Tran‸sform\n', 'block: Trans‸form\n'],
    '!45: Transform',
    '58: Transform',
    '63: transform',
    '76: transform',
  ],
  [
    'the other one of them',
    ['- name: Transform (‸1)'],
    '!53: Transform (1)',
    '73: Transform (1)',
    '76: transform',
  ],
  ['an error handler', ['errorHandler: ‸Oops', 'name: Oops‸'], '27: Oops', '!90: Oops'],
  ['a group', ['group: M‸y', '- name: M‸y group'], '28: My group', '!92: My group'],
  ['a block with signals', ['signal.se‸nd', '- name: Se‸nd'], '!64: Send', '89: send'],
  [
    'an installation',
    ['  sla‸ck:', 'appInstallation: sl‸ack', 'signal.sl‸ack'],
    '!4: slack',
    '68: slack',
    '77: slack',
  ],
  ['an installation with another app name', ['  testutil‸ities:'], '!7: testutilities', '84: testutilities'],
  ['a secret, also through an alias', ['s.API‸_TOKEN', '["API_‸TOKEN"]'], '39: API_TOKEN', '40: API_TOKEN'],
];

describe('references and highlights', () => {
  let client: TestClient;
  afterEach(() => client.dispose());

  const refer = (name: string, text: string, piece: string, includeDeclaration = true) =>
    client.request<Location[] | null>('textDocument/references', {
      textDocument: { uri: client.uri(name) },
      position: at(text, piece),
      context: { includeDeclaration },
    });
  const highlight = (piece: string) =>
    client.request<DocumentHighlight[] | null>('textDocument/documentHighlight', {
      textDocument: { uri: client.uri('a.flow.yaml') },
      position: at(RICH, piece),
    });

  for (const [what, pieces, ...places] of NAMES) {
    const plain = places.map((place) => place.replace('!', ''));
    it(`find ${what}`, async () => {
      client = await TestClient.start();
      await client.open('a.flow.yaml', RICH);
      for (const piece of pieces) {
        assert.deepEqual(spots(RICH, (await refer('a.flow.yaml', RICH, piece))!), plain, piece);
        assert.deepEqual(
          spots(RICH, (await refer('a.flow.yaml', RICH, piece, false))!),
          places.filter((place) => !place.startsWith('!')),
          `${piece} without the declaration`,
        );
        const lights = (await highlight(piece))!;
        assert.deepEqual(
          spots(
            RICH,
            lights.map(({ range }) => range),
          ),
          plain,
          `highlights of ${piece}`,
        );
        assert.deepEqual(
          spots(
            RICH,
            lights.filter(({ kind }) => kind === DocumentHighlightKind.Write).map(({ range }) => range),
          ),
          places.filter((place) => place.startsWith('!')).map((place) => place.slice(1)),
        );
      }
    });
  }

  it('find each place once where a name can mean several blocks', async () => {
    client = await TestClient.start();
    await client.open('a.flow.yaml', RICH);
    assert.deepEqual(spots(RICH, (await refer('a.flow.yaml', RICH, 'text: !expr outputs.trans‸form'))!), [
      '45: Transform',
      '53: Transform (1)',
      '58: Transform',
      '63: transform',
      '73: Transform (1)',
      '76: transform',
    ]);
  });

  it('find a secret in the flows of its project that are open, and its declaration', async () => {
    client = await TestClient.start({ 'ops/flows.project.yaml': PROJECT });
    await client.open('ops/a.flow.yaml', RICH);
    await client.open('ops/in/b.flow.yaml', RICH);
    await client.open('other/c.flow.yaml', RICH);
    await client.open('ops/flows.project.yaml', PROJECT, 'yaml');
    for (const [name, text, piece] of [
      ['ops/a.flow.yaml', RICH, 's.API‸_TOKEN'],
      ['ops/flows.project.yaml', PROJECT, '  API_‸TOKEN'],
    ] as const) {
      const found = (await refer(name, text, piece))!;
      assert.deepEqual(
        found.map(({ uri, range }) => [uri, range.start.line + 1]),
        [
          [client.uri('ops/flows.project.yaml'), 3],
          [client.uri('ops/a.flow.yaml'), 39],
          [client.uri('ops/a.flow.yaml'), 40],
          [client.uri('ops/in/b.flow.yaml'), 39],
          [client.uri('ops/in/b.flow.yaml'), 40],
        ],
      );
      assert.equal(textAt(PROJECT, found[0]!.range), 'API_TOKEN');
      assert.equal((await refer(name, text, piece, false))!.length, 4);
    }
  });

  it('follow an edit', async () => {
    client = await TestClient.start();
    await client.open('a.flow.yaml', RICH);
    const line = (piece: string) => at(RICH, piece);
    // The wire from Start to Transform goes: what is behind it no longer reads Start.
    const start = line('links: [‸{ block: "Start"');
    const end = line('output: requests }‸]');
    await client.edit('a.flow.yaml', [{ range: { start, end }, text: '' }]);
    const text = RICH.replace('[{ block: "Start", output: requests }]', '[]');
    assert.deepEqual(spots(text, (await refer('a.flow.yaml', text, '- name: Sta‸rt'))!), [
      '10: Start',
      '32: Start',
      '37: start',
      '44: start',
    ]);
  });

  it('are silent on what is no name', async () => {
    client = await TestClient.start();
    await client.open('a.flow.yaml', RICH);
    assert.equal(await refer('a.flow.yaml', RICH, 'core‸Block'), null);
    assert.equal(await highlight('core‸Block'), null);
    assert.equal(await highlight('prev‸ious.b'), null);
    assert.equal(await highlight('output: requ‸ests'), null);
  });
});
