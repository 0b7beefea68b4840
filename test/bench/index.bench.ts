/** The index of the workspace: all files named by nobody, one that changes, requests meanwhile; 50,000 files and a loop of links. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { SecretUsagesResult } from '../../flow/protocol.js';
import { median, ms, p95, Server, SMOKE, table } from './harness.js';

const SERVER = path.resolve('dist/server.js');
const FILES = SMOKE ? 200 : 2_000;
const OTHERS = SMOKE ? 500 : 48_000;
const ROUNDS = SMOKE ? 1 : 3;
const CHANGES = SMOKE ? 3 : 30;

interface Measured {
  readonly index: number[];
  readonly cpu: number[];
  /** From the event of a changed file to an answer that knows it. */
  readonly change: number[];
  readonly changeCpu: number[];
  /** Completion of `secrets.` in an open flow while the index is being read. */
  readonly answers: number[];
  memory: number;
}

export async function main(): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flows-bench-index-'));
  try {
    const bytes = generate(folder, FILES);
    const small = await measure(folder);
    for (let i = 0; i < OTHERS; i++) write(folder, `src/${i % 200}/module${i}.ts`, 'export {};\n');
    // A folder that holds itself: whoever follows it never ends.
    fs.symlinkSync(folder, path.join(folder, 'src', 'loop'));
    const large = await measure(folder);
    const row = (name: string, { index, cpu, change, changeCpu, answers, memory }: Measured): string[] => [
      name,
      ms(median(index)),
      ms(median(cpu)),
      `${ms(median(answers))} (${ms(p95(answers))})`,
      `${ms(median(change))} (${ms(p95(change))})`,
      ms(median(changeCpu)),
      memory.toFixed(0),
    ];
    table(`Index, ${FILES.toLocaleString('en')} files of flows, ${(bytes / 1e6).toFixed(1)} MB; ms`, [
      [
        'workspace',
        'start -> whole',
        'processor time',
        'completion meanwhile (p95)',
        'file changed -> known (p95)',
        'processor time per change',
        'memory, MB',
      ],
      row('these files alone', small),
      row(`and ${OTHERS.toLocaleString('en')} others, a loop of links`, large),
    ]);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string): Promise<Measured> {
  const found: Measured = { index: [], cpu: [], change: [], changeCpu: [], answers: [], memory: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now();
    const server = await Server.start(SERVER, folder);
    const open = pathToFileURL(path.join(folder, 'team0/open.flow.yaml')).href;
    void server.open(open, 'flow', flow(0, 'secrets.'));
    const at = {
      line: flow(0, 'secrets.')
        .split('\n')
        .findIndex((line) => line.endsWith('secrets.')),
      character: 0,
    };
    const position = { line: at.line, character: flow(0, 'secrets.').split('\n')[at.line]!.length };
    while (!(await usages(server)).complete) {
      const asked = performance.now();
      await server.connection.sendRequest('textDocument/completion', {
        textDocument: { uri: open },
        position,
      });
      found.answers.push(performance.now() - asked);
      await pause(5);
    }
    found.index.push(performance.now() - from);
    found.cpu.push(server.cpu());
    await pause(500);
    for (let i = 0; i < CHANGES; i++) {
      const key = `NEW_${round}_${i}`;
      const cpu = server.cpu();
      const changed = write(folder, `team${i % 10}/flow${i * 7}.flow.yaml`, flow(i, `secrets.${key}`));
      const told = performance.now();
      await server.connection.sendNotification('workspace/didChangeWatchedFiles', {
        changes: [{ uri: pathToFileURL(changed).href, type: 2 }],
      });
      while (!JSON.stringify(await usages(server)).includes(`"${key}"`)) await pause(1);
      found.change.push(performance.now() - told);
      found.changeCpu.push(server.cpu() - cpu);
    }
    found.memory = Math.max(found.memory, server.memory());
    await server.stop();
  }
  return found;
}

const usages = (server: Server): Promise<SecretUsagesResult> =>
  server.connection.sendRequest('flows/secretUsages');

function write(folder: string, name: string, text: string): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

/** Ten projects with flows, installation configs and Terraform. Returns the bytes of all. */
function generate(folder: string, count: number): number {
  let bytes = 0;
  const add = (name: string, text: string): void => {
    bytes += text.length;
    write(folder, name, text);
  };
  for (let i = 0; i < 10; i++) {
    const keys = Array.from({ length: 40 }, (_, key) => `  TOKEN_${key}:\n`).join('');
    add(`team${i}/flows.project.yaml`, `project: team${i}\nsecrets:\n${keys}`);
  }
  for (let i = 0; i < count - 10; i++) {
    const team = `team${i % 10}`;
    if (i % 20 === 18)
      add(
        `${team}/app${i}.installation.yaml`,
        `app: slack\nversion: 1.0.0\nconfig:\n  botToken: !expr secrets.TOKEN_${i % 40}\n`,
      );
    else if (i % 20 === 19)
      add(
        `${team}/infra${i}.tf`,
        `resource "flows_app_installation" "a${i}" {\n  config_fields = {\n    token = "secrets.TOKEN_${i % 40}"\n  }\n}\n`,
      );
    else add(`${team}/flow${i}.flow.yaml`, flow(i, `secrets.TOKEN_${i % 40}`));
  }
  return bytes;
}

/** Some 4 kB: a chain of twelve blocks with an expression each. */
function flow(seed: number, expression: string): string {
  const blocks = Array.from({ length: 12 }, (_, i) => {
    const links =
      i === 0 ? '' : `\n        links:\n          - block: Step ${i - 1}\n            output: default`;
    const code = i === 6 ? expression : `outputs.step${Math.max(0, i - 1)}?.value ?? ${seed}`;
    return `  - name: Step ${i}\n    type:\n      coreBlock: transform\n    inputs:\n      default:${links || ' {}'}\n    outputs:\n      default:\n        outputCustomization: !expr |-\n          ${code}\n`;
  });
  return `blocks:\n${blocks.join('')}`;
}

void main();
