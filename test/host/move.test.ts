/** Flows: Move Literal to Secret, through the real quick fix, picker and keychain; and what is said about it, and where. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Keytar from 'keytar';
import * as vscode from 'vscode';
import { CanarySearch } from './canary.js';
import {
  closeAll,
  cursorAfter,
  notification,
  openFile,
  openQuickFixes,
  problems,
  readFile,
  setSetting,
  workspaceFile,
  writeFile,
} from './editor.js';
import { until, workbench } from './workbench.js';

const keytar = createRequire(__filename)('keytar') as typeof Keytar;

const canaries = {
  yaml: 'ghp_Canary0MoveYaml7Qw3ErTy5UiOp9AsDfGh1',
  code: 'xoxb-123456789012-CanaryMoveCode8Zx4CvBn',
  file: 'Canary-In-Project-File-71kQ',
  reused: 'Canary-Reused-Value-x92Lm',
  hcl: 'xoxb-223456789012-CanaryMoveHcl48Zx4CvBn',
  variable: 'Canary-Value-Of-Flows-Secret-8kW2',
  fault: 'ghp_Canary0MoveFault7Qw3ErTy5UiOp9AsDfG1',
  committed: 'ghp_Canary0Committed7Qw3ErTy5UiOp9AsDfG1',
};
const ID = 'move';
const FILE = `${ID}/flows.project.yaml`;

const stored = (key: string) => keytar.getPassword(`flow-secrets/${ID}`, key);

function flow(value: string): string {
  return `blocks:\n  - name: Notify\n    type:\n      coreBlock: transform\n    outputs:\n      default:\n        outputCustomization: ${value}\n`;
}

/** Chooses the quick fix at the cursor as a person does. */
async function quickFix(title: string, screenshot?: string): Promise<void> {
  await openQuickFixes(title);
  if (screenshot) await workbench.screenshot(screenshot);
  await workbench.press('Enter');
}

describe('Move Literal to Secret', function () {
  this.timeout(90_000);
  const said: string[] = [];

  before(async function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') return this.skip();
    await writeFile(
      FILE,
      `# Ours.\nproject: ${ID}\nsecrets:\n  # The team's.\n  SHARED: { description: Shared }\n`,
    );
    await setSetting('trace.server', 'verbose');
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
  after(() => setSetting('trace.server', undefined));

  it('moves a token of a YAML value: stored, declared, replaced in one edit', async () => {
    await writeFile(`${ID}/yaml.flow.yaml`, flow(`"Bearer ${canaries.yaml}" # a note`));
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
    await until('the declaration', async () => /^ {2}GH_TOKEN:/m.test(await readFile(FILE)));
    assert.match(
      await readFile(FILE),
      /# Ours\.\n[^]*# The team's\.\n {2}SHARED: \{ description: Shared \}\n {2}GH_TOKEN:\n/,
    );
    said.push(await notification(/GH_TOKEN of move is in .* now\. It has stood in a file, and Undo/));
    await workbench.screenshot('move-done');
    await until('no report', () => problems(editor.document.uri).length === 0);
  });

  it('moves a literal of JavaScript to a key that waits for a value; Undo brings the text back, the value stays', async () => {
    const text = flow(`!expr |-\n          post({ token: "${canaries.code}", name: "x" })`);
    await writeFile(`${ID}/code.flow.yaml`, text);
    const editor = await openFile(`${ID}/code.flow.yaml`);
    cursorAfter(editor, 'token: "xoxb');
    await workbench.runCommand('Flows: Move Literal to Secret');
    await workbench.pick('SHARED');
    await until('the new text', () => !editor.document.getText().includes(canaries.code));
    assert.equal(editor.document.getText(), text.replace(`"${canaries.code}"`, 'secrets.SHARED'));
    assert.equal(await stored('SHARED'), canaries.code);
    said.push(await notification(/SHARED of move is in/));
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
    const before = await readFile(FILE);
    await writeFile(
      FILE,
      `${before}  IN_FILE:\n    # why\n    value: ${canaries.file}\n    description: d\n`,
    );
    const editor = await openFile(FILE);
    await until('the report', () =>
      problems(editor.document.uri).some((one) => one.startsWith('project-value')),
    );
    cursorAfter(editor, 'value: Can');
    await quickFix('Move the value of IN_FILE to the keychain');
    await until('the removal', async () => !(await readFile(FILE)).includes(canaries.file));
    assert.equal(await readFile(FILE), `${before}  IN_FILE:\n    # why\n    description: d\n`);
    assert.equal(await stored('IN_FILE'), canaries.file);
    said.push(await notification(/IN_FILE of move is in/));
  });

  it('moves a token out of a Terraform file', async () => {
    const text = `resource "flows_app_installation" "slack" {\n  project_id    = var.project\n  config_fields = {\n    botToken = "'Bearer ${canaries.hcl}'"\n  }\n}\n`;
    await writeFile(`${ID}/slack.tf`, text);
    const editor = await openFile(`${ID}/slack.tf`);
    await until('the report', () =>
      problems(editor.document.uri).some((one) => one.startsWith('hard-coded-secret')),
    );
    cursorAfter(editor, 'Bearer xoxb');
    await quickFix('Move to secret…');
    await workbench.inputBox();
    await workbench.fillInput('SLACK_TOKEN');
    await until('the new key', async () => (await workbench.quickPickLabels())[0] === 'SLACK_TOKEN');
    await workbench.press('Enter');
    await until('the new text', () => !editor.document.getText().includes(canaries.hcl));
    assert.equal(
      editor.document.getText(),
      text.replace(`'Bearer ${canaries.hcl}'`, () => '`Bearer $${secrets.SLACK_TOKEN}`'),
    );
    assert.equal(await stored('SLACK_TOKEN'), canaries.hcl);
    await until('the declaration', async () => /^ {2}SLACK_TOKEN:/m.test(await readFile(FILE)));
    said.push(await notification(/SLACK_TOKEN of move is in/));
    await until('no report', () => problems(editor.document.uri).length === 0);
    await workbench.screenshot('move-terraform');
  });

  it('moves the value of a flows_secret: Terraform asks for it with a variable', async () => {
    const before = await readFile(FILE);
    const text = `resource "flows_secret" "db" {\n  project_id = var.project\n  key        = "DB_URL"\n  value      = "${canaries.variable}"\n}\n`;
    await writeFile(`${ID}/db.tf`, text);
    const editor = await openFile(`${ID}/db.tf`);
    await until('the report', () =>
      problems(editor.document.uri).some((one) => one.startsWith('hard-coded-secret')),
    );
    cursorAfter(editor, '= "Canary');
    await quickFix('Move the value of DB_URL to the keychain and a variable', 'move-variable-fix');
    await until('the new text', () => !editor.document.getText().includes(canaries.variable));
    assert.equal(
      editor.document.getText(),
      `${text.replace(`"${canaries.variable}"`, 'var.db_url')}\nvariable "db_url" {\n  type      = string\n  sensitive = true\n  ephemeral = true\n}\n`,
    );
    assert.equal(await stored('DB_URL'), canaries.variable);
    said.push(
      await notification(/DB_URL of move is in .* Terraform asks for it as var\.db_url: set TF_VAR_db_url\./),
    );
    await workbench.screenshot('move-variable');
    // Terraform declares the key: the project file has nothing to say about it.
    assert.equal(await readFile(FILE), before);
  });

  describe('when the files cannot be changed', () => {
    const at = `${ID}/fault.flow.yaml`;
    const text = flow(canaries.fault);
    let editor: vscode.TextEditor;
    const keys = async (project: string) =>
      (await keytar.findCredentials(`flow-secrets/${project}`)).map(({ account }) => account).sort();
    const open = async (file: string) => {
      await writeFile(file, text);
      editor = await openFile(file);
      cursorAfter(editor, 'Customization: ghp');
    };
    const move = async (key: string) => {
      await workbench.runCommand('Flows: Move Literal to Secret');
      await workbench.inputBox();
      await workbench.fillInput(key);
      await until('the new key', async () => (await workbench.quickPickLabels())[0] === key);
      await workbench.press('Enter');
    };

    it('leaves nothing behind: the editor refuses the edit, or fails', async () => {
      await open(at);
      const had = await keys(ID);
      const file = await readFile(FILE);
      const { workspace } = vscode;
      const { applyEdit } = workspace;
      for (const fault of [() => Promise.resolve(false), () => Promise.reject(new Error('Broken'))]) {
        let asked = 0;
        let held: string | null = null;
        Object.assign(workspace, {
          applyEdit: async () => {
            asked++;
            held = await stored('FAULT');
            return fault();
          },
        });
        try {
          await move('FAULT');
          said.push(await notification(/Nothing was moved to FAULT\. The file was not changed\./));
        } finally {
          Object.assign(workspace, { applyEdit });
        }
        // The value was stored before, so that it could not be lost.
        assert.deepEqual([asked, held], [1, canaries.fault]);
        assert.deepEqual(await keys(ID), had);
        assert.equal(editor.document.getText(), text);
        assert.equal(await readFile(FILE), file);
        await vscode.commands.executeCommand('notifications.clearAll');
        await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
      }
    });

    it('leaves nothing behind: a folder stands where the project file is to be', async () => {
      await vscode.workspace.fs.createDirectory(workspaceFile('move-no-file/inner'));
      const { workspaceFolders } = vscode.workspace;
      const project = path.basename(workspaceFolders![0]!.uri.fsPath);
      const list = workspaceFile('flows.project.yaml');
      await vscode.workspace.fs.createDirectory(vscode.Uri.joinPath(list, 'in the way'));
      try {
        await open('move-no-file/inner/a.flow.yaml');
        const had = await keys(project);
        await move('FAULT');
        said.push(await notification(/Nothing was moved to FAULT\. The file was not changed\./));
        assert.deepEqual(await keys(project), had);
        assert.equal(editor.document.getText(), text);
        assert.deepEqual(await vscode.workspace.fs.readDirectory(list), [
          ['in the way', vscode.FileType.Directory],
        ]);
      } finally {
        await vscode.workspace.fs.delete(list, { recursive: true });
      }
    });

    it('puts the value back that was there before, also one that no list names', async () => {
      const before = await readFile(FILE);
      await writeFile(FILE, `${before}  HAD:\n    value: ${canaries.fault}\n`);
      await keytar.setPassword(`flow-secrets/${ID}`, 'HAD', canaries.reused);
      editor = await openFile(FILE);
      await until('the report', () =>
        problems(editor.document.uri).some((one) => one.startsWith('project-value')),
      );
      cursorAfter(editor, 'value: ghp');
      await quickFix('Move the value of HAD to the keychain');
      said.push(
        await notification(/Nothing was moved to HAD\. It turns out to have another value on this machine/),
      );
      assert.equal(await stored('HAD'), canaries.reused);
      await vscode.commands.executeCommand('notifications.clearAll');
      const { workspace } = vscode;
      const { applyEdit } = workspace;
      Object.assign(workspace, { applyEdit: () => Promise.resolve(false) });
      try {
        await quickFix('Move the value of HAD to the keychain');
        assert.equal((await workbench.inputBox()).title, 'HAD has another value on this machine');
        await workbench.pick('Take the one in the file');
        said.push(await notification(/Nothing was moved to HAD\. The file was not changed/));
      } finally {
        Object.assign(workspace, { applyEdit });
      }
      assert.equal(await stored('HAD'), canaries.reused);
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
      await writeFile(FILE, before);
    });
  });

  it('says so when the token is in the history of the repository', async function () {
    const folder = workspaceFile(ID).fsPath;
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
        cwd: folder,
        stdio: 'ignore',
      });
    await writeFile(`${ID}/committed.flow.yaml`, flow(canaries.committed));
    git('init');
    git('add', 'committed.flow.yaml');
    git('commit', '-m', 'A token');
    await writeFile(`${ID}/committed.flow.yaml`, flow('null'));
    git('commit', '-a', '-m', 'No token');
    await writeFile(`${ID}/committed.flow.yaml`, flow(canaries.committed));
    const editor = await openFile(`${ID}/committed.flow.yaml`);
    cursorAfter(editor, 'Customization: ghp');
    await workbench.runCommand('Flows: Move Literal to Secret');
    await workbench.inputBox();
    await workbench.fillInput('COMMITTED');
    await until('the new key', async () => (await workbench.quickPickLabels())[0] === 'COMMITTED');
    await workbench.press('Enter');
    said.push(
      await notification(
        /COMMITTED of move is in .* It is in the git history: have it replaced where it was issued/,
      ),
    );
    await workbench.screenshot('move-committed');
  });

  it('changes nothing where no key is chosen, or nothing stands', async () => {
    const text = flow(canaries.reused);
    await writeFile(`${ID}/none.flow.yaml`, text);
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
    said.push(await notification(/No text that a secret could replace/));
    assert.equal(editor.document.getText(), text);
    assert.deepEqual(await keys(), had);
  });

  // Suites in a suite come after its tests: this one last.
  describe('in all of this', () => {
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
      assert.equal(said.length, 12);
    });
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
