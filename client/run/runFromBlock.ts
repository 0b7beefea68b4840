/** Run from here and Fire now: a block gets or makes an event, in the flow's run or in a new one. */
import * as vscode from 'vscode';
import type { DebugEventRequest } from '../runner/protocol.js';
import type { Services } from '../services.js';
import { runFlow } from './runFlow.js';
import type { Runs } from './runs.js';

/** What was given to a block last in this window: it is offered again. */
const given = new Map<string, string>();

/** @param argument RunFromBlockArguments of flow/protocol.ts, from the code lens. */
export async function runFromBlock(services: Services, runs: Runs, argument: unknown): Promise<void> {
  const target = targetOf(argument);
  if (!target) {
    void vscode.window.showInformationMessage('Use "Run from here" above a block of a flow.');
    return;
  }
  const { uri, block, input } = target;
  const data = await askForEvent(target, `Run from ${block}`);
  if (data) await sendEvent(services, runs, uri, () => ({ block, input, data: data.value }));
}

/** @param argument FireScheduleArguments of flow/protocol.ts, from the code lens. */
export async function fireSchedule(services: Services, runs: Runs, argument: unknown): Promise<void> {
  const target = blockOf(argument);
  if (!target) {
    void vscode.window.showInformationMessage('Use "Fire now" above a Schedule of a flow.');
    return;
  }
  const { uri, block } = target;
  // As the schedule itself would: client/runner/blocks/schedule.ts.
  await sendEvent(services, runs, uri, (now) => ({
    block,
    data: { timestamp: new Date(now).toISOString() },
  }));
}

/** @param event at a time of the run */
async function sendEvent(
  services: Services,
  runs: Runs,
  uri: vscode.Uri,
  event: (now: number) => DebugEventRequest,
): Promise<void> {
  const running = () => runs.running.find((run) => run.uri.toString() === uri.toString() && run.info);
  if (!running()) await runFlow(services, runs, uri);
  const run = running();
  // Why it does not run has been said.
  if (!run) return;
  try {
    const { now } = await run.host.status();
    await run.host.debugEvent(event(now));
    runs.reveal();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(`The event was not sent. ${reason}`);
  }
}

function blockOf(argument: unknown): { uri: vscode.Uri; block: string } | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  const { uri, block } = argument as { uri?: unknown; block?: unknown };
  if (typeof uri !== 'string' || typeof block !== 'string') return undefined;
  return { uri: vscode.Uri.parse(uri), block };
}

/** The data of an event for a block's input, from the person; undefined when cancelled. */
export async function askForEvent(
  { uri, block, input }: BlockTarget,
  title: string,
): Promise<{ readonly value: unknown } | undefined> {
  const place = `${uri.toString()}\n${block}\n${input}`;
  const text = await vscode.window.showInputBox({
    title,
    prompt: 'Data of the event, as JSON: what the block sees as `previous`',
    value: given.get(place) ?? '{}',
    ignoreFocusOut: true,
    validateInput: (value) => (parse(value) ? undefined : 'This is no JSON, e.g. { "id": 1 }'),
  });
  const data = text === undefined ? undefined : parse(text);
  if (text === undefined || !data) return undefined;
  given.set(place, text);
  return data;
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** An input of a block of a flow. */
export interface BlockTarget {
  readonly uri: vscode.Uri;
  readonly block: string;
  readonly input: string;
}

/** @param argument RunFromBlockArguments, checked here: anybody can run a command. */
export function targetOf(argument: unknown): BlockTarget | undefined {
  const target = blockOf(argument);
  const input = target && (argument as { input?: unknown }).input;
  return typeof input === 'string' ? { ...target!, input } : undefined;
}
