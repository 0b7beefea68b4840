/** The page that a webview of the run panel holds: one script and one style sheet of the extension, nothing else. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** Scripts need the nonce; nothing is loaded from elsewhere, and no style stands in the page itself. */
export function preparePage(webview: vscode.Webview, extensionUri: vscode.Uri, place: 'view' | 'tab'): void {
  const dist = vscode.Uri.joinPath(extensionUri, 'dist');
  webview.options = { enableScripts: true, localResourceRoots: [dist] };
  const uriOf = (file: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, file)).toString();
  const nonce = randomBytes(18).toString('base64url');
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}`;
  webview.html = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Flow Run</title>
    <link rel="stylesheet" href="${uriOf('panel.css')}">
  </head>
  <body>
    <div id="panel" class="in-${place}"></div>
    <script nonce="${nonce}" src="${uriOf('panel.js')}"></script>
  </body>
</html>`;
}
