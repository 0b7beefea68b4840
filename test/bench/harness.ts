/** What benchmarks share: samples, processor time of a child, a table with ratios, a language server over stdio. */
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type Position,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver/node';

/** `--smoke`: every benchmark runs a few times, to see that it still works. */
export const SMOKE = process.argv.includes('--smoke');
export const PEERS = path.resolve('test/bench/peers/node_modules');

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

export function least(samples: readonly number[]): number {
  return Math.min(...samples);
}

export function p95(samples: readonly number[]): number {
  return quantile(samples, 0.95);
}

function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** Rows of text, columns aligned; the first row is the head. */
export function table(title: string, rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  console.log(`\n${title}`);
  for (const [i, row] of rows.entries()) {
    console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`);
    if (i === 0) console.log(`|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  }
}

export const ms = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));

/** How many times `value` goes into `other`: the peer's time in ours. */
export const ratio = (value: number, other: number): string =>
  value === 0 ? '' : `${(other / value).toFixed(1)}×`;

/** Flow files to measure on: FLOWS_CORPUS, else ../shared/corpus; undefined where there is none. */
export function corpusFile(name: string): string | undefined {
  const file = path.join(process.env.FLOWS_CORPUS ?? '../shared/corpus', name);
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
}

/** Milliseconds after which an answer does not come any more. */
const DEADLINE = 120_000;

/** A language server in a process of its own, spoken to over stdio. */
export class Server {
  readonly published: PublishDiagnosticsParams[] = [];
  #waiting: { readonly fits: (params: PublishDiagnosticsParams) => boolean; readonly wake: () => void }[] =
    [];
  readonly #versions = new Map<string, number>();
  #isStopping = false;

  private constructor(
    readonly process: ChildProcess,
    readonly connection: ProtocolConnection,
    /** Milliseconds from spawn to the answer to `initialize`. */
    readonly startMs: number,
  ) {}

  static async start(
    module: string,
    folder: string,
    settings: Record<string, unknown> = {},
  ): Promise<Server> {
    const from = performance.now();
    const child = spawn(process.execPath, [module, '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
    const connection = createProtocolConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    connection.onRequest('workspace/configuration', ({ items }: { items: { section?: string }[] }) =>
      items.map(({ section }) => settings[section ?? ''] ?? null),
    );
    connection.onRequest('client/registerCapability', () => null);
    connection.onRequest('window/workDoneProgress/create', () => null);
    connection.onRequest('workspace/codeLens/refresh', () => null);
    connection.listen();
    const root = `file://${folder}`;
    await connection.sendRequest('initialize', {
      processId: process.pid,
      rootUri: root,
      workspaceFolders: [{ uri: root, name: 'bench' }],
      // GitHub's server reads its options without asking whether there are any.
      initializationOptions: {},
      capabilities: {
        workspace: { configuration: true, didChangeWatchedFiles: { dynamicRegistration: true } },
        textDocument: { publishDiagnostics: { versionSupport: true } },
      },
    });
    const server = new Server(child, connection, performance.now() - from);
    connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      server.published.push(params);
      for (const { fits, wake } of server.#waiting) if (fits(params)) wake();
      server.#waiting = server.#waiting.filter(({ fits }) => !fits(params));
    });
    child.once('exit', (code, signal) => {
      // Nobody would answer what the benchmark waits for.
      if (!server.#isStopping) throw new Error(`${module} ended by itself (${code ?? signal})`);
    });
    await connection.sendNotification('initialized', {});
    for (const [section, value] of Object.entries(settings)) {
      await connection.sendNotification('workspace/didChangeConfiguration', {
        settings: { [section]: value },
      });
    }
    return server;
  }

  /** Milliseconds until the first diagnostics. */
  async open(uri: string, languageId: string, text: string): Promise<number> {
    const from = performance.now();
    const published = this.nextDiagnostics(uri);
    this.#versions.set(uri, 1);
    await this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId, version: 1, text },
    });
    await published;
    return performance.now() - from;
  }

  async change(uri: string, at: Position, insert: string, remove = 0): Promise<number> {
    const version = (this.#versions.get(uri) ?? 0) + 1;
    this.#versions.set(uri, version);
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [
        { range: { start: at, end: { line: at.line, character: at.character + remove } }, text: insert },
      ],
    });
    return version;
  }

  /** Milliseconds from an edit to the diagnostics of the text that it makes. Servers that name no version give the next ones. */
  async edit(uri: string, at: Position, insert: string, remove = 0): Promise<number> {
    const from = performance.now();
    const published = this.nextDiagnostics(uri, (this.#versions.get(uri) ?? 0) + 1);
    await this.change(uri, at, insert, remove);
    await published;
    return performance.now() - from;
  }

  /** The diagnostics that come next, of this version of the document at least. */
  nextDiagnostics(uri: string, version = 0): Promise<PublishDiagnosticsParams> {
    return new Promise((resolve, reject) => {
      // What never comes is a mistake to be found, not a benchmark that stands still.
      const deadline = setTimeout(() => {
        const seen = this.published.filter((params) => params.uri === uri).map((params) => params.version);
        reject(
          new Error(
            `No diagnostics of version ${version} for ${DEADLINE / 1000} s; the last of ${seen.length} were of version ${seen.at(-1)}.`,
          ),
        );
      }, DEADLINE);
      this.#waiting.push({
        fits: (params) => params.uri === uri && (params.version ?? version) >= version,
        wake: () => {
          clearTimeout(deadline);
          resolve(this.published.at(-1)!);
        },
      });
    });
  }

  /** Processor time so far, in milliseconds; NaN where the system does not tell. */
  cpu(): number {
    try {
      const stat = fs.readFileSync(`/proc/${this.process.pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10;
    } catch {
      return NaN;
    }
  }

  /** Resident memory in MB; NaN where the system does not tell. */
  memory(): number {
    try {
      return (
        Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${this.process.pid}/status`, 'utf8'))![1]) / 1024
      );
    } catch {
      return NaN;
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.connection.dispose();
    this.process.kill();
    // A server that is busy with megabytes may not get to read its signal.
    const force = setTimeout(() => this.process.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(force);
  }
}
