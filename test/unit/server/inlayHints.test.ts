import assert from 'node:assert/strict';
import type { InlayHint } from 'vscode-languageserver/node';
import { oneFile } from './oneFile.js';
import { RICH } from './places.js';

describe('inlay hints', () => {
  const { start, ask } = oneFile();

  /** What stands before each hint in its line, and the hint. */
  const hints = async (text = RICH, from = 0, to = 200): Promise<string[]> => {
    const range = { start: { line: from, character: 0 }, end: { line: to, character: 0 } };
    const lines = text.split('\n');
    return (await ask<InlayHint[]>('inlayHint', { range })).map(({ position, label }) => {
      assert.equal(typeof label, 'string');
      return `${lines[position.line]!.slice(0, position.character).trim()} «${label as string}»`;
    });
  };

  it('show keys that a name does not, and the types of outputs that are known', async () => {
    const text = RICH.replace('name: Oops', 'name: (!)')
      .replace('block: Transform (1)', 'block: Send')
      .replace('config:\n      # Two', 'outputs:\n      x: {}\n    config:\n      # Two');
    await start(
      text.replace('"outputs":{}', '"outputs":{"x":{"type":{"type":"array","items":{"type":"string"}}}}'),
    );
    assert.deepEqual(await hints(text), [
      "- name: 'Decode JWT' «decodeJwt»",
      'output: requests «object»',
      'links: [{ block: "Start", output: requests «object»',
      '- name: Transform (1) «transform»',
      'output: default «object»',
      'x: «string[]»',
      '- name: (!) «no key»',
    ]);
  });

  for (const [name, hint] of [
    ['Sleep', undefined],
    ['Get user 2', undefined],
    ['get User', undefined],
    ['Get  user', 'getUser'],
    ['OpenTofu', 'opentofu'],
    ['API', 'api'],
    ["ID's", 'idS'],
    ['Copy (2)', 'copy'],
    ['360 view', '360View'],
  ] as const) {
    it(`${hint === undefined ? 'are not needed' : `show ${hint}`} at ${name}`, async () => {
      await start(`blocks:\n  - name: ${name}\n    type: { coreBlock: sleep }\n`);
      const found = await ask<InlayHint[]>('inlayHint', {
        range: { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } },
      });
      assert.deepEqual(
        found.map(({ label }) => label),
        hint === undefined ? [] : [hint],
      );
    });
  }

  it('are those of the lines asked for', async () => {
    await start();
    assert.deepEqual(await hints(RICH, 50, 56), ['- name: Transform (1) «transform»']);
  });
});
