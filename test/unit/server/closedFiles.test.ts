import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { TypeThread } from '../../../server/typescript/thread.js';
import { flowWith, TestClient } from './client.js';
import { sharedThread, stopSharedThread } from './typescriptThread.js';

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
    'ops/slack.installation.yaml':
      'app: slack\nconfig: # flows-ignore[app-source]\n  token: !expr secrets.NOBODY\n',
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

  describe('types of expressions', function () {
    this.timeout(60_000);
    after(() => stopSharedThread());

    const WRONG = flowWith('!expr Math.flor(secrets.TOKEN)');
    const PROJECT_SHOWN = 'flows.project.yaml: unused-secret';
    const wrong = (name: string): string => `${name}.flow.yaml: expression-type`;

    /** TypeScript's thread, and how many expressions it has been asked about. */
    async function counted(): Promise<{ thread: TypeThread; asked: () => number }> {
      const shared = await sharedThread();
      let count = 0;
      const request: TypeThread['request'] = (method, argument, signal) => {
        if (method === 'check') count += (argument as readonly unknown[]).length;
        return shared.request(method, argument, signal);
      };
      return { thread: { request, stop: () => undefined }, asked: () => count };
    }

    it('are checked once for each text', async () => {
      const { thread, asked } = await counted();
      // More than are looked at together.
      const names = Array.from({ length: 25 }, (_, i) => `flow${String(i).padStart(2, '0')}`);
      const flows = names.map((name, i) => [`ops/${name}.flow.yaml`, i % 2 === 0 ? WRONG : GOOD]);
      client = await TestClient.start(
        { 'ops/flows.project.yaml': PROJECT, ...(Object.fromEntries(flows) as Record<string, string>) },
        { thread },
      );
      await scope('workspace');
      const shownThen = names.filter((_, i) => i % 2 === 0).map(wrong);
      await until([...shownThen, PROJECT_SHOWN].sort());
      assert.equal(asked(), 25);
      // What is known of secrets decides about other reports.
      client.write('ops/flows.project.yaml', PROJECT.replace('TOKEN', 'TOKENS'));
      await client.changed('ops/flows.project.yaml');
      await until(
        [
          ...names.map((name, i) =>
            i % 2 === 0
              ? `${name}.flow.yaml: undefined-secret, expression-type`
              : `${name}.flow.yaml: undefined-secret`,
          ),
          `${PROJECT_SHOWN}, unused-secret`,
        ].sort(),
      );
      assert.equal(asked(), 25);
      // Another text.
      client.write('ops/flow00.flow.yaml', GOOD);
      client.write('ops/flow01.flow.yaml', flowWith('!expr Math.sin(1).x'));
      for (const name of ['ops/flow00.flow.yaml', 'ops/flow01.flow.yaml']) await client.changed(name);
      for (const deadline = Date.now() + 15_000; !shown().includes(wrong('flow01'));) {
        assert.ok(Date.now() < deadline, shown().join('\n'));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.ok(shown().includes('flow00.flow.yaml: undefined-secret'));
      assert.equal(asked(), 27);
    });

    it('are not checked where their reports are switched off, and follow comments', async () => {
      const { thread, asked } = await counted();
      client = await TestClient.start(
        {
          'off/flows.project.yaml': 'project: off\nsecrets:\n  TOKEN:\nrules:\n  expression-type: off\n',
          'off/a.flow.yaml': WRONG,
          'on/flows.project.yaml': 'project: on\nsecrets:\n  TOKEN:\n',
          'on/b.flow.yaml': `# flows-ignore-file[expression-type]\n${WRONG}`,
          'on/c.flow.yaml': WRONG,
        },
        { thread },
      );
      await scope('workspace');
      await until([wrong('c')]);
      assert.equal(asked(), 2);
      await scope('openFiles');
      await until([]);
    });
  });
});
