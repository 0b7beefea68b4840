import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { RunnerHost, type RunnerExit } from '../../../client/runner/host.js';
import { chain, echoServer, runnerPath, stopAll, TestRun, type EchoServer } from './harness.js';

const example = (name: string): string => readFileSync(`examples/${name}`, 'utf8');

describe('a run', function () {
  this.timeout(30_000);
  afterEach(stopAll);

  it('answers a request to the sample endpoint after its sleep', async () => {
    const run = await TestRun.start(example('sample-endpoint.flow.yaml').replace('sleep: 5', 'sleep: 0.05'));
    assert.deepEqual(run.info.endpoints, [
      { block: 'Sample Endpoint', methods: ['GET'], path: '/hello/{name}', url: run.url('/hello/{name}') },
    ]);
    const answer = await fetch(run.url('/hello/Ada'));
    assert.deepEqual([answer.status, await answer.text()], [200, 'Hello, Ada']);
    const status = await run.idle();
    assert.deepEqual([status.events, status.failures, status.pending], [2, 0, 0]);
    const [request, wakeUp] = run.events();
    assert.deepEqual(
      [request!.block, request!.output, request!.parent],
      ['Sample Endpoint', 'requests', undefined],
    );
    assert.deepEqual([wakeUp!.block, wakeUp!.output, wakeUp!.parent], ['Sleep', 'default', request!.id]);
  });

  it('ends by itself where it is stopped before it has begun', async () => {
    const host = new RunnerHost({ runnerPath: await runnerPath() });
    const ended = new Promise<RunnerExit>((resolve) => host.onExit(resolve));
    assert.equal(await host.stop(), undefined);
    const { code, signal } = await ended;
    assert.deepEqual([code, signal], [0, null]);
  });

  it('ends a sleep early when asked', async () => {
    const run = await TestRun.start(example('sample-endpoint.flow.yaml').replace('sleep: 5', 'sleep: 3600'));
    const answer = fetch(run.url('/hello/Ada'));
    await run.until(async () => (await run.host.status()).sleeping === 1, 'the sleep');
    assert.equal(await run.host.skipSleep(), 1);
    assert.equal(await (await answer).text(), 'Hello, Ada');
  });

  describe('with secrets', () => {
    const TOKEN = 'tok-canary-93751-"quoted"';
    let echo: EchoServer;
    before(async () => (echo = await echoServer()));
    after(() => echo.close());

    it('injects them, and shows markers in their place', async () => {
      const run = await TestRun.start(example('secret-echo.flow.yaml').replace('8787', String(echo.port)), {
        secrets: { DEMO_API_TOKEN: TOKEN, UNUSED: 'never-handed-on-4711' },
      });
      const answer = await fetch(run.url('/echo/news'), { method: 'POST' });
      assert.deepEqual(await answer.json(), { topic: 'news', accepted: true });
      const [request] = echo.requests;
      assert.equal(request!.headers.authorization, `Bearer ${TOKEN}`);
      assert.deepEqual(JSON.parse(request!.body), { topic: 'news', token: TOKEN });

      const status = await run.idle();
      assert.deepEqual(run.data('Sign Message'), {
        topic: 'news',
        authorization: 'Bearer ‹secret:DEMO_API_TOKEN›',
      });
      const reply = run.data('Call Echo Server') as {
        body: { headers: Record<string, string>; body: string };
      };
      assert.equal(reply.body.headers['authorization'], 'Bearer ‹secret:DEMO_API_TOKEN›');
      assert.match(reply.body.body, /"token":"‹secret:DEMO_API_TOKEN›"/);
      assert.deepEqual(status.leaks, [
        { block: 'Sign Message', keys: ['DEMO_API_TOKEN'] },
        { block: 'Call Echo Server', keys: ['DEMO_API_TOKEN'] },
      ]);
    });

    it('shows the values of keys that are not sensitive', async () => {
      const flow = chain({ name: 'Status', type: 'transform', output: 'secrets.APPROVED_STATUS' });
      const run = await TestRun.start(flow, {
        secrets: { APPROVED_STATUS: 'Approved by the board' },
        insensitive: ['APPROVED_STATUS'],
      });
      await run.send('Status', {});
      assert.equal(run.data('Status'), 'Approved by the board');
    });

    it('fails the event that reads a secret without a value, and names the key', async () => {
      const flow = chain({ name: 'Read', type: 'transform', output: '`Bearer ${secrets.API_TOKEN}`' });
      const run = await TestRun.start(flow);
      assert.deepEqual(run.info.missingSecrets, ['API_TOKEN']);
      await run.send('Read', {});
      const [failure] = run.failures();
      assert.match(
        failure!.error.message,
        /Secret API_TOKEN has no value on this machine\..*Flows: Add Secret/,
      );
    });

    it('holds exactly the keys that the flow names', async () => {
      const flow = chain({
        name: 'List',
        type: 'transform',
        output: '[Object.keys(secrets), typeof secrets.A]',
      });
      const run = await TestRun.start(flow, { secrets: { A: 'aaaaaaaaaa', B: 'bbbbbbbbbb' } });
      await run.send('List', {});
      assert.deepEqual(run.data('List'), [['A'], 'string']);
    });
  });

  it('runs the release approval example on both of its ways', async () => {
    const echo = await echoServer();
    try {
      const run = await TestRun.start(
        example('release-approval.flow.yaml')
          .replace('8787', String(echo.port))
          .replace('sleep: 3', 'sleep: 0'),
        {
          secrets: {
            RELEASE_SIGNING_KEY: 'a-signing-key-for-tests',
            RELEASE_HOOK_TOKEN: 'hook-token-1234567',
            RELEASE_PRODUCTION_NAME: 'production',
          },
        },
      );
      const { createHmac } = await import('node:crypto');
      const approval = createHmac('sha256', 'a-signing-key-for-tests').update('1.4.0').digest('hex');
      const post = (body: unknown): Promise<Response> =>
        fetch(run.url('/releases'), {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
      const accepted = await post({ version: '1.4.0', environment: 'production', approval });
      assert.deepEqual([accepted.status, await accepted.json()], [202, { version: '1.4.0', deployed: true }]);
      const refused = await post({ version: '1.5.0', environment: 'production', approval });
      assert.equal(refused.status, 403);
      assert.deepEqual(
        echo.requests.map(({ url, body }) => [url, body]),
        [['/deployments', '{"version":"1.4.0"}']],
      );
    } finally {
      echo.close();
    }
  });
});
