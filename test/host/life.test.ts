/** Every command of a secret's life, through the real input boxes, on the real keychain and on VS Code's secret storage. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import type * as Keytar from 'keytar';
import * as vscode from 'vscode';
import { CanarySearch } from './canary.js';
import {
  addSecret,
  closeAll,
  cursorAfter,
  enterValue,
  notification,
  openFile,
  problems,
  readFile,
  setSetting,
  workspaceFile,
  writeFile,
} from './editor.js';
import { until, workbench } from './workbench.js';

const keytar = createRequire(__filename)('keytar') as typeof Keytar;

const values = {
  first: 'Canary-First-8Hs2Lq',
  second: 'Canary-Second-p0Zx77',
  third: 'Canary-Third-Kd93mW',
  pem: '-----BEGIN CANARY-----\nMIIBcanaryPem4821\nAAECAwQFBg==\n-----END CANARY-----\n',
  env: 'Canary-Env-Yt55Rb=',
  envToo: 'Canary-EnvToo-b#1 x',
};

let projects = 0;

/** A project of its own in the workspace. */
async function project(
  files: Readonly<Record<string, string>>,
): Promise<{ id: string; folder: string; uri: string; readonly read: (name: string) => Promise<string> }> {
  const id = `life-${++projects}`;
  for (const [name, text] of Object.entries({
    'flows.project.yaml': `project: ${id}\nsecrets: {}\n`,
    ...files,
  })) {
    await writeFile(`${id}/${name}`, text.replaceAll('ID', id));
  }
  const read = (name: string) => readFile(`${id}/${name}`);
  return { id, folder: id, uri: workspaceFile(`${id}/flows.project.yaml`).toString(), read };
}

function flow(...keys: readonly string[]): string {
  const blocks = keys.map(
    (key, i) =>
      `  - name: Block ${i}\n    type:\n      coreBlock: transform\n    outputs:\n      default:\n        outputCustomization: !expr secrets.${key}\n`,
  );
  return `blocks:\n${blocks.join('')}`;
}

const stored = (id: string, key: string) => keytar.getPassword(`flow-secrets/${id}`, key);

/** Starts a command and leaves its boxes to the test. Resolves when it is done. */
function run(command: string, given?: unknown): Promise<unknown> {
  return Promise.resolve(vscode.commands.executeCommand(command, given));
}

const add = (uri: string, key: string, value: string) => addSecret(vscode.Uri.parse(uri), key, value);

describe('the life of a secret', function () {
  this.timeout(90_000);

  before(function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') this.skip();
  });
  beforeEach(() => vscode.commands.executeCommand('notifications.clearAll'));
  afterEach(closeAll);

  describe('Add Secret', () => {
    it('checks the key and advises on the value while they are typed, and quotes neither', async () => {
      const { id, folder } = await project({});
      await openFile(`${folder}/flows.project.yaml`);
      const done = run('flows.addSecret');
      await workbench.inputBox();
      await workbench.fillInput('9LIVES');
      await until('the refusal of the key', async () =>
        /may not start with a digit/.test((await workbench.inputBox()).message),
      );
      await workbench.fillInput('a-b');
      await until('the refusal of the key', async () =>
        /letters, digits, _ and \$ only/.test((await workbench.inputBox()).message),
      );
      await workbench.fillInput('nine_lives');
      await until('the advice on the key', async () =>
        /usually written in capitals/.test((await workbench.inputBox()).message),
      );
      await workbench.press('Enter');
      await until('the box for the value', async () => (await workbench.inputBox()).password);
      await workbench.fillInput('ab');
      await until('the advice on a short value', async () =>
        /fewer than 4 characters/.test((await workbench.inputBox()).message),
      );
      await workbench.fillInput(` ${values.first}`);
      const { message } = await until('the advice on blanks', async () => {
        const box = await workbench.inputBox();
        return /starts or ends with a blank/.test(box.message) && box;
      });
      assert.doesNotMatch(message, /Canary/);
      await workbench.fillInput('');
      await workbench.press('Enter');
      await until('the refusal of nothing', async () =>
        /The value is empty/.test((await workbench.inputBox()).message),
      );
      await workbench.fillInput(values.first);
      await workbench.press('Enter');
      await done;
      assert.equal(await stored(id, 'nine_lives'), values.first);
    });

    it('makes the project file where there is none', async () => {
      await writeFile('bare/a.flow.yaml', flow('TOKEN'));
      await openFile('bare/a.flow.yaml');
      const folder = vscode.workspace.workspaceFolders![0]!.name;
      await add(workspaceFile('bare/a.flow.yaml').toString(), 'TOKEN', values.first);
      const file = workspaceFile('flows.project.yaml');
      assert.match(
        await readFile('flows.project.yaml'),
        new RegExp(`project: ${folder}\\nsecrets:\\n  TOKEN:`),
      );
      assert.equal(await stored(folder, 'TOKEN'), values.first);
      await vscode.workspace.fs.delete(file);
    });

    it('keeps the line breaks of a text from the clipboard', async () => {
      const { id, uri } = await project({});
      await vscode.env.clipboard.writeText(values.pem);
      const done = run('flows.addSecret', { key: 'PEM', uri });
      await until('the box for the value', async () => (await workbench.inputBox()).password);
      await workbench.click('.quick-input-titlebar .action-label[aria-label^="Take the clipboard"]');
      await until('the clipboard to be taken', async () =>
        /From the clipboard, 4 lines/.test((await workbench.inputBox()).placeholder),
      );
      assert.equal((await workbench.inputBox()).isError, false);
      assert.doesNotMatch(
        (await workbench.inputBox()).message,
        /line break/,
        'texts of several lines end so',
      );
      await workbench.press('Enter');
      await done;
      assert.equal(await stored(id, 'PEM'), values.pem);
      await vscode.env.clipboard.writeText('');
    });

    it('keeps the line breaks of a text that is pasted into the box', async () => {
      const { id, uri } = await project({});
      await vscode.env.clipboard.writeText(values.pem);
      const done = run('flows.addSecret', { key: 'PEM', uri });
      await until('the box for the value', async () => (await workbench.inputBox()).password);
      // What Chromium makes of it; the browser of this test has no keyboard access to the clipboard.
      await workbench.fillInput(values.pem.trimEnd().replaceAll('\n', ' '));
      await workbench.press('Enter');
      await done;
      assert.equal(await stored(id, 'PEM'), values.pem);
      await vscode.env.clipboard.writeText('');
    });

    it('takes the text of a file', async () => {
      const { id, folder, uri } = await project({ 'key.pem': values.pem, 'token.txt': `${values.second}\n` });
      for (const [name, expected] of [
        ['key.pem', values.pem],
        ['token.txt', values.second],
      ] as const) {
        const done = run('flows.addSecret', { key: 'FILE', uri });
        await until(
          'the box for the value',
          async () => (await workbench.inputBox().catch(() => undefined))?.password,
        );
        await workbench.click('.quick-input-titlebar .action-label[aria-label^="Take the text of a file"]');
        // Else the tooltip of what comes under it lies over the dialog's button.
        await workbench.parkMouse();
        await until(
          'the file dialog',
          async () => (await workbench.inputBox().catch(() => undefined))?.password === false,
        );
        const file = workspaceFile(`${folder}/${name}`);
        await workbench.fillInput(file.fsPath);
        await until('the folder of the file', async () => (await workbench.quickPickLabels()).includes(name));
        // While it reads the folder the dialog takes nothing; its button is "OK" in old versions, and the box has none.
        const take = '.quick-input-widget:has(.quick-input-title:text("File with")) .monaco-button:visible';
        await until('the file to be taken', async () => {
          const box = await workbench.inputBox().catch(() => undefined);
          if (box?.placeholder.startsWith(`From ${name}`)) return true;
          if (box?.password === false) await workbench.click(take, { timeout: 1_000 }).catch(() => undefined);
          return false;
        });
        await workbench.press('Enter');
        await done;
        assert.equal(await stored(id, 'FILE'), expected);
        await vscode.workspace.fs.delete(file);
      }
    });

    it('stores nothing when it is cancelled, and leaves a broken project file alone', async () => {
      const { id, uri, read } = await project({ 'flows.project.yaml': 'project: ID\nsecrets: [A]\n' });
      const cancelled = run('flows.addSecret', { key: 'TOKEN', uri });
      await workbench.inputBox();
      await workbench.press('Escape');
      await cancelled;
      assert.equal(await stored(id, 'TOKEN'), null);
      await add(uri, 'TOKEN', values.first);
      assert.equal(await stored(id, 'TOKEN'), values.first);
      assert.match(
        (await workbench.notifications()).join(),
        /TOKEN is stored, but not declared: .*no map of keys/,
      );
      assert.equal(await read('flows.project.yaml'), `project: ${id}\nsecrets: [A]\n`);
    });
  });

  it('Update Secret Value: offers keys with a value here and starts with an empty box', async () => {
    const { id, folder, uri } = await project({});
    await add(uri, 'ONE', values.first);
    await add(uri, 'TWO', values.first);
    await openFile(`${folder}/flows.project.yaml`);
    const done = run('flows.updateSecret');
    assert.deepEqual(await workbench.quickPickLabels(), ['ONE', 'TWO']);
    await workbench.pick('TWO');
    await enterValue(values.second);
    await done;
    assert.deepEqual([await stored(id, 'ONE'), await stored(id, 'TWO')], [values.first, values.second]);
  });

  it('Copy Secret Reference: the reference, not the value', async () => {
    const { uri } = await project({});
    await add(uri, 'ONE', values.first);
    await run('flows.copySecretReference', { key: 'ONE', uri });
    assert.equal(await vscode.env.clipboard.readText(), 'secrets.ONE');
  });

  it('Delete Secret: lists uses; Undo brings value and declaration back', async () => {
    const { id, folder, uri, read } = await project({
      'flows.project.yaml': 'project: ID\nsecrets:\n  # why\n  ONE: { description: d }\n',
      'a.flow.yaml': flow('ONE', 'ONE'),
    });
    await add(uri, 'ONE', values.first);
    const before = await read('flows.project.yaml');
    const editor = await openFile(`${folder}/a.flow.yaml`);
    await until(
      'the uses',
      async () =>
        (
          await vscode.commands.executeCommand<vscode.CodeLens[]>(
            'vscode.executeCodeLensProvider',
            editor.document.uri,
          )
        ).length > 0,
    );
    let done = run('flows.deleteSecret', { key: 'ONE', uri });
    const labels = await until('the uses in the list', async () => {
      const shown = await workbench.quickPickLabels();
      if (shown.length === 4) return shown;
      await workbench.press('Escape');
      await done;
      done = run('flows.deleteSecret', { key: 'ONE', uri });
      return undefined;
    });
    assert.deepEqual(labels, [
      'Delete the value',
      'Delete the value and the declaration',
      `${folder}/a.flow.yaml`,
      `${folder}/a.flow.yaml`,
    ]);
    await workbench.screenshot('delete-secret');
    await workbench.pick('Delete the value and the declaration');
    await done;
    assert.equal(await read('flows.project.yaml'), `project: ${id}\nsecrets:\n  # why\n`);
    await until('the error', () =>
      problems(editor.document.uri).some((text) => text.startsWith('undefined-secret')),
    );
    assert.match(
      (await workbench.notifications()).join(),
      /The value of ONE and its declaration are deleted\. Undo works for 10 seconds/,
    );
    await workbench.clickNotification('Undo');
    await until('the declaration', async () => (await read('flows.project.yaml')) === before);
    await until('no error', () => problems(editor.document.uri).length === 0);
    assert.equal(await stored(id, 'ONE'), values.first);
  });

  it('Delete Secret: the value is off the list at once and out of the keychain ten seconds later', async () => {
    const { id, folder, uri, read } = await project({ 'a.flow.yaml': flow('ONE') });
    await add(uri, 'ONE', values.first);
    const done = run('flows.deleteSecret', { key: 'ONE', uri });
    await workbench.pick('Delete the value');
    await done;
    assert.match(await read('flows.project.yaml'), /ONE:/);
    const problem = 'secret-without-value';
    const editor = await openFile(`${folder}/a.flow.yaml`);
    await until('that a run would lack it', () =>
      problems(editor.document.uri).some((text) => text.startsWith(problem)),
    );
    assert.equal(await stored(id, 'ONE'), values.first, 'not yet');
    await until('the value to go', async () => (await stored(id, 'ONE')) === null, 30_000);
    // Newer versions take it off the screen by then.
    await vscode.commands.executeCommand('notifications.showList');
    await workbench.click('.notification-list-item a.monaco-button:has-text("Undo")');
    await vscode.commands.executeCommand('notifications.hideList');
    await notification(/ONE is gone/);
  });

  it('Update Secret Value: where no key has a value, one is added from there', async () => {
    const { id, uri } = await project({});
    await run('flows.updateSecret', { uri });
    await notification(new RegExp(`^No secret of ${id} has a value on this machine\\.$`));
    await workbench.clickNotification('Add Secret');
    const box = await workbench.inputBox();
    assert.equal(box.title.startsWith(`Add Secret to ${id}`), true, box.title);
    await workbench.press('Escape');
    await workbench.waitForNoInput();
  });

  it('Show Missing Secrets: fills them one after another', async () => {
    const { id, folder, uri } = await project({
      'flows.project.yaml': 'project: ID\nsecrets:\n  ONE: { description: The first. }\n  TWO:\n',
      'a.flow.yaml': flow('THREE'),
    });
    await openFile(`${folder}/a.flow.yaml`);
    const all = run('flows.showMissingSecrets');
    assert.deepEqual(
      (await workbench.quickPickLabels()).slice(1, 4),
      ['ONE', 'THREE', 'TWO'],
      'those of the file first',
    );
    await workbench.press('Escape');
    await all;
    const done = run('flows.showMissingSecrets', { uri });
    assert.deepEqual(await workbench.quickPickLabels(), ['Fill all 3', 'ONE', 'THREE', 'TWO']);
    await workbench.pick('Fill all 3');
    await until('the question', async () =>
      /Value of ONE\. The first\. It goes to the keychain/.test((await workbench.inputBox()).message),
    );
    for (const value of [values.first, values.second, values.third]) await enterValue(value);
    await done;
    assert.deepEqual(
      [await stored(id, 'ONE'), await stored(id, 'THREE'), await stored(id, 'TWO')],
      [values.first, values.second, values.third],
    );
    await run('flows.showMissingSecrets', { uri });
    await notification(/Every secret has a value/);
  });

  it('Rename Secret: value, declaration and every expression, also in files that are not open', async () => {
    const { id, folder, uri, read } = await project({
      'flows.project.yaml': 'project: ID\nsecrets:\n  OLD: { description: d } # c\n  TAKEN:\n',
      'a.flow.yaml': flow('OLD', 'TAKEN'),
      'deep/b.flow.yaml': flow('OLD').replace('!expr secrets.OLD', `!expr "\`\${secrets['OLD']}\`"`),
    });
    await add(uri, 'OLD', values.first);
    await openFile(`${folder}/flows.project.yaml`);
    const done = run('flows.renameSecret', { key: 'OLD', uri });
    await workbench.inputBox();
    await workbench.fillInput('TAKEN');
    await until('the refusal', async () =>
      /has a secret TAKEN already/.test((await workbench.inputBox()).message),
    );
    await workbench.fillInput('NEW');
    await workbench.press('Enter');
    await done;
    assert.equal(
      await read('flows.project.yaml'),
      `project: ${id}\nsecrets:\n  NEW: { description: d } # c\n  TAKEN:\n`,
    );
    assert.equal(await read('a.flow.yaml'), flow('NEW', 'TAKEN'));
    assert.match(await read('deep/b.flow.yaml'), /secrets\['NEW'\]/);
    assert.deepEqual([await stored(id, 'OLD'), await stored(id, 'NEW')], [null, values.first]);
  });

  it('F2 on a key moves its value along', async () => {
    const { id, folder, uri } = await project({
      'flows.project.yaml': 'project: ID\nsecrets:\n  OLD:\n',
      'a.flow.yaml': flow('OLD'),
    });
    await add(uri, 'OLD', values.first);
    const editor = await openFile(`${folder}/a.flow.yaml`);
    const position = cursorAfter(editor, 'secrets.OL');
    const edit = await until('the edit', async () => {
      const made = await vscode.commands.executeCommand<vscode.WorkspaceEdit | undefined>(
        'vscode.executeDocumentRenameProvider',
        editor.document.uri,
        position,
        'NEW',
      );
      return made?.size === 2 && made;
    });
    assert.equal(await stored(id, 'OLD'), values.first, 'not before the edit is applied');
    await vscode.workspace.applyEdit(edit);
    await until(
      'the value under its new name',
      async () => (await stored(id, 'OLD')) === null && (await stored(id, 'NEW')) === values.first,
    );
    await vscode.workspace.saveAll();
  });

  it('Import Secrets from .env: keys only in the preview, conflicts not ticked, then out of git', async () => {
    const { id, folder, uri, read } = await project({
      '.env': `# c\nexport A="${values.env}"\nB='${values.envToo}'\nSET=${values.second}\nbad-key=x\n`,
    });
    await add(uri, 'SET', values.first);
    const root = workspaceFile(folder).fsPath;
    execFileSync('git', ['init', '-q'], { cwd: root });
    execFileSync('git', ['add', '.env'], { cwd: root });

    const done = run('flows.importEnv', workspaceFile(`${folder}/.env`));
    assert.deepEqual(await workbench.quickPickLabels(), ['A', 'B', 'SET']);
    const rows = await workbench.texts('.quick-input-list .monaco-list-row');
    assert.doesNotMatch(rows.join(), /Canary/);
    assert.match(rows.join(), /SET.*replaces the value/);
    assert.match((await workbench.inputBox()).placeholder, /Not usable: bad-key \(line 5\)/);
    await workbench.screenshot('import-preview');
    await workbench.press('Enter');
    // SET was not ticked, and bad-key is no key.
    await notification(/^2 secrets imported from \.env\. Not imported: SET, bad-key\. The file is in git/);
    const buttons = await workbench.texts('.notifications-toasts .notification-list-item a.monaco-button');
    assert.deepEqual(
      buttons,
      ['Stop Tracking in Git', 'Open File'],
      'what only the file holds is not deleted',
    );
    await workbench.clickNotification('Stop Tracking in Git');
    await done;
    assert.deepEqual(
      [await stored(id, 'A'), await stored(id, 'B'), await stored(id, 'SET')],
      [values.env, values.envToo, values.first],
    );
    assert.match(await read('flows.project.yaml'), /A:\n {2}B:\n/);
    assert.equal(execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }), '');
    assert.equal(await read('.gitignore'), '/.env\n');
    await vscode.workspace.fs.delete(workspaceFile(`${folder}/.env`));
    // The index of git has held the file.
    await vscode.workspace.fs.delete(workspaceFile(`${folder}/.git`), { recursive: true });
  });

  it('Import Secrets from .env: the file may go once all of it is stored', async () => {
    const { folder, id } = await project({ '.env': `# c\nA=${values.env}\n` });
    const file = workspaceFile(`${folder}/.env`);
    const done = run('flows.importEnv', file);
    await workbench.quickPickLabels();
    await workbench.press('Enter');
    await workbench.clickNotification('Delete File');
    await done;
    assert.equal(await stored(id, 'A'), values.env);
    await assert.rejects(async () => vscode.workspace.fs.stat(file));
  });

  it('Move Secrets to Another Store, and back', async () => {
    const { id, uri } = await project({});
    await add(uri, 'ONE', values.first);
    await add(uri, 'TWO', values.pem.replaceAll('\n', ' '));
    let done = run('flows.moveSecrets');
    await workbench.pick('To VS Code’s secret storage');
    await done;
    assert.equal(await stored(id, 'ONE'), null);
    assert.equal(vscode.workspace.getConfiguration('flows').get('secrets.store'), 'secretStorage');
    await add(uri, 'THREE', values.third);
    assert.equal(await stored(id, 'THREE'), null);
    done = run('flows.moveSecrets');
    await workbench.pick('To the keychain');
    await done;
    assert.deepEqual(
      [await stored(id, 'ONE'), await stored(id, 'TWO'), await stored(id, 'THREE')],
      [values.first, values.pem.replaceAll('\n', ' '), values.third],
    );
    await setSetting('secrets.store', undefined);
  });

  it('Clear Secrets of This Project: only after its name has been typed', async () => {
    const { id, uri } = await project({});
    await add(uri, 'ONE', values.first);
    const first = run('flows.clearSecrets', { uri });
    await workbench.inputBox();
    await workbench.fillInput('no');
    await until('the question', async () =>
      /Type life-\d+ as it stands/.test((await workbench.inputBox()).message),
    );
    await workbench.press('Escape');
    await first;
    assert.equal(await stored(id, 'ONE'), values.first);
    const second = run('flows.clearSecrets', { uri });
    await workbench.inputBox();
    await workbench.fillInput(id);
    await workbench.press('Enter');
    await second;
    assert.deepEqual(await keytar.findCredentials(`flow-secrets/${id}`), []);
    const third = run('flows.clearSecrets', { uri });
    assert.match((await workbench.inputBox()).message, /^No value of life-\d+ is known on this machine\./);
    await workbench.press('Escape');
    await third;
  });

  it('a folder that calls itself by the name of another project asks before its flows get values', async () => {
    const { id, uri } = await project({});
    await add(uri, 'ONE', values.first);
    const thief = await project({
      'flows.project.yaml': `project: ${id}\nsecrets:\n  ONE:\n`,
      'a.flow.yaml': flow('ONE'),
    });
    const editor = await openFile(`${thief.folder}/a.flow.yaml`);
    const done = run('flows.runFlow', { uri: editor.document.uri.toString() });
    assert.match(
      (await workbench.inputBox()).title,
      new RegExp(`May the flows of .*${thief.folder} use the secrets of ${id}\\?`),
    );
    await workbench.screenshot('homes');
    await workbench.pick('No');
    await done;
    assert.deepEqual(await workbench.textsNow('.statusbar-item:has-text("a.flow.yaml")'), [], 'nothing runs');
  });

  it('warns of two keys with one value, by their names', async () => {
    const { uri } = await project({});
    await add(uri, 'ONE', values.first);
    await add(uri, 'TWIN', values.first);
    const text = await notification(/TWIN has the same value as ONE/);
    assert.doesNotMatch(text, /Canary/);
  });

  it('gives other extensions nothing: no export, no result of a command', async () => {
    const extension = vscode.extensions.getExtension('flow-secrets.flow-secrets')!;
    assert.equal(await extension.activate(), undefined);
    const { uri } = await project({});
    const done = run('flows.addSecret', { key: 'ONE', uri, value: 'ignored' });
    await enterValue(values.first);
    assert.equal(await done, undefined);
    assert.equal(await run('flows.copySecretReference', { key: 'ONE', uri }), undefined);
  });
});

describe('after the life of a secret', () => {
  it('no value is in any file but the keychain', function () {
    if (process.env['TEST_KEYCHAIN'] !== 'private') this.skip();
    const search = new CanarySearch(values);
    assert.deepEqual(search.inFolder(process.env['TEST_RUN_FOLDER']!), []);
    assert.ok(search.files > 50);
  });
});
