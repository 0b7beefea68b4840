/** What the editor is told of the debugger at activation: everything behind it loads when it is first asked for. */
import * as vscode from 'vscode';
import { FLOW_LANGUAGE } from '../../flow/protocol.js';
import type { Runs } from '../run/runs.js';
import type { Services } from '../services.js';

const TYPE = 'flow';
/** After the last keystroke, in milliseconds. */
const CHANGE_DELAY_MS = 300;

export function registerDebugger(
  services: () => Promise<Services>,
  runs: () => Promise<Runs>,
): vscode.Disposable {
  const configurations = async () => new (await import('./configurations.js')).FlowConfigurations();
  const sessions = new Map<string, vscode.DebugSession>();
  let waiting: NodeJS.Timeout | undefined;
  return vscode.Disposable.from(
    vscode.debug.registerDebugConfigurationProvider(TYPE, {
      resolveDebugConfiguration: async (folder, config) =>
        (await configurations()).resolveDebugConfiguration(folder, config),
      resolveDebugConfigurationWithSubstitutedVariables: async (folder, config) =>
        (await configurations()).resolveDebugConfigurationWithSubstitutedVariables(folder, config),
    }),
    vscode.debug.registerDebugAdapterDescriptorFactory(TYPE, {
      createDebugAdapterDescriptor: async () =>
        (await import('./inlineAdapter.js')).createAdapter(await services(), await runs()),
    }),
    vscode.languages.registerEvaluatableExpressionProvider(FLOW_LANGUAGE, {
      provideEvaluatableExpression: async (document, position) =>
        (await import('./hover.js')).evaluatableExpression(document, position),
    }),
    vscode.languages.registerInlineValuesProvider(FLOW_LANGUAGE, {
      provideInlineValues: async (document, viewPort, context) =>
        (await import('./inlineValues.js')).inlineValues(document, viewPort, context),
    }),
    vscode.debug.onDidStartDebugSession((session) => {
      if (session.type === TYPE) sessions.set(session.id, session);
    }),
    vscode.debug.onDidTerminateDebugSession(({ id }) => sessions.delete(id)),
    vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
      if (session.type === TYPE && event === 'flows.stale') void offerRestart(session, body);
    }),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (sessions.size === 0 || contentChanges.length === 0) return;
      if (![FLOW_LANGUAGE, 'yaml'].includes(document.languageId)) return;
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        for (const session of sessions.values())
          void session.customRequest('flows.changed').then(undefined, () => undefined);
      }, CHANGE_DELAY_MS);
    }),
    { dispose: () => clearTimeout(waiting) },
  );
}

async function offerRestart(session: vscode.DebugSession, body: unknown): Promise<void> {
  const { name } = body as { readonly name: string };
  const restart = 'Restart';
  const choice = await vscode.window.showInformationMessage(
    `${name} was changed. The run still uses the text that it had at its start.`,
    restart,
  );
  if (choice !== restart) return;
  if (vscode.debug.activeDebugSession?.id === session.id)
    await vscode.commands.executeCommand('workbench.action.debug.restart');
}
