/** Secrets that a flow throws, prints, emits or is named by: none is in a problem of the run or in a link of its output. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { CanarySearch } from './canary.js';
import { addSecret, closeAll, openFile, outputText, setSetting, workspaceFile, writeFile } from './editor.js';
import { until, workbench } from './workbench.js';

const ID = 'run-secrecy';
const FILE = `${ID}/spill.flow.yaml`;
const VALUE = 'Canary-Spill-"7\\Kx93mW+q=';
const NAME = JSON.stringify(VALUE);
const SPELLED =
  '[secrets.SPILL_TOKEN, btoa(secrets.SPILL_TOKEN), encodeURIComponent(secrets.SPILL_TOKEN), JSON.stringify({ in: secrets.SPILL_TOKEN })]';
const thrown = (expression: string) =>
  `(() => { const error = new Error(${expression}); error.name = secrets.SPILL_TOKEN; throw error; })()`;
const block = (name: string, expression: string, more = '') => `
  - name: ${name}
    type: { coreBlock: transform }${more}
    inputs: { default: { links: [{ block: Start, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr ${JSON.stringify(expression)} } }`;
const FLOW = `blocks:
  - name: Start
    type: { coreBlock: schedule }
    config: { cron: 0 9 * * * }${block('Emit', SPELLED)}${block('Print', `(console.log(${SPELLED}), console.error("no " + secrets.SPILL_TOKEN), 1)`)}${block('Throw', thrown(`${SPELLED}.join(" ")`))}${block('Throw Text', '(() => { throw secrets.SPILL_TOKEN; })()')}${block('Parse', 'JSON.parse(secrets.SPILL_TOKEN)')}${block('Handled', thrown('"x"'), `\n    errorHandler: ${NAME}`)}${block(`"Named ${NAME.slice(1, -1)}"`, thrown('"x"'))}
  - name: ${NAME}
    type: { coreBlock: handleError }
  - name: Call
    type: { coreBlock: httpRequest }
    inputs:
      default:
        links: [{ block: Start, output: default }]
        config:
          url: !expr '"http://127.0.0.1:9/" + encodeURIComponent(secrets.SPILL_TOKEN)'
          headers: { ${NAME}: !expr secrets.SPILL_TOKEN.missing.part }
  - name: Listen
    type: { coreBlock: httpEndpoint }
    config: { path: !expr '"/" + encodeURIComponent(secrets.SPILL_TOKEN)', methods: [GET] }
    inputs: { default: { config: { body: text } } }
`;
const MASKED = '‹secret:SPILL_TOKEN›';

/** All that an object holds, also what its type does not tell of. */
function everything(value: object): Buffer {
  const texts: string[] = [];
  JSON.stringify(value, (key, inner: unknown) => {
    texts.push(key);
    if (typeof inner === 'string') texts.push(inner, decoded(inner));
    return inner;
  });
  return Buffer.from(`${JSON.stringify(value)}\n${texts.join('\n')}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

describe('secrets beside a run', function () {
  this.timeout(90_000);
  const search = new CanarySearch({ SPILL_TOKEN: VALUE });
  const uri = () => workspaceFile(FILE);
  const found = () => vscode.languages.getDiagnostics(uri()).filter(({ source }) => source === 'flow run');

  before(async function () {
    if (!workbench.isAvailable || process.env['TEST_KEYCHAIN'] !== 'private') return this.skip();
    await writeFile(`${ID}/flows.project.yaml`, `project: ${ID}\nsecrets:\n  SPILL_TOKEN:\n`);
    await writeFile(FILE, FLOW);
    await addSecret(uri(), 'SPILL_TOKEN', VALUE);
    await setSetting('run.reveal', 'output');
    await setSetting('run.outputData', true);
    await openFile(FILE);
    await vscode.commands.executeCommand('flows.showRunOutput');
    await outputText('Flow Run');
    await vscode.commands.executeCommand('workbench.output.action.clearOutput');
    await vscode.commands.executeCommand('flows.fireSchedule', { uri: uri().toString(), block: 'Start' });
  });
  after(async () => {
    await vscode.commands.executeCommand('flows.stop', uri());
    await setSetting('run.reveal', undefined);
    await setSetting('run.outputData', undefined);
    await closeAll();
    await vscode.commands.executeCommand('workbench.action.closePanel');
  });

  // Nothing that is asserted here is told with its text: it would spread what it is about.
  it('are in no problem of it', async () => {
    const failed = ['Throw', 'Throw Text', 'Parse', 'Handled', 'Call'];
    await until('all problems', () => {
      const messages = found().map(({ message }) => message);
      return (
        failed.every((name) => messages.some((one) => one.startsWith(`${name} failed: `))) &&
        messages.some((one) => one.startsWith('The output of Emit held SPILL_TOKEN')) &&
        messages.some((one) => one.startsWith('Named '))
      );
    });
    const problems = found();
    problems.forEach((problem, i) =>
      assert.deepEqual(search.inBytes(`problem ${i}`, everything(problem)), []),
    );
    // The values came as far as this, or the search would prove nothing.
    const saying = (start: string) => problems.find(({ message }) => message.startsWith(start))!.message;
    for (const name of ['Throw', 'Throw Text', 'Handled', 'Named'])
      assert.ok(saying(name).includes(MASKED), name);
    assert.ok(saying('Handled').endsWith(`(${MASKED} handled it)`));
    await vscode.commands.executeCommand('workbench.actions.view.problems');
    const rows = await until('their rows', async () => {
      const shown = (await workbench.problems()).filter((row) => row.includes('flow run'));
      return shown.length > 0 && shown;
    });
    await workbench.screenshot('run-secrecy-problems');
    assert.deepEqual(search.inBytes('rows', Buffer.from(rows.join('\n'))), []);
  });

  it('are in no link of its output', async () => {
    await vscode.commands.executeCommand('flows.showRunOutput');
    await until('the output', async () => {
      const text = await outputText('Flow Run');
      return /Call ✗/.test(text) && /Listen ✗|Listen listens/.test(text) && text.includes('Named ');
    });
    const document = vscode.workspace.textDocuments.find(
      ({ uri: { scheme, path } }) => scheme === 'output' && path.includes('Flow Run'),
    )!;
    const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
      'vscode.executeLinkProvider',
      document.uri,
      1_000,
    );
    links.forEach((link, i) => assert.deepEqual(search.inBytes(`link ${i}`, everything(link)), []));
    assert.deepEqual(search.inBytes('output', Buffer.from(document.getText())), []);
    const texts = links.map(({ range }) => document.getText(range));
    for (const name of ['Start', 'Emit', 'Print', 'Throw', 'Call']) assert.ok(texts.includes(name), name);
    assert.ok(texts.some((one) => /^line \d+, column \d+$/.test(one)));
    assert.ok(document.getText().includes(MASKED));
    await workbench.screenshot('run-secrecy-output');
  });
});
