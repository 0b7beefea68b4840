/**
 * A repository of two projects, as the command line and the server see it: test/fixtures/monorepo, and what is expected of
 * it in test/fixtures/monorepo.golden. With UPDATE_GOLDEN=1 that is written anew, to be looked at.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TextEdit, WorkspaceEdit } from 'vscode-languageserver/node';
import { replaced, TestClient, textAt } from '../server/client.js';
import { check } from './program.js';

const FOLDER = path.resolve('test/fixtures/monorepo');
const GOLDEN = path.resolve('test/fixtures/monorepo.golden');

function expectGolden(name: string, found: string): void {
  const file = path.join(GOLDEN, name);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    fs.mkdirSync(GOLDEN, { recursive: true });
    fs.writeFileSync(file, found);
  }
  assert.equal(found, fs.readFileSync(file, 'utf8'));
}

const files = (): string[] =>
  fs
    .readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => fs.statSync(path.join(FOLDER, name)).isFile())
    .sort();

describe('a repository of two projects', function () {
  this.timeout(120_000);

  it('flow-secrets check', async () => {
    const { code, stdout } = await check(['.'], { cwd: FOLDER });
    assert.equal(code, 1);
    expectGolden('check.txt', stdout);
  });

  describe('in the editor', () => {
    let client: TestClient;
    const contents: Record<string, string> = {};
    before(() => {
      for (const name of files()) contents[name] = fs.readFileSync(path.join(FOLDER, name), 'utf8');
    });
    beforeEach(async () => {
      client = await TestClient.start(contents);
      await client.usages();
    });
    afterEach(() => client.dispose());
    const nameOf = (uri: string): string => uri.slice(pathToFileURL(client.folder).href.length + 1);

    it('where keys are named', async () => {
      const { projects, ties } = await client.usages();
      const lines = projects
        .flatMap(({ folder, keys }) =>
          keys.flatMap(({ key, places }) =>
            places.map(({ uri, range }) => {
              assert.equal(textAt(contents[nameOf(uri)]!, range), key);
              return `${nameOf(folder)} ${key}: ${nameOf(uri)}:${range.start.line + 1}:${range.start.character + 1}`;
            }),
          ),
        )
        .sort();
      const tied = ties.map(({ uri, folder }) => `${nameOf(uri)} belongs to ${nameOf(folder)}`);
      expectGolden('usages.txt', `${[...lines, ...tied].join('\n')}\n`);
    });

    it('a rename of a key, which leaves the other project’s alone', async () => {
      const text = contents['ops/flows.project.yaml']!;
      await client.open('ops/flows.project.yaml', text, 'yaml');
      const line = text.split('\n').findIndex((one) => one.includes('SLACK_TOKEN'));
      const edit = await client.request<WorkspaceEdit>('textDocument/rename', {
        textDocument: { uri: client.uri('ops/flows.project.yaml') },
        position: { line, character: 4 },
        newName: 'TEAM_TOKEN',
      });
      const edits = new Map<string, TextEdit[]>();
      for (const change of edit.documentChanges ?? [])
        if ('edits' in change) edits.set(nameOf(change.textDocument.uri), change.edits as TextEdit[]);
      for (const [uri, changes] of Object.entries(edit.changes ?? {})) edits.set(nameOf(uri), changes);
      const changed = [...edits].sort().map(([name, changes]) => {
        const after = [...changes]
          .sort(
            (a, b) =>
              b.range.start.line - a.range.start.line || b.range.start.character - a.range.start.character,
          )
          .reduce((now, { range, newText }) => replaced(now, range, newText), contents[name]!);
        const before = contents[name]!.split('\n');
        const lines = after
          .split('\n')
          .flatMap((one, i) => (one === before[i] ? [] : [`  ${i + 1}: ${one.trim()}`]));
        return [name, ...lines].join('\n');
      });
      expectGolden('rename.txt', `${changed.join('\n')}\n`);
    });
  });
});
