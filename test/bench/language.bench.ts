/** Keystrokes in a flow through LSP: ours, yaml-language-server, and GitHub's on a workflow of the same size. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Position } from 'vscode-languageserver/node';
import { corpusFile, least, median, ms, p95, PEERS, ratio, Server, SMOKE, table } from './harness.js';

interface Contender {
  readonly name: string;
  readonly module: string;
  readonly file: string;
  readonly languageId: string;
  readonly text: string;
  /** Where characters are typed, in the middle of the file. */
  readonly at: Position;
  /** Where completion is asked for after an edit: text typed there first. */
  readonly completeAfter: string;
  readonly settings?: Record<string, unknown>;
  /** Edits per round; a peer that needs seconds for each gets fewer. */
  readonly edits: number;
}

interface Measured {
  readonly start: number[];
  open: number;
  readonly edits: number[];
  readonly cpu: number[];
  readonly completions: number[];
  burst: { final: number; publishes: number; stale: number };
  memory: number;
}

const EDITS = SMOKE ? 4 : 40;
const ROUNDS = SMOKE ? 1 : 4;
const STARTS = SMOKE ? 1 : 7;

export async function main(): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flows-bench-'));
  fs.writeFileSync(path.join(folder, 'flows.project.yaml'), 'project: bench\nsecrets:\n  TOKEN:\n');
  try {
    const flow = corpusFile('slack-scenario.flow.yaml') ?? generatedFlow(143_000);
    await compare(folder, flow, 'a real flow (Slack scenario)');
    const size = SMOKE ? 200_000 : 10_000_000;
    table(`A generated flow of 5,000 blocks, ${(generatedFlow(size).length / 1e6).toFixed(1)} MB; ms`, [
      [
        'reports shown',
        'open -> diagnostics',
        'processor time of that',
        'edit, fastest',
        'edit, median',
        'edit, p95',
        'processor time per edit',
        'memory, MB',
      ],
      await large(folder, generatedFlow(size)),
      await large(folder, generatedFlow(size, true)),
    ]);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function compare(folder: string, flow: string, what: string): Promise<void> {
  const contenders = [ours(flow), ...peers(flow)];
  const results = new Map<string, Measured>();
  const running = new Map<string, Server>();
  for (const contender of contenders) {
    const measured: Measured = {
      start: [],
      open: 0,
      edits: [],
      cpu: [],
      completions: [],
      burst: { final: 0, publishes: 0, stale: 0 },
      memory: 0,
    };
    results.set(contender.name, measured);
    for (let i = 0; i < STARTS; i++) {
      const server = await Server.start(contender.module, folder, contender.settings);
      measured.start.push(server.startMs);
      await server.stop();
    }
    const server = await Server.start(contender.module, folder, contender.settings);
    measured.open = await server.open(uriIn(folder, contender), contender.languageId, contender.text);
    running.set(contender.name, server);
    await pause(SMOKE ? 50 : 500);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of contenders)
      await edits(
        running.get(contender.name)!,
        uriIn(folder, contender),
        contender,
        results.get(contender.name)!,
      );
  }
  for (const contender of contenders) {
    const server = running.get(contender.name)!;
    const measured = results.get(contender.name)!;
    measured.burst = await burst(server, uriIn(folder, contender), contender.at);
    measured.memory = server.memory();
    await server.stop();
  }
  const base = results.get(contenders[0]!.name)!;
  const cell = (value: number, own: number): string =>
    value === own ? ms(value) : `${ms(value)} (${ratio(own, value)})`;
  table(`${what}, ${(flow.length / 1000).toFixed(0)} kB; ms, in brackets times ours`, [
    ['', ...contenders.map(({ name }) => name)],
    row('start -> initialize, fastest', (one) => least(one.start)),
    row('start -> initialize, median', (one) => median(one.start)),
    row('open -> diagnostics', (one) => one.open),
    row('edit -> diagnostics, fastest', (one) => least(one.edits)),
    row('edit -> diagnostics, median', (one) => median(one.edits)),
    row('edit -> diagnostics, p95', (one) => p95(one.edits)),
    row('processor time per edit', (one) => median(one.cpu)),
    row('processor time per edit, least of the rounds', (one) => least(one.cpu)),
    row('completion right after an edit, fastest', (one) => least(one.completions)),
    row('completion right after an edit, median', (one) => median(one.completions)),
    row('completion right after an edit, p95', (one) => p95(one.completions)),
    row('10 keys, 50 ms apart: last key -> last answer', (one) => one.burst.final),
    [
      'answers to the 10 keys (stale ones)',
      ...contenders.map(({ name }) => {
        const { publishes, stale } = results.get(name)!.burst;
        return `${publishes} (${stale})`;
      }),
    ],
    ['memory, MB', ...contenders.map(({ name }) => results.get(name)!.memory.toFixed(0))],
  ]);

  function row(name: string, value: (measured: Measured) => number): string[] {
    return [name, ...contenders.map((contender) => cell(value(results.get(contender.name)!), value(base)))];
  }
}

async function edits(
  server: Server,
  uri: string,
  { at, completeAfter, edits: count }: Contender,
  measured: Measured,
): Promise<void> {
  const before = server.cpu();
  for (let i = 0; i < count; i++) {
    measured.edits.push(await server.edit(uri, at, i % 2 === 0 ? 'x' : '', i % 2));
  }
  measured.cpu.push((server.cpu() - before) / count);
  for (let i = 0; i < count / 2; i++) {
    const published = server.edit(uri, at, completeAfter);
    const from = performance.now();
    await server.connection.sendRequest('textDocument/completion', {
      textDocument: { uri },
      position: { line: at.line, character: at.character + completeAfter.length },
      context: { triggerKind: 1 },
    });
    measured.completions.push(performance.now() - from);
    await published;
    await server.edit(uri, at, '', completeAfter.length);
  }
}

async function burst(server: Server, uri: string, at: Position): Promise<Measured['burst']> {
  await pause(500);
  const first = server.published.length;
  let last = 0;
  for (let i = 0; i < 10; i++) {
    await server.change(uri, at, 'y');
    last = performance.now();
    if (i < 9) await pause(50);
  }
  let seen = server.published.length;
  let final = performance.now();
  // Quiet for two seconds (or thirty in all): there is nothing more to come.
  for (let waited = 0; waited < 30_000; waited += 20) {
    await pause(20);
    if (server.published.length > seen) {
      seen = server.published.length;
      final = performance.now();
    } else if (seen > first && performance.now() - final > (SMOKE ? 300 : 2000)) {
      break;
    }
  }
  const answers = server.published.slice(first).filter((params) => params.uri === uri);
  const versions = answers.map(({ version }) => version).filter((version) => version !== undefined);
  const stale = versions.filter((version, i) => i > 0 && version < versions[i - 1]!).length;
  return { final: Math.max(0, final - last), publishes: answers.length, stale };
}

/** How many reports there are makes a difference, since each publication has all of them. */
async function large(folder: string, text: string): Promise<string[]> {
  const server = await Server.start(path.resolve('dist/server.js'), folder);
  const uri = `file://${folder}/large.flow.yaml`;
  const idle = server.cpu();
  const open = await server.open(uri, 'flow', text);
  const openCpu = server.cpu() - idle;
  await pause(SMOKE ? 50 : 3000);
  const at = positionOf(text, text.indexOf('map(x', text.length / 2));
  const measured: number[] = [];
  const before = server.cpu();
  for (let i = 0; i < EDITS * 2; i++)
    measured.push(await server.edit(uri, at, i % 2 === 0 ? 'x' : '', i % 2));
  const cpu = (server.cpu() - before) / (EDITS * 2);
  const memory = server.memory();
  await server.stop();
  const times = [open, openCpu, least(measured), median(measured), p95(measured), cpu].map(ms);
  const reports = server.published.at(-1)!.diagnostics.length;
  return [String(reports), ...times, memory.toFixed(0)];
}

function ours(flow: string): Contender {
  return {
    name: 'flow-secrets',
    module: path.resolve('dist/server.js'),
    file: 'bench.flow.yaml',
    languageId: 'flow',
    text: flow,
    at: inExpression(flow),
    completeAfter: 'secrets.',
    edits: EDITS,
  };
}

function peers(flow: string): Contender[] {
  const yaml = path.join(PEERS, 'yaml-language-server/out/server/src/server.js');
  const github = path.join(PEERS, '@actions/languageserver/bin/actions-languageserver');
  const found: Contender[] = [];
  if (fs.existsSync(yaml)) {
    const settings = {
      yaml: {
        customTags: ['!expr scalar'],
        schemaStore: { enable: false },
        validate: true,
        completion: true,
      },
    };
    found.push({
      name: 'yaml-language-server 1.25',
      module: yaml,
      file: 'bench.yaml',
      languageId: 'yaml',
      text: flow,
      at: inExpression(flow),
      completeAfter: 'secrets.',
      settings,
      edits: EDITS,
    });
  }
  if (fs.existsSync(github) && !SMOKE) {
    const workflow = generatedWorkflow(flow.length);
    found.push({
      name: '@actions/languageserver 0.3',
      module: github,
      file: '.github/workflows/bench.yml',
      languageId: 'yaml',
      text: workflow,
      at: positionOf(workflow, workflow.indexOf('echo ', workflow.length / 2) + 5),
      completeAfter: '${{ secrets.',
      edits: 4,
    });
  }
  if (found.length === 0) console.log('No peers: `npm run bench` installs them into test/bench/peers.');
  return found;
}

function uriIn(folder: string, { file }: Contender): string {
  return `file://${folder}/${file}`;
}

/** In the text of an expression in the middle of the file, behind its first name. */
function inExpression(text: string): Position {
  const tag = text.indexOf('!expr outputs', text.length / 2);
  const from = tag < 0 ? text.indexOf('!expr', text.length / 2) : tag;
  return positionOf(text, from + '!expr '.length);
}

function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length - 1, character: before.at(-1)!.length };
}

/**
 * About `size` characters: blocks with a schema, a link and an expression each, as exports have them. Nothing starts by
 * itself in an `idle` one, which is reported on each of its blocks.
 */
function generatedFlow(size: number, idle = false): string {
  const field = (i: number): string =>
    `"f${i}":{"order":${i},"name":"Field ${i}","description":"What the field number ${i} of this block is for","type":{"type":"string"},"fixed":false,"required":false,"hasValidator":false,"fieldKey":"","sensitive":false}`;
  const schema = `{"order":1,"name":"Act","description":"Does it","config":{},"hasOnInternalMessage":false,"inputs":{"default":{"order":0,"config":{${[1, 2, 3, 4, 5, 6].map(field).join(',')}},"hasOnEvent":true}},"outputs":{"default":{"order":0,"name":"Done","default":true,"possiblePrimaryParents":["default"],"type":{"type":"object","properties":{"id":{"type":"string"}}}}},"signals":{},"hasOnSync":false,"hasOnDrain":false,"hasOnTimer":false}`;
  const block = (i: number): string => `  - name: Block ${i}
    type:
      appBlock:
        block: act
        appInstallation: app
        schema: '${schema}'
    position: [${(i % 40) * 400}, ${Math.floor(i / 40) * 200}]
    inputs:
      default:
        links:${
          i === 0 && !idle
            ? ' []'
            : `
          - block: Block ${Math.max(0, i - 1)}
            output: default`
        }
        config:
          f1: !expr |-
            [1, 2, ${i}].map(x => \`\${secrets.TOKEN}-\${outputs.block${Math.max(0, i - 3)}.id}-\${x}\`).join()
`;
  const parts = ['appInstallations:\n  app:\n    appName: App\n    appVersion: 1.0.0\nblocks:\n'];
  for (let length = 0, i = 0; length < size && i < 5000; i++) {
    const one = block(i);
    parts.push(one);
    length += one.length;
  }
  return parts.join('');
}

function generatedWorkflow(size: number): string {
  const parts = ['on: push\njobs:\n'];
  for (let length = 0, i = 0; length < size; i++) {
    const job = `  job${i}:\n    runs-on: ubuntu-latest\n    env:\n      A: \${{ secrets.TOKEN }}\n    steps:\n      - uses: actions/checkout@v4\n      - name: Say ${i}\n        run: |\n          echo \${{ github.ref }} \${{ secrets.TOKEN }} and some more words to read here\n      - name: Again ${i}\n        env:\n          B: \${{ secrets.TOKEN }}\n          C: \${{ runner.os }}\n        run: echo "$B $C" | tee out-${i}.txt && make job-${i} TARGET=release-${i}\n`;
    parts.push(job);
    length += job.length;
  }
  return parts.join('');
}

void main();
