/** The debug adapter inside the extension: its runs are those of the window, with their output, status and secrets. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';
import type { Runs } from '../run/runs.js';
import { startRun } from '../run/runFlow.js';
import type { Services } from '../services.js';
import { FlowDebugSession, type DebugHost } from './adapter/session.js';
import { uriOf } from './configurations.js';

export function createAdapter(services: Services, runs: Runs): vscode.DebugAdapterDescriptor {
  const host: DebugHost = {
    read: async (flow) => (await vscode.workspace.openTextDocument(uriOf(flow))).getText(),
    start: async ({ flow, port, virtualTime, mocks, deadline, signals }, debug) => {
      const uri = uriOf(flow);
      const run = await startRun(services, runs, uri, {
        ...debug,
        virtualTime,
        ...(port !== undefined && { port }),
        ...(deadline !== undefined && { deadlineMs: deadline * 1_000 }),
        ...(mocks !== undefined && { mocks: uriOf(mocks) }),
        ...(signals && { signals }),
      });
      return (
        run?.info && {
          host: run.host,
          info: run.info,
          text: run.flowText,
          stop: async () => runs.stop(uri),
        }
      );
    },
  };
  return new vscode.DebugAdapterInlineImplementation(new InlineAdapter(new FlowDebugSession(host)));
}

class InlineAdapter extends vscode.Disposable implements vscode.DebugAdapter {
  private readonly sent = new vscode.EventEmitter<vscode.DebugProtocolMessage>();
  readonly onDidSendMessage = this.sent.event;

  constructor(private readonly session: FlowDebugSession) {
    super(() => this.sent.dispose());
    session.onDidSendMessage((message) => this.sent.fire(message));
  }

  handleMessage(message: vscode.DebugProtocolMessage): void {
    this.session.handleMessage(message as DebugProtocol.ProtocolMessage);
  }
}
