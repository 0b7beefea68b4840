/** Time of a run as a person moves it: Advance Time of a run in virtual time, End Waits of any. */
import * as vscode from 'vscode';
import { durationIn } from '../../flow/duration.js';
import { chooseRun } from './runFlow.js';
import type { FlowRun, Runs } from './runs.js';

/** What was answered last in this window: it is offered again. */
let last = '1h';

/** @param given as for Run Flow */
export async function advanceTime(runs: Runs, given?: unknown): Promise<void> {
  const virtual = runs.running.filter((run) => run.info && run.isVirtual);
  const run = await chooseRun(virtual, 'Advance the time of which flow?', given);
  if (!run) {
    void vscode.window.showInformationMessage(
      'No flow runs in virtual time. Start one with Flows: Run Flow in Virtual Time.',
    );
    return;
  }
  const text = await vscode.window.showInputBox({
    title: `Advance the Time of ${run.name}`,
    prompt: 'For how long, for example 90s, 15m, 2h or 1d: all that is due until then happens',
    value: last,
    ignoreFocusOut: true,
    validateInput: (value) =>
      durationIn(value.trim()) ? undefined : 'A number with s, m, h or d behind it, for example 15m',
  });
  const milliseconds = text === undefined ? undefined : durationIn(text.trim());
  if (text === undefined || milliseconds === undefined) return;
  last = text.trim();
  await report(run, async () => {
    const now = await run.host.advance(milliseconds);
    runs.say(run, `It is ${new Date(now).toISOString()}`);
  });
}

/** @param given as for Run Flow */
export async function endWaits(runs: Runs, given?: unknown): Promise<void> {
  const run = await chooseRun(
    runs.running.filter(({ info }) => info),
    'End the waits of which flow?',
    given,
  );
  if (!run) {
    void vscode.window.showInformationMessage('No flow runs.');
    return;
  }
  await report(run, async () => {
    const ended = await run.host.skipSleep();
    runs.say(run, ended === 0 ? 'No block waits' : `${ended} ${ended === 1 ? 'wait' : 'waits'} ended`);
  });
}

async function report({ name }: FlowRun, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(`${name}: ${reason}`);
  }
}
