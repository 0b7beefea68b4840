import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { HISTORY_FORMAT, HistoryWriter, listRuns, readRun } from '../../../client/runner/history.js';
import { runId } from '../../../client/runner/ids.js';
import { randomSource } from '../../../client/runner/random.js';
import { chain, recordOf, stopAll, TestRun } from './harness.js';

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
    assert.deepEqual(await recordOf(folder, recorded!.runId), run.entries);
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
    await run.until(
      async () => (await recordOf(folder, run.info.runId)).length === run.entries.length,
      'the history',
    );
    process.kill(run.host.pid!, 'SIGKILL');
    await run.until(() => run.exits.length > 0);
    const [recorded] = listRuns(folder);
    assert.equal(recorded!.state, 'interrupted');
    assert.deepEqual(await recordOf(folder, recorded!.runId), run.entries);
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

  it('of a long run keeps the beginning and the end within its size', async () => {
    const { id, writer: long } = writer(1, { maxSize: 20_000, maxRuns: 4 });
    for (let seq = 1; seq <= 5_000; seq++) {
      long.write(
        Buffer.from(
          `${JSON.stringify({ seq, at: seq, kind: 'log', level: 'info', text: `entry ${seq}` })}\n`,
        ),
      );
    }
    long.end(status, 5_000);
    const seqs = (await recordOf(folder, id)).map(({ seq }) => seq);
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

  it('torn and foreign files are left out', async () => {
    assert.deepEqual(listRuns('/nowhere/at/all'), []);
    assert.deepEqual(await recordOf(folder, '../../etc/passwd'), []);
    const { id, writer: torn } = writer(1, { maxSize: 10_000, maxRuns: 4 });
    torn.write(
      Buffer.from('{"seq":1,"at":1,"kind":"log","level":"info","text":"whole"}\n{"seq":2,"at":1,"kind":"ev'),
    );
    const entries: number[] = [];
    const read = await readRun(folder, id, (some) => entries.push(...some.map(({ seq }) => seq)));
    assert.deepEqual([entries, read.unreadable], [[1], 0]);
  });

  it('of another version is named, and what is known of it is read', async () => {
    const { id, writer: other } = writer(1, { maxSize: 10_000, maxRuns: 4 });
    const lines = [
      { seq: 1, at: 1, kind: 'log', level: 'info', text: 'known' },
      { seq: 2, at: 2, kind: 'spark', block: 'A' },
      { seq: 3, at: 3, kind: 'failed', block: 'A', error: 'a text, once' },
      { seq: 4, kind: 'log', text: 'without a time' },
      { seq: 5, at: 5, kind: 'event', id: 'e', block: 'A', data: '{}' },
    ];
    other.write(Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
    other.write(Buffer.from('no JSON at all\n'));
    other.end(status, 6);
    const file = path.join(folder, `${id}.ndjson`);
    const seqs: number[] = [];
    const { unreadable } = await readRun(folder, id, (some) => seqs.push(...some.map(({ seq }) => seq)));
    assert.deepEqual([seqs, unreadable], [[1, 5], 4]);
    assert.equal(listRuns(folder)[0]!.format, HISTORY_FORMAT);
    for (const [format, known] of [
      [',"format":7', 7],
      // As they were before they had a number.
      ['', HISTORY_FORMAT],
    ] as const) {
      writeFileSync(file, readFileSync(file, 'utf8').replace(/,"format":\d+/, format));
      assert.equal(listRuns(folder)[0]!.format, known);
    }
  });

  it('that is large, with 50 MB in one line, is read piece by piece while others have their turn', async () => {
    const { id, writer: large } = writer(1, { maxSize: 500_000_000, maxRuns: 4 });
    const event = (seq: number, data: string) =>
      Buffer.from(`{"seq":${seq},"n":${seq},"at":${seq},"block":"A","output":"default","data":${data}}\n`);
    const payload = JSON.stringify('ä€😀'.repeat(5_600_000));
    for (let seq = 1; seq <= 10_000; seq++) large.write(event(seq, `"${'x'.repeat(500)}"`));
    large.write(event(10_001, payload));
    large.write(event(10_002, '"after"'));
    large.end(status, 1);
    let turns = 0;
    let ended = false;
    const others = (): void => {
      turns++;
      if (!ended) setImmediate(others);
    };
    setImmediate(others);
    let [pieces, count, longest] = [0, 0, ''];
    await readRun(folder, id, (some) => {
      pieces++;
      count += some.length;
      for (const entry of some)
        if (entry.kind === 'event' && entry.data.length > longest.length) longest = entry.data;
    });
    ended = true;
    assert.ok(Buffer.byteLength(payload) > 50_000_000);
    assert.equal(count, 10_002);
    assert.ok(longest === payload);
    assert.ok(pieces > 10 && turns > pieces, `${pieces} pieces, ${turns} turns`);
  });
});
