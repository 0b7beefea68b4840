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
/** Contexts of the page that commands act on: it shows a run, the run is under way, one of its events is selected. */
const CONTEXTS = {
  hasRun: ({ run }: PanelSession) => run !== undefined,
  isLive: ({ run }: PanelSession) => run?.host !== undefined,
  hasEvent: ({ hasEvent }: PanelSession) => hasEvent,
  isOpen: () => true,
} as const;

export class RunPanel implements vscode.Disposable {
  private readonly services: PanelServices;
  private view: { readonly webview: vscode.WebviewView; readonly session: PanelSession } | undefined;
  /** A person has opened the view: what is shown suits the editor, also when the view comes a moment later. */
  private isAskedFor = false;
  private readonly tabs = new Map<vscode.WebviewPanel, PanelSession>();
  /** As VS Code has been told. */
  private readonly contexts = new Map<string, boolean>();
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
      webview.description = run ? titleOf(run) : '';
      this.setContexts();
    });
    webview.onDidChangeVisibility(() => {
      if (!webview.visible) session.hidden();
      this.setContexts();
    });
    webview.onDidDispose(() => {
      session.dispose();
      if (this.view?.session === session) this.view = undefined;
      this.setContexts();
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
    session.onDidChange(() => {
      tab.title = session.run ? `Flow Run: ${session.run.flow}` : 'Flow Run';
      this.setContexts();
    });
    tab.onDidChangeViewState(() => this.setContexts());
    tab.onDidDispose(() => {
      session.dispose();
      this.tabs.delete(tab);
      this.setContexts();
    });
    const source = runId === undefined ? undefined : this.services.sources.open(runId);
    if (source) void session.show(source);
    preparePage(tab.webview, this.extensionUri, 'tab');
  }

  /** For an action of a title bar or the palette. The view comes to the front where no page is in sight. */
  async command(command: PageCommand): Promise<void> {
    if (!this.current || !this.isInSight(this.current)) await this.focusView();
    this.current?.command(command);
  }

  /** The page that commands act on: the tab that has the focus, else the view, else a tab in sight. */
  private get current(): PanelSession | undefined {
    const tabs = [...this.tabs];
    const active = tabs.find(([tab]) => tab.active)?.[1];
    if (active || this.view?.webview.visible) return active ?? this.view?.session;
    return tabs.find(([tab]) => tab.visible)?.[1] ?? this.view?.session ?? tabs[0]?.[1];
  }

  private isInSight(session: PanelSession): boolean {
    const tab = [...this.tabs].find(([, other]) => other === session)?.[0];
    return (tab ?? this.view?.webview)?.visible === true;
  }

  private setContexts(): void {
    const { current } = this;
    for (const [name, holds] of Object.entries(CONTEXTS)) {
      const value = current !== undefined && holds(current);
      if (this.contexts.get(name) === value) continue;
      this.contexts.set(name, value);
      void vscode.commands.executeCommand('setContext', `flows.runPanel.${name}`, value);
    }
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
