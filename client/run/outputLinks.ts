/** Lines of the output channel "Flow Run" lead to the blocks and places that they speak of. */
import * as vscode from 'vscode';
import { blockNameRange, flowOf } from '../flowDocuments.js';
import { FlowDocument } from '../../flow/document.js';
import { placesIn, type ShownFlow } from './outputPlaces.js';
import { OUTPUT, type FlowRun, type Runs } from './runs.js';

/** Flows that are remembered, and lines that are linked: the last ones. */
const MAX_FLOWS = 50;
const MAX_LINES = 5_000;
const SHOW = 'flows.showInFlow';

interface Flow extends ShownFlow {
  readonly uri: vscode.Uri;
}

/** What a link says to the command behind it. */
interface Target {
  readonly uri: string;
  readonly block: string;
  readonly line?: number;
  readonly column?: number;
}

export class OutputLinks implements vscode.DocumentLinkProvider, vscode.Disposable {
  /** The latest first. */
  private flows: Flow[] = [];
  private readonly subscriptions: vscode.Disposable[];

  constructor(runs: Runs) {
    this.subscriptions = [
      runs.onDidStart((run) => this.know(run)),
      vscode.languages.registerDocumentLinkProvider({ scheme: 'output', pattern: `**/*${OUTPUT}*` }, this),
      vscode.commands.registerCommand(SHOW, showInFlow),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private know({ uri, name, flowText }: FlowRun): void {
    const blocks = new Set(new FlowDocument(flowText).blocks.map(({ block }) => block.name.text));
    const others = this.flows.filter((flow) => flow.uri.toString() !== uri.toString());
    this.flows = [{ uri, name, blocks }, ...others].slice(0, MAX_FLOWS);
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const links: vscode.DocumentLink[] = [];
    for (let at = Math.max(0, document.lineCount - MAX_LINES); at < document.lineCount; at++) {
      for (const { from, to, flow, block, line, column } of placesIn(document.lineAt(at).text, this.flows)) {
        const target: Target = {
          uri: flow.uri.toString(),
          block,
          ...(line !== undefined && { line }),
          ...(column !== undefined && { column }),
        };
        const uri = vscode.Uri.parse(`command:${SHOW}?${encodeURIComponent(JSON.stringify([target]))}`);
        const link = new vscode.DocumentLink(new vscode.Range(at, from, at, to), uri);
        link.tooltip = `Show in ${flow.name}`;
        links.push(link);
      }
    }
    return links;
  }
}

async function showInFlow(given: unknown): Promise<void> {
  const target = targetOf(given);
  if (!target) return;
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(target.uri));
  const { block, line, column = 1 } = target;
  const start =
    line === undefined
      ? blockNameRange(flowOf(document), block)?.start
      : new vscode.Position(line - 1, column - 1);
  if (!start) {
    const name = document.uri.path.slice(document.uri.path.lastIndexOf('/') + 1);
    void vscode.window.showInformationMessage(`${block} is not in ${name} any more.`);
    return;
  }
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(start, start) });
}

/** Anybody can run the command. */
function targetOf(given: unknown): Target | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { uri, block, line, column } = given as Record<string, unknown>;
  if (typeof uri !== 'string' || typeof block !== 'string') return undefined;
  return {
    uri,
    block,
    ...(typeof line === 'number' && { line }),
    ...(typeof column === 'number' && { column }),
  };
}
