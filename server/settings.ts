/** The user's settings (`flows.*`), as far as the server reads them. They win over the project file's, which are the team's. */
import type { Connection } from 'vscode-languageserver/node';
import type { RuleSettings } from '../flow/check.js';
import { readRuleSettings } from '../flow/rules/settings.js';
import { DidChangeConfigurationNotification } from './lsp.js';

export interface Settings {
  readonly rules: RuleSettings;
  /** Whose diagnostics are shown. */
  readonly scope: 'openFiles' | 'workspace';
}

export const DEFAULT_SETTINGS: Settings = { rules: {}, scope: 'openFiles' };

const SECTION = 'flows';

/** Reads what the editor sends or answers; anything that is no setting counts as none. */
export function readSettings(value: unknown): Settings {
  const { rules, diagnostics } = fields(value);
  return {
    rules: readRuleSettings(rules),
    scope: fields(diagnostics).scope === 'workspace' ? 'workspace' : 'openFiles',
  };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Calls `apply` with the settings now and after each change. `pull`: the client answers `workspace/configuration`. */
export function followSettings(
  connection: Connection,
  pull: boolean,
  apply: (settings: Settings) => void,
): void {
  const ask = async (): Promise<void> =>
    apply(readSettings(await connection.workspace.getConfiguration(SECTION)));
  if (pull) {
    void connection.client.register(DidChangeConfigurationNotification.type, { section: SECTION });
    void ask();
  }
  connection.onDidChangeConfiguration(({ settings }) => {
    if (pull) void ask();
    else apply(readSettings((settings as { [SECTION]?: unknown } | null)?.[SECTION]));
  });
}
