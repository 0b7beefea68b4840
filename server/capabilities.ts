/** What the server can do, as it answers `initialize`. Nothing here loads the language itself. */
import type { InitializeParams, InitializeResult, SemanticTokensLegend } from 'vscode-languageserver/node';
import type { InitializationOptions } from '../flow/protocol.js';
import { CodeActionKind, TextDocumentSyncKind } from './lsp.js';

/** `secret`, `block` and `installation` are contributed by the extension, with colours for themes that lack them. */
export const LEGEND = {
  tokenTypes: ['variable', 'secret', 'block', 'installation'],
  tokenModifiers: ['declaration', 'readonly', 'defaultLibrary'],
} satisfies SemanticTokensLegend;

/** Whether the client has the `flows.*` commands. */
export function hasCommands({ initializationOptions }: InitializeParams): boolean {
  return ((initializationOptions ?? {}) as InitializationOptions).commands === true;
}

export function initializeResult(params: InitializeParams): InitializeResult {
  return {
    serverInfo: { name: 'flow-secrets' },
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      completionProvider: {
        triggerCharacters: ['.', '"', "'", '`', '[', '{', ' ', '!'],
        resolveProvider: true,
      },
      hoverProvider: true,
      signatureHelpProvider: { triggerCharacters: ['(', ','], retriggerCharacters: [')'] },
      definitionProvider: true,
      referencesProvider: true,
      documentHighlightProvider: true,
      renameProvider: { prepareProvider: true },
      documentSymbolProvider: true,
      workspaceSymbolProvider: true,
      foldingRangeProvider: true,
      selectionRangeProvider: true,
      semanticTokensProvider: { legend: LEGEND, full: true, range: true },
      inlayHintProvider: true,
      documentLinkProvider: {},
      callHierarchyProvider: true,
      codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.RefactorExtract] },
      ...(hasCommands(params) && { codeLensProvider: {} }),
      workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
    },
  };
}
