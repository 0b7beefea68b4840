/** The beginning of a run: what is said when it listens, and a start that takes long and is cancelled. */
import assert from 'node:assert/strict';
import childProcess, { type ChildProcess } from 'node:child_process';
import * as vscode from 'vscode';
import { closeAll, notification, openFile, setSetting, workspaceFile, writeFile } from './editor.js';
import { until, workbench } from './workbench.js';

const FILE = 'starts/page.flow.yaml';
const FLOW = `blocks:
  - name: Page
    type: { coreBlock: httpEndpoint }
    config: { path: /page, methods: [GET], audience: world }
    inputs: { default: { links: [{ block: Page, output: requests }], config: { body: seen } } }
`;
const STATUS = '.statusbar-item:has-text("page.flow.yaml")';

describe('the start of a run', function () {
  this.timeout(90_000);
  const uri = () => workspaceFile(FILE);

  before(async function () {
    if (!workbench.isAvailable) return this.skip();
    await writeFile(FILE, FLOW);
    await openFile(FILE);
  });
  beforeEach(async () => {
    // Where the run panel is in sight, it shows the address instead of a notification.
    await setSetting('run.reveal', 'nothing');
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await vscode.commands.executeCommand('notifications.clearAll');
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('flows.stop', uri());
    await workbench.waitForGone(STATUS);
  });
  after(async () => {
    await setSetting('run.reveal', undefined);
    await closeAll();
    await vscode.commands.executeCommand('workbench.action.closePanel');
  });

  it('“Open” in the notification opens the endpoint’s page', async () => {
    await vscode.commands.executeCommand('flows.runFlow', uri());
    const text = await notification(/^page\.flow\.yaml listens on http:\/\/127\.0\.0\.1:\d+\/page/);
    await workbench.screenshot('run-listens');
    await workbench.clickNotification('Open');
    // The editor in the browser leads to a port of its machine by an address of its own.
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(text)!;
    await until('the page', async () =>
      (await workbench.openedPages()).some((address) => new RegExp(`[:/]${port}/`).test(address)),
    );
  });

  it('in a run panel that comes to the front is told there alone, with its address to copy', async () => {
    await setSetting('run.reveal', undefined);
    const { commands } = vscode;
    const { executeCommand } = commands;
    // As on a slow machine: the panel is on its way still when the flow runs.
    let comes: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      comes = resolve;
    });
    Object.assign(commands, {
      executeCommand: async (command: string, ...given: unknown[]) => {
        if (command === 'flows.runPanel.focus') await held;
        return executeCommand(command, ...given);
      },
    });
    try {
      await executeCommand('flows.runFlow', uri());
    } finally {
      Object.assign(commands, { executeCommand });
    }
    // Notifications come in their order: what the run had to say would be there by now.
    void vscode.window.showInformationMessage('It runs.');
    await notification(/^It runs\.$/);
    const seen = await workbench.textsNow('.notifications-toasts .notification-list-item-message');
    assert.deepEqual(seen, ['It runs.']);
    await executeCommand('notifications.clearAll');
    comes?.();
    await workbench.waitFor('.address >> text=/page', { webview: true });
    await workbench.click('.address', { webview: true });
    await until('the address', async () =>
      /^http:\/\/127\.0\.0\.1:\d+\/page$/.test(await vscode.env.clipboard.readText()),
    );
    await workbench.screenshot('run-address');
  });

  it('that takes long is cancelled: nothing runs, nothing is reported, and the next one runs', async function () {
    if (process.platform === 'win32') return this.skip();
    const held: ChildProcess[] = [];
    const { spawn } = childProcess;
    // The runner is the real one, held by the system before it has begun.
    const hold = ((...given: Parameters<typeof spawn>) => {
      const child = spawn(...given);
      if (JSON.stringify(given).includes('runner.js') && child.kill('SIGSTOP')) held.push(child);
      return child;
    }) as typeof spawn;
    childProcess.spawn = hold;
    let done: Thenable<unknown>;
    try {
      done = vscode.commands.executeCommand('flows.runFlow', uri());
      await until('the runner', () => held.length > 0);
    } finally {
      childProcess.spawn = spawn;
    }
    await notification(/^Starting page\.flow\.yaml/);
    await workbench.waitFor(STATUS);
    await workbench.screenshot('run-starting');
    await workbench.clickNotification('Cancel');
    await done;
    await until('the end of the runner', () => held[0]!.signalCode !== null);
    assert.equal(held.length, 1);
    await workbench.waitForGone(STATUS);
    assert.deepEqual(await workbench.textsNow('.notifications-toasts .notification-list-item-message'), []);

    await vscode.commands.executeCommand('flows.runFlow', uri());
    await notification(/^page\.flow\.yaml listens on/);
  });
});
