import assert from 'node:assert/strict';
import type { DocumentLink } from 'vscode-languageserver/node';
import { textAt } from './client.js';
import { oneFile } from './oneFile.js';
import { RICH } from './places.js';

describe('document links', () => {
  const file = oneFile();
  const { start, ask } = file;

  it('links addresses and files in notes and descriptions', async () => {
    await start();
    const links = await ask<DocumentLink[]>('documentLink');
    assert.deepEqual(
      links.map(({ range, target }) => [textAt(RICH, range), target]),
      [
        ['https://example.com/a_(b)', 'https://example.com/a_(b)'],
        ['./docs/start.md', new URL('docs/start.md', file.client.uri('a.flow.yaml')).href],
        ['https://example.com/note', 'https://example.com/note'],
      ],
    );
  });

  it('opens no programs by links', async () => {
    await start('notes:\n  - body: "[a](command:x) [b](javascript:alert) [c](#d) [e](vscode://x)"\n');
    assert.deepEqual(await ask<DocumentLink[]>('documentLink'), []);
  });
});
