/** Flows: Run Flow and Flows: Stop. A run needs a trusted workspace; its secrets are read just before it starts. */
import * as vscode from 'vscode';
import { mocksFileOf } from '../../flow/files.js';
import { FLOW_LANGUAGE } from '../../flow/protocol.js';
import type { RunOptions, StartRequest } from '../runner/protocol.js';
import type { Services } from '../services.js';
import { explainTrust } from '../trust.js';
import type { FlowRun, Runs } from './runs.js';
import { runSettings } from './runSettings.js';
import { secretsFor } from './secretsFor.js';

/** A start that takes no longer is not worth a notification. */
const QUICK_MS = 1_000;

const FLOW_FILES = '**/{flow,*.flow}.{yaml,yml}';

/** @param given a URI (from a menu), or `{ uri }` (from a code lens); else the active editor's flow, or one that is picked. */
export async function runFlow(
  services: Services,
  runs: Runs,
  given?: unknown,
  settings?: RunSettings,
): Promise<void> {
  const uri = await chooseFlow(given);
  if (!uri) return;
  const run = await startRun(services, runs, uri, settings);
  // The panel shows the address, and a notification would cover it.
  if (run && !runs.revealsPanel && !runs.isPanelVisible()) void announce(run, runs);
}

/** The flow that a command means; undefined when none is picked. */
export async function chooseFlow(given?: unknown): Promise<vscode.Uri | undefined> {
  return uriOf(given) ?? activeFlow() ?? (await pickFlow());
}

/** Options of a run, and what of its request is not read from the files beside the flow. */
export interface RunSettings extends RunOptions {
  /** Instead of the mocks file beside the flow. */
  readonly mocks?: vscode.Uri;
  readonly signals?: NonNullable<StartRequest['signals']>;
}

/**
 * Runs the flow of a file as it stands in the editor, with its secrets, mocks and history.
 * @returns undefined when it may not or cannot be run, or the person has cancelled: that has been said then.
 */
export async function startRun(
  services: Services,
  runs: Runs,
  uri: vscode.Uri,
  { mocks: chosen, signals, ...options }: RunSettings = {},
): Promise<FlowRun | undefined> {
  if (!vscode.workspace.isTrusted) {
    await explainTrust('run');
    return undefined;
  }
  const document = await vscode.workspace.openTextDocument(uri);
  const flow = await services.languageClient.flowSecrets(uri);
  if (!flow) {
    void vscode.window.showErrorMessage(`${nameOf(uri)} is not a flow: it has no list of blocks.`);
    return undefined;
  }
  const mocks = chosen ? await mocksIn(chosen) : await mocksOf(uri);
  const secrets = await secretsFor(services, uri, flow.used);
  if (!secrets) return undefined;
  const known = Object.entries(secrets.secrets).map(([key, value]) => ({ key, value }));
  return services.log.guarding(known, async () => {
    const cancelled = new AbortController();
    const start = runs.start(uri, {
      flowText: document.getText(),
      ...secrets,
      ...(mocks && { mocks }),
      ...(signals && { signals }),
      options: { ...runSettings(uri), historyFolder: services.historyFolder, ...options },
    });
    const cancel = () => {
      cancelled.abort();
      void runs.stop(uri);
    };
    try {
      return await showProgress(`Starting ${nameOf(uri)}`, start, cancel);
    } catch (error) {
      if (cancelled.signal.aborted) return undefined;
      const reason = services.log.mask(error instanceof Error ? error.message : String(error));
      services.log.error(`${nameOf(uri)} did not start: ${reason}`);
      void vscode.window.showErrorMessage(`${nameOf(uri)} did not start. ${reason}`);
      return undefined;
    }
  });
}

/** In the status bar at first; what takes longer can be cancelled. */
async function showProgress<T>(title: string, work: Promise<T>, cancel: () => void): Promise<T> {
  const { Window, Notification } = vscode.ProgressLocation;
  const ended = work.then(
    () => undefined,
    () => undefined,
  );
  void vscode.window.withProgress({ location: Window, title }, () => ended);
  const slow = setTimeout(() => {
    void vscode.window.withProgress(
      { location: Notification, title, cancellable: true },
      (_progress, token) => {
        token.onCancellationRequested(cancel);
        return ended;
      },
    );
  }, QUICK_MS);
  try {
    return await work;
  } finally {
    clearTimeout(slow);
  }
}

/** The stand-ins beside the flow, as they stand in the editor. */
async function mocksOf(flow: vscode.Uri): Promise<StartRequest['mocks']> {
  const uri = flow.with({ path: mocksFileOf(flow.path) });
  if (uri.path === flow.path) return undefined;
  try {
    await vscode.workspace.fs.stat(uri);
    return await mocksIn(uri);
  } catch {
    return undefined;
  }
}

async function mocksIn(uri: vscode.Uri): Promise<NonNullable<StartRequest['mocks']>> {
  return { uri: uri.toString(), text: (await vscode.workspace.openTextDocument(uri)).getText() };
}

/** @param given as for runFlow; without it the only run, or one that is picked. */
export async function stopFlow(runs: Runs, given?: unknown): Promise<void> {
  const run = await chooseRun(runs.running, 'Stop which flow?', given);
  if (run) await runs.stop(run.uri);
}

/** One of these runs: the flow's that is given, else the only one, or one that is picked. */
export async function chooseRun(
  running: readonly FlowRun[],
  title: string,
  given?: unknown,
): Promise<FlowRun | undefined> {
  const wanted = uriOf(given)?.toString();
  return (
    running.find(({ uri }) => uri.toString() === wanted) ??
    (running.length > 1 ? await pickRun(running, title) : running[0])
  );
}

async function announce({ name, info, uri }: FlowRun, runs: Runs): Promise<void> {
  const [endpoint] = info?.endpoints ?? [];
  if (!endpoint) return;
  const open = 'Open';
  const copy = 'Copy Address';
  const stop = 'Stop';
  // A browser asks with GET, and has nothing to put in the place of a parameter.
  const canOpen = endpoint.methods.includes('GET') && !endpoint.url.includes('{');
  const choice = await vscode.window.showInformationMessage(
    `${name} listens on ${endpoint.url}`,
    ...(canOpen ? [open] : []),
    copy,
    stop,
  );
  if (choice === open) await vscode.env.openExternal(vscode.Uri.parse(endpoint.url));
  if (choice === copy) await vscode.env.clipboard.writeText(endpoint.url);
  if (choice === stop) await runs.stop(uri);
}

function uriOf(given: unknown): vscode.Uri | undefined {
  if (given instanceof vscode.Uri) return given;
  if (typeof given !== 'object' || given === null) return undefined;
  const { uri } = given as { uri?: unknown };
  return typeof uri === 'string' ? vscode.Uri.parse(uri) : undefined;
}

function activeFlow(): vscode.Uri | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document && [FLOW_LANGUAGE, 'yaml'].includes(document.languageId) ? document.uri : undefined;
}

async function pickFlow(): Promise<vscode.Uri | undefined> {
  const files = await vscode.workspace.findFiles(FLOW_FILES, '**/node_modules/**', 1_000);
  if (files.length === 0) {
    void vscode.window.showErrorMessage(
      'There is no flow here: open a file called flow.yaml or *.flow.yaml.',
    );
    return undefined;
  }
  const items = files.map((uri) => ({
    label: nameOf(uri),
    description: vscode.workspace.asRelativePath(uri),
    uri,
  }));
  const picked = await vscode.window.showQuickPick(
    items.sort((a, b) => (a.description < b.description ? -1 : 1)),
    { title: 'Run which flow?' },
  );
  return picked?.uri;
}

async function pickRun(running: readonly FlowRun[], title: string): Promise<FlowRun | undefined> {
  const items = running.map((run) => ({
    label: run.name,
    description: vscode.workspace.asRelativePath(run.uri),
    run,
  }));
  return (await vscode.window.showQuickPick(items, { title }))?.run;
}

function nameOf(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}
