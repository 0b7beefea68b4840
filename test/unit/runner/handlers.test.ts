import assert from 'node:assert/strict';
import { stopAll, TestRun } from './harness.js';

const flow = `
blocks:
  - name: Start
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs: { default: { outputCustomization: !expr '({ id: previous.id })' } }
  - name: Risky
    type: { coreBlock: transform }
    errorHandler: On Failure
    inputs: { default: { links: [{ block: Start, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '(() => { throw new RangeError("too " + previous.id); })()' } }
  - name: Unreachable Host
    type: { coreBlock: httpRequest }
    errorHandler: On Failure
    inputs: { default: { links: [{ block: Start, output: default }], config: { url: 'http://127.0.0.1:59321/' } } }
  - name: On Failure
    type: { coreBlock: handleError }
  - name: Report
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: On Failure, output: default }], config: {} } }
    outputs:
      default:
        outputCustomization: !expr '({ message: outputs.onFailure.error.message, from: outputs.start.id, all: previous })'
`;

describe('error handlers', function () {
  this.timeout(30_000);
  afterEach(stopAll);

  it('get the failures of the blocks that name them, with the ancestors of the failed event', async () => {
    const run = await TestRun.start(flow);
    await run.send('Start', { id: 'big' });
    const reports = run
      .events('Report')
      .map(({ data }) => JSON.parse(data) as { message: string; from: string; all: Record<string, unknown> });
    assert.equal(reports.length, 2);
    assert.deepEqual(
      reports.map(({ from }) => from),
      ['big', 'big'],
    );
    const thrown = reports.find(({ message }) => message.startsWith('JavaScript error'))!;
    assert.match(
      thrown.message,
      /^JavaScript error: RangeError: too big\n {4}at "Risky" outputs\.default\.outputCustomization \(test\.flow\.yaml:\d+:\d+\)/,
    );
    assert.equal(thrown.all['operation'], 'block.onEvent');
    assert.deepEqual(thrown.all['retry'], { was_retried: false });
    assert.match((thrown.all['entity'] as { id: string }).id, /^[0-9a-f-]{36}$/);
    assert.ok(reports.some(({ message }) => /nothing listens there/.test(message)));
    assert.deepEqual(
      run
        .failures()
        .map(({ block, handler }) => [block, handler])
        .sort(),
      [
        ['Risky', 'On Failure'],
        ['Unreachable Host', 'On Failure'],
      ],
    );
  });

  it('show an earlier error when what they started fails as well', async () => {
    const run = await TestRun.start(`
blocks:
  - name: First
    type: { coreBlock: transform }
    errorHandler: Catch
    inputs: { default: { config: {} } }
    outputs: { default: { outputCustomization: !expr '(() => { throw new Error("one"); })()' } }
  - name: Catch
    type: { coreBlock: handleError }
  - name: Retry
    type: { coreBlock: transform }
    errorHandler: Catch Again
    inputs: { default: { links: [{ block: Catch, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '(() => { throw new Error("two"); })()' } }
  - name: Catch Again
    type: { coreBlock: handleError }
`);
    await run.send('First', null);
    const { error } = run.data('Catch Again') as {
      error: { message: string; previous_error: { message: string } };
    };
    assert.match(error.message, /: two\n/);
    assert.match(error.previous_error.message, /: one\n/);
  });

  it('a handler that does not exist is a problem of the flow', async () => {
    const run = await TestRun.start(
      flow.replace('name: On Failure', 'name: Other').replaceAll('block: On Failure', 'block: Other'),
    );
    assert.ok(
      run.info.problems.some((problem) =>
        /names the error handler "On Failure", which does not exist/.test(problem),
      ),
    );
  });

  it('groups hand events on from an input to the output of the same key', async () => {
    const run = await TestRun.start(`
blocks:
  - name: Box
    type: { coreBlock: group }
    inputs: { in1: { config: {} } }
  - name: Inside
    type: { coreBlock: transform }
    group: Box
    inputs: { default: { links: [{ block: Box, output: in1 }], config: {} } }
`);
    await run.send('Box', { n: 1 });
    assert.deepEqual(run.data('Inside'), { n: 1 });
  });
});
