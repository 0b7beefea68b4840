/** The run panel in the real workbench: a flow runs in front of a person, who looks into its events. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import * as vscode from 'vscode';
import { CanarySearch } from './canary.js';
import { addSecret, closeAll, openFile, useTheme, workspaceFile, writeFile } from './editor.js';
import { until, workbench } from './workbench.js';

const FLOW = `blocks:
  - name: Orders
    type: { coreBlock: httpEndpoint }
    position: [0, 0]
    config: { path: '/orders/{shop}', methods: [POST], audience: world }
    inputs:
      default:
        links: [{ block: Total, output: default }]
        config: { statusCode: 200, body: !expr previous }
  - name: Price
    type: { coreBlock: transform }
    position: [0, 150]
    inputs:
      default:
        links: [{ block: Orders, output: requests }]
        config: {}
    outputs:
      default:
        outputCustomization: !expr '({ shop: previous.params.shop, lines: previous.body.lines.map((line) => ({ ...line, sum: line.count * line.price })) })'
  - name: Large order?
    type: { coreBlock: condition }
    position: [0, 300]
    errorHandler: On Failure
    inputs:
      default:
        links: [{ block: Price, output: default }]
        config: { condition: !expr 'previous.lines.reduce((sum, line) => sum + line.sum, 0) > limit(previous.shop)' }
  - name: On Failure
    type: { coreBlock: handleError }
    position: [320, 300]
  - name: Total
    type: { coreBlock: transform }
    position: [0, 450]
    inputs:
      default:
        links: [{ block: Price, output: default }]
        config: {}
    outputs:
      default:
        outputCustomization: !expr '({ total: previous.lines.reduce((sum, line) => sum + line.sum, 0) })'
notes:
  - body: |-
      # Orders
      Every order is priced; **large** ones are looked at by a person.
    position: [320, 20]
`;

const page = { webview: true } as const;
const SEND = '.send vscode-button:has-text("Send")';
const ORDER = {
  customer: 'Ada',
  lines: [
    { item: 'lamp', count: 2, price: 30 },
    { item: 'desk', count: 1, price: 240.5 },
  ],
};
const uri = () => workspaceFile('panel/orders.flow.yaml');

/** Rows of the event list on the screen: block and what it did. */
const rows = () => workbench.textsNow('.list .row:not(.head) .block', page);

/** Where an endpoint of the shown run listens, waiting for it. */
async function addressOf(path: string): Promise<string> {
  const text = await until('the address', async () =>
    (await workbench.textsNow('.address', page)).find((one) => one.includes(path)),
  );
  return /http:\S+/.exec(text)![0];
}

/** Ends a flow's run and leaves the window as it was. */
async function tidyUp(flow: vscode.Uri): Promise<void> {
  await vscode.commands.executeCommand('flows.stop', flow);
  await vscode.commands.executeCommand('workbench.action.closePanel');
  await closeAll();
}

/** Sends the event of the open form, with such data. */
async function sendAs(data: string): Promise<void> {
  await workbench.fill('.send textarea', data, page);
  await workbench.click(SEND, page);
}

async function order(address: string): Promise<unknown> {
  const response = await fetch(address.replace('{shop}', 'berlin'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ORDER),
  });
  return response.json();
}

async function runOrders(): Promise<string> {
  await vscode.commands.executeCommand('flows.runFlow', uri());
  return addressOf('/orders');
}

async function selectRow(text: string): Promise<void> {
  await workbench.click(`.list .row:has-text("${text}")`, page);
  await workbench.waitFor('.inspector .section', page);
}

describe('the run panel', function () {
  this.timeout(120_000);
  let address: string;

  before(async function () {
    if (!workbench.isAvailable) return this.skip();
    // What other tests have begun.
    await vscode.debug.stopDebugging();
    await vscode.commands.executeCommand('flows.stop');
    await writeFile('panel/orders.flow.yaml', FLOW);
  });
  after(async () => {
    await useTheme();
    await tidyUp(uri());
  });

  it('shows the flow and how to begin while nothing runs', async () => {
    await openFile('panel/orders.flow.yaml');
    await workbench.runCommand('Flows: Show Run Panel');
    await workbench.waitFor('.list-empty >> text=Run flow', page);
    assert.deepEqual(await workbench.accessibility('#panel', page), []);
    await workbench.screenshot('panel-empty');
  });

  it('a run comes to the front and shows its events', async () => {
    address = await runOrders();
    assert.deepEqual(await order(address), { total: 300.5 });
    await until('the rows', async () => (await rows()).length >= 6);
    assert.deepEqual((await rows()).slice(0, 2), ['Orders → requests', 'Price → default']);
    await workbench.screenshot('panel-run');
  });

  it('a selected event shows its data, what led to it and what its receivers made of it', async () => {
    await selectRow('Price');
    await workbench.waitFor('.inspector .json-line:has-text("berlin")', page);
    assert.deepEqual(await workbench.texts('.inspector .crumb', page), ['Orders', 'Price']);
    assert.match((await workbench.texts('.inspector .failure', page)).join(), /limit is not defined/);
    assert.equal((await workbench.textsNow('.list .row.effect', page)).length >= 3, true);
    assert.equal((await workbench.textsNow('.list .row.cause', page)).length, 1);
    await workbench.click('.fold:has-text("Configuration of Total")', page);
    await workbench.screenshot('panel-inspector');
    assert.deepEqual(await workbench.accessibility('#panel', page), []);
  });

  it('the place of an error opens in the editor', async () => {
    await workbench.click('.failure .link', page);
    const line = FLOW.slice(0, FLOW.indexOf('limit(previous')).split('\n').length - 1;
    await until('the cursor', () => vscode.window.activeTextEditor?.selection.active.line === line);
  });

  it('follows the editor’s cursor on the canvas, and the canvas moves it by keys', async () => {
    await workbench.click('.canvas', page);
    await workbench.press('Home');
    await workbench.press('ArrowDown');
    await workbench.press('Enter');
    await until('the block in the editor', () => {
      const editor = vscode.window.activeTextEditor;
      return editor && /- name: /.test(editor.document.lineAt(editor.selection.active.line).text);
    });
  });

  it('data is searched and copied', async () => {
    await selectRow('Price');
    await workbench.fill('.inspector input[type=search]', 'desk', page);
    await workbench.click('.inspector input[type=search]', page);
    await workbench.press('Enter');
    await workbench.waitFor('.inspector .json-line.found:has-text("desk")', page);
    await workbench.click('.inspector .json-line.found', page);
    await workbench.hover('.inspector .json-line.found', page);
    await workbench.click('.inspector .json-line.found [aria-label="Copy path"]', page);
    await until('the path', async () => (await vscode.env.clipboard.readText()) === 'previous.lines[1].item');
  });

  it('a search goes through all that is known of an event, forwards and backwards by keys', async () => {
    const field = '.inspector input[type=search]';
    const at = (text: string) => workbench.waitFor(`.inspector .count >> text=${text}`, page);
    // The first key may be lost: a page has the focus before its keys come to it.
    const press = async (key: string, place: string) => {
      await workbench.click(field, page);
      await until(`${place} after ${key}`, async () => {
        await workbench.press(key);
        const shown = `.inspector .count >> text=${place}`;
        return workbench.waitFor(shown, { ...page, timeout: 2_000 }).then(
          () => true,
          () => false,
        );
      });
    };
    await selectRow('Price');
    await workbench.fill(field, 'berlin', page);
    await at('/^1 of [4-9]/');
    // In its data, that of its cause, and what receivers see.
    for (const title of ['Data', 'Previous', 'Outputs'])
      await workbench.waitFor(`.section-head:has(.hits):has-text("${title}")`, page);
    await press('Enter', '/^2 of/');
    await workbench.waitFor('.fold[aria-expanded="true"]:has-text("Previous")', page);
    await workbench.waitFor('.json-line.found.current:has-text("berlin")', page);
    await workbench.press('Shift+Enter');
    await at('/^1 of/');
    await workbench.press('Shift+F3');
    await at('/^(\\d+) of \\1/');
    await workbench.waitFor('.fold[aria-expanded="true"]:has-text("Outputs")', page);
    // The message of the failure that it led to.
    await workbench.fill(field, 'LIMIT is not', page);
    await workbench.waitFor('.failure .error-text.found.current', page);
    await workbench.fill(field, 'nowhere to be found', page);
    await at('no match');
    // The configuration of what the next event comes to; the text stays while one goes on.
    await workbench.fill(field, 'statusCode', page);
    await at('no match');
    await workbench.click('.list .row:has-text("Total")', page);
    await at('1 found');
    await press('F3', '/^1 of 1/');
    await workbench.waitFor('.json-line.found.current:has-text("statusCode")', page);
    await workbench.waitFor('.fold[aria-expanded="true"]:has-text("Configuration of Orders")', page);
    await workbench.screenshot('panel-search');
    assert.deepEqual(await workbench.accessibility('#panel', page), []);
    await workbench.press('Escape');
    await workbench.waitForGone('.inspector .hits', page);
  });

  it('the list is filtered by block, state and text of the whole data', async () => {
    await workbench.fill('.filter input', 'statusCode', page);
    await until('no row', async () => (await rows()).length < 3);
    await workbench.fill('.filter input', 'desk', page);
    await until('rows with it', async () => (await rows()).length === 2);
    await workbench.click('.filter .link', page);
    await until('all rows', async () => (await rows()).length >= 6);
  });

  it('a paused view stands still and misses nothing', async () => {
    const before = (await rows()).length;
    await workbench.click('[aria-label="Pause the view"]', page);
    await order(address);
    await workbench.waitFor('.newer >> text=/\\d new/', page);
    assert.equal((await rows()).length, before);
    await workbench.click('.newer button', page);
    await until('the new rows', async () => (await rows()).length >= before);
    await workbench.waitForGone('.newer button', page);
    await workbench.waitFor('.numbers >> text=/8 events/', page);
  });

  it('is used from the palette and by single keys', async () => {
    await selectRow('Total');
    const offered = async (search: string) => (await workbench.paletteEntries(search)).join('\n');
    const entries = await until('the commands of the run', async () => {
      const found = await offered('Flows: run');
      return found.includes('Flows: Run from Selected Event') && found;
    });
    for (const name of [
      'Export Run',
      'Pause or Continue Run View',
      'Clear Run View',
      'Skip Waits of the Run',
    ])
      assert.match(entries, new RegExp(`Flows: ${name}`));
    assert.match(
      await offered('Flows: selected event'),
      /Compare[\s\S]*Edit and Re-send|Edit and Re-send[\s\S]*Compare/,
    );
    await workbench.runCommand('Flows: Search Selected Event');
    await workbench.waitFor('.inspector input[type=search]:focus', page);
    await workbench.runCommand('Flows: Pause or Continue Run View');
    await workbench.waitFor('.newer button', page);
    await workbench.click('.list .row:has-text("Total")', page);
    await workbench.press('p');
    await workbench.waitForGone('.newer button', page);
    await workbench.press('/');
    await workbench.waitFor('.filter input:focus', page);
    // A letter that is written is none of them.
    await workbench.type('psr');
    await until('no row', async () => (await rows()).length === 0);
    await workbench.waitFor('.list-empty >> text=No entry passes the filter', page);
    assert.deepEqual(await workbench.textsNow('.newer button', page), []);
    await workbench.click('.filter .link', page);
    await workbench.click('.list .row:has-text("Total")', page);
    await workbench.press('e');
    await workbench.waitFor('.send >> text=Edit and re-send', page);
    await workbench.press('Escape');
    await workbench.waitForGone('.send form', page);
    await workbench.press('s');
    await workbench.waitFor('.send >> text=Send debug event', page);
    // Where one goes on, not the button that closes it.
    await workbench.waitFor('.send select:focus', page);
    await workbench.press('Escape');
    // Hidden, it comes back for a command.
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await workbench.waitForGone('.list', page);
    await workbench.runCommand('Flows: Send Debug Event');
    await workbench.waitFor('.send >> text=Send debug event', page);
    await workbench.press('Escape');
    await workbench.waitFor('.list .row:has-text("Total")', page);
  });

  it('an event is edited and sent again', async () => {
    await selectRow('Price');
    await workbench.click('[aria-label="Edit and re-send"]', page);
    await workbench.fill('.send textarea', '{ "shop": "rome", "lines": [', page);
    await workbench.waitFor('.send .problem >> text=This is no JSON', page);
    await sendAs('{ "shop": "rome", "lines": [{ "sum": 7 }] }');
    await workbench.waitFor('.list .row:has-text("{\\"total\\":7}")', page);
  });

  it('an event is made by hand, in a form that its schema makes', async () => {
    await workbench.click('.bar .tool:has-text("Send event")', page);
    await workbench.waitFor('.send label:has-text("requestId")', page);
    assert.deepEqual(await workbench.accessibility('.send', page), []);
    await workbench.screenshot('panel-send');
    await workbench.click('.send .switch .link', page);
    await sendAs(JSON.stringify({ params: { shop: 'oslo' }, body: { lines: [{ count: 1, price: 9 }] } }));
    await workbench.waitFor('.list .row:has-text("{\\"total\\":9}")', page);
  });

  it('a run is saved as a test', async () => {
    await workbench.click('[aria-label="Save the run as a test"]', page);
    const file = 'orders.flow-test.yaml';
    const editor = await until('the test file', () => {
      const active = vscode.window.activeTextEditor;
      return active?.document.uri.path.endsWith(file) === true && active;
    });
    assert.match(editor.document.getText(), /berlin/);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await openFile('panel/orders.flow.yaml');
  });

  it('two events of a block are compared', async () => {
    await workbench.click('.list .row:has-text("{\\"total\\":9}")', page);
    await workbench.click('[aria-label="Compare"]', page);
    await workbench.inputBox();
    await workbench.press('ArrowDown');
    await workbench.press('Enter');
    const tab = await until('the difference', () => {
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return input instanceof vscode.TabInputTextDiff && input;
    });
    const texts = await until('its two sides', () => {
      const sides = [tab.original, tab.modified].map((side) =>
        vscode.workspace.textDocuments.find((one) => one.uri.toString() === side.toString())?.getText(),
      );
      return sides.every((text) => text?.includes('"total"')) && sides;
    });
    assert.notEqual(texts[0], texts[1]);
    await workbench.screenshot('panel-compare');
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });

  it('what was shown is there again when the panel comes back', async () => {
    // Its handler's events name it too, in their data.
    const failed = '.row:has(.block:text-is("Large order?"))';
    await workbench.click(`.list ${failed}`, page);
    await workbench.waitFor('.inspector .failure', page);
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await workbench.waitForGone('.list', page);
    await workbench.runCommand('Flows: Show Run Panel');
    await workbench.waitFor(`.list .selected${failed}`, page);
    // Keys go on from there, without a click.
    await workbench.waitFor('.list:focus', page);
    await workbench.waitFor('.inspector .failure', page);
  });

  it('opens as an editor tab, in every theme', async () => {
    await openFile('panel/orders.flow.yaml');
    await vscode.commands.executeCommand('flows.openRunPanelInEditor');
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await workbench.waitFor('.in-tab .list .row:has-text("Price")', page);
    await workbench.click('.in-tab .list .row:has-text("Price")', page);
    await workbench.waitFor('.in-tab .inspector .json-line', page);
    await workbench.screenshot('panel-tab-dark');
    for (const [name, file] of [
      ['Default Light Modern', 'light'],
      ['Default High Contrast', 'contrast'],
      ['Default High Contrast Light', 'contrast-light'],
    ] as const) {
      await useTheme(name);
      await workbench.waitFor(`.in-tab .list`, page);
      await until('the theme', async () => {
        const [kind] = await workbench.attributes('body', 'class', page);
        return kind?.includes(name.includes('Contrast') ? 'high-contrast' : 'vscode-light');
      });
      await workbench.screenshot(`panel-tab-${file}`);
      assert.deepEqual(await workbench.accessibility('#panel', page), [], name);
    }
    await useTheme();
    await closeAll();
  });

  it('stands in one column where there is little room, with nothing cut off', async () => {
    await openFile('panel/orders.flow.yaml');
    await vscode.commands.executeCommand('flows.openRunPanelInEditor');
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await vscode.commands.executeCommand('vscode.setEditorLayout', {
      orientation: 0,
      groups: [{ size: 0.75 }, { size: 0.25 }],
    });
    await workbench.waitFor('.in-tab.narrow .list .row:has-text("Price")', page);
    await workbench.click('.in-tab .list .row:has-text("Price")', page);
    await workbench.waitFor('.in-tab .inspector .json-line', page);
    for (const layout of ['#outer', '#inner'])
      assert.deepEqual(await workbench.attributes(`.in-tab ${layout}`, 'split', page), ['horizontal']);
    await workbench.screenshot('panel-narrow');
    assert.deepEqual(await workbench.accessibility('#panel', page), []);
    const canvasPart = async (): Promise<number> => {
      const [style] = await workbench.attributes('.in-tab #outer .start', 'style', page);
      return Math.round(Number(/([\d.]+)%/.exec(style ?? '')?.[1]));
    };
    const part = await canvasPart();
    // Low as well: the events stay in sight.
    await vscode.commands.executeCommand('vscode.setEditorLayout', {
      orientation: 0,
      groups: [{ size: 0.75 }, { size: 0.25, groups: [{}, {}] }],
    });
    await until('a small canvas', async () => (await canvasPart()) === 13);
    await workbench.screenshot('panel-narrow-low');
    assert.equal(part, 36);
    await closeAll();
  });

  it('shows where a debugged run stands', async () => {
    await vscode.commands.executeCommand('flows.stop', uri());
    await openFile('panel/orders.flow.yaml');
    const started = await vscode.debug.startDebugging(vscode.workspace.workspaceFolders![0], {
      type: 'flow',
      request: 'launch',
      name: 'An order',
      flow: 'panel/orders.flow.yaml',
      stopOnEntry: true,
      event: { block: 'Price', data: { params: { shop: 'oslo' }, body: { lines: [] } } },
    });
    assert.ok(started);
    // Not by the palette: the editor takes the focus when the run stops.
    await vscode.commands.executeCommand('flows.showRunPanel');
    await workbench.waitFor('.run-state.paused', page);
    await workbench.waitFor('.remarks >> text=paused at Price', page);
    await workbench.screenshot('panel-paused');
    await vscode.debug.stopDebugging();
    await workbench.waitFor('.run-state.ended', page);
    await vscode.commands.executeCommand('flows.runFlow', uri());
    await workbench.waitFor('.run-state.running', page);
    await vscode.commands.executeCommand('flows.runPanel.send');
    await workbench.waitFor('.send label:has-text("requestId")', page);
    await workbench.click('.send .switch .link', page);
    await sendAs(JSON.stringify({ params: {}, body: { lines: [{ count: 7, price: 1 }] } }));
    await workbench.waitFor('.list .row:has-text("{\\"total\\":7}")', page);
  });

  it('every past run opens with nothing running, and goes on from an event', async () => {
    await openFile('panel/orders.flow.yaml');
    await vscode.commands.executeCommand('flows.stop', uri());
    await workbench.runCommand('Flows: Show Run History');
    await workbench.inputBox();
    await workbench.screenshot('panel-history-pick');
    await workbench.press('Enter');
    await workbench.waitFor('.run-state.ended', page);
    await workbench.fill('.filter input', 'total 7', page);
    await workbench.click('.list .row:has-text("{\\"total\\":7}")', page);
    await workbench.waitFor('.inspector .remark >> text=From the record', page);
    await vscode.commands.executeCommand('flows.runPanel.history');
    await workbench.waitFor('.history .past', page);
    // The mark of a run that has had failures is that of a failure, also by its colour.
    await workbench.waitFor('.history li:has-text("1 failure") .mark.bad', page);
    await workbench.waitFor('.history li:not(:has-text("failure")) .mark.good', page);
    await workbench.screenshot('panel-history');
    assert.deepEqual(await workbench.accessibility('.history', page), []);
    // So is the mark of the run that is shown.
    await workbench.waitFor('.run:has(.numbers:has-text("failure")) .run-state.ended.failures', page);
    await workbench.click('.history [aria-label="Close the list of past runs"]', page);
    await workbench.click('[aria-label="Run from here"]', page);
    await workbench.waitFor('.run-state.running', page);
    await workbench.waitFor('.list .row:has-text("{\\"total\\":7}")', page);
  });

  it('a record with 50 MB in an event, written by another version, is named and shown', async () => {
    await vscode.commands.executeCommand('flows.stop', uri());
    await workbench.waitFor('.run-state.ended', page);
    // The latest is the one that has just ended, which the window still holds.
    const file = records(process.env['TEST_RUN_FOLDER']!, 'orders.flow.yaml').at(-2)!;
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const end = lines.pop()!;
    const big = JSON.stringify({ big: 'x'.repeat(50_000_000), after: 'it' });
    writeFileSync(
      file,
      [
        lines[0]!.replace(/"format":\d+/, '"format":7'),
        ...lines.slice(1),
        '{"seq":90001,"at":1767225600000,"kind":"spark","block":"Price"}',
        `{"seq":90002,"n":90002,"at":1767225600000,"block":"Total","output":"huge","data":${big}}`,
        end,
        '',
      ].join('\n'),
    );
    await workbench.runCommand('Flows: Show Run History');
    await workbench.inputBox();
    await workbench.press('ArrowDown');
    await workbench.press('Enter');
    await workbench.waitFor('.remarks >> text=/Another version of Flow Secrets.*format 7/', page);
    await workbench.waitFor('.remarks >> text=/1 line of the record cannot be read/', page);
    // What was filtered for in another run of the flow.
    await workbench.click('.filter .link', page);
    await workbench.click('.list .row:has-text("→ huge")', page);
    await workbench.waitFor('.inspector .facts >> text=50.0 MB', page);
    await workbench.waitFor('.inspector .json-line:has-text("after")', page);
    await workbench.screenshot('panel-other-version');
  });
});

/** The files of recorded runs of a flow, the oldest first. */
function records(folder: string, flow: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /[0-9a-f-]{36}\.ndjson$/.test(name))
    .map((name) => path.join(folder, name))
    .filter((file) => readFileSync(file, 'utf8').split('\n', 1)[0]!.includes(flow))
    .sort((a, b) => (path.basename(a) < path.basename(b) ? -1 : 1));
}

const FLOOD = `blocks:
  - name: Begin
    type: { coreBlock: httpEndpoint }
    config: { path: /begin, methods: [POST], audience: world }
    inputs: { default: { links: [], config: { statusCode: 200 } } }
  - name: Tick
    type: { coreBlock: transform }
    inputs:
      default:
        links: [{ block: Begin, output: requests }, { block: Tock, output: default }]
        config: {}
    outputs: { default: { outputCustomization: !expr '({ n: (previous.n ?? 0) + 1 })' } }
  - name: Tock
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Tick, output: default }], config: {} } }
`;

describe('the run panel and a flow that floods it', function () {
  this.timeout(120_000);
  const flood = () => workspaceFile('flood/flood.flow.yaml');

  before(async function () {
    if (!workbench.isAvailable) return this.skip();
    await writeFile('flood/flood.flow.yaml', FLOOD);
  });
  after(() => tidyUp(flood()));

  it('goes on to answer, and says what it does not show', async () => {
    await openFile('flood/flood.flow.yaml');
    await vscode.commands.executeCommand('flows.runFlow', flood());
    const address = await addressOf('/begin');
    // Each goes around until its line of descent is 10,000 events long.
    const begun = Array.from({ length: 30 }, () => fetch(address, { method: 'POST' }));
    await until(
      'many events',
      async () => {
        const [numbers = ''] = await workbench.textsNow('.numbers', page);
        return Number(/([\d,]+) events/.exec(numbers)?.[1]?.replaceAll(',', '') ?? 0) > 50_000;
      },
      60_000,
    );
    await workbench.click('.list .row:has-text("Tick")', page);
    await workbench.waitFor('.inspector .json-line:has-text("n: ")', page);
    await workbench.screenshot('panel-flood');
    await vscode.commands.executeCommand('flows.stop', flood());
    await workbench.waitFor('.run-state.ended', page);
    await Promise.allSettled(begun);
    // The record has what came too fast, and its end.
    await workbench.runCommand('Flows: Show Run History');
    await workbench.inputBox();
    await workbench.press('Enter');
    await workbench.waitFor('.list .row:not(.head)', page);
    await workbench.waitForGone('.remarks >> text=came too fast', page);
  });
});

/** One that calls a server of the test, among so many blocks that there is a small map of them. */
const calling = (port: number) => `blocks:
  - name: Ask
    type: { coreBlock: httpEndpoint }
    position: [0, 0]
    config: { path: /ask, methods: [POST], audience: world }
  - name: Call
    type: { coreBlock: httpRequest }
    position: [0, 150]
    inputs:
      default:
        links: [{ block: Ask, output: requests }]
        config: { url: 'http://127.0.0.1:${port}/' }
${Array.from(
  { length: 12 },
  (_, i) =>
    `  - { name: Other ${i}, type: { coreBlock: transform }, position: [${300 + 300 * (i % 4)}, ${150 * Math.floor(i / 4)}] }\n`,
).join('')}`;

describe('the run panel while a run goes on', function () {
  this.timeout(120_000);
  const large = () => workspaceFile('calling/calling.flow.yaml');
  /** It answers nobody. */
  const server = http.createServer();

  before(async function () {
    if (!workbench.isAvailable) return this.skip();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await writeFile('calling/calling.flow.yaml', calling((server.address() as AddressInfo).port));
    await writeFile('calling/small.flow.yaml', FLOOD);
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await tidyUp(large());
  });

  it('a flow of many blocks has a small map, one of a few has none', async () => {
    await openFile('calling/calling.flow.yaml');
    await workbench.runCommand('Flows: Show Run Panel');
    await workbench.waitFor('.map .map-frame', page);
    await workbench.screenshot('panel-map');
    await openFile('calling/small.flow.yaml');
    await workbench.waitForGone('.map', page);
    await openFile('calling/calling.flow.yaml');
    await workbench.waitFor('.map', page);
  });

  it('says for how long, though nothing happens', async () => {
    await vscode.commands.executeCommand('flows.runFlow', large());
    const state = () => workbench.textsNow('.run-state', page);
    const [first] = await until('the time', async () => /running · \d+ s/.exec((await state()).join()));
    const events = await workbench.textsNow('.numbers', page);
    await until('a later time', async () => {
      const [text] = await state();
      return /running · \d+ s/.test(text ?? '') && text !== first;
    });
    assert.deepEqual(await workbench.textsNow('.numbers', page), events);
  });

  it('a search keeps its place when more of its event comes', async () => {
    void fetch(await addressOf('/ask'), { method: 'POST', body: '["berlin", "rome", "berlin"]' }).catch(
      () => undefined,
    );
    await workbench.click('.list .row:has-text("Ask → requests")', page);
    await workbench.waitFor('.inspector .json-line:has-text("berlin")', page);
    const field = '.inspector input[type=search]';
    await workbench.fill(field, 'berlin', page);
    const count = async () => (await workbench.textsNow('.inspector .count', page)).join();
    const [, total] = await until('all matches', async () => /^1 of ([2-9])$/.exec(await count()));
    await workbench.click(field, page);
    await until('the last match', async () => {
      await workbench.press('Shift+Enter');
      return (await count()) === `${total} of ${total}`;
    });
    const current = async () => (await workbench.textsNow('.json-line.found.current', page)).join();
    const before = await until('it in the data', current);
    // What received the event fails only now.
    server.closeAllConnections();
    await workbench.waitFor('.list .row.failed:has-text("Call")', page);
    await workbench.waitFor('.inspector .failure', page);
    await until('the search', async () => / of | found|no match/.test(await count()));
    assert.equal(await count(), `${total} of ${total}`);
    await until('the same match', async () => (await current()) === before);
    await workbench.screenshot('panel-search-kept');
  });
});

const SECRET = 'Canary-Panel-"7\\Kx93mW+q=';
const LEAKY = `blocks:
  - name: Leak
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs:
      default:
        outputCustomization: !expr '({ plain: secrets.PANEL_TOKEN, base64: btoa(secrets.PANEL_TOKEN), text: JSON.stringify({ inner: secrets.PANEL_TOKEN }), [secrets.PANEL_TOKEN]: 1 })'
  - name: Throw
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Leak, output: default }], config: {} } }
    outputs:
      default:
        outputCustomization: !expr '(() => { console.log(secrets.PANEL_TOKEN); throw new Error("refused: " + secrets.PANEL_TOKEN); })()'
  - name: Call
    type: { coreBlock: httpRequest }
    inputs:
      default:
        links: [{ block: Leak, output: default }]
        config:
          method: POST
          url: !expr '"http://127.0.0.1:9/?token=" + encodeURIComponent(secrets.PANEL_TOKEN)'
          headers: !expr '({ authorization: "Bearer " + btoa(secrets.PANEL_TOKEN) })'
          body: !expr '({ token: secrets.PANEL_TOKEN })'
`;

describe('the run panel and secrets', function () {
  this.timeout(120_000);
  const messages: string[] = [];
  let restore: (() => void) | undefined;

  before(async function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') return this.skip();
    const project = 'project: panel-canary\nsecrets:\n  PANEL_TOKEN: {}\n';
    await writeFile('leaky/flows.project.yaml', project);
    await writeFile('leaky/leaky.flow.yaml', LEAKY);
    restore = recordMessages(messages);
  });
  after(async () => {
    restore?.();
    await tidyUp(workspaceFile('leaky/leaky.flow.yaml'));
  });

  it('no value is in any message to its page, whatever one looks at', async () => {
    const flow = workspaceFile('leaky/leaky.flow.yaml');
    await openFile('leaky/leaky.flow.yaml');
    await addSecret(flow, 'PANEL_TOKEN', SECRET);
    await vscode.commands.executeCommand('flows.runFlow', flow);
    await workbench.waitFor('.run-state.running', page);
    await workbench.click('.bar .tool:has-text("Send event")', page);
    await workbench.click(SEND, page);
    await workbench.waitFor('.list .row.failed:has-text("Throw")', page);
    await workbench.waitFor('.list .row.failed:has-text("Call")', page);

    // In a narrow list its chip has room for the key.
    await workbench.waitForGone('.list .chip.leak .holds', page);
    const [holds] = await workbench.attributes('.list .chip.leak', 'title', page);
    assert.match(holds!, /^Holds PANEL_TOKEN: /);
    await workbench.click('.list .row:has(.chip.leak)', page);
    await workbench.waitFor('.inspector .json-line:has-text("‹secret:PANEL_TOKEN›")', page);
    for (const title of ['Outputs', 'Configuration of Call', 'Secrets within reach']) {
      const fold = `.fold[aria-expanded="false"]:has-text("${title}")`;
      await workbench.click(fold, page);
    }
    await workbench.waitFor('.inspector code:has-text("secrets.PANEL_TOKEN")', page);
    await workbench.screenshot('panel-secrets');
    await workbench.fill('.inspector input[type=search]', 'Canary', page);
    await workbench.click('.inspector input[type=search]', page);
    await workbench.press('Enter');
    await workbench.waitFor('.inspector .search >> text=no match', page);
    await workbench.fill('.filter input', 'Canary-Panel', page);
    await until('no row', async () => (await rows()).length === 0);
    await workbench.click('.filter .link', page);
    await workbench.click('.list .row:has(.chip.leak)', page);
    await workbench.click('[aria-label="Edit and re-send"]', page);
    await workbench.waitFor('.send .remark >> text=markers', page);
    await workbench.click('.send vscode-button:has-text("Cancel")', page);
    await workbench.click('.list .row.failed:has-text("Throw")', page);
    await workbench.waitFor('.inspector .failure:has-text("refused: ‹secret:PANEL_TOKEN›")', page);
    // Each part as a document of its own.
    await workbench.click('.list .row:has(.chip.leak)', page);
    const search = new CanarySearch({ PANEL_TOKEN: SECRET });
    for (const [title, part] of [
      ['Data', 'data'],
      ['Configuration of Call', 'config'],
    ] as const) {
      await workbench.click(`.section-head:has-text("${title}") [aria-label="Open in an editor"]`, page);
      const document = await until(`the document of ${title}`, () => {
        const active = vscode.window.activeTextEditor?.document;
        return active?.uri.scheme === 'flow-event' && active.uri.path.endsWith(` ${part}.json`) && active;
      });
      const text = `${document.uri.toString(true)}\n${document.getText()}`;
      assert.ok(text.includes('‹secret:PANEL_TOKEN›'), text);
      assert.deepEqual(search.inBytes(document.uri.path, Buffer.from(text)), []);
    }
    await closeAll();
    await workbench.runCommand('Flows: Export Run');
    const box = await workbench.inputBox();
    assert.match(box.value, /leaky\.flow\.[\dT-]+\.ndjson$/);
    await workbench.press('Enter');
    const [, exported] = await until('the export', async () =>
      (await vscode.workspace.fs.readDirectory(workspaceFile('leaky')))
        .map(([name]) => /^(.*\.ndjson)$/.exec(name))
        .find((found) => found !== null),
    );
    const bytes = await until('all of it', async () => {
      const found = await vscode.workspace.fs.readFile(workspaceFile(`leaky/${exported}`));
      return Buffer.from(found).toString('utf8').includes('refused: ‹secret:PANEL_TOKEN›') && found;
    });
    assert.deepEqual(search.inBytes('export', Buffer.from(bytes)), []);
    await vscode.commands.executeCommand('flows.stop', flow);
    await workbench.waitFor('.run-state.ended', page);

    const all = messages.join('\n');
    // They must have been recorded, or their search would prove nothing.
    for (const sign of ['"type":"rows"', '"type":"result"', '‹secret:PANEL_TOKEN›', '"receivers"'])
      assert.ok(all.includes(sign), sign);
    assert.deepEqual(search.inBytes('messages', Buffer.from(all)), []);
  });
});

/** Keeps what extensions send to webviews, in the extension host, where all of them are of one class. */
function recordMessages(messages: string[]): () => void {
  const probe = vscode.window.createWebviewPanel('probe', 'Probe', vscode.ViewColumn.One);
  const prototype = Object.getPrototypeOf(probe.webview) as vscode.Webview;
  probe.dispose();
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const original = prototype.postMessage;
  prototype.postMessage = function (this: vscode.Webview, message: unknown) {
    messages.push(JSON.stringify(message));
    return original.call(this, message);
  };
  return () => (prototype.postMessage = original);
}
