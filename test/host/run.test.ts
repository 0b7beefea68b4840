/** A run beside the editor: its problems in the flow, its output's links, its time. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { addSecret, closeAll, openFile, outputText, setSetting, workspaceFile, writeFile } from './editor.js';
import { until, workbench } from './workbench.js';

const ID = 'runs';
const FILE = `${ID}/watch.flow.yaml`;
const VALUE = 'Canary-Runs-7tG2pQ';
const FLOW = `blocks:
  - name: Every Day
    type:
      coreBlock: schedule
    config:
      cron: 0 9 * * *
    outputs:
      default:
        name: Default
  - name: Leak
    type:
      coreBlock: transform
    inputs:
      default:
        links:
          - block: Every Day
            output: default
    outputs:
      default:
        outputCustomization: !expr "({ token: secrets.WATCH_TOKEN })"
  - name: Rest
    type:
      coreBlock: sleep
    inputs:
      default:
        links:
          - block: Leak
            output: default
        config:
          sleep: 3600
    outputs:
      default:
        name: Default
  - name: Trip
    type:
      coreBlock: transform
    inputs:
      default:
        links:
          - block: Rest
            output: default
    outputs:
      default:
        outputCustomization: !expr outputs.leak.user.name
`;

const found = (uri: vscode.Uri) =>
  vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'flow run');

describe('a run beside the editor', function () {
  this.timeout(90_000);
  let editor: vscode.TextEditor;
  const under = (range: vscode.Range) => editor.document.getText(range);
  const output = (text: RegExp) =>
    until(String(text), async () => {
      const all = await outputText('Flow Run');
      return text.test(all) && all;
    });

  before(async function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') return this.skip();
    await writeFile(`${ID}/flows.project.yaml`, `project: ${ID}\nsecrets:\n  WATCH_TOKEN:\n`);
    await writeFile(FILE, FLOW);
    await addSecret(workspaceFile(FILE), 'WATCH_TOKEN', VALUE);
    await setSetting('run.reveal', 'output');
    editor = await openFile(FILE);
    await vscode.commands.executeCommand('flows.showRunOutput');
    await outputText('Flow Run');
    // What other tests have run.
    await vscode.commands.executeCommand('workbench.output.action.clearOutput');
  });
  after(async () => {
    await vscode.commands.executeCommand('flows.stop', workspaceFile(FILE));
    await setSetting('run.reveal', undefined);
    await closeAll();
    await vscode.commands.executeCommand('workbench.action.closePanel');
  });

  it('time that is advanced fires a schedule and ends waits', async () => {
    await workbench.runCommand('Flows: Run Flow in Virtual Time');
    await output(/watch\.flow\.yaml runs/);
    await workbench.runCommand('Flows: Advance Time');
    await workbench.fillInput('soon');
    await until('the refusal', async () => /for example 15m/.test((await workbench.inputBox()).message));
    await workbench.fillInput('1d');
    await workbench.press('Enter');
    await output(/watch\.flow\.yaml: It is \d{4}-/);
    await output(/Trip ✗ TypeError/);
  });

  it('its failure and its leak are problems of the flow', async () => {
    const problems = await until('all of them', () => {
      const all = found(editor.document.uri);
      return all.length === 3 && all;
    });
    const [leak, passedOn, failure] = [...problems].sort((a, b) => a.range.start.compareTo(b.range.start));
    assert.deepEqual([under(leak!.range), under(passedOn!.range)], ['Leak', 'Rest']);
    assert.match(leak!.message, /held WATCH_TOKEN: the platform shows it/);
    assert.equal(leak!.severity, vscode.DiagnosticSeverity.Warning);
    assert.match(under(failure!.range), /^outputs\.leak\.user\.name$|^user\.name$|^name$/);
    assert.match(failure!.message, /^Trip failed: TypeError: /);
    await workbench.screenshot('run-problems');
  });

  it('a block in the output, and the place of a failure, lead to the flow', async () => {
    await workbench.runCommand('Flows: Show Run Output');
    const document = await until('the output', () =>
      vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'output' && /Flow Run/.test(uri.path)),
    );
    const links = await until('its links', async () => {
      const all = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
        'vscode.executeLinkProvider',
        document.uri,
      );
      return all.some(({ range }) => /^line \d/.test(document.getText(range))) && all;
    });
    const texts = links.map(({ range }) => document.getText(range));
    for (const block of ['Every Day', 'Leak', 'Rest', 'Trip']) assert.ok(texts.includes(block), block);
    editor.selection = new vscode.Selection(0, 0, 0, 0);
    const place = links.find(({ range }) => /^line \d/.test(document.getText(range)))!;
    const [, line] = /^line (\d+)/.exec(document.getText(place.range))!;
    await workbench.screenshot('run-output-links');
    // Once it is coloured, the number has an element of its own.
    const link = `.part.panel .detected-link:text-matches("^${line}$|line ${line},")`;
    await workbench.click(link, { modifiers: ['Control'] });
    await until(
      'the place',
      () => vscode.window.activeTextEditor?.selection.active.line === Number(line) - 1,
    );
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), editor.document.uri.toString());
  });

  it('a problem goes when its line is edited, and moves with its line', async () => {
    editor = await openFile(FILE);
    const before = found(editor.document.uri).find(({ message }) => message.includes('of Leak'))!;
    await editor.edit((edit) => {
      edit.insert(new vscode.Position(0, 0), '# watched\n');
      const at = editor.document.positionAt(editor.document.getText().indexOf('.user.name'));
      edit.insert(at, '?');
    });
    const left = await until('the leaks alone', () => {
      const all = found(editor.document.uri);
      return all.length === 2 && all.find(({ message }) => message === before.message);
    });
    assert.equal(left.range.start.line, before.range.start.line + 1);
    assert.equal(under(left.range), 'Leak');
  });

  it('Fire now starts what a schedule starts, and a new run begins without problems', async () => {
    await vscode.commands.executeCommand('flows.stop', workspaceFile(FILE));
    const lenses = await until('the lens', async () => {
      const all = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        editor.document.uri,
      );
      return all.filter(({ command }) => /Fire now/.test(command?.title ?? ''));
    });
    const [{ command } = { command: undefined }] = lenses;
    const { length } = await outputText('Flow Run');
    await vscode.commands.executeCommand(command!.command, ...(command!.arguments as unknown[]));
    await until('the line of events', async () =>
      /Every Day → default[\s\S]*Leak → default/.test((await outputText('Flow Run')).slice(length)),
    );
    await workbench.runCommand('Flows: End Waits');
    await until('the end of the wait', async () =>
      /1 wait ended[\s\S]*|Rest → default/.test((await outputText('Flow Run')).slice(length)),
    );
    await until('the problems of this run', () => found(editor.document.uri).length > 0);
    const text = await outputText('Flow Run');
    assert.ok(!text.includes(VALUE));
    assert.doesNotMatch(text.slice(length), /‹secret/, 'data is not shown unless it is wanted');
  });
});
