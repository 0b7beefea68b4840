/** The language server as a process of its own: what happens when it ends. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { addSecret, closeAll, openFile, problems, workspaceFile, writeFile } from './editor.js';
import { until, workbench } from './workbench.js';

/** Our server's process, a child of this extension host. */
function serverPid(): number | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      if (
        Number(parent) === process.pid &&
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('dist/server.js')
      )
        return Number(pid);
    } catch {
      // It has ended.
    }
  }
  return undefined;
}

describe('the language server', function () {
  this.timeout(60_000);
  before(function () {
    if (process.platform !== 'linux' || !workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private')
      this.skip();
  });
  afterEach(closeAll);

  it('comes back after a crash and knows the keys of this machine again', async () => {
    const file = 'crash/a.flow.yaml';
    await writeFile('crash/flows.project.yaml', 'project: crash\nsecrets:\n  SET:\n  UNSET:\n');
    await writeFile(
      file,
      'blocks:\n  - name: A\n    type:\n      coreBlock: transform\n    outputs:\n      default:\n        outputCustomization: !expr "[secrets.SET, secrets.UNSET, secrets.NONE]"\n',
    );
    await addSecret(workspaceFile(file), 'SET', 'crash-canary-1');
    const { document } = await openFile(file);
    const expected = ['secret-without-value', 'undefined-secret'];
    const codes = () => problems(document.uri).map((text) => text.split(':')[0]!);
    await until('the diagnostics', () => codes().join() === expected.join());

    const pid = await until('the server', serverPid);
    // What is sent to it before its end is known fails, and must not count against it.
    const start = new vscode.Position(0, 0);
    const asked = Array.from({ length: 200 }, () =>
      vscode.commands.executeCommand('vscode.executeHoverProvider', document.uri, start),
    );
    process.kill(pid, 'SIGKILL');
    await Promise.allSettled(asked);
    const next = await until('another server', () => {
      const now = serverPid();
      return now !== pid && now;
    });
    assert.notEqual(next, pid);
    const editor = await openFile(file);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# again\n'));
    await until('the same diagnostics again', () => codes().join() === expected.join());
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
    );
    assert.ok(lenses.some(({ command }) => /2 secrets have no value/.test(command?.title ?? '')));
  });
});
