/** The limits of runs as the editor's settings have them, and what is left of them when a setting makes no sense. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, openFile, outputText, setSetting, workspaceFile, writeFile } from './editor.js';
import { until, workbench } from './workbench.js';

const FILE = 'limits/limits.flow.yaml';
/** Events that follow each other: one more than the lowest limit. */
const STEPS = 11;
const step = (n: number) => `
  - name: Step ${n}
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: ${n === 1 ? 'Start' : `Step ${n - 1}`}, output: default }], config: {} } }`;
const transform = (name: string, expression: string) => `
  - name: ${name}
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Start, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '${expression}' } }`;
const FLOW = `blocks:
  - name: Start
    type: { coreBlock: schedule }
    config: { cron: 0 9 * * * }${transform('Slow', '(() => { for (const end = Date.now() + 1_500; Date.now() < end;); return 1; })()')}${transform('Large', '"x".repeat(2_000)')}${Array.from({ length: STEPS }, (_, i) => step(i + 1)).join('')}
  - name: Ask
    type: { coreBlock: httpEndpoint }
    config: { path: /ask, methods: [GET], audience: world }
    inputs: { default: { links: [{ block: Rest, output: default }], config: { statusCode: 200 } } }
  - name: Rest
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: Ask, output: requests }], config: { sleep: 1.5 } } }
`;

describe('settings of runs', function () {
  this.timeout(90_000);
  const NAMES = ['deadline', 'answerTimeout', 'maxEventSize', 'maxDepth', 'port'] as const;
  const uri = () => workspaceFile(FILE);

  /** Runs the flow with such settings of the workspace; gives what came of it. */
  async function outcome(values: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const settings = vscode.workspace.getConfiguration('flows.run', uri());
    for (const [name, value] of Object.entries(values))
      await settings.update(name, value, vscode.ConfigurationTarget.Workspace);
    await vscode.commands.executeCommand('workbench.output.action.clearOutput');
    await vscode.commands.executeCommand('flows.fireSchedule', { uri: uri().toString(), block: 'Start' });
    const line = (start: string) =>
      until(`a line of ${start}`, async () =>
        (await outputText('Flow Run'))
          .split('\n')
          .map((one) => one.slice('00:00:00.000 error '.length))
          .find((one) => new RegExp(`^${start}`).test(one)),
      );
    const address = /http:\S+/.exec(await line('Ask listens on'))![0];
    const [answer, slow, large, last] = await Promise.all([
      fetch(address),
      line('Slow '),
      line('Large '),
      line(`Step (?:${STEPS} →|\\d+ ✗)`),
    ]);
    await vscode.commands.executeCommand('flows.stop', uri());
    return { slow, large, last, status: answer.status };
  }

  before(async function () {
    if (!workbench.isAvailable) return this.skip();
    await writeFile(FILE, FLOW);
    await setSetting('run.reveal', 'output');
    await openFile(FILE);
    await vscode.commands.executeCommand('flows.showRunOutput');
    await outputText('Flow Run');
  });
  afterEach(async () => {
    const settings = vscode.workspace.getConfiguration('flows.run', uri());
    for (const name of NAMES) await settings.update(name, undefined, vscode.ConfigurationTarget.Workspace);
  });
  after(async () => {
    await vscode.commands.executeCommand('flows.stop', uri());
    await setSetting('run.reveal', undefined);
    await closeAll();
    await vscode.commands.executeCommand('workbench.action.closePanel');
  });

  it('are the limits that a run keeps', async () => {
    const { slow, large, last, status } = await outcome({
      deadline: 1,
      answerTimeout: 1,
      maxEventSize: 1_000,
      maxDepth: 10,
    });
    assert.match(String(slow), /^Slow ✗ .*took longer than 1 s/);
    assert.match(String(large), /^Large ✗ .*2,?002 characters.* limit is 1,?000/);
    assert.match(String(last), /✗ .*10 blocks long/);
    assert.equal(status, 504);
  });

  it('that make no sense leave the defaults', async () => {
    const { slow, large, last, status } = await outcome({
      deadline: 'long',
      answerTimeout: -1,
      maxEventSize: 0,
      maxDepth: [10],
      port: 'eighty',
    });
    for (const line of [slow, large, last]) assert.match(String(line), /→ default/);
    assert.equal(status, 200);
  });
});
