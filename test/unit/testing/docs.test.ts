/** docs/testing.md says what is so: its examples are run, its format is what is read. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fromFlow } from '../../../client/runner/fromFlow.js';
import {
  EXPECT_KEYS,
  REQUEST_KEYS,
  SEND_KEYS,
  TEST_FILE_KEYS,
  TEST_KEYS,
} from '../../../flow/testing/keys.js';
import { parseTestFile } from '../../../flow/testing/read.js';
import { runTests, told } from './tests.js';

describe('docs/testing.md', function () {
  this.timeout(60_000);
  const text = readFileSync('docs/testing.md', 'utf8');
  const blocks = [...text.matchAll(/^```yaml ?(\w*)\n([^]*?)^```/gm)].map(([, kind, content]) => ({
    kind: kind!,
    content: content!,
  }));

  it('has a flow and a test that passes', async () => {
    const of = (wanted: string): string => blocks.find(({ kind }) => kind === wanted)!.content;
    const result = await runTests({ 'a.flow.yaml': of('flow'), 'a.flow-test.yaml': of('test') });
    assert.deepEqual(result.problems, []);
    assert.deepEqual(told(result), []);
    assert.equal(result.results.length, 1);
  });

  it('shows expectations and secrets that can be read', () => {
    const indent = (content: string): string => content.replace(/^(?=.)/gm, '    ');
    const parts = blocks.map(({ content }) => content);
    const expect = parts.find((content) => content.startsWith('expect:'))!;
    const secrets = parts.find((content) => content.startsWith('secrets:'))!;
    const file = parseTestFile(`${secrets}tests:\n  - name: a\n    advance: 90m\n${indent(expect)}`);
    assert.deepEqual(file.problems, []);
    assert.equal(file.setup.secrets.size, 4);
    assert.deepEqual([file.tests[0]!.expect.length, file.tests[0]!.never.length], [3, 2]);
  });

  it('shows mocks that can be read', () => {
    const mocks = blocks.find(({ content }) => content.startsWith('blocks:\n  Post Message'))!.content;
    const names = [...mocks.matchAll(/^ {2}(\w[^:]*):/gm)]
      .map(([, name]) => name!)
      .filter((name) => name !== 'slack');
    const flow = `appInstallations: { x: { appName: X } }\nblocks:\n${names
      .map((name) => `  - name: ${name}\n    type: { appBlock: { block: b, appInstallation: x } }\n`)
      .join('')}`;
    const read = fromFlow(flow, 'a.flow.yaml', { uri: 'a.mocks.yaml', text: mocks });
    assert.deepEqual(read.problems, []);
    assert.equal(read.mocks.size, names.length);
  });

  it('names every key', () => {
    for (const keys of [TEST_FILE_KEYS, TEST_KEYS, SEND_KEYS, REQUEST_KEYS, EXPECT_KEYS])
      for (const key of Object.keys(keys)) assert.match(text, new RegExp(`\\b${key}\\b`), key);
  });
});
