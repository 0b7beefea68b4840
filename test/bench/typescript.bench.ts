/** TypeScript's answers in expressions through LSP: the first one, warm ones, type errors, and what they cost others. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { CompletionItem, Hover, Position } from 'vscode-languageserver/node';
import { FlowDocument } from '../../flow/document.js';
import { corpusFile, median, ms, p95, Server, SMOKE, table } from './harness.js';

const STARTS = SMOKE ? 1 : 5;
const ROUNDS = SMOKE ? 1 : 5;
const MODULE = path.resolve('dist/server.js');

export async function main(): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flows-bench-types-'));
  try {
    const text = corpusFile('slack-scenario.flow.yaml');
    if (text === undefined)
      console.log('No real flow to measure on: set FLOWS_CORPUS to a folder of flow files.');
    else await real(folder, text);
    await large(folder, chainOfTransforms(SMOKE ? 200 : 5000));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Places behind `outputs.<key>.` in the expressions of a flow. */
function memberPlaces(text: string): Position[] {
  const flow = new FlowDocument(text);
  return flow.segments.flatMap((segment) =>
    segment.expressions.flatMap(({ expression, scalar }) =>
      expression.accesses
        .filter(({ root, span }) => root === 'outputs' && expression.text[span.end] === '.')
        .map(({ span }) => {
          const end = scalar.toSource(span.end + 1);
          return flow.range(segment, { start: end, end }).end;
        }),
    ),
  );
}

async function real(folder: string, text: string): Promise<void> {
  const uri = `file://${folder}/slack.flow.yaml`;
  const places = memberPlaces(text);
  const ask = (server: Server, method: string, position: Position): Promise<unknown> =>
    server.connection.sendRequest(method, { textDocument: { uri }, position });
  const timed = async (server: Server, method: string, position: Position): Promise<number> => {
    const from = performance.now();
    const answer = await ask(server, method, position);
    const found = method.endsWith('completion')
      ? (answer as CompletionItem[]).length > 0
      : (answer as Hover | null) !== null;
    if (!found) throw new Error(`No answer to ${method} at ${position.line + 1}:${position.character + 1}.`);
    return performance.now() - from;
  };

  const cold: number[] = [];
  const prepared: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const server = await Server.start(MODULE, folder);
    await server.open(uri, 'flow', text);
    cold.push(await timed(server, 'textDocument/completion', places[0]!));
    await server.stop();
    const second = await Server.start(MODULE, folder);
    await second.open(uri, 'flow', text);
    // A person reads before typing: meanwhile the flow has been checked.
    await pause(SMOKE ? 100 : 3000);
    prepared.push(await timed(second, 'textDocument/completion', places[0]!));
    await second.stop();
  }

  const server = await Server.start(MODULE, folder);
  await server.open(uri, 'flow', text);
  const before = server.memory();
  await timed(server, 'textDocument/completion', places[0]!);
  await pause(SMOKE ? 100 : 3000);
  const completions: number[] = [];
  const typing: number[] = [];
  const hovers: number[] = [];
  const processor = server.cpu();
  for (let round = 0; round < ROUNDS; round++) {
    for (const place of places) completions.push(await timed(server, 'textDocument/completion', place));
  }
  const perCompletion = (server.cpu() - processor) / completions.length;
  for (let round = 0; round < ROUNDS; round++) {
    for (const place of places) hovers.push(await timed(server, 'textDocument/hover', place));
    // As while typing: the expression is another one each time.
    for (const place of places) {
      await server.change(uri, place, 'x');
      const end = { line: place.line, character: place.character };
      typing.push(await timed(server, 'textDocument/completion', end));
      await server.change(uri, place, '', 1);
    }
  }
  const after = server.memory();

  const errors: number[] = [];
  const lines = text.split('\n');
  // A name with a letter too many is a mistake for certain when it is a long one.
  const mistakable = places.filter(({ line, character }) => /^\w{5}/.test(lines[line]!.slice(character)));
  for (const place of mistakable.slice(0, SMOKE ? 1 : 12)) {
    const from = performance.now();
    await server.change(uri, place, 'z');
    for (;;) {
      const { diagnostics } = await server.nextDiagnostics(uri);
      if (diagnostics.some(({ code }) => code === 'expression-type')) break;
    }
    errors.push(performance.now() - from);
    await server.change(uri, place, '', 1);
    await pause(SMOKE ? 50 : 500);
  }
  await server.stop();

  table(
    `Types on a real flow (Slack scenario), ${(text.length / 1000).toFixed(0)} kB, ${places.length} places; ms`,
    [
      ['', 'median', 'p95'],
      ['first answer, right after opening (loads TypeScript)', ms(median(cold)), ms(p95(cold))],
      ['first answer, 3 s after opening', ms(median(prepared)), ms(p95(prepared))],
      ['completion of members, warm', ms(median(completions)), ms(p95(completions))],
      ['processor time per completion', ms(perCompletion), ''],
      ['completion of members right after an edit', ms(median(typing)), ms(p95(typing))],
      ['hover, warm', ms(median(hovers)), ms(p95(hovers))],
      ['edit -> type error (250 ms of it quiet time)', ms(median(errors)), ms(p95(errors))],
      ['memory of the server, MB: without, with types', before.toFixed(0), after.toFixed(0)],
    ],
  );
}

/** Each block reads the two before it; the last one makes a mistake. */
function chainOfTransforms(count: number): string {
  const block = (i: number): string => {
    const value =
      i === 0
        ? '{ n: 0, at: Date.now() }'
        : i === count - 1
          ? `[outputs.block${i - 1}.n, Math.flor(1)]`
          : `{ n: outputs.block${i - 1}.n + previous.n, at: outputs.block${Math.max(0, i - 2)}.at }`;
    return `  - name: Block ${i}
    type: { coreBlock: transform }
    inputs:
      default:
        links:${i === 0 ? ' []' : `\n          - { block: Block ${i - 1}, output: default }`}
        config: {}
    outputs:
      default:
        outputCustomization: !expr '${value}'
`;
  };
  return `blocks:\n${Array.from({ length: count }, (_, i) => block(i)).join('')}`;
}

async function large(folder: string, text: string): Promise<void> {
  const uri = `file://${folder}/large.flow.yaml`;
  const count = text.split('- name:').length - 1;
  const server = await Server.start(MODULE, folder);
  const opened = performance.now();
  const open = await server.open(uri, 'flow', text);
  const line = text.slice(0, text.indexOf('Date.now()')).split('\n').length - 1;
  const at = { line, character: text.split('\n')[line]!.indexOf('Date.now()') };
  // While everything is being checked, somebody types elsewhere.
  const typing: number[] = [];
  const idle = performance.now() + (SMOKE ? 300 : 1000);
  while (performance.now() < idle) await pause(20);
  for (let i = 0; i < (SMOKE ? 4 : 40); i++) {
    typing.push(await server.edit(uri, at, i % 2 === 0 ? ' ' : '', i % 2));
    await pause(SMOKE ? 20 : 400);
  }
  const checkFrom = performance.now();
  while (!server.published.at(-1)!.diagnostics.some(({ code }) => code === 'expression-type')) {
    await server.nextDiagnostics(uri);
  }
  table(`Types of a chain of ${count} transforms, ${(text.length / 1e6).toFixed(1)} MB; ms`, [
    [
      'open -> diagnostics',
      'edit -> diagnostics while types are checked: median',
      'p95',
      'all types checked, after the last edit',
      'since opening',
      'memory, MB',
    ],
    [
      ms(open),
      ms(median(typing)),
      ms(p95(typing)),
      ms(performance.now() - checkFrom),
      ms(performance.now() - opened),
      server.memory().toFixed(0),
    ],
  ]);
  await server.stop();
}

void main();
