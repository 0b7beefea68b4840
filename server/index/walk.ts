/** Finds files below folders: asynchronously, never following links (they loop), leaving out what nobody edits. */
import fs from 'node:fs/promises';
import path from 'node:path';

/** Folders that hold copies or products, never sources. */
const IGNORED: ReadonlySet<string> = new Set([
  'node_modules',
  '.git',
  '.hg',
  '.svn',
  '.terraform',
  '.terragrunt-cache',
  '.vscode-test',
]);

export interface WalkOptions {
  /** Of a file's name. */
  readonly wanted: (name: string) => boolean;
  /** Of a path below the folder, with `/`: true leaves it out, files and folders alike. */
  readonly excluded: (relative: string) => boolean;
  readonly cancelled: () => boolean;
}

/** Paths in no certain order. Folders that cannot be read are passed over. */
export async function* walk(
  folder: string,
  { wanted, excluded, cancelled }: WalkOptions,
): AsyncGenerator<string> {
  const waiting = [folder];
  for (let at = waiting.pop(); at !== undefined && !cancelled(); at = waiting.pop()) {
    const here = at;
    const entries = await fs.readdir(here, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const full = path.join(here, entry.name);
      if (entry.isDirectory()) {
        if (!IGNORED.has(entry.name) && !excluded(relativePath(folder, full))) waiting.push(full);
      } else if (entry.isFile() && wanted(entry.name) && !excluded(relativePath(folder, full))) {
        yield full;
      }
    }
  }
}

function relativePath(folder: string, file: string): string {
  return path.relative(folder, file).split(path.sep).join('/');
}
