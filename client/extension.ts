/**
 * The extension's composition root. Activation registers commands and nothing else at once: the parts load when the editor has
 * come to rest or a command asks for them.
 */
import * as vscode from 'vscode';
import { Commands } from '../flow/protocol.js';
import { createLog } from './log.js';
import type { Runs } from './run/runs.js';
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
  let runs: Promise<Runs> | undefined;
  const runner = () =>
    (runs ??= import('./run/runs.js').then(({ Runs: Running }) => {
      const running = new Running(context.asAbsolutePath('dist/runner.js'), log);
      context.subscriptions.push(running);
      return running;
    }));
  command(Commands.runFlow, async (shared, given) =>
    (await import('./run/runFlow.js')).runFlow(shared, await runner(), given),
  );
  command('flows.stop', async (_shared, given) =>
    (await import('./run/runFlow.js')).stopFlow(await runner(), given),
  );
  command('flows.showRunOutput', async () => (await runner()).showOutput());
  context.subscriptions.push(vscode.commands.registerCommand('flows.showLog', () => log.show()));

  setImmediate(() => void ready());
}
