/**
 * Which keys have a value on this machine, and in which store: names only, so that listing them never reads a value.
 * One empty file per key, `<project>/<key>.<hash>.<store>`, in the extension's global storage: making one is atomic, needs no
 * lock between windows, and survives a crash. The stores are the truth; this is what is known of them (see vault.ts).
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
  type FSWatcher,
} from 'node:fs';
import path from 'node:path';
import type { StoreKind } from './store.js';

export interface IndexEntry {
  /** Where the value is. */
  readonly store: StoreKind | undefined;
  /** Where something may be that does not count: an older value, or one whose storing was cut off. To be removed, never read. */
  readonly left: readonly StoreKind[];
}

const NOTHING: IndexEntry = { store: undefined, left: [] };
const FILE = /^(.+)\.[0-9a-f]{8}\.(keychain|secretStorage)(\.left)?$/;
/** Rewritten at each change: watching one file of one folder works on every system. */
const PULSE = 'changed';
/** File in a project's folder that holds its id. */
const ID = 'project';

export class NameIndex {
  private readonly cache = new Map<string, ReadonlyMap<string, IndexEntry>>();
  private watcher: FSWatcher | undefined;

  constructor(private readonly folder: string) {}

  /** Keys of which something is left to be removed, for at least so many milliseconds. */
  leftovers(project: string, age = 0): string[] {
    const madeBefore = (file: string) => {
      // Times of files are finer than the clock.
      const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
      return made !== undefined && Math.floor(made) <= Date.now() - age;
    };
    const old = (key: string, store: StoreKind) => madeBefore(this.file(project, key, store, true));
    return [...this.entries(project)]
      .filter(([key, { left }]) => left.some((store) => old(key, store)))
      .map(([key]) => key);
  }

  /** Keys with a value, in order. */
  keys(project: string): string[] {
    return [...this.entries(project)].filter(([, { store }]) => store !== undefined).map(([key]) => key);
  }

  entry(project: string, key: string): IndexEntry {
    return this.entries(project).get(key) ?? NOTHING;
  }

  /** Projects that have had a value on this machine. */
  projects(): string[] {
    try {
      return readdirSync(this.folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => readFileSync(path.join(this.folder, name, ID), 'utf8'))
        .sort();
    } catch {
      return [];
    }
  }

  /** The value is in `store` now; what another one holds is left over. */
  put(project: string, key: string, store: StoreKind): void {
    const before = this.entry(project, key);
    this.makeFolder(project);
    // "Left" wins over the other mark, so a crash between these steps tells the new place.
    if (before.store !== undefined && before.store !== store)
      writeFileSync(this.file(project, key, before.store, true), '');
    writeFileSync(this.file(project, key, store), '');
    rmSync(this.file(project, key, store, true), { force: true });
    this.changed(project);
  }

  /**
   * Something that does not count may be in `store` from now on.
   * @param renamedFrom the key whose name is being changed to this one.
   */
  leave(project: string, key: string, store: StoreKind, renamedFrom = ''): void {
    this.makeFolder(project);
    writeFileSync(this.file(project, key, store, true), renamedFrom);
    this.changed(project);
  }

  /** The key whose name was being changed to this one when something was left in `store`. */
  renamedFrom(project: string, key: string, store: StoreKind): string | undefined {
    try {
      return readFileSync(this.file(project, key, store, true), 'utf8') || undefined;
    } catch {
      return undefined;
    }
  }

  /** Nothing of the key is in `store` any more. */
  remove(project: string, key: string, store: StoreKind): void {
    rmSync(this.file(project, key, store), { force: true });
    rmSync(this.file(project, key, store, true), { force: true });
    this.changed(project);
  }

  /** Calls back after a change by another window. */
  watch(onChange: () => void): void {
    mkdirSync(this.folder, { recursive: true });
    this.watcher = watch(this.folder, { persistent: false }, () => {
      this.cache.clear();
      onChange();
    });
    // A folder that vanishes is no reason to end the extension host.
    this.watcher.on('error', () => this.watcher?.close());
  }

  dispose(): void {
    this.watcher?.close();
  }

  private entries(project: string): ReadonlyMap<string, IndexEntry> {
    let entries = this.cache.get(project);
    if (!entries) this.cache.set(project, (entries = this.read(project)));
    return entries;
  }

  private read(project: string): ReadonlyMap<string, IndexEntry> {
    let names: string[] = [];
    try {
      names = readdirSync(path.dirname(this.file(project, '', 'keychain')));
    } catch {
      // No value was stored yet.
    }
    const found = new Map<string, { marked: Set<StoreKind>; left: Set<StoreKind> }>();
    for (const name of names.sort()) {
      const match = FILE.exec(name);
      if (!match) continue;
      const marks = found.get(match[1]!) ?? { marked: new Set(), left: new Set() };
      found.set(match[1]!, marks);
      (match[3] === undefined ? marks.marked : marks.left).add(match[2] as StoreKind);
    }
    return new Map(
      [...found].map(([key, { marked, left }]) => [
        key,
        { store: [...marked].find((kind) => !left.has(kind)), left: [...left] },
      ]),
    );
  }

  private makeFolder(project: string): void {
    const folder = path.dirname(this.file(project, '', 'keychain'));
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, ID), project);
  }

  private changed(project: string): void {
    this.cache.delete(project);
    writeFileSync(path.join(this.folder, PULSE), randomUUID());
  }

  /** The hashes keep names apart that differ in case only, where the file system does not; and projects with odd names. */
  private file(project: string, key: string, store: StoreKind, left = false): string {
    const readable = project.replace(/[^\w-]+/g, '_').slice(0, 40);
    return path.join(
      this.folder,
      `${readable}.${hash(project)}`,
      `${key}.${hash(key)}.${store}${left ? '.left' : ''}`,
    );
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
