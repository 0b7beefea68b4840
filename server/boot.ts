/**
 * Answers `initialize` before the language itself is loaded, which takes as long as the LSP library: an editor that
 * starts the server gets its answer, and sends the first file while the rest is being loaded.
 */
import type { Connection, ConnectionOptions, InitializeParams } from 'vscode-languageserver/node';
import { initializeResult } from './capabilities.js';

export type Serve = (connection: Connection, params: InitializeParams) => void;

/** `connect`: makes the connection; `load`: gives what serves it once it is initialized. */
export function boot(connect: (options: ConnectionOptions) => Connection, load: () => Serve): void {
  let pending: InitializeParams | undefined;
  const serve = (): void => {
    const params = pending;
    pending = undefined;
    if (params) load()(connection, params);
  };
  const connection = connect({
    messageStrategy: {
      handleMessage(message, next) {
        // No client may send anything before it has the answer; should one do so, nothing is lost.
        serve();
        return next(message);
      },
    },
  });
  connection.onInitialize((params) => {
    pending = params;
    // The library writes the answer in the next round of the event loop: loading waits for the one after it.
    setImmediate(() => setImmediate(serve));
    return initializeResult(params);
  });
  connection.listen();
}
