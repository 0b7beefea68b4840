/** What is said in a workspace that nobody has called trusted yet, and the way on. */
import * as vscode from 'vscode';

const REASONS = {
  run: 'Flows run only in a workspace that you trust: they are code of this folder and get your secrets.',
  secrets: 'Secrets are neither read nor stored in a workspace that is not trusted. Trust it first.',
};

export async function explainTrust(what: keyof typeof REASONS): Promise<void> {
  const manage = 'Manage Workspace Trust';
  const choice = await vscode.window.showWarningMessage(REASONS[what], manage);
  if (choice === manage) await vscode.commands.executeCommand('workbench.trust.manage');
}
