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
  if (choice === settings) await openSetting();
  if (choice === showLog) log.show();
}

/** It is a setting of the machine: in a remote window the settings of that one have it, and those of the user do not. */
async function openSetting(): Promise<void> {
  if (vscode.env.remoteName === undefined)
    await vscode.commands.executeCommand('workbench.action.openSettings', SETTING);
  else await vscode.commands.executeCommand('workbench.action.openRemoteSettings', { query: SETTING });
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
    `The value is in VS Code’s secret storage, because no keychain could be used: the editor encrypts it. ${reason.said} “Flows: Move Secrets to Another Store” then takes it there.`,
    settings,
  );
  if (choice === settings) await openSetting();
}
