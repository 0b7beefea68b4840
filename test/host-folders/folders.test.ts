/** Several folders in one window, one of them virtual, on a machine without a keychain. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { CanarySearch } from '../host/canary.js';
import {
  addSecret,
  closeAll,
  cursorAfter,
  enterValue,
  notification,
  outputText,
  problems,
  setSetting,
  undefinedKeys,
} from '../host/editor.js';
import { until, workbench } from '../host/workbench.js';

const values = { first: 'Canary-Folders-1x9TzW', second: 'Canary-Folders-2q4LmB' };
const ROW = '.pane-body .monaco-list-row';
const MESSAGE = '.pane-body .message';

function file(folder: number, name: string): vscode.Uri {
  return vscode.Uri.joinPath(vscode.workspace.workspaceFolders![folder]!.uri, name);
}
const near = () => file(0, 'jira-approval.flow.yaml');
const far = () => file(1, 'far.flow.yaml');

async function show(uri: vscode.Uri): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
}

async function rowOf(pattern: RegExp): Promise<string> {
  return until(`a row ${String(pattern)}`, async () =>
    (await workbench.textsNow(ROW)).find((row) => pattern.test(row)),
  );
}

/** Of the flow in the active editor, as a screen reader says it: its text and its tooltip. */
async function statusBar(): Promise<string> {
  return (await workbench.attributes('.statusbar-item[id*="flows.secrets"] a', 'aria-label')).join();
}

describe('several folders, one of them virtual', function () {
  this.timeout(90_000);

  before(function () {
    if (!workbench.isAvailable) this.skip();
  });
  beforeEach(() => vscode.commands.executeCommand('notifications.clearAll'));
  after(closeAll);

  it('a flow in a virtual folder is checked, explained and completed by its project', async () => {
    const editor = await show(far());
    assert.equal(editor.document.languageId, 'flow');
    await until('the undefined key', () => undefinedKeys(editor.document).join() === 'FAR_TYPO');
    cursorAfter(editor, 'secrets.FAR_TO');
    await vscode.commands.executeCommand('editor.action.showHover');
    await until('the hover', async () => /on no disk/.test(await workbench.hoverText()));
    await workbench.press('Escape');
    cursorAfter(editor, '[secrets.');
    await vscode.commands.executeCommand('editor.action.triggerSuggest');
    await until('the keys', async () => (await workbench.suggestions()).includes('FAR_TOKEN'));
    await workbench.screenshot('virtual');
    await workbench.press('Escape');
  });

  it('the view has the projects of all folders, and agrees with the diagnostics', async () => {
    await vscode.commands.executeCommand('flows.secrets.focus');
    await rowOf(/^far ?2 of 2 without a value/);
    await rowOf(/^FAR_TOKEN ?no value · Of a folder that is on no disk · 1 use/);
    await rowOf(/^FAR_TYPO ?not declared · 1 use/);
    await rowOf(/^ops ?4 of 4 without a value/);
  });

  it('a command without a file asks for the project', async () => {
    await closeAll();
    await workbench.runCommand('Flows: Add Secret');
    const box = await workbench.inputBox();
    assert.equal(box.title, 'Secrets of which project?');
    assert.deepEqual(await workbench.quickPickLabels(), ['ops', 'far']);
    const root = vscode.workspace.workspaceFolders![0]!.uri.fsPath;
    assert.doesNotMatch((await workbench.texts('.quick-input-list')).join(), new RegExp(root), 'short names');
    await workbench.screenshot('which-project');
    await workbench.press('Escape');
  });

  it('a project in a folder that nobody watches is known as soon as its flow is opened', async () => {
    const files = vscode.workspace.getConfiguration('files');
    await files.update('watcherExclude', { '**/unwatched/**': true }, vscode.ConfigurationTarget.Workspace);
    const folder = file(0, 'unwatched').fsPath;
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'flows.project.yaml'), 'project: silent\nsecrets:\n  QUIET_TOKEN:\n');
    writeFileSync(
      path.join(folder, 'silent.flow.yaml'),
      'blocks:\n  - name: A\n    type:\n      coreBlock: transform\n    outputs:\n      default:\n        outputCustomization: !expr secrets.QUIET_TOKEN\n',
    );
    const { document } = await show(file(0, 'unwatched/silent.flow.yaml'));
    await rowOf(/^silent ?1 of 1 without a value/);
    await until('what the server says of it', () =>
      problems(document.uri).some((text) => text.startsWith('secret-without-value')),
    );
    await files.update('watcherExclude', undefined, vscode.ConfigurationTarget.Workspace);
  });

  it('the limits of a run are those of the folder that its flow lies in', async () => {
    const flows = [file(0, 'limits.flow.yaml'), file(1, 'limits.flow.yaml')];
    const text = `blocks:
  - name: Start
    type: { coreBlock: schedule }
    config: { cron: 0 9 * * * }
  - name: Large
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Start, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '"x".repeat(2_000)' } }
`;
    for (const uri of flows) await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
    const limit = (characters: number | undefined) =>
      vscode.workspace
        .getConfiguration('flows.run', flows[0])
        .update('maxEventSize', characters, vscode.ConfigurationTarget.WorkspaceFolder);
    await limit(1_000);
    await setSetting('run.reveal', 'output');
    const said: string[] = [];
    for (const uri of flows) {
      await show(uri);
      await vscode.commands.executeCommand('flows.showRunOutput');
      await outputText('Flow Run');
      await vscode.commands.executeCommand('workbench.output.action.clearOutput');
      await vscode.commands.executeCommand('flows.fireSchedule', { uri: uri.toString(), block: 'Start' });
      said.push(
        await until('what came of it', async () => /Large [→✗].*/.exec(await outputText('Flow Run'))?.[0]),
      );
      await vscode.commands.executeCommand('flows.stop', uri);
      await vscode.workspace.fs.delete(uri);
    }
    await limit(undefined);
    await setSetting('run.reveal', undefined);
    await vscode.commands.executeCommand('workbench.action.closePanel');
    assert.match(said[0]!, /✗ .*limit is 1,?000/);
    assert.match(said[1]!, /→ default/);
  });
});

describe('a machine without a keychain', function () {
  this.timeout(90_000);

  before(async function () {
    if (!workbench.isAvailable || process.platform !== 'linux') return this.skip();
    await show(near());
    await vscode.commands.executeCommand('flows.secrets.focus');
  });
  beforeEach(() => vscode.commands.executeCommand('notifications.clearAll'));
  after(async () => {
    await setSetting('secrets.store', undefined);
    await closeAll();
  });

  it('values go to VS Code’s secret storage, which is explained once', async () => {
    await addSecret(far(), 'FAR_TOKEN', values.first);
    const text = await notification(/The value is in VS Code’s secret storage/);
    assert.match(text, /There is no D-Bus session.*On a desktop, start the editor.*Move Secrets/);
    await workbench.screenshot('explained');
    await vscode.commands.executeCommand('notifications.clearAll');
    await rowOf(/^FAR_TOKEN ?Of a folder that is on no disk · 1 use/);
    await addSecret(near(), 'JWT_SECRET', values.second);
    await rowOf(/^JWT_SECRET ?Signs approval links/);
    assert.deepEqual(await workbench.textsNow('.notifications-toasts .notification-list-item-message'), []);
  });

  it('the view and the status bar go on saying so', async () => {
    await show(near());
    await until('the message', async () =>
      (await workbench.textsNow(MESSAGE)).some((text) =>
        /kept in VS Code’s secret storage\. There is no D-Bus session/.test(text),
      ),
    );
    await until('the status bar', async () => /kept in VS Code’s secret storage/.test(await statusBar()));
    await workbench.screenshot('no-keychain');
  });

  it('the setting “keychain” is respected: nothing is stored elsewhere, and the reason says what to do', async () => {
    await setSetting('secrets.store', 'keychain');
    const done = vscode.commands.executeCommand('flows.updateSecret', {
      key: 'JWT_SECRET',
      uri: near().toString(),
    });
    await enterValue(values.first);
    await notification(/JWT_SECRET was not stored\. There is no D-Bus session.*use VS Code’s secret storage/);
    await workbench.screenshot('not-stored');
    await workbench.clickNotification('Open Settings');
    await workbench.waitFor('.settings-editor .setting-item-contents:has-text("Store")');
    await workbench.screenshot('setting');
    await done;
    await setSetting('secrets.store', undefined);
  });

  it('moving to a keychain that is not there moves nothing and says why', async () => {
    const done = vscode.commands.executeCommand('flows.moveSecrets');
    await workbench.pick('To the keychain');
    await notification(/Nothing was moved\. There is no D-Bus session/);
    await vscode.commands.executeCommand('notifications.clearAll');
    await done;
    assert.equal(vscode.workspace.getConfiguration('flows').get('secrets.store'), 'auto');
    await rowOf(/^FAR_TOKEN ?Of a folder that is on no disk · 1 use/);
  });

  it('a run gets its values from there, also of a flow that is on no disk', async () => {
    await show(far());
    await workbench.runCommand('Flows: Run Flow');
    assert.equal((await workbench.inputBox()).title, 'FAR_TYPO has no value on this machine');
    await workbench.pick('Run without');
    await workbench.waitFor('.statusbar-item:has-text("far.flow.yaml")');
    await workbench.screenshot('run-virtual');
    await vscode.commands.executeCommand('flows.stop');
    await workbench.waitForGone('.statusbar-item:has-text("far.flow.yaml")');
  });

  it('no value is in any file', () => {
    const search = new CanarySearch(values);
    assert.deepEqual(search.inFolder(process.env['TEST_RUN_FOLDER']!), []);
    assert.ok(search.files > 20);
  });
});
