/**
 * Renaming a key with F2: the server edits the files; here its value follows, once the edit has been applied. The editor may show
 * a preview first, and the person may drop it: then the value keeps its name.
 */
import * as vscode from 'vscode';
import type { Project } from '../projects.js';
import type { Services } from '../services.js';
import { reasonOf } from './messages.js';
import type { PreparedRename } from './vault.js';

/** How long a preview may stand open. */
const PATIENCE_MS = 10 * 60_000;

export type NextRename = () => Promise<vscode.WorkspaceEdit | null | undefined>;

export class RenameInEditor {
  /** The command Flows: Rename Secret moves the value itself. */
  private suspended = false;

  constructor(private readonly services: Pick<Services, 'catalogue' | 'log' | 'projects' | 'vault'>) {}

  async withoutValues<T>(work: () => Promise<T>): Promise<T> {
    this.suspended = true;
    try {
      return await work();
    } finally {
      this.suspended = false;
    }
  }

  /** Passes the server's edits on. @throws Error, which the editor shows, when the value could not follow. */
  async provide(
    document: vscode.TextDocument,
    position: vscode.Position,
    to: string,
    next: NextRename,
  ): Promise<vscode.WorkspaceEdit | null | undefined> {
    const { catalogue, projects, vault } = this.services;
    if (this.suspended) return next();
    const project = await projects.of(document.uri);
    // What has just been typed counts.
    await catalogue.refresh();
    const key = this.keyAt(project, document, position);
    const edit = await next();
    if (key === undefined || !edit || edit.size === 0 || !vault.has(project.id, key)) return edit;
    const prepared = await vault.prepareRename(project.id, key, to).catch((error: unknown) => {
      throw new Error(`The value of ${key} cannot follow: ${reasonOf(error)}`);
    });
    if (prepared) this.follow(edit, `${key} of ${project.id}`, to, prepared);
    return edit;
  }

  private keyAt(
    project: Project,
    document: vscode.TextDocument,
    position: vscode.Position,
  ): string | undefined {
    const uri = document.uri.toString();
    if (uri === project.file) {
      const offset = document.offsetAt(position);
      for (const { key, keySpan } of project.declared.secrets.values()) {
        if (keySpan.start <= offset && offset <= keySpan.end) return key;
      }
    }
    return this.services.catalogue
      .keys(project)
      .find(({ places }) =>
        places.some(
          ({ uri: file, range: { start, end } }) =>
            vscode.Uri.parse(file).toString() === uri &&
            new vscode.Range(start.line, start.character, end.line, end.character).contains(position),
        ),
      )?.key;
  }

  private follow(edit: vscode.WorkspaceEdit, what: string, to: string, prepared: PreparedRename): void {
    const { log } = this.services;
    const files = new Set(edit.entries().map(([uri]) => uri.toString()));
    const settle = (work: () => Promise<void>, done: string) => {
      listener.dispose();
      clearTimeout(timer);
      work().then(
        () => log.info(`${what}: ${done}`),
        (error: unknown) => log.error(`${what}: its value did not follow: ${reasonOf(error)}`),
      );
    };
    const listener = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (files.has(document.uri.toString()) && contentChanges.some(({ text }) => text.includes(to))) {
        settle(() => prepared.commit(), `is ${to} now.`);
      }
    });
    const timer = setTimeout(() => settle(() => prepared.rollBack(), 'keeps its name.'), PATIENCE_MS);
  }
}
