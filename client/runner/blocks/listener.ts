/**
 * The HTTP server of a run, on 127.0.0.1 only: finds the endpoint for a request by method and path pattern, reads the
 * body, and sends answers. One server per run, as all endpoints of a flow share one address on the platform.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EndpointInfo } from '../protocol.js';
import { parseBody, queryOf } from './body.js';
import { BlockError } from './block.js';

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
  /** Sends the answer; later ones are ignored. False: the caller had gone. Throws what makes it impossible to send. */
  answer(status: number, headers: Readonly<Record<string, string>>, body: string): boolean;
}

/** Something at an address of this server that is called otherwise than by routes. */
export interface Announcement {
  readonly block: string;
  readonly path: string;
  readonly tool: string;
}

/** Takes whole requests. */
export type Mount = (request: http.IncomingMessage, response: http.ServerResponse) => Promise<void>;

const LOCAL: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost']);
const BODY_LIMIT = 10 * 1024 * 1024;
const NO_BODY = Buffer.alloc(0);

interface Compiled {
  readonly route: Route;
  readonly parts: readonly Part[];
}

/** A part of a path pattern: a text, or the name of a parameter. */
type Part = { readonly text: string } | { readonly name: string };

export class HttpListener {
  readonly #routes: Compiled[] = [];
  /** The same; of two that take a path, the one whose parts are texts for longer comes first. */
  #ordered: Compiled[] = [];
  readonly #mounts = new Map<string, Mount>();
  readonly #announced: Announcement[] = [];
  #server: http.Server | undefined;
  #port = 0;

  /** Whether anything is to be called. */
  get needed(): boolean {
    return this.#routes.length > 0 || this.#mounts.size > 0;
  }

  /** What is to be called, and where, once it listens. */
  get endpoints(): EndpointInfo[] {
    const base = `http://127.0.0.1:${this.#port}`;
    return [
      ...this.#routes.map(({ route: { block, methods, path } }) => ({
        block,
        methods,
        path,
        url: base + path,
      })),
      ...this.#announced.map((one) => ({ ...one, methods: ['POST'], url: base + one.path })),
    ];
  }

  add(route: Route): void {
    const parts = split(route.path).map(toPart);
    this.#refuse(route.path, this.#mounts.has(`/${split(route.path).join('/')}`));
    this.#routes.push({ route, parts });
    this.#ordered = [...this.#routes].sort(bySpecificity);
  }

  /** Takes back the routes of a block. */
  remove(block: string): void {
    const kept = this.#routes.filter(({ route }) => route.block !== block);
    this.#routes.splice(0, this.#routes.length, ...kept);
    this.#ordered = [...this.#routes].sort(bySpecificity);
  }

  /** For programs on this machine: requests that a page of another site has made are refused. */
  mount(path: string, mount: Mount): void {
    this.#refuse(
      path,
      this.#routes.some(({ route }) => `/${split(route.path).join('/')}` === path),
    );
    this.#mounts.set(path, mount);
  }

  announce(one: Announcement): void {
    this.#announced.push(one);
  }

  #refuse(path: string, taken: boolean): void {
    if (!taken) return;
    throw new BlockError(
      `The MCP server of a flow and its endpoints share one address here, and both want ${path}. Give the HTTP Endpoint another path.`,
    );
  }

  /** `port` 0: any free one. Throws with a text for people when the port is taken. */
  async listen(port: number): Promise<number> {
    const server = http.createServer((request, response) => {
      this.#handle(request, response).catch(() => {
        if (!response.headersSent) plain(response, 500, 'The runner could not handle this request.\n');
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
    this.#port = (server.address() as AddressInfo).port;
    return this.#port;
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
    const mount = this.#mounts.get(path);
    if (mount) {
      if (isLocal(request.headers)) return mount(request, response);
      plain(response, 403, 'This address is for programs on this machine, not for pages of other sites.\n');
      return;
    }
    const method = request.method ?? 'GET';
    const found = split(path).map(decode);
    const allowed = new Set<string>();
    for (const { route, parts } of this.#ordered) {
      const params = match(parts, found);
      if (!params) continue;
      if (route.methods.length > 0 && !route.methods.includes(method)) {
        for (const other of route.methods) allowed.add(other);
        continue;
      }
      const bytes = await readBody(request);
      if (!bytes) {
        plain(response, 413, `The body is longer than ${BODY_LIMIT} bytes.\n`);
        return;
      }
      const headers = headersOf(request);
      const read = await parseBody(bytes, headers['content-type'] ?? '');
      if ('problem' in read) {
        plain(response, 400, `${read.problem}\n`);
        return;
      }
      const query = mark < 0 ? {} : queryOf(target.slice(mark + 1));
      const answer: HttpRequest['answer'] = (status, answerHeaders, body) =>
        send(response, status, answerHeaders, body);
      route.handle({ method, path, query, headers, params, ...read, answer });
      return;
    }
    if (allowed.size > 0) {
      const list = [...allowed].join(', ');
      response.setHeader('allow', list);
      plain(response, 405, `${path} takes ${list}, not ${method}.\n`);
      return;
    }
    const known = this.endpoints.map(
      (one) => `  ${one.tool === undefined ? methodsText(one.methods) : 'MCP'} ${one.path}\n`,
    );
    plain(response, 404, `No endpoint of this flow has the path ${path}.\n\nEndpoints:\n${known.join('')}`);
  }
}

/** Against DNS rebinding: a page that has its own name resolve to this machine still sends its own name. */
function isLocal({ host = '', origin }: http.IncomingHttpHeaders): boolean {
  return LOCAL.has(host.replace(/:\d+$/, '')) && (origin === undefined || origin === `http://${host}`);
}

/** False: the caller had gone, or has its answer. */
function send(
  response: http.ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): boolean {
  if (response.headersSent || response.destroyed) return false;
  try {
    // With its length known, head and body leave in one piece.
    const length = status === 204 || status === 304 ? {} : { 'content-length': Buffer.byteLength(body) };
    response.writeHead(status, { ...headers, ...length });
  } catch (error) {
    const problem = `The flow's answer cannot be sent: ${(error as Error).message}`;
    plain(response, 500, `${problem}\n`);
    throw new BlockError(problem);
  }
  response.end(body);
  return true;
}

function headersOf({ headers }: http.IncomingMessage): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    texts[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  }
  return texts;
}

function methodsText(methods: readonly string[]): string {
  return methods.length === 0 ? 'any method' : methods.join(', ');
}

function plain(response: http.ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function toPart(text: string): Part {
  const name = /^\{([^{}]+)\}$/.exec(text)?.[1];
  return name === undefined ? { text } : { name };
}

function bySpecificity(a: Compiled, b: Compiled): number {
  const length = Math.min(a.parts.length, b.parts.length);
  for (let i = 0; i < length; i++) {
    const difference = Number('name' in a.parts[i]!) - Number('name' in b.parts[i]!);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Path parameters, or undefined when the path does not fit the pattern. */
function match(pattern: readonly Part[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (let i = 0; i < pattern.length; i++) {
    const expected = pattern[i]!;
    if ('name' in expected) params[expected.name] = parts[i]!;
    else if (expected.text !== parts[i]) return undefined;
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

/** Undefined when the body is too long: then it is read to its end, but not kept. */
async function readBody(request: http.IncomingMessage): Promise<Buffer | undefined> {
  const { headers } = request;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return NO_BODY;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= BODY_LIMIT) chunks.push(chunk);
    });
    request.on('end', () => {
      if (length > BODY_LIMIT) resolve(undefined);
      else resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
    request.on('error', reject);
  });
}
