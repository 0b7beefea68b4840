/** What runs have found (findings.ts) in the view *Problems* and under the lines of the flow. */
import * as vscode from 'vscode';
import { Findings, findingWords, type Finding } from './findings.js';
import type { FlowRun, Runs } from './runs.js';

/** Milliseconds between two looks at a run that goes on. */
const REST_MS = 250;

const SEVERITIES: Readonly<Record<Finding['kind'], vscode.DiagnosticSeverity>> = {
  failed: vscode.DiagnosticSeverity.Error,
  handled: vscode.DiagnosticSeverity.Information,
  leak: vscode.DiagnosticSeverity.Warning,
};

export class RunProblems implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('flow-run');
  /** Of the latest run of each flow. */
  private readonly flows = new Map<string, Findings>();
  private readonly due = new Map<string, NodeJS.Timeout>();
  private readonly subscriptions: readonly { dispose(): void }[];

  constructor(runs: Runs) {
    this.subscriptions = [
      this.collection,
      runs.onDidStart((run) => this.follow(run)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const findings = this.flows.get(document.uri.toString());
        for (const change of contentChanges) findings?.edited(change);
        this.show(document.uri);
      }),
    ];
  }

  dispose(): void {
    for (const timer of this.due.values()) clearTimeout(timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private follow({ uri, flowText, entries }: FlowRun): void {
    const findings = new Findings(flowText);
    this.flows.set(uri.toString(), findings);
    // It may have been edited while its run began.
    const open = vscode.workspace.textDocuments.find(
      (document) => document.uri.toString() === uri.toString(),
    );
    if (open && open.getText() !== flowText) findings.edited({ into: open.getText() });
    this.collection.delete(uri);
    let seen = 0;
    const look = () => {
      const more = entries.after(seen, Infinity);
      seen = more.at(-1)?.seq ?? seen;
      if (findings.add(more) && this.flows.get(uri.toString()) === findings) this.show(uri);
    };
    look();
    entries.onDidAdd(look);
  }

  private show(uri: vscode.Uri): void {
    const key = uri.toString();
    if (!this.flows.has(key) || this.due.has(key)) return;
    const show = () => {
      this.due.delete(key);
      this.collection.set(uri, this.flows.get(key)?.all.map(diagnosticOf));
    };
    this.due.set(key, setTimeout(show, REST_MS));
  }
}

function diagnosticOf(finding: Finding): vscode.Diagnostic {
  const { start, end, kind } = finding;
  const range = new vscode.Range(start.line, start.character, end.line, end.character);
  const diagnostic = new vscode.Diagnostic(range, findingWords(finding), SEVERITIES[kind]);
  diagnostic.source = 'flow run';
  return diagnostic;
}
