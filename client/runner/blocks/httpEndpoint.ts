/** HTTP Endpoint: a request starts a line of events, and an event that descends from it answers (flows-platform §2). */
import { asMap, BlockError, kindOf, type Activation, type BlockContext, type CoreBlock } from './block.js';
import { Calls } from './calls.js';
import type { HttpRequest } from './listener.js';

export class HttpEndpoint implements CoreBlock {
  #requests: Calls<HttpRequest> | undefined;

  start(context: BlockContext): void {
    const { path, methods } = asMap(context.config);
    if (typeof path !== 'string' || !path.startsWith('/')) {
      throw new BlockError(
        `An HTTP Endpoint needs a \`path\` that begins with "/"; got ${typeof path === 'string' ? `"${path}"` : kindOf(path)}.`,
      );
    }
    // When it begins anew, who waits goes on waiting.
    const requests = (this.#requests ??= new Calls<HttpRequest>(context, {
      noun: 'request',
      output: 'requests',
      unanswered(request, { late, text }, event) {
        const status = late ? 504 : 500;
        request.answer(status, TEXT, `${text}\n`);
        context.activity(
          `answer ${status} to ${request.method} ${request.path}: no event has answered`,
          event,
        );
      },
    }));
    context.listener.add({
      block: context.block.name,
      path,
      methods: methodsOf(methods),
      handle(request) {
        const { method, path, query, headers, params, body, rawBody } = request;
        const requestId = context.uuid();
        requests.begin(request, { requestId, method, path, query, headers, params, body, rawBody });
      },
    });
  }

  activate(activation: Activation): void {
    if (!this.#requests) throw new BlockError('The endpoint could not be started, so there is no request.');
    const { status, headers, body } = answerOf(activation.config);
    const request = this.#requests.take(activation);
    if (!request) {
      activation.activity(`answer ${status} (nobody waits for it)`);
      return;
    }
    const { method, path } = request;
    const sent = request.answer(status, headers, body);
    activation.activity(
      sent
        ? `answer ${status} to ${method} ${path}`
        : `answer ${status} to ${method} ${path}: the caller had hung up`,
    );
  }
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

/** Upper case; empty: any method. */
function methodsOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (!list.every((method) => typeof method === 'string' && /^[a-z]+$/i.test(method)))
    throw new BlockError('`methods` of an HTTP Endpoint is a list of names such as GET and POST.');
  return list.map((method) => (method as string).toUpperCase());
}

function answerOf(config: unknown): { status: number; headers: Record<string, string>; body: string } {
  const { statusCode, headers, body } = asMap(config);
  const status = Number(statusCode ?? 200);
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
