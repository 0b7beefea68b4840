/**
 * Which project a file belongs to and what is known of its secrets: the nearest `flows.project.yaml` upward (as open in
 * the editor, else from disk), the keys that have a value on this machine (told by the client). Names only.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { SecretKnowledge } from '../flow/check.js';
import { knowledgeOf, type KeysElsewhere } from '../flow/checkProject.js';
import { parseProject, type Project } from '../flow/project.js';
import { PROJECT_FILE, type ProjectInfo, type SecretKeysParams } from '../flow/protocol.js';
import type { Documents, OpenText } from './documents.js';

export interface ProjectState extends ProjectInfo {
  /** As the file says; without a file a project without keys. */
  readonly declared: Project;
  readonly knowledge: SecretKnowledge;
  /** Keys that Terraform makes. */
  readonly elsewhere?: KeysElsewhere;
}

/** A file that declares keys for the project it belongs to. */
export interface DeclaringFile {
  readonly uri: string;
  readonly keys: Iterable<string>;
  readonly complete: boolean;
  /** Flows that it creates: paths, relative to its folder. They belong to its project, unless they have one of their own. */
  readonly definitions: readonly string[];
}

interface ProjectFile {
  /** What the text was read from; equal stamps mean equal text. */
  readonly stamp: string;
  readonly project: Project;
}

const NO_PROJECT = parseProject('');

export class Projects {
  /** Workspace folders, as URIs: a file without a project file belongs to the folder it is in. */
  folders: readonly string[] = [];
  /** The client tells of changed files; else the disk is asked every time. */
  watched = false;
  /** Files beside the project's that declare keys. */
  declaringFiles: () => Iterable<DeclaringFile> = () => [];

  readonly #documents: Documents;
  /** Folder -> path of the nearest project file, or null. */
  readonly #nearest = new Map<string, string | null>();
  readonly #files = new Map<string, ProjectFile>();
  readonly #states = new Map<string, ProjectState>();
  #generation = -1;
  /** Folder path -> keys with a value here. */
  #set = new Map<string, ReadonlySet<string>>();
  /** Folder URI -> its project file, where that is on no disk. */
  #virtual: ReadonlyMap<string, { readonly text: string; readonly project: Project }> = new Map();

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /**
   * The project of a file or folder URI. URIs that are no files (virtual workspaces) belong to the nearest project that the client
   * has told of, else to their workspace folder.
   */
  of(uri: string): ProjectState {
    const { projectFile, folder } = this.#place(uri);
    const elsewhere = this.#declaredElsewhere().get(folder);
    const read = projectFile === undefined ? undefined : this.#read(projectFile);
    const project = (read ?? this.#virtual.get(folder))?.project ?? NO_PROJECT;
    const set = this.#set.get(folder);
    const known = this.#states.get(folder);
    // The same objects as long as nothing has changed: caches hang on them.
    if (known?.declared === project && known.knowledge.set === set && known.elsewhere === elsewhere)
      return known;
    const knowledge = knowledgeOf(project, path.basename(folder) || folder, set, elsewhere);
    const state: ProjectState = {
      id: knowledge.project,
      folder: uriOf(folder),
      ...(projectFile !== undefined && { file: uriOf(projectFile) }),
      ...(this.#virtual.has(folder) && { file: `${folder}/${PROJECT_FILE}` }),
      declared: project,
      knowledge,
      ...(elsewhere && { elsewhere }),
    };
    this.#states.set(folder, state);
    return state;
  }

  /** Returns whether anything changed. */
  setKeys({ generation, projects }: SecretKeysParams): boolean {
    if (generation <= this.#generation) return false;
    this.#generation = generation;
    this.#set = new Map(projects.map(({ folder, set }) => [pathOf(folder) ?? folder, new Set(set)]));
    const before = this.#virtual;
    this.#virtual = new Map(
      projects.flatMap(({ folder, text }) => {
        if (text === undefined) return [];
        const known = before.get(folder);
        return [[folder, known?.text === text ? known : { text, project: parseProject(text) }]];
      }),
    );
    return true;
  }

  /** What `declaringFiles` gives has changed. Returns whether other keys are declared now, or flows belong elsewhere. */
  declarationsChanged(): boolean {
    const before = this.#elsewhere;
    const tied = this.#tied;
    this.#elsewhere = undefined;
    this.#tied = undefined;
    if (!before || !tied) return true;
    const after = this.#declaredElsewhere(before);
    return (
      after.size !== before.size ||
      [...after].some(([folder, keys]) => before.get(folder) !== keys) ||
      JSON.stringify([...this.#ties()]) !== JSON.stringify([...tied])
    );
  }

  /** Flows that belong to a project because its Terraform creates them: URI -> URI of the project's folder. */
  ties(): Map<string, string> {
    return new Map(
      [...this.#ties()].flatMap(([file, folder]) =>
        this.#nearestFile(path.dirname(file)) === undefined ? [[uriOf(file), uriOf(folder)]] : [],
      ),
    );
  }

  #tied: ReadonlyMap<string, string> | undefined;

  /** Path of a flow -> folder of the project whose Terraform creates it; none for flows that several projects create. */
  #ties(): ReadonlyMap<string, string> {
    if (this.#tied) return this.#tied;
    const found = new Map<string, Set<string>>();
    for (const { uri, definitions } of this.declaringFiles()) {
      const file = definitions.length > 0 ? pathOf(uri) : undefined;
      if (file === undefined) continue;
      const { folder } = this.#placeOfFile(uri);
      for (const definition of definitions) {
        const flow = path.resolve(path.dirname(file), definition);
        found.set(flow, (found.get(flow) ?? new Set()).add(folder));
      }
    }
    this.#tied = new Map(
      [...found].flatMap(([flow, folders]) => (folders.size === 1 ? [[flow, [...folders][0]!]] : [])),
    );
    return this.#tied;
  }

  #elsewhere: ReadonlyMap<string, KeysElsewhere> | undefined;

  /** By folder. What is the same as in `before` stays the same object: caches hang on it. */
  #declaredElsewhere(before?: ReadonlyMap<string, KeysElsewhere>): ReadonlyMap<string, KeysElsewhere> {
    if (this.#elsewhere) return this.#elsewhere;
    const found = new Map<string, { keys: Map<string, string>; complete: boolean }>();
    for (const { uri, keys, complete } of this.declaringFiles()) {
      const { folder } = this.#place(uri);
      const known = found.get(folder) ?? { keys: new Map<string, string>(), complete: true };
      found.set(folder, known);
      for (const key of keys) if (!known.keys.has(key)) known.keys.set(key, uri);
      if (!complete) known.complete = false;
    }
    const text = ({ keys, complete }: KeysElsewhere): string => JSON.stringify([[...keys].sort(), complete]);
    this.#elsewhere = new Map(
      [...found].map(([folder, keys]) => {
        const old = before?.get(folder);
        return [folder, old && text(old) === text(keys) ? old : keys];
      }),
    );
    return this.#elsewhere;
  }

  /** Files that the editor says have been made, changed or deleted. */
  filesChanged(): void {
    this.#elsewhere = undefined;
    this.#tied = undefined;
    this.#nearest.clear();
    this.#files.clear();
  }

  /** Whether a project file that has been read lies in one of these folders. @param folders URIs */
  hasUnder(folders: ReadonlySet<string>): boolean {
    return folders.size > 0 && [...this.#files.keys()].some((file) => liesIn(uriOf(file), folders));
  }

  /** The text of a project file, as open in the editor, else from disk; undefined when it cannot be read. */
  textOf(uri: string): string | undefined {
    const file = pathOf(uri);
    if (file === undefined) return this.#virtual.get(uri.slice(0, uri.lastIndexOf('/')))?.text;
    try {
      return this.#openProject(file)?.text.getText() ?? fs.readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  }

  #place(uri: string): { projectFile: string | undefined; folder: string } {
    const own = this.#placeOfFile(uri);
    const file = own.projectFile === undefined ? pathOf(uri) : undefined;
    const tied = file === undefined ? undefined : this.#ties().get(file);
    return tied === undefined ? own : { projectFile: this.#nearestFile(tied), folder: tied };
  }

  /** By its own folder and those above. */
  #placeOfFile(uri: string): { projectFile: string | undefined; folder: string } {
    const file = pathOf(uri);
    const projectFile = file === undefined ? undefined : this.#nearestFile(path.dirname(file));
    return {
      projectFile,
      folder: projectFile !== undefined ? path.dirname(projectFile) : this.#workspaceFolder(uri, file),
    };
  }

  #workspaceFolder(uri: string, file: string | undefined): string {
    if (file === undefined) {
      const inside = [...this.#virtual.keys()].filter((folder) => uri.startsWith(`${folder}/`));
      return (
        inside.sort((a, b) => b.length - a.length)[0] ??
        this.folders.find((folder) => uri.startsWith(folder)) ??
        uri.slice(0, uri.lastIndexOf('/'))
      );
    }
    const inside = this.folders
      .map((folder) => pathOf(folder))
      .filter((folder) => folder !== undefined)
      .filter((folder) => file.startsWith(folder + path.sep));
    return inside.sort((a, b) => b.length - a.length)[0] ?? path.dirname(file);
  }

  #nearestFile(folder: string): string | undefined {
    if (!this.watched) this.#nearest.clear();
    const passed: string[] = [];
    let found: string | null = null;
    for (let at = folder; ; at = path.dirname(at)) {
      const known = this.#nearest.get(at);
      if (known !== undefined) {
        found = known;
        break;
      }
      passed.push(at);
      const candidate = path.join(at, PROJECT_FILE);
      if (this.#documents.isPresent(uriOf(candidate)) || isFile(candidate)) {
        found = candidate;
        break;
      }
      if (path.dirname(at) === at) break;
    }
    for (const one of passed) this.#nearest.set(one, found);
    return found ?? undefined;
  }

  #read(file: string): ProjectFile | undefined {
    const open = this.#openProject(file);
    const known = this.#files.get(file);
    if (!open && known && this.watched && known.stamp.startsWith('disk')) return known;
    const stamp = open ? `open ${open.version}` : diskStamp(file);
    if (known?.stamp === stamp) return known;
    const text = this.textOf(uriOf(file));
    // Gone or unreadable since it was found: as if it were not there.
    if (text === undefined) return undefined;
    const read = { stamp, project: parseProject(text) };
    this.#files.set(file, read);
    return read;
  }

  #openProject(file: string): OpenText | undefined {
    for (const document of this.#documents.present()) {
      if (document.kind === 'project' && pathOf(document.uri) === file) return document;
    }
    return undefined;
  }
}

export function liesIn(uri: string, folders: ReadonlySet<string>): boolean {
  for (let end = uri.lastIndexOf('/'); end > 0; end = uri.lastIndexOf('/', end - 1))
    if (folders.has(uri.slice(0, end))) return true;
  return false;
}

/** Undefined for what is not there or cannot be reached: a link that leads to itself, a folder that nobody may enter. */
function statOf(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function isFile(file: string): boolean {
  return statOf(file)?.isFile() === true;
}

function diskStamp(file: string): string {
  const stat = statOf(file);
  return `disk ${stat?.mtimeMs ?? 0} ${stat?.size ?? 0}`;
}

/** The path of a file URI; undefined for any other. Windows drive letters are lower-cased, as they come in both cases. */
export function pathOf(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(uri).replace(/^[A-Z]:/, (drive) => drive.toLowerCase());
  } catch {
    return undefined;
  }
}

function uriOf(file: string): string {
  return path.isAbsolute(file) ? pathToFileURL(file).href : file;
}
