/**
 * The tests of flows in VS Code's Test Explorer: found in the workspace, run with made-up secrets, what has failed shown at its
 * place with what was expected and what came. All that is shown has been masked by the runner.
 */
import * as vscode from 'vscode';
import { parseTestFile } from '../../../flow/testing/read.js';
import { EventLines } from '../../run/eventLines.js';
import { explainTrust } from '../../trust.js';
import type { Services } from '../../services.js';
import {
  rangesIn,
  runTestFile,
  type FileResult,
  type PlacedFailure,
  type TestEnvironment,
} from '../testFile.js';
import { failureLines } from '../words.js';

const PATTERN = '**/*.flow-test.{yaml,yml}';
/** Files whose change may change a result. */
const RELEVANT = /\.(?:flow|flow-test|mocks)\.ya?ml$|\/(?:flow|flows\.project)\.ya?ml$/i;
const EXCLUDED = '**/{node_modules,.git}/**';

export class TestExplorer implements vscode.Disposable {
  /** Made with the first test: who has none sees no trace of it. */
  private controller: vscode.TestController | undefined;
  private readonly disposables: vscode.Disposable[] = [];
  private readonly environment: TestEnvironment;

  constructor(
    private readonly services: Services,
    runnerPath: string,
  ) {
    this.environment = {
      runner: { runnerPath },
      read: readAsOpen,
      insensitive: async (flowFile) => {
        const { declared } = await services.projects.of(vscode.Uri.file(flowFile));
        return [...declared.secrets.values()].filter(({ sensitive }) => !sensitive).map(({ key }) => key);
      },
      stored: (flowFile, keys) => this.stored(vscode.Uri.file(flowFile), keys),
    };
    const watcher = vscode.workspace.createFileSystemWatcher(PATTERN);
    const refresh = (uri: vscode.Uri): void => void this.refresh(uri);
    this.disposables.push(
      watcher,
      watcher.onDidCreate(refresh),
      watcher.onDidChange(refresh),
      watcher.onDidDelete((uri) => this.controller?.items.delete(uri.toString())),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && this.controller?.items.get(document.uri.toString()))
          this.fill(document.uri, document.getText());
      }),
    );
    void this.discover();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
    this.controller?.dispose();
  }

  /** As for a run of the flow: a folder that calls itself another one's project is asked about first. */
  private async stored(flow: vscode.Uri, keys: readonly string[]): Promise<Record<string, string>> {
    const { projects, homes, vault } = this.services;
    const project = await projects.of(flow);
    const values: Record<string, string> = {};
    if (!(await homes.mayUse(project, vault.keys(project.id)))) return values;
    for (const key of keys) {
      const value = await vault.get(project.id, key).catch(() => undefined);
      if (value !== undefined) values[key] = value;
    }
    return values;
  }

  private async discover(): Promise<void> {
    const files = await vscode.workspace.findFiles(PATTERN, EXCLUDED);
    const found = new Set(files.map((uri) => uri.toString()));
    this.controller?.items.forEach(({ id }) => {
      if (!found.has(id)) this.controller?.items.delete(id);
    });
    await Promise.all(files.map((uri) => this.refresh(uri)));
  }

  /** Reads a file again. One that nobody can read has no tests. */
  private async refresh(uri: vscode.Uri): Promise<void> {
    if (/\/(?:node_modules|\.git)\//.test(uri.path)) return;
    const text = await readAsOpen(uri.fsPath);
    if (text === undefined) this.controller?.items.delete(uri.toString());
    else this.fill(uri, text);
  }

  private fill(uri: vscode.Uri, text: string): void {
    const controller = (this.controller ??= this.create());
    const { tests, problems } = parseTestFile(text);
    const rangeOf = rangesIn(text);
    const item =
      controller.items.get(uri.toString()) ??
      controller.createTestItem(uri.toString(), vscode.workspace.asRelativePath(uri), uri);
    const error = problems.find(({ severity }) => severity === 'error');
    item.error = error?.message;
    // Two of one name are a mistake that is shown; until it is mended, the last one counts.
    const children = new Map(
      tests.map(({ name }) => {
        const child = controller.createTestItem(name.text, name.text, uri);
        child.range = toRange(rangeOf(name.span));
        return [name.text, child];
      }),
    );
    item.children.replace([...children.values()]);
    controller.items.add(item);
  }

  private create(): vscode.TestController {
    const controller = vscode.tests.createTestController('flows.tests', 'Flow Tests');
    controller.refreshHandler = () => this.discover();
    controller.createRunProfile(
      'Run',
      vscode.TestRunProfileKind.Run,
      (request, token) =>
        request.continuous
          ? this.runOnSave(controller, request, token)
          : this.run(controller, request, token),
      true,
      undefined,
      true,
    );
    return controller;
  }

  /** Runs the tests whenever a flow, its mocks or its tests are saved, until that is switched off. */
  private runOnSave(
    controller: vscode.TestController,
    request: vscode.TestRunRequest,
    token: vscode.CancellationToken,
  ): void {
    /** Saves that no run has begun after. */
    let waiting = 0;
    let isRunning = false;
    const runAll = async (): Promise<void> => {
      isRunning = true;
      while (waiting > 0 && !token.isCancellationRequested) {
        waiting = 0;
        await this.run(controller, request, token);
      }
      isRunning = false;
    };
    const saved = vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      if (!RELEVANT.test(uri.path)) return;
      waiting++;
      if (!isRunning) void runAll();
    });
    token.onCancellationRequested(() => void saved.dispose());
  }

  private async run(
    controller: vscode.TestController,
    request: vscode.TestRunRequest,
    token: vscode.CancellationToken,
  ): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      await explainTrust('run');
      return;
    }
    const run = controller.createTestRun(request);
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    try {
      for (const [file, tests] of chosen(controller, request)) {
        if (token.isCancellationRequested) break;
        await this.runFile(run, file, tests, stop.signal);
      }
    } catch (error) {
      const reason = this.services.log.mask(error instanceof Error ? error.message : String(error));
      this.services.log.error(`Tests ended early: ${reason}`);
    } finally {
      run.end();
    }
  }

  private async runFile(
    run: vscode.TestRun,
    file: vscode.TestItem,
    tests: readonly vscode.TestItem[],
    signal: AbortSignal,
  ): Promise<void> {
    const uri = file.uri!;
    const text = await readAsOpen(uri.fsPath);
    const byName = new Map(tests.map((test) => [test.label, test]));
    for (const test of tests) run.enqueued(test);
    const result = await runTestFile(uri.fsPath, text ?? '', this.environment, {
      signal,
      select: (name) => byName.has(name),
      started: (name) => {
        const test = byName.get(name);
        if (test) run.started(test);
      },
      ended: ({ name, failures, entries, milliseconds }) => {
        const test = byName.get(name);
        if (!test) return;
        const lines = new EventLines();
        print(run, [`── ${name}`, ...entries.map((entry) => lines.line(entry))], test);
        const messages = failures.map((failure) => messageOf(uri, failure));
        for (const failure of failures) print(run, failureLines(failure), test);
        if (messages.length === 0) run.passed(test, milliseconds);
        else run.failed(test, messages, milliseconds);
      },
    });
    print(run, result.remarks);
    if (result.results.length === 0 && !signal.aborted) {
      const messages = problemMessages(uri, result);
      for (const test of tests) run.errored(test, messages);
    }
  }
}

/** Tests that are asked for, by file. */
function chosen(
  controller: vscode.TestController,
  { include, exclude = [] }: vscode.TestRunRequest,
): Map<vscode.TestItem, vscode.TestItem[]> {
  const files = new Map<vscode.TestItem, vscode.TestItem[]>();
  const add = (test: vscode.TestItem): void => {
    if (exclude.includes(test)) return;
    if (!test.parent) {
      test.children.forEach(add);
      return;
    }
    const tests = files.get(test.parent) ?? [];
    if (!tests.includes(test)) tests.push(test);
    files.set(test.parent, tests);
  };
  if (include) include.forEach(add);
  else controller.items.forEach(add);
  return files;
}

function messageOf(uri: vscode.Uri, failure: PlacedFailure): vscode.TestMessage {
  const text = failureLines(failure).join('\n');
  const { expected, actual, range } = failure;
  const message =
    expected === undefined || actual === undefined
      ? new vscode.TestMessage(text)
      : vscode.TestMessage.diff(text, expected, actual);
  message.location = new vscode.Location(uri, toRange(range));
  return message;
}

function problemMessages(uri: vscode.Uri, { problems }: FileResult): vscode.TestMessage[] {
  const errors = problems.filter(({ severity }) => severity === 'error');
  return errors.map(({ message, range }) => {
    const shown = new vscode.TestMessage(message);
    shown.location = new vscode.Location(uri, toRange(range));
    return shown;
  });
}

function toRange({ start, end }: PlacedFailure['range']): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

/** A terminal shows the output: its lines end in both. */
function print(run: vscode.TestRun, lines: readonly string[], test?: vscode.TestItem): void {
  for (const line of lines) run.appendOutput(`${line}\r\n`, undefined, test);
}

/** The text of a file as it stands in the editor, else on the disk. */
async function readAsOpen(file: string): Promise<string | undefined> {
  const uri = vscode.Uri.file(file);
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return open.getText();
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch {
    return undefined;
  }
}
