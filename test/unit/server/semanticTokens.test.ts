import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { SemanticTokens } from 'vscode-languageserver/node';
import { LEGEND } from '../../../server/capabilities.js';
import { flowWith, TestClient } from './client.js';
import { RICH } from './places.js';

/** Types that every client knows (LSP 3.17). */
const STANDARD = new Set(['variable', 'declaration', 'readonly', 'defaultLibrary']);

describe('semantic tokens', () => {
  let client: TestClient;
  afterEach(() => client.dispose());

  /** `text type.modifiers` of each token. */
  const tokens = async (text: string, lines?: [number, number]): Promise<string[]> => {
    client = await TestClient.start();
    await client.open('a.flow.yaml', text);
    const { data } = await client.request<SemanticTokens>(
      `textDocument/semanticTokens/${lines ? 'range' : 'full'}`,
      {
        textDocument: { uri: client.uri('a.flow.yaml') },
        ...(lines && {
          range: { start: { line: lines[0], character: 0 }, end: { line: lines[1], character: 0 } },
        }),
      },
    );
    const found: string[] = [];
    let line = 0;
    let character = 0;
    for (let i = 0; i < data.length; i += 5) {
      const [down, right, length, type, modifiers] = data.slice(i, i + 5) as [
        number,
        number,
        number,
        number,
        number,
      ];
      character = down === 0 ? character + right : right;
      line += down;
      const names = LEGEND.tokenModifiers.filter((_, bit) => (modifiers >> bit) & 1);
      found.push(
        `${text.split('\n')[line]!.slice(character, character + length)} ${[LEGEND.tokenTypes[type], ...names].join('.')}`,
      );
    }
    return found;
  };

  it('are names of blocks and installations in YAML, and what expressions read', async () => {
    assert.deepEqual(await tokens(RICH), [
      'slack installation.declaration',
      'testutilities installation.declaration',
      'Start block.declaration',
      'secrets variable.readonly.defaultLibrary',
      'AUDIENCE secret.readonly',
      'Decode JWT block',
      'outputs variable.readonly.defaultLibrary',
      'decodeJwt block.readonly',
      'Decode JWT block.declaration',
      'Oops block',
      'My group block',
      'Start block',
      'start block.readonly',
      'decodeJwt block.readonly',
      'outputs variable.readonly.defaultLibrary',
      'secrets variable.readonly.defaultLibrary',
      's variable.readonly.defaultLibrary',
      'API_TOKEN secret.readonly',
      'previous variable.readonly.defaultLibrary',
      'secrets variable.readonly.defaultLibrary',
      'API_TOKEN secret.readonly',
      'outputs variable.readonly.defaultLibrary',
      'start block.readonly',
      'outputs variable.readonly.defaultLibrary',
      'decodeJwt block.readonly',
      'Transform block.declaration',
      'Start block',
      'outputs variable.readonly.defaultLibrary',
      'start block.readonly',
      'Transform (1) block.declaration',
      'Transform block',
      'outputs variable.readonly.defaultLibrary',
      'transform block.readonly',
      'outputs variable.readonly.defaultLibrary',
      'start block.readonly',
      'Send block.declaration',
      'slack installation',
      'Transform (1) block',
      'outputs variable.readonly.defaultLibrary',
      'transform block.readonly',
      'slack block.readonly',
      'signals variable.readonly.defaultLibrary',
      'variables block.readonly',
      'previous variable.readonly.defaultLibrary',
      'Variables block.declaration',
      'testutilities installation',
      'send block.readonly',
      'Oops block.declaration',
      'My group block.declaration',
    ]);
  });

  it('of a range are those in its lines', async () => {
    assert.deepEqual(await tokens(RICH, [9, 16]), [
      'Start block.declaration',
      'secrets variable.readonly.defaultLibrary',
      'AUDIENCE secret.readonly',
    ]);
  });

  it('leave shadowed names alone', async () => {
    assert.deepEqual(await tokens(flowWith('!expr ((secrets) => secrets.A)(x)')), ['One block.declaration']);
  });

  it('move with the text above, and change with the text', async () => {
    client = await TestClient.start();
    const ask = async (): Promise<number[]> =>
      (
        await client.request<SemanticTokens>('textDocument/semanticTokens/full', {
          textDocument: { uri: client.uri('a.flow.yaml') },
        })
      ).data;
    await client.open('a.flow.yaml', flowWith('!expr secrets.A'));
    const [line = 0, ...rest] = await ask();
    const start = { line: 0, character: 0 };
    await client.edit('a.flow.yaml', [{ range: { start, end: start }, text: '# x\n# y\n' }]);
    assert.deepEqual(await ask(), [line + 2, ...rest]);
    await client.edit('a.flow.yaml', [{ text: 'blocks: []\n' }]);
    assert.deepEqual(await ask(), []);
  });
});

describe('types and modifiers of semantic tokens', () => {
  it('are declared in the extension, with scopes for themes that lack them', () => {
    const { contributes } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as {
      contributes: {
        semanticTokenTypes: { id: string; superType: string; description: string }[];
        semanticTokenScopes: { language?: string; scopes: Record<string, string[]> }[];
      };
    };
    const own = [...LEGEND.tokenTypes, ...LEGEND.tokenModifiers].filter((name) => !STANDARD.has(name));
    assert.deepEqual(contributes.semanticTokenTypes.map(({ id }) => id).sort(), own.sort());
    for (const { superType } of contributes.semanticTokenTypes) assert.ok(superType);
    for (const { scopes } of contributes.semanticTokenScopes) {
      assert.deepEqual(
        Object.keys(scopes)
          .map((selector) => selector.split('.')[0])
          .sort(),
        own.sort(),
      );
    }
  });
});
