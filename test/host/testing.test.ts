/** Tests of flows in the Test Explorer, and runs that are saved as tests and mocks. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { generatedValue } from '../../client/testing/secrets.js';
import { CanarySearch } from './canary.js';
import { addSecret, closeAll, openFile, problems, workspaceFile, writeFile } from './editor.js';
import { until, workbench } from './workbench.js';

const ROW = '.test-explorer .monaco-list-row';
const CANARY = 'kQ7canary9Zv2XbT-of-the-tests';
/** One that may be shown. */
const place = 'kQ8-canary "of" a <place>';

async function labelled(pattern: RegExp, timeout?: number): Promise<string> {
  return until(
    `a row ${String(pattern)}`,
    async () => (await workbench.attributes(ROW, 'aria-label')).find((label) => pattern.test(label)),
    timeout,
  );
}

const flow = `# Greets with a token.
blocks:
  - name: Start
    type:
      coreBlock: transform
    position: [0, 0]
    inputs:
      default:
        config: {}
    outputs:
      default:
        outputCustomization: !expr '({ name: previous.name, token: secrets.GREETING_TOKEN })'
  - name: Greet
    type:
      coreBlock: transform
    position: [0, 150]
    inputs:
      default:
        links:
          - block: Start
            output: default
        config: {}
    outputs:
      default:
        outputCustomization: !expr '({ text: "Hello, " + previous.name, length: previous.name.length })'
`;

const tests = `# Of greeting.flow.yaml
tests:
  - name: greets by name
    send: { block: Start, data: { name: Ada } }
    expect:
      - block: Greet
        data: { text: 'Hello, Ada', length: !expr previous === 3 }
  - name: greets the wrong one
    send: { block: Start, data: { name: Ada } }
    expect:
      - block: Start
        data: { name: Ada, token: Bearer ‹secret:GREETING_TOKEN› }
      - block: Greet
        data: { text: 'Hello, Grace' }
`;

describe('tests of flows in the editor', function () {
  this.timeout(120_000);
  const flowFile = 'a-test/greeting.flow.yaml';
  const testFile = 'a-test/greeting.flow-test.yaml';

  before(async function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') return this.skip();
    await writeFile('a-test/flows.project.yaml', 'project: greetings\nsecrets:\n  GREETING_TOKEN:\n');
    await writeFile(flowFile, flow);
    await writeFile(testFile, tests);
    await addSecret(workspaceFile(flowFile), 'GREETING_TOKEN', CANARY);
  });
  after(async () => {
    await vscode.commands.executeCommand('testing.clearTestResults');
    await closeAll();
  });

  /** The test file as it was: what is edited may have been saved by the editor itself. */
  async function restore(): Promise<void> {
    const editor = await openFile(testFile);
    const { document } = editor;
    const all = new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length));
    await editor.edit((builder) => builder.replace(all, tests));
    await document.save();
  }

  it('are found, run, and show what was expected and what came', async () => {
    const editor = await openFile(testFile);
    assert.equal(editor.document.languageId, 'flow-test');
    await vscode.commands.executeCommand('workbench.view.testing.focus');
    await labelled(/greeting\.flow-test\.yaml/);
    await vscode.window.showTextDocument(editor.document);
    await vscode.commands.executeCommand('testing.runCurrentFile');
    await labelled(/greeting\.flow-test\.yaml.*\bFailed\b/i);
    await workbench.parkMouse();
    const shown = await until('the differences', async () => {
      const text = (await workbench.textsNow('.monaco-workbench')).join('\n');
      return /text: expected "Hello, Grace", got "Hello, Ada"/.test(text) && text;
    });
    await workbench.screenshot('testing-failed');
    // The terminal breaks its lines where it likes.
    assert.ok(
      shown
        .replace(/\s/g, '')
        .includes('token:expected"Bearer‹secret:GREETING_TOKEN›",got"‹secret:GREETING_TOKEN›"'),
      shown,
    );
    // Neither the value that this machine has nor the one that was made up.
    assert.ok(!shown.includes(CANARY));
    assert.ok(!shown.includes(generatedValue('GREETING_TOKEN')));
  });

  it('are read again when they change', async () => {
    const editor = await openFile(testFile);
    await editor.edit((edit) => {
      const at = editor.document.positionAt(editor.document.getText().indexOf('greets the wrong one'));
      edit.replace(editor.document.getWordRangeAtPosition(at, /greets the wrong one/)!, 'greets nobody');
    });
    await workbench.click(`${ROW}:has-text("greeting.flow-test.yaml")`);
    await workbench.press('ArrowRight');
    await labelled(/greets nobody/);
    await workbench.screenshot('testing-tree');
    await restore();
    await labelled(/greets the wrong one/);
  });

  it('run again when something is saved, while that is switched on', async () => {
    await vscode.commands.executeCommand('testing.startContinuousRun');
    const editor = await openFile(flowFile);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# Saved\n'));
    await editor.document.save();
    // All tests of the workspace run.
    await labelled(/examples\/sample-endpoint\.flow-test\.yaml.*\bPassed\b/i, 60_000);
    await workbench.screenshot('testing-continuous');
    await vscode.commands.executeCommand('testing.stopContinuousRun');
  });

  it('their mistakes are underlined, also names that the flow does not have', async () => {
    const editor = await openFile(testFile);
    await editor.edit((edit) => {
      const at = editor.document.getText().indexOf('block: Greet') + 'block: '.length;
      edit.insert(editor.document.positionAt(at), 'X');
    });
    await until('the diagnostics', () => problems(editor.document.uri).length > 0);
    assert.deepEqual(problems(editor.document.uri), [
      'test-name: There is no block "XGreet" in the flow. Did you mean "Greet"?',
    ]);
    await restore();
  });

  it('a run is saved as a test and a mock: opened, without values, and Undo takes it back', async () => {
    const uri = workspaceFile(flowFile);
    await openFile(flowFile);
    const done = vscode.commands.executeCommand('flows.runFromBlock', {
      uri: uri.toString(),
      block: 'Start',
      input: 'default',
    });
    await workbench.acceptInput('{ "name": "Linus" }');
    await done;
    await until('the event in the history', async () => {
      await openFile(flowFile);
      await vscode.commands.executeCommand('flows.saveRunAsTest');
      const text = vscode.window.activeTextEditor?.document.getText() ?? '';
      if (text.includes('Hello, Linus')) return true;
      await restore();
      return false;
    });
    const { document } = vscode.window.activeTextEditor!;
    assert.equal(document.uri.toString(), workspaceFile(testFile).toString());
    assert.ok(document.getText().startsWith(tests.trimEnd()), document.getText());
    assert.match(document.getText(), /name: Start leads to Greet[\s\S]*‹secret:GREETING_TOKEN›/);
    assert.ok(!document.getText().includes(CANARY));
    await workbench.screenshot('testing-saved');
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), tests);
    await vscode.commands.executeCommand('flows.stop');
  });

  it('a value that may be shown stays out of a saved test, which takes it from the store', async () => {
    const name = 'a-shown/place.flow.yaml';
    await writeFile(
      'a-shown/flows.project.yaml',
      'project: shown\nsecrets:\n  PLACE: { sensitive: false }\n',
    );
    await writeFile(
      name,
      `blocks:
  - name: Arrive
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs: { default: { outputCustomization: !expr '({ place: secrets.PLACE, isStored: secrets.PLACE.startsWith("kQ8") })' } }
`,
    );
    await addSecret(workspaceFile(name), 'PLACE', place);
    await openFile(name);
    const done = vscode.commands.executeCommand('flows.runFromBlock', {
      uri: workspaceFile(name).toString(),
      block: 'Arrive',
      input: 'default',
    });
    await workbench.acceptInput(JSON.stringify({ to: place }));
    await done;
    const document = await until('the test', async () => {
      await openFile(name);
      await vscode.commands.executeCommand('flows.saveRunAsTest');
      const saved = vscode.window.activeTextEditor?.document;
      if (saved?.uri.path.endsWith('place.flow-test.yaml') !== true) return false;
      if (saved.getText().includes('isStored')) return saved;
      // The record had the beginning of the run only.
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
      await vscode.workspace.fs.delete(saved.uri);
      return false;
    });
    const text = document.getText();
    assert.ok(text.startsWith('secrets:\n  PLACE: stored\ntests:\n'), text);
    assert.match(text, /to: ‹secret:PLACE›[\s\S]*place: ‹secret:PLACE›\n\s+isStored: true/);
    assert.deepEqual(new CanarySearch({ place }).inBytes('test', Buffer.from(text)), []);
    await document.save();
    await vscode.commands.executeCommand('flows.stop');
    await vscode.commands.executeCommand('workbench.view.testing.focus');
    await labelled(/place\.flow-test\.yaml/);
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('testing.runCurrentFile');
    await labelled(/place\.flow-test\.yaml.*\bPassed\b/i, 60_000);
  });

  it('what a block answered is saved beside the flow, without values that may be shown', async () => {
    await writeFile(
      'a-test/ask.flow.yaml',
      `blocks:
  - name: Ask
    type: { coreBlock: httpRequest }
    inputs: { default: { config: { url: !expr '"http://127.0.0.1:9/?" + secrets.GREETING_TOKEN + secrets.PLACE' } } }
`,
    );
    const uri = workspaceFile('a-test/ask.flow.yaml');
    await writeFile(
      'a-test/flows.project.yaml',
      'project: greetings\nsecrets:\n  GREETING_TOKEN:\n  PLACE: { sensitive: false }\n',
    );
    await addSecret(uri, 'PLACE', place);
    await openFile('a-test/ask.flow.yaml');
    const done = vscode.commands.executeCommand('flows.runFromBlock', {
      uri: uri.toString(),
      block: 'Ask',
      input: 'default',
    });
    await workbench.acceptInput(JSON.stringify({ question: 1, from: place }));
    await done;
    const mocks = workspaceFile('a-test/ask.mocks.yaml').toString();
    await until('the mocks', async () => {
      await openFile('a-test/ask.flow.yaml');
      const saved = vscode.commands.executeCommand('flows.saveAsMock');
      const offered = await until(
        'a choice or a message',
        async () => (await workbench.textsNow('.quick-input-list .label-name')).includes('Ask') || 'nothing',
      );
      if (offered === 'nothing') return false;
      await workbench.pick('Ask');
      await saved;
      return vscode.window.activeTextEditor?.document.uri.toString() === mocks;
    });
    const text = vscode.window.activeTextEditor!.document.getText();
    assert.match(
      text,
      /^blocks:\n {2}Ask:\n {4}recorded:\n {6}- when:\n {10}question: 1\n {10}from: ‹secret:PLACE›\n {8}error: /,
    );
    assert.deepEqual(new CanarySearch({ CANARY, place }).inBytes('mocks', Buffer.from(text)), []);
    await workbench.screenshot('testing-mock');
    await vscode.commands.executeCommand('flows.stop');
  });
});
