/** One key over all files: Show Secret Usage from the palette, the view and a hover; rename through the refactor preview. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type * as Keytar from 'keytar';
import * as vscode from 'vscode';
import {
  addSecret,
  closeAll,
  cursorAfter,
  openFile,
  problems,
  readFile,
  workspaceFile,
  writeFile,
} from './editor.js';
import { until, workbench } from './workbench.js';

const keytar = createRequire(__filename)('keytar') as typeof Keytar;

const ID = 'usage';
const VALUE = 'Canary-Usage-4fQ8';
const flow = (name: string) =>
  `blocks:\n  - name: ${name}\n    type:\n      coreBlock: transform\n    outputs:\n      default:\n        outputCustomization: !expr secrets.SHARED_TOKEN\n`;
const FILES: Readonly<Record<string, string>> = {
  'flows.project.yaml': `project: ${ID}\nsecrets:\n  SHARED_TOKEN: { description: Of all }\n`,
  'one.flow.yaml': flow('One'),
  'two.flow.yaml': flow('Two'),
  'slack.installation.yaml': 'app: slack\nversion: 1.0.0\nconfig:\n  botToken: !expr secrets.SHARED_TOKEN\n',
  'main.tf':
    'resource "flows_app_installation" "slack" {\n  config_fields = {\n    botToken = "secrets.SHARED_TOKEN"\n  }\n}\n',
};

/** Files that the peek of references lists, once it does. */
async function peeked(): Promise<string[]> {
  const files = await until('the references', async () => {
    const rows = await workbench.textsNow('.reference-zone-widget .ref-tree .monaco-list-row');
    return rows.length > 0 && rows;
  });
  return files;
}

describe('a key over all files', function () {
  this.timeout(90_000);

  before(async function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') return this.skip();
    for (const [name, text] of Object.entries(FILES)) await writeFile(`${ID}/${name}`, text);
    await addSecret(workspaceFile(`${ID}/flows.project.yaml`), 'SHARED_TOKEN', VALUE);
  });
  afterEach(closeAll);

  it('Show Secret Usage lists every file that names it', async () => {
    const editor = await openFile(`${ID}/one.flow.yaml`);
    cursorAfter(editor, 'secrets.SHARED');
    await workbench.runCommand('Flows: Show Secret Usage');
    assert.equal((await workbench.quickPickLabels())[0], 'SHARED_TOKEN');
    await workbench.press('Enter');
    await peeked();
    await workbench.screenshot('secret-usage');
    const title = (await workbench.texts('.reference-zone-widget .peekview-title')).join(' ');
    assert.match(title, /one\.flow\.yaml/);
    assert.match(title, /5/);
    const names = (await workbench.texts('.reference-zone-widget .ref-tree')).join(' ');
    for (const name of Object.keys(FILES)) assert.ok(names.includes(name), `${name} in ${names}`);
    await workbench.press('Escape');
  });

  it('a hover links to it', async () => {
    const editor = await openFile(`${ID}/slack.installation.yaml`);
    cursorAfter(editor, 'secrets.SHARED');
    await vscode.commands.executeCommand('editor.action.showHover');
    await until('the link', async () => /Show usage/.test(await workbench.hoverText()));
    await workbench.screenshot('hover-usage');
    await workbench.click('.monaco-hover:not(.hidden) a:has-text("Show usage")');
    await peeked();
    await workbench.press('Escape');
  });

  it('F2 with a preview renames it in all of them, and its value follows', async () => {
    const editor = await openFile(`${ID}/one.flow.yaml`);
    cursorAfter(editor, 'secrets.SHARED');
    await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
    // It lasts until the rename has been applied.
    void vscode.commands.executeCommand('editor.action.rename');
    await workbench.fill('.rename-box input', 'TEAM_TOKEN');
    await workbench.press('Control+Enter');
    await workbench.waitFor('.refactor-preview, .bulk-edit-panel');
    await until('the edits of all files', async () => {
      const text = (await workbench.textsNow('.bulk-edit-panel .monaco-list-row')).join(' ');
      return Object.keys(FILES).every((name) => text.includes(name));
    });
    await workbench.screenshot('rename-preview');
    assert.equal(await keytar.getPassword(`flow-secrets/${ID}`, 'SHARED_TOKEN'), VALUE);
    await workbench.click('.bulk-edit-panel a.monaco-button:has-text("Apply")');
    await until('the new key', () => editor.document.getText().includes('secrets.TEAM_TOKEN'));
    await until(
      'its value',
      async () => (await keytar.getPassword(`flow-secrets/${ID}`, 'TEAM_TOKEN')) === VALUE,
    );
    await until(
      'the old one to go',
      async () => (await keytar.getPassword(`flow-secrets/${ID}`, 'SHARED_TOKEN')) === null,
    );
    await vscode.workspace.saveAll();
    for (const [name, text] of Object.entries(FILES)) {
      const renamed = text.replaceAll('SHARED_TOKEN', 'TEAM_TOKEN');
      await until(`${name} with the new key`, async () => (await readFile(`${ID}/${name}`)) === renamed);
    }
  });
});

describe('a block over all files', function () {
  this.timeout(90_000);

  const files: Readonly<Record<string, string>> = {
    'orders.flow.yaml':
      'blocks:\n  - name: Deploy\n    type:\n      coreBlock: httpRequest\n    inputs:\n      default:\n        config:\n          url: https://example.com\n  - name: Say\n    type:\n      coreBlock: transform\n    inputs:\n      default:\n        links:\n          - block: Deploy\n            output: default\n    outputs:\n      default:\n        outputCustomization: !expr outputs.deploy.statusCode\n',
    'orders.mocks.yaml':
      "blocks:\n  Deploy: # by hand\n    data: !expr '({ statusCode: 201, url: config.url })'\n",
    'orders.flow-test.yaml':
      'tests:\n  - name: it deploys\n    send: { block: Deploy, data: {} }\n    expect:\n      - block: Say\n',
  };

  before(async function () {
    if (!workbench.isAvailable) return this.skip();
    for (const [name, text] of Object.entries(files)) await writeFile(`mocked/${name}`, text);
  });
  afterEach(closeAll);

  it('a mocks file has a language of its own, which knows the blocks of its flow and their outputs', async () => {
    const text = 'blocks:\n  Deploy:\n    outputs:\n      \n  Sya:\n    error: x\n';
    await writeFile('mocked/orders.down.mocks.yaml', text);
    const editor = await openFile('mocked/orders.down.mocks.yaml');
    assert.equal(editor.document.languageId, 'flow-mocks');
    cursorAfter(editor, 'outputs:\n      ');
    await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
    await until('the report', () =>
      problems(editor.document.uri).some((one) =>
        one.startsWith('unused-mock: No block of the flow is called "Sya"'),
      ),
    );
    await vscode.commands.executeCommand('editor.action.triggerSuggest');
    await workbench.waitFor('.suggest-widget.visible .monaco-list-row');
    await workbench.screenshot('mocks-completion');
    assert.deepEqual(await workbench.suggestions(), ['default']);
    await workbench.press('Escape');
  });

  it('F2 renames it in its mocks and tests', async () => {
    const editor = await openFile('mocked/orders.flow.yaml');
    cursorAfter(editor, 'name: Dep');
    await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
    void vscode.commands.executeCommand('editor.action.rename');
    await workbench.fill('.rename-box input', 'Roll out');
    await workbench.press('Control+Enter');
    await workbench.waitFor('.refactor-preview, .bulk-edit-panel');
    await until('the edits of all files', async () => {
      const text = (await workbench.textsNow('.bulk-edit-panel .monaco-list-row')).join(' ');
      return Object.keys(files).every((name) => text.includes(name));
    });
    await workbench.screenshot('rename-block-preview');
    await workbench.click('.bulk-edit-panel a.monaco-button:has-text("Apply")');
    await until('the new name', () => editor.document.getText().includes('name: Roll out'));
    await vscode.workspace.saveAll();
    for (const [name, text] of Object.entries(files)) {
      const renamed = text.replaceAll('Deploy', 'Roll out').replaceAll('outputs.deploy', 'outputs.rollOut');
      await until(`${name} with the new name`, async () => (await readFile(`mocked/${name}`)) === renamed);
    }
  });
});
