import assert from 'node:assert/strict';
import type { DocumentLink } from 'vscode-languageserver/node';
import { TestClient, textAt } from './client.js';
import { RICH } from './places.js';

describe('document links', () => {
  let client: TestClient;
  afterEach(() => client.dispose());
  const start = async (text = RICH, capabilities = {}): Promise<void> => {
    client = await TestClient.start({}, { capabilities });
    await client.open('a.flow.yaml', text);
  };
  const ask = <T>(method: string, params: object = {}): Promise<T> =>
    client.request<T>(`textDocument/${method}`, {
      textDocument: { uri: client.uri('a.flow.yaml') },
      ...params,
    });

  it('links addresses and files in notes and descriptions', async () => {
    await start();
    const links = await ask<DocumentLink[]>('documentLink');
    assert.deepEqual(
      links.map(({ range, target }) => [textAt(RICH, range), target]),
      [
        ['https://example.com/a_(b)', 'https://example.com/a_(b)'],
        ['./docs/start.md', new URL('docs/start.md', client.uri('a.flow.yaml')).href],
        ['https://example.com/note', 'https://example.com/note'],
      ],
    );
  });

  it('opens no programs by links', async () => {
    await start('notes:\n  - body: "[a](command:x) [b](javascript:alert) [c](#d) [e](vscode://x)"\n');
    assert.deepEqual(await ask<DocumentLink[]>('documentLink'), []);
  });
});
