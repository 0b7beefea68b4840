/** Launch configurations of type `flow`: what F5 does without any, and what a launch.json leaves out. */
import path from 'node:path';
import * as vscode from 'vscode';
import { FLOW_LANGUAGE } from '../../flow/protocol.js';

/** Debugs a flow that needs no launch.json. `more`: attributes of the configuration. */
export function configurationFor(
  uri: vscode.Uri,
  more: Readonly<Record<string, unknown>> = {},
): vscode.DebugConfiguration {
  return {
    type: 'flow',
    request: 'launch',
    name: path.posix.basename(uri.path),
    flow: pathOf(uri),
    ...more,
  };
}

/** How the debugger calls a file: its path on the disk, or else its URI. */
export function pathOf(uri: vscode.Uri): string {
  return uri.scheme === 'file' ? uri.fsPath : uri.toString();
}

export function uriOf(flow: string): vscode.Uri {
  return /^[a-z][a-z\d+.-]+:/i.test(flow) ? vscode.Uri.parse(flow) : vscode.Uri.file(flow);
}

export class FlowConfigurations implements vscode.DebugConfigurationProvider {
  resolveDebugConfiguration(
    _folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): vscode.DebugConfiguration | undefined {
    const shown = { ...consoleFor(config), ...config };
    // F5 without a launch.json gives an empty one.
    if (typeof config['flow'] === 'string' && config['flow'] !== '${file}') return shown;
    const active = vscode.window.activeTextEditor?.document;
    if (active && [FLOW_LANGUAGE, 'yaml'].includes(active.languageId))
      return { ...configurationFor(active.uri), ...shown, flow: pathOf(active.uri) };
    void vscode.window.showErrorMessage(
      'Open the flow that is to be debugged, or name it in the launch configuration: "flow": "${workspaceFolder}/my.flow.yaml".',
    );
    return undefined;
  }

  /** Paths may be relative to the folder. */
  resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): vscode.DebugConfiguration {
    const absolute = (key: string): Record<string, string> => {
      const value: unknown = config[key];
      if (typeof value !== 'string' || value === '' || /^[a-z][a-z\d+.-]+:/i.test(value)) return {};
      const base = (folder ?? vscode.workspace.workspaceFolders?.[0])?.uri.fsPath;
      return { [key]: base === undefined ? value : path.resolve(base, value) };
    };
    return { ...config, ...absolute('flow'), ...absolute('mocks') };
  }
}

/** Its console says what a run waits for: it comes to the front every time, unless the person has decided otherwise. */
function consoleFor({ noDebug }: vscode.DebugConfiguration): { readonly internalConsoleOptions?: string } {
  const setting = vscode.workspace.getConfiguration('debug').inspect('internalConsoleOptions');
  const isDecided = [setting?.globalValue, setting?.workspaceValue, setting?.workspaceFolderValue].some(
    (value) => value !== undefined,
  );
  // Without debugging it is a run like any other, with a panel of its own.
  return isDecided || noDebug === true ? {} : { internalConsoleOptions: 'openOnSessionStart' };
}
