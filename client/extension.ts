/**
 * The extension's composition root. Activation registers commands and nothing else at once: the parts load when the editor has
 * come to rest or a command asks for them.
 */
import * as vscode from 'vscode';
import { Commands } from '../flow/protocol.js';
import { createLog } from './log.js';
import type { Services } from './services.js';

export function activate(context: vscode.ExtensionContext): void {
  const log = createLog();
  context.subscriptions.push(log);

  let services: Promise<Services> | undefined;
  const ready = () =>
    (services ??= import('./services.js').then(({ createServices }) => createServices(context, log)));
  const command = (id: string, run: (services: Services, ...args: unknown[]) => Promise<unknown>) => {
    context.subscriptions.push(
      vscode.commands.registerCommand(id, async (...args: unknown[]) => {
        // Other extensions can run commands too: none gives anything back.
        await run(await ready(), ...args);
      }),
    );
  };

  command(Commands.addSecret, async (shared, given) =>
    (await import('./secrets/addSecret.js')).addSecret(shared, given),
  );
  context.subscriptions.push(vscode.commands.registerCommand('flows.showLog', () => log.show()));

  setImmediate(() => void ready());
}
