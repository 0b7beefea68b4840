/**
 * The extension's composition root. Activation registers commands and nothing else: the parts load when the editor has come to
 * rest, or when a command asks for them.
 */
import * as vscode from 'vscode';
import { Commands } from '../flow/protocol.js';
import { registerDebugger } from './debug/register.js';
import { SafeLog } from './log.js';
import { PAGE_COMMANDS } from './panel/model/messages.js';
import type { RunPanel } from './panel/runPanel.js';
import type { Runs } from './run/runs.js';
import type { Services } from './services.js';
import { whenFlowsTurnUp } from './turnUp.js';
import type { SecretsTree } from './views/secretsTree.js';

/** Other extensions get nothing: no export, and no command returns anything. */
export function activate(context: vscode.ExtensionContext): void {
  const channel = vscode.window.createOutputChannel('Flow Secrets', { log: true });
  context.subscriptions.push(channel);
  const log = new SafeLog(channel);

  let tree: SecretsTree | undefined;
  const ready = once(async () => {
    const services = (await import('./services.js')).createServices(context, log);
    void views();
    return services;
  });
  const views = once(showViews);
  const runner = once(async () => {
    const { Runs: Running } = await import('./run/runs.js');
    const [{ RunProblems }, { OutputLinks }] = await Promise.all([
      import('./run/problems.js'),
      import('./run/outputLinks.js'),
    ]);
    const runs: Runs = new Running(context.asAbsolutePath('dist/runner.js'), log);
    context.subscriptions.push(runs, new RunProblems(runs), new OutputLinks(runs));
    return runs;
  });
  const panel = once(async () => {
    const { RunPanel: Panel } = await import('./panel/runPanel.js');
    const made: RunPanel = new Panel(context.extensionUri, await ready(), await runner());
    context.subscriptions.push(made);
    return made;
  });

  /** `given`: what a menu, a lens or a key binding passes; the commands check it, since anybody can run them. */
  const command = (id: string, run: (services: Services, given: unknown) => Promise<unknown>) => {
    const handler = async (given?: unknown): Promise<void> => {
      const services = await ready();
      if (!has(given, 'focused')) {
        await run(services, given);
        return;
      }
      // Keys of the view mean secrets, not its other rows; Enter opens those.
      const node = await tree?.focused();
      if (node?.kind === 'key') await run(services, node);
      else if (has(given, 'opens')) await vscode.commands.executeCommand('list.select');
    };
    context.subscriptions.push(vscode.commands.registerCommand(id, handler));
  };

  /** What reads or stores values. The way to trust is offered before anything is asked. */
  const secretCommand: typeof command = (id, run) =>
    command(id, async (services, given) => {
      if (vscode.workspace.isTrusted) await run(services, given);
      else await (await import('./trust.js')).explainTrust('secrets');
    });

  secretCommand(Commands.addSecret, async (services, given) =>
    (await import('./secrets/addSecret.js')).addSecret(services, given),
  );
  secretCommand('flows.updateSecret', async (services, given) =>
    (await import('./secrets/updateSecret.js')).updateSecret(services, given),
  );
  secretCommand('flows.deleteSecret', async (services, given) =>
    (await import('./secrets/deleteSecret.js')).deleteSecret(services, given),
  );
  secretCommand('flows.renameSecret', async (services, given) =>
    (await import('./secrets/renameSecret.js')).renameSecret(services, given),
  );
  command('flows.copySecretReference', async (services, given) =>
    (await import('./secrets/copyReference.js')).copySecretReference(services, given),
  );
  secretCommand(Commands.showMissingSecrets, async (services, given) =>
    (await import('./secrets/showMissing.js')).showMissing(services, given),
  );
  secretCommand('flows.importEnv', async (services, given) =>
    (await import('./secrets/importEnv.js')).importEnv(services, given),
  );
  secretCommand(Commands.moveLiteralToSecret, async (services, given) =>
    (await import('./secrets/moveLiteral.js')).moveLiteral(services, given),
  );
  command(Commands.showSecretUsage, async (services, given) =>
    (await import('./secrets/showUsage.js')).showUsage(services, given),
  );
  secretCommand('flows.moveSecrets', async (services) =>
    (await import('./secrets/moveStore.js')).moveSecrets(services),
  );
  secretCommand('flows.clearSecrets', async (services, given) =>
    (await import('./secrets/clearSecrets.js')).clearSecrets(services, given),
  );
  command('flows.openDeclaration', async (services, given) =>
    (await import('./secrets/openDeclaration.js')).openDeclaration(services, given),
  );
  command(Commands.runFlow, async (services, given) =>
    (await import('./run/runFlow.js')).runFlow(services, await runner(), given),
  );
  command(Commands.runFromBlock, async (services, given) =>
    (await import('./run/runFromBlock.js')).runFromBlock(services, await runner(), given),
  );
  command('flows.runFlowInVirtualTime', async (services, given) =>
    (await import('./run/runFlow.js')).runFlow(services, await runner(), given, { virtualTime: true }),
  );
  command(Commands.fireSchedule, async (services, given) =>
    (await import('./run/runFromBlock.js')).fireSchedule(services, await runner(), given),
  );
  command('flows.advanceTime', async (_services, given) =>
    (await import('./run/time.js')).advanceTime(await runner(), given),
  );
  command('flows.endWaits', async (_services, given) =>
    (await import('./run/time.js')).endWaits(await runner(), given),
  );
  command(Commands.debugFlow, async (_services, given) =>
    (await import('./debug/commands.js')).debugFlow(given),
  );
  command(Commands.debugFromBlock, async (_services, given) =>
    (await import('./debug/commands.js')).debugFromBlock(await runner(), given),
  );
  command('flows.debug.dropEvent', async () => (await import('./debug/commands.js')).dropEvent());
  command('flows.stop', async (_services, given) =>
    (await import('./run/runFlow.js')).stopFlow(await runner(), given),
  );
  command('flows.saveRunAsTest', async (services, given) =>
    (await import('./testing/editor/save.js')).saveLatestAsTest(services, given),
  );
  command('flows.saveAsMock', async (services, given) =>
    (await import('./testing/editor/save.js')).saveLatestAsMock(services, given),
  );
  command('flows.showRunOutput', async () => (await runner()).showOutput());
  command('flows.showRunPanel', async () => (await panel()).focusView());
  command('flows.openRunPanelInEditor', async () => (await panel()).openTab());
  command('flows.showRunHistory', async () => (await panel()).pickFromHistory());
  for (const name of PAGE_COMMANDS)
    command(`flows.runPanel.${name}`, async () => (await panel()).command(name));

  context.subscriptions.push(
    vscode.window.registerWebviewViewProvider('flows.runPanel', {
      resolveWebviewView: async (view) => (await panel()).resolveView(view),
    }),
    vscode.window.registerWebviewPanelSerializer('flows.runPanelTab', {
      deserializeWebviewPanel: async (tab, state) => (await panel()).adoptTab(tab, runIdOf(state)),
    }),
    vscode.commands.registerCommand('flows.showLog', () => log.show()),
    vscode.commands.registerCommand('flows.showOnlyMissing', () => tree?.showOnlyMissing(true)),
    vscode.commands.registerCommand('flows.showAllSecrets', () => tree?.showOnlyMissing(false)),
  );

  context.subscriptions.push(registerDebugger(ready, runner));

  setImmediate(() => void whenFlowsTurnUp(context.subscriptions).then(views));

  async function showViews(): Promise<void> {
    const services = await ready();
    const [{ SecretsTree: Tree }, { SecretsStatus }] = await Promise.all([
      import('./views/secretsTree.js'),
      import('./views/secretsStatus.js'),
    ]);
    tree = new Tree(services);
    const { TestExplorer } = await import('./testing/editor/explorer.js');
    context.subscriptions.push(
      tree,
      new SecretsStatus(services),
      new TestExplorer(services, context.asAbsolutePath('dist/runner.js')),
    );
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Whether a flag is set, as in the key bindings of package.json. */
function has(given: unknown, flag: 'focused' | 'opens'): boolean {
  return typeof given === 'object' && given !== null && (given as Record<string, unknown>)[flag] === true;
}

/** Of the state that a page of the run panel has kept. */
function runIdOf(state: unknown): string | undefined {
  if (typeof state !== 'object' || state === null || !('runId' in state)) return undefined;
  return typeof state.runId === 'string' ? state.runId : undefined;
}
