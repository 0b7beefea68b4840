/** The run panel of a window: its view in the bottom panel, its editor tabs, and the commands that belong to them. */
import * as vscode from 'vscode';
import type { Services } from '../services.js';
import { saveAsMock, saveAsTest } from '../testing/editor/save.js';
import { startRun } from '../run/runFlow.js';
import { RUN_VIEW, type Runs } from '../run/runs.js';
import type { PanelServices } from './actions.js';
import { EventDocuments } from './eventDocuments.js';
import { FlowFiles } from './flowFiles.js';
import { count, dayAndTime } from './model/format.js';
import type { PageCommand, RunSummary } from './model/messages.js';
import { preparePage } from './page.js';
import { PanelSession } from './session.js';
import { RunSources, type RunSource } from './sources.js';

/** Type of the editor tab, for its restoration after a reload. */
export const RUN_TAB = 'flows.runPanelTab';
/** Context: a run is shown in the view. */
const SHOWN = 'flows.runPanel.hasRun';

export class RunPanel implements vscode.Disposable {
  private readonly services: PanelServices;
  private view: { readonly webview: vscode.WebviewView; readonly session: PanelSession } | undefined;
  /** A person has opened the view: what is shown suits the editor, also when the view comes a moment later. */
  private isAskedFor = false;
  private readonly tabs = new Map<vscode.WebviewPanel, PanelSession>();
  private readonly subscriptions: { dispose(): unknown }[];

  constructor(
    private readonly extensionUri: vscode.Uri,
    services: Services,
    runs: Runs,
  ) {
    const sources = new RunSources(runs, services.historyFolder);
    const documents = new EventDocuments();
    this.services = {
      log: services.log,
      runs,
      sources,
      files: new FlowFiles(),
      documents,
      start: async (uri) => {
        await startRun(services, runs, uri);
      },
      saveMock: (run, block) => saveAsMock(services, run, block),
      saveTest: (run) => saveAsTest(services, run),
    };
    this.subscriptions = [sources, documents];
    runs.isPanelVisible = () =>
      [...this.tabs.keys()].some(({ visible }) => visible) || this.view?.webview.visible === true;
  }

  dispose(): void {
    this.view?.session.dispose();
    for (const session of this.tabs.values()) session.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** VS Code shows the view for the first time. */
  resolveView(webview: vscode.WebviewView): void {
    const session = new PanelSession(webview.webview, this.services, () => webview.visible, 'every run');
    this.view = { webview, session };
    if (this.isAskedFor) void session.makeRoom();
    session.onDidChange(() => {
      const { run } = session;
      void vscode.commands.executeCommand('setContext', SHOWN, run !== undefined);
      webview.description = run ? titleOf(run) : '';
    });
    webview.onDidDispose(() => {
      session.dispose();
      if (this.view?.session === session) this.view = undefined;
    });
    preparePage(webview.webview, this.extensionUri, 'view');
  }

  async focusView(): Promise<void> {
    this.isAskedFor = true;
    await vscode.commands.executeCommand(`${RUN_VIEW}.focus`);
    await this.view?.session.makeRoom();
  }

  openTab(): void {
    const tab = vscode.window.createWebviewPanel(RUN_TAB, 'Flow Run', vscode.ViewColumn.Beside, {});
    this.adoptTab(tab, this.view?.session.run?.runId);
  }

  /** @param tab new, or restored by VS Code with the state of its page */
  adoptTab(tab: vscode.WebviewPanel, runId?: string): void {
    const session = new PanelSession(tab.webview, this.services, () => tab.visible, 'runs of its flow');
    this.tabs.set(tab, session);
    const icon = (theme: string) => vscode.Uri.joinPath(this.extensionUri, `media/flows-${theme}.svg`);
    tab.iconPath = { light: icon('light'), dark: icon('dark') };
    session.onDidChange(() => (tab.title = session.run ? `Flow Run: ${session.run.flow}` : 'Flow Run'));
    tab.onDidDispose(() => {
      session.dispose();
      this.tabs.delete(tab);
    });
    const source = runId === undefined ? undefined : this.services.sources.open(runId);
    if (source) void session.show(source);
    preparePage(tab.webview, this.extensionUri, 'tab');
  }

  /** For a title-bar action: the tab in front, else the view. */
  command(command: PageCommand): void {
    const active = [...this.tabs].find(([tab]) => tab.active)?.[1];
    (active ?? this.view?.session)?.command(command);
  }

  /** Flows: Show Run History. */
  async pickFromHistory(): Promise<void> {
    const runs = this.services.sources.list();
    if (runs.length === 0) {
      void vscode.window.showInformationMessage('No run has been recorded in this workspace yet.');
      return;
    }
    const picked = await vscode.window.showQuickPick(
      runs.map((run) => ({ label: `${iconOf(run)} ${run.flow}`, ...words(run), run })),
      { title: 'Run History', matchOnDescription: true, matchOnDetail: true },
    );
    if (!picked) return;
    const source = this.services.sources.open(picked.run.runId);
    await this.focusView();
    if (source) await this.view?.session.show(source);
  }
}

/** The run's flow, and the day of a past one. */
function titleOf({ flow, host, startedAt }: RunSource): string {
  return host ? flow : `${flow} · ${dayAndTime(startedAt, Date.now())}`;
}

function iconOf({ state, failures = 0 }: RunSummary): string {
  if (state === 'running') return '$(play)';
  if (state === 'paused') return '$(debug-pause)';
  if (state === 'interrupted' || state === 'failed') return '$(warning)';
  return failures > 0 ? '$(error)' : '$(pass)';
}

function words({ startedAt, state, events, failures }: RunSummary): { description: string; detail: string } {
  const what = [
    state,
    ...(events === undefined ? [] : [count(events, 'event')]),
    ...(failures ? [count(failures, 'failure')] : []),
  ];
  return { description: dayAndTime(startedAt, Date.now()), detail: what.join(' · ') };
}
