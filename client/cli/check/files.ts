/**
 * Which files `check` looks at, and their text: what is named on the command line whatever it is called, and below folders
 * all that has to do with flows. What cannot be read is named; the rest goes on.
 */
import fs from 'node:fs';
import path from 'node:path';
import {
  dialectOf,
  fileKind,
  isTerraformName,
  isTestName,
  isYamlName,
  type FileKind,
} from '../../../flow/files.js';
import { mentionsFlows } from '../../../flow/hcl/terraform.js';
import { PROJECT_FILE } from '../../../flow/protocol.js';

export type SourceKind = Exclude<FileKind, 'other'> | 'terraform';

export interface SourceFile {
  /** Absolute. */
  readonly path: string;
  readonly kind: SourceKind;
  readonly text: string;
}

/** A file or folder and the reason in words, e.g. `no permission to read it`. */
export interface Unreadable {
  readonly path: string;
  readonly reason: string;
}

export interface Search {
  readonly unreadable: (problem: Unreadable) => void;
  /** Kinds to be read below folders; default: all. */
  readonly kinds?: ReadonlySet<SourceKind>;
  /** Whether to look into a folder (absolute); asked before the ones below it. */
  readonly enter?: (folder: string) => boolean;
}

/** Never descended into: copies and products. */
const IGNORED: ReadonlySet<string> = new Set(['node_modules', '.git', '.terraform']);

/**
 * The files at `paths` (absolute), each once, folders in alphabetical order. Links are followed, unless they lead to a
 * folder that is being looked at or that holds one.
 */
export function* sourceFiles(paths: readonly string[], search: Search): Generator<SourceFile> {
  const seen = new Set<string>();
  for (const start of paths) {
    try {
      const real = fs.realpathSync(start);
      if (fs.statSync(real).isDirectory()) yield* inFolder(start, real, seen, search);
      else if (isNew(seen, real)) yield named(start);
    } catch (error) {
      search.unreadable({ path: start, reason: reasonOf(error) });
    }
  }
}

/** A file that somebody has named: a flow unless its name says otherwise. */
export function named(file: string, text = readText(file)): SourceFile {
  const name = path.basename(file);
  return { path: file, kind: kindByName(name) ?? 'flow', text };
}

function kindByName(name: string): SourceKind | undefined {
  if (name === PROJECT_FILE) return 'project';
  if (isTestName(name)) return 'test';
  return isTerraformName(name) ? 'terraform' : dialectOf(name);
}

function* inFolder(folder: string, real: string, seen: Set<string>, search: Search): Generator<SourceFile> {
  if (!isNew(seen, real)) return;
  for (const entry of entriesOf(folder, search)) {
    const file = path.join(folder, entry.name);
    const target = entry.isSymbolicLink() ? targetOf(file) : { real: path.join(real, entry.name), entry };
    // A link to nowhere is nobody's input.
    if (!target || IGNORED.has(entry.name)) continue;
    if (target.entry.isDirectory()) {
      const isInside = withSeparator(real).startsWith(withSeparator(target.real));
      if (!isInside && search.enter?.(file) !== false) yield* inFolder(file, target.real, seen, search);
    } else if (target.entry.isFile() && isNew(seen, target.real)) {
      yield* found(file, entry.name, search);
    }
  }
}

/** The file, where it has to do with flows. */
function* found(file: string, name: string, { kinds, unreadable }: Search): Generator<SourceFile> {
  const wanted = (kind: SourceKind | undefined): boolean => kind !== undefined && kinds?.has(kind) !== false;
  const byName = kindByName(name);
  if (byName ? !wanted(byName) : !isYamlName(name) || !wanted('flow')) return;
  try {
    const text = readText(file);
    const kind = byName ?? fileKind(name, () => text);
    if (kind !== 'other' && (kind !== 'terraform' || mentionsFlows(text))) yield { path: file, kind, text };
  } catch (error) {
    // Other people's files in other encodings are not our business.
    if (error instanceof NotText && (byName === undefined || byName === 'terraform')) return;
    unreadable({ path: file, reason: reasonOf(error) });
  }
}

function entriesOf(folder: string, { unreadable }: Search): readonly fs.Dirent[] {
  try {
    return fs
      .readdirSync(folder, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  } catch (error) {
    unreadable({ path: folder, reason: reasonOf(error) });
    return [];
  }
}

function targetOf(link: string): { real: string; entry: fs.Stats } | undefined {
  try {
    const real = fs.realpathSync(link);
    return { real, entry: fs.statSync(real) };
  } catch {
    return undefined;
  }
}

function isNew(seen: Set<string>, real: string): boolean {
  if (seen.has(real)) return false;
  seen.add(real);
  return true;
}

const withSeparator = (folder: string): string => (folder.endsWith(path.sep) ? folder : folder + path.sep);

/** Whether `file` is `folder` or below it; both absolute. */
export function isBelow(file: string, folder: string): boolean {
  return withSeparator(file).startsWith(withSeparator(folder));
}

class NotText extends Error {}

export function readText(file: string): string {
  return decodeText(fs.readFileSync(file));
}

/**
 * UTF-8, or UTF-16 with a byte order mark, as YAML allows. The mark is no part of the text, as in an editor. Throws on
 * anything else.
 */
export function decodeText(bytes: Uint8Array): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new NotText();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'no such file or folder',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  EISDIR: 'it is a folder',
  ELOOP: 'its links go round in circles',
  ERR_FS_FILE_TOO_LARGE: 'it is too large',
  ERR_STRING_TOO_LONG: 'it is too large',
};

export function reasonOf(error: unknown): string {
  if (error instanceof NotText) return 'it is not UTF-8 text';
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return REASONS[code] ?? `it cannot be read (${code})`;
}
