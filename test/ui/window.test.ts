/**
 * What a person sees of a flow. This suite runs as plain extensions run, not as extension tests: VS Code shows its modal
 * dialogs here.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type * as Keytar from 'keytar';
import * as vscode from 'vscode';
import { closeAll, cursorAfter, openFile, undefinedKeys, workspaceFile } from '../host/editor.js';
import { until, workbench } from '../host/workbench.js';

const keytar = createRequire(__filename)('keytar') as typeof Keytar;

const write = (name: string, text: string) =>
  vscode.workspace.fs.writeFile(workspaceFile(name), Buffer.from(text));

describe('the window', function () {
  before(function () {
    if (!workbench.isAvailable) this.skip();
  });
  afterEach(closeAll);

  it('shows lenses above the blocks and underlines the undefined keys', async () => {
    const editor = await openFile('ops/jira-approval.flow.yaml');
    await until('the undefined keys', () => undefinedKeys(editor.document).length === 2);
    const lenses = await workbench.texts('.codelens-decoration a');
    assert.ok(
      lenses.some((text) => /run flow/i.test(text)),
      lenses.join(', '),
    );
    await workbench.screenshot('flow');

    cursorAfter(editor, 'secrets.JIRA_APPROVED');
    await workbench.waitFor('.squiggly-error');
    await workbench.screenshot('undefined-key');
  });

  it('offers its commands in the palette', async () => {
    await openFile('ops/jira-approval.flow.yaml');
    const entries = await workbench.paletteEntries('Flows: ');
    for (const entry of ['Flows: Add Secret', 'Flows: Run Flow']) {
      assert.ok(entries.includes(entry), entries.join(', '));
    }
  });

  describe('a move to a secret', () => {
    before(function () {
      if (process.env['TEST_KEYCHAIN'] !== 'private') this.skip();
    });

    /** Moves the token of a flow with nothing else in it, and waits until all has been done and said. */
    async function move(folder: string, token: string): Promise<{ editor: vscode.TextEditor; text: string }> {
      const text = `blocks:\n  - name: Notify\n    type:\n      coreBlock: transform\n    outputs:\n      default:\n        outputCustomization: ${token}\n`;
      await write(`${folder}/a.flow.yaml`, text);
      const editor = await openFile(`${folder}/a.flow.yaml`);
      cursorAfter(editor, 'Customization: ghp');
      await workbench.runCommand('Flows: Move Literal to Secret');
      await workbench.pick('GITHUB_TOKEN');
      await until(
        'the reference',
        () => editor.document.getText() === text.replace(token, '!expr secrets.GITHUB_TOKEN'),
      );
      await until('what is said', async () =>
        (await workbench.notifications()).some((one) => /^GITHUB_TOKEN of .* is in/.test(one)),
      );
      await vscode.commands.executeCommand('notifications.clearAll');
      await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
      return { editor, text };
    }

    /** Presses a key; some versions ask whether all files are meant. */
    async function inAllFiles(key: string, button: string, done: () => boolean): Promise<void> {
      await workbench.press(key);
      await until(button, async () => {
        const [dialog] = await workbench.textsNow('.monaco-dialog-box:visible');
        if (dialog !== undefined) await workbench.clickDialog(button);
        return done();
      });
    }

    it('is taken back in both files by one Undo, and done again by one Redo', async () => {
      const token = 'ghp_Canary0UndoMove7Qw3ErTy5UiOp9AsDfGh12';
      const list = 'project: undone\nsecrets:\n  OTHER: { description: Another }\n';
      await write('undone/flows.project.yaml', list);
      const { editor, text } = await move('undone', token);
      const project = await vscode.workspace.openTextDocument(workspaceFile('undone/flows.project.yaml'));
      const declared = `${list}  GITHUB_TOKEN:\n`;
      assert.equal(project.getText(), declared);
      await inAllFiles('Control+z', 'Undo in 2 Files', () => editor.document.getText() === text);
      await until('the list as it was', () => project.getText() === list);
      await workbench.screenshot('undo-move');
      // The value stays: nothing is lost by an Undo.
      assert.equal(await keytar.getPassword('flow-secrets/undone', 'GITHUB_TOKEN'), token);
      await inAllFiles('Control+y', 'Redo in 2 Files', () => editor.document.getText() !== text);
      await until('the declaration again', () => project.getText() === declared);
      assert.match(editor.document.getText(), /!expr secrets\.GITHUB_TOKEN\n/);
    });

    it('that has made the project file is taken back with it', async () => {
      const list = workspaceFile('flows.project.yaml');
      const exists = () =>
        vscode.workspace.fs.stat(list).then(
          () => true,
          () => false,
        );
      assert.equal(await exists(), false);
      const { editor, text } = await move('undone-new', 'ghp_Canary1UndoMove7Qw3ErTy5UiOp9AsDfGh12');
      assert.equal(await exists(), true);
      await inAllFiles('Control+z', 'Undo in 2 Files', () => editor.document.getText() === text);
      await until('no project file', async () => !(await exists()));
    });
  });

  it('has said nothing about a mistake of ours in its console', async () => {
    const extension = vscode.extensions.getExtension('flow-secrets.flow-secrets');
    assert.equal(extension?.isActive, true);
    const mistakes = (await workbench.consoleMessages()).filter((message) =>
      /^\[(error|warning)\].*flow-secrets/i.test(message),
    );
    assert.deepEqual(mistakes, []);
  });
});
