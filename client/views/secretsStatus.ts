/** The status-bar item of the flow in the active editor: its project, and how many secrets have no value here. */
import * as vscode from 'vscode';
import { FLOW_LANGUAGE, INSTALLATION_LANGUAGE } from '../../flow/protocol.js';
import { isProjectFile } from '../projects.js';
import { lacking, missing, type KeyOverview } from '../secrets/overview.js';
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
    const without = missing(catalogue.keys(project));
    const wanted = lacking(without);
    const idle = without.filter((key) => !wanted.includes(key));
    this.item.text =
      wanted.length === 0 ? `$(key) ${project.id}` : `$(key) ${project.id}: ${wanted.length} missing`;
    const lines = [
      wanted.length === 0
        ? `Every secret that ${project.id} uses has a value on this machine.`
        : `${countOf(wanted.length, 'secret')} that ${project.id} uses ${wanted.length === 1 ? 'has' : 'have'} no value on this machine: ${namesOf(wanted)}.`,
      idle.length > 0 && `Not used, and without a value: ${namesOf(idle)}.`,
      this.services.storeState.remark,
    ];
    this.item.tooltip = lines.filter(Boolean).join('\n');
    this.item.command =
      wanted.length === 0
        ? { title: 'Show Secrets', command: 'flows.secrets.focus' }
        : {
            title: 'Show Missing Secrets',
            command: 'flows.showMissingSecrets',
            arguments: [{ uri: document.uri.toString() }],
          };
    this.item.show();
  }
}

function namesOf(keys: readonly KeyOverview[]): string {
  return keys.map(({ key }) => key).join(', ');
}

function concerns({ languageId, uri }: vscode.TextDocument): boolean {
  return languageId === FLOW_LANGUAGE || languageId === INSTALLATION_LANGUAGE || isProjectFile(uri);
}
