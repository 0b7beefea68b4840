/** Flows: Debug Flow, Debug from Here, Drop Event. */
import * as vscode from 'vscode';
import { chooseFlow } from '../run/runFlow.js';
import { askForEvent, targetOf } from '../run/runFromBlock.js';
import type { Runs } from '../run/runs.js';
import { configurationFor } from './configurations.js';

/** @param given as for runFlow */
export async function debugFlow(given?: unknown): Promise<void> {
  const uri = await chooseFlow(given);
  if (uri) await debug(uri);
}

/** Gives a block an event and stops before it. @param given RunFromBlockArguments */
export async function debugFromBlock(runs: Runs, given: unknown): Promise<void> {
  const target = targetOf(given);
  if (!target) {
    void vscode.window.showInformationMessage('Use "Debug from here" above a block of a flow.');
    return;
  }
  const { uri, block, input } = target;
  const event = await askForEvent(target, `Debug from ${block}`);
  if (!event) return;
  // A second session of the same flow would end the first one's run.
  await runs.stop(uri);
  await debug(uri, { stopOnEntry: true, event: { block, input, data: event.value } });
}

export async function dropEvent(): Promise<void> {
  const session = vscode.debug.activeDebugSession;
  if (session?.type !== 'flow') {
    void vscode.window.showInformationMessage('No flow is being debugged.');
    return;
  }
  try {
    await session.customRequest('flows.dropEvent');
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
}

async function debug(uri: vscode.Uri, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(uri), configurationFor(uri, more));
}
