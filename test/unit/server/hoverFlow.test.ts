import assert from 'node:assert/strict';
import type { MarkupContent } from 'vscode-languageserver/node';
import { cursor, TestClient, textAt } from './client.js';

const SCHEMA = `{"order":1,"name":"Get *issue*","description":"Reads an issue","config":{},"inputs":{"default":{"order":0,"name":"In","config":{"id":{"order":0,"name":"Issue id","description":"Which issue","type":{"type":"string"},"required":true},"token":{"order":1,"name":"Token","type":{"type":"string"},"required":false,"sensitive":true,"default":"hunter2"}}}},"outputs":{"default":{"order":0,"name":"Issue","default":true,"type":{"type":"object","properties":{"key":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}}}}}},"signals":{}}`;

const FLOW = `appInstallations:
  jira:
    appName: Jira
    appVersion: 1.2.3
blocks:
  - name: Start
    type:
      coreBlock: httpEndpoint
    config:
      path: /x
  - name: Read it
    type:
      appBlock:
        block: getIssue
        appInstallation: jira
        schema: '${SCHEMA}'
    inputs:
      default:
        links:
          - block: Start
            output: requests
        config:
          id: !expr outputs.start.params.id
          token: x
  - name: End
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Read it, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr 'outputs.readIt.key' } }
`;

describe('hover over a flow', () => {
  let client: TestClient;
  beforeEach(async () => {
    client = await TestClient.start();
  });
  afterEach(() => client.dispose());

  for (const [what, find, replace, covered, ...patterns] of [
    [
      'a block',
      'name: Read it',
      'name: Re|ad it',
      'Read it',
      /Get \\\*issue\\\*/,
      /`outputs\.readIt`/,
      /From: Start/,
      /To: End/,
      /`default`: object/,
    ],
    [
      'a block whose key is no identifier',
      'name: End',
      'name: 3|60 view',
      '360 view',
      /Read as `outputs\["360View"\]`/,
      /Makes a new event from a JavaScript expression: outputs\\\.default\\\.outputCustomization/,
    ],
    ['a link', 'block: Start', 'block: St|art', 'Start', /HTTP Endpoint/],
    [
      'an output in a link',
      'output: requests',
      'output: req|uests',
      'requests',
      /output `requests` of Start/,
      /`params`/,
    ],
    ['an output that an expression reads', 'outputs.readIt', 'outputs.rea|dIt', 'readIt', /\*\*Read it\*\*/],
    [
      'a core block',
      'coreBlock: httpEndpoint',
      'coreBlock: http|Endpoint',
      'httpEndpoint',
      /Takes HTTP requests/,
      /`path`: string, required/,
    ],
    ['a field of a core block', 'path: /x', 'pa|th: /x', 'path', /becomes?|parts/],
    [
      'a field of an app block',
      '          id: !',
      '          i|d: !',
      'id',
      /\*\*Issue id\*\*: `string` — required/,
      /Which issue/,
    ],
    [
      'an installation',
      'appInstallation: jira',
      'appInstallation: ji|ra',
      'jira',
      /installation of Jira 1\\\.2\\\.3/,
      /Used by one block/,
    ],
  ] as [string, string, string, string, ...RegExp[]][]) {
    it(`tells about ${what}`, async () => {
      const { text, position } = cursor(FLOW.replace(find, replace));
      await client.open('a.flow.yaml', text);
      const found = await client.hover('a.flow.yaml', position);
      const markdown = (found?.contents as MarkupContent | undefined)?.value ?? '';
      for (const pattern of patterns) assert.match(markdown, pattern);
      assert.equal(textAt(text, found!.range!), covered);
    });
  }

  it('keeps the default of a sensitive field to itself', async () => {
    const { text, position } = cursor(FLOW.replace('token: x', 'tok|en: x'));
    await client.open('a.flow.yaml', text);
    const found = JSON.stringify(await client.hover('a.flow.yaml', position));
    assert.match(found, /sensitive/);
    assert.ok(!found.includes('hunter2'));
  });

  it('the keys of the format, down to where the schema of a block begins', async () => {
    const shown = async (piece: string, place: string): Promise<string | undefined> => {
      const { text, position } = cursor(FLOW.replace(piece, place));
      await client.open('keys.flow.yaml', text);
      const found = await client.hover('keys.flow.yaml', position);
      return found ? `${textAt(text, found.range!)}: ${(found.contents as MarkupContent).value}` : undefined;
    };
    assert.equal(
      await shown('appInstallations:', 'appI|nstallations:'),
      'appInstallations: **appInstallations** — apps that the flow’s app blocks belong to',
    );
    assert.equal(
      await shown('    config:\n      path', '    con|fig:\n      path'),
      'config: **config** — static configuration, evaluated once',
    );
    assert.equal(
      await shown('links:\n', 'li|nks:\n'),
      'links: **links** — where events come from: blocks and their outputs',
    );
    assert.match(
      (await shown('outputCustomization', 'output|Customization')) ?? '',
      /what the output emits$/,
    );
    assert.equal(await shown('appName: Jira', 'app|Name: Jira'), undefined);
    const { text, position } = cursor('app: slack\nsou|rce: ./apps/slack\n');
    await client.open('a.installation.yaml', text, 'flow-installation');
    assert.match(
      JSON.stringify(await client.hover('a.installation.yaml', position)),
      /entry file of the app/,
    );
  });
});
