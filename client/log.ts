/** The log channel "Flow Secrets": what the extension did, in names only. Values have no way here; see also vault.ts. */
import * as vscode from 'vscode';

export type Log = Pick<vscode.LogOutputChannel, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'show'>;

export function createLog(): vscode.LogOutputChannel {
  return vscode.window.createOutputChannel('Flow Secrets', { log: true });
}
