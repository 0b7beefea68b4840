/** Plants secrets in a run and looks for them in what leaves its panel: the export, and data that is opened in an editor. */
import assert from 'node:assert/strict';
import { EventValues } from '../../../client/panel/values.js';
import type { RunSource } from '../../../client/panel/sources.js';
import { ndjsonOf, pretty } from '../../../client/panel/texts.js';
import type { Part } from '../../../client/panel/model/messages.js';
import { RunEntries } from '../../../client/run/entries.js';
import type { RunEvent } from '../../../client/runner/protocol.js';
import { CanarySearch } from '../../host/canary.js';
import { CANARIES } from '../runner/canaries.js';
import { runnerPath, stopAll, TestRun } from '../runner/harness.js';

/** A value in the spellings that programs give it. */
const SPELLED = `((value) => {
  const bytes = new TextEncoder().encode(value);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const binary = (text) => unescape(encodeURIComponent(text));
  return {
    plain: value,
    key: { [value]: { [value]: true } },
    json: JSON.stringify({ value }),
    twice: JSON.stringify(JSON.stringify({ value })),
    uri: encodeURIComponent(value),
    lower: encodeURIComponent(value).replace(/%../g, (part) => part.toLowerCase()),
    form: new URLSearchParams({ value }).toString(),
    base64: ['', '1', '22'].map((before) => btoa(binary(before + value))),
    url: btoa(binary(value)).replaceAll('+', '-').replaceAll('/', '_'),
    hex: [hex, hex.toUpperCase()],
    bytes: Array.from(bytes),
    escaped: Array.from(value, (char) => '\\\\u' + char.charCodeAt(0).toString(16).padStart(4, '0')).join(''),
    xml: value.replace(/[&<>"']/g, (char) => '&#' + char.charCodeAt(0) + ';'),
    shell: "'" + value.replaceAll("'", "'\\\\''") + "'",
  };
})`;

const all = Object.keys(CANARIES).map((key) => `secrets.${key}`);
const FLOW = `blocks:
  - name: Spell
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs:
      default:
        outputCustomization: !expr ${JSON.stringify(`[${all.join(', ')}].map(${SPELLED})`)}
  - name: Long
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Spell, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '"x".repeat(63_990) + secrets.PLAIN + "y".repeat(1_000) + secrets.SPECIAL' } }
  - name: Send
    type: { coreBlock: httpRequest }
    inputs:
      default:
        links: [{ block: Spell, output: default }]
        config:
          method: POST
          url: !expr '"http://127.0.0.1:1/?token=" + encodeURIComponent(secrets.SPECIAL)'
          headers: !expr '({ authorization: "Bearer " + btoa(secrets.PLAIN) })'
          body: !expr '({ all: [${all.join(', ')}] })'
  - name: Break
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Spell, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '(() => { console.log(secrets.PLAIN); throw new Error("no " + secrets.SPECIAL + secrets.UNICODE) })()' } }
`;

describe('what leaves the run panel', function () {
  this.timeout(60_000);
  before(runnerPath);
  after(stopAll);
  let run: TestRun;
  let source: RunSource;

  before(async () => {
    run = await TestRun.start(FLOW, { secrets: CANARIES });
    await run.send('Spell', { given: CANARIES });
    const entries = new RunEntries();
    entries.add(run.entries);
    source = { entries, host: run.host } as unknown as RunSource;
  });

  const assertNothing = (where: string, text: Uint8Array | string): void => {
    const bytes = Buffer.from(text);
    assert.deepEqual(new CanarySearch(CANARIES).inBytes(where, bytes), []);
    // Texts inside of JSON as they are: a value may show in either.
    for (const line of bytes.toString('utf8').split('\n'))
      assert.deepEqual(new CanarySearch(CANARIES).inBytes(where, Buffer.from(unquoted(line))), []);
  };

  it('the search finds what is not masked', () => {
    const search = new CanarySearch(CANARIES);
    for (const [key, value] of Object.entries(CANARIES))
      for (const text of [
        value,
        JSON.stringify({ value }),
        encodeURIComponent(value),
        Buffer.from(`1${value}`).toString('base64'),
      ])
        assert.equal(search.inBytes('here', Buffer.from(text)).length, 1, key);
  });

  it('an export holds no value, in any spelling', async () => {
    const text = Buffer.from(await ndjsonOf(source.entries.all)).toString('utf8');
    const lines = text.trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as RunEvent),
      run.entries,
    );
    // Whatever has happened is in it, or the search would prove nothing.
    for (const sign of [
      '"kind":"event"',
      '"kind":"failed"',
      '"kind":"log"',
      '"block":"Send"',
      '"truncated":true',
      ...Object.keys(CANARIES).map((key) => `‹secret:${key}›`),
    ])
      assert.ok(text.includes(sign), sign);
    assertNothing('export', text);
  });

  it('data that is opened in an editor holds no value, of a run under way and of its record', async () => {
    for (const from of [source, { ...source, host: undefined }]) {
      const values = new EventValues(() => from);
      let masked = 0;
      for (const { id } of run.events()) {
        const details = (await values.details(id))!;
        const parts: Part[] = [
          { kind: 'data' },
          ...(details.previous ? [{ kind: 'previous' } as const] : []),
          ...details.outputs.map(({ key }) => ({ kind: 'output', key }) as const),
          ...details.receivers.flatMap(({ config }, receiver) =>
            config ? [{ kind: 'config', receiver } as const] : [],
          ),
        ];
        for (const part of parts) {
          const text = pretty((await values.get({ event: id, part })).json);
          assertNothing(`${id} ${part.kind}`, text);
          if (text.includes('‹secret:')) masked++;
        }
        assertNothing(`details of ${id}`, JSON.stringify(details));
      }
      assert.ok(masked >= (from.host ? 4 : 2), String(masked));
    }
  });
});

/** JSON's own escapes taken away. */
function unquoted(json: string): string {
  return json.replace(/\\(?:u([0-9a-f]{4})|(.))/gi, (_, code: string | undefined, char: string) =>
    code === undefined ? (char === 'n' ? '\n' : char) : String.fromCharCode(parseInt(code, 16)),
  );
}
