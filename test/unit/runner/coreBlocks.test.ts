/** The blocks of the catalogue and those that the runner runs are the same; what a mock does for them. */
import assert from 'node:assert/strict';
import { CORE_BLOCKS } from '../../../flow/catalog.js';
import { coreBlock, SUPPORTED } from '../../../client/runner/blocks/index.js';
import { CORE_OUTPUTS } from '../../../client/runner/blocks/outputs.js';
import { roleOf } from '../../../client/runner/program.js';
import { chain, stopAll, TestRun } from './harness.js';

describe('core blocks', function () {
  this.timeout(30_000);
  afterEach(stopAll);

  it('of the catalogue all run, with the same outputs, and no others do', () => {
    assert.deepEqual([...SUPPORTED].sort(), CORE_BLOCKS.map(({ id }) => id).sort());
    for (const { id, outputs } of CORE_BLOCKS) {
      assert.ok(roleOf(id) !== 'effect' || coreBlock(id), `${id} has no behaviour`);
      assert.deepEqual(CORE_OUTPUTS[id], [...outputs.keys()], id);
    }
  });

  it('that are not known fail with what is supported, unless a mock stands in for them', async () => {
    const flow = chain(
      { name: 'Find Rows', type: 'dataTableRows' },
      { name: 'Count', type: 'transform', output: 'previous.rows.length' },
    );
    const real = await TestRun.start(flow);
    await real.send('Find Rows', {});
    assert.match(
      real.failures()[0]!.error.message,
      /"dataTableRows" cannot be run here\. Supported: .*mcpTool.* A mocks file can say/,
    );
    const mocked = await TestRun.start(flow, {
      mocks: { uri: 'file:///a.mocks.yaml', text: 'blocks: { Find Rows: { data: { rows: [1, 2] } } }' },
    });
    await mocked.send('Find Rows', {});
    assert.equal(mocked.data('Count'), 2);
    assert.equal(mocked.events('Find Rows').at(-1)!.mock, 'file');
  });

  it('are replaced by their mocks, but for those that only evaluate expressions', async () => {
    const run = await TestRun.start(
      chain(
        { name: 'Call', type: 'httpRequest', config: "url: 'http://no-such-host.invalid/'" },
        { name: 'Shape', type: 'transform', output: '({ code: previous.statusCode })' },
      ),
      {
        mocks: {
          uri: 'file:///a.mocks.yaml',
          text: 'blocks: { Call: { data: { statusCode: 418 } }, Shape: { data: 1 } }',
        },
      },
    );
    await run.send('Call', {});
    assert.deepEqual(run.data('Shape'), { code: 418 });
    assert.deepEqual(run.failures(), []);
    assert.deepEqual(run.info.problems, [
      'a.mocks.yaml:1: The mock of "Shape" is not used: a transform does nothing but evaluate its expressions.',
    ]);
  });
});
