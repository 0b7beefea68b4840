/** The packaged extension, installed into a fresh profile: what is in it, and that its bundles work without our sources. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Keytar from 'keytar';
import * as vscode from 'vscode';
import { closeAll, cursorAfter, openFile, undefinedKeys } from '../host/editor.js';
import { until, workbench } from '../host/workbench.js';

const keytar = createRequire(__filename)('keytar') as typeof Keytar;

describe('the installed extension', () => {
  let folder: string;

  before(() => {
    const extension = vscode.extensions.getExtension('flow-secrets.flow-secrets');
    assert.ok(extension, 'it is not installed');
    folder = extension.extensionPath;
  });
  afterEach(closeAll);

  it('runs from the folder of installed extensions', () => {
    assert.equal(path.dirname(folder), process.env['CODE_HOST_EXTENSIONS']);
  });

  it('holds the bundles, the grammars, the pages that diagnostics link to, one native keychain file, and nothing else', () => {
    const allowed =
      /^(package\.json|readme\.md|changelog\.md|LICENSE\.txt|\.vsixmanifest|(dist|schemas|syntaxes|media)\/[\w.-]+\.(js|json|svg|png|css|wasm|txt)|docs\/[\w-]+\.md|media\/walkthrough\/[\w-]+\.md|dist\/prebuilds\/[\w-]+\/keytar\.node)$/;
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
    assert.deepEqual(
      files.filter((file) => !allowed.test(file)),
      [],
    );
    assert.deepEqual(
      files.filter((file) => file.endsWith('.node')),
      [`dist/prebuilds/${process.platform}-${process.arch}/keytar.node`],
    );
    for (const name of ['client', 'server', 'language', 'runner', 'sandbox', 'cli', 'panel']) {
      assert.doesNotMatch(
        readFileSync(path.join(folder, `dist/${name}.js`), 'utf8'),
        /sourceMappingURL=data/,
      );
    }
  });

  it('completes the project’s keys', async () => {
    const editor = await openFile('ops/jira-approval.flow.yaml');
    await until('the undefined keys', () => undefinedKeys(editor.document).length === 2);
    const position = cursorAfter(editor, 'secrets.');
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      editor.document.uri,
      position,
    );
    const labels = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    for (const key of ['JWT_SECRET', 'JIRA_CUSTOM_FIELD_ID'])
      assert.ok(labels.includes(key), labels.join(', '));
  });

  it('stores a secret in the keychain, and the error on its key is gone', async function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') this.skip();
    const editor = await openFile('ops/jira-approval.flow.yaml');
    cursorAfter(editor, 'secrets.JIRA_APPROVED');
    await workbench.runCommand('Flows: Add Secret');
    await workbench.acceptInput('JIRA_APPROVED_STATUS');
    await until('the box for the value', async () => (await workbench.inputBox()).password);
    await workbench.screenshot('installed-password-box');
    await workbench.acceptInput('approved by the installed extension');
    await until('one undefined key', () => undefinedKeys(editor.document).length === 1);
    assert.equal(
      await keytar.getPassword('flow-secrets/ops', 'JIRA_APPROVED_STATUS'),
      'approved by the installed extension',
    );
    await workbench.screenshot('installed');
  });
});
