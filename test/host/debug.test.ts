/** The debugger as a person meets it: F5 and the code lens, breakpoints, variables, inline values, stepping, editing, the end. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { addSecret, closeAll, openFile, useTheme, workspaceFile, writeFile } from './editor.js';
import { until, workbench } from './workbench.js';

const FLOW = 'a-debug/orders.flow.yaml';
const TEXT = `# Takes orders and checks what they amount to.
blocks:
  - name: Order
    type: { coreBlock: transform }
    inputs:
      default:
        config: {}
    outputs:
      default:
        outputCustomization: !expr |-
          ({
            id: previous.id,
            items: previous.items,
            token: secrets.ORDERS_TOKEN,
          })
  - name: Sum Up
    type: { coreBlock: transform }
    inputs:
      default:
        links:
          - block: Order
            output: default
        config: {}
    outputs:
      default:
        outputCustomization: !expr |-
          ({
            id: outputs.order.id,
            total: previous.items.reduce((sum, { price }) => sum + price, 0),
          })
  - name: Large?
    type: { coreBlock: condition }
    inputs:
      default:
        links:
          - block: Sum Up
            output: default
        config:
          condition: !expr previous.total > 100
  - name: Ask Somebody
    type: { coreBlock: transform }
    inputs:
      default:
        links:
          - block: Large?
            output: then
        config: {}
    outputs:
      default:
        outputCustomization: !expr '({ question: \`Pay \${outputs.sumUp.total}?\` })'
`;
/** A flow with an expression of several statements. */
const INSIDE = `blocks:
  - name: Sum Up
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs:
      default:
        outputCustomization: !expr |-
          (() => {
            const token = secrets.ORDERS_TOKEN;
            let total = 0;
            for (const item of previous.items) {
              const price = item.price * (item.count ?? 1);
              total += price;
            }
            return { total, signed: token.length > 0 };
          })()
`;
const ORDER = { id: 'A-17', items: [{ price: 99 }, { price: 20 }] };
const CANARY = 'debug-canary-q8Zt3LmW';

const SESSION_ENDED = 'the session to end';
const CALL_STACK = '.debug-call-stack .monaco-list-row';
const VARIABLES = '.debug-variables .monaco-list-row';
const TOOLBAR = '.debug-toolbar';

const lineOf = (piece: string): number => TEXT.slice(0, TEXT.indexOf(piece)).split('\n').length - 1;

function breakAt(piece: string, more: { condition?: string } = {}): vscode.SourceBreakpoint {
  const at = new vscode.Location(workspaceFile(FLOW), new vscode.Position(lineOf(piece), 0));
  const breakpoint = new vscode.SourceBreakpoint(at, true, more.condition);
  vscode.debug.addBreakpoints([breakpoint]);
  return breakpoint;
}

/** Sends the order to the block as a person does: "Run from here", then the data. */
async function send(block: string, data: unknown, flow = FLOW): Promise<void> {
  const argument = { uri: workspaceFile(flow).toString(), block, input: 'default' };
  const sent = vscode.commands.executeCommand('flows.runFromBlock', argument);
  await workbench.acceptInput(JSON.stringify(data));
  await sent;
}

/** Waits for frames of these names. */
async function paused(...frames: readonly RegExp[]): Promise<void> {
  await until(`a call stack with ${frames.join(' and ')}`, async () => {
    const rows = await workbench.textsNow(CALL_STACK);
    return frames.every((frame) => rows.some((row) => frame.test(row)));
  });
}

/**
 * Opens the first scope in the variables view, which gets the focus. VS Code does it by itself, but not where the view is
 * drawn for the first time because of this very stop, as the newest one does.
 */
async function openFirstScope(): Promise<void> {
  await workbench.waitFor(VARIABLES);
  await vscode.commands.executeCommand('workbench.debug.action.focusVariablesView');
  await workbench.press('Home');
  // In a scope that is open it goes to the first variable.
  await workbench.press('ArrowRight');
}

/** Rows of the debug console, which comes to the front. */
async function consoleRows(): Promise<string[]> {
  await vscode.commands.executeCommand('workbench.panel.repl.view.focus');
  return workbench.textsNow('.repl .monaco-list-row');
}

async function session(): Promise<vscode.DebugSession> {
  return until('a session', () => {
    const active = vscode.debug.activeDebugSession;
    return active?.type === 'flow' ? active : undefined;
  });
}

describe('the debugger', function () {
  this.timeout(120_000);

  before(async function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') return this.skip();
    await writeFile(
      'a-debug/flows.project.yaml',
      'project: debug\nsecrets:\n  ORDERS_TOKEN: { description: For the shop }\n',
    );
    await writeFile(FLOW, TEXT);
    const { document } = await openFile(FLOW);
    await addSecret(document.uri, 'ORDERS_TOKEN', CANARY);
    await vscode.commands.executeCommand('notifications.clearAll');
  });

  afterEach(async () => {
    await vscode.debug.stopDebugging();
    await until(SESSION_ENDED, () => vscode.debug.activeDebugSession === undefined);
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
  });

  after(async () => {
    await useTheme();
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand('workbench.view.explorer');
    await closeAll();
  });

  it('F5 debugs the flow in the editor; a breakpoint stops it with stack, variables and inline values', async () => {
    const editor = await openFile(FLOW);
    breakAt('name: Sum Up');
    await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
    await workbench.press('F5');
    const { configuration } = await session();
    assert.equal(configuration['flow'], editor.document.uri.fsPath);
    await send('Order', ORDER);

    await paused(/Sum Up ← default/, /Order → default/, /Debug event to Order/);
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await openFirstScope();
    await until(
      'the event',
      async () => (await workbench.textsNow(VARIABLES)).some((row) => /data.*A-17/.test(row)),
      30_000,
    );
    assert.equal(vscode.window.activeTextEditor?.document.uri.path, editor.document.uri.path);
    await until('inline values', async () =>
      (await workbench.textsNow('.view-lines')).join().includes('outputs.order.id = "A-17"'),
    );
    await workbench.click(`${VARIABLES}:has-text("data =") >> nth=0`);
    await workbench.press('ArrowRight');
    await workbench.click(`${VARIABLES}:has-text("Secrets") >> nth=0`);
    await until('the secret', async () =>
      (await workbench.textsNow(VARIABLES)).some((row) => row.includes('‹secret:ORDERS_TOKEN›')),
    );
    await vscode.commands.executeCommand('notifications.clearAll');
    await workbench.parkMouse();
    for (const theme of ['Default Dark Modern', 'Default Light Modern', 'Default High Contrast']) {
      await useTheme(theme);
      await workbench.screenshot(`debug-paused-${theme.toLowerCase().replace(/\W+/g, '-')}`);
    }
    const shown = (await workbench.textsNow('.monaco-workbench')).join('\n');
    assert.ok(!shown.includes(CANARY));
  });

  it('a run that waits for its first event says so, also the second one', async () => {
    await openFile(FLOW);
    for (const again of [false, true]) {
      await vscode.commands.executeCommand('workbench.action.closePanel');
      await vscode.commands.executeCommand('workbench.view.debug');
      await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
      await workbench.press('F5');
      await session();
      await until('the call stack to say that it runs', async () =>
        (await workbench.textsNow('.call-stack-state-message')).includes('Running'),
      );
      await until('the console to come to the front and say what it waits for', async () =>
        (await workbench.textsNow('.repl .monaco-list-row')).some((row) => /waits for an event/.test(row)),
      );
      if (again) await workbench.screenshot('debug-waits');
      await vscode.debug.stopDebugging();
      await until(SESSION_ENDED, () => vscode.debug.activeDebugSession === undefined);
    }
  });

  it('a condition decides; hover, step, edit and continue do what they say', async () => {
    await openFile(FLOW);
    breakAt('name: Large?', { condition: 'previous.total > 1' });
    await workbench.runCommand('Flows: Debug Flow');
    await session();
    await send('Order', { id: 'free', items: [] });
    await send('Order', ORDER);
    await paused(/Large\? ← default/);

    await openFirstScope();
    await until('the data', async () =>
      (await workbench.textsNow(VARIABLES)).some((row) => /data.*119/.test(row)),
    );
    // What the block before saw, under the mouse.
    const editor = vscode.window.activeTextEditor!;
    const at = editor.document.positionAt(TEXT.indexOf('order.id') + 'order.i'.length);
    editor.selection = new vscode.Selection(at, at);
    editor.revealRange(editor.selection);
    await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
    await vscode.commands.executeCommand('editor.debug.action.showDebugHover');
    await until('the value under the cursor', async () =>
      (await workbench.textsNow('.debug-hover-widget')).join().includes('A-17'),
    );
    await workbench.screenshot('debug-hover');
    await workbench.press('Escape');

    const active = await session();
    const { stackFrames } = (await active.customRequest('stackTrace', { threadId: 1 })) as {
      stackFrames: { id: number }[];
    };
    await active.customRequest('setExpression', {
      expression: 'event.data.total',
      value: '1000',
      frameId: stackFrames[0]!.id,
    });
    await workbench.press('F10');
    await paused(/Ask Somebody ← default/);
    await workbench.press('F5');
    await until('the question', async () => (await consoleRows()).some((row) => row.includes('Pay 1000?')));
    await workbench.screenshot('debug-console');
  });

  it('F9 on a line of an expression: the run stands on it, with its variables; steps go on in it', async () => {
    const file = 'a-debug/inside.flow.yaml';
    await writeFile(file, INSIDE);
    const editor = await openFile(file);
    const at = editor.document.positionAt(INSIDE.indexOf('total += price'));
    editor.selection = new vscode.Selection(at, at);
    await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
    await workbench.press('F9');
    await until('the breakpoint', () => vscode.debug.breakpoints.length === 1);
    await workbench.press('F5');
    await session();
    await send('Sum Up', ORDER, file);
    await paused(/\(anonymous\) in outputs\.default/, /Sum Up ← default/, /Debug event to Sum Up/);
    const variable = async (shown: RegExp): Promise<void> => {
      await until(`a variable ${shown}`, async () =>
        (await workbench.textsNow(VARIABLES)).some((row) => shown.test(row)),
      );
    };
    await openFirstScope();
    await variable(/price = 99/);
    await variable(/total = 0/);
    await variable(/token = .*‹secret:ORDERS_TOKEN›/);
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await until('the line', () => vscode.window.activeTextEditor?.selection.active.line === at.line);
    await until('the values beside the code', async () =>
      (await workbench.textsNow('.view-lines')).join().includes('price = 99'),
    );
    await vscode.commands.executeCommand('notifications.clearAll');
    await workbench.parkMouse();
    await useTheme();
    await workbench.screenshot('debug-inside');
    await workbench.press('F10');
    await variable(/total = 99/);
    await workbench.press('F5');
    await variable(/price = 20/);
    const shown = (await workbench.textsNow('.monaco-workbench')).join('\n');
    assert.ok(!shown.includes(CANARY));
  });

  it('a variable is edited in its view', async () => {
    await openFile(FLOW);
    breakAt('name: Ask Somebody');
    breakAt('name: Large?');
    await workbench.runCommand('Flows: Debug Flow');
    await session();
    await send('Order', ORDER);
    await paused(/Large\? ← default/);
    await openFirstScope();
    const data = `${VARIABLES}:has-text("data")`;
    await workbench.waitFor(data);
    await workbench.click(`${data} >> nth=0`);
    await workbench.press('ArrowRight');
    const total = `${VARIABLES}:has-text("total =")`;
    await workbench.waitFor(total);
    await workbench.click(`${total} >> nth=0`, { clicks: 2 });
    await workbench.waitFor('.debug-variables .monaco-inputbox');
    await workbench.press('Control+A');
    await workbench.type('5000');
    await workbench.press('Enter');
    await until('the new value', async () =>
      (await workbench.textsNow(VARIABLES)).some((row) => /\b5000\b/.test(row)),
    );
    await workbench.press('F5');
    await paused(/Ask Somebody ← default/);
  });

  it('the code lens debugs without any configuration, and the toolbar drops an event', async () => {
    await openFile(FLOW);
    breakAt('name: Sum Up');
    const top = new vscode.Range(0, 0, 0, 0);
    vscode.window.activeTextEditor!.revealRange(top, vscode.TextEditorRevealType.AtTop);
    // A lens that is just being drawn anew takes no click; one that has been taken must not be followed by another.
    await until(
      'a session by the lens',
      async () => {
        await workbench.click('.codelens-decoration a:visible:has-text("Debug"):not(:has-text("from here"))');
        return until('a session', () => vscode.debug.activeDebugSession).catch(() => undefined);
      },
      60_000,
    );
    await send('Order', ORDER);
    await paused(/Sum Up ← default/);
    await workbench.click(
      `${TOOLBAR} a.action-label[aria-label^="Drop Event"], ${TOOLBAR} [aria-label^="Flows: Drop Event"]`,
    );
    await until('what was dropped', async () =>
      (await consoleRows()).some((row) => /Sum Up.*dropped/.test(row)),
    );
    assert.equal((await consoleRows()).filter((row) => /Sum Up →/.test(row)).length, 0);
  });

  it('a launch configuration: a path in the folder, an event, stopping on entry', async () => {
    const started = await vscode.debug.startDebugging(vscode.workspace.workspaceFolders![0], {
      type: 'flow',
      request: 'launch',
      name: 'An order',
      flow: FLOW,
      stopOnEntry: true,
      event: { block: 'Order', data: ORDER },
    });
    assert.ok(started);
    await paused(/Order ← default/, /Debug event to Order/);
    assert.equal((await session()).configuration['flow'], workspaceFile(FLOW).fsPath);
  });

  it('Debug from here: the block gets an event and stands before it', async () => {
    await openFile(FLOW);
    const argument = { uri: workspaceFile(FLOW).toString(), block: 'Sum Up', input: 'default' };
    const debugged = vscode.commands.executeCommand('flows.debugFromBlock', argument);
    await workbench.acceptInput(JSON.stringify({ items: [] }));
    await debugged;
    await paused(/Sum Up ← default/, /Debug event to Sum Up/);
  });

  it('a flow that is edited while it runs: said once, with the way to the new text', async () => {
    const editor = await openFile(FLOW);
    breakAt('name: Sum Up');
    await workbench.runCommand('Flows: Debug Flow');
    const before = await session();
    await editor.edit((edit) => edit.insert(new vscode.Position(1, 0), '# Edited.\n'));
    await until('the remark', async () =>
      (await workbench.notifications()).some((text) => /orders\.flow\.yaml was changed/.test(text)),
    );
    await workbench.screenshot('debug-stale');
    await workbench.clickNotification('Restart');
    // The console begins anew.
    await until('the new run', async () => {
      const rows = await consoleRows();
      return (
        rows.some((row) => /orders\.flow\.yaml runs/.test(row)) &&
        !rows.some((row) => /was changed/.test(row))
      );
    });
    assert.equal((await session()).name, before.name);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('a newcomer is led from names of secrets to the debugger', async () => {
    const { id } = vscode.extensions.all.find((one) => one.id.endsWith('.flow-secrets'))!;
    await vscode.commands.executeCommand('workbench.action.openWalkthrough', `${id}#start`, false);
    const steps = '.getting-started-step .step-title';
    await workbench.waitFor(steps);
    const titles = await workbench.textsNow(steps);
    assert.equal(titles.length, 4);
    await workbench.click(`${steps} >> nth=3`);
    await workbench.waitFor('.getting-started-step .monaco-button:has-text("Debug Flow")');
    await workbench.screenshot('walkthrough');
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });
});
