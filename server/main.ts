/** Entry of the language server process: `node dist/server.js --stdio` for any editor, or Node IPC from the extension. */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { serve } from './server.js';

serve(createConnection(ProposedFeatures.all));
