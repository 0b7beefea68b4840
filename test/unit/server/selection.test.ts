import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SelectionRange } from 'vscode-languageserver/node';
import { textAt } from './client.js';
import { oneFile } from './oneFile.js';
import { at, RICH } from './places.js';

describe('selection ranges', () => {
  const file = oneFile();
  const { start, ask } = file;

  const chain = async (piece: string, text = RICH): Promise<string[]> => {
    const [selection] = await ask<SelectionRange[]>('selectionRange', { positions: [at(text, piece)] });
    const texts: string[] = [];
    for (let one = selection; one; one = one.parent) texts.push(textAt(text, one.range));
    return texts;
  };

  it('grows from JavaScript over its value, map, block and list to the file', async () => {
    await start();
    const found = await chain('outputs.transform.x + outputs.sta‸rt.y');
    assert.deepEqual(found.slice(0, 6), [
      'outputs.start',
      'outputs.start.y',
      'outputs.transform.x + outputs.start.y',
      '!expr outputs.transform.x + outputs.start.y',
      'outputCustomization: !expr outputs.transform.x + outputs.start.y',
      'default:\n        outputCustomization: !expr outputs.transform.x + outputs.start.y',
    ]);
    assert.match(found.at(-4)!, /^name: Transform \(1\)/);
    assert.match(found.at(-3)!, /^- name: Transform \(1\)/);
    assert.match(found.at(-2)!, /^blocks:[^]*group }\n {2}# region notes below$/);
    assert.equal(found.at(-1), RICH);
  });

  it('knows strings in every quoting', async () => {
    await start();
    assert.deepEqual((await chain('params["it\'‸\'s"]')).slice(0, 4), [
      "it''s",
      '"it\'\'s"',
      'outputs.start.params["it\'\'s"]',
      "'outputs.start.params[\"it''s\"]'",
    ]);
    assert.deepEqual((await chain("name: 'Decode‸ JWT'")).slice(0, 3), [
      'Decode JWT',
      "'Decode JWT'",
      "name: 'Decode JWT'",
    ]);
    assert.deepEqual((await chain('API_TO‸KEN"]}')).slice(0, 6), [
      'API_TOKEN',
      '"API_TOKEN"',
      'secrets["API_TOKEN"]',
      'x ${secrets["API_TOKEN"]}',
      '`x ${secrets["API_TOKEN"]}`',
      'previous.body[`x ${secrets["API_TOKEN"]}`]',
    ]);
  });

  it('starts with the key on a key', async () => {
    await start();
    assert.deepEqual((await chain('aud‸ience: !expr')).slice(0, 3), [
      'audience',
      'audience: !expr secrets.AUDIENCE',
      'path: /hello/{name}\n      audience: !expr secrets.AUDIENCE',
    ]);
  });

  it('holds the cursor and grows with every step, at every place of every half of a file', async () => {
    await start();
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: RICH.length }), fc.nat({ max: RICH.length }), async (cut, place) => {
        const text = RICH.slice(0, cut);
        await file.client.edit('a.flow.yaml', [{ text }]);
        const before = text.slice(0, place).split('\n');
        const position = { line: before.length - 1, character: before.at(-1)!.length };
        const [selection] = await ask<SelectionRange[]>('selectionRange', { positions: [position] });
        let size = -1;
        for (let one = selection; one; one = one.parent) {
          const covered = textAt(text, one.range).length;
          assert.ok(covered > size, 'each is larger than the one before');
          size = covered;
        }
        assert.equal(size, text.length);
      }),
      { numRuns: 100 },
    );
  });
});
