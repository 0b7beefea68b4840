/** Whether a text has been committed: asked of the editor's own git extension, which may be missing or off. */
import * as vscode from 'vscode';

/** The part of vscode.git's API, version 1, that is used. */
interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): {
    getRepository(uri: vscode.Uri): { show(ref: string, path: string): Promise<string> } | null;
  };
}

/** False where nobody knows. The text is compared here and told to nobody. */
export async function isCommitted(file: vscode.Uri, text: string): Promise<boolean> {
  try {
    const git = vscode.extensions.getExtension<GitExtension>('vscode.git');
    if (!git || file.scheme !== 'file') return false;
    const api = git.isActive ? git.exports : await git.activate();
    const repository = api.enabled ? api.getAPI(1).getRepository(file) : null;
    const committed = await repository?.show('HEAD', file.fsPath);
    return committed?.includes(text) === true;
  } catch {
    // Not committed, no commit yet, no git.
    return false;
  }
}
