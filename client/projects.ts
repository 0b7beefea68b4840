/**
 * The projects of the workspace: a file belongs to the nearest `flows.project.yaml` upward, else to its workspace folder.
 * The server has the same rule over its own documents; here it serves commands that need no server.
 */
import * as vscode from 'vscode';
import { parseProject, type Project as ProjectFile } from '../flow/project.js';
import { PROJECT_FILE, type ProjectInfo, type SecretUsagesResult } from '../flow/protocol.js';

export interface Project extends ProjectInfo {
  /** What the project file declares; without one, nothing. */
  readonly declared: ProjectFile;
  /** Of a project file that is on no disk, where the server cannot read it. */
  readonly virtualText?: string;
}

const NOTHING_DECLARED = parseProject('');
/** Where dependencies and build results are, not the team's projects. */
const EXCLUDED = '**/{node_modules,.git,dist,out}/**';
const EXCLUDED_PATH = /\/(?:node_modules|\.git|dist|out)\//;

export class Projects implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** A project file, its text or the folders of the workspace have changed. */
  readonly onDidChange = this.changed.event;
  private readonly disposables: { dispose(): unknown }[] = [this.changed];
  private files: Promise<vscode.Uri[]> | undefined;
  private listed: Promise<Project[]> | undefined;
  private ties: ReadonlyMap<string, vscode.Uri> = new Map();
  /** Files that are listed; the others of the workspace that turn up join them. */
  private known: ReadonlySet<string> = new Set();
  private readonly turnedUp = new Map<string, vscode.Uri>();

  constructor() {
    const watcher = vscode.workspace.createFileSystemWatcher(`**/${PROJECT_FILE}`);
    const textChanged = () => {
      this.listed = undefined;
      this.changed.fire();
    };
    const filesChanged = () => {
      this.files = undefined;
      this.turnedUp.clear();
      textChanged();
    };
    const deletions = vscode.workspace.createFileSystemWatcher('**/*', true, true, false);
    this.disposables.push(
      watcher,
      deletions,
      deletions.onDidDelete((uri) => {
        // The editor tells of a folder that is gone or has another name, not of the files in it.
        const inside = `${uri.toString()}/`;
        if ([...this.known, ...this.turnedUp.keys()].some((file) => file.startsWith(inside))) filesChanged();
      }),
      watcher.onDidCreate(filesChanged),
      watcher.onDidChange(textChanged),
      watcher.onDidDelete(filesChanged),
      vscode.workspace.onDidChangeWorkspaceFolders(filesChanged),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (isProjectFile(document.uri)) textChanged();
      }),
    );
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** Flows that belong to a project because its Terraform creates them, as the server has found out. */
  tie(ties: SecretUsagesResult['ties']): void {
    this.ties = new Map(
      ties.map(({ uri, folder }) => [vscode.Uri.parse(uri).toString(), vscode.Uri.parse(folder)]),
    );
  }

  /** The project of a file. */
  async of(uri: vscode.Uri): Promise<Project> {
    const nearest = await this.nearest(uri);
    const tied = nearest.file === undefined ? this.ties.get(uri.toString()) : undefined;
    return tied ? this.nearest(vscode.Uri.joinPath(tied, PROJECT_FILE)) : nearest;
  }

  /** By the file's own folder and those above. */
  private async nearest(uri: vscode.Uri): Promise<Project> {
    for (let folder = parent(uri); ; folder = parent(folder)) {
      const file = vscode.Uri.joinPath(folder, PROJECT_FILE);
      const text = await readText(file);
      if (text !== undefined) {
        this.meet(file);
        return fromFile(file, text);
      }
      if (parent(folder).path === folder.path) break;
    }
    return withoutFile(vscode.workspace.getWorkspaceFolder(uri)?.uri ?? parent(uri));
  }

  /**
   * Nobody tells of every new file: watchers miss what lies in a folder that has just been made, and there are places that can be
   * neither watched nor searched. A project whose flow is opened is known from then on.
   */
  private meet(file: vscode.Uri): void {
    const name = file.toString();
    if (this.known.has(name) || this.turnedUp.has(name) || EXCLUDED_PATH.test(file.path)) return;
    if (!vscode.workspace.getWorkspaceFolder(file)) return;
    this.turnedUp.set(name, file);
    if (this.listed === undefined) return;
    this.listed = undefined;
    this.changed.fire();
  }

  /** All projects of the workspace: of every project file in it, and of its folders themselves. */
  all(): Promise<Project[]> {
    return (this.listed ??= this.list());
  }

  private async list(): Promise<Project[]> {
    const search = (this.files ??= Promise.resolve(
      vscode.workspace.findFiles(`**/${PROJECT_FILE}`, EXCLUDED),
    ));
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) =>
      vscode.Uri.joinPath(uri, PROJECT_FILE),
    );
    const files = [...folders, ...(await search)];
    // A later search may have been faster.
    if (search === this.files) this.known = new Set(files.map(String));
    const found = await Promise.all([...files, ...this.turnedUp.values()].map((file) => this.of(file)));
    return [...new Map(found.map((project) => [project.folder, project])).values()].sort((a, b) =>
      a.folder < b.folder ? -1 : 1,
    );
  }
}

/** A document of the project, though it may not exist yet: commands find the project by it. */
export function fileOf({ file, folder }: Project): string {
  return file ?? `${folder.replace(/\/$/, '')}/${PROJECT_FILE}`;
}

export function isProjectFile(uri: vscode.Uri): boolean {
  return uri.path.endsWith(`/${PROJECT_FILE}`);
}

function fromFile(file: vscode.Uri, text: string): Project {
  const folder = parent(file);
  const declared = parseProject(text);
  return {
    id: declared.id ?? folderName(folder),
    folder: folder.toString(),
    file: file.toString(),
    declared,
    ...(file.scheme !== 'file' && { virtualText: text }),
  };
}

function withoutFile(folder: vscode.Uri): Project {
  return { id: folderName(folder), folder: folder.toString(), declared: NOTHING_DECLARED };
}

function folderName(folder: vscode.Uri): string {
  return folder.path.slice(folder.path.lastIndexOf('/') + 1) || folder.path;
}

function parent(uri: vscode.Uri): vscode.Uri {
  return vscode.Uri.joinPath(uri, '..');
}

/** As it is being edited, else as stored; undefined when there is no such file, though the editor may keep it open. */
async function readText(file: vscode.Uri): Promise<string | undefined> {
  const edited = vscode.workspace.textDocuments.find(
    ({ uri, isClosed, isDirty }) => isDirty && !isClosed && uri.toString() === file.toString(),
  );
  if (edited) return edited.getText();
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  } catch {
    return undefined;
  }
}
