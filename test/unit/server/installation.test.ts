import assert from 'node:assert/strict';
import { DiagnosticSeverity } from 'vscode-languageserver/node';
import { cursor, TestClient, textAt } from './client.js';

const CONFIG = `app: slack
version: 1.0.0
config:
  token: !expr secrets.SLACK_TOKEN
  channel: !expr outputs.start.channel
  plain: secrets.OTHER
`;

describe('installation configs', () => {
  let client: TestClient;
  beforeEach(async () => {
    client = await TestClient.start({ 'flows.project.yaml': 'project: ops\nsecrets: { API_TOKEN: }\n' });
  });
  afterEach(() => client.dispose());

  it('are checked like flows: secrets, names that do not exist there, a missing tag', async () => {
    await client.open('slack.installation.yaml', CONFIG, 'flow-installation');
    const found = (await client.diagnostics('slack.installation.yaml')).map((one) => [
      one.code,
      textAt(CONFIG, one.range),
    ]);
    assert.deepEqual(found, [
      ['app-source', 'config'],
      ['undefined-secret', 'SLACK_TOKEN'],
      ['unavailable-name', 'outputs'],
      ['missing-expr', 'secrets.OTHER'],
    ]);
  });

  it('are known by their file name, whatever the language', async () => {
    await client.open('slack.installation.yaml', CONFIG, 'yaml');
    assert.equal((await client.diagnostics('slack.installation.yaml')).length, 4);
  });

  it('complete keys, `!expr` and secrets', async () => {
    const labels = async (marked: string): Promise<string[]> => {
      const { text, position } = cursor(marked);
      await client.open('x.installation.yaml', text, 'flow-installation');
      return (await client.complete('x.installation.yaml', position)).map(({ label }) => label);
    };
    assert.deepEqual(await labels('app: slack\n|'), ['version', 'registry', 'name', 'source', 'config']);
    assert.deepEqual(await labels('app: slack\nconfig:\n  token: |'), ['!expr', '!expr |-']);
    assert.deepEqual(await labels('app: slack\nconfig:\n  token: !expr secrets.|'), ['API_TOKEN']);
  });

  it('hover a secret', async () => {
    const { text, position } = cursor('config:\n  token: !expr secrets.API_|TOKEN\n');
    await client.open('x.installation.yaml', text, 'flow-installation');
    assert.match(
      JSON.stringify(await client.hover('x.installation.yaml', position)),
      /secret of project `ops`/,
    );
  });

  it('know the fields of their app, where its source is named', async () => {
    client.write(
      'apps/slack/main.ts',
      `import { defineApp } from "@slflows/sdk/v1";
import { token } from "./fields";
export const app = defineApp({
  config: {
    botToken: token,
    channel: { name: "Channel", description: "Where it posts.", type: "string", required: true },
    level: { name: "Level", type: { type: "string", enum: ["low", "high"] }, default: "low" },
  },
  blocks: {},
});
`,
    );
    client.write(
      'apps/slack/fields.ts',
      'export const token = { name: "Bot token", type: "string", required: true, sensitive: true };\n',
    );
    const at = 'slack.installation.yaml';
    const text =
      'app: slack\nsource: ./apps/slack\nconfig:\n  botToken: hunter2\n  chanel: "#ops"\n  level: medium\n';
    await client.open(at, text, 'flow-installation');
    const found = await client.diagnostics(at);
    assert.deepEqual(
      found.map((one) => [one.code, textAt(text, one.range), one.message]),
      [
        ['missing-field', 'config', 'Slack needs `channel`: Where it posts.'],
        [
          'hard-coded-secret',
          'hunter2',
          'A secret stands in the file: value of the sensitive field `botToken`. Keep it under a key, write `secrets.BOT_TOKEN`, and treat what has been shared as leaked.',
        ],
        ['unknown-field', 'chanel', '`chanel` is no field of slack. Did you mean `channel`?'],
        ['field-type', 'medium', '`level` is one of "low", "high" here.'],
      ],
    );
    assert.deepEqual(
      (await client.codeActions(at, [found[1]!])).map(({ title }) => title)[0],
      'Move to secret…',
    );

    const labels = async (marked: string): Promise<string[]> => {
      const { text: body, position } = cursor(marked);
      await client.open('y.installation.yaml', body, 'flow-installation');
      return (await client.complete('y.installation.yaml', position)).map(({ label }) => label);
    };
    const head = 'app: slack\nsource: apps/slack/main.ts\nconfig:\n';
    assert.deepEqual(await labels(`${head}  channel: x\n  |`), ['botToken', 'level']);
    assert.deepEqual(await labels(`${head}  level: |`), ['low', 'high', '!expr', '!expr |-']);

    const { text: hovered, position } = cursor(`${head}  chan|nel: x\n`);
    await client.open('z.installation.yaml', hovered, 'flow-installation');
    assert.match(
      JSON.stringify(await client.hover('z.installation.yaml', position)),
      /Channel.*`string`.*required.*Where it posts/,
    );

    // The app changes: what is written next is checked by what it says now.
    client.write('apps/slack/main.ts', 'export const app = defineApp({ config: {}, blocks: {} });\n');
    await client.edit(at, [{ text: 'app: slack\nsource: apps/slack\nconfig:\n  level: low\n' }]);
    assert.deepEqual(
      (await client.diagnostics(at)).map(({ message }) => message),
      ['`level` is no field of slack. It has none.'],
    );
    const gone = 'app: slack\nsource: apps/none\nconfig:\n  level: low\n';
    await client.edit(at, [{ text: gone }]);
    const reported = await client.diagnostics(at);
    assert.deepEqual(
      reported.map((one) => [one.code, textAt(gone, one.range), one.severity]),
      [['app-source', 'apps/none', DiagnosticSeverity.Warning]],
    );
    // What is there may be an address with a token in it.
    assert.ok(!JSON.stringify(reported.map(({ message }) => message)).includes('apps/none'));
    // An entry file that says nothing of an app is there all the same.
    client.write('apps/none/index.ts', 'export {};\n');
    await client.edit(at, [{ text: gone.replace('low', 'high') }]);
    assert.deepEqual(await client.diagnostics(at), []);
  });

  it('say what they lack to be checked: their app, and where its source is', async () => {
    const reports = async (text: string): Promise<unknown[]> => {
      await client.open('x.installation.yaml', text, 'flow-installation');
      return (await client.diagnostics('x.installation.yaml')).map((one) => [
        one.code,
        textAt(text, one.range),
        one.severity,
      ]);
    };
    const { Hint, Warning } = DiagnosticSeverity;
    assert.deepEqual(await reports('app: slack\nconfig:\n  level: low\n'), [['app-source', 'config', Hint]]);
    assert.deepEqual(await reports('app: slack\nsource: " "\nconfig:\n  level: low\n'), [
      ['app-source', 'source', Warning],
    ]);
    assert.deepEqual(await reports('# flows-ignore-file[app-source]\napp: slack\nsource:\n'), []);
    assert.deepEqual(await reports('version: 1.0.0\napp:\n'), [['missing-field', 'app', Warning]]);
    assert.deepEqual(await reports('name: Slack\n'), [['missing-field', 'name', Warning]]);
    // Nothing is there to be checked, and what does not parse lacks nothing.
    for (const text of ['', '# nothing yet\n', 'app: slack\n']) assert.deepEqual(await reports(text), []);
    assert.deepEqual(
      (await reports('config: {\n')).map((one) => (one as string[])[0]),
      ['yaml-syntax'],
    );
  });

  it('complete the fields that other installations of the app set, where no source is named', async () => {
    client.write(
      'ops/one.installation.yaml',
      'app: slack\nconfig:\n  botToken: !expr secrets.A\n  team: x\n',
    );
    client.write('ops/jira.installation.yaml', 'app: jira\nconfig:\n  site: y\n');
    await client.changed('ops/one.installation.yaml');
    await client.changed('ops/jira.installation.yaml');
    await client.open('two.installation.yaml', 'app: slack\nconfig:\n  channel: z\n', 'flow-installation');
    const { text, position } = cursor('app: slack\nconfig:\n  team: mine\n  |\n');
    await client.open('three.installation.yaml', text, 'flow-installation');
    let found = await client.complete('three.installation.yaml', position);
    // The index reads the files meanwhile.
    for (let i = 0; i < 100 && found.length < 2; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      found = await client.complete('three.installation.yaml', position);
    }
    assert.deepEqual(
      found.map(({ label, detail }) => [label, detail]),
      [
        ['botToken', 'as in one.installation.yaml'],
        ['channel', 'as in two.installation.yaml'],
      ],
    );
  });

  it('name unknown keys and wrong shapes', async () => {
    const text = 'ap: slack\nname: [a]\nconfig: 5\n';
    await client.open('x.installation.yaml', text, 'flow-installation');
    const found = (await client.diagnostics('x.installation.yaml')).map((one) => [
      one.code,
      textAt(text, one.range),
    ]);
    assert.deepEqual(found, [
      ['unknown-field', 'ap'],
      ['shape', 'name'],
      ['shape', 'config'],
    ]);
  });
});
