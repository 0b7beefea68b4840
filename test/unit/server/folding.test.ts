import assert from 'node:assert/strict';
import type { FoldingRange } from 'vscode-languageserver/node';
import { oneFile } from './oneFile.js';
import { RICH } from './places.js';

describe('folding', () => {
  const file = oneFile();
  const { start, ask } = file;

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

  it('knows that a # in a text is neither a comment nor a region', async () => {
    const text =
      'notes:\n  - body: |-\n      # region\n      # two\n      # endregion\n# region\n# endregion\n';
    await start(text);
    assert.deepEqual(folds(text, await ask('foldingRange')), [
      '1-5 notes:',
      '2-5 - body: |-',
      '6-7 # region (region)',
    ]);
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
    await file.client.edit('a.flow.yaml', [
      { range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, text: '\n\n' },
    ]);
    const found = folds('\n\n' + RICH, await ask('foldingRange'));
    assert.ok(found.includes("26-46 - name: 'Decode JWT'"));
  });
});
