/**
 * Which files of the workspace name which secrets, and what their blocks are called: read in the background, kept up to
 * date by file events. Files that are open in the editor are not its business: what is typed there is newer than the
 * disk. It keeps names and places, no texts; a file is read again when its text is needed.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FlowDocument } from '../../flow/document.js';
import { dialectOf, isTerraformName, isTestName } from '../../flow/files.js';
import { installedIn, type Installed } from '../../flow/rules/appFields.js';
import type { Range } from '../../flow/text.js';
import { mentionsIn, placeOf } from '../mentions.js';
import { liesIn, pathOf } from '../projects.js';
import type { DeclaredKeys, Terraform } from '../terraform/terraform.js';
import { namesIn, type NamedPlace } from '../symbols.js';
import { walk } from './walk.js';

export interface IndexedFile {
  readonly uri: string;
  /** What stands beside flows; absent for all else. */
  readonly kind?: 'test' | 'mocks';
  /** Key -> places, in file order. */
  readonly keys: ReadonlyMap<string, readonly Range[]>;
  /** Blocks and installations; flows only. */
  readonly names?: readonly NamedPlace[];
  /** Installation configs only. */
  readonly installed?: Installed;
  /** Terraform only. */
  readonly declares?: DeclaredKeys;
  /** Terraform only: see TerraformKeys. */
  readonly definitions?: readonly string[];
}

/** Larger files are no flows that anybody wrote; they are read when they are opened. */
const MAX_BYTES = 20_000_000;

export interface IndexProgress {
  report(files: number): void;
  done(): void;
  readonly cancelled: boolean;
}

export class WorkspaceIndex {
  readonly #files = new Map<string, IndexedFile>();
  /** Grows with every scan and file event: an older answer is dropped. */
  #generation = 0;
  readonly #newest = new Map<string, number>();
  /** Generation of the newest scan. */
  #scanned = 0;
  #ready: Promise<void> = Promise.resolve();
  #complete = false;
  /** Patterns of `files.exclude` that are on. */
  excluded: (relative: string) => boolean = () => false;

  constructor(
    readonly changed: () => void,
    readonly terraform: Terraform,
  ) {}

  /** Every file has been read, unless reading was cancelled. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Which scan has read every file; undefined while one is at it, or where it was cancelled. */
  get completed(): number | undefined {
    return this.#complete ? this.#scanned : undefined;
  }

  /** Resolves when the scan at hand has ended, and all that has changed has been read. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  files(): Iterable<IndexedFile> {
    return this.#files.values();
  }

  /** Whether a file of the index lies in one of these folders. @param folders URIs */
  hasUnder(folders: ReadonlySet<string>): boolean {
    return folders.size > 0 && [...this.#files.keys()].some((uri) => liesIn(uri, folders));
  }

  /** Reads all folders anew. */
  scan(folders: readonly string[], progress: IndexProgress): Promise<void> {
    const generation = ++this.#generation;
    this.#complete = false;
    const stale = (): boolean => progress.cancelled || generation < this.#scanned;
    this.#scanned = generation;
    this.#ready = (async () => {
      const seen = new Set<string>();
      let count = 0;
      for (const folder of folders.map(pathOf)) {
        if (folder === undefined) continue;
        const options = {
          wanted: isIndexed,
          excluded: this.excluded,
          cancelled: stale,
        };
        for await (const file of walk(folder, options)) {
          await this.#read(file, generation);
          seen.add(pathToFileURL(file).href);
          if (++count % 50 === 0) progress.report(count);
        }
      }
      progress.done();
      if (stale()) return;
      for (const uri of this.#files.keys()) if (!seen.has(uri)) this.#files.delete(uri);
      this.#complete = true;
      this.changed();
    })();
    return this.#ready;
  }

  /** A file has been made, changed or deleted. Returns whether its kind is one that the index holds. */
  async fileChanged(uri: string): Promise<boolean> {
    const file = pathOf(uri);
    if (file === undefined || !isIndexed(path.basename(file))) return false;
    const reading = this.#read(file, ++this.#generation);
    this.#ready = Promise.all([this.#ready, reading]).then(() => undefined);
    await reading;
    this.changed();
    return true;
  }

  async #read(file: string, generation: number): Promise<void> {
    const uri = pathToFileURL(file).href;
    if ((this.#newest.get(uri) ?? 0) > generation) return;
    this.#newest.set(uri, generation);
    const text = await readText(file);
    if (this.#newest.get(uri) !== generation) return;
    const isTerraform = isTerraformName(path.basename(file));
    const found = text !== undefined && isTerraform ? await this.terraform.keysIn(text) : undefined;
    if (this.#newest.get(uri) !== generation) return;
    if (found) this.#files.set(uri, { uri, ...found });
    else if (text === undefined || isTerraform) this.#files.delete(uri);
    else if (isTestName(path.basename(file))) this.#files.set(uri, { uri, kind: 'test', keys: NO_KEYS });
    else this.#files.set(uri, readFile(uri, text));
  }
}

/** Tests run with values of their own: what they name is used by no flow. */
const NO_KEYS: ReadonlyMap<string, readonly Range[]> = new Map();

function isIndexed(name: string): boolean {
  return dialectOf(name) !== undefined || isTestName(name) || isTerraformName(name);
}

/** Undefined for what is gone, too large or no file. */
async function readText(file: string): Promise<string | undefined> {
  try {
    const { size } = await fs.stat(file);
    return size > MAX_BYTES ? undefined : await fs.readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}

function readFile(uri: string, text: string): IndexedFile {
  const dialect = dialectOf(decodeURIComponent(uri.slice(uri.lastIndexOf('/') + 1))) ?? 'flow';
  const flow = new FlowDocument(text, dialect);
  const keys = new Map<string, Range[]>();
  for (const segment of flow.segments) {
    // Every way to read a secret spells the word.
    if (!segment.text.includes('secrets')) continue;
    for (const mention of mentionsIn(segment)) {
      if (mention.kind !== 'secret') continue;
      const range = flow.range(segment, placeOf(segment, mention));
      const places = keys.get(mention.text);
      if (places) places.push(range);
      else keys.set(mention.text, [range]);
    }
  }
  const installed = installedIn(flow);
  return {
    uri,
    keys,
    names: namesIn(flow),
    ...(dialect === 'mocks' && { kind: dialect }),
    ...(installed && { installed }),
  };
}
