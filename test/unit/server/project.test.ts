import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { CodeAction, TextDocumentEdit } from 'vscode-languageserver/node';
import type { FlowSecretsResult } from '../../../flow/protocol.js';
import { cursor, flowWith, TestClient, textAt } from './client.js';

describe('project file in the editor', () => {
  let client: TestClient;
  beforeEach(async () => {
    client = await TestClient.start({
      'a.flow.yaml': flowWith('!expr secrets.TOKEN + secrets.NEW + secrets.NEW'),
      'b.flow.yaml': flowWith('!expr secrets.LAST'),
    });
    // All files have been read once this is answered.
    await client.request('textDocument/references', {
      textDocument: { uri: client.uri('none') },
      position: { line: 0, character: 0 },
      context: { includeDeclaration: true },
    });
  });
  afterEach(() => client.dispose());

  async function labels(marked: string): Promise<string[]> {
    const { text, position } = cursor(marked);
    await client.open('flows.project.yaml', text, 'yaml');
    return (await client.complete('flows.project.yaml', position)).map(({ label }) => label);
  }

  it('completes its keys, undeclared secrets, their fields, rules and severities', async () => {
    assert.deepEqual(await labels('project: ops\n|'), ['secrets', 'rules']);
    assert.deepEqual(await labels('secrets:\n  TOKEN:\n  |'), ['NEW', 'LAST']);
    assert.deepEqual(await labels('secrets:\n  TOKEN: { | }'), ['description', 'sensitive']);
    assert.deepEqual(await labels('secrets:\n  TOKEN:\n    sensitive: |'), ['true', 'false']);
    assert.ok((await labels('rules:\n  |')).includes('dynamic-secret'));
    assert.ok((await labels('rules:\n  dynamic-secret: |')).includes('off'));
  });

  it('tells about a key and its uses, and about a rule', async () => {
    const { text, position } = cursor(
      'secrets:\n  N|EW: { description: For x }\nrules: { dynamic-secret: off }\n',
    );
    await client.open('flows.project.yaml', text, 'yaml');
    const found = JSON.stringify(await client.hover('flows.project.yaml', position));
    assert.match(found, /Named 2 times in this project’s flows\./);
    assert.match(found, /For x/);
    const rule = { line: 2, character: 12 };
    assert.match(
      JSON.stringify(await client.hover('flows.project.yaml', rule)),
      /only known at run time.*Without a rule: warning/,
    );
  });

  it('hints at keys that no flow names', async () => {
    const text = 'secrets:\n  NEW:\n  OLD:\n';
    await client.open('flows.project.yaml', text, 'yaml');
    const found = await client.diagnostics('flows.project.yaml');
    assert.deepEqual(
      found.map(({ code, range, severity }) => [code, textAt(text, range), severity]),
      [['unused-secret', 'OLD', 4]],
    );
  });

  it('offers to declare all that flows name, in one edit', async () => {
    client.write('flows.project.yaml', 'secrets:\n  OTHER: # kept\n');
    await client.changed('flows.project.yaml');
    await client.open('b.flow.yaml', flowWith('!expr secrets.LAST'));
    const actions: CodeAction[] = await client.codeActions(
      'b.flow.yaml',
      await client.diagnostics('b.flow.yaml'),
    );
    const all = actions.find(
      ({ title }) => title === 'Declare all 3 undeclared secrets in flows.project.yaml',
    );
    const change = all?.edit?.documentChanges?.[0] as TextDocumentEdit;
    assert.deepEqual(
      change.edits.map((edit) => 'newText' in edit && edit.newText),
      ['  LAST:\n  NEW:\n  TOKEN:\n'],
    );
  });
});

describe('a project file that is none', () => {
  let client: TestClient;
  afterEach(() => client.dispose());

  /** What is reported of a flow that reads `secrets.TOKEN`, and the project that it belongs to. */
  async function reported(name: string): Promise<{ codes: unknown[]; project: string }> {
    await client.open(name, flowWith('!expr secrets.TOKEN'));
    const codes = (await client.diagnostics(name)).map(({ code }) => code);
    const { project } = await client.request<FlowSecretsResult>('flows/flowSecrets', {
      uri: client.uri(name),
    });
    return { codes, project: project.id };
  }

  it('but a folder is passed over: the next one upward counts', async () => {
    client = await TestClient.start({
      'flows.project.yaml': 'project: outer\nsecrets: {}\n',
      'sub/flows.project.yaml/a.txt': 'x',
    });
    assert.deepEqual(await reported('sub/a.flow.yaml'), { codes: ['undefined-secret'], project: 'outer' });
  });

  it('but a link that leads to itself, or to nowhere, is passed over', async () => {
    client = await TestClient.start({
      'flows.project.yaml': 'project: outer\nsecrets: {}\n',
      'a/x': '',
      'b/x': '',
    });
    const link = (from: string, to: string): void =>
      fs.symlinkSync(path.join(client.folder, to), path.join(client.folder, from));
    link('a/flows.project.yaml', 'b/flows.project.yaml');
    link('b/flows.project.yaml', 'a/flows.project.yaml');
    assert.deepEqual(await reported('a/a.flow.yaml'), { codes: ['undefined-secret'], project: 'outer' });
  });

  it('but YAML that goes round in circles is named', async () => {
    const text = 'project: round\nsecrets: &all\n  TOKEN: *all\n';
    client = await TestClient.start({ 'flows.project.yaml': text });
    assert.equal((await reported('a.flow.yaml')).project, 'round');
    await client.open('flows.project.yaml', text, 'yaml');
    assert.ok((await client.diagnostics('flows.project.yaml')).some(({ code }) => code !== 'unused-secret'));
  });
});
