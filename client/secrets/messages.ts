/** What a person is told when a store fails or stands in for another: names and reasons, and a way on. */
import * as vscode from 'vscode';
import { KeychainError } from '../keychain/errors.js';
import type { Services } from '../services.js';

const SETTING = 'flows.secrets.store';
const EXPLAINED = 'secrets.fallbackExplained';

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export async function showFailure(
  { log }: Pick<Services, 'log'>,
  what: string,
  error: unknown,
): Promise<void> {
  const settings = 'Open Settings';
  const showLog = 'Show Log';
  const actions = error instanceof KeychainError && error.unavailable ? [settings, showLog] : [showLog];
  const choice = await vscode.window.showErrorMessage(log.mask(`${what} ${reasonOf(error)}`), ...actions);
  if (choice === settings) await vscode.commands.executeCommand('workbench.action.openSettings', SETTING);
  if (choice === showLog) log.show();
}

/** Said once per machine: values go to VS Code's secret storage, why, and what would change that. */
export async function explainFallback(
  { log, state }: Pick<Services, 'log' | 'state'>,
  reason: KeychainError,
): Promise<void> {
  log.warn(`No keychain, so VS Code's secret storage is used: ${reason.message}`);
  if (state.get(EXPLAINED) === reason.reason) return;
  await state.update(EXPLAINED, reason.reason);
  const settings = 'Open Settings';
  const choice = await vscode.window.showInformationMessage(
    `The value is in VS Code’s secret storage, because no keychain could be used. ${reason.message}`,
    settings,
  );
  if (choice === settings) await vscode.commands.executeCommand('workbench.action.openSettings', SETTING);
}
