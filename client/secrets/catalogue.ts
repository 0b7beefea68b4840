/** The keys of all projects, kept up to date from the project files, the index of this machine and the language server. */
import * as vscode from 'vscode';
import type { SecretUsagesResult } from '../../flow/protocol.js';
import type { FlowLanguageClient } from '../languageClient.js';
import type { Project, Projects } from '../projects.js';
import { overview, type KeyOverview } from './overview.js';
import type { Vault } from './vault.js';

const NOTHING_KNOWN: SecretUsagesResult = { projects: [], ties: [], complete: false };

export class Catalogue implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly disposables: vscode.Disposable[];
  private usages: SecretUsagesResult = NOTHING_KNOWN;

  constructor(
    private readonly projects: Projects,
    private readonly vault: Vault,
    private readonly client: Pick<FlowLanguageClient, 'secretUsages' | 'onDidChangeUsages'>,
    onDidChangeSecrets: vscode.Event<void>,
  ) {
    this.disposables = [
      client.onDidChangeUsages(() => void this.refresh()),
      projects.onDidChange(() => this.changed.fire()),
      onDidChangeSecrets(() => this.changed.fire()),
    ];
    void this.refresh();
  }

  dispose(): void {
    this.changed.dispose();
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** Asks the server anew. */
  async refresh(): Promise<void> {
    try {
      this.usages = await this.client.secretUsages();
      this.projects.tie(this.usages.ties);
    } catch {
      // The server is starting again: what was known holds until it answers.
      return;
    }
    this.changed.fire();
  }

  keys(project: Project): KeyOverview[] {
    const usages = this.usages.projects.find(({ folder }) => sameFolder(folder, project.folder));
    return overview({
      declared: project.declared.secrets,
      complete: project.declared.complete,
      set: this.vault.keys(project.id),
      usages: usages?.keys ?? [],
      usagesComplete: this.usages.complete,
    });
  }

  async all(): Promise<{ project: Project; keys: KeyOverview[] }[]> {
    const projects = await this.projects.all();
    return projects.map((project) => ({ project, keys: this.keys(project) }));
  }
}

/** The server and the editor may write the same URI differently (escapes, drive letters). */
function sameFolder(a: string, b: string): boolean {
  return (
    a === b ||
    vscode.Uri.parse(a).toString().replace(/\/$/, '') === vscode.Uri.parse(b).toString().replace(/\/$/, '')
  );
}
