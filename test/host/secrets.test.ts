/** Adding secrets through the real palette and input boxes, on the real keychain. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Keytar from 'keytar';
import * as vscode from 'vscode';
import { forgetNames } from '../harness/names-of-secrets.mjs';
import { closeAll, cursorAfter, enterValue, openFile, readFile, undefinedKeys } from './editor.js';
import { until, workbench } from './workbench.js';

const keytar = createRequire(__filename)('keytar') as typeof Keytar;

describe('Flows: Add Secret', function () {
  before(function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') this.skip();
  });
  afterEach(closeAll);

  it('offers the key at the cursor, hides the value, declares the key, and the error is gone', async () => {
    const editor = await openFile('ops/jira-approval.flow.yaml');
    await until('the undefined keys', () => undefinedKeys(editor.document).length === 2);
    assert.deepEqual(undefinedKeys(editor.document), ['JIRA_APPROVED_STATUS', 'JIRA_DENIED_STATUS']);

    cursorAfter(editor, 'secrets.JIRA_APPROVED');
    await workbench.runCommand('Flows: Add Secret');
    const keyBox = await workbench.inputBox();
    assert.equal(keyBox.value, 'JIRA_APPROVED_STATUS');
    assert.equal(keyBox.password, false);
    await workbench.press('Enter');
    await enterValue('Approved by host test');

    await until('one undefined key', () => undefinedKeys(editor.document).length === 1);
    assert.deepEqual(undefinedKeys(editor.document), ['JIRA_DENIED_STATUS']);
    assert.equal(
      await keytar.getPassword('flow-secrets/ops', 'JIRA_APPROVED_STATUS'),
      'Approved by host test',
    );
    // The error goes with the value; the declaration follows it.
    const project = await until('the declaration', async () => {
      const text = await readFile('ops/flows.project.yaml');
      return /^ {2}JIRA_APPROVED_STATUS:/m.test(text) && text;
    });
    assert.match(project, /# Signs the approval links\.\n/);
    assert.doesNotMatch(project, /host test/);
  });

  it('proposes no key that has a value already, and what is selected before what is named', async () => {
    const editor = await openFile('ops/jira-approval.flow.yaml');
    const proposed = async (): Promise<string> => {
      const done = vscode.commands.executeCommand('flows.addSecret');
      const { value } = await workbench.inputBox();
      await workbench.press('Escape');
      await done;
      await workbench.waitForNoInput();
      return value;
    };
    const at = cursorAfter(editor, 'secrets.JIRA_DENIED');
    assert.equal(await proposed(), 'JIRA_DENIED_STATUS');
    editor.selection = new vscode.Selection(at.translate(0, -'JIRA_DENIED'.length), at);
    assert.equal(await proposed(), 'JIRA_DENIED');
    editor.selection = new vscode.Selection(new vscode.Position(at.line, 0), at);
    assert.equal(await proposed(), 'JIRA_DENIED_STATUS', 'what is selected is no key');
    cursorAfter(editor, 'secrets.JIRA_APPROVED');
    assert.equal(await proposed(), '', 'it has a value');
    cursorAfter(editor, 'blocks:');
    assert.equal(await proposed(), '');
  });

  it('leaves names that npm start forgets where the values do not last', async () => {
    const data = process.env['CODE_HOST_USER_DATA']!;
    const copy = path.join(process.env['TEST_RUN_FOLDER']!, 'copy');
    const files = () => readdirSync(copy, { recursive: true, encoding: 'utf8' });
    const names = () => files().filter((file) => path.basename(file).startsWith('JIRA_APPROVED_STATUS.'));
    cpSync(path.join(data, 'User'), path.join(copy, 'User'), { recursive: true });
    const before = files();
    assert.equal(names().length, 1);
    await forgetNames(copy);
    assert.deepEqual(names(), []);
    const gone = before.filter((file) => !files().includes(file));
    assert.ok(gone.every((file) => file.includes('flow-secrets')));
    assert.ok(files().length > 0, 'all else stays');
    rmSync(copy, { recursive: true });
  });
});
