/**
 * The run panel in a window whose parts are moved. By its name this is the last file of its folder: VS Code 1.139 draws no page in
 * a view any more once its panel has been turned, until the window is loaded again.
 */
import * as vscode from 'vscode';
import { closeAll, openFile } from './editor.js';
import { until, workbench } from './workbench.js';

const page = { webview: true } as const;

describe('the run panel in a window that is arranged anew', function () {
  this.timeout(90_000);

  before(async function () {
    if (!workbench.isAvailable) return this.skip();
    await openFile('examples/sample-endpoint.flow.yaml');
    await vscode.commands.executeCommand('flows.showRunPanel');
    await workbench.waitFor('.list', page);
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.positionPanelBottom');
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await closeAll();
  });

  it('shares its room anew when it is moved beside the editor and back', async () => {
    /** Whether the flow has its part of the room, and the list its part of the rest. */
    const isShared = async (split: 'horizontal' | 'vertical'): Promise<boolean> => {
      const splits = await workbench.attributes('#outer', 'split', page);
      const styles = await workbench.attributes('#outer .start', 'style', page);
      const parts = styles.map((style) => Math.round(Number(/([\d.]+)%/.exec(style)?.[1])));
      return splits.join() === split && parts.join() === '36,54';
    };
    await until('the layout', () => isShared('vertical'));
    await vscode.commands.executeCommand('workbench.action.positionPanelRight');
    await until('the layout beside the editor', () => isShared('horizontal'));
    await workbench.screenshot('panel-right');
    await vscode.commands.executeCommand('workbench.action.positionPanelBottom');
    await until('the layout as it was', () => isShared('vertical'));
    await workbench.screenshot('panel-bottom');
  });
});
