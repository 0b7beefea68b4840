/**
 * The HTTP server of a run, on 127.0.0.1 only: finds the endpoint for a request by method and path pattern, reads the
 * body, and sends answers. One server per run, as all endpoints of a flow share one address on the platform.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Route {
  /** Name of the block. */
  readonly block: string;
  /** Upper case; empty: any method. */
  readonly methods: readonly string[];
  /** `/hello/{name}`; a trailing `/` is ignored. */
  readonly path: string;
  handle(request: HttpRequest): void;
}

export interface HttpRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly rawBody: string;
  /** Sends the answer; later ones are ignored. False: the caller had gone. */
  answer(status: number, headers: Readonly<Record<string, string>>, body: string | Uint8Array): boolean;
  /** The caller has hung up. */
  readonly gone: boolean;
}

const BODY_LIMIT = 10 * 1024 * 1024;

interface Compiled {
  readonly route: Route;
  readonly parts: readonly string[];
}

export class HttpListener {
  readonly #routes: Compiled[] = [];
  #server: http.Server | undefined;
  #address = '';

  /** Base URL once it listens: `http://127.0.0.1:<port>`. */
  get address(): string {
    return this.#address;
  }

  get routes(): readonly Route[] {
    return this.#routes.map(({ route }) => route);
  }

  add(route: Route): void {
    this.#routes.push({ route, parts: split(route.path) });
  }

  /** `port` 0: any free one. Throws with a text for people when the port is taken. */
  async listen(port: number): Promise<number> {
    const server = http.createServer((request, response) => {
      this.#handle(request, response).catch(() => {
        if (!response.headersSent) plain(response, 500, 'The runner could not handle this request.');
      });
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'EADDRINUSE'
            ? new Error(
                `Port ${port} of 127.0.0.1 is taken by another program. Choose another one, or 0 for any free port.`,
              )
            : error,
        );
      });
      server.listen(port, '127.0.0.1', resolve);
    });
    const actual = (server.address() as AddressInfo).port;
    this.#address = `http://127.0.0.1:${actual}`;
    return actual;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (!server?.listening) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const target = request.url ?? '/';
    const mark = target.indexOf('?');
    const path = mark < 0 ? target : target.slice(0, mark);
    const method = request.method ?? 'GET';
    const found = split(path);
    const matches = this.#routes
      .map(({ route, parts }) => ({ route, params: match(parts, found) }))
      .filter(({ params }) => params);
    if (matches.length === 0) {
      const known = this.#routes.map(({ route }) => `  ${methodsText(route)} ${route.path}`).join('\n');
      plain(response, 404, `No endpoint of this flow has the path ${path}.\n\nEndpoints:\n${known}\n`);
      return;
    }
    const chosen = matches.find(({ route }) => route.methods.length === 0 || route.methods.includes(method));
    if (!chosen) {
      const allowed = [...new Set(matches.flatMap(({ route }) => route.methods))];
      response.setHeader('allow', allowed.join(', '));
      plain(response, 405, `${path} takes ${allowed.join(', ')}, not ${method}.\n`);
      return;
    }
    const bytes = await readBody(request);
    if (!bytes) {
      plain(response, 413, `The body is longer than ${BODY_LIMIT} bytes.\n`);
      return;
    }
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    );
    const read = parseBody(bytes, headers['content-type'] ?? '');
    if ('problem' in read) {
      plain(response, 400, `${read.problem}\n`);
      return;
    }
    chosen.route.handle({
      method,
      path,
      query: queryOf(mark < 0 ? '' : target.slice(mark + 1)),
      headers,
      params: chosen.params!,
      ...read,
      get gone() {
        return response.destroyed;
      },
      answer(status, answerHeaders, body) {
        if (response.headersSent || response.destroyed) return false;
        try {
          response.writeHead(status, answerHeaders);
        } catch (error) {
          plain(response, 500, `The flow's answer cannot be sent: ${(error as Error).message}\n`);
          throw error;
        }
        response.end(body);
        return true;
      },
    });
  }
}

function methodsText(route: Route): string {
  return route.methods.length === 0 ? 'any method' : route.methods.join(', ');
}

function plain(response: http.ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

/** Path parameters, or undefined when the path does not fit the pattern. */
function match(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, expected] of pattern.entries()) {
    const part = decode(parts[i]!);
    const name = /^\{([^{}]+)\}$/.exec(expected)?.[1];
    if (name !== undefined) params[name] = part;
    else if (expected !== part) return undefined;
  }
  return params;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A parameter given twice becomes a list. */
function queryOf(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const known = query[key];
    query[key] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
  }
  return query;
}

/** Undefined when the body is too long. */
async function readBody(request: http.IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= BODY_LIMIT) chunks.push(chunk);
  }
  return length > BODY_LIMIT ? undefined : Buffer.concat(chunks);
}

/** See `request-body` in semantics.ts. */
export function parseBody(
  bytes: Buffer,
  contentType: string,
): { body: unknown; rawBody: string } | { problem: string } {
  if (bytes.length === 0) return { body: null, rawBody: '' };
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  const charset = /charset="?([^";]+)"?/i.exec(contentType)?.[1];
  const text = decodeText(bytes, charset);
  if (text === undefined) {
    const base64 = bytes.toString('base64');
    return { body: base64, rawBody: base64 };
  }
  if (type === 'application/json' || type.endsWith('+json')) {
    try {
      return { body: JSON.parse(text) as unknown, rawBody: text };
    } catch {
      return { problem: 'The body is announced as JSON, but it is not valid JSON.' };
    }
  }
  if (type === 'application/x-www-form-urlencoded') return { body: queryOf(text), rawBody: text };
  return { body: text, rawBody: text };
}

/** Undefined when the bytes are no text of this encoding. */
function decodeText(bytes: Buffer, charset = 'utf-8'): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
