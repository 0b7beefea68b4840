/**
 * What a person sees of a flow. This suite runs as plain extensions run, not as extension tests: VS Code shows its modal
 * dialogs here.
 */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, cursorAfter, openFile, undefinedKeys } from '../host/editor.js';
import { until, workbench } from '../host/workbench.js';

describe('the window', function () {
  before(function () {
    if (!workbench.isAvailable) this.skip();
  });
  afterEach(closeAll);

  it('shows lenses above the blocks and underlines the undefined keys', async () => {
    const editor = await openFile('ops/jira-approval.flow.yaml');
    await until('the undefined keys', () => undefinedKeys(editor.document).length === 2);
    const lenses = await workbench.texts('.codelens-decoration a');
    assert.ok(
      lenses.some((text) => /run flow/i.test(text)),
      lenses.join(', '),
    );
    await workbench.screenshot('flow');

    cursorAfter(editor, 'secrets.JIRA_APPROVED');
    await workbench.waitFor('.squiggly-error');
    await workbench.screenshot('undefined-key');
  });

  it('offers its commands in the palette', async () => {
    await openFile('ops/jira-approval.flow.yaml');
    const entries = await workbench.paletteEntries('Flows: ');
    for (const entry of ['Flows: Add Secret', 'Flows: Run Flow']) {
      assert.ok(entries.includes(entry), entries.join(', '));
    }
  });

  it('has said nothing about a mistake of ours in its console', async () => {
    const extension = vscode.extensions.getExtension('flow-secrets.flow-secrets');
    assert.equal(extension?.isActive, true);
    const mistakes = (await workbench.consoleMessages()).filter((message) =>
      /^\[(error|warning)\].*flow-secrets/i.test(message),
    );
    assert.deepEqual(mistakes, []);
  });
});
