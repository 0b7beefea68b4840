/** Plants secrets in a session of the debugger and looks for them in every message of it, in every spelling. */
import assert from 'node:assert/strict';
import { CanarySearch } from '../../host/canary.js';
import { closeAll, DebugClient } from './client.js';

const CANARIES: Readonly<Record<string, string>> = {
  PLAIN: 'kX7canary0pLq93mZtr8',
  SPECIAL: 'can"ary\\ $pe&ci<al>^%+4711',
  UNICODE: 'gehéim-ключ-canary-日本',
};

const all = Object.keys(CANARIES).map((key) => `secrets.${key}`);

const FLOW = `blocks:
  - name: Sign
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs:
      default:
        outputCustomization: !expr |-
          ({
            list: [${all.join(', ')}],
            [secrets.PLAIN]: secrets.SPECIAL,
            header: "Basic " + btoa("user:" + secrets.PLAIN),
          })
  - name: Send
    type: { coreBlock: httpRequest }
    inputs:
      default:
        links: [{ block: Sign, output: default }]
        config:
          url: !expr '\`http://127.0.0.1:1/\${secrets.PLAIN}\`'
          headers: !expr '({ token: secrets.SPECIAL, unicode: encodeURIComponent(secrets.UNICODE) })'
  - name: Inside
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Sign, output: default }], config: {} } }
    outputs:
      default:
        outputCustomization: !expr |-
          ((outer) => {
            const token = secrets.PLAIN;
            const all = new Map([[token, { [outer]: [secrets.UNICODE] }]]);
            const letters = token.split('');
            const made = (inner) => {
              return inner + secrets.UNICODE;
            };
            return { made: made(token) };
          })(secrets.SPECIAL)
  - name: Break
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Sign, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '(() => { throw new Error("no " + secrets.PLAIN + secrets.SPECIAL) })()' } }
`;

/** What somebody may try in the console. */
const ATTEMPTS = [
  ...all,
  'secrets',
  'Object.entries(secrets)',
  'JSON.stringify(secrets)',
  ...all.flatMap((secret) => [
    `\`\${${secret}}\``,
    `encodeURIComponent(${secret})`,
    `btoa(unescape(encodeURIComponent(${secret})))`,
    `Array.from(new TextEncoder().encode(${secret}), (byte) => byte.toString(16).padStart(2, '0')).join('')`,
    `JSON.stringify(JSON.stringify(${secret}))`,
    `new TextEncoder().encode(${secret})`,
    `({ [${secret}]: { deep: [${secret}] } })`,
    `(() => { throw new Error(${secret}) })()`,
    `(() => { throw ${secret} })()`,
    `JSON.parse(${secret})`,
    `Promise.reject(new TypeError(${secret}))`,
    `new Map([[${secret}, ${secret}]])`,
    `console.log(${secret})`,
    `previous.list.map((one) => btoa(unescape(encodeURIComponent(one))))`,
  ]),
  'token',
  'all',
  'letters',
  'made(outer)',
  'inner = btoa(inner)',
  'event',
  'outputs',
  'event.data.header',
];

function assertNothing(client: DebugClient): void {
  const search = new CanarySearch(CANARIES);
  for (const message of client.said) {
    // As an object's texts and as it is written to a trace.
    const text = `${JSON.stringify(message)}\n${texts(message).join('\n')}`;
    const found = search.inBytes(JSON.stringify(message).slice(0, 60), Buffer.from(text));
    // What the client itself has sent is its own.
    if (message.type !== 'request') assert.deepEqual(found, []);
  }
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...texts(item)]);
}

/** Opens everything below a reference. */
async function openAll(client: DebugClient, reference: number, depth = 0): Promise<void> {
  if (reference === 0 || depth > 6) return;
  for (const { variablesReference } of await client.variables(reference))
    await openAll(client, variablesReference, depth + 1);
}

describe('secrecy of the debugger', function () {
  this.timeout(120_000);
  afterEach(closeAll);

  it('no message of a session holds a value in any spelling', async () => {
    const client = new DebugClient(FLOW, { secrets: CANARIES });
    await client.launch(
      { event: { block: 'Sign', data: { start: true } } },
      [
        { line: client.line('name: Send'), condition: 'secrets.PLAIN.length > 0' },
        { line: client.line('name: Break'), logMessage: `log {${all.join('} {')} {secrets}` },
        client.line('return inner'),
        { line: client.line('return { made'), logMessage: '{token} {letters} {all} {made(outer)}' },
        { line: client.line('list: ['), condition: '(() => { throw new Error(secrets.SPECIAL) })()' },
      ],
      ['all'],
    );
    const stood: string[] = [];
    for (let place = ''; !place.startsWith('Break ✗');) {
      await client.stopped();
      await client.response('exceptionInfo', { threadId: 1 });
      const frames = await client.frames();
      place = frames[0]!.name;
      stood.push(place);
      for (const { id } of frames) {
        const { scopes } = await client.ask<{ scopes: { variablesReference: number }[] }>('scopes', {
          frameId: id,
        });
        for (const { variablesReference } of scopes) await openAll(client, variablesReference);
        await client.response('setVariable', {
          variablesReference: scopes[0]!.variablesReference,
          name: 'letters',
          value: 'secrets.SPECIAL',
        });
      }
      for (const expression of ATTEMPTS) {
        for (const context of ['repl', 'watch', 'clipboard']) {
          const answer = await client.response('evaluate', { expression, context, frameId: frames[0]!.id });
          const body = answer.body as { variablesReference?: number };
          await openAll(client, body.variablesReference ?? 0);
        }
      }
      for (const text of ['secrets.', 'secrets.PLAIN.', 'previous.list[0].', 'event.data.'])
        await client.response('completions', { text, column: text.length + 1 });
      await client.response('flows.lookUp', { block: 'Send', expressions: [...all, 'previous', 'outputs'] });
      for (const value of [...all, '"x"'])
        await client.response('setExpression', {
          expression: 'event.data.header',
          value,
          frameId: frames[0]!.id,
        });
      await client.ask('continue', { threadId: 1 });
    }
    assert.match(client.output('stderr'), /Break ✗/);
    const dataId = JSON.stringify({ owner: 'slack', signal: 'token' });
    await client.ask('setDataBreakpoints', { breakpoints: [{ dataId }] });
    for (const value of Object.values(CANARIES)) {
      await client.host!.setSignal('slack', 'token', { [value]: [value] });
      await client.stopped();
      for (const { id } of await client.frames()) {
        const { scopes } = await client.ask<{ scopes: { variablesReference: number }[] }>('scopes', {
          frameId: id,
        });
        for (const { variablesReference } of scopes) await openAll(client, variablesReference);
      }
      await client.ask('continue', { threadId: 1 });
    }
    assert.ok(stood.includes('made() in outputs.default.outputCustomization'), stood.join(', '));
    assert.match(client.output(), /‹secret:PLAIN›/);
    await client.ask('terminate');
    assertNothing(client);
  });

  it('finds a value that shows', () => {
    const client = new DebugClient(FLOW);
    client.said.push({
      seq: 1,
      type: 'event',
      event: 'output',
      body: { output: CANARIES['PLAIN'] },
    } as never);
    assert.throws(() => assertNothing(client));
  });
});
