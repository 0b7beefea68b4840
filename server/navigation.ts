/** The requests that navigate flows and show their structure. */
import type { Connection } from 'vscode-languageserver/node';
import { incomingCalls, outgoingCalls, prepareCallHierarchy } from './callHierarchy.js';
import { definition } from './definition.js';
import { documentLinks } from './documentLinks.js';
import { foldingRanges } from './folding.js';
import { highlights } from './highlights.js';
import { inlayHints } from './inlayHints.js';
import { references } from './references.js';
import { prepareRename, rename } from './rename.js';
import { selectionRanges } from './selection.js';
import { semanticTokens, semanticTokensInRange } from './semanticTokens.js';
import type { Features } from './server.js';
import { documentSymbols, workspaceSymbols } from './symbols.js';

export function serveNavigation(connection: Connection, features: () => Features): void {
  const { languages } = connection;
  connection.onDefinition(
    (params, token) => definition(features(), params) ?? features().types.definition(params, token),
  );
  // A secret is named in files that are not open: these are known once the workspace has been read.
  connection.onReferences(async (params) => {
    await features().index.ready;
    return references(features(), params);
  });
  connection.onDocumentHighlight((params) => highlights(features(), params));
  connection.onPrepareRename((params) => prepareRename(features(), params));
  connection.onRenameRequest(async (params) => {
    await features().index.ready;
    return rename(features(), params);
  });
  connection.onDocumentSymbol((params) => documentSymbols(features(), params));
  connection.onWorkspaceSymbol((params) => workspaceSymbols(features(), params));
  connection.onFoldingRanges((params) => foldingRanges(features(), params));
  connection.onSelectionRanges((params) => selectionRanges(features(), params));
  languages.semanticTokens.on((params) => semanticTokens(features(), params) ?? { data: [] });
  languages.semanticTokens.onRange((params) => semanticTokensInRange(features(), params) ?? { data: [] });
  languages.inlayHint.on((params) => inlayHints(features(), params));
  connection.onDocumentLinks((params) => documentLinks(features(), params));
  languages.callHierarchy.onPrepare((params) => prepareCallHierarchy(features(), params));
  languages.callHierarchy.onIncomingCalls((params) => incomingCalls(features(), params));
  languages.callHierarchy.onOutgoingCalls((params) => outgoingCalls(features(), params));
}
