/** Starts a scan of the workspace: with the editor's `files.exclude`, its progress bar and its Cancel. */
import type { Connection, WorkDoneProgressServerReporter } from 'vscode-languageserver/node';
import type { Features } from '../server.js';
import type { IndexProgress } from './workspaceIndex.js';

/** Names of the files whose changes the index follows. */
export const INDEXED_FILES: readonly string[] = [
  'flow.{yaml,yml}',
  '*.flow.{yaml,yml}',
  '*.installation.{yaml,yml}',
  '*.mocks.{yaml,yml}',
  '*.flow-test.{yaml,yml}',
  '*.{tf,tofu}',
];

export async function indexWorkspace(
  connection: Connection,
  features: Features,
  folders: readonly string[],
): Promise<void> {
  const { index, client } = features;
  if (client.workspace?.configuration === true) {
    const exclude: unknown = await connection.workspace.getConfiguration('files.exclude');
    index.excluded = excludedBy(exclude);
  }
  await index.scan(folders, progressOf(connection, features, 'Reading flows'));
}

/** The editor's bar with its Cancel, where it has one. */
export function progressOf(connection: Connection, { client }: Features, title: string): IndexProgress {
  return client.window?.workDoneProgress === true ? editorProgress(connection, title) : SILENT;
}

const SILENT: IndexProgress = { report: () => undefined, done: () => undefined, cancelled: false };

/** Milliseconds until a bar is shown: most workspaces are read sooner, and what flashes up only disturbs. */
const PATIENCE = 1000;

function editorProgress(connection: Connection, title: string): IndexProgress {
  let reporter: WorkDoneProgressServerReporter | undefined;
  let ended = false;
  const timer = setTimeout(() => {
    void connection.window.createWorkDoneProgress().then((created) => {
      if (ended) return;
      reporter = created;
      created.begin(title, undefined, undefined, true);
    });
  }, PATIENCE);
  return {
    report: (files) => reporter?.report(`${files} files`),
    done: () => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      reporter?.done();
    },
    get cancelled() {
      return reporter?.token.isCancellationRequested === true;
    },
  };
}

/** Globs as VS Code has them in `files.exclude`: `**`, `*`, `?` and `{a,b}`; only those that are plainly on. */
export function excludedBy(setting: unknown): (relative: string) => boolean {
  if (typeof setting !== 'object' || setting === null) return () => false;
  const patterns = Object.entries(setting).flatMap(([glob, on]) => (on === true ? [toRegExp(glob)] : []));
  return (relative) => patterns.some((pattern) => pattern.test(relative));
}

function toRegExp(glob: string): RegExp {
  const source = glob
    .replace(/^\/|\/$/g, '')
    .replace(/[.+^$()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/|\/\*\*$|\*\*|\*|\?|\{[^}]*\}/g, (part) => {
      if (part === '**/') return '(?:.*/)?';
      if (part === '/**') return '(?:/.*)?';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      return `(?:${part.slice(1, -1).split(',').join('|')})`;
    });
  return new RegExp(`^${source}$`);
}
