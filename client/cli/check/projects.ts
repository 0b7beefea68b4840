/** The project of each file: the nearest `flows.project.yaml` upward, or the one that is named for all. Names only. */
import fs from 'node:fs';
import path from 'node:path';
import type { SecretKnowledge } from '../../../flow/check.js';
import { knowledgeOf } from '../../../flow/checkProject.js';
import { parseProject, type Project } from '../../../flow/project.js';
import { PROJECT_FILE } from '../../../flow/protocol.js';
import { readText, reasonOf, type Unreadable } from './files.js';

export interface LoadedProject {
  readonly project: Project;
  readonly knowledge: SecretKnowledge;
  /** The project file; undefined where there is none. */
  readonly file?: ProjectSource;
}

export interface ProjectSource {
  readonly path: string;
  readonly text: string;
}

export class Projects {
  readonly #files = new Map<string, LoadedProject>();
  readonly #folders = new Map<string, LoadedProject>();
  readonly #none: LoadedProject;

  /** `forAll`: the project file of every flow, wherever it is. */
  constructor(
    readonly unreadable: (problem: Unreadable) => void,
    readonly forAll?: string,
  ) {
    const project: Project = parseProject('');
    this.#none = { project, knowledge: knowledgeOf(project, '') };
  }

  /** The project of a file in `folder` (absolute). */
  of(folder: string): LoadedProject {
    return this.forAll === undefined ? this.#nearest(folder) : this.load(this.forAll);
  }

  /** Every project file that has been asked for. */
  *loaded(): Generator<ProjectSource> {
    for (const { file } of this.#files.values()) if (file) yield file;
  }

  /** The same object for the same file: what has been found out hangs on it. */
  load(file: string): LoadedProject {
    let loaded = this.#files.get(file);
    if (!loaded) this.#files.set(file, (loaded = this.#read(file)));
    return loaded;
  }

  /** As `load`, for a text that has been read already. */
  parse(file: string, text: string): LoadedProject {
    let loaded = this.#files.get(file);
    if (!loaded) {
      const project = parseProject(text);
      const folder = path.dirname(file);
      loaded = {
        project,
        knowledge: knowledgeOf(project, path.basename(folder) || folder),
        file: { path: file, text },
      };
      this.#files.set(file, loaded);
    }
    return loaded;
  }

  #nearest(folder: string): LoadedProject {
    const known = this.#folders.get(folder);
    if (known) return known;
    const candidate = path.join(folder, PROJECT_FILE);
    const parent = path.dirname(folder);
    const found = isFile(candidate)
      ? this.load(candidate)
      : parent === folder
        ? this.#none
        : this.#nearest(parent);
    this.#folders.set(folder, found);
    return found;
  }

  #read(file: string): LoadedProject {
    try {
      return this.parse(file, readText(file));
    } catch (error) {
      this.unreadable({ path: file, reason: reasonOf(error) });
      return this.#none;
    }
  }
}

function isFile(file: string): boolean {
  try {
    return fs.statSync(file).isFile();
  } catch (error) {
    // A file that is there and cannot be looked at is not the same as none: reading it says what is wrong.
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}
