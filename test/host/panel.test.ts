/** The run panel in the real workbench: a flow runs in front of a person, who looks into its events. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, openFile, workspaceFile } from './editor.js';
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

describe('the run panel', function () {
  this.timeout(120_000);
  let address: string;

  before(async function () {
    if (!workbench.isAvailable) return this.skip();
    await vscode.workspace.fs.writeFile(workspaceFile('panel/orders.flow.yaml'), Buffer.from(FLOW));
  });
  after(async () => {
    await vscode.commands.executeCommand('flows.stop', workspaceFile('panel/orders.flow.yaml'));
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await closeAll();
  });

  it('shows the flow and how to begin while nothing runs', async () => {
    await openFile('panel/orders.flow.yaml');
    await workbench.runCommand('Flows: Show Run Panel');
    await workbench.waitFor('.welcome >> text=Run a flow', page);
    await workbench.screenshot('panel-empty');
  });

  it('a run comes to the front and shows its events', async () => {
    await vscode.commands.executeCommand('flows.runFlow', workspaceFile('panel/orders.flow.yaml'));
    const text = await until('the address', async () =>
      (await workbench.textsNow('.address', page)).find((one) => one.includes('/orders')),
    );
    address = /http:\S+(?=\/orders)/.exec(text)![0];
    const response = await fetch(`${address}/orders/berlin`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        customer: 'Ada',
        lines: [
          { item: 'lamp', count: 2, price: 30 },
          { item: 'desk', count: 1, price: 240.5 },
        ],
      }),
    });
    assert.deepEqual(await response.json(), { total: 300.5 });
    await until(
      'the rows',
      async () => (await workbench.textsNow('.list .row:not(.head)', page)).length >= 5,
    );
    await workbench.screenshot('panel-run');
  });

  it('a selected event shows its data, what led to it and what its receivers made of it', async () => {
    await workbench.click('.list .row:has-text("Price")', page);
    await workbench.waitFor('.inspector .json-line:has-text("berlin")', page);
    await workbench.screenshot('panel-inspector');
  });
});
