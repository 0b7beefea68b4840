/** The status-bar item of the flow in the active editor: its project, and how many secrets have no value here. */
import * as vscode from 'vscode';
import { FLOW_LANGUAGE, INSTALLATION_LANGUAGE } from '../../flow/protocol.js';
import { isProjectFile } from '../projects.js';
import { missing } from '../secrets/overview.js';
import { countOf } from '../secrets/words.js';
import type { Services } from '../services.js';

export class SecretsStatus implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    'flows.secrets',
    vscode.StatusBarAlignment.Right,
    90,
  );
  private readonly disposables: { dispose(): unknown }[];

  constructor(private readonly services: Services) {
    this.item.name = 'Flow Secrets';
    this.disposables = [
      this.item,
      services.catalogue.onDidChange(() => void this.refresh()),
      services.storeState.onDidChange(() => void this.refresh()),
      vscode.window.onDidChangeActiveTextEditor(() => void this.refresh()),
    ];
    void this.refresh();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  private async refresh(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    if (!document || !concerns(document)) {
      this.item.hide();
      return;
    }
    const { catalogue, projects } = this.services;
    const project = await projects.of(document.uri);
    if (document !== vscode.window.activeTextEditor?.document) return;
    const lacking = missing(catalogue.keys(project));
    this.item.text =
      lacking.length === 0 ? `$(key) ${project.id}` : `$(key) ${project.id}: ${lacking.length} missing`;
    const lines = [
      lacking.length === 0
        ? `Every secret of ${project.id} has a value on this machine.`
        : `${countOf(lacking.length, 'secret')} of ${project.id} without a value on this machine: ${lacking.map(({ key }) => key).join(', ')}.`,
      this.services.storeState.remark,
    ];
    this.item.tooltip = lines.filter(Boolean).join('\n');
    this.item.command =
      lacking.length === 0
        ? { title: 'Show Secrets', command: 'flows.secrets.focus' }
        : {
            title: 'Show Missing Secrets',
            command: 'flows.showMissingSecrets',
            arguments: [{ uri: document.uri.toString() }],
          };
    this.item.show();
  }
}

function concerns({ languageId, uri }: vscode.TextDocument): boolean {
  return languageId === FLOW_LANGUAGE || languageId === INSTALLATION_LANGUAGE || isProjectFile(uri);
}
