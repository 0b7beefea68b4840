import assert from 'node:assert/strict';
import type { CodeAction, Diagnostic } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { flowWith, TestClient } from './client.js';

const TWO = `blocks:
  - name: 'Get: user'
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
  - name: Next
    type:
      coreBlock: httpRequest
    inputs:
      default:
        links:
          - block: LINK
            output: default
        config:
          url: VALUE
`;

describe('quick fixes', () => {
  let client: TestClient;
  beforeEach(async () => {
    client = await TestClient.start();
  });
  afterEach(() => client.dispose());

  async function fixesOf(
    text: string,
    code: string,
  ): Promise<{ actions: CodeAction[]; diagnostic: Diagnostic }> {
    await client.open('a.flow.yaml', text);
    const diagnostic = (await client.diagnostics('a.flow.yaml')).find((one) => one.code === code);
    assert.ok(diagnostic, `no ${code}`);
    return { actions: await client.codeActions('a.flow.yaml', [diagnostic]), diagnostic };
  }

  /** The text after the action, which must silence the diagnostic. */
  async function apply(text: string, code: string, title: string): Promise<string> {
    const { actions } = await fixesOf(text, code);
    const action = actions.find((one) => one.title === title);
    assert.ok(action, `no "${title}" in ${actions.map((one) => one.title).join(' | ')}`);
    const [edit] = action.edit!.changes![client.uri('a.flow.yaml')]!;
    await client.edit('a.flow.yaml', [{ range: edit!.range, text: edit!.newText }]);
    const lines = text.split('\n');
    const { start, end } = edit!.range;
    const before = [...lines.slice(0, start.line), lines[start.line]!.slice(0, start.character)].join('\n');
    const after = [lines[end.line]!.slice(end.character), ...lines.slice(end.line + 1)].join('\n');
    const codes = (await client.diagnostics('a.flow.yaml')).map((one) => one.code);
    assert.ok(!codes.includes(code), `${code} is still there: ${codes.join()}`);
    return before + edit!.newText + after;
  }

  const two = (link: string, value = 'x'): string => TWO.replace('LINK', link).replace('VALUE', value);

  it('take a near name, in the quotes it needs', async () => {
    assert.match(
      await apply(two("'Get: usr'"), 'link-block', 'Change to Get: user'),
      /- block: 'Get: user'\n/,
    );
  });

  it('take a near key in an expression', async () => {
    const text = two("'Get: user'", '!expr outputs.getUsr.url');
    assert.match(await apply(text, 'unknown-output', 'Change to getUser'), /!expr outputs\.getUser\.url/);
  });

  it('take a near core block and field', async () => {
    const text = two("'Get: user'").replace('httpRequest', 'httpReqest');
    assert.match(await apply(text, 'unknown-core-block', 'Change to httpRequest'), /coreBlock: httpRequest/);
    const field = TWO.replace('url: VALUE', 'x: 1')
      .replace('LINK', "'Get: user'")
      .replace('inputs:\n', 'inpts:\n');
    assert.match(await apply(field, 'unknown-field', 'Change to inputs'), /^ {4}inputs:$/m);
  });

  it('add a missing tag', async () => {
    assert.match(
      await apply(two("'Get: user'", 'secrets.URL'), 'missing-expr', 'Add !expr'),
      /url: !expr secrets\.URL\n/,
    );
  });

  it('make a template literal of placeholders of other tools', async () => {
    const text = await apply(
      two("'Get: user'", '"https://x/${{ secrets.ID }}?q=`{{ outputs.getUser.q }}"'),
      'missing-expr',
      'Make it a JavaScript template literal',
    );
    assert.match(text, /url: !expr '`https:\/\/x\/\$\{secrets\.ID\}\?q=\\`\$\{outputs\.getUser\.q\}`'\n/);
  });

  it('indent with spaces, all lines at once', async () => {
    const text = 'blocks:\n\t- name: A\n\t  type:\n\t\t\tcoreBlock: transform\n\t  description: "a\tb"\n';
    const { actions } = await fixesOf(text, 'yaml-syntax');
    const fix = actions.find(({ title }) => title === 'Indent with spaces');
    const edits = fix!.edit!.changes![client.uri('a.flow.yaml')]!;
    const mended = TextDocument.applyEdits(TextDocument.create('', '', 0, text), edits);
    assert.equal(
      mended,
      'blocks:\n  - name: A\n    type:\n      coreBlock: transform\n    description: "a\tb"\n',
    );
    assert.equal(fix!.isPreferred, true);
  });

  it('a tag that is nearly the one there is', async () => {
    const tagged = (tag: string): string =>
      `blocks:\n  - name: A\n    type: { coreBlock: sleep }\n    inputs: { default: { config: { sleep: ${tag} previous.x } } }\n`;
    assert.equal(await apply(tagged('!exp'), 'yaml-unknown-tag', 'Change to !expr'), tagged('!expr'));
  });

  describe('write down what YAML that does not parse was read as', () => {
    const type = '    type: { coreBlock: sleep }\n';
    const slips: readonly (readonly [string, string, string])[] = [
      ['Add the colon', '    type\n      coreBlock: sleep\n', '    type:\n      coreBlock: sleep\n'],
      ['Close with `}`', '    type: { coreBlock: sleep\n', type],
      [
        'Align with the lines around',
        `    description: a\n   type: { coreBlock: sleep }\n`,
        `    description: a\n${type}`,
      ],
      ['Add the closing quote', `    description: "a\n${type}`, `    description: "a"\n${type}`],
      ['Add the blank', `${type}  -name: B\n${type}`, `${type}  - name: B\n${type}`],
    ];
    const block = (lines: string): string => `blocks:\n  - name: A\n${lines}`;
    for (const [title, slip, mended] of slips) {
      it(title, async () => {
        assert.equal(await apply(block(slip), 'yaml-syntax', title), block(mended));
      });
    }
  });

  it('keep the line ends of the file', async () => {
    const text = two('Nobody').replaceAll('\n', '\r\n');
    const { actions } = await fixesOf(text, 'link-block');
    const written = actions.flatMap(({ edit }) => Object.values(edit!.changes!).flat());
    assert.ok(written.length >= 2 && written.every(({ newText }) => newText.endsWith(']\r\n')));
  });

  it('silence a line, or the file', async () => {
    assert.match(
      await apply(two('Nobody'), 'link-block', 'Ignore link-block on this line'),
      /^ {10}# flows-ignore\[link-block\]\n {10}- block: Nobody/m,
    );
    assert.match(
      await apply(two('Nobody'), 'link-block', 'Ignore link-block in this file'),
      /^# flows-ignore-file\[link-block\]\nblocks:/,
    );
  });

  it('silence a line of JavaScript with a comment of JavaScript', async () => {
    const text = flowWith('!expr |-\n          [\n            secrets[previous.name]\n          ]');
    assert.match(
      await apply(text, 'dynamic-secret', 'Ignore dynamic-secret on this line'),
      /^ {12}\/\/ flows-ignore\[dynamic-secret\]\n {12}secrets/m,
    );
  });

  it('offer no line comment where none may stand', async () => {
    const { actions } = await fixesOf(
      flowWith('!expr "[\n          secrets[previous.name]\n          ]"'),
      'dynamic-secret',
    );
    assert.deepEqual(
      actions.map(({ title }) => title),
      ['Ignore dynamic-secret in this file'],
    );
  });

  it('leave the diagnostics of other tools alone', async () => {
    const { diagnostic } = await fixesOf(two('Nobody'), 'link-block');
    assert.deepEqual(await client.codeActions('a.flow.yaml', [{ ...diagnostic, source: 'yaml' }]), []);
  });
});
