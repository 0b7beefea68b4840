import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { HistoryWriter, listRuns, readRun } from '../../../client/runner/history.js';
import { runId } from '../../../client/runner/ids.js';
import { randomSource } from '../../../client/runner/random.js';
import { chain, stopAll, TestRun } from './harness.js';

const SECRET = 'history-canary-"4711"-ö';

describe('history', function () {
  this.timeout(30_000);
  let folder: string;
  beforeEach(() => (folder = path.join(mkdtempSync(path.join(os.tmpdir(), 'flows-history-')), 'runs')));
  afterEach(async () => {
    await stopAll();
    rmSync(path.dirname(folder), { recursive: true, force: true });
  });

  const flow = chain(
    {
      name: 'Use',
      type: 'transform',
      output: '({ token: secrets.TOKEN, coded: btoa("x" + encodeURIComponent(secrets.TOKEN)) })',
    },
    { name: 'Fail', type: 'transform', output: '(() => { throw new Error("with " + previous.token); })()' },
  );

  it('holds every entry, redacted, in files that only this user may read', async () => {
    const run = await TestRun.start(flow, { secrets: { TOKEN: SECRET }, options: { historyFolder: folder } });
    await run.send('Use', { from: 'a test', also: SECRET });
    assert.equal(listRuns(folder)[0]!.state, 'running');
    await run.stop();
    const [recorded] = listRuns(folder);
    assert.deepEqual(
      [
        recorded!.runId,
        recorded!.flow,
        recorded!.state,
        recorded!.status!.events,
        recorded!.status!.failures,
      ],
      [run.info.runId, 'test.flow.yaml', 'ended', 2, 1],
    );
    assert.deepEqual(readRun(folder, recorded!.runId), run.entries);
    for (const name of readdirSync(folder)) {
      const file = path.join(folder, name);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const text = readFileSync(file, 'utf8');
      assert.match(text, /‹secret:TOKEN›/);
      assert.ok(
        !text.includes(SECRET) &&
          !text.includes(JSON.stringify(SECRET).slice(1, -1)) &&
          !text.includes('history-canary'),
      );
      for (const line of text.trim().split('\n')) JSON.parse(line);
    }
  });

  it('of a killed runner reads as interrupted, up to the last batch', async () => {
    const run = await TestRun.start(flow, { secrets: { TOKEN: SECRET }, options: { historyFolder: folder } });
    await run.send('Use', 1);
    await run.until(() => readRun(folder, run.info.runId).length === run.entries.length, 'the history');
    process.kill(run.host.pid!, 'SIGKILL');
    await run.until(() => run.exits.length > 0);
    const [recorded] = listRuns(folder);
    assert.equal(recorded!.state, 'interrupted');
    assert.deepEqual(readRun(folder, recorded!.runId), run.entries);
  });

  const writer = (
    n: number,
    limits: { maxSize: number; maxRuns: number },
  ): { id: string; writer: HistoryWriter } => {
    const startedAt = Date.UTC(2026, 0, 1) + n * 1000;
    const id = runId(startedAt, randomSource(n));
    const head = {
      kind: 'run' as const,
      runId: id,
      flow: 'a.flow.yaml',
      flowUri: 'file:///a.flow.yaml',
      startedAt,
      pid: process.pid,
    };
    return { id, writer: new HistoryWriter(folder, head, limits, (reason) => assert.fail(reason)) };
  };
  const status = { events: 0, failures: 0, pending: 0, sleeping: 0, now: 0, leaks: [], skipped: 0 };

  it('keeps the latest runs', () => {
    for (let n = 1; n <= 6; n++) writer(n, { maxSize: 10_000, maxRuns: 4 }).writer.end(status, n);
    assert.deepEqual(
      listRuns(folder).map(({ startedAt }) => (startedAt - Date.UTC(2026, 0, 1)) / 1000),
      [6, 5, 4, 3],
    );
  });

  it('of a long run keeps the beginning and the end within its size', () => {
    const { id, writer: long } = writer(1, { maxSize: 20_000, maxRuns: 4 });
    for (let seq = 1; seq <= 5_000; seq++) {
      long.write(
        Buffer.from(
          `${JSON.stringify({ seq, at: seq, kind: 'log', level: 'info', text: `entry ${seq}` })}\n`,
        ),
      );
    }
    long.end(status, 5_000);
    const seqs = readRun(folder, id).map(({ seq }) => seq);
    assert.equal(seqs[0], 1);
    assert.equal(seqs.at(-1), 5_000);
    assert.deepEqual(
      seqs,
      [...new Set(seqs)].sort((a, b) => a - b),
    );
    assert.ok(
      readdirSync(folder).reduce((size, name) => size + statSync(path.join(folder, name)).size, 0) < 24_000,
    );
    assert.equal(listRuns(folder)[0]!.state, 'ended');
  });

  it('that cannot be written is told once, and the run goes on', async () => {
    const run = await TestRun.start(flow, {
      secrets: { TOKEN: SECRET },
      options: { historyFolder: '/dev/null/nowhere' },
    });
    await run.send('Use', 1);
    assert.equal(
      run.entries.filter(
        (entry) =>
          entry.kind === 'log' && /history of this run cannot be written \(ENOTDIR\)/.test(entry.text),
      ).length,
      1,
    );
  });

  it('torn and foreign files are left out', () => {
    assert.deepEqual(listRuns('/nowhere/at/all'), []);
    assert.deepEqual(readRun(folder, '../../etc/passwd'), []);
    const { id, writer: torn } = writer(1, { maxSize: 10_000, maxRuns: 4 });
    torn.write(
      Buffer.from('{"seq":1,"at":1,"kind":"log","level":"info","text":"whole"}\n{"seq":2,"at":1,"kind":"ev'),
    );
    assert.deepEqual(
      readRun(folder, id).map(({ seq }) => seq),
      [1],
    );
  });
});
