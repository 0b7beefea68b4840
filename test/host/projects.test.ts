/** Which projects a window knows of, while files come and go. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Projects, type Project } from '../../client/projects.js';
import { workspaceFile, writeFile } from './editor.js';
import { until } from './workbench.js';

const FOLDER = 'projects-test';
const FILE = `${FOLDER}/flows.project.yaml`;

describe('the projects of the workspace', () => {
  let projects: Projects;
  const ours = async (): Promise<Project | undefined> =>
    (await projects.all()).find(({ folder }) => folder === workspaceFile(FOLDER).toString());

  beforeEach(async () => {
    projects = new Projects();
    await vscode.workspace.fs.createDirectory(workspaceFile(FOLDER));
    await watched();
  });
  afterEach(async () => {
    projects.dispose();
    await vscode.workspace.fs
      .delete(workspaceFile(FOLDER), { recursive: true })
      .then(undefined, () => undefined);
  });

  /** Of a folder that has just been made, nobody is told what is made in it. */
  async function watched(): Promise<void> {
    const watcher = vscode.workspace.createFileSystemWatcher(`**/${FOLDER}/probe*`);
    let isTold = false;
    watcher.onDidCreate(() => (isTold = true));
    let probes = 0;
    await until('a watched folder', async () => {
      await writeFile(`${FOLDER}/probe${probes++}`, '');
      return isTold;
    });
    watcher.dispose();
  }

  it('a search that ends after a later one is not what they are known by', async () => {
    const { workspace } = vscode;
    const { findFiles } = workspace;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let found: Promise<unknown> | undefined;
    Object.assign(workspace, {
      findFiles: (...search: Parameters<typeof findFiles>) => {
        const searching = Promise.resolve(findFiles(...search));
        found = searching;
        return searching.then((files) => held.then(() => files));
      },
    });
    const early = projects.all();
    Object.assign(workspace, { findFiles });
    await found;
    let isTold = false;
    projects.onDidChange(() => (isTold = true));
    await writeFile(FILE, 'project: ours\n');
    await until('the change', () => isTold);
    await until('the new project', ours);
    release();
    await early;
    await vscode.workspace.fs.delete(workspaceFile(FOLDER), { recursive: true });
    await until('the project to go', async () => (await ours()) === undefined);
  });

  it('a project file that is deleted declares nothing, though the editor keeps it open; one that is edited does', async () => {
    await writeFile(FILE, 'project: ours\nsecrets:\n  OLD_KEY:\n');
    await until('the new project', ours);
    const document = await vscode.workspace.openTextDocument(workspaceFile(FILE));
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, document.positionAt(document.getText().length), '  NEW_KEY:\n');
    await vscode.workspace.applyEdit(edit);
    await until('the new key', async () => (await ours())?.declared.secrets.has('NEW_KEY'));
    await document.save();
    await vscode.workspace.fs.delete(document.uri);
    await until('the project to go', async () => (await ours()) === undefined);
    assert.equal(document.isClosed, false);
    assert.equal((await projects.of(workspaceFile(`${FOLDER}/a.flow.yaml`))).file, undefined);
  });
});
