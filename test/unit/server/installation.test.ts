import assert from 'node:assert/strict';
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
      ['undefined-secret', 'SLACK_TOKEN'],
      ['unavailable-name', 'outputs'],
      ['missing-expr', 'secrets.OTHER'],
    ]);
  });

  it('are known by their file name, whatever the language', async () => {
    await client.open('slack.installation.yaml', CONFIG, 'yaml');
    assert.equal((await client.diagnostics('slack.installation.yaml')).length, 3);
  });

  it('complete keys, `!expr` and secrets', async () => {
    const labels = async (marked: string): Promise<string[]> => {
      const { text, position } = cursor(marked);
      await client.open('x.installation.yaml', text, 'flow-installation');
      return (await client.complete('x.installation.yaml', position)).map(({ label }) => label);
    };
    assert.deepEqual(await labels('app: slack\n|'), ['version', 'registry', 'name', 'source', 'config']);
    assert.deepEqual(await labels('app: slack\nconfig:\n  token: |'), ['!expr']);
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
