/** The language service in the real editor: what VS Code gets from the server, asked as its features ask. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  closeAll,
  codeOf,
  cursorAfter,
  openFile,
  openQuickFixes,
  workspaceFile,
  writeFile,
} from './editor.js';
import { until, workbench } from './workbench.js';

const FLOW = `appInstallations:
  slack:
    appName: Slack
    appVersion: 1.0.0
blocks:
  - name: Hello
    description: Greets, see https://wiki.example.com/hello_world.
    type:
      coreBlock: httpEndpoint
    config:
      path: /hello/{name}
      methods:
        - GET
  - name: Greet
    type:
      coreBlock: transform
    inputs:
      default:
        links:
          - block: Hello
            output: requests
        config: {}
    outputs:
      default:
        outputCustomization: !expr |-
          ({ text: \`Hello, \${outputs.hello.params.name}\`, length: 5 })
  - name: Long
    type:
      coreBlock: condition
    inputs:
      default:
        links:
          - block: Gret
            output: default
        config:
          condition: !expr outputs.greet.length > 3
`;

describe('the language service in the editor', function () {
  this.timeout(60_000);
  const name = 'language/tour.flow.yaml';
  let editor: vscode.TextEditor;
  let uri: vscode.Uri;

  before(async () => {
    uri = workspaceFile(name);
    await vscode.workspace.fs.writeFile(uri, Buffer.from(FLOW));
    editor = await openFile(name);
    await until('the first diagnostics', () => vscode.languages.getDiagnostics(uri).length > 0);
  });
  after(async () => {
    await closeAll();
    await vscode.workspace.fs.delete(workspaceFile('language'), { recursive: true });
  });

  const cursor = (text: string): vscode.Position => cursorAfter(editor, text);
  async function ask<T>(command: string, ...rest: unknown[]): Promise<T> {
    return vscode.commands.executeCommand<T>(command, uri, ...rest);
  }
  async function completions(position: vscode.Position): Promise<string[]> {
    const list = await ask<vscode.CompletionList>('vscode.executeCompletionItemProvider', position);
    return list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
  }
  const textOf = (range: vscode.Range): string => editor.document.getText(range);

  it('is at home in flow files', () => assert.equal(editor.document.languageId, 'flow'));

  it('underlines a link to nobody, and mends it with the near name', async () => {
    const [diagnostic] = vscode.languages.getDiagnostics(uri);
    assert.equal(codeOf(diagnostic!), 'link-block');
    assert.equal(textOf(diagnostic!.range), 'Gret');
    const actions = await ask<vscode.CodeAction[]>('vscode.executeCodeActionProvider', diagnostic!.range);
    const fix = actions.find(({ title }) => title === 'Change to Greet');
    assert.ok(fix?.edit, actions.map(({ title }) => title).join());
    if (workbench.isAvailable) {
      cursor('- block: Gret');
      await openQuickFixes('Change to Greet');
      await workbench.screenshot('language-quick-fix');
      await workbench.press('Escape');
    }
    assert.ok(await vscode.workspace.applyEdit(fix.edit));
    await until('no problem to be left', () => vscode.languages.getDiagnostics(uri).length === 0);
  });

  it('completes blocks and outputs in links, fields and values in YAML', async () => {
    assert.deepEqual((await completions(cursor('- block: '))).sort(), ['Greet', 'Hello', 'Long']);
    assert.deepEqual(await completions(cursor('output: ')), ['requests']);
    assert.ok((await completions(cursor('- GET').translate(0, -3))).includes('PATCH'));
    if (!workbench.isAvailable) return;
    cursor('- block: ');
    await vscode.commands.executeCommand('editor.action.triggerSuggest');
    await workbench.waitFor('.suggest-widget.visible .monaco-list-row');
    await workbench.screenshot('language-completion-link');
    await workbench.press('Escape');
  });

  it('completes what an event carries, by type', async () => {
    const members = await until('members from TypeScript', async () => {
      const found = await completions(cursor('outputs.greet.'));
      return found.includes('text') && found;
    });
    assert.ok(members.includes('length'));
    assert.ok((await completions(cursor('outputs.hello.'))).includes('params'));
    if (!workbench.isAvailable) return;
    cursor('outputs.hello.');
    await vscode.commands.executeCommand('editor.action.triggerSuggest');
    await workbench.waitFor('.suggest-widget.visible .monaco-list-row');
    await workbench.screenshot('language-completion-type');
    await workbench.press('Escape');
  });

  it('offers an expression where a value begins with `!`', async function () {
    if (!workbench.isAvailable) this.skip();
    const text = `blocks:\n  - name: A\n    type: { coreBlock: transform }\n    outputs:\n      default:\n        `;
    await writeFile('language/typing.flow.yaml', text);
    const typed = await openFile('language/typing.flow.yaml');
    const end = typed.document.positionAt(text.length);
    typed.selection = new vscode.Selection(end, end);
    await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
    await workbench.type('outputCustomization: !');
    await workbench.waitFor('.suggest-widget.visible .monaco-list-row');
    assert.deepEqual(await workbench.suggestions(), ['!expr', '!expr |-']);
    await workbench.screenshot('language-completion-value');
    await workbench.press('ArrowDown');
    await workbench.press('Enter');
    await until(
      'the expression',
      () => typed.document.getText() === `${text}outputCustomization: !expr |-\n          `,
    );
    await typed.document.save();
    editor = await openFile(name);
  });

  it('explains blocks, fields and members', async () => {
    const said = async (position: vscode.Position): Promise<string> => {
      const hovers = await ask<vscode.Hover[]>('vscode.executeHoverProvider', position);
      return hovers
        .flatMap(({ contents }) =>
          contents.map((one) => (one instanceof vscode.MarkdownString ? one.value : JSON.stringify(one))),
        )
        .join('\n');
    };
    assert.match(await said(cursor('- block: Hel')), /HTTP Endpoint[^]*outputs\.hello/);
    assert.match(await said(cursor('    config:\n      pa')), /string/);
    assert.match(await said(cursor('outputs.greet.leng')), /number/);
    if (!workbench.isAvailable) return;
    cursor('- block: Hel');
    await vscode.commands.executeCommand('editor.action.showHover');
    const link = '.monaco-hover:not(.hidden) .hover-contents a[data-href^="http"]';
    await workbench.waitFor(link);
    assert.deepEqual(await workbench.attributes(link, 'data-href'), ['https://wiki.example.com/hello_world']);
    assert.match(await workbench.hoverText(), /Greets, see https:\/\/wiki\.example\.com\/hello_world\./);
    await workbench.screenshot('language-hover-block');
    await workbench.press('Escape');
  });

  it('leads from a read to its block, and back to all that read it', async () => {
    const [definition] = await ask<(vscode.Location | vscode.LocationLink)[]>(
      'vscode.executeDefinitionProvider',
      cursor('outputs.gre'),
    );
    const range =
      'targetSelectionRange' in definition!
        ? definition.targetSelectionRange
        : (definition as vscode.Location).range;
    assert.equal(textOf(range), 'Greet');
    const references = await ask<vscode.Location[]>('vscode.executeReferenceProvider', cursor('- name: Gre'));
    assert.deepEqual(
      references.map((one) => textOf(one.range)),
      ['Greet', 'Greet', 'greet'],
    );
  });

  it('renames a block with its links and everything that reads it', async () => {
    const edit = await ask<vscode.WorkspaceEdit>(
      'vscode.executeDocumentRenameProvider',
      cursor('- name: Gre'),
      'Say Hi',
    );
    assert.deepEqual(
      edit
        .get(uri)
        .map((one) => [textOf(one.range), 'newText' in one ? one.newText : ''])
        .sort(),
      [
        ['Greet', 'Say Hi'],
        ['Greet', 'Say Hi'],
        ['greet', 'sayHi'],
      ],
    );
  });

  it('outlines, folds, hints, colours and runs', async () => {
    const symbols = await ask<vscode.DocumentSymbol[]>('vscode.executeDocumentSymbolProvider');
    assert.ok(['Hello', 'Greet', 'Long'].every((block) => JSON.stringify(symbols).includes(`"${block}"`)));
    const folds = await ask<vscode.FoldingRange[]>('vscode.executeFoldingRangeProvider');
    assert.ok(folds.length > 3);
    const whole = new vscode.Range(0, 0, editor.document.lineCount, 0);
    const hints = await ask<vscode.InlayHint[]>('vscode.executeInlayHintProvider', whole);
    assert.ok(Array.isArray(hints));
    const tokens = await ask<vscode.SemanticTokens>('vscode.provideDocumentSemanticTokens');
    assert.ok(tokens.data.length > 0);
    const lenses = await ask<vscode.CodeLens[]>('vscode.executeCodeLensProvider');
    assert.deepEqual(
      lenses.map(({ command }) => command?.title.replace(/\$\([\w-]+\) /, '')),
      ['Run flow', 'Debug', 'Run from here', 'Debug from here', 'Run from here', 'Debug from here'],
    );
    if (!workbench.isAvailable) return;
    editor.revealRange(whole, vscode.TextEditorRevealType.AtTop);
    await vscode.commands.executeCommand('outline.focus');
    await workbench.screenshot('language-outline');
  });

  it('obeys the setting that silences a rule', async () => {
    const settings = vscode.workspace.getConfiguration('flows');
    const at = cursor('block: Greet');
    await editor.edit((edit) => edit.insert(at, 'x'));
    await until('the problem', () => vscode.languages.getDiagnostics(uri).length === 1);
    await settings.update('rules', { 'link-block': 'off' }, vscode.ConfigurationTarget.Global);
    await until('silence', () => vscode.languages.getDiagnostics(uri).length === 0);
    await settings.update('rules', undefined, vscode.ConfigurationTarget.Global);
    await until('the problem again', () => vscode.languages.getDiagnostics(uri).length === 1);
  });
});
