/**
 * The whole story on real parts: undefined keys, adding one by the quick fix, the error gone, a run that uses a secret, its
 * output. Afterwards the values are looked for in everything that could hold them.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type * as Keytar from 'keytar';
import * as vscode from 'vscode';
import { CanarySearch } from './canary.js';
import {
  closeAll,
  cursorAfter,
  openFile,
  openQuickFixes,
  problems,
  outputText,
  setSetting,
  undefinedKeys,
  workspaceFile,
  writeFile,
} from './editor.js';
import { until, workbench } from './workbench.js';

const keytar = createRequire(__filename)('keytar') as typeof Keytar;

const canaries = {
  'the Jira status': 'kQ7canary2Xv9ZbT4mWp-äß€',
  // What an HTTP header may carry.
  'the API token': `Zx9"q'\\$HOME&<tag>^50%+ token`,
};

describe('from an undefined key to a run that shows no secret', function () {
  this.timeout(120_000);
  const commandLines = new Set<string>();
  let watch: NodeJS.Timeout;
  let server: http.Server;
  const received: string[] = [];

  before(async function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') return this.skip();
    // What any user of the machine can read while the story goes on.
    watch = setInterval(() => collect(commandLines, 'cmdline'), 200);
    await setSetting('trace.server', 'verbose');
    await setSetting('run.reveal', 'output');
    await setSetting('run.outputData', true);
    await openFile('ops/jira-approval.flow.yaml');
    await setLogLevel('Flow Secrets', 'Trace');

    server = http.createServer((request, response) => {
      request.setEncoding('utf8');
      let body = '';
      request.on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        received.push(`${request.headers.authorization ?? ''}\n${body}`);
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify({
            method: request.method,
            headers: request.headers,
            body: JSON.parse(body) as unknown,
          }),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const flow = workspaceFile('examples/secret-echo.flow.yaml');
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(flow));
    const { port } = server.address() as AddressInfo;
    assert.ok(text.includes('127.0.0.1:8787'));
    await writeFile('examples/secret-echo.flow.yaml', text.replace('127.0.0.1:8787', `127.0.0.1:${port}`));
  });

  after(async () => {
    clearInterval(watch);
    server.close();
    await setSetting('trace.server', undefined);
    await setSetting('run.reveal', undefined);
    await setSetting('run.outputData', undefined);
    await closeAll();
  });

  it('completes and describes keys, never values', async () => {
    const editor = await openFile('ops/jira-approval.flow.yaml');
    // What has a value here is known a moment later than what is declared.
    await until('the keys of this machine', () =>
      problems(editor.document.uri).some((text) => text.startsWith('secret-without-value')),
    );
    cursorAfter(editor, '${secrets.');
    await vscode.commands.executeCommand('editor.action.triggerSuggest');
    const row = '.suggest-widget.visible .monaco-list-row';
    await until('the keys', async () => (await workbench.suggestions()).includes('JWT_SECRET'));
    // Beside each key that lacks one, whether it has the focus or not: other keys may have got theirs in other tests.
    for (const key of ['JIRA_CUSTOM_FIELD_ID', 'JWT_SECRET']) {
      for (const state of ['.focused', ':not(.focused)']) {
        const beside = `${row}${state}:has(.label-name:has-text("${key}")) .details-label:visible`;
        await until(`what ${key} lacks${state}`, async () => {
          if ((await workbench.textsNow(beside)).join() === 'no value') return true;
          await workbench.press('ArrowDown');
          return false;
        });
      }
    }
    await workbench.screenshot('completion');
    await workbench.press('Escape');

    cursorAfter(editor, 'secrets.JWT_SEC');
    await vscode.commands.executeCommand('editor.action.showHover');
    await until('all of the hover', async () =>
      /JWT_SECRET.*project ops[\s\S]*Signs approval links/.test(await workbench.hoverText()),
    );
    await workbench.screenshot('hover');
    await workbench.press('Escape');
  });

  it('the quick fix of an undefined key asks for its value, hidden, and the error is gone', async () => {
    const editor = await openFile('ops/jira-approval.flow.yaml');
    const before = await until('the undefined keys', () => {
      const keys = undefinedKeys(editor.document);
      return keys.includes('JIRA_DENIED_STATUS') && keys;
    });
    cursorAfter(editor, 'secrets.JIRA_DENIED');
    await vscode.commands.executeCommand('workbench.actions.view.problems');
    await openQuickFixes('Add secret JIRA_DENIED_STATUS');
    await workbench.screenshot('problem-with-quick-fix');
    await workbench.press('Enter');
    await enterValue(canaries['the Jira status'], 'password-box');
    await until('the error to go', () => !undefinedKeys(editor.document).includes('JIRA_DENIED_STATUS'));
    assert.deepEqual(
      undefinedKeys(editor.document),
      before.filter((key) => key !== 'JIRA_DENIED_STATUS'),
    );
    assert.equal(
      await keytar.getPassword('flow-secrets/ops', 'JIRA_DENIED_STATUS'),
      canaries['the Jira status'],
    );
    await vscode.commands.executeCommand('workbench.action.closePanel');
  });

  it('running a flow asks for what is missing, sends the secret where the flow says, and shows its name only', async () => {
    const editor = await openFile('examples/secret-echo.flow.yaml');
    await until('the code lens', async () => {
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        editor.document.uri,
      );
      return lenses.some(({ command }) => command?.command === 'flows.runFlow');
    });
    await workbench.runCommand('Flows: Run Flow');
    await workbench.pick('Set DEMO_API_TOKEN');
    await enterValue(canaries['the API token']);

    const address = await until(
      'the address',
      async () => /listens on (http:\/\/127\.0\.0\.1:\d+)\/echo/.exec(await outputText('Flow Run'))?.[1],
    );
    const reply = await fetch(`${address}/echo/greeting`, { method: 'POST', body: 'x' });
    assert.equal(await reply.text(), JSON.stringify({ topic: 'greeting', accepted: true }));
    assert.equal(received.length, 1);
    assert.ok(received[0]!.startsWith(`Bearer ${canaries['the API token']}\n`), 'in the header');
    assert.ok(received[0]!.includes(JSON.stringify(canaries['the API token'])), 'in the body');

    const output = await until('the reply in the output', async () => {
      const text = await outputText('Flow Run');
      return /Call Echo Server → default/.test(text) && text;
    });
    assert.match(output, /Call Echo Server → default .*‹secret:DEMO_API_TOKEN›/);
    assert.match(output, /Sign Message → default .*‹secret:DEMO_API_TOKEN›/);
    await workbench.screenshot('run-output');
    await workbench.runCommand('Flows: Stop');
    await until('the end of the run', async () => /has been stopped/.test(await outputText('Flow Run')));
  });

  it('no value is on disk, in a command line, in an environment, in a setting or in the traffic with the server', () => {
    // The traffic must have been recorded, or its search would prove nothing.
    const log = logText();
    assert.match(log, /flows\/secretKeys/);
    assert.match(log, /DEMO_API_TOKEN/);

    collect(commandLines, 'cmdline');
    const environments = new Set<string>();
    collect(environments, 'environ');
    const search = new CanarySearch(canaries);
    const run = process.env['TEST_RUN_FOLDER']!;
    const finds = [
      ...search.inFolder(run),
      ...search.inFolder(process.env['CODE_HOST_OUT']!),
      ...search.inBytes('command lines', Buffer.from([...commandLines].join('\n'))),
      ...search.inBytes('environments', Buffer.from([...environments].join('\n'))),
      ...search.inBytes('the extension host’s environment', Buffer.from(JSON.stringify(process.env))),
      ...search.inBytes('settings', Buffer.from(JSON.stringify(vscode.workspace.getConfiguration('flows')))),
      ...vscode.workspace.textDocuments.flatMap((document) =>
        search.inBytes(document.uri.toString(), Buffer.from(document.getText())),
      ),
    ];
    assert.deepEqual(finds, []);
    assert.ok(search.files > 50, 'the profile has been searched');
  });

  it('the search would find them', async () => {
    const search = new CanarySearch(canaries);
    const planted = workspaceFile('planted.txt');
    await vscode.workspace.fs.writeFile(
      planted,
      Buffer.from(Buffer.from(`x ${canaries['the API token']}`).toString('base64')),
    );
    assert.deepEqual(
      search
        .inFolder(path.dirname(planted.fsPath))
        .map(({ where, canary }) => [path.basename(where), canary]),
      [['planted.txt', 'the API token']],
    );
    await vscode.workspace.fs.delete(planted);
  });
});

async function enterValue(value: string, screenshot?: string): Promise<void> {
  await until('the box for the value', async () => (await workbench.inputBox()).password);
  await workbench.fillInput(value);
  if (screenshot) await workbench.screenshot(screenshot);
  await workbench.press('Enter');
  await workbench.waitForNoInput();
}

async function setLogLevel(channel: string, level: string): Promise<void> {
  await workbench.runCommand('Developer: Set Log Level...');
  await workbench.pick(channel);
  await workbench.pick(level);
}

/** What the log "Flow Secrets" has on disk. */
function logText(): string {
  const logs = path.join(process.env['CODE_HOST_USER_DATA']!, 'logs');
  const file = readdirSync(logs, { recursive: true, encoding: 'utf8' }).find((name) =>
    path.basename(name).endsWith('Flow Secrets.log'),
  );
  assert.ok(file, 'the log file');
  return readFileSync(path.join(logs, file), 'utf8');
}

/** /proc/<pid>/<what> of every process that may be read. */
function collect(found: Set<string>, what: 'cmdline' | 'environ'): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      found.add(readFileSync(`/proc/${pid}/${what}`, 'utf8'));
    } catch {
      // It has ended, or belongs to somebody else.
    }
  }
}
