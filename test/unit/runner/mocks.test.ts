import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fromFlow } from '../../../client/runner/fromFlow.js';
import { mocksFileOf } from '../../../flow/files.js';
import { sampleOf } from '../../../client/runner/sample.js';
import type { Json } from '../../../flow/model.js';
import { stopAll, TestRun } from './harness.js';

const jira = readFileSync('test/fixtures/workspace/ops/jira-approval.flow.yaml', 'utf8');
const SECRETS = {
  JWT_SECRET: 'a-secret-that-signs-jwts-0815',
  JIRA_CUSTOM_FIELD_ID: 'customfield_10042',
  JIRA_APPROVED_STATUS: 'Approved',
  JIRA_DENIED_STATUS: 'Denied',
};
const insensitive = ['JIRA_CUSTOM_FIELD_ID', 'JIRA_APPROVED_STATUS', 'JIRA_DENIED_STATUS'];

function jwt(payload: unknown, secret = SECRETS.JWT_SECRET): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const message = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(payload)}`;
  return `${message}.${createHmac('sha256', secret).update(message).digest('base64url')}`;
}

const mocksWith = (token: string): { uri: string; text: string } => ({
  uri: 'file:///tests/jira-approval.mocks.yaml',
  text: `
blocks:
  Get Issue:
    data:
      id: "10042"
      fields: { customfield_10042: ${token} }
  Confirm run:
    data: !expr '({ runId: config.runId, state: "CONFIRMED", title: "for " + outputs.getIssue.id, createdAt: 1, updatedAt: 2 })'
`,
});

const change = (to: string): unknown => ({
  issue: { id: '10042' },
  changes: [{ field: 'status', from: 'To Do', to }],
});

describe('app blocks', function () {
  this.timeout(30_000);
  afterEach(stopAll);

  describe('in the Jira approval flow, mocked', () => {
    const token = jwt({ stack_id: 'stack-1', run_id: 'run-1', issue_id: '10042' });
    const reached = (run: TestRun): string[] =>
      run
        .events()
        .filter(({ output }) => output !== undefined)
        .map(({ block }) => block);

    it('an approval verifies its signature and confirms the run', async () => {
      const run = await TestRun.start(jira, { secrets: SECRETS, insensitive, mocks: mocksWith(token) });
      await run.send('Issue Updated', change('Approved'));
      assert.deepEqual(run.failures(), []);
      assert.deepEqual(reached(run), [
        'Issue Updated',
        'Get Issue',
        'Decode JWT',
        "Ensure ID's Match",
        'Continue on Approval',
        'Approve run',
        'Confirm run',
        'Add Comment',
      ]);
      assert.deepEqual(run.data('Decode JWT'), { stackId: 'stack-1', runId: 'run-1', issueId: '10042' });
      assert.deepEqual(run.data('Confirm run'), {
        runId: 'run-1',
        state: 'CONFIRMED',
        title: 'for 10042',
        createdAt: 1,
        updatedAt: 2,
      });
      assert.deepEqual(
        run
          .events()
          .map(({ block, mock }) => [block, mock])
          .filter(([, mock]) => mock),
        [
          ['Get Issue', 'file'],
          ['Approve run', 'generated'],
          ['Confirm run', 'file'],
          ['Add Comment', 'generated'],
        ],
      );
      assert.equal(typeof (run.data('Approve run') as { reviewId: unknown }).reviewId, 'string');
    });

    it('a denial takes the other way', async () => {
      const run = await TestRun.start(jira, { secrets: SECRETS, insensitive, mocks: mocksWith(token) });
      await run.send('Issue Updated', change('Denied'));
      assert.deepEqual(reached(run).slice(4), [
        'Continue on Approval',
        'Continue on Denial',
        'Reject run',
        'Discard run',
        'Add Comment Denied',
      ]);
    });

    it('a wrong signature fails at its line', async () => {
      const wrong = jwt({ stack_id: 's', run_id: 'r', issue_id: '10042' }, 'another secret');
      const run = await TestRun.start(jira, { secrets: SECRETS, insensitive, mocks: mocksWith(wrong) });
      await run.send('Issue Updated', change('Approved'));
      const [failure] = run.failures();
      assert.deepEqual(
        [failure!.block, failure!.error.message],
        ['Decode JWT', 'JWT signature verification failed'],
      );
      const line = jira.split('\n')[failure!.error.place!.line - 1]!;
      assert.match(line, /throw new Error\('JWT signature verification failed'\)/);
      assert.deepEqual(reached(run), ['Issue Updated', 'Get Issue']);
    });
  });

  const small = `
appInstallations: { shop: { appName: Shop } }
blocks:
  - name: Order
    type:
      appBlock:
        block: order
        appInstallation: shop
        schema: '{"inputs":{"default":{"config":{}}},"outputs":{"accepted":{"default":true,"type":{"type":"object","properties":{"id":{"type":"string"},"at":{"type":"string","format":"date-time"},"lines":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer","minimum":3}}}}}}},"refused":{"type":{}}},"signals":{}}'
    inputs: { default: { config: { n: !expr 'previous.n' } } }
  - name: After
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Order, output: refused }], config: {} } }
`;

  it('emit made-up data of their schema when nothing else is given', async () => {
    const run = await TestRun.start(small);
    await run.send('Order', { n: 1 });
    const [event] = run.events('Order').filter(({ output }) => output);
    assert.deepEqual(
      [event!.output, event!.mock, JSON.parse(event!.data)],
      ['accepted', 'generated', { id: 'sample id', at: '2026-01-01T00:00:00.000Z', lines: [{ n: 3 }] }],
    );
  });

  it('emit on the outputs that a mock names, after its delay, or fail with its error', async () => {
    const mocks = (text: string): { uri: string; text: string } => ({
      uri: 'file:///x/shop.mocks.yaml',
      text,
    });
    const run = await TestRun.start(small, {
      mocks: mocks(
        "blocks: { Order: { delay: 30, outputs: { refused: !expr '({ was: config.n })', accepted: yes } } }",
      ),
      options: { virtualTime: true },
    });
    await run.send('Order', { n: 5 });
    assert.deepEqual(run.data('After'), { was: 5 });
    assert.deepEqual(
      run.events('Order').map(({ output }) => output),
      [undefined, 'refused', 'accepted'],
    );

    const failing = await TestRun.start(small, {
      mocks: mocks('blocks: { Order: { error: Out of stock } }'),
    });
    await failing.send('Order', { n: 1 });
    assert.equal(failing.failures()[0]!.error.message, 'Out of stock');
  });

  it('mistakes in a mocks file are told with file and line', async () => {
    const text = `blocks:
  Ordr: { data: 1 }
  Order:
    dta: 1
    data: !expr 'config.missing.deep'
`;
    const run = await TestRun.start(small, { mocks: { uri: 'file:///x/shop.mocks.yaml', text } });
    assert.ok(
      run.info.problems.includes(
        'shop.mocks.yaml:2: No block of the flow is called "Ordr". Did you mean "Order"?',
      ),
    );
    assert.ok(
      run.info.problems.some((problem) =>
        problem.startsWith('shop.mocks.yaml:4: A mock has data, outputs, error, delay, recorded, not "dta".'),
      ),
    );
    await run.send('Order', { n: 1 });
    const { error } = run.failures()[0]!;
    assert.deepEqual([error.path, error.place!.line], ['mock.data', 5]);
    assert.match(error.stack[0]!, /shop\.mocks\.yaml:5:\d+\)$/);
  });

  it('signals come from the mocks file', async () => {
    const run = await TestRun.start(small.replace('previous.n', 'ref("signal.shop.currency")'), {
      mocks: {
        uri: 'file:///x/shop.mocks.yaml',
        text: "signals: { shop: { currency: EUR } }\nblocks: { Order: { data: !expr 'config.n' } }",
      },
    });
    await run.send('Order', {});
    assert.deepEqual(run.events('Order').at(-1)!.data, '"EUR"');
  });

  it('have their mocks beside the flow', () => {
    assert.equal(mocksFileOf('/a/jira.flow.yaml'), '/a/jira.mocks.yaml');
    assert.equal(mocksFileOf('file:///a/flow.yml'), 'file:///a/flow.mocks.yml');
  });

  it('reading mocks never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.constantFrom(
            'blocks: [',
            'blocks: {Order: !expr }',
            'signals: !expr x',
            '- 1',
            'blocks: { Order: { delay: -1, outputs: [] } }',
          ),
        ),
        (text) => {
          const flow = fromFlow(small, 'a.flow.yaml', { uri: 'a.mocks.yaml', text });
          assert.ok(flow.blocks.length === 2);
        },
      ),
    );
  });

  it('making up data takes any JSON for a schema', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (schema) => {
        JSON.stringify(sampleOf(schema as Json));
      }),
    );
    const cycle: Record<string, unknown> = { type: 'object' };
    cycle['properties'] = { again: cycle };
    assert.ok(JSON.stringify(sampleOf(cycle as unknown as Json)).length < 10_000);
  });
});
