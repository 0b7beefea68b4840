/** What the settings `flows.run.*` say of a flow's runs. */
import * as vscode from 'vscode';
import type { RunOptions } from '../runner/protocol.js';

/** Settings are read leniently: what makes no sense leaves the runner its default. */
export function runSettings(flow: vscode.Uri): RunOptions {
  const settings = vscode.workspace.getConfiguration('flows.run', flow);
  const positive = (name: string): number | undefined => {
    const value = settings.get<unknown>(name);
    return typeof value === 'number' && value > 0 ? value : undefined;
  };
  const port = settings.get<unknown>('port');
  const [deadline, answer] = [positive('deadline'), positive('answerTimeout')];
  const [maxPayload, maxDepth] = [positive('maxEventSize'), positive('maxDepth')];
  return {
    ...(isPort(port) && { port }),
    ...(deadline !== undefined && { deadlineMs: deadline * 1_000 }),
    ...(answer !== undefined && { answerTimeoutMs: answer * 1_000 }),
    ...(maxPayload !== undefined && { maxPayload }),
    ...(maxDepth !== undefined && { maxDepth }),
  };
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535;
}
