/** The language server as a process of its own: what happens when it ends. */
import assert from 'node:assert/strict';
import childProcess, { type ChildProcess } from 'node:child_process';
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

  const file = 'crash/a.flow.yaml';
  const expected = ['secret-without-value', 'undefined-secret'];
  const codes = ({ uri }: vscode.TextDocument) => problems(uri).map((text) => text.split(':')[0]!);
  const again = (pid: number) =>
    until('another server', () => {
      const now = serverPid();
      return now !== pid && now;
    });

  it('comes back after a crash and knows the keys of this machine again', async () => {
    await writeFile('crash/flows.project.yaml', 'project: crash\nsecrets:\n  SET:\n  UNSET:\n');
    await writeFile(
      file,
      'blocks:\n  - name: A\n    type:\n      coreBlock: transform\n    outputs:\n      default:\n        outputCustomization: !expr "[secrets.SET, secrets.UNSET, secrets.NONE]"\n',
    );
    await addSecret(workspaceFile(file), 'SET', 'crash-canary-1');
    const { document } = await openFile(file);
    await until('the diagnostics', () => codes(document).join() === expected.join());

    const pid = await until('the server', serverPid);
    process.kill(pid, 'SIGKILL');
    await again(pid);
    const editor = await openFile(file);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# again\n'));
    await until('the same diagnostics again', () => codes(document).join() === expected.join());
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
    );
    assert.ok(lenses.some(({ command }) => /2 secrets have no value/.test(command?.title ?? '')));
  });

  it('comes back also when much could not be sent to it before its end was known', async () => {
    const { document } = await openFile(file);
    await until('the diagnostics', () => codes(document).join() === expected.join());
    const { fork } = childProcess;
    let server: ChildProcess | undefined;
    const follow = (...given: Parameters<typeof fork>) => (server = fork(...given));
    childProcess.fork = follow as typeof fork;
    try {
      const pid = await until('the server', serverPid);
      process.kill(pid, 'SIGKILL');
      await again(pid);
    } finally {
      childProcess.fork = fork;
    }
    const lost = server!;
    await until('an answer of the new one', async () => {
      const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
        'vscode.executeDocumentSymbolProvider',
        document.uri,
      );
      return symbols?.length;
    });
    // On a busy machine the news of its end comes late; here it waits until much has been sent in vain.
    const news: (() => void)[] = [];
    const emit = lost.emit.bind(lost) as (event: string, ...given: unknown[]) => boolean;
    lost.emit = (event: string, ...given: unknown[]) => {
      if (event !== 'exit' && event !== 'close') return emit(event, ...given);
      return news.push(() => emit(event, ...given)) > 0;
    };
    let failed = 0;
    const send = lost.send.bind(lost) as (...given: unknown[]) => boolean;
    lost.send = (...given: unknown[]) => {
      if (!lost.connected) failed++;
      return send(...given);
    };
    lost.kill('SIGKILL');
    await until('its end', () => news.length === 2);
    const start = new vscode.Position(0, 0);
    for (let i = 0; i < 20; i++)
      void vscode.commands.executeCommand('vscode.executeHoverProvider', document.uri, start);
    // The library gives up after fewer.
    await until('what could not be sent', () => failed > 4);
    for (const tell of news) tell();
    await again(lost.pid!);
    const editor = await openFile(file);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# once more\n'));
    await until('the same diagnostics again', () => codes(document).join() === expected.join());
  });
});
