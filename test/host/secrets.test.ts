/** Adding secrets through the real palette and input boxes, on the real keychain. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type * as Keytar from 'keytar';
import { closeAll, cursorAfter, enterValue, openFile, readFile, undefinedKeys } from './editor.js';
import { until, workbench } from './workbench.js';

const keytar = createRequire(__filename)('keytar') as typeof Keytar;

describe('Flows: Add Secret', function () {
  before(function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') this.skip();
  });
  afterEach(closeAll);

  it('offers the key at the cursor, hides the value, declares the key, and the error is gone', async () => {
    const editor = await openFile('ops/jira-approval.flow.yaml');
    await until('the undefined keys', () => undefinedKeys(editor.document).length === 2);
    assert.deepEqual(undefinedKeys(editor.document), ['JIRA_APPROVED_STATUS', 'JIRA_DENIED_STATUS']);

    cursorAfter(editor, 'secrets.JIRA_APPROVED');
    await workbench.runCommand('Flows: Add Secret');
    const keyBox = await workbench.inputBox();
    assert.equal(keyBox.value, 'JIRA_APPROVED_STATUS');
    assert.equal(keyBox.password, false);
    await workbench.press('Enter');
    await enterValue('Approved by host test');

    await until('one undefined key', () => undefinedKeys(editor.document).length === 1);
    assert.deepEqual(undefinedKeys(editor.document), ['JIRA_DENIED_STATUS']);
    assert.equal(
      await keytar.getPassword('flow-secrets/ops', 'JIRA_APPROVED_STATUS'),
      'Approved by host test',
    );
    // The error goes with the value; the declaration follows it.
    const project = await until('the declaration', async () => {
      const text = await readFile('ops/flows.project.yaml');
      return /^ {2}JIRA_APPROVED_STATUS:/m.test(text) && text;
    });
    assert.match(project, /# Signs the approval links\.\n/);
    assert.doesNotMatch(project, /host test/);
  });
});
