/** Entry of the language server process: `node dist/server.js --stdio` for any editor, or Node IPC from the extension. */
import { createRequire } from 'node:module';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { boot, type Serve } from './boot.js';

export * from './lsp.js';

boot(
  (options) => createConnection(ProposedFeatures.all, options),
  // A bundle of its own.
  () => (createRequire(__filename)('./language.js') as { readonly serve: Serve }).serve,
);
