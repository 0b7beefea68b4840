/**
 * Decides `!match` and `!expr` of a test: in a sandbox like the flow's own, where neither an endless loop nor a regular
 * expression that never ends hangs anything. An `!expr` sees the value it stands for as `previous`.
 */
import type { Json, Value } from '../../flow/model.js';
import { regExpOf } from '../../flow/testing/matchers.js';
import { RunnerHost, type RunnerOptions } from '../runner/host.js';
import type { RunEvent } from '../runner/protocol.js';

/** Longest time of one check, in milliseconds. */
const DEADLINE_MS = 5_000;

export class Checker {
  readonly #blocks: readonly { readonly matcher: Value; readonly code: string }[];
  readonly #known = new Map<string, Promise<boolean | string>>();
  readonly #waiting = new Map<string, (verdict: boolean | string) => void>();
  /** Verdicts that came before anybody asked for them. */
  readonly #early = new Map<string, boolean | string>();
  #host: Promise<RunnerHost> | undefined;

  /** @param matchers every `!match` and `!expr` of a file. Nothing is started before one of them is asked for. */
  constructor(
    matchers: readonly Value[],
    private readonly options: RunnerOptions,
  ) {
    this.#blocks = matchers.map((matcher) => ({ matcher, code: codeOf(matcher) }));
  }

  /** A text says why it could not be told. */
  async holds(matcher: Value, actual: Json): Promise<boolean | string> {
    const block = this.#blocks.findIndex((known) => known.matcher === matcher);
    const key = `${block} ${JSON.stringify(actual)}`;
    let verdict = this.#known.get(key);
    if (!verdict) this.#known.set(key, (verdict = this.#ask(String(block), actual)));
    return verdict;
  }

  async close(): Promise<void> {
    await (await this.#host?.catch(() => undefined))?.stop();
  }

  async #ask(block: string, data: Json): Promise<boolean | string> {
    try {
      const host = await (this.#host ??= this.#start());
      const { id } = await host.debugEvent({ block, data });
      const early = this.#early.get(id);
      return early ?? (await new Promise((resolve) => this.#waiting.set(id, resolve)));
    } catch (error) {
      return (error as Error).message;
    }
  }

  async #start(): Promise<RunnerHost> {
    const host = new RunnerHost(this.options);
    host.onEvents(({ events }) => {
      for (const event of events) this.#take(event);
    });
    host.onExit(() => {
      for (const resolve of this.#waiting.values()) resolve('the check could not be made');
    });
    await host.start({
      flowUri: 'checks.flow.yaml',
      flowText: `blocks:\n${this.#blocks.map(({ code }, i) => blockOf(String(i), code)).join('')}`,
      secrets: {},
      options: { eventsPerSecond: 0, deadlineMs: DEADLINE_MS },
    });
    return host;
  }

  #take(event: RunEvent): void {
    if (event.kind === 'event' && event.parent !== undefined) this.#decide(event.parent, isTrue(event.data));
    if (event.kind === 'failed' && event.event !== undefined)
      this.#decide(event.event, `${event.error.name}: ${event.error.message}`);
  }

  #decide(id: string, verdict: boolean | string): void {
    const resolve = this.#waiting.get(id);
    if (resolve) resolve(verdict);
    else this.#early.set(id, verdict);
    this.#waiting.delete(id);
  }
}

function blockOf(name: string, code: string): string {
  return `  - name: "${name}"\n    type: { coreBlock: transform }\n    inputs: { default: { config: {} } }\n    outputs: { default: { outputCustomization: !expr ${JSON.stringify(code)} } }\n`;
}

function codeOf(matcher: Value): string {
  if (matcher.kind === 'expression') return matcher.scalar.value;
  const pattern = matcher.kind === 'constant' ? regExpOf(String(matcher.value)) : undefined;
  // Numbers are matched as they are written.
  return pattern
    ? `${String(pattern)}.test(typeof previous === 'string' ? previous : JSON.stringify(previous))`
    : 'false';
}

/** JavaScript's own rule, for JSON. */
function isTrue(json: string): boolean {
  return !['false', 'null', '0', '""'].includes(json);
}
