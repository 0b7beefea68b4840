/** HTTP Endpoint and HTTP Request on the wire: bodies, routes, answers, redirects, TLS. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { echoServer, stopAll, TestRun, type EchoServer } from './harness.js';

const endpoint = (
  name: string,
  at: string,
  { methods = '[POST]', answer = '{ body: !expr previous }' } = {},
): string => `
  - name: ${name}
    type: { coreBlock: httpEndpoint }
    config: { path: '${at}', methods: ${methods} }
    inputs: { default: { links: [{ block: ${name}, output: requests }], config: ${answer} } }
`;

/** What an endpoint saw of a request, as it answers with it. */
interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: unknown;
  readonly params: unknown;
  readonly headers: Record<string, string>;
  readonly body: unknown;
  readonly rawBody: string;
}

async function seen(run: TestRun, at: string, init: RequestInit): Promise<Seen> {
  const answer = await fetch(run.url(at), { method: 'POST', ...init });
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as Seen;
}

describe('HTTP endpoints', function () {
  this.timeout(30_000);
  afterEach(stopAll);

  describe('read the body by its type', () => {
    const cases: [name: string, type: string | undefined, sent: string | Uint8Array, body: unknown][] = [
      ['JSON', 'application/json', '{"a":[1,null]}', { a: [1, null] }],
      ['JSON of a certain kind', 'application/cloudevents+json; charset=utf-8', '{"id":"1"}', { id: '1' }],
      ['a form', 'application/x-www-form-urlencoded', 'a=1&b=x+y&a=2', { a: ['1', '2'], b: 'x y' }],
      ['text', 'text/plain', 'Grüße', 'Grüße'],
      ['text in another encoding', 'text/plain; charset=iso-8859-1', new Uint8Array([0x47, 0xfc]), 'Gü'],
      ['XML', 'application/xml', '<a/>', '<a/>'],
      ['an image made of text', 'image/svg+xml', '<svg/>', '<svg/>'],
      ['bytes', 'application/octet-stream', new Uint8Array([0, 255, 128]), 'AP+A'],
      ['bytes that could be text', 'application/octet-stream', 'abc', 'YWJj'],
      ['bytes that are no text', 'text/plain', new Uint8Array([0xff, 0xfe, 0xfd]), '//79'],
      ['nothing', 'application/json', '', null],
      ['text without a type', undefined, 'abc', 'abc'],
    ];
    for (const [name, type, sent, body] of cases) {
      it(name, async () => {
        const run = await TestRun.start(`blocks:${endpoint('In', '/in')}`);
        const got = await seen(run, '/in', {
          body: typeof sent === 'string' ? new TextEncoder().encode(sent) : sent,
          headers: type === undefined ? {} : { 'content-type': type },
        });
        assert.deepEqual(got.body, body);
        assert.equal(
          got.rawBody,
          typeof sent === 'string' && name !== 'bytes that could be text' ? sent : body,
        );
      });
    }

    it('a multipart form with files', async () => {
      const run = await TestRun.start(`blocks:${endpoint('In', '/in')}`);
      const form = new FormData();
      form.append('name', 'Ada');
      form.append('tag', 'a');
      form.append('tag', 'b');
      form.append('file', new Blob([new Uint8Array([0, 255])], { type: 'image/png' }), 'dot.png');
      const { body } = await seen(run, '/in', { body: form });
      assert.deepEqual(body, {
        name: 'Ada',
        tag: ['a', 'b'],
        file: { filename: 'dot.png', contentType: 'image/png', base64: 'AP8=' },
      });
    });

    it('and refuse one that is not what its type says', async () => {
      const run = await TestRun.start(`blocks:${endpoint('In', '/in')}`);
      for (const [type, problem] of [
        ['application/json', /not valid JSON/],
        ['multipart/form-data; boundary=x', /multipart form, but it is not a valid one/],
      ] as const) {
        const answer = await fetch(run.url('/in'), {
          method: 'POST',
          body: '{"a":',
          headers: { 'content-type': type },
        });
        assert.equal(answer.status, 400);
        assert.match(await answer.text(), problem);
      }
      assert.equal((await run.idle()).events, 0);
    });

    it('and refuse one that is too long', async () => {
      const run = await TestRun.start(`blocks:${endpoint('In', '/in')}`);
      const answer = await fetch(run.url('/in'), { method: 'POST', body: 'x'.repeat(10 * 2 ** 20 + 1) });
      assert.equal(answer.status, 413);
    });
  });

  it('of one flow share a port, and tell path parameters, query and headers', async () => {
    const run = await TestRun.start(
      `blocks:${endpoint('One', '/users/{id}/orders/{order}')}${endpoint('Two', '/other/')}`,
    );
    const got = await seen(run, '/users/a%20b/orders/7?x=1&x=2&y=%C3%A4', { headers: { 'X-Mine': 'yes' } });
    assert.deepEqual(
      [got.method, got.path, got.params, got.query, got.headers['x-mine']],
      ['POST', '/users/a%20b/orders/7', { id: 'a b', order: '7' }, { x: ['1', '2'], y: 'ä' }, 'yes'],
    );
    assert.equal((await seen(run, '/other', {})).path, '/other');
  });

  it('with the same path are told apart by method; a path written out comes before a parameter', async () => {
    const run = await TestRun.start(
      `blocks:${endpoint('Any', '/users/{id}', { methods: '[GET]', answer: '{ body: any }' })}` +
        endpoint('Me', '/users/me', { methods: '[GET]', answer: '{ body: me }' }) +
        endpoint('Change', '/users/{id}', { methods: '[put, DELETE]', answer: '{ body: change }' }),
    );
    const text = async (at: string, method: string): Promise<string> =>
      (await fetch(run.url(at), { method })).text();
    assert.equal(await text('/users/7', 'GET'), 'any');
    assert.equal(await text('/users/me', 'GET'), 'me');
    assert.equal(await text('/users/me', 'PUT'), 'change');
    assert.equal(await text('/users/7', 'DELETE'), 'change');
  });

  it('answer 404 with what there is, 405 with what is allowed, and nothing to other origins', async () => {
    const run = await TestRun.start(
      `blocks:${endpoint('One', '/a/{x}', { methods: '[GET, POST]' })}${endpoint('Two', '/a/{x}', { methods: '[PUT]' })}`,
    );
    const missing = await fetch(run.url('/b'));
    assert.equal(missing.status, 404);
    assert.match(
      await missing.text(),
      /path \/b\.\n\nEndpoints:\n {2}GET, POST \/a\/\{x\}\n {2}PUT \/a\/\{x\}\n/,
    );
    const wrong = await fetch(run.url('/a/1'), { method: 'DELETE' });
    assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'GET, POST, PUT']);
    const asked = await fetch(run.url('/a/1'), {
      method: 'OPTIONS',
      headers: { origin: 'https://example.com', 'access-control-request-method': 'POST' },
    });
    assert.deepEqual([asked.status, asked.headers.get('access-control-allow-origin')], [405, null]);
  });

  it('answer with text, JSON, status and headers', async () => {
    const run = await TestRun.start(
      `blocks:${endpoint('Text', '/text', { answer: "{ statusCode: '201', body: hello }" })}` +
        endpoint('Json', '/json', {
          answer: '{ body: [1, null], headers: { X-A: 1, X-B: [b, c], X-C: null } }',
        }) +
        endpoint('Typed', '/typed', { answer: '{ body: "<p>", headers: { Content-Type: text/html } }' }) +
        endpoint('Empty', '/empty', { answer: '{ statusCode: 204 }' }),
    );
    const get = (at: string): Promise<Response> => fetch(run.url(at), { method: 'POST' });
    const [text, json, typed, empty] = [
      await get('/text'),
      await get('/json'),
      await get('/typed'),
      await get('/empty'),
    ];
    assert.deepEqual(
      [text.status, text.headers.get('content-type'), await text.text()],
      [201, 'text/plain; charset=utf-8', 'hello'],
    );
    assert.deepEqual(
      [
        json.headers.get('content-type'),
        json.headers.get('x-a'),
        json.headers.get('x-b'),
        json.headers.get('x-c'),
      ],
      ['application/json; charset=utf-8', '1', 'b, c', null],
    );
    assert.deepEqual(await json.json(), [1, null]);
    assert.deepEqual([typed.headers.get('content-type'), await typed.text()], ['text/html', '<p>']);
    assert.deepEqual([empty.status, await empty.text()], [204, '']);
  });

  it('fail an answer that HTTP cannot carry, and still answer', async () => {
    const run = await TestRun.start(
      `blocks:${endpoint('Status', '/status', { answer: '{ statusCode: 99 }' })}` +
        endpoint('Header', '/header', { answer: '{ headers: { x: "a\\nb" } }' }),
    );
    const status = await fetch(run.url('/status'), { method: 'POST' });
    assert.deepEqual([status.status, /no event has answered/.test(await status.text())], [500, true]);
    const header = await fetch(run.url('/header'), { method: 'POST' });
    assert.deepEqual([header.status, /cannot be sent/.test(await header.text())], [500, true]);
    await run.until(() => run.failures().length === 2, 'two failures');
    assert.match(run.failures()[0]!.error.message, /whole number from 200 to 599/);
  });

  it('answer 504 when the time has passed, and at once when the request itself fails', async () => {
    const slow = await TestRun.start(
      `blocks:
  - name: In
    type: { coreBlock: httpEndpoint }
    config: { path: /in }
    inputs: { default: { links: [{ block: Wait, output: default }], config: {} } }
  - name: Wait
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: In, output: requests }], config: { sleep: 3600 } } }
`,
      { options: { answerTimeoutMs: 40 } },
    );
    const late = await fetch(slow.url('/in'));
    assert.deepEqual([late.status, /^40 ms have passed/.test(await late.text())], [504, true]);
    await slow.host.skipSleep();
    await slow.until(() => slow.text().includes('nobody waits for it'), 'the late answer');

    const broken = await TestRun.start(`blocks:
  - name: In
    type: { coreBlock: httpEndpoint }
    config: { path: /in }
    outputs: { requests: { outputCustomization: !expr nowhere.at.all } }
`);
    const failed = await fetch(broken.url('/in'));
    assert.deepEqual([failed.status, /come to its end/.test(await failed.text())], [500, true]);
  });

  it('say what is wrong with their configuration', async () => {
    const run = await TestRun.start(
      `blocks:${endpoint('Path', 'no-slash')}${endpoint('Methods', '/a', { methods: '[1]' })}`,
    );
    await run.until(() => run.failures().length === 2, 'two failures');
    const text = run.text();
    assert.match(text, /needs a `path` that begins with \\"\/\\"; got \\"no-slash\\"/);
    assert.match(text, /`methods` of an HTTP Endpoint is a list of names/);
  });
});

describe('HTTP requests', function () {
  this.timeout(30_000);
  afterEach(stopAll);
  let echo: EchoServer;
  before(async () => (echo = await echoServer()));
  after(() => echo.close());

  /** The response that a request block emits. */
  async function request(
    config: string,
    env?: NodeJS.ProcessEnv,
  ): Promise<{ statusCode: number; headers: Record<string, string>; body: unknown }> {
    const run = await TestRun.start(flow(config), {}, env);
    await run.send('Call', {});
    assert.deepEqual(
      run.failures().map(({ error }) => error.message),
      [],
    );
    return run.data('Call') as { statusCode: number; headers: Record<string, string>; body: unknown };
  }

  async function failure(config: string): Promise<string> {
    const run = await TestRun.start(flow(config));
    await run.send('Call', {});
    return run.failures()[0]!.error.message;
  }

  const flow = (config: string): string => `
blocks:
  - name: Call
    type: { coreBlock: httpRequest }
    inputs: { default: { config: { ${config} } } }
`;

  const sent = (): EchoServer['requests'][number] => echo.requests.at(-1)!;

  it('carry query, headers and bodies of all kinds', async () => {
    const at = `url: 'http://127.0.0.1:${echo.port}/a?x=1'`;
    await request(`${at}, query: { y: [2, 3], z: 'ä b', none: null }, headers: { X-N: 5, X-None: null }`);
    assert.deepEqual(
      [sent().method, sent().url, sent().headers['x-n']],
      ['GET', '/a?x=1&y=2&y=3&z=%C3%A4+b', '5'],
    );
    await request(`${at}, method: post, body: { a: [1] }`);
    assert.deepEqual([sent().body, sent().headers['content-type']], ['{"a":[1]}', 'application/json']);
    await request(`${at}, method: PUT, body: plain`);
    assert.deepEqual([sent().body, sent().headers['content-type']], ['plain', 'text/plain;charset=UTF-8']);
    await request(
      `${at}, method: PATCH, headers: { content-type: application/x-www-form-urlencoded }, body: { a: 'x y', b: 2 }`,
    );
    assert.equal(sent().body, 'a=x+y&b=2');
  });

  it('read the response by its type, and keep all cookies', async () => {
    const types: Record<string, [string, string | Buffer]> = {
      '/json': ['application/json', '{"a":1}'],
      '/broken': ['application/json', '{"a":'],
      '/text': ['text/plain; charset=iso-8859-1', Buffer.from([0x47, 0xfc])],
      '/bytes': ['image/png', Buffer.from([0, 255])],
      '/form': ['application/x-www-form-urlencoded', 'a=1'],
    };
    const server = http.createServer((incoming, response) => {
      const [type, body] = types[incoming.url!]!;
      response.setHeader('content-type', type);
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const got: unknown[] = [];
      for (const at of Object.keys(types)) {
        const { body, headers } = await request(`url: 'http://127.0.0.1:${port}${at}'`);
        got.push(body);
        assert.equal(headers['set-cookie'], 'a=1, b=2');
      }
      assert.deepEqual(got, [{ a: 1 }, '{"a":', 'Gü', 'AP8=', { a: '1' }]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('emit responses of every status, and follow redirects without taking credentials along', async () => {
    assert.equal((await request(`url: 'http://127.0.0.1:${echo.port}/status/503'`)).statusCode, 503);
    const server = http.createServer((incoming, response) => {
      response.writeHead(302, {
        location: incoming.url === '/loop' ? '/loop' : `http://127.0.0.1:${echo.port}/landed`,
      });
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await request(`url: 'http://127.0.0.1:${port}/', headers: { authorization: Bearer x, x-other: y }`);
      assert.deepEqual(
        [sent().url, sent().headers.authorization, sent().headers['x-other']],
        ['/landed', undefined, 'y'],
      );
      assert.match(await failure(`url: 'http://127.0.0.1:${port}/loop'`), /redirected more than 20 times/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('fail with a reason and what to do', async () => {
    const silent = net.createServer((socket) => socket.on('data', () => socket.destroy()));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    try {
      assert.match(await failure(`url: 'http://127.0.0.1:${port}/'`), /the server closed the connection/);
      assert.match(
        await failure(`url: 'http://127.0.0.1:${echo.port}/slow', timeout: 0.05`),
        /failed: no response within 50 ms/,
      );
      assert.match(
        await failure(`url: 'https://127.0.0.1:${echo.port}/'`),
        /does not speak TLS on this port\. Should the URL begin with http:\/\//,
      );
      assert.match(
        await failure(`url: 'http://no-such-host.invalid/', timeout: 10`),
        // The last one where nobody answers for names at all.
        /host name (?:is not known|cannot be looked up)|no response within 10 s/,
      );
      assert.match(await failure(`url: 'http://127.0.0.1:9/'`), /fetch refuses it|nothing listens there/);
      assert.match(await failure(`url: 'ftp://example.com/'`), /must begin with http/);
      assert.match(await failure(`url: 'nonsense'`), /not a valid URL/);
      assert.match(await failure(`method: POST`), /needs a `url`; got nothing/);
      assert.match(
        await failure(`url: 'http://127.0.0.1:${echo.port}/', body: a`),
        /A GET request has no body/,
      );
      assert.match(
        await failure(`url: 'http://127.0.0.1:${echo.port}/', headers: { x: "a\\nb" }`),
        /header `x` cannot be sent/,
      );
    } finally {
      silent.close();
    }
  });

  it('explain a certificate that nobody vouches for, and trust the one that NODE_EXTRA_CA_CERTS names', async function () {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'flows-tls-'));
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    try {
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
      const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
      execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], {
        stdio: 'ignore',
      });
    } catch {
      this.skip();
    }
    const server = https.createServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
      (_, response) => void response.end('safe'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      assert.match(
        await failure(`url: 'https://localhost:${port}/'`),
        /certificate of the server is self-signed\. Set NODE_EXTRA_CA_CERTS/,
      );
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: cert };
      assert.equal((await request(`url: 'https://localhost:${port}/'`, env)).body, 'safe');
      const run = await TestRun.start(flow(`url: 'https://127.0.0.1:${port}/'`), {}, env);
      await run.send('Call', {});
      assert.match(run.failures()[0]!.error.message, /certificate of the server is for another host name/);
    } finally {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
});
