/** The view "Secrets" and the status-bar item, in every state a key can be in. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  addSecret,
  closeAll,
  openFile,
  setSetting,
  undefinedKeys,
  useTheme,
  workspaceFile,
  writeFile,
} from './editor.js';
import { until, workbench } from './workbench.js';

const ROW = '.pane-body .monaco-list-row';

/** Label and description of a row stand side by side in the view and run together in its text. */
async function rows(): Promise<string[]> {
  return workbench.textsNow(ROW);
}

async function rowOf(pattern: RegExp): Promise<string> {
  return until(`a row ${String(pattern)}`, async () => (await rows()).find((row) => pattern.test(row)));
}

/** Removes the projects of other tests: the list shows the rows only that fit. */
async function leaveOnly(...names: readonly string[]): Promise<void> {
  const root = vscode.workspace.workspaceFolders![0]!.uri;
  for (const [name, type] of await vscode.workspace.fs.readDirectory(root)) {
    if (type !== vscode.FileType.Directory || name.startsWith('.') || names.includes(name)) continue;
    await vscode.workspace.fs.delete(vscode.Uri.joinPath(root, name), { recursive: true });
  }
}

/** Presses a key, and waits until the extension has done with it: what is done afterwards must not be what it acts on. */
async function taken(press: () => Promise<unknown>): Promise<void> {
  const { commands } = vscode;
  const { executeCommand } = commands;
  let isLooking = false;
  Object.assign(commands, {
    executeCommand: (...command: Parameters<typeof executeCommand>) => {
      isLooking ||= command[0] === 'list.toggleSelection';
      return executeCommand(...command);
    },
  });
  try {
    await press();
    await until('the extension to look for the row', () => isLooking);
  } finally {
    Object.assign(commands, { executeCommand });
  }
  // Keys are taken one after the other: this one is behind it.
  await vscode.commands.executeCommand('flows.copySecretReference', { focused: true });
}

describe('the view of secrets', function () {
  this.timeout(90_000);
  const flow = 'a-view/deploy.flow.yaml';

  before(async function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') return this.skip();
    await leaveOnly('examples', 'ops');
    await writeFile(
      'a-view/flows.project.yaml',
      'project: view\nsecrets:\n  API_TOKEN: { description: Deploys to staging }\n  SIGNING_KEY:\n',
    );
    await writeFile(
      flow,
      'blocks:\n  - name: Deploy\n    type:\n      coreBlock: transform\n    outputs:\n      default:\n        outputCustomization: !expr |-\n          [secrets.API_TOKEN, secrets.API_TOKEN, secrets.TYPO_TOKEN]\n',
    );
    await vscode.commands.executeCommand('notifications.clearAll');
    await openFile(flow);
    await vscode.commands.executeCommand('flows.secrets.focus');
  });
  afterEach(() => useTheme());
  after(closeAll);

  it('shows what is known of each key, and no value', async () => {
    await rowOf(/^view ?2 of 3 without a value/);
    await rowOf(/^API_TOKEN ?no value · Deploys to staging · 2 uses/);
    await rowOf(/^SIGNING_KEY ?no value · not used/);
    await rowOf(/^TYPO_TOKEN ?not declared · 1 use/);
    const value = 'view-canary-4711';
    await addSecret(workspaceFile(flow), 'API_TOKEN', value);
    await rowOf(/^API_TOKEN ?Deploys to staging · 2 uses/);
    await addSecret(workspaceFile(flow), 'SIGNING_KEY', `${value}-2`);
    await rowOf(/^SIGNING_KEY ?not used/);
    await rowOf(/^view ?1 of 3 without a value/);
    assert.ok(!(await rows()).join().includes(value));
  });

  it('agrees with the diagnostics and the status bar', async () => {
    const { document } = await openFile(flow);
    await until('the diagnostics', () => undefinedKeys(document).length > 0);
    assert.deepEqual(undefinedKeys(document), ['TYPO_TOKEN']);
    await until('the status bar to count what the view counts', async () => {
      const missing = /^view ?(\d+) of 3 without/.exec(
        (await rows()).find((row) => row.startsWith('view')) ?? '',
      )?.[1];
      return (await workbench.textsNow('.statusbar-item')).some(
        (text) => text === `view: ${missing} missing`,
      );
    });
    const loud = await workbench.textsNow('.statusbar-item.warning-kind, .statusbar-item.error-kind');
    assert.deepEqual(loud, [], 'a value that is not here is no alarm: others may have it');
    await workbench.screenshot('secrets-view');
  });

  it('a use is a step away', async () => {
    await workbench.click(`${ROW}[aria-label^="API_TOKEN"] .monaco-tl-twistie`);
    await rowOf(/deploy\.flow\.yaml.*line 8/);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await workbench.click(`${ROW}[aria-label*="deploy.flow.yaml"]`);
    const editor = await until('the editor', () => vscode.window.activeTextEditor);
    await until(
      'the selection',
      () => editor.document.getText(vscode.window.activeTextEditor?.selection) === 'API_TOKEN',
    );
  });

  it('filters, and key bindings act on what is selected', async () => {
    if (/no value/.test(await rowOf(/^API_TOKEN/)))
      await addSecret(workspaceFile(flow), 'API_TOKEN', 'view-canary');
    await rowOf(/^API_TOKEN ?Deploys/);
    await vscode.commands.executeCommand('flows.showOnlyMissing');
    await until('only missing keys', async () => !(await rows()).some((row) => row.startsWith('API_TOKEN')));
    await vscode.commands.executeCommand('flows.showAllSecrets');
    await rowOf(/^API_TOKEN/);
    await workbench.click(`${ROW}[aria-label^="API_TOKEN"] .label-name`);
    await workbench.waitFor(`${ROW}.selected[aria-label^="API_TOKEN"]`);
    const copied = async (reference: string): Promise<void> => {
      await workbench.press('Control+c');
      await until('the reference', async () => (await vscode.env.clipboard.readText()) === reference);
    };
    await copied('secrets.API_TOKEN');
    // Arrow keys move the focus, and leave the selection where it was.
    const selected = (key: string) => workbench.waitFor(`${ROW}.selected[aria-label^="${key}"]`);
    await workbench.press('ArrowUp');
    await workbench.waitFor(`${ROW}.focused[aria-label^="view"]`);
    await vscode.env.clipboard.writeText('as it was');
    // A project is no secret: nothing is asked, nothing is copied.
    for (const key of ['Control+c', 'Delete', 'F2']) await taken(() => workbench.press(key));
    await selected('view');
    assert.deepEqual(await workbench.textsNow('.quick-input-widget .quick-input-title:visible'), []);
    assert.equal(await vscode.env.clipboard.readText(), 'as it was');
    await workbench.press('ArrowDown');
    await copied('secrets.API_TOKEN');
    await selected('API_TOKEN');
    // Again, where the focus is on what is selected already.
    await vscode.env.clipboard.writeText('as it was');
    await copied('secrets.API_TOKEN');
    await selected('API_TOKEN');
    await workbench.press('Delete');
    assert.equal((await workbench.inputBox()).title, 'Delete API_TOKEN of view');
    await workbench.press('Escape');
    await workbench.waitForNoInput();
  });

  it('key bindings act on the focused secret also while rows are drawn anew', async () => {
    const row = `${ROW}[aria-label^="TYPO_TOKEN"]`;
    await workbench.click(`${row} .label-name`);
    await workbench.waitFor(`${row}.selected`);
    // VS Code draws twice: at once, and some time later what has changed since.
    for (const wait of [0, 50, 100, 150, 200]) {
      await vscode.env.clipboard.writeText('as it was');
      await vscode.commands.executeCommand('flows.showOnlyMissing');
      await vscode.commands.executeCommand('flows.showAllSecrets');
      await new Promise((resolve) => setTimeout(resolve, wait));
      await workbench.press('Control+c');
      await until(
        'the reference',
        async () => (await vscode.env.clipboard.readText()) === 'secrets.TYPO_TOKEN',
      );
      await workbench.waitFor(`${row}.selected`);
    }
  });

  it('follows a folder that gets another name, and one that is deleted', async () => {
    const folder = (name: string) => workspaceFile(name);
    await writeFile('b-moving/flows.project.yaml', 'project: moving\nsecrets:\n  MOVING_KEY:\n');
    await writeFile(
      'b-moving/a.flow.yaml',
      'blocks:\n  - name: A\n    type:\n      coreBlock: transform\n    outputs:\n      default:\n        outputCustomization: !expr secrets.MOVING_KEY\n',
    );
    const file = workspaceFile('b-moving/a.flow.yaml');
    // As a person opens it: what an extension opens, VS Code keeps open for minutes, without a tab.
    await vscode.commands.executeCommand('vscode.open', file);
    await rowOf(/^MOVING_KEY ?no value · 1 use/);
    await closeAll();
    await until('the file to be closed', () =>
      vscode.workspace.textDocuments.every(({ uri }) => uri.toString() !== file.toString()),
    );
    await vscode.workspace.fs.rename(folder('b-moving'), folder('b-moved'));
    // Its rows go and come back, folded: a click may have met one that was about to go.
    const folded = `${ROW}[aria-label^="MOVING_KEY"] .monaco-tl-twistie.collapsed`;
    await until('the use in the folder with the new name', async () => {
      if ((await rows()).some((row) => /b-moved\/a\.flow\.yaml.*line 7/.test(row))) return true;
      if ((await workbench.attributes(folded, 'class')).length > 0)
        await workbench.click(folded, { timeout: 1_000 }).catch(() => undefined);
      return false;
    });
    await vscode.workspace.fs.delete(folder('b-moved'), { recursive: true });
    await until('the project to go', async () => !(await rows()).some((row) => row.startsWith('moving')));
  });

  it('forgets a file that is deleted, though a command has opened it and no tab shows it', async () => {
    await writeFile('b-gone/flows.project.yaml', 'project: gone\nsecrets:\n  GONE_KEY:\n');
    const file = workspaceFile('b-gone/a.flow.yaml');
    await writeFile(
      'b-gone/a.flow.yaml',
      'blocks:\n  - name: A\n    type:\n      coreBlock: transform\n    outputs:\n      default:\n        outputCustomization: !expr secrets.GONE_KEY\n',
    );
    // As a run does.
    const document = await vscode.workspace.openTextDocument(file);
    await rowOf(/^GONE_KEY ?no value · 1 use/);
    await vscode.workspace.fs.delete(file);
    await rowOf(/^GONE_KEY ?no value · not used/);
    assert.equal(document.isClosed, false);
    await vscode.workspace.fs.delete(workspaceFile('b-gone'), { recursive: true });
    await until('the project to go', async () => !(await rows()).some((row) => row.startsWith('gone')));
  });

  it('says where values are kept when it is not the keychain', async () => {
    await setSetting('secrets.store', 'secretStorage');
    await until('the message', async () =>
      (await workbench.textsNow('.pane-body .message')).some((text) => /secret storage/.test(text)),
    );
    await workbench.screenshot('secrets-view-secret-storage');
    await setSetting('secrets.store', undefined);
    await until(
      'no message',
      async () =>
        !(await workbench.textsNow('.pane-body .message')).some((text) => /secret storage/.test(text)),
    );
  });

  for (const theme of ['Default Light Modern', 'Default High Contrast']) {
    it(`is legible in ${theme}`, async () => {
      await useTheme(theme);
      await rowOf(/^API_TOKEN/);
      await openFile(flow);
      await workbench.screenshot(`secrets-view-${theme.toLowerCase().replace(/\W+/g, '-')}`);
    });
  }
});
