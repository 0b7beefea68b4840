/** Flows: Move Literal to Secret, through the real quick fix, picker and keychain; and what is said about it, and where. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Keytar from 'keytar';
import * as vscode from 'vscode';
import { CanarySearch } from './canary.js';
import { closeAll, cursorAfter, openFile, problems, workspaceFile } from './editor.js';
import { until, workbench } from './workbench.js';

const keytar = createRequire(__filename)('keytar') as typeof Keytar;

const canaries = {
  yaml: 'ghp_Canary0MoveYaml7Qw3ErTy5UiOp9AsDfGh1',
  code: 'xoxb-123456789012-CanaryMoveCode8Zx4CvBn',
  file: 'Canary-In-Project-File-71kQ',
  reused: 'Canary-Reused-Value-x92Lm',
};
const ID = 'move';
const FILE = `${ID}/flows.project.yaml`;

const stored = (key: string) => keytar.getPassword(`flow-secrets/${ID}`, key);
const read = async (name: string) =>
  new TextDecoder().decode(await vscode.workspace.fs.readFile(workspaceFile(name)));
const write = (name: string, text: string) =>
  vscode.workspace.fs.writeFile(workspaceFile(name), Buffer.from(text));

function flow(value: string): string {
  return `blocks:\n  - name: Notify\n    type:\n      coreBlock: transform\n    outputs:\n      default:\n        outputCustomization: ${value}\n`;
}

/** Chooses the quick fix at the cursor as a person does. */
async function quickFix(title: string, screenshot?: string): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
  await vscode.commands.executeCommand('editor.action.quickFix');
  await workbench.waitFor(`.action-widget .monaco-list-row.focused:has-text("${title}")`);
  if (screenshot) await workbench.screenshot(screenshot);
  await workbench.press('Enter');
}

/** What was said, once it was. */
async function notice(pattern: RegExp): Promise<string> {
  return until(`a notification like ${String(pattern)}`, async () =>
    (await workbench.notifications()).find((text) => pattern.test(text)),
  );
}

describe('Move Literal to Secret', function () {
  this.timeout(90_000);
  const said: string[] = [];

  before(async function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') return this.skip();
    await write(
      FILE,
      `# Ours.\nproject: ${ID}\nsecrets:\n  # The team's.\n  SHARED: { description: Shared }\n`,
    );
    await vscode.workspace
      .getConfiguration('flows')
      .update('trace.server', 'verbose', vscode.ConfigurationTarget.Global);
    await openFile(FILE);
    await workbench.runCommand('Developer: Set Log Level...');
    await workbench.pick('Flow Secrets');
    await workbench.pick('Trace');
    await closeAll();
  });
  beforeEach(() => vscode.commands.executeCommand('notifications.clearAll'));
  afterEach(async () => {
    await closeAll();
    await vscode.commands.executeCommand('notifications.clearAll');
  });
  after(() =>
    vscode.workspace
      .getConfiguration('flows')
      .update('trace.server', undefined, vscode.ConfigurationTarget.Global),
  );

  it('moves a token of a YAML value: stored, declared, replaced in one edit', async () => {
    await write(`${ID}/yaml.flow.yaml`, flow(`"Bearer ${canaries.yaml}" # a note`));
    const editor = await openFile(`${ID}/yaml.flow.yaml`);
    await until('the report', () =>
      problems(editor.document.uri).some((one) => one.startsWith('hard-coded-secret')),
    );
    cursorAfter(editor, 'Bearer ghp_');
    await quickFix('Move to secret…', 'move-quick-fix');
    const box = await workbench.inputBox();
    assert.equal(box.title, 'Move GitHub token to a secret of move');
    assert.deepEqual(await workbench.quickPickLabels(), ['GITHUB_TOKEN', 'SHARED']);
    await workbench.screenshot('move-key');
    await workbench.fillInput('9A');
    await until('the refusal', async () =>
      (await workbench.texts('.quick-input-list .monaco-list-row')).some((row) =>
        /may not start with a digit/.test(row),
      ),
    );
    await workbench.press('Enter');
    assert.equal((await workbench.inputBox()).value, '9A');
    await workbench.fillInput('GH_TOKEN');
    await until('the new key', async () => (await workbench.quickPickLabels())[0] === 'GH_TOKEN');
    await workbench.press('Enter');
    await until('the new text', () => !editor.document.getText().includes(canaries.yaml));
    assert.equal(editor.document.getText(), flow("!expr '`Bearer ${secrets.GH_TOKEN}`' # a note"));
    assert.equal(await stored('GH_TOKEN'), canaries.yaml);
    await until('the declaration', async () => /^ {2}GH_TOKEN:/m.test(await read(FILE)));
    assert.match(
      await read(FILE),
      /# Ours\.\n[^]*# The team's\.\n {2}SHARED: \{ description: Shared \}\n {2}GH_TOKEN:\n/,
    );
    said.push(await notice(/GH_TOKEN of move is in .* now\. It has stood in a file, and Undo/));
    await workbench.screenshot('move-done');
    await until('no report', () => problems(editor.document.uri).length === 0);
  });

  it('moves a literal of JavaScript to a key that waits for a value; Undo brings the text back, the value stays', async () => {
    const text = flow(`!expr |-\n          post({ token: "${canaries.code}", name: "x" })`);
    await write(`${ID}/code.flow.yaml`, text);
    const editor = await openFile(`${ID}/code.flow.yaml`);
    cursorAfter(editor, 'token: "xoxb');
    await workbench.runCommand('Flows: Move Literal to Secret');
    await workbench.pick('SHARED');
    await until('the new text', () => !editor.document.getText().includes(canaries.code));
    assert.equal(editor.document.getText(), text.replace(`"${canaries.code}"`, 'secrets.SHARED'));
    assert.equal(await stored('SHARED'), canaries.code);
    said.push(await notice(/SHARED of move is in/));
    // The key was declared: one file, one step.
    await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
    await vscode.commands.executeCommand('undo');
    assert.equal(editor.document.getText(), text);
    assert.equal(await stored('SHARED'), canaries.code);
    await editor.document.save();

    // A second time the key is offered for its value, and nothing new is stored.
    await workbench.runCommand('Flows: Move Literal to Secret');
    assert.equal((await workbench.quickPickLabels())[0], 'SHARED');
    assert.match((await workbench.texts('.quick-input-list .monaco-list-row'))[0]!, /has this very value/);
    await workbench.pick('SHARED');
    await until('the new text', () => editor.document.getText().includes('secrets.SHARED'));
    await editor.document.save();
  });

  it('moves a value out of the project file', async () => {
    const before = await read(FILE);
    await write(FILE, `${before}  IN_FILE:\n    # why\n    value: ${canaries.file}\n    description: d\n`);
    const editor = await openFile(FILE);
    await until('the report', () =>
      problems(editor.document.uri).some((one) => one.startsWith('project-value')),
    );
    cursorAfter(editor, 'value: Can');
    await quickFix('Move the value of IN_FILE to the keychain');
    await until('the removal', async () => !(await read(FILE)).includes(canaries.file));
    assert.equal(await read(FILE), `${before}  IN_FILE:\n    # why\n    description: d\n`);
    assert.equal(await stored('IN_FILE'), canaries.file);
    said.push(await notice(/IN_FILE of move is in/));
  });

  it('changes nothing where no key is chosen, or nothing stands', async () => {
    const text = flow(canaries.reused);
    await write(`${ID}/none.flow.yaml`, text);
    const editor = await openFile(`${ID}/none.flow.yaml`);
    const keys = async () =>
      (await keytar.findCredentials(`flow-secrets/${ID}`)).map(({ account }) => account).sort();
    const had = await keys();
    cursorAfter(editor, 'Customization: Can');
    await workbench.runCommand('Flows: Move Literal to Secret');
    await workbench.inputBox();
    await workbench.press('Escape');
    await workbench.waitForNoInput();
    assert.equal(editor.document.getText(), text);
    cursorAfter(editor, 'coreBlock: tr');
    await workbench.runCommand('Flows: Move Literal to Secret');
    said.push(await notice(/No text that a secret could replace/));
    assert.equal(editor.document.getText(), text);
    assert.deepEqual(await keys(), had);
  });

  it('tells the value to nobody: no message to or from the server but the document itself, no log, no notification', () => {
    const search = new CanarySearch(canaries);
    const logs = path.join(process.env['CODE_HOST_USER_DATA']!, 'logs');
    const files = readdirSync(logs, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.log$/.test(name),
    );
    const ours = files.find((name) => path.basename(name) === 'Flow Secrets.log');
    assert.ok(ours, 'the log with the traffic');
    const { kept, documents } = withoutDocuments(readFileSync(path.join(logs, ours), 'utf8'));
    assert.match(kept, /flows\/literalAt/);
    assert.match(kept, /textDocument\/codeAction/);
    // The editor tells the server every text that is open: the literal is in those messages, and the search finds it there.
    assert.notDeepEqual(search.inBytes('documents', Buffer.from(documents)), []);
    const finds = [
      ...search.inBytes('traffic', Buffer.from(kept)),
      ...files
        .filter((name) => name !== ours)
        .flatMap((name) => search.inBytes(name, readFileSync(path.join(logs, name)))),
      ...search.inBytes('notifications', Buffer.from(said.join('\n'))),
    ];
    assert.deepEqual(finds, []);
    assert.equal(said.length, 4);
  });
});

/** Splits a trace into messages; those that keep the server's copy of a document are told apart. */
function withoutDocuments(trace: string): { kept: string; documents: string } {
  const messages = trace.split(/^(?=\d{4}-\d\d-\d\d [\d:.]+ \[)/m);
  const isSync = (message: string) => /'textDocument\/did(?:Open|Change)'/.test(message);
  return {
    kept: messages.filter((message) => !isSync(message)).join(''),
    documents: messages.filter(isSync).join(''),
  };
}
