/**
 * A workspace that nobody has called trusted: flows are checked and completed, no secret is read and nothing runs, and whatever
 * is asked for says how to go on. Trust turns all of it on, in the same window. Then the keychain is locked, and unlocked again.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import type * as Keytar from 'keytar';
import * as vscode from 'vscode';
import { CanarySearch } from '../host/canary.js';
import {
  closeAll,
  cursorAfter,
  enterValue,
  notification,
  openFile,
  setSetting,
  undefinedKeys,
  workspaceFile,
} from '../host/editor.js';
import { until, workbench } from '../host/workbench.js';

const keytar = createRequire(__filename)('keytar') as typeof Keytar;

const values = {
  before: 'Canary-Before-2kXw91',
  first: 'Canary-First-91Lq3v',
  second: 'Canary-Second-7Rt0pz',
};
const FLOW = 'ops/jira-approval.flow.yaml';
const MESSAGE = '.pane-body .message';
const { TEST_KEYCHAIN_CALLS, TEST_KEYCHAIN_CONTROL, TEST_KEYCHAIN_PASSWORD } = process.env;

/** Methods of the keychain that have been called so far, by whomever. */
function callsSoFar(): string[] {
  return readFileSync(TEST_KEYCHAIN_CALLS!, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('mc\t'))
    .map((line) => line.split('\t').at(-1)!);
}

async function viewMessage(pattern: RegExp): Promise<string> {
  return until(`the view to say ${String(pattern)}`, async () =>
    (await workbench.textsNow(MESSAGE)).find((text) => pattern.test(text)),
  );
}

describe('a workspace that is not trusted', function () {
  this.timeout(90_000);

  before(async function () {
    if (!workbench.isAvailable || TEST_KEYCHAIN_CALLS === undefined) return this.skip();
    await openFile(FLOW);
    await vscode.commands.executeCommand('flows.secrets.focus');
  });
  beforeEach(() => vscode.commands.executeCommand('notifications.clearAll'));

  it('is checked, completed and explained', async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    const editor = await openFile(FLOW);
    await until('the undefined keys', () => undefinedKeys(editor.document).length === 2);
    cursorAfter(editor, '${secrets.');
    await vscode.commands.executeCommand('editor.action.triggerSuggest');
    await until('the keys', async () => (await workbench.suggestions()).includes('JWT_SECRET'));
    await workbench.press('Escape');
    cursorAfter(editor, 'secrets.JWT_SEC');
    await until('the hover', async () => {
      // The list of completions that has just gone may take it along.
      await vscode.commands.executeCommand('editor.action.showHover');
      return /Signs approval links/.test((await workbench.textsNow('.monaco-hover:not(.hidden)')).join(' '));
    });
    await workbench.press('Escape');
  });

  it('the view says so, and how to change it', async () => {
    assert.match(await viewMessage(/not trusted/), /neither read nor stored.*“Restricted Mode”/);
    await workbench.waitFor('.statusbar-item:has-text("Restricted Mode")');
    await workbench.screenshot('untrusted');
  });

  const asked: readonly (readonly [string, RegExp])[] = [
    ['Flows: Add Secret', /Secrets are neither read nor stored/],
    ['Flows: Update Secret Value', /Secrets are neither read nor stored/],
    ['Flows: Run Flow', /Flows run only in a workspace that you trust/],
  ];
  for (const [command, answer] of asked) {
    it(`${command} asks for nothing and says what to do`, async () => {
      await openFile(FLOW);
      await workbench.runCommand(command);
      await notification(answer);
      await workbench.waitForNoInput();
      await workbench.screenshot(`untrusted-${command}`);
    });
  }

  it('Flows: Debug Flow brings up the editor’s own question', async () => {
    await openFile(FLOW);
    await workbench.runCommand('Flows: Debug Flow');
    assert.match(await workbench.dialogText(), /trust the authors/);
    await workbench.clickDialog('Cancel');
    await until('nothing to run', () => vscode.debug.activeDebugSession === undefined);
    assert.equal(vscode.workspace.isTrusted, false);
  });

  it('has asked the keychain nothing', async () => {
    assert.deepEqual(callsSoFar(), []);
    // That calls would be seen here:
    await keytar.setPassword('flow-secrets/ops', 'JWT_SECRET', values.before);
    await until('the call', () => callsSoFar().includes('CreateItem'));
  });

  it('trust turns everything on in the same window', async () => {
    const calls = callsSoFar().length;
    await openFile(FLOW);
    await workbench.runCommand('Flows: Add Secret');
    await workbench.clickNotification('Manage Workspace Trust');
    await workbench.click('.workspace-trust-editor a.monaco-button:has-text("Trust")');
    await until('trust', () => vscode.workspace.isTrusted);
    await until('the view to forget it', async () =>
      (await workbench.textsNow(MESSAGE)).every((text) => !/not trusted/.test(text)),
    );
    await until('the keychain to be asked whether it works', () => callsSoFar().length > calls);
    const editor = await openFile(FLOW);
    cursorAfter(editor, 'secrets.JIRA_APPROVED');
    await workbench.runCommand('Flows: Add Secret');
    assert.equal((await workbench.inputBox()).value, 'JIRA_APPROVED_STATUS');
    await workbench.press('Enter');
    await enterValue(values.first);
    await until('one undefined key', () => undefinedKeys(editor.document).length === 1);
    assert.equal(await keytar.getPassword('flow-secrets/ops', 'JIRA_APPROVED_STATUS'), values.first);
    await workbench.screenshot('trusted');
  });
});

describe('a keychain that is locked', function () {
  this.timeout(90_000);
  const stored = (key: string) => keytar.getPassword('flow-secrets/ops', key);
  const uri = () => workspaceFile(FLOW).toString();

  before(function () {
    if (!workbench.isAvailable || TEST_KEYCHAIN_CONTROL === undefined) return this.skip();
    const lock = ['/org/freedesktop/secrets', 'org.freedesktop.Secret.Service.Lock'];
    const collection = 'array:objpath:/org/freedesktop/secrets/collection/login';
    execFileSync('dbus-send', [
      '--session',
      '--print-reply',
      '--dest=org.freedesktop.secrets',
      ...lock,
      collection,
    ]);
  });
  beforeEach(() => vscode.commands.executeCommand('notifications.clearAll'));
  after(async () => {
    await setSetting('secrets.store', undefined);
    await closeAll();
  });

  it('a run that needs a value says what to do', async () => {
    await openFile(FLOW);
    await workbench.runCommand('Flows: Run Flow');
    await notification(/cannot be read\. The keychain is locked.*Unlock it/);
    await workbench.screenshot('locked-run');
  });

  it('with the setting “keychain” nothing is stored, and the reason says what to do', async () => {
    await setSetting('secrets.store', 'keychain');
    const done = vscode.commands.executeCommand('flows.updateSecret', {
      key: 'JIRA_APPROVED_STATUS',
      uri: uri(),
    });
    await enterValue(values.second);
    await notification(/JIRA_APPROVED_STATUS was not stored\. The keychain is locked.*Unlock it/);
    await workbench.screenshot('locked-update');
    await vscode.commands.executeCommand('notifications.clearAll');
    await done;
  });

  it('when it is unlocked again, the old value is there and a new one replaces it', async () => {
    await unlock();
    assert.equal(await stored('JIRA_APPROVED_STATUS'), values.first);
    const done = vscode.commands.executeCommand('flows.updateSecret', {
      key: 'JIRA_APPROVED_STATUS',
      uri: uri(),
    });
    await enterValue(values.second);
    await done;
    assert.equal(await stored('JIRA_APPROVED_STATUS'), values.second);
  });

  it('no value is in any file but the keychain', () => {
    const search = new CanarySearch(values);
    assert.deepEqual(search.inFolder(process.env['TEST_RUN_FOLDER']!), []);
    assert.ok(search.files > 20);
  });
});

/** As logging in does it: the password goes to the daemon's control socket (gnome-keyring's gkd-control-server.c). */
async function unlock(): Promise<void> {
  const UNLOCK = 1;
  const password = Buffer.from(TEST_KEYCHAIN_PASSWORD!);
  // A byte with the sender's credentials, then length, operation, and the password with its length.
  const message = Buffer.alloc(13);
  message.writeUInt32BE(12 + password.length, 1);
  message.writeUInt32BE(UNLOCK, 5);
  message.writeUInt32BE(password.length, 9);
  const socket = net.connect(path.join(TEST_KEYCHAIN_CONTROL!, 'control'));
  const answer = await new Promise<Buffer>((resolve, reject) => {
    socket.once('data', resolve);
    socket.once('error', reject);
    socket.write(Buffer.concat([message, password]));
  });
  socket.destroy();
  assert.equal(answer.readUInt32BE(4), 0, 'unlocked');
}
