/** Data of events as documents that are read only, for VS Code's own editor and its difference view. */
import * as vscode from 'vscode';
import { pretty } from './texts.js';

const SCHEME = 'flow-event';

export class EventDocuments implements vscode.Disposable {
  /** Texts by URI, while their documents are open or about to be. */
  private readonly texts = new Map<string, string>();
  private readonly subscriptions: readonly vscode.Disposable[];

  constructor() {
    this.subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
        provideTextDocumentContent: (uri) => this.texts.get(uri.toString()) ?? '',
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.texts.delete(uri.toString())),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  async show(title: string, id: string, json: string): Promise<void> {
    const document = await vscode.workspace.openTextDocument(this.add(title, id, json));
    await vscode.window.showTextDocument(document, { preview: true });
  }

  async compare(
    title: string,
    left: { readonly title: string; readonly id: string; readonly json: string },
    right: { readonly title: string; readonly id: string; readonly json: string },
  ): Promise<void> {
    const [before, after] = [left, right].map((side) => this.add(side.title, side.id, side.json));
    await vscode.commands.executeCommand('vscode.diff', before, after, title, { preview: true });
  }

  private add(title: string, id: string, json: string): vscode.Uri {
    // A slash would look like a folder.
    const path = `/${title.replace(/[/\\]/g, '∕')}.json`;
    const uri = vscode.Uri.from({ scheme: SCHEME, path, query: id });
    this.texts.set(uri.toString(), pretty(json));
    return uri;
  }
}
