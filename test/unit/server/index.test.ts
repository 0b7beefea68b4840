import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Location, WorkspaceEdit } from 'vscode-languageserver/node';
import type { SecretUsagesResult } from '../../../flow/protocol.js';
import { excludedBy } from '../../../server/index/start.js';
import { cursor, flowWith, TestClient } from './client.js';

const PROJECT = 'project: ops\nsecrets:\n  TOKEN:\n  OTHER:\n';

describe('the workspace’s files', () => {
  let client: TestClient;
  const clients: TestClient[] = [];
  afterEach(() => clients.splice(0).forEach((one) => one.dispose()));
  const start = async (files: Record<string, string>): Promise<void> => {
    clients.push((client = await TestClient.start(files)));
  };

  const usages = (): Promise<SecretUsagesResult> => client.usages();
  /** `file:line` of each place that names the key in the project at `folder`. */
  async function placesOf(folder: string, key: string): Promise<string[]> {
    const project = (await usages()).projects.find((one) => one.folder === client.uri(folder));
    const places = project?.keys.find((one) => one.key === key)?.places ?? [];
    return places.map(({ uri, range }) => `${path.basename(uri)}:${range.start.line}`).sort();
  }

  it('are read without being opened, project by project', async () => {
    await start({
      'ops/flows.project.yaml': PROJECT,
      'ops/a.flow.yaml': flowWith('!expr secrets.TOKEN'),
      'ops/deep/er/b.flow.yml': flowWith('!expr |-\n          secrets.OTHER +\n          secrets.TOKEN'),
      'ops/slack.installation.yaml': 'app: slack\nconfig:\n  token: !expr secrets.TOKEN\n',
      'dev/flows.project.yaml': PROJECT,
      'dev/flow.yaml': flowWith('!expr secrets.TOKEN'),
      'ops/other.yaml': flowWith('!expr secrets.TOKEN'),
      'ops/node_modules/x/c.flow.yaml': flowWith('!expr secrets.TOKEN'),
    });
    assert.deepEqual(await placesOf('ops', 'TOKEN'), [
      'a.flow.yaml:6',
      'b.flow.yml:8',
      'slack.installation.yaml:2',
    ]);
    assert.deepEqual(await placesOf('dev', 'TOKEN'), ['flow.yaml:6']);
  });

  it('are followed when they change, appear and go', async () => {
    await start({ 'flows.project.yaml': PROJECT, 'a.flow.yaml': flowWith('!expr secrets.TOKEN') });
    assert.deepEqual(await placesOf('.', 'TOKEN'), ['a.flow.yaml:6']);
    client.write('b.flow.yaml', flowWith('!expr secrets.TOKEN'));
    await client.changed('b.flow.yaml');
    client.write('a.flow.yaml', flowWith('!expr secrets.OTHER'));
    await client.changed('a.flow.yaml');
    await until(async () => (await placesOf('.', 'TOKEN')).join() === 'b.flow.yaml:6');
    fs.rmSync(path.join(client.folder, 'b.flow.yaml'));
    await client.changed('b.flow.yaml');
    await until(async () => (await placesOf('.', 'TOKEN')).length === 0);
  });

  it('are followed when their folder gets another name: the editor tells of the folder only', async () => {
    await start({ 'ops/flows.project.yaml': PROJECT, 'ops/a.flow.yaml': flowWith('!expr secrets.TOKEN') });
    assert.deepEqual(await placesOf('ops', 'TOKEN'), ['a.flow.yaml:6']);
    fs.renameSync(path.join(client.folder, 'ops'), path.join(client.folder, 'dev'));
    await client.deleted('ops');
    await until(async () => (await placesOf('dev', 'TOKEN')).join() === 'a.flow.yaml:6');
    assert.deepEqual(await placesOf('ops', 'TOKEN'), []);
    fs.rmSync(path.join(client.folder, 'dev'), { recursive: true });
    await client.deleted('dev');
    await until(async () => (await placesOf('dev', 'TOKEN')).length === 0);
  });

  it('give way to what is typed in the editor, and come back when it is closed', async () => {
    await start({ 'flows.project.yaml': PROJECT, 'a.flow.yaml': flowWith('!expr secrets.TOKEN') });
    await client.open('a.flow.yaml', flowWith('!expr secrets.OTHER'));
    assert.deepEqual(await placesOf('.', 'TOKEN'), []);
    assert.deepEqual(await placesOf('.', 'OTHER'), ['a.flow.yaml:6']);
    await client.close('a.flow.yaml');
    assert.deepEqual(await placesOf('.', 'TOKEN'), ['a.flow.yaml:6']);
  });

  it('count no more once they are deleted, though the editor keeps them open; until somebody types in them, or they are back', async () => {
    const text = flowWith('!expr secrets.TOKEN');
    await start({ 'ops/flows.project.yaml': PROJECT, 'ops/a.flow.yaml': text });
    await client.open('ops/flows.project.yaml', PROJECT, 'yaml');
    await client.open('ops/a.flow.yaml', text);
    const file = path.join(client.folder, 'ops/a.flow.yaml');
    fs.rmSync(file);
    await client.deleted('ops/a.flow.yaml');
    assert.deepEqual(await placesOf('ops', 'TOKEN'), []);
    fs.writeFileSync(file, text);
    assert.deepEqual(await placesOf('ops', 'TOKEN'), ['a.flow.yaml:6']);
    fs.rmSync(path.dirname(file), { recursive: true });
    await client.deleted('ops');
    assert.deepEqual((await usages()).projects, []);
    await client.edit('ops/a.flow.yaml', [{ text: `\n${text}` }]);
    // Its project file is gone all the same.
    assert.deepEqual(await placesOf('.', 'TOKEN'), ['a.flow.yaml:7']);
  });

  it('survive links that loop, folders called like flows, and files that are no YAML', async () => {
    await start({ 'flows.project.yaml': PROJECT, 'x.flow.yaml/y.flow.yaml': 'secrets: "\n\t{' });
    fs.symlinkSync(client.folder, path.join(client.folder, 'loop'));
    fs.symlinkSync(path.join(client.folder, 'nowhere'), path.join(client.folder, 'gone.flow.yaml'));
    assert.equal((await usages()).complete, true);
  });

  it('are searched for references of a key', async () => {
    await start({
      'flows.project.yaml': PROJECT,
      'sub/b.flow.yaml': flowWith('!expr secrets.TOKEN + secrets.TOKEN'),
    });
    const { text, position } = cursor(flowWith('!expr secrets.TO|KEN'));
    const uri = await client.open('a.flow.yaml', text);
    const found = await client.request<Location[]>('textDocument/references', {
      textDocument: { uri },
      position,
      context: { includeDeclaration: true },
    });
    assert.deepEqual(found.map((one) => path.basename(one.uri)).sort(), [
      'a.flow.yaml',
      'b.flow.yaml',
      'b.flow.yaml',
      'flows.project.yaml',
    ]);
  });

  it('take part in a rename of a key, from the project file too', async () => {
    await start({ 'flows.project.yaml': PROJECT, 'sub/b.flow.yaml': flowWith('!expr \'secrets["TOKEN"]\'') });
    const { text, position } = cursor(PROJECT.replace('TOKEN', 'TO|KEN'));
    const uri = await client.open('flows.project.yaml', text, 'yaml');
    const edit = await client.request<WorkspaceEdit>('textDocument/rename', {
      textDocument: { uri },
      position,
      newName: 'API_TOKEN',
    });
    assert.deepEqual(
      Object.entries(edit.changes!)
        .map(([file, edits]) => [path.basename(file), edits.map(({ newText }) => newText)])
        .sort(),
      [
        ['b.flow.yaml', ['API_TOKEN']],
        ['flows.project.yaml', ['API_TOKEN']],
      ],
    );
  });

  it('keep a rename from joining two keys, though the other is named in a closed file only', async () => {
    await start({
      'flows.project.yaml': 'secrets: { TOKEN: }\n',
      'b.flow.yaml': flowWith('!expr secrets.TAKEN'),
    });
    const { text, position } = cursor(flowWith('!expr secrets.TO|KEN'));
    const uri = await client.open('a.flow.yaml', text);
    await assert.rejects(
      client.request('textDocument/rename', { textDocument: { uri }, position, newName: 'TAKEN' }),
      /TAKEN/,
    );
  });

  it('are searched for blocks', async () => {
    await start({ 'sub/b.flow.yaml': flowWith('!expr 1').replace('One', 'Far Away') });
    await usages();
    const found = await client.request<{ name: string; location: { uri: string } }[]>('workspace/symbol', {
      query: 'fara',
    });
    assert.deepEqual(
      found.map(({ name, location }) => [name, path.basename(location.uri)]),
      [['Far Away', 'b.flow.yaml']],
    );
  });

  it('tell what a flow needs though it is not open', async () => {
    await start({ 'flows.project.yaml': PROJECT, 'a.flow.yaml': flowWith('!expr secrets.TOKEN') });
    const result = await client.request<{ used: string[] }>('flows/flowSecrets', {
      uri: client.uri('a.flow.yaml'),
    });
    assert.deepEqual(result.used, ['TOKEN']);
  });

  it('are left out as files.exclude says', () => {
    const excluded = excludedBy({
      '**/dist': true,
      '**/*.{bak,tmp}': true,
      'only/here': true,
      '**/src': false,
      '**/when': { when: 'x' },
    });
    for (const name of ['dist', 'a/dist', 'a/b.bak', 'x.tmp', 'only/here']) assert.ok(excluded(name), name);
    for (const name of ['src', 'a/distant', 'a/only/here', 'b.bak/c', 'when'])
      assert.ok(!excluded(name), name);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
