/** The MCP server of a run, called by the SDK's own client. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult, McpError } from '@modelcontextprotocol/sdk/types.js';
import { stopAll, TestRun } from './harness.js';

const WEATHER = `
blocks:
  - name: Get Weather
    description: Tells the weather of a city.
    type: { coreBlock: mcpTool }
    config:
      inputSchema:
        type: object
        properties: { city: { type: string }, days: { type: integer, minimum: 1 } }
        required: [city]
    inputs:
      default:
        links: [{ block: Look Up, output: default }]
        config: { body: !expr '\`\${previous.sky} in \${outputs.getWeather.arguments.city}\`' }
  - name: Look Up
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Get Weather, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '({ sky: "Sun", who: previous.user })' } }
  - name: Echo
    type: { coreBlock: mcpTool }
    config: { name: echo.data, description: Gives back what it gets. }
    inputs:
      default:
        links: [{ block: Echo, output: default }]
        config: { body: !expr previous.arguments }
`;

/** A tool whose call is answered by nobody. */
const silent = (output: string): string => `
blocks:
  - name: Silent
    type: { coreBlock: mcpTool }
    config: {}
    inputs: { default: { config: { body: never } } }
  - name: Wait
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: Silent, output: default }], config: { sleep: ${output} } } }
`;

async function connect(run: TestRun): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(run.url('/mcp'))));
  clients.push(client);
  return client;
}

const clients: Client[] = [];

async function call(client: Client, name: string, args?: Record<string, unknown>): Promise<CallToolResult> {
  return (await client.callTool({ name, ...(args && { arguments: args }) })) as CallToolResult;
}

const text = ({ content }: CallToolResult): string => {
  const [first] = content;
  return first?.type === 'text' ? first.text : '';
};

describe('MCP tools', function () {
  this.timeout(30_000);
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await stopAll();
  });

  it('are listed by one server, whose address the run tells', async () => {
    const run = await TestRun.start(WEATHER);
    assert.deepEqual(run.info.endpoints, [
      { block: 'Get Weather', path: '/mcp', tool: 'getWeather', methods: ['POST'], url: run.url('/mcp') },
      { block: 'Echo', path: '/mcp', tool: 'echo.data', methods: ['POST'], url: run.url('/mcp') },
    ]);
    const { tools } = await (await connect(run)).listTools();
    assert.deepEqual(tools, [
      {
        name: 'getWeather',
        description: 'Tells the weather of a city.',
        inputSchema: {
          type: 'object',
          properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } },
          required: ['city'],
        },
      },
      { name: 'echo.data', description: 'Gives back what it gets.', inputSchema: { type: 'object' } },
    ]);
  });

  it('turn a call into an event, and its descendant at the input into the answer', async () => {
    const run = await TestRun.start(WEATHER);
    const client = await connect(run);
    const answer = await call(client, 'getWeather', { city: 'Turin' });
    assert.deepEqual(answer, { content: [{ type: 'text', text: 'Sun in Turin' }] });
    await run.idle();
    assert.deepEqual(run.data('Get Weather'), {
      arguments: { city: 'Turin' },
      user: { email: 'you@localhost', role: 'admin' },
    });
    const object = await call(client, 'echo.data', { a: [1, { b: null }] });
    assert.deepEqual(object.structuredContent, { a: [1, { b: null }] });
    assert.equal(text(object), '{"a":[1,{"b":null}]}');
  });

  it('answer each of many calls at once with its own answer', async () => {
    const client = await connect(await TestRun.start(WEATHER));
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => call(client, 'echo.data', { i })));
    assert.deepEqual(
      answers.map(({ structuredContent }) => structuredContent),
      Array.from({ length: 40 }, (_, i) => ({ i })),
    );
  });

  it('keep clients apart, each with its session', async () => {
    const run = await TestRun.start(WEATHER);
    const [one, other] = [await connect(run), await connect(run)];
    await one.close();
    assert.equal(text(await call(other, 'getWeather', { city: 'Oslo' })), 'Sun in Oslo');
  });

  it('tell wrong arguments as a result, and emit nothing', async () => {
    const run = await TestRun.start(WEATHER);
    const client = await connect(run);
    for (const [args, problem] of [
      [{}, /must have required property 'city'/],
      [undefined, /must have required property 'city'/],
      [{ city: 5 }, /city must be string/],
      [{ city: 'Rome', days: 0 }, /days must be >= 1/],
    ] as const) {
      const answer = await call(client, 'getWeather', args);
      assert.equal(answer.isError, true);
      assert.match(text(answer), problem);
    }
    assert.equal((await run.idle()).events, 0);
  });

  it('that do not exist are an error of the protocol', async () => {
    const client = await connect(await TestRun.start(WEATHER));
    await assert.rejects(
      call(client, 'getWether', { city: 'Rome' }),
      ({ code, message }: McpError) =>
        code === -32602 && /no tool "getWether".*getWeather, echo\.data/.test(message),
    );
  });

  it('end a call as failed when the time for an answer has passed', async () => {
    const run = await TestRun.start(silent('3600'), { options: { answerTimeoutMs: 50 } });
    const answer = await call(await connect(run), 'silent');
    assert.equal(answer.isError, true);
    assert.match(text(answer), /^50 ms have passed, and no event has answered at the input of "Silent"/);
  });

  it('end a call as failed at once when nothing is under way that could answer', async () => {
    const run = await TestRun.start(silent('0'));
    const answer = await call(await connect(run), 'silent');
    assert.equal(answer.isError, true);
    assert.match(text(answer), /^The flow has come to its end, and no event has answered/);
    assert.ok(
      run.entries.some((entry) => entry.kind === 'activity' && /no event has answered/.test(entry.text)),
    );
  });

  it('are not waited for after the client has given up', async () => {
    const run = await TestRun.start(silent('3600'));
    const client = await connect(run);
    const giveUp = new AbortController();
    const answer = client.callTool({ name: 'silent' }, undefined, { signal: giveUp.signal });
    await run.until(async () => (await run.host.status()).sleeping === 1, 'the sleep');
    giveUp.abort();
    await assert.rejects(answer, /abort/i);
    await run.host.skipSleep();
    await run.idle();
  });

  it('fail an event that answers nobody, or a second time', async () => {
    const run = await TestRun.start(`
blocks:
  - name: Twice
    type: { coreBlock: mcpTool }
    config: {}
    inputs:
      default:
        links: [{ block: Twice, output: default }, { block: Again, output: default }]
        config: { body: 'once' }
  - name: Again
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: Twice, output: default }], config: { sleep: 0.02 } } }
`);
    assert.equal(text(await call(await connect(run), 'twice')), 'once');
    await run.idle();
    await run.send('Twice', {});
    assert.deepEqual(
      run.failures().map(({ error }) => error.message),
      [
        'The call is already answered.',
        'This event does not descend from a call to this block, so there is nobody to answer.',
      ],
    );
  });

  it('take the only field of the answer and the only output, whatever they are called', async () => {
    const run = await TestRun.start(`
blocks:
  - name: Named
    type: { coreBlock: mcpTool }
    config: {}
    inputs:
      default:
        links: [{ block: Named, output: invocations }]
        config: { responseBody: !expr previous.user.role }
`);
    assert.equal(text(await call(await connect(run), 'named')), 'admin');
  });

  it('say in the run what is wrong with their configuration', async () => {
    const run = await TestRun.start(`
blocks:
  - { name: One, type: { coreBlock: mcpTool }, config: { name: same } }
  - { name: Two, type: { coreBlock: mcpTool }, config: { name: same } }
  - { name: Bad Name, type: { coreBlock: mcpTool }, config: { name: 'a b' } }
  - { name: List, type: { coreBlock: mcpTool }, config: { inputSchema: { type: array } } }
  - { name: Schema, type: { coreBlock: mcpTool }, config: { inputSchema: { properties: { a: { $ref: '#/nowhere' } } } } }
  - { name: Text, type: { coreBlock: mcpTool }, config: { inputSchema: '{"properties":{"a":{"type":"string"}}}' } }
`);
    await run.until(() => run.failures().length === 4, 'four failures');
    const messages = Object.fromEntries(run.failures().map(({ block, error }) => [block, error.message]));
    assert.match(messages['Two']!, /"same" is already that of the block "One"/);
    assert.match(messages['Bad Name']!, /got "a b"/);
    assert.match(messages['List']!, /`type` of its `inputSchema` is "object"/);
    assert.match(messages['Schema']!, /is no JSON Schema: .*nowhere/);
    const { tools } = await (await connect(run)).listTools();
    assert.deepEqual(
      tools.map(({ name, inputSchema }) => [name, Object.keys(inputSchema.properties ?? {})]),
      [
        ['same', []],
        ['text', ['a']],
      ],
    );
  });

  it('refuse what a page of another site sends, whatever name it has given this machine', async () => {
    const run = await TestRun.start(WEATHER);
    const port = run.info.port!;
    const status = (headers: Record<string, string>): Promise<number> =>
      new Promise((resolve, reject) => {
        const request = http.request(
          {
            port,
            host: '127.0.0.1',
            path: '/mcp',
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              accept: 'application/json, text/event-stream',
              ...headers,
            },
          },
          (response) => {
            response.destroy();
            resolve(response.statusCode!);
          },
        );
        request.on('error', reject);
        request.end(
          JSON.stringify({
            jsonrpc: '2.0',
            id: 1,
            method: 'initialize',
            params: {
              protocolVersion: '2025-06-18',
              capabilities: {},
              clientInfo: { name: 'page', version: '1' },
            },
          }),
        );
      });
    assert.equal(await status({}), 200);
    assert.equal(await status({ host: `localhost:${port}` }), 200);
    assert.equal(await status({ origin: `http://127.0.0.1:${port}` }), 200);
    assert.equal(await status({ host: `evil.example:${port}` }), 403);
    assert.equal(await status({ host: 'localhost.evil.example' }), 403);
    assert.equal(await status({ origin: 'https://evil.example' }), 403);
    assert.equal(await status({ origin: 'null' }), 403);
    assert.equal(await status({ origin: 'http://localhost:1' }), 403);
  });

  it('tell a client of an earlier run to begin anew', async () => {
    const run = await TestRun.start(WEATHER);
    const answer = await fetch(run.url('/mcp'), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': 'of-another-run',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });
    assert.equal(answer.status, 404);
    assert.match(await answer.text(), /Initialize again/);
  });

  it('cannot share their path with an endpoint, but a path parameter does not take it away', async () => {
    const endpoint = (path: string): string =>
      `${WEATHER}  - { name: Same, type: { coreBlock: httpEndpoint }, config: { path: '${path}' } }\n`;
    const clash = await TestRun.start(endpoint('/mcp'));
    const failure = await clash.until(() => clash.failures()[0], 'a failure');
    assert.match(failure.error.message, /both want \/mcp\. Give the HTTP Endpoint another path/);
    const run = await TestRun.start(endpoint('/{word}'));
    assert.equal((await (await connect(run)).listTools()).tools.length, 2);
    assert.deepEqual(run.failures(), []);
  });

  it('show no secret to the client that the flow does not answer with, and none in the run', async () => {
    const secret = 'mcp-canary-88213-value';
    const run = await TestRun.start(
      WEATHER.replace('({ sky: "Sun"', '({ sky: secrets.CANARY').replace(
        'config: { name: echo.data, description: Gives back what it gets. }',
        "config: { name: echo.data, description: !expr '`needs ${secrets.CANARY}`' }",
      ),
      { secrets: { CANARY: secret } },
    );
    const client = await connect(run);
    // The answer of a flow is its own, as on the platform; the run names the leak.
    assert.equal(text(await call(client, 'getWeather', { city: 'Turin' })), `${secret} in Turin`);
    const wrong = await call(client, 'getWeather', { city: 1 });
    assert.ok(!JSON.stringify(wrong).includes(secret));
    const status = await run.idle();
    assert.ok(!run.text().includes(secret));
    assert.ok(!JSON.stringify(run.info).includes(secret));
    assert.deepEqual(status.leaks, [{ block: 'Look Up', keys: ['CANARY'] }]);
  });
});
