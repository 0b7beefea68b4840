import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import {
  createConnection,
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type Diagnostic,
  type Location,
  type MarkupContent,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import type { FlowSecretsResult } from '../../../../flow/protocol.js';
import { boot } from '../../../../server/boot.js';
import { serve } from '../../../../server/server.js';
import { installation } from '../../flow/hcl/hcl.js';
import { cursor, flowWith, textAt, TestClient } from '../client.js';

const PROJECT = 'project: ops\nsecrets:\n  API_TOKEN: { description: Token of the API }\n';
const SECRET =
  'resource "flows_secret" "db" {\n  project_id = var.project\n  key        = "DB_URL"\n  value      = var.db_url\n}\n';

describe('language server: Terraform', () => {
  let client: TestClient;
  const start = async (...parameters: Parameters<typeof TestClient.start>): Promise<void> => {
    client = await TestClient.start(...parameters);
  };
  /** Opens a file and waits until the parser can read it. */
  const open = async (name: string, text: string): Promise<void> => {
    await client.open(name, text, 'terraform');
    await client.complete(name, { line: 0, character: 0 });
  };
  /** What is shown once what changes it has been read from the disk. */
  const diagnostics = async (
    name: string,
    until: (found: Diagnostic[]) => boolean,
  ): Promise<Diagnostic[]> => {
    let found = await client.diagnostics(name);
    for (let i = 0; i < 200 && !until(found); i++) found = await client.diagnostics(name);
    return found;
  };
  afterEach(() => client.dispose());

  describe('completion', () => {
    for (const marked of [
      'token = "secrets.|"',
      'token = "secrets[\\"|\\"]"',
      'token = "`Bearer $${secrets.|}`"',
      'token = "f(${var.x}, secrets.AP|X)"',
      'token = <<-EOT\n      secrets.|\n    EOT',
      // Not closed so far.
      'token = "secrets.|',
    ]) {
      it(`offers the project's keys at ${JSON.stringify(marked)}`, async () => {
        await start({ 'flows.project.yaml': PROJECT });
        const { text, position } = cursor(installation(marked));
        await open('main.tf', text);
        const items = await client.complete('main.tf', position);
        assert.deepEqual(
          items.map(({ label }) => label),
          ['API_TOKEN'],
        );
        const edit = items[0]!.textEdit;
        assert.ok(edit && 'range' in edit);
        assert.equal(
          textAt(text, edit.range),
          marked.includes('APX') || marked.includes('AP|X') ? 'APX' : '',
        );
      });
    }

    it('offers nothing inside interpolations, in other strings and in files without flows', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      for (const marked of [
        installation('token = "${secrets.|}"'),
        'resource "flows_app_installation" "x" {\n  name = "secrets.|"\n}\n',
        'resource "aws_x" "x" {\n  config_fields = { a = "secrets.|" }\n}\n',
      ]) {
        const { text, position } = cursor(marked);
        await open('main.tf', text);
        assert.deepEqual(await client.complete('main.tf', position), [], marked);
      }
    });
  });

  describe('diagnostics', () => {
    it('underline an undeclared key alone, and offer the near one and its declaration', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      const text = installation('token = "`Bearer $${secrets.API_TOKN}`"');
      await open('main.tf', text);
      const found = await client.diagnostics('main.tf');
      assert.deepEqual(
        found.map(({ code, range }) => [code, textAt(text, range)]),
        [['undefined-secret', 'API_TOKN']],
      );
      const titles = (await client.codeActions('main.tf', found)).map(({ title }) => title);
      assert.deepEqual(titles, [
        'Change to API_TOKEN',
        'Add secret API_TOKN…',
        'Declare API_TOKN in flows.project.yaml',
        'Ignore undefined-secret on this line',
        'Ignore undefined-secret in this file',
      ]);
    });

    it('follow edits, also those that break the file for a moment', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      const { text, position } = cursor(installation('token = "secrets.API_TOKEN|"'));
      await open('main.tf', text);
      assert.deepEqual(await client.diagnostics('main.tf'), []);
      const end = { ...position, character: position.character + 1 };
      await client.edit('main.tf', [{ range: { start: position, end }, text: '' }]);
      assert.deepEqual(
        (await client.diagnostics('main.tf')).map(({ code }) => code),
        ['hcl-syntax'],
      );
      await client.edit('main.tf', [{ range: { start: position, end: position }, text: 'S"' }]);
      assert.deepEqual(
        (await client.diagnostics('main.tf')).map(({ code }) => code),
        ['undefined-secret'],
      );
    });

    it('mend a placeholder that Terraform would evaluate', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      const text = installation('token = "`Bearer ${secrets.API_TOKEN}`"');
      await open('main.tf', text);
      const found = await client.diagnostics('main.tf');
      assert.deepEqual(
        found.map(({ code }) => code),
        ['hcl-interpolation'],
      );
      const [fix] = await client.codeActions('main.tf', found);
      const edit = fix!.edit!.changes![client.uri('main.tf')]![0]!;
      await client.edit('main.tf', [{ range: edit.range, text: edit.newText }]);
      assert.deepEqual(await client.diagnostics('main.tf'), []);
    });

    it('compare mappings with the flow as it is open, and as it is on disk', async () => {
      const flow =
        'appInstallations:\n  github: { appName: GitHub, id: 0190 }\n  slack: { appName: Slack }\nblocks: []\n';
      await start({ 'flows/release.flow.yaml': flow });
      const text =
        'resource "flows_flow" "release" {\n  definition = file("${path.module}/../flows/release.flow.yaml")\n  app_installation_mapping = {\n    slak = flows_app_installation.slack.id\n  }\n}\n';
      await open('tf/main.tf', text);
      const shown = async (): Promise<unknown[]> =>
        (await client.diagnostics('tf/main.tf')).map(({ code, range }) => [code, textAt(text, range)]);
      assert.deepEqual(await shown(), [
        ['missing-mapping', 'app_installation_mapping'],
        ['unknown-mapping', 'slak'],
      ]);
      await client.open('flows/release.flow.yaml', flow.replace('slack:', 'slak:'));
      assert.deepEqual(await shown(), []);
    });
  });

  it('keys of flows_secret count as declared in flows, whether their file is open or not', async () => {
    await start({ 'flows.project.yaml': PROJECT, 'infra/secrets.tf': SECRET });
    const text = flowWith('!expr secrets.DB_URL + secrets.DB_UR');
    await client.open('a.flow.yaml', text);
    const one = (found: Diagnostic[]): boolean => found.length === 1;
    let found = await diagnostics('a.flow.yaml', one);
    assert.deepEqual(
      found.map(({ message }) => message),
      ['Secret `DB_UR` is not declared in project `ops`. Did you mean `DB_URL`?'],
    );
    await open('infra/secrets.tf', SECRET.replace('DB_URL', 'DB_UR'));
    found = await diagnostics('a.flow.yaml', (now) => JSON.stringify(now).includes('DB_URL` is not'));
    assert.equal(found.length, 1);
    assert.equal(textAt(text, found[0]!.range), 'DB_URL');
  });

  it('a key that only Terraform knows leaves the list of keys open', async () => {
    await start({ 'flows.project.yaml': PROJECT });
    await open('secrets.tf', SECRET.replace('"DB_URL"', 'var.key'));
    await client.open('a.flow.yaml', flowWith('!expr secrets.ANYTHING'));
    assert.deepEqual(await diagnostics('a.flow.yaml', (found) => found.length === 0), []);
  });

  it('hover tells where a key comes from', async () => {
    await start({ 'flows.project.yaml': PROJECT });
    const { text, position } = cursor(SECRET + installation('url = "secrets.DB_|URL"'));
    await open('main.tf', text);
    const hover = await client.hover('main.tf', position);
    assert.match((hover!.contents as MarkupContent).value, /Made by Terraform in \[main\\\.tf\]/);
    assert.equal(textAt(text, hover!.range!), 'DB_URL');
  });

  it('definition leads to the resource, the project file and the file of a flow', async () => {
    await start({ 'flows.project.yaml': PROJECT, 'f.flow.yaml': 'blocks: []\n' });
    const at = async (marked: string): Promise<Location[]> => {
      const { text, position } = cursor(marked);
      await open('main.tf', text);
      return client.request('textDocument/definition', {
        textDocument: { uri: client.uri('main.tf') },
        position,
      });
    };
    const own = SECRET + installation('url = "secrets.DB_|URL"');
    const [resource] = await at(own);
    assert.equal(textAt(SECRET, resource!.range), 'DB_URL');
    const [declared] = await at(installation('url = "secrets.API|_TOKEN"'));
    assert.equal(declared!.uri, client.uri('flows.project.yaml'));
    const [file] = await at(
      'resource "flows_flow" "f" {\n  definition = file("${path.module}/f.f|low.yaml")\n}\n',
    );
    assert.equal(file!.uri, client.uri('f.flow.yaml'));
  });

  it('references and rename reach flows, Terraform and the project file from any of them', async () => {
    const main = installation(
      'url = "f(secrets.DB_URL, secrets[\\"DB_URL\\"])"',
      'all = "(({ DB_URL }) => DB_URL)(secrets)"',
    );
    const flow = flowWith('!expr secrets.DB_URL');
    await start({ 'infra/secrets.tf': SECRET, 'infra/main.tf': main, 'b.flow.yaml': flow });
    const { text, position } = cursor(flow.replace('DB_URL', 'DB_|URL'));
    await client.open('a.flow.yaml', text);
    const params = { textDocument: { uri: client.uri('a.flow.yaml') }, position };
    let places: Location[] = [];
    for (let i = 0; i < 200 && places.length < 6; i++)
      places = await client.request('textDocument/references', {
        ...params,
        context: { includeDeclaration: true },
      });
    const texts = new Map([
      [client.uri('a.flow.yaml'), text],
      [client.uri('b.flow.yaml'), flow],
      [client.uri('infra/secrets.tf'), SECRET],
      [client.uri('infra/main.tf'), main],
    ]);
    assert.deepEqual(
      places.map(({ uri, range }) => textAt(texts.get(uri)!, range)),
      places.map(() => 'DB_URL'),
    );
    assert.deepEqual(new Set(places.map(({ uri }) => uri)), new Set(texts.keys()));
    assert.equal(new Set(places.map((place) => JSON.stringify(place))).size, 6);

    const edit: WorkspaceEdit = await client.request('textDocument/rename', {
      ...params,
      newName: 'DATABASE',
    });
    const changed = (name: string): string =>
      apply(texts.get(client.uri(name))!, edit.changes![client.uri(name)]!);
    assert.equal(changed('infra/secrets.tf'), SECRET.replace('DB_URL', 'DATABASE'));
    assert.equal(
      changed('infra/main.tf'),
      main
        .replace('secrets.DB_URL', 'secrets.DATABASE')
        .replace('[\\"DB_URL\\"]', '[\\"DATABASE\\"]')
        .replace('({ DB_URL })', '({ DATABASE: DB_URL })'),
    );
    assert.equal(changed('a.flow.yaml'), text.replace('DB_URL', 'DATABASE'));
  });

  it('rename from a resource refuses keys that are taken', async () => {
    await start({ 'flows.project.yaml': PROJECT });
    const { text, position } = cursor(
      SECRET.replace('"DB_URL"', '"DB|_URL"') + installation('a = "secrets.OTHER"'),
    );
    await open('main.tf', text);
    for (const newName of ['API_TOKEN', 'OTHER', 'not-a-key']) {
      await assert.rejects(
        client.request('textDocument/rename', {
          textDocument: { uri: client.uri('main.tf') },
          position,
          newName,
        }),
        /already|letters/,
        newName,
      );
    }
  });

  it('what a secret resource holds as its value is in no message', async () => {
    await start();
    const canary = ['Canary', 'x7Qp', 'v41ue'].join('_');
    const up = new PassThrough();
    const down = new PassThrough();
    const sent: Buffer[] = [];
    down.on('data', (chunk: Buffer) => sent.push(chunk));
    boot(
      (options) => createConnection(new StreamMessageReader(up), new StreamMessageWriter(down), options),
      () => serve,
    );
    const connection = createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
    connection.onRequest('client/registerCapability', () => null);
    connection.listen();
    const uri = client.uri('main.tf');
    try {
      await connection.sendRequest('initialize', {
        processId: null,
        rootUri: null,
        capabilities: {},
        workspaceFolders: [{ uri: client.uri(''), name: 'test' }],
      });
      await connection.sendNotification('initialized', {});
      for (const [version, value] of [
        `"${canary}"`,
        `<<EOT\n${canary}\nEOT`,
        `"${canary}`,
        `"a \${${canary}"`,
      ].entries()) {
        const text = `resource "flows_secret" "a" {\n  key = "A"\n  value = ${value}\n}\n${installation('a = "secrets.A + secrets.B"')}`;
        await connection.sendNotification('textDocument/didOpen', {
          textDocument: { uri, languageId: 'terraform', version, text },
        });
        for (let line = 0; line < text.split('\n').length; line++) {
          for (const method of [
            'completion',
            'hover',
            'definition',
            'documentSymbol',
            'documentHighlight',
            'foldingRange',
            'documentLink',
            'prepareRename',
          ]) {
            await connection.sendRequest(`textDocument/${method}`, {
              textDocument: { uri },
              position: { line, character: 14 },
            });
          }
        }
        await connection.sendRequest('textDocument/references', {
          textDocument: { uri },
          position: { line: 1, character: 10 },
          context: { includeDeclaration: true },
        });
        await connection.sendRequest('flows/secretUsages', null);
      }
      const everything = Buffer.concat(sent).toString('utf8');
      assert.match(everything, /undefined-secret|"uri"/);
      assert.ok(!everything.includes('x7Qp'));
    } finally {
      connection.dispose();
    }
  });
});

describe('flows that Terraform creates', () => {
  let client: TestClient;
  afterEach(() => client.dispose());

  const LIST =
    'appInstallations:\n  slack: { appName: Slack }\n  github: { appName: GitHub, appInstallationId: x }\n  my app: { appName: X }\nblocks: []\n';
  const resource = (body: string): string =>
    `resource "flows_flow" "release" {\n  definition = file("\${path.module}/../flows/release.flow.yaml")\n${body}}\n`;

  it('completes the installations that a mapping can name', async () => {
    client = await TestClient.start({ 'flows/release.flow.yaml': LIST });
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['  app_installation_mapping = {\n    |\n  }\n', ['github', 'my app', 'slack']],
      ['  app_installation_mapping = {\n    sl|\n  }\n', ['github', 'my app', 'slack']],
      ['  app_installation_mapping = {\n    slack = x.id\n    "m|"\n  }\n', ['github', 'my app']],
      ['  app_installation_mapping = { slack = x.id, |', ['github', 'my app']],
      ['  app_installation_mapping = {\n    slack = |\n  }\n', []],
      ['  name = "|"\n', []],
    ];
    for (const [i, [body, expected]] of cases.entries()) {
      const { text, position } = cursor(resource(body));
      await client.open(`infra/${i}.tf`, text, 'terraform');
      const items = await client.complete(`infra/${i}.tf`, position);
      assert.deepEqual(items.map(({ label }) => label).sort(), expected, body);
    }
    const { text, position } = cursor(resource('  app_installation_mapping = {\n    "m|"\n  }\n'));
    await client.open('infra/edit.tf', text, 'terraform');
    const item = (await client.complete('infra/edit.tf', position)).find(({ label }) => label === 'my app')!;
    assert.match(apply(text, [item.textEdit as TextEdit]), /\n {4}"my app"\n/);
  });

  it('belong to the project of their Terraform, unless a project file stands above them', async () => {
    const project = 'project: infra\nsecrets: { KNOWN: }\n';
    client = await TestClient.start({
      'infra/flows.project.yaml': project,
      'infra/main.tf': resource(''),
      'own/flows.project.yaml': 'project: own\nsecrets: {}\n',
    });
    await client.usages();
    const of = async (name: string): Promise<string> => {
      await client.open(name, flowWith('!expr secrets.KNOWN'));
      const { project: found } = await client.request<FlowSecretsResult>('flows/flowSecrets', {
        uri: client.uri(name),
      });
      return found.id;
    };
    assert.equal(await of('flows/release.flow.yaml'), 'infra');
    assert.deepEqual(await client.diagnostics('flows/release.flow.yaml'), []);
    assert.notEqual(await of('flows/other.flow.yaml'), 'infra');
    assert.deepEqual((await client.usages()).ties, [
      { uri: client.uri('flows/release.flow.yaml'), folder: client.uri('infra') },
    ]);
    // It gets a project file of its own.
    client.write('flows/flows.project.yaml', 'project: flows\n');
    await client.changed('flows/flows.project.yaml');
    assert.equal(await of('flows/release.flow.yaml'), 'flows');
    assert.deepEqual((await client.usages()).ties, []);
    // Two projects that create it share it with nobody.
    fs.rmSync(path.join(client.folder, 'flows/flows.project.yaml'));
    await client.changed('flows/flows.project.yaml');
    await client.open('own/main.tf', resource(''), 'terraform');
    assert.notEqual(await of('flows/release.flow.yaml'), 'infra');
  });
});

function apply(text: string, edits: readonly TextEdit[]): string {
  const starts = [0];
  for (const match of text.matchAll(/\n/g)) starts.push(match.index + 1);
  const at = ({ line, character }: { line: number; character: number }): number => starts[line]! + character;
  let result = text;
  for (const { range, newText } of [...edits].sort((a, b) => at(b.range.start) - at(a.range.start)))
    result = result.slice(0, at(range.start)) + newText + result.slice(at(range.end));
  return result;
}
