import assert from 'node:assert/strict';
import { parseProject } from '../../../flow/project.js';
import { lacking, missing, overview } from '../../../client/secrets/overview.js';

describe('the overview of keys', () => {
  const place = {
    uri: 'file:///p/a.flow.yaml',
    range: { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } },
  };
  const keys = overview({
    declared: parseProject('secrets: { IDLE: , SET: , USED: }\n').secrets,
    complete: true,
    set: ['SET'],
    usages: ['SET', 'TYPO', 'USED'].map((key) => ({ key, places: [place] })),
    usagesComplete: true,
  });
  const names = (some: typeof keys): string[] => some.map(({ key }) => key);

  it('tells keys without a value from those that a run would lack', () => {
    assert.deepEqual(names(missing(keys)), ['IDLE', 'TYPO', 'USED']);
    assert.deepEqual(names(lacking(keys)), ['TYPO', 'USED'], 'nothing uses IDLE');
  });
});
