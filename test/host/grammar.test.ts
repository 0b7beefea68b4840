/** Highlighting by VS Code itself: the same regions are JavaScript in a flow and, by injection, in any YAML file. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { loadWASM, OnigScanner, OnigString } from 'vscode-oniguruma';
import { INITIAL, parseRawGrammar, Registry, type StateStack } from 'vscode-textmate';
import { parseDocument, visit } from 'yaml';
import { closeAll, openFile, workspaceFile } from './editor.js';
import { until } from './workbench.js';

const EMBEDDED = 'meta.embedded.expression.flow';
const ours = vscode.extensions.getExtension('flow-secrets.flow-secrets')!.extensionPath;

/** Grammar files by scope: ours, and those of the VS Code that runs this. */
function grammarFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const id of ['vscode.yaml', 'vscode.javascript', 'flow-secrets.flow-secrets']) {
    const extension = vscode.extensions.getExtension(id)!;
    const { contributes } = extension.packageJSON as {
      contributes: { grammars: { scopeName: string; path: string }[] };
    };
    for (const grammar of contributes.grammars)
      files.set(grammar.scopeName, path.join(extension.extensionPath, grammar.path));
  }
  return files;
}

const registry = (async () => {
  const wasm = await readFile(path.join(ours, 'node_modules/vscode-oniguruma/release/onig.wasm'));
  await loadWASM(wasm);
  const files = grammarFiles();
  return new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new OnigScanner(patterns),
      createOnigString: (text) => new OnigString(text),
    }),
    loadGrammar: async (scope) => {
      const file = files.get(scope);
      return file === undefined ? null : parseRawGrammar(await readFile(file, 'utf8'), file);
    },
    getInjections: (scope) => (scope === 'source.yaml' ? ['source.flow.injection'] : undefined),
  });
})();

/** The text that is highlighted as JavaScript, blanks left out: their scopes differ where YAML's grammar owns the indentation. */
async function javascript(scope: string, text: string): Promise<string> {
  const grammar = (await (await registry).loadGrammar(scope))!;
  let state: StateStack = INITIAL;
  let found = '';
  for (const line of text.split('\n')) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    for (const { startIndex, endIndex, scopes } of tokens) {
      if (scopes.includes(EMBEDDED)) found += line.slice(startIndex, endIndex).replace(/\s+/g, '');
    }
  }
  return found;
}

const SAMPLE = `blocks:
  - name: A
    inputs:
      default:
        config:
          plain: !expr secrets.PLAIN
          several: !expr outputs.a
            .concat('b')
          single: !expr '\`Hello, \${outputs.name}\`'
          double: !expr "previous.double"
          literal: !expr |-
            (() => {
              return secrets.LITERAL;
            })()
          folded: !expr >2
              outputs.folded +
            1
          list:
            - !expr previous.item
            - !expr |
              previous.last
    other: text
`;
const EXPRESSIONS = [
  'secrets.PLAIN',
  "outputs.a.concat('b')",
  '`Hello,${outputs.name}`',
  'previous.double',
  '(()=>{returnsecrets.LITERAL;})()',
  'outputs.folded+1',
  'previous.item',
  'previous.last',
].join('');

describe('highlighting', () => {
  afterEach(closeAll);

  for (const scope of ['source.flow', 'source.yaml']) {
    it(`${scope}: expressions of every style are JavaScript and nothing else is`, async () => {
      assert.equal(await javascript(scope, SAMPLE), EXPRESSIONS);
    });

    it(`${scope}: in a real flow, JavaScript is what the YAML library reads as expressions`, async () => {
      const text = (await openFile('ops/jira-approval.flow.yaml')).document.getText();
      const expressions: string[] = [];
      visit(
        parseDocument(text, {
          customTags: [{ tag: '!expr', resolve: (value: string) => value }],
          logLevel: 'silent',
        }),
        {
          Scalar: (_key, node) => {
            if (node.tag === '!expr') expressions.push(String(node.value));
          },
        },
      );
      assert.equal(expressions.length, text.split('!expr').length - 1);
      assert.equal(await javascript(scope, text), expressions.join('').replace(/\s+/g, ''));
    });
  }

  it('comments toggle as JavaScript inside a block of code and as YAML outside', async () => {
    await vscode.workspace.fs.writeFile(workspaceFile('comment.flow.yaml'), Buffer.from(SAMPLE));
    const editor = await openFile('comment.flow.yaml');
    const lineOf = (text: string) =>
      editor.document
        .getText()
        .split('\n')
        .findIndex((line) => line.includes(text));
    for (const [text, comment] of [
      ['return secrets', '// return secrets'],
      ['plain:', '# plain:'],
    ] as const) {
      const line = lineOf(text);
      // What language a line is in is found out after it is shown.
      await until(`${text} to be commented with ${comment}`, async () => {
        editor.selection = new vscode.Selection(line, 0, line, 0);
        await vscode.commands.executeCommand('editor.action.commentLine');
        if (editor.document.lineAt(line).text.trim().startsWith(comment)) return true;
        await vscode.commands.executeCommand('undo');
        return false;
      });
    }
  });
});

describe('Enter in a flow', () => {
  const file = 'enter.flow.yaml';
  after(async () => {
    await closeAll();
    await vscode.workspace.fs.delete(workspaceFile(file));
  });

  for (const [line, column] of [
    ['blocks:', 2],
    ['    config: # of the block', 6],
    ['  - name: Signed?', 4],
    ['  - "block": Deploy', 4],
    ['          - block:', 14],
    ['        - GET', 8],
    ['        - http://127.0.0.1:80', 8],
    ['          body: !expr |-', 12],
    ['        - !expr |', 10],
    ['          url: http://127.0.0.1:80', 10],
    ['    # Links:', 4],
  ] as const) {
    it(`after ${line.trim()} goes on in column ${column}`, async () => {
      // What follows stays where it is, and has no say.
      await vscode.workspace.fs.writeFile(workspaceFile(file), Buffer.from(`${line}\n                x\n`));
      const editor = await openFile(file);
      await vscode.commands.executeCommand('workbench.action.files.revert');
      await until('the text', () => editor.document.lineAt(0).text === line);
      editor.selection = new vscode.Selection(0, line.length, 0, line.length);
      await vscode.commands.executeCommand('type', { text: '\n' });
      assert.equal(editor.selection.active.line, 1);
      assert.equal(editor.selection.active.character, column);
      assert.equal(editor.document.getText(), `${line}\n${' '.repeat(column)}\n                x\n`);
      await vscode.commands.executeCommand('workbench.action.files.revert');
    });
  }
});
