/**
 * The project of each file: the nearest `flows.project.yaml` upward, or the one that is named for all, and the keys that
 * Terraform files of the project declare. Names only.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { SecretKnowledge } from '../../../flow/check.js';
import { knowledgeOf } from '../../../flow/checkProject.js';
import { parseProject, type Project } from '../../../flow/project.js';
import { PROJECT_FILE } from '../../../flow/protocol.js';
import { readText, reasonOf, type Unreadable } from './files.js';

/**
 * Why keys that are declared nowhere are not called undefined: there is no list, mistakes in the file may hide keys, or
 * Terraform makes keys that its text does not name.
 */
export type Gap = 'list' | 'mistakes' | 'terraform';

export class LoadedProject {
  /** Key -> path of the Terraform file that makes it. */
  readonly #elsewhere = new Map<string, string>();
  #complete = true;
  #knowledge: SecretKnowledge | undefined;

  /** `file`: the project file; undefined for all files that have none. */
  constructor(
    readonly project: Project,
    readonly file?: { readonly path: string; readonly text: string },
  ) {}

  /** The folder whose files belong to it. */
  get folder(): string | undefined {
    return this.file && path.dirname(this.file.path);
  }

  /** The same object as long as nothing else is declared. */
  get knowledge(): SecretKnowledge {
    const name = this.folder === undefined ? '' : path.basename(this.folder) || this.folder;
    return (this.#knowledge ??= knowledgeOf(this.project, name, undefined, {
      keys: this.#elsewhere,
      complete: this.#complete,
    }));
  }

  /** Undefined where every key is known. */
  get gap(): Gap | undefined {
    const { complete, problems } = this.project;
    if (complete) return this.#complete ? undefined : 'terraform';
    const isBroken = problems.some(({ code, severity }) => code.startsWith('yaml-') && severity === 'error');
    return isBroken ? 'mistakes' : 'list';
  }

  /** `complete`: the file makes no keys but these. */
  declare(keys: Iterable<string>, file: string, complete: boolean): void {
    for (const key of keys) this.#elsewhere.set(key, file);
    if (!complete) this.#complete = false;
    this.#knowledge = undefined;
  }
}

export class Projects {
  readonly #files = new Map<string, LoadedProject>();
  readonly #folders = new Map<string, LoadedProject>();
  readonly #none = new LoadedProject(parseProject(''));

  /** `forAll`: the project file of every flow, wherever it is. */
  constructor(
    readonly unreadable: (problem: Unreadable) => void,
    readonly forAll?: string,
  ) {}

  /** The project of a file in `folder` (absolute). */
  of(folder: string): LoadedProject {
    return this.forAll === undefined ? this.#nearest(folder) : this.load(this.forAll);
  }

  /** Every project whose file has been asked for. */
  loaded(): LoadedProject[] {
    return [...this.#files.values()].filter(({ file }) => file);
  }

  /** The same object for the same file. */
  load(file: string): LoadedProject {
    let loaded = this.#files.get(file);
    if (!loaded) this.#files.set(file, (loaded = this.#read(file)));
    return loaded;
  }

  /** As `load`, for a text that has been read already. */
  parse(file: string, text: string): LoadedProject {
    let loaded = this.#files.get(file);
    if (!loaded)
      this.#files.set(file, (loaded = new LoadedProject(parseProject(text), { path: file, text })));
    return loaded;
  }

  #nearest(folder: string): LoadedProject {
    const known = this.#folders.get(folder);
    if (known) return known;
    const candidate = path.join(folder, PROJECT_FILE);
    const parent = path.dirname(folder);
    const kind = kindOf(candidate);
    if (kind === 'folder') this.unreadable({ path: candidate, reason: 'it is a folder' });
    const found =
      kind === 'file' ? this.load(candidate) : parent === folder ? this.#none : this.#nearest(parent);
    this.#folders.set(folder, found);
    return found;
  }

  #read(file: string): LoadedProject {
    try {
      const text = readText(file);
      return new LoadedProject(parseProject(text), { path: file, text });
    } catch (error) {
      this.unreadable({ path: file, reason: reasonOf(error) });
      return this.#none;
    }
  }
}

function kindOf(file: string): 'file' | 'folder' | undefined {
  try {
    const stat = fs.statSync(file);
    return stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : undefined;
  } catch (error) {
    // A file that is there and cannot be looked at is not the same as none: reading it says what is wrong.
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'file' : undefined;
  }
}
