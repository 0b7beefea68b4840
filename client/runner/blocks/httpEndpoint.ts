/** HTTP Endpoint: a request starts a line of events, and an event that descends from it answers (flows-platform §2). */
import { seconds } from '../text.js';
import type { EventRecord } from '../store.js';
import { asMap, BlockError, kindOf, type Activation, type BlockContext, type CoreBlock } from './block.js';
import type { HttpRequest } from './listener.js';

interface Waiting {
  readonly request: HttpRequest;
  /** Undefined until the engine has made it. */
  event: EventRecord | undefined;
  readonly end: () => void;
}

/** Answered requests that are remembered, to tell a second answer. */
const REMEMBERED = 10_000;

export class HttpEndpoint implements CoreBlock {
  /** Requests by the number of their event. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #answered = new Set<number>();

  start(context: BlockContext): void {
    const { path, methods } = asMap(context.config);
    if (typeof path !== 'string' || !path.startsWith('/')) {
      throw new BlockError(
        `An HTTP Endpoint needs a \`path\` that begins with "/"; got ${typeof path === 'string' ? `"${path}"` : kindOf(path)}.`,
      );
    }
    // When all events have come to their end, no answer can come any more: nobody has to wait for the timeout.
    context.onQuiet(() => {
      for (const waiting of [...this.#waiting.values()])
        this.#unanswered(context, waiting, 500, 'The flow has come to its end');
    });
    context.listener.add({
      block: context.block.name,
      path,
      methods: Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : [],
      handle: (request) => this.#request(context, request),
    });
  }

  #request(context: BlockContext, request: HttpRequest): void {
    const { method, path, query, headers, params, body, rawBody } = request;
    const release = context.hold();
    const timer = setTimeout(() => {
      this.#unanswered(context, waiting, 504, `${seconds(context.answerTimeoutMs)} have passed`);
    }, context.answerTimeoutMs);
    const waiting: Waiting = {
      request,
      event: undefined,
      end: () => {
        clearTimeout(timer);
        if (waiting.event) this.#waiting.delete(waiting.event.n);
        release();
      },
    };
    const data = { requestId: context.uuid(), method, path, query, headers, params, body, rawBody };
    context.emit('requests', data, (emitted) => {
      waiting.event = emitted;
      this.#waiting.set(emitted.n, waiting);
    });
  }

  #unanswered(context: BlockContext, { request, event, end }: Waiting, status: number, why: string): void {
    end();
    const { method, path } = request;
    request.answer(
      status,
      TEXT,
      `${why}, and no event has answered at the input of "${context.block.name}".\n` +
        'Is the last block linked to it? Has a block failed? The run shows every event.\n',
    );
    context.activity(`answer ${status} to ${method} ${path}: no event has answered`, event);
  }

  activate(activation: Activation): void {
    const { own } = activation;
    if (!own) {
      throw new BlockError(
        'This event does not descend from a request to this endpoint, so there is nobody to answer.',
      );
    }
    const { status, headers, body } = answerOf(activation.config);
    const waiting = this.#waiting.get(own.n);
    if (!waiting) {
      if (this.#answered.has(own.n)) throw new BlockError('The request is already answered.');
      activation.activity(`answer ${status} (nobody waits for it)`);
      return;
    }
    waiting.end();
    this.#answered.add(own.n);
    if (this.#answered.size > REMEMBERED) this.#answered.delete(this.#answered.values().next().value!);
    const { method, path } = waiting.request;
    const sent = waiting.request.answer(status, headers, body);
    activation.activity(
      sent
        ? `answer ${status} to ${method} ${path}`
        : `answer ${status} to ${method} ${path}: the caller had hung up`,
    );
  }
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

function answerOf(config: unknown): { status: number; headers: Record<string, string>; body: string } {
  const { statusCode = 200, headers, body } = asMap(config);
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new BlockError('`statusCode` of an answer is a whole number from 200 to 599.');
  }
  const names = Object.fromEntries(
    Object.entries(asMap(headers))
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : String(value)]),
  );
  if (body === undefined || body === null) return { status, headers: names, body: '' };
  const isText = typeof body === 'string';
  return {
    status,
    headers: {
      'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
      ...names,
    },
    body: isText ? body : JSON.stringify(body),
  };
}
