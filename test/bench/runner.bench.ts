/**
 * Events through our runner and through Node-RED 4, the same graphs in the same run: an 8-block chain with 200 events in
 * flight, and an HTTP endpoint that answers through transform, condition and transform. Ours with redaction (20 secrets) and
 * recording on. Processor time is read from /proc, so the figures per event need Linux.
 *
 *   node out/test/bench/runner.bench.js [--smoke] [--soak <minutes>]
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RunnerHost } from '../../client/runner/host.js';
import { median, ms, PEERS, ratio, SMOKE, table } from './harness.js';

const RUNNER = path.resolve('dist/runner.js');
const ROUNDS = SMOKE ? 1 : 5;
const IN_FLIGHT = 200;
/** Times that each event goes around the chain. */
const LAPS = SMOKE ? 2 : 100;
const SECONDS = SMOKE ? 1 : 4;
const CONNECTIONS = [1, 10, 50];

/** Processor time of a process, in microseconds, and its resident memory in MiB. */
function usage(pid: number): { cpu: number; rss: number } {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  const rss = Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
  return { cpu: (Number(fields[11]) + Number(fields[12])) * (1e6 / CLOCK_TICKS), rss };
}

const CLOCK_TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

interface HttpResult {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpu: number;
}

/** One of the two: started, with both graphs loaded. */
interface Contender {
  readonly name: string;
  /** Milliseconds from spawn to the first answer. */
  readonly startMs: number;
  readonly url: string;
  /** Of all its processes. */
  usage(): { cpu: number; rss: number };
  /** Sends IN_FLIGHT events LAPS times around the chain. */
  chain(): Promise<void>;
  stop(): Promise<void>;
}

const BODY = JSON.stringify({ name: 'Ada Lovelace', amount: 12345 });

async function post(url: string, body = BODY): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return response.text();
}

const ORDERS = `
blocks:
  - name: Orders
    type: { coreBlock: httpEndpoint }
    config: { path: /orders, methods: [POST] }
    inputs:
      default:
        links: [{ block: Answer, output: default }]
        config: { statusCode: 200, body: !expr previous }
  - name: Price
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Orders, output: requests }], config: {} } }
    outputs: { default: { outputCustomization: !expr '({ name: previous.body.name, total: previous.body.amount * 1.23 })' } }
  - name: Large
    type: { coreBlock: condition }
    inputs: { default: { links: [{ block: Price, output: default }], config: { condition: !expr 'previous.total > 100' } } }
  - name: Answer
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Large, output: then }], config: {} } }
    outputs: { default: { outputCustomization: !expr '({ greeting: \`Dear \${outputs.price.name}\`, total: outputs.price.total })' } }
`;

const CHAIN = Array.from({ length: 8 }, (_, i) => {
  const from = `Block ${i === 0 ? 8 : i}`;
  const links = `links: [{ block: ${from}, output: ${i % 2 === 0 ? 'then' : 'default'} }]`;
  return i % 2 === 0
    ? `  - name: Block ${i + 1}
    type: { coreBlock: transform }
    inputs: { default: { ${links}, config: {} } }
    outputs: { default: { outputCustomization: !expr '({ n: previous.n + 1, text: previous.text })' } }
`
    : `  - name: Block ${i + 1}
    type: { coreBlock: condition }
    inputs: { default: { ${links}, config: { condition: !expr 'previous.n < ${i === 7 ? LAPS * 4 : 1e9}' } } }
`;
}).join('');

async function startOurs(): Promise<Contender> {
  const from = performance.now();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flows-bench-'));
  const secrets = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`KEY_${i}`, `bench-secret-${i}-${'x'.repeat(i)}7f3a`]),
  );
  const host = new RunnerHost({ runnerPath: RUNNER });
  const info = await host.start({
    flowUri: 'file:///bench/bench.flow.yaml',
    flowText: ORDERS + CHAIN,
    secrets,
    options: { maxDepth: 1e9, historyFolder: folder },
  });
  const url = info.endpoints[0]!.url;
  await post(url);
  const startMs = performance.now() - from;
  const pids = (): number[] => [host.pid!, ...children(host.pid!)];
  return {
    name: 'ours',
    startMs,
    url,
    usage: () => sum(pids()),
    async chain() {
      const done = new Promise<void>((resolve) => {
        const off = host.onIdle(() => {
          off();
          resolve();
        });
      });
      await Promise.all(
        Array.from({ length: IN_FLIGHT }, (_, i) =>
          host.debugEvent({ block: 'Block 1', data: { n: 0, text: `event ${i}` } }),
        ),
      );
      await done;
    },
    async stop() {
      const { failures } = (await host.stop())!;
      fs.rmSync(folder, { recursive: true });
      if (failures > 0) throw new Error(`${failures} events failed`);
    },
  };
}

/** Nodes of a Node-RED flow: [type, fields] each, wired in order. */
function nodeRedFlow(): unknown[] {
  const nodes: Record<string, unknown>[] = [{ id: 'tab', type: 'tab', label: 'bench' }];
  const add = (id: string, type: string, wires: string[][], fields: Record<string, unknown>): void =>
    void nodes.push({ id, type, z: 'tab', x: 0, y: 0, name: id, wires, ...fields });
  const code = (id: string, wires: string[][], func: string): void =>
    add(id, 'function', wires, {
      func,
      outputs: wires.length,
      timeout: 0,
      noerr: 0,
      initialize: '',
      finalize: '',
      libs: [],
    });
  const check = (id: string, wires: string[][], property: string, value: number, t: 'lt' | 'gt'): void =>
    add(id, 'switch', wires, {
      property,
      propertyType: 'msg',
      rules: [{ t, v: String(value), vt: 'num' }, { t: 'else' }],
      checkall: 'false',
      repair: false,
      outputs: 2,
    });
  add('orders', 'http in', [['price']], { url: '/orders', method: 'post', upload: false });
  code(
    'price',
    [['large']],
    'msg.payload = { name: msg.payload.name, total: msg.payload.amount * 1.23 }; return msg;',
  );
  check('large', [['answer'], []], 'payload.total', 100, 'gt');
  code(
    'answer',
    [['reply']],
    'msg.payload = { greeting: `Dear ${msg.payload.name}`, total: msg.payload.total }; return msg;',
  );
  add('reply', 'http response', [], { statusCode: '200', headers: {} });
  add('start', 'http in', [['source']], { url: '/start', method: 'post', upload: false });
  code(
    'source',
    [['block1']],
    `flow.set('left', ${IN_FLIGHT}); flow.set('reply', msg); for (let i = 0; i < ${IN_FLIGHT}; i++) node.send({ payload: { n: 0, text: 'event ' + i } });`,
  );
  for (let i = 1; i <= 8; i++) {
    const next = `block${i === 8 ? 1 : i + 1}`;
    if (i % 2 === 1)
      code(
        `block${i}`,
        [[next]],
        'msg.payload = { n: msg.payload.n + 1, text: msg.payload.text }; return msg;',
      );
    else check(`block${i}`, [[next], i === 8 ? ['count'] : []], 'payload.n', i === 8 ? LAPS * 4 : 1e9, 'lt');
  }
  code(
    'count',
    [['reply']],
    "const left = flow.get('left') - 1; flow.set('left', left); if (left === 0) { const reply = flow.get('reply'); reply.payload = 'done'; return reply; }",
  );
  return nodes;
}

async function startNodeRed(): Promise<Contender> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'node-red-bench-'));
  fs.writeFileSync(path.join(folder, 'flows.json'), JSON.stringify(nodeRedFlow()));
  const port = await freePort();
  fs.writeFileSync(
    path.join(folder, 'settings.js'),
    `module.exports = { flowFile: 'flows.json', uiPort: ${port}, uiHost: '127.0.0.1', logging: { console: { level: 'warn' } }, telemetry: { enabled: false }, functionExternalModules: false };`,
  );
  const from = performance.now();
  const child: ChildProcess = spawn(
    process.execPath,
    [path.join(PEERS, 'node-red/red.js'), '--userDir', folder],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}/orders`;
  for (;;) {
    const answer = await post(url).catch(() => '');
    if (answer.includes('greeting')) break;
    if (performance.now() - from > 60_000) throw new Error('Node-RED does not answer');
    await pause(20);
  }
  return {
    name: 'Node-RED',
    startMs: performance.now() - from,
    url,
    usage: () => usage(child.pid!),
    async chain() {
      const answer = await post(`http://127.0.0.1:${port}/start`);
      if (answer !== 'done') throw new Error(`Node-RED answered ${answer}`);
    },
    async stop() {
      child.kill();
      await new Promise((resolve) => child.once('exit', resolve));
      fs.rmSync(folder, { recursive: true });
    },
  };
}

function children(pid: number): number[] {
  return fs
    .readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

function sum(pids: readonly number[]): { cpu: number; rss: number } {
  const all = pids.map(usage);
  return {
    cpu: all.reduce((total, { cpu }) => total + cpu, 0),
    rss: all.reduce((total, { rss }) => total + rss, 0),
  };
}

async function freePort(): Promise<number> {
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

interface Load {
  readonly requests: { readonly total: number };
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly duration: number;
  readonly non2xx: number;
  readonly errors: number;
}
type Autocannon = (options: Record<string, unknown>) => Promise<Load>;

async function load(autocannon: Autocannon, contender: Contender, connections: number): Promise<HttpResult> {
  const before = contender.usage();
  const result = await autocannon({
    url: contender.url,
    connections,
    duration: SECONDS,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: BODY,
  });
  if (result.non2xx + result.errors > 0)
    throw new Error(`${contender.name}: ${result.non2xx + result.errors} bad answers`);
  return {
    perSecond: result.requests.total / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    cpu: (contender.usage().cpu - before.cpu) / result.requests.total,
  };
}

async function main(): Promise<void> {
  const soak = process.argv.indexOf('--soak');
  if (soak > 0) return soakFor(Number(process.argv[soak + 1] ?? 10));
  const peers = fs.existsSync(path.join(PEERS, 'node-red')) && fs.existsSync(path.join(PEERS, 'autocannon'));
  if (!peers)
    console.log(`Node-RED and autocannon are not installed in ${PEERS}: ours alone, without HTTP load.`);
  const contenders = [await startOurs(), ...(peers ? [await startNodeRed()] : [])];
  await pause(SMOKE ? 0 : 2_000);
  const idle = contenders.map((contender) => contender.usage().rss);

  const chain = contenders.map(() => ({ perSecond: [] as number[], cpu: [] as number[] }));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [i, contender] of contenders.entries()) {
      const before = contender.usage().cpu;
      const from = performance.now();
      await contender.chain();
      const events = IN_FLIGHT * LAPS;
      if (round < 0) continue;
      chain[i]!.perSecond.push((events / (performance.now() - from)) * 1000);
      chain[i]!.cpu.push((contender.usage().cpu - before) / events);
    }
  }
  const requests = contenders.map(() => CONNECTIONS.map(() => [] as HttpResult[]));
  if (peers) {
    const autocannon = createRequire(path.join(PEERS, 'x.js'))('autocannon') as Autocannon;
    for (let round = 0; round < (SMOKE ? 1 : 3); round++) {
      for (const [c, connections] of CONNECTIONS.entries()) {
        for (const [i, contender] of contenders.entries())
          requests[i]![c]!.push(await load(autocannon, contender, connections));
      }
    }
  }
  const after = contenders.map((contender) => contender.usage().rss);
  for (const contender of contenders) await contender.stop();

  const [ours, peer] = [0, contenders.length > 1 ? 1 : undefined];
  const row = (title: string, value: (i: number) => number, more: 'more' | 'less'): string[] => {
    const mine = value(ours);
    if (peer === undefined) return [title, ms(mine), '', ''];
    const theirs = value(peer);
    return [title, ms(mine), ms(theirs), more === 'more' ? ratio(theirs, mine) : ratio(mine, theirs)];
  };
  const http1 = (c: number, pick: (result: HttpResult) => number) => (i: number) =>
    median(requests[i]![c]!.map(pick));
  table(
    'Runner: 8-block chain with 200 events in flight; HTTP in -> transform -> condition -> transform -> answer',
    [
      ['', 'ours', 'Node-RED 4', 'better'],
      row('start -> first reply, ms', (i) => contenders[i]!.startMs, 'less'),
      row('idle memory, MiB', (i) => idle[i]!, 'less'),
      row('memory after load, MiB', (i) => after[i]!, 'less'),
      row('chain events/s', (i) => median(chain[i]!.perSecond), 'more'),
      row('CPU per chain event, us', (i) => median(chain[i]!.cpu), 'less'),
      ...(peers
        ? CONNECTIONS.flatMap((connections, c) => [
            row(
              `requests/s, ${connections} connections`,
              http1(c, (result) => result.perSecond),
              'more',
            ),
            row(
              `  CPU per request, us`,
              http1(c, (result) => result.cpu),
              'less',
            ),
            row(
              `  p50, ms`,
              http1(c, (result) => result.p50),
              'less',
            ),
            row(
              `  p99, ms`,
              http1(c, (result) => result.p99),
              'less',
            ),
          ])
        : []),
    ],
  );
}

/** 5,000 events per second for some minutes: memory has to stay where it is after the first one. Ten rows. */
async function soakFor(minutes: number): Promise<void> {
  const host = new RunnerHost({ runnerPath: RUNNER });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flows-soak-'));
  await host.start({
    flowUri: 'file:///bench/soak.flow.yaml',
    flowText: `blocks:\n${CHAIN.replace(String(LAPS * 4), '4')}`,
    secrets: { KEY: 'soak-secret-4711' },
    options: { historyFolder: folder },
  });
  const rows: string[][] = [['seconds', 'events', 'runner, MiB', 'sandbox and spare, MiB', 'processor, %']];
  const from = Date.now();
  const interval = (minutes * 60_000) / 10;
  let before = sum([host.pid!, ...children(host.pid!)]).cpu;
  // Each debug event makes nine events, so 5,000 per second are 14 every 25 ms.
  for (let sent = 0; rows.length <= 10;) {
    const due = ((Date.now() - from) / 1000) * (5_000 / 9);
    const batch = Math.floor(due - sent);
    sent += batch;
    await Promise.all(
      Array.from({ length: batch }, () =>
        host.debugEvent({ block: 'Block 1', data: { n: 0, text: 'soak' } }),
      ),
    );
    if (Date.now() - from >= rows.length * interval) {
      const { events } = await host.status();
      const all = [host.pid!, ...children(host.pid!)];
      const { cpu } = sum(all);
      rows.push([
        String(Math.round((Date.now() - from) / 1000)),
        String(events),
        usage(host.pid!).rss.toFixed(0),
        sum(all.slice(1)).rss.toFixed(0),
        ((cpu - before) / interval / 10).toFixed(0),
      ]);
      before = cpu;
    }
    await pause(25);
  }
  await host.stop();
  fs.rmSync(folder, { recursive: true });
  table('Soak: 5,000 events/s', rows);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
