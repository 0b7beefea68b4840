/** One test: a run of the flow in virtual time, what is sent to it, and the comparison of what came with what was expected. */
import type { Json, MapValue, Value } from '../../flow/model.js';
import type { FlowTest, Expectation, TestSetup, TestStep } from '../../flow/testing/model.js';
import type { Span } from '../../flow/text.js';
import { Redactor } from '../redaction/index.js';
import { RunnerHost, type RunnerOptions } from '../runner/host.js';
import type { EmittedEvent, FailedEvent, RunEvent, RunInfo, StartRequest } from '../runner/protocol.js';
import { compare, type Comparison, type Difference, type MatchOptions } from './match.js';

/** When virtual time begins, unless the test says otherwise. */
const START = Date.UTC(2026, 0, 1);

export interface Failure {
  readonly message: string;
  /** In the test file. */
  readonly span: Span;
  readonly differences: readonly Difference[];
  /** JSON, or text; both are there or neither is. */
  readonly expected?: string;
  readonly actual?: string;
}

export interface TestOutcome {
  readonly failures: readonly Failure[];
  /** All that the run has said; redacted. */
  readonly entries: readonly RunEvent[];
  /** What of flow and mocks could not be taken over. */
  readonly problems: readonly string[];
}

export interface TestRequest {
  readonly test: FlowTest;
  /** Of the file; the test's own goes first. */
  readonly setup: TestSetup;
  readonly start: Pick<StartRequest, 'flowUri' | 'flowText' | 'mocks' | 'insensitive' | 'restored'>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly holds: MatchOptions['holds'];
  readonly runner: RunnerOptions;
  /** Longest real time until nothing is under way any more, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

type EntryExpectation = Exclude<Expectation, { kind: 'response' }>;

interface Response {
  readonly status: Json;
  readonly headers: Json;
  readonly body: Json;
}

/** Never rejects: what goes wrong is a failure of the test. */
export async function runTest(request: TestRequest): Promise<TestOutcome> {
  return new TestRun(request).run();
}

class TestRun {
  readonly #failures: Failure[] = [];
  readonly #entries: RunEvent[] = [];
  readonly #responses: (Response | undefined)[] = [];
  readonly #redactor: Redactor;
  #exit: string | undefined;

  constructor(private readonly request: TestRequest) {
    const shown = new Set(request.start.insensitive);
    this.#redactor = new Redactor(
      Object.entries(request.secrets).map(([key, value]) => ({ key, value, sensitive: !shown.has(key) })),
    );
  }

  async run(): Promise<TestOutcome> {
    const { test, setup, start, secrets, runner, signal } = this.request;
    const host = new RunnerHost(runner);
    const stop = (): void => void host.stop();
    signal?.addEventListener('abort', stop, { once: true });
    host.onExit(({ expected, message }) => {
      if (!expected) this.#exit = `The runner ended unexpectedly. ${message}`;
    });
    let info: RunInfo | undefined;
    try {
      const signals = { ...setup.signals, ...test.setup.signals };
      info = await host.start({
        ...start,
        secrets,
        signals,
        options: {
          virtualTime: true,
          startTime: test.setup.time ?? setup.time ?? START,
          seed: test.setup.seed ?? setup.seed ?? 1,
          eventsPerSecond: 0,
          keepEvents: 100_000,
        },
      });
      for (const step of test.steps) await this.#step(host, info, step);
      await this.#collect(host);
      await this.#judge();
    } catch (error) {
      this.#fail(this.#exit ?? (error as Error).message, test.name.span);
    } finally {
      signal?.removeEventListener('abort', stop);
      await host.stop();
    }
    return { failures: this.#failures, entries: this.#entries, problems: info?.problems ?? [] };
  }

  async #step(host: RunnerHost, info: RunInfo, step: TestStep): Promise<void> {
    if (step.kind === 'request') return this.#answer(host, info, step);
    try {
      if (step.kind === 'advance') await host.advance(step.milliseconds);
      else {
        await host.debugEvent({
          block: step.block.text,
          data: this.#withSecrets(step.data),
          ...(step.input && { input: step.input.text }),
          ...(step.output && { output: step.output.text }),
          ...(step.ancestors && { ancestors: this.#withSecrets(step.ancestors) }),
        });
      }
    } catch (error) {
      this.#fail(this.#exit ?? (error as Error).message, step.span);
    }
    await this.#rest(host, step.span);
  }

  async #answer(host: RunnerHost, { port }: RunInfo, step: TestStep & { kind: 'request' }): Promise<void> {
    const { method, span } = step;
    const { path, query, headers, body } = this.#withSecrets({
      path: step.path,
      query: step.query,
      headers: step.headers,
      body: step.body,
    });
    if (port === undefined) {
      this.#responses.push(undefined);
      this.#fail('The flow has no HTTP endpoint that could get a request.', span);
      return;
    }
    const url = new URL(`http://127.0.0.1:${port}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
    const isJson = body !== undefined && typeof body !== 'string';
    try {
      const response = await fetch(url, {
        method,
        headers: { ...(isJson && { 'content-type': 'application/json' }), ...headers },
        redirect: 'manual',
        signal: AbortSignal.timeout(this.request.timeoutMs),
        ...(body !== undefined && { body: isJson ? JSON.stringify(body) : body }),
      });
      // The listener answers its caller, who may know everything: what is compared and shown is masked here.
      this.#responses.push(
        this.#redactor.value({
          status: response.status,
          headers: Object.fromEntries(response.headers),
          body: bodyOf(await response.text(), response.headers.get('content-type') ?? ''),
        }) as Response,
      );
    } catch (error) {
      this.#responses.push(undefined);
      const { cause } = error as Error & { cause?: Error };
      this.#fail(`${method} ${step.path} got no answer: ${cause?.message ?? (error as Error).message}`, span);
    }
    await this.#rest(host, span);
  }

  /** Puts the made-up values in the places of markers: what was sent when the run was recorded held values there. */
  #withSecrets<T>(value: T): T {
    const { secrets } = this.request;
    if (typeof value === 'string')
      return value.replace(/‹secret:([^›]*)›/g, (marker, key: string) =>
        Object.hasOwn(secrets, key) ? secrets[key]! : marker,
      ) as T;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item: unknown) => this.#withSecrets(item)) as T;
    const entries = Object.entries(value).map(([key, inner]) => [key, this.#withSecrets(inner)] as const);
    return Object.fromEntries(entries) as T;
  }

  /** Waits until nothing is under way. */
  async #rest(host: RunnerHost, span: Span): Promise<void> {
    const { timeoutMs } = this.request;
    const end = Date.now() + timeoutMs;
    for (;;) {
      let told!: () => void;
      const change = new Promise<void>((resolve) => (told = resolve));
      const subscriptions = [host.onIdle(told), host.onExit(told)];
      const timer = setTimeout(told, Math.max(0, end - Date.now()));
      try {
        const { pending } = await host.status();
        if (pending === 0) return;
        if (Date.now() >= end) {
          this.#fail(
            `The flow did not come to rest within ${timeoutMs / 1_000} s: ${pending} under way.`,
            span,
          );
          return;
        }
        await change;
      } finally {
        clearTimeout(timer);
        for (const end of subscriptions) end();
      }
    }
  }

  /** All entries, with all their data. */
  async #collect(host: RunnerHost): Promise<void> {
    for (;;) {
      const batch = await host.events(this.#entries.at(-1)?.seq ?? 0, 5_000);
      if (batch.length === 0) return;
      for (const entry of batch) {
        const whole = entry.kind === 'event' && entry.truncated ? await host.event(entry.id) : undefined;
        this.#entries.push(whole ? { ...whole, seq: entry.seq } : entry);
      }
    }
  }

  async #judge(): Promise<void> {
    const { expect, never } = this.request.test;
    /** Entries that an expectation has been met by, or came nearest to. */
    const claimed = new Set<RunEvent>();
    /** Per block and output, or block's failures: the last entry that met an expectation. */
    const last = new Map<string, number>();
    let response = 0;
    for (const expectation of expect) {
      if (expectation.kind === 'response') await this.#judgeResponse(expectation, response++);
      else await this.#judgeEntry(expectation, claimed, last);
    }
    for (const expectation of never) if (expectation.kind !== 'response') await this.#judgeNever(expectation);
    for (const entry of this.#entries) {
      if (entry.kind !== 'failed' || entry.handler !== undefined || claimed.has(entry)) continue;
      const { name, message, place } = entry.error;
      const at = place ? ` (${this.#flowName()}:${place.line}:${place.column})` : '';
      this.#fail(
        `${entry.block} failed, which the test does not expect: ${name === 'Error' ? '' : `${name}: `}${message}${at}`,
        this.request.test.name.span,
      );
    }
  }

  async #judgeEntry(
    expectation: EntryExpectation,
    claimed: Set<RunEvent>,
    last: Map<string, number>,
  ): Promise<void> {
    const key = keyOf(expectation);
    const from = last.get(key) ?? 0;
    let nearest: { readonly entry: RunEvent; readonly comparison: Comparison } | undefined;
    for (const entry of this.#entries) {
      if (entry.seq <= from || claimed.has(entry) || !this.#isAbout(entry, expectation)) continue;
      const comparison = await this.#compare(expectation, entry);
      if (comparison.differences.length === 0) {
        claimed.add(entry);
        last.set(key, entry.seq);
        return;
      }
      if (!nearest || comparison.differences.length < nearest.comparison.differences.length)
        nearest = { entry, comparison };
    }
    const what = wordsOf(expectation);
    if (!nearest) {
      this.#fail(`${what} did not come. ${this.#whatCame()}`, expectation.span);
      return;
    }
    // A failure of this block has been told about by what follows: it is not told as an unexpected one too.
    if (nearest.entry.kind === 'failed') claimed.add(nearest.entry);
    this.#differ(
      `${what} is not as expected.`,
      nearest.comparison,
      actualOf(nearest.entry),
      expectation.span,
    );
  }

  async #judgeNever(expectation: EntryExpectation): Promise<void> {
    for (const entry of this.#entries) {
      if (!this.#isAbout(entry, expectation)) continue;
      if ((await this.#compare(expectation, entry)).differences.length > 0) continue;
      const data = JSON.stringify(actualOf(entry));
      this.#fail(`${wordsOf(expectation)} must not come, and came with ${cut(data)}`, expectation.span);
      return;
    }
  }

  #isAbout(entry: RunEvent, expectation: EntryExpectation): entry is EmittedEvent | FailedEvent {
    // A name may hold the value of a secret, e.g. a status: then it is masked in the entry.
    if (entry.block !== this.#redactor.text(expectation.block.text)) return false;
    if (expectation.kind === 'failed') return entry.kind === 'failed';
    if (entry.kind !== 'event' || entry.output === undefined) return false;
    return expectation.output === undefined || entry.output === this.#redactor.text(expectation.output.text);
  }

  async #compare(expectation: EntryExpectation, entry: EmittedEvent | FailedEvent): Promise<Comparison> {
    if (expectation.kind === 'event') {
      return expectation.data
        ? compare(expectation.data, actualOf(entry), this.#options)
        : { differences: [], expected: undefined };
    }
    const { message } = expectation;
    const actual = actualOf(entry);
    const isPart =
      message.kind === 'constant' &&
      message.tag === undefined &&
      typeof actual === 'string' &&
      actual.includes(this.#redactor.text(String(message.value ?? '')));
    return isPart ? { differences: [], expected: actual } : compare(message, actual, this.#options);
  }

  async #judgeResponse(
    { status, headers, body, span }: Expectation & { kind: 'response' },
    index: number,
  ): Promise<void> {
    if (index >= this.#responses.length) {
      this.#fail('There is no request whose response this could be.', span);
      return;
    }
    const actual = this.#responses[index];
    // That it is missing has been told at the request.
    if (!actual) return;
    const entries: MapValue['entries'] = [
      ...(status ? [{ key: 'status', keySpan: status.span, value: status }] : []),
      ...(headers ? [{ key: 'headers', keySpan: headers.span, value: lowerCase(headers) }] : []),
      ...(body ? [{ key: 'body', keySpan: body.span, value: body }] : []),
    ];
    const comparison = await compare({ kind: 'map', entries, span }, { ...actual }, this.#options);
    if (comparison.differences.length > 0)
      this.#differ('The response is not as expected.', comparison, { ...actual }, span);
  }

  get #options(): MatchOptions {
    return {
      mask: (value) => this.#redactor.value(value) as Json,
      holds: this.request.holds,
    };
  }

  #differ(message: string, { differences, expected }: Comparison, actual: Json, span: Span): void {
    const text = (value: Json | undefined): string =>
      value === undefined ? '' : this.#redactor.text(JSON.stringify(value, undefined, 2));
    const masked = differences.map((difference) => ({
      ...difference,
      expected: this.#redactor.text(difference.expected),
    }));
    this.#failures.push({
      message: this.#redactor.text(message),
      span: differences[0]?.span ?? span,
      differences: masked,
      expected: text(expected),
      actual: text(actual),
    });
  }

  #fail(message: string, span: Span): void {
    this.#failures.push({ message: this.#redactor.text(message), span, differences: [] });
  }

  /** For somebody who waits for an event: how far the run came. */
  #whatCame(): string {
    const ports = new Set(
      this.#entries.flatMap((entry) =>
        entry.kind === 'event' && entry.output !== undefined ? [`${entry.block} → ${entry.output}`] : [],
      ),
    );
    const shown = [...ports].slice(0, 12);
    if (shown.length === 0) return 'No block emitted anything.';
    return `These came: ${shown.join(', ')}${ports.size > shown.length ? `, and ${ports.size - shown.length} more` : ''}.`;
  }

  #flowName(): string {
    const { flowUri } = this.request.start;
    return decodeURIComponent(flowUri.slice(flowUri.lastIndexOf('/') + 1));
  }
}

/** The text as JSON where the answer says that it is; else as it is. */
function bodyOf(text: string, type: string): Json {
  if (!/[/+]json\b/i.test(type)) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function actualOf(entry: RunEvent): Json {
  if (entry.kind === 'event') return JSON.parse(entry.data) as Json;
  return entry.kind === 'failed'
    ? entry.error.name === 'Error'
      ? entry.error.message
      : `${entry.error.name}: ${entry.error.message}`
    : null;
}

function keyOf(expectation: EntryExpectation): string {
  return JSON.stringify([
    expectation.kind,
    expectation.block.text,
    expectation.kind === 'event' ? (expectation.output?.text ?? null) : null,
  ]);
}

function wordsOf(expectation: EntryExpectation): string {
  const { block } = expectation;
  if (expectation.kind === 'failed') return `A failure of ${block.text}`;
  return expectation.output
    ? `An event of ${block.text} → ${expectation.output.text}`
    : `An event of ${block.text}`;
}

/** Names of headers come in lower case. */
function lowerCase(headers: MapValue): MapValue {
  return {
    ...headers,
    entries: headers.entries.map((entry) => ({ ...entry, key: entry.key.toLowerCase() })),
  };
}

function cut(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** Every `!match` and `!expr` that a test compares with. */
export function matchersOf(tests: readonly FlowTest[]): Value[] {
  const found: Value[] = [];
  const add = (value: Value | undefined): void => {
    if (value?.kind === 'map') for (const entry of value.entries) add(entry.value);
    else if (value?.kind === 'list') for (const item of value.items) add(item);
    else if (value?.kind === 'expression' || (value?.kind === 'constant' && value.tag === '!match'))
      found.push(value);
  };
  for (const { expect, never } of tests) {
    for (const expectation of [...expect, ...never]) {
      if (expectation.kind === 'event') add(expectation.data);
      else if (expectation.kind === 'failed') add(expectation.message);
      else for (const part of [expectation.status, expectation.headers, expectation.body]) add(part);
    }
  }
  return found;
}
