/** Starts real runner processes for tests: bundles the two processes once from the sources, and collects what a run says. */
import assert from 'node:assert/strict';
import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { readRun } from '../../../client/runner/history.js';
import { RunnerHost, type RunnerExit } from '../../../client/runner/host.js';
import type {
  EmittedEvent,
  FailedEvent,
  Pause,
  RunEvent,
  RunInfo,
  RunStatus,
  StartRequest,
} from '../../../client/runner/protocol.js';

let built: Promise<string> | undefined;

/** Path of a runner.js bundled from the sources as they are. */
export function runnerPath(): Promise<string> {
  return (built ??= (async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'flows-runner-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    await build({
      absWorkingDir: process.cwd(),
      entryPoints: {
        runner: 'client/runner/main.ts',
        mcp: 'client/runner/blocks/mcp.ts',
        sandbox: 'client/runner/sandbox/main.ts',
        cli: 'client/cli/main.ts',
      },
      outdir: folder,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      mainFields: ['module', 'main'],
      external: ['./mcp.js'],
      logLevel: 'error',
    });
    return path.join(folder, 'runner.js');
  })());
}

/** All entries of a recorded run. */
export async function recordOf(folder: string, runId: string): Promise<RunEvent[]> {
  const entries: RunEvent[] = [];
  await readRun(folder, runId, (some) => entries.push(...some));
  return entries;
}

export class TestRun {
  readonly entries: RunEvent[] = [];
  readonly exits: RunnerExit[] = [];
  readonly pauses: Pause[] = [];
  /** Whether the run stands still, as far as it has said. */
  standing = false;
  info!: RunInfo;

  private constructor(readonly host: RunnerHost) {
    host.onEvents(({ events }) => {
      this.entries.push(...events);
    });
    host.onPaused((pause) => {
      this.pauses.push(pause);
      this.standing = true;
    });
    host.onResumed(() => (this.standing = false));
    host.onExit((exit) => this.exits.push(exit));
  }

  static async start(
    flowText: string,
    request: Partial<Omit<StartRequest, 'flowText'>> = {},
    env?: NodeJS.ProcessEnv,
    runner?: string,
  ): Promise<TestRun> {
    const host = new RunnerHost({ runnerPath: runner ?? (await runnerPath()), ...(env && { env }) });
    const run = new TestRun(host);
    running.add(run);
    run.info = await host.start({
      flowUri: 'file:///tests/test.flow.yaml',
      secrets: {},
      ...request,
      flowText,
    });
    return run;
  }

  /** URL of an endpoint of the run. */
  url(pathAndQuery: string): string {
    return `http://127.0.0.1:${this.info.port}${pathAndQuery}`;
  }

  events(block?: string): EmittedEvent[] {
    return this.entries.filter(
      (entry): entry is EmittedEvent =>
        entry.kind === 'event' && (block === undefined || entry.block === block),
    );
  }

  failures(): FailedEvent[] {
    return this.entries.filter((entry): entry is FailedEvent => entry.kind === 'failed');
  }

  /** Data of the only event that the block has emitted. */
  data(block: string): unknown {
    const found = this.events(block).filter(({ input }) => input === undefined);
    assert.equal(found.length, 1, `"${block}" has emitted ${found.length} events: ${this.text()}`);
    return JSON.parse(found[0]!.data);
  }

  /** Everything that the run has said, as text. */
  text(): string {
    return this.entries.map((entry) => JSON.stringify(entry)).join('\n');
  }

  async until<T>(
    found: () => T | undefined | false | Promise<T | undefined | false>,
    what = 'the expected entry',
  ): Promise<T> {
    const end = Date.now() + 20_000;
    while (Date.now() < end) {
      const value = await found();
      if (value !== undefined && value !== false) return value;
      await pause(5);
    }
    throw new Error(`Waited 20 s for ${what}. The run said:\n${this.text()}`);
  }

  /** Waits until a debug run stands still; `after`: at another place than that pause. */
  async paused(after = 0): Promise<Pause> {
    return this.until(() => {
      const last = this.pauses.at(-1);
      return this.standing && last && last.number > after && last;
    }, 'the run to stand still');
  }

  /** Goes on and waits for the next stop. */
  async step(step?: 'next' | 'into' | 'out'): Promise<Pause> {
    const { number } = this.pauses.at(-1)!;
    await this.host.resume(step);
    return this.paused(number);
  }

  /** Waits until nothing is under way and everything that was said has arrived. */
  async idle(): Promise<RunStatus> {
    return this.until(async () => {
      const status = await this.host.status();
      if (status.pending > 0) return undefined;
      const unheard = await this.host.events(this.entries.at(-1)?.seq ?? 0, 1);
      return unheard.length === 0 && status;
    }, 'the run to be idle');
  }

  /** Sends a debug event and waits until nothing is under way. */
  async send(block: string, data: unknown, ancestors?: Record<string, unknown>): Promise<RunStatus> {
    await this.host.debugEvent({ block, data, ...(ancestors && { ancestors }) });
    return this.idle();
  }

  async stop(): Promise<void> {
    running.delete(this);
    await this.host.stop();
  }
}

const running = new Set<TestRun>();

/** For afterEach: no test leaves a process behind. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((run) => run.stop()));
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export interface EchoServer {
  readonly port: number;
  readonly requests: { method: string; url: string; headers: http.IncomingHttpHeaders; body: string }[];
  close(): void;
}

/** Answers with what it got. `/status/<n>` answers with that status, `/slow` never, `/html` with HTML. */
export async function echoServer(): Promise<EchoServer> {
  const requests: EchoServer['requests'] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const body = Buffer.concat(chunks).toString('utf8');
      requests.push({ method, url, headers, body });
      if (url === '/slow') return;
      if (url === '/html') {
        response.setHeader('content-type', 'text/html');
        response.end('<p>hello</p>');
        return;
      }
      response.statusCode = Number(/^\/status\/(\d+)/.exec(url)?.[1] ?? 200);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ method, url, headers, body }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A flow whose blocks follow each other. `config` is YAML below the input's, `output` the expression of the output's customisation. */
export function chain(
  ...blocks: readonly { name: string; type: string; config?: string; output?: string }[]
): string {
  const indent = (text: string, by: number): string => text.replace(/^(?=.)/gm, ' '.repeat(by));
  return `blocks:\n${blocks
    .map(({ name, type, config = '{}', output }, i) => {
      const before = blocks[i - 1];
      const link = before
        ? `        links:\n          - { block: ${JSON.stringify(before.name)}, output: default }\n`
        : '';
      const custom =
        output === undefined
          ? ''
          : `    outputs:\n      default:\n        outputCustomization: !expr |-\n${indent(output, 10)}\n`;
      return `  - name: ${JSON.stringify(name)}\n    type: { coreBlock: ${type} }\n    inputs:\n      default:\n${link}        config:${config === '{}' ? ' {}' : `\n${indent(config, 10)}`}\n${custom}`;
    })
    .join('')}`;
}
