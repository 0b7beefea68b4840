/**
 * When an activation has come about by a Terraform file alone: waits until flows are concerned. VS Code can activate by a
 * file's language, not by its content, and most Terraform has nothing to do with flows: until then nothing is started.
 */
import * as vscode from 'vscode';
import { FLOW_LANGUAGE, INSTALLATION_LANGUAGE, MOCKS_LANGUAGE, TEST_LANGUAGE } from '../flow/protocol.js';

const OURS: readonly string[] = [FLOW_LANGUAGE, INSTALLATION_LANGUAGE, MOCKS_LANGUAGE, TEST_LANGUAGE];
const TERRAFORM: readonly string[] = ['terraform', 'opentofu'];
const FILES = '**/{flow.{yaml,yml},*.flow.{yaml,yml},*.installation.{yaml,yml},flows.project.yaml}';

export async function whenFlowsTurnUp(disposables: { dispose(): unknown }[]): Promise<void> {
  const open = vscode.workspace.textDocuments;
  const byTerraform = open.some(({ languageId }) => TERRAFORM.includes(languageId));
  if (!byTerraform || open.some(concernsFlows)) return;
  if ((await vscode.workspace.findFiles(FILES, '**/node_modules/**', 1)).length > 0) return;
  await new Promise<void>((resolve) => {
    const listeners: vscode.Disposable[] = [];
    const look = (document: vscode.TextDocument) => {
      if (!concernsFlows(document)) return;
      for (const listener of listeners) listener.dispose();
      resolve();
    };
    listeners.push(
      vscode.workspace.onDidOpenTextDocument(look),
      vscode.workspace.onDidChangeTextDocument(({ document }) => look(document)),
    );
    disposables.push(...listeners);
  });
}

function concernsFlows(document: vscode.TextDocument): boolean {
  const { languageId } = document;
  if (OURS.includes(languageId)) return true;
  return (
    TERRAFORM.includes(languageId) && /\bflows_(?:app_installation|secret|flow)/.test(document.getText())
  );
}
