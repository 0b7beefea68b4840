/** Flows: Save Run as Test and Flows: Save as Mock. What is written is redacted; it is opened, and Undo takes it back. */
import * as vscode from 'vscode';
import { shapeOf } from '../../../flow/catalog.js';
import { FlowDocument } from '../../../flow/document.js';
import { secretKeys } from '../../../flow/expression.js';
import { mocksFileOf, testFileOf } from '../../../flow/files.js';
import { parseTestFile } from '../../../flow/testing/read.js';
import { listRuns, readRun } from '../../runner/history.js';
import type { RunEvent } from '../../runner/protocol.js';
import type { Services } from '../../services.js';
import { saveMock, saveTest, type Saved } from '../save.js';

/** A run that goes on, or a recorded one. */
export interface RunToSave {
  /** URI of its flow. */
  readonly flow: vscode.Uri;
  /** Its entries in order, as the runner or the history gives them. */
  readonly entries: readonly RunEvent[];
}

/** Adds a test to the file beside the flow: what began the run is sent, what came is expected. */
export async function saveAsTest(services: Services, { flow, entries }: RunToSave): Promise<void> {
  const target = flow.with({ path: testFileOf(flow.path) });
  await save(target, async (text) => {
    const document = new FlowDocument((await textOf(flow)) ?? '');
    const { tests, setup } = parseTestFile(text);
    const blocks = document.blocks.map(({ block }) => block);
    const isType = (type: string) => (block: (typeof blocks)[number]) =>
      block.type?.kind === 'core' && block.type.name.text === type;
    return saveTest(text, {
      entries,
      names: new Set(tests.map(({ name }) => name.text)),
      endpoints: new Set(blocks.filter(isType('httpEndpoint')).map(({ name }) => name.text)),
      outside: new Set(
        blocks
          .filter((block) => isType('httpRequest')(block) || block.type?.kind === 'app')
          .map(({ name }) => name.text),
      ),
      shown: await shownValues(services, flow, document),
      stored: new Set(setup.stored.map(({ text: key }) => key)),
    });
  });
}

/** Adds what a block answered in the run to the mocks beside the flow. */
export async function saveAsMock(
  services: Services,
  { flow, entries }: RunToSave,
  block: string,
): Promise<void> {
  const target = flow.with({ path: mocksFileOf(flow.path) });
  await save(target, async (text) => {
    const document = new FlowDocument((await textOf(flow)) ?? '');
    return saveMock(text, { entries, block, shown: await shownValues(services, flow, document) });
  });
}

/** @param given URI of a flow, or nothing: the flow in the editor, else the one that ran last. */
export async function saveLatestAsTest(services: Services, given?: unknown): Promise<void> {
  const run = await latestRun(services, given);
  if (run) await saveAsTest(services, run);
}

export async function saveLatestAsMock(services: Services, given?: unknown): Promise<void> {
  const run = await latestRun(services, given);
  if (!run) return;
  const document = new FlowDocument((await textOf(run.flow)) ?? '');
  const answered = new Set(run.entries.flatMap(({ block }) => block ?? []));
  const blocks = document.blocks.flatMap(({ block }) => {
    const { name, type } = block;
    const isOutside = type?.kind === 'app' || (type?.kind === 'core' && type.name.text === 'httpRequest');
    return isOutside && answered.has(name.text)
      ? [{ label: name.text, description: shapeOf(block)?.label ?? '' }]
      : [];
  });
  if (blocks.length === 0) {
    void vscode.window.showInformationMessage(
      'No block of the latest run could be mocked: none has reached out of the flow.',
    );
    return;
  }
  const picked = await vscode.window.showQuickPick(blocks, { title: 'Save the answers of which block?' });
  if (picked) await saveAsMock(services, run, picked.label);
}

/** Undefined when there is none: that has been said then. */
async function latestRun(services: Services, given: unknown): Promise<RunToSave | undefined> {
  const wanted =
    given instanceof vscode.Uri ? given.toString() : vscode.window.activeTextEditor?.document.uri.toString();
  const runs = listRuns(services.historyFolder);
  const run = runs.find(({ flowUri }) => flowUri === wanted) ?? runs[0];
  if (!run) {
    void vscode.window.showInformationMessage('No flow has run here yet: run one, then save what it did.');
    return undefined;
  }
  const entries: RunEvent[] = [];
  await readRun(services.historyFolder, run.runId, (lot) => entries.push(...lot));
  return { flow: vscode.Uri.parse(run.flowUri), entries };
}

/** Values of the flow's keys that may be shown. */
async function shownValues(
  services: Services,
  flow: vscode.Uri,
  document: FlowDocument,
): Promise<Record<string, string>> {
  const project = await services.projects.of(flow);
  const used = new Set(
    document.segments.flatMap(({ expressions }) =>
      expressions.flatMap(({ expression }) => secretKeys(expression)),
    ),
  );
  const shown: Record<string, string> = {};
  for (const { key, sensitive } of project.declared.secrets.values()) {
    if (sensitive || !used.has(key)) continue;
    // A store that does not answer has nothing to say here: the test then has a generated value.
    const value = await services.vault.get(project.id, key).catch(() => undefined);
    if (value !== undefined && value !== '') shown[key] = value;
  }
  return shown;
}

async function save(target: vscode.Uri, make: (text: string) => Promise<Saved>): Promise<void> {
  const text = await textOf(target);
  let saved: Saved;
  try {
    saved = await make(text ?? '');
  } catch (error) {
    const name = target.path.slice(target.path.lastIndexOf('/') + 1);
    void vscode.window.showErrorMessage(`${name} was not written. ${(error as Error).message}`);
    return;
  }
  const edit = new vscode.WorkspaceEdit();
  const { span, text: inserted } = saved.edit;
  if (text === undefined) {
    edit.createFile(target, { contents: new TextEncoder().encode(inserted) });
  } else {
    const document = await vscode.workspace.openTextDocument(target);
    const range = new vscode.Range(document.positionAt(span.start), document.positionAt(span.end));
    edit.replace(target, range, inserted);
  }
  if (!(await vscode.workspace.applyEdit(edit))) return;
  const document = await vscode.workspace.openTextDocument(target);
  const start = document.positionAt(span.start + inserted.search(/\S/));
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(start, start) });
  if (saved.remarks.length > 0) void vscode.window.showWarningMessage(saved.remarks.join(' '));
}

async function textOf(uri: vscode.Uri): Promise<string | undefined> {
  try {
    await vscode.workspace.fs.stat(uri);
    return (await vscode.workspace.openTextDocument(uri)).getText();
  } catch {
    return undefined;
  }
}
