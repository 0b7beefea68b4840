/**
 * The view "Secrets": projects, their keys with what is known of each, and the places that use them. Shows no value.
 * Items have no ids of their own: VS Code drops the whole tree when two refreshes overlap and an id comes up twice.
 */
import * as vscode from 'vscode';
import { PROJECT_FILE, type KeyUsages } from '../../flow/protocol.js';
import { fileOf, type Project } from '../projects.js';
import { lacking, missing, type KeyOverview } from '../secrets/overview.js';
import { countOf, describeState, stateIcon } from '../secrets/words.js';
import type { Services } from '../services.js';

const VIEW = 'flows.secrets';
const ONLY_MISSING = 'flows.secrets.onlyMissing';
/** How often a key looks for its row, and how long VS Code may take to draw rows. */
const ATTEMPTS = 5;
const REDRAW_MS = 100;

/** `uri` and `key` are what commands read of a node. */
export type SecretsNode =
  | {
      readonly kind: 'project';
      readonly uri: string;
      readonly project: Project;
      readonly keys: readonly KeyOverview[];
    }
  | {
      readonly kind: 'key';
      readonly uri: string;
      readonly key: string;
      readonly parent: SecretsNode;
      readonly project: Project;
      readonly known: KeyOverview;
    }
  | { readonly kind: 'place'; readonly parent: SecretsNode; readonly place: KeyUsages['places'][number] };

export class SecretsTree implements vscode.TreeDataProvider<SecretsNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<SecretsNode>;
  private readonly disposables: { dispose(): unknown }[];
  private onlyMissing = false;
  private checked = false;
  private soon: NodeJS.Timeout | undefined;
  private looking: Promise<SecretsNode | undefined> = Promise.resolve(undefined);

  constructor(private readonly services: Services) {
    this.view = vscode.window.createTreeView(VIEW, { treeDataProvider: this, showCollapseAll: true });
    this.disposables = [
      this.changed,
      this.view,
      services.catalogue.onDidChange(() => this.refreshSoon()),
      services.storeState.onDidChange(() => this.refreshSoon()),
      this.view.onDidChangeVisibility(() => this.refreshSoon()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.refreshSoon()),
    ];
    this.refreshSoon();
  }

  dispose(): void {
    clearTimeout(this.soon);
    for (const disposable of this.disposables) disposable.dispose();
  }

  /**
   * The row that a key is pressed on. VS Code tells extensions which row is selected, and arrow keys move the focus only: the
   * row with the focus is the one whose selection changes when it is turned over. It is the selected one then.
   */
  focused(): Promise<SecretsNode | undefined> {
    // One key after the other: they would turn over what another one is about to look at.
    return (this.looking = this.looking.then(
      () => this.lookForFocus(),
      () => this.lookForFocus(),
    ));
  }

  private async lookForFocus(): Promise<SecretsNode | undefined> {
    const turnOver = () => vscode.commands.executeCommand('list.toggleSelection');
    for (let attempt = 1; ; attempt++) {
      const before = this.view.selection;
      await turnOver();
      const after = this.view.selection;
      const added = after.find((node) => !before.includes(node));
      if (added) {
        await this.view.reveal(added, { select: true, focus: true });
        return added;
      }
      await turnOver();
      const removed = before.find((node) => !after.includes(node));
      if (removed || attempt === ATTEMPTS) return removed;
      // While rows are drawn anew, extensions are not told which of them are selected.
      await new Promise((resolve) => setTimeout(resolve, REDRAW_MS));
    }
  }

  showOnlyMissing(only: boolean): void {
    this.onlyMissing = only;
    void vscode.commands.executeCommand('setContext', ONLY_MISSING, only);
    this.changed.fire();
  }

  async getChildren(node?: SecretsNode): Promise<SecretsNode[]> {
    if (node?.kind === 'place') return [];
    if (node?.kind === 'key')
      return node.known.places.map((place) => ({ kind: 'place', parent: node, place }));
    if (node) {
      const shown = this.onlyMissing ? missing(node.keys) : node.keys;
      return shown.map((known) => ({
        kind: 'key',
        uri: node.uri,
        key: known.key,
        parent: node,
        project: node.project,
        known,
      }));
    }
    const all = await this.services.catalogue.all();
    return all
      .filter(({ project, keys }) => keys.length > 0 || project.file !== undefined)
      .map(({ project, keys }) => ({ kind: 'project', uri: fileOf(project), project, keys }));
  }

  getParent(node: SecretsNode): SecretsNode | undefined {
    return node.kind === 'project' ? undefined : node.parent;
  }

  getTreeItem(node: SecretsNode): vscode.TreeItem {
    switch (node.kind) {
      case 'project':
        return projectItem(node.project, node.keys);
      case 'key':
        return keyItem(this.services, node.project, node.known);
      case 'place':
        return placeItem(node.place);
    }
  }

  /** Changes come in bursts: the keys, what is told to the server, what it answers. */
  private refreshSoon(): void {
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      void this.refresh();
    }, 50);
  }

  private async refresh(): Promise<void> {
    this.changed.fire();
    const wanted = (await this.services.catalogue.all()).flatMap(({ keys }) => lacking(keys)).length;
    this.view.badge =
      wanted === 0
        ? undefined
        : { value: wanted, tooltip: `${countOf(wanted, 'secret')} in use without a value on this machine` };
    const { isTrusted } = vscode.workspace;
    this.view.message = isTrusted
      ? (this.services.storeState.remark ?? '')
      : 'This workspace is not trusted, so secrets are neither read nor stored. To trust it, click “Restricted Mode” in the status bar.';
    // Asking a locked keychain may bring up its prompt: only when the person looks here.
    if (isTrusted && this.view.visible && !this.checked) {
      this.checked = true;
      await this.services.storeState.check();
    }
  }
}

function projectItem(project: Project, keys: readonly KeyOverview[]): vscode.TreeItem {
  const without = lacking(keys).length;
  const item = new vscode.TreeItem(project.id, vscode.TreeItemCollapsibleState.Expanded);
  item.iconPath = new vscode.ThemeIcon('folder-library');
  item.description =
    without === 0 ? countOf(keys.length, 'secret') : `${without} of ${keys.length} without a value`;
  const where = vscode.workspace.asRelativePath(vscode.Uri.parse(project.folder), true);
  item.tooltip =
    project.file === undefined
      ? `${where}: no ${PROJECT_FILE} yet; the folder’s name is the project’s.`
      : `${where}/${PROJECT_FILE}`;
  // Else its tooltip, the file, would be read out.
  item.accessibilityInformation = { label: `${project.id}, ${item.description}` };
  item.contextValue = `project${project.file === undefined ? '' : ' declared'}`;
  return item;
}

function keyItem(services: Services, project: Project, known: KeyOverview): vscode.TreeItem {
  const { key, state, declared, description, sensitive, unused, places } = known;
  const item = new vscode.TreeItem(
    key,
    places.length > 0 ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
  );
  item.iconPath = stateIcon(state);
  const words = describeState(services, project, known);
  item.description = [
    state === 'set' ? undefined : state === 'missing' ? 'no value' : words,
    description,
    places.length > 0 ? countOf(places.length, 'use') : undefined,
    state === 'missing' && unused ? 'not used' : undefined,
  ]
    .filter(Boolean)
    .join(' · ');
  const tooltip = new vscode.MarkdownString();
  tooltip.appendMarkdown(`**\`${key}\`** — ${words}`);
  if (description !== undefined) tooltip.appendMarkdown('\n\n').appendText(description);
  if (!sensitive) tooltip.appendMarkdown('\n\nNot sensitive: runs show its value.');
  item.tooltip = tooltip;
  item.accessibilityInformation = {
    label: `${key}, ${words}${places.length > 0 ? `, ${countOf(places.length, 'use')}` : ''}`,
  };
  item.contextValue = ['secret', state, declared && 'declared', services.vault.has(project.id, key) && 'here']
    .filter(Boolean)
    .join(' ');
  return item;
}

function placeItem({ uri, range }: KeyUsages['places'][number]): vscode.TreeItem {
  const file = vscode.Uri.parse(uri);
  const item = new vscode.TreeItem(vscode.workspace.asRelativePath(file));
  item.description = `line ${range.start.line + 1}`;
  item.iconPath = vscode.ThemeIcon.File;
  item.resourceUri = file;
  item.command = {
    title: 'Open',
    command: 'vscode.open',
    arguments: [
      file,
      {
        selection: new vscode.Range(
          range.start.line,
          range.start.character,
          range.end.line,
          range.end.character,
        ),
      } satisfies vscode.TextDocumentShowOptions,
    ],
  };
  item.contextValue = 'place';
  return item;
}
