import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DocumentLink, FoldingRange, InlayHint, SelectionRange } from 'vscode-languageserver/node';
import { TestClient, textAt } from './client.js';
import { at, RICH } from './places.js';

describe('the structure of a flow', () => {
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

  describe('folding', () => {
    /** First line of each fold, its last line's number and its kind. */
    const folds = (text: string, ranges: FoldingRange[]): string[] =>
      ranges.map(
        ({ startLine, endLine, kind }) =>
          `${startLine + 1}-${endLine + 1} ${text.split('\n')[startLine]!.trim()}${kind === undefined ? '' : ` (${kind})`}`,
      );

    it('is at every block, map, list, long text and bracket', async () => {
      await start();
      const found = folds(RICH, await ask('foldingRange'));
      for (const expected of [
        '1-2 # A flow (comment)',
        '3-8 appInstallations:',
        '4-6 slack:',
        '9-93 blocks:',
        '10-23 - name: Start',
        '17-23 inputs:',
        "24-44 - name: 'Decode JWT'",
        '35-41 condition: !expr |-',
        '36-40 (() => {',
        '87-88 # Two (comment)',
        '94-100 # region notes below (region)',
        '95-99 notes:',
        '96-99 - body: |-',
      ])
        assert.ok(found.includes(expected), `${expected} in\n${found.join('\n')}`);
      const lines = found.map((fold) => fold.split('-')[0]);
      assert.deepEqual(lines, [...new Set(lines)], 'one per line');
      assert.ok(!found.some((fold) => /# Hello/.test(fold)), 'a text is no comment');
    });

    it('keeps to the limit of the client: the large ones', async () => {
      await start(RICH, { textDocument: { foldingRange: { rangeLimit: 3 } } });
      assert.deepEqual(folds(RICH, await ask('foldingRange')), [
        '9-93 blocks:',
        "24-44 - name: 'Decode JWT'",
        '64-79 - name: Send',
      ]);
    });

    it('moves with the text above', async () => {
      await start();
      await client.edit('a.flow.yaml', [
        { range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, text: '\n\n' },
      ]);
      const found = folds('\n\n' + RICH, await ask('foldingRange'));
      assert.ok(found.includes("26-46 - name: 'Decode JWT'"));
    });
  });

  describe('selection', () => {
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
          await client.edit('a.flow.yaml', [{ text }]);
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

  describe('inlay hints', () => {
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
