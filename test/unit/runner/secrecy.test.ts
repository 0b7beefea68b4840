/** Plants secrets and looks for them in everything that leaves a runner process. */
import assert from 'node:assert/strict';
import { assertNothing, CANARIES, everything } from './canaries.js';
import { echoServer, stopAll, TestRun, type EchoServer } from './harness.js';

describe('secrecy', function () {
  this.timeout(60_000);
  let echo: EchoServer;
  before(async () => (echo = await echoServer()));
  after(() => echo.close());
  afterEach(stopAll);

  const all = Object.keys(CANARIES).map((key) => `secrets.${key}`);

  it('events, activities, failures and logs hold no value in any form', async () => {
    const run = await TestRun.start(
      `
blocks:
  - name: Start
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
  - name: Show
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Start, output: default }], config: {} } }
    outputs:
      default:
        outputCustomization: !expr |-
          ({
            list: [${all.join(', ')}],
            text: \`a \${secrets.PLAIN} b \${secrets.SPECIAL} c \${secrets.UNICODE}\`,
            json: JSON.stringify({ inner: [${all.join(', ')}] }),
            base64: [${all.map((secret) => `btoa(unescape(encodeURIComponent(${secret})))`).join(', ')}],
            url: [${all.map((secret) => `encodeURIComponent(${secret})`).join(', ')}],
            hex: [${all.map((secret) => `Array.from(new TextEncoder().encode(${secret}), (byte) => byte.toString(16).padStart(2, '0')).join('')`).join(', ')}],
            keys: { [secrets.PLAIN]: 1, [secrets.SPECIAL]: 2 },
          })
  - name: Throw
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Start, output: default }], config: {} } }
    outputs:
      default:
        outputCustomization: !expr |-
          (() => {
            const error = new Error('refused: ' + [${all.join(', ')}].join(' and '));
            error.name = secrets.PLAIN;
            throw error;
          })()
  - name: Throw Text
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Start, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '(() => { throw secrets.SPECIAL; })()' } }
  - name: Parse
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Start, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr 'JSON.parse(secrets.PLAIN)' } }
  - name: Log
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Start, output: default }], config: {} } }
    outputs:
      default:
        outputCustomization: !expr |-
          (console.log(secrets.PLAIN, { secret: secrets.SPECIAL }), console.error(secrets.PEM), Promise.reject(new Error(secrets.UNICODE)), 1)
  - name: Call
    type: { coreBlock: httpRequest }
    inputs:
      default:
        links: [{ block: Start, output: default }]
        config:
          method: POST
          url: !expr '\`http://127.0.0.1:${echo.port}/\${encodeURIComponent(secrets.SPECIAL)}?token=\${encodeURIComponent(secrets.PLAIN)}\`'
          headers: !expr '({ authorization: "Basic " + btoa("user:" + secrets.PLAIN), "x-token": secrets.SPECIAL })'
          body: !expr '({ all: [${all.join(', ')}] })'
  - name: Call Nobody
    type: { coreBlock: httpRequest }
    inputs:
      default:
        links: [{ block: Start, output: default }]
        config: { url: !expr '\`http://127.0.0.1:59321/\${secrets.PLAIN}/\${secrets.UNICODE}\`' }
  - name: Call Nonsense
    type: { coreBlock: httpRequest }
    inputs:
      default:
        links: [{ block: Start, output: default }]
        config: { url: !expr 'secrets.SPECIAL', method: !expr 'secrets.PLAIN' }
  - name: Bad Header
    type: { coreBlock: httpRequest }
    inputs:
      default:
        links: [{ block: Start, output: default }]
        config: { url: 'http://127.0.0.1:${echo.port}/', headers: !expr '({ "x-key": secrets.PEM })' }
  - name: Bad Method
    type: { coreBlock: httpRequest }
    inputs:
      default:
        links: [{ block: Start, output: default }]
        config: { url: 'http://127.0.0.1:${echo.port}/', method: !expr 'secrets.SPECIAL' }
  - name: Bad Sleep
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: Start, output: default }], config: { sleep: !expr 'secrets.PLAIN' } } }
  - name: Bad Signal
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Start, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr 'ref("signal." + secrets.PLAIN + "." + "x")' } }
  - name: Bad Endpoint
    type: { coreBlock: httpEndpoint }
    config: { path: !expr 'secrets.PLAIN', methods: [GET] }
  - name: Open Endpoint
    type: { coreBlock: httpEndpoint }
    config: { path: !expr '"/" + secrets.PLAIN', methods: [GET] }
    inputs: { default: { config: { body: text } } }
`,
      { secrets: CANARIES },
    );
    await run.send('Start', { start: true });
    assert.ok(echo.requests.length >= 1, `the request was not sent: ${run.text()}`);
    assert.equal(echo.requests[0]!.headers['x-token'], CANARIES['SPECIAL']);
    const failed = run.failures().map(({ block }) => block);
    for (const block of [
      'Throw',
      'Throw Text',
      'Parse',
      'Call Nobody',
      'Call Nonsense',
      'Bad Header',
      'Bad Method',
      'Bad Sleep',
      'Bad Signal',
      'Bad Endpoint',
    ]) {
      assert.ok(failed.includes(block), `${block} did not fail`);
    }
    const text = await everything(run);
    assert.match(text, /‹secret:PLAIN›/);
    assertNothing(text);
  });

  it('a secret in the data of a debug event and of a request is masked as well', async () => {
    const run = await TestRun.start(
      `
blocks:
  - name: In
    type: { coreBlock: httpEndpoint }
    config: { path: '/in/{rest}', methods: [POST] }
    inputs: { default: { links: [{ block: In, output: requests }], config: { body: !expr 'previous.body' } } }
  - name: Use
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs: { default: { outputCustomization: !expr '[${all.join(', ')}].length' } }
`,
      { secrets: CANARIES },
    );
    const { PLAIN = '', SPECIAL = '' } = CANARIES;
    const answer = await fetch(run.url(`/in/${PLAIN}?q=${encodeURIComponent(SPECIAL)}`), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-token': PLAIN },
      body: JSON.stringify({ PLAIN, SPECIAL }),
    });
    assert.deepEqual(await answer.json(), { PLAIN, SPECIAL }, 'the caller gets what the flow answers');
    await run.send('Use', CANARIES);
    assertNothing(await everything(run));
  });

  it('a data block that is larger than what is sent at once is masked before it is cut', async () => {
    const run = await TestRun.start(
      `
blocks:
  - name: Big
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs: { default: { outputCustomization: !expr '"x".repeat(63990) + secrets.PLAIN + "y".repeat(1000)' } }
`,
      { secrets: CANARIES },
    );
    await run.send('Big', null);
    const [event] = run.events('Big').filter(({ output }) => output);
    assert.equal(event!.truncated, true);
    for (let length = 6; length < 20; length++)
      assert.ok(!event!.data.includes(CANARIES['PLAIN']!.slice(0, length)));
    assertNothing(await everything(run));
  });
});
