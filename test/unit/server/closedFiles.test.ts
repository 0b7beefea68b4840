import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { flowWith, TestClient } from './client.js';

const PROJECT = 'project: ops\nsecrets:\n  TOKEN:\n  UNUSED:\n';
const BAD = flowWith('!expr secrets.NOBODY');
const GOOD = flowWith('!expr secrets.TOKEN');

describe('diagnostics of files that are not open', () => {
  let client: TestClient;
  afterEach(() => client.dispose());

  const files = {
    'ops/flows.project.yaml': PROJECT,
    'ops/bad.flow.yaml': BAD,
    'ops/good.flow.yaml': GOOD,
    'ops/slack.installation.yaml': 'app: slack\nconfig:\n  token: !expr secrets.NOBODY\n',
    'ops/main.tf':
      'resource "flows_app_installation" "a" {\n  config_fields = {\n    token = "secrets.NOBODY"\n  }\n}\n',
  };

  const scope = (value: string): Promise<void> =>
    client.notify('workspace/didChangeConfiguration', {
      settings: { flows: { diagnostics: { scope: value } } },
    });

  /** `file: codes` of every file with reports, as last published. */
  function shown(): string[] {
    const last = new Map(client.published.map(({ uri, diagnostics }) => [uri, diagnostics]));
    return [...last]
      .filter(([, diagnostics]) => diagnostics.length > 0)
      .map(([uri, diagnostics]) => `${path.basename(uri)}: ${diagnostics.map(({ code }) => code).join(', ')}`)
      .sort();
  }

  const ALL = [
    'bad.flow.yaml: undefined-secret',
    'flows.project.yaml: unused-secret',
    'main.tf: undefined-secret',
    'slack.installation.yaml: undefined-secret',
  ];

  async function until(expected: readonly string[]): Promise<void> {
    for (const deadline = Date.now() + 15_000; ;) {
      if (JSON.stringify(shown()) === JSON.stringify(expected)) return;
      if (Date.now() > deadline) assert.deepEqual(shown(), expected);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('are shown when they are asked for, and taken back when they are not', async () => {
    client = await TestClient.start(files);
    await client.usages();
    assert.deepEqual(shown(), []);
    await scope('workspace');
    await until(ALL);
    await scope('openFiles');
    await until([]);
  });

  it('follow files that change, come, go, are opened and closed', async () => {
    client = await TestClient.start(files);
    await scope('workspace');
    await until(ALL);
    // Opened: what is typed counts, and the file on disk no more.
    await client.open('ops/bad.flow.yaml', GOOD);
    await until(ALL.slice(1));
    await client.close('ops/bad.flow.yaml');
    await until(ALL);
    // Changed on disk.
    client.write('ops/bad.flow.yaml', flowWith('!expr secrets.UNUSED'));
    await client.changed('ops/bad.flow.yaml');
    await until(ALL.slice(2));
    client.write('ops/new.flow.yaml', BAD);
    await client.changed('ops/new.flow.yaml');
    await until(['main.tf: undefined-secret', 'new.flow.yaml: undefined-secret', ALL[3]!]);
    fs.rmSync(path.join(client.folder, 'ops/new.flow.yaml'));
    await client.changed('ops/new.flow.yaml');
    await until(ALL.slice(2));
    // A key is declared: all that named it are right.
    client.write('ops/flows.project.yaml', `${PROJECT}  NOBODY:\n`);
    await client.changed('ops/flows.project.yaml');
    await until([]);
  });
});
