/**
 * HTTP Request: `method`, `url`, `headers`, `query`, `body`, `timeout` (seconds) of the input's configuration; emits
 * `statusCode`, `headers` and `body` (flows-platform §2; the names of the fields are inferred there).
 */
import { seconds } from '../text.js';
import { asMap, BlockError, kindOf, type CoreBlock } from './block.js';
import { parseBody } from './body.js';
import { ownOutput } from './outputs.js';

const TIMEOUT = 30_000;
/** The longest time that a timer takes, in milliseconds. */
const LONGEST = 2 ** 31 - 1;
const RESPONSE_LIMIT = 50 * 1024 * 1024;

export const httpRequest: CoreBlock = {
  async activate(activation) {
    const config = asMap(activation.config);
    const url = urlOf(config);
    const method = typeof config['method'] === 'string' ? config['method'].toUpperCase() : 'GET';
    const timeout =
      typeof config['timeout'] === 'number' && config['timeout'] > 0
        ? Math.min(config['timeout'] * 1000, LONGEST)
        : TIMEOUT;
    const headers = headersOf(config['headers']);
    const body = bodyOf(config['body'], headers);
    if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
      throw new BlockError(`A ${method} request has no body. Use POST, PUT or PATCH, or leave \`body\` out.`);
    }
    // As it is written: a URL's own spelling of a secret (%22, a slash for a backslash) is harder to recognise.
    const shown = String(config['url']);
    const started = performance.now();
    // Nothing of a request that is over stays with the run's signal.
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(new DOMException('', 'TimeoutError')), timeout);
    const stop = (): void => end.abort();
    activation.signal.addEventListener('abort', stop);
    try {
      const response = await fetch(url, {
        method,
        headers,
        body: body ?? null,
        signal: end.signal,
      });
      const bytes = await readResponse(response);
      const received = receivedHeaders(response.headers);
      const parsed = await parseBody(bytes, received['content-type'] ?? '');
      activation.activity(
        `${method} ${shown}: ${response.status} in ${Math.round(performance.now() - started)} ms`,
      );
      // A server that announces JSON and sends none still has sent something.
      activation.emit(ownOutput(activation.block), {
        statusCode: response.status,
        headers: received,
        body: 'problem' in parsed ? bytes.toString('utf8') : parsed.body,
      });
    } catch (error) {
      if (error instanceof BlockError) throw error;
      throw new BlockError(`${method} ${shown} failed: ${explain(error, url, timeout)}`);
    } finally {
      clearTimeout(timer);
      activation.signal.removeEventListener('abort', stop);
    }
  },
};

function urlOf(config: Readonly<Record<string, unknown>>): URL {
  const { url: text, query } = config;
  if (typeof text !== 'string' || text === '')
    throw new BlockError(
      `An HTTP Request needs a \`url\`; got ${text === '' ? 'an empty text' : kindOf(text)}.`,
    );
  // The text itself is not repeated: it may hold a secret that no marker would fit.
  if (!URL.canParse(text))
    throw new BlockError('`url` is not a valid URL. It begins with http:// or https://.');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new BlockError('`url` must begin with http:// or https://.');
  for (const [key, value] of Object.entries(asMap(query))) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (item !== null && item !== undefined) url.searchParams.append(key, textOf(item));
    }
  }
  return url;
}

function headersOf(config: unknown): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(asMap(config))) {
    if (value === null || value === undefined) continue;
    try {
      headers.append(name, textOf(value));
    } catch {
      throw new BlockError(
        `The header \`${name}\` cannot be sent: its name or value has characters that HTTP does not allow (line breaks, for example).`,
      );
    }
  }
  return headers;
}

/** Names in lower case; what was sent several times (cookies) in one text. */
function receivedHeaders(headers: Headers): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of headers) texts[name] = name in texts ? `${texts[name]}, ${value}` : value;
  return texts;
}

/** Text as it is; anything else as JSON, with the header that says so. */
function bodyOf(body: unknown, headers: Headers): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  const type = headers.get('content-type');
  if (type?.startsWith('application/x-www-form-urlencoded')) {
    return new URLSearchParams(
      Object.entries(asMap(body)).map(([key, value]): [string, string] => [key, textOf(value)]),
    ).toString();
  }
  if (!type) headers.set('content-type', 'application/json');
  return JSON.stringify(body);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function readResponse(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (response.body) {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > RESPONSE_LIMIT)
        throw new BlockError(`The response is longer than ${RESPONSE_LIMIT / 2 ** 20} MiB.`);
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}

const EXPLANATIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there. Is the server running?',
  ENOTFOUND: 'the host name is not known.',
  EAI_AGAIN: 'the host name cannot be looked up right now. Is there a network?',
  ECONNRESET: 'the server closed the connection.',
  UND_ERR_SOCKET: 'the server closed the connection.',
  ETIMEDOUT: 'the server did not accept the connection in time.',
  UND_ERR_HEADERS_TIMEOUT: 'the server did not begin its response in time.',
  UND_ERR_BODY_TIMEOUT: 'the server stopped in the middle of its response.',
  UND_ERR_CONNECT_TIMEOUT: 'the server did not accept the connection in time.',
  EHOSTUNREACH: 'there is no route to the host.',
  CERT_HAS_EXPIRED: 'the certificate of the server has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'the certificate of the server is self-signed. Set NODE_EXTRA_CA_CERTS to its file to trust it.',
  SELF_SIGNED_CERT_IN_CHAIN:
    'a certificate in the chain is self-signed. Set NODE_EXTRA_CA_CERTS to the file of your organisation’s root.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the issuer of the certificate is not known. Set NODE_EXTRA_CA_CERTS to the file of your organisation’s root.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the issuer of the certificate is not known. Set NODE_EXTRA_CA_CERTS to the file of your organisation’s root.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the server is for another host name.',
  EPROTO: 'the server does not speak TLS on this port. Should the URL begin with http://?',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'the server does not speak TLS on this port. Should the URL begin with http://?',
};

function explain(error: unknown, url: URL, timeout: number): string {
  const { name, message, cause } = error as { name?: string; message?: string; cause?: unknown };
  if (name === 'TimeoutError') return `no response within ${seconds(timeout)}.`;
  if (name === 'AbortError') return 'the run was stopped.';
  const { code, message: inner } = (cause ?? {}) as { code?: string; message?: string };
  const known = code === undefined ? undefined : EXPLANATIONS[code];
  if (inner === 'redirect count exceeded')
    return 'it was redirected more than 20 times. Does the address redirect to itself?';
  if (inner === 'bad port') return `HTTP is not spoken on port ${url.port}: fetch refuses it.`;
  if (known) return `${known} (${url.host}, ${code})`;
  return inner ?? message ?? 'no reason given';
}
