/**
 * Diagnostics of files that are not open, where the setting `flows.diagnostics.scope` asks for them: in the background, one
 * file at a time, and taken back when a file is opened, goes, or nobody asks any more. Types of expressions are not checked.
 */
import fs from 'node:fs/promises';
import type { Connection, Diagnostic } from 'vscode-languageserver/node';
import { checkDocument } from './diagnostics.js';
import { readDocument } from './documents.js';
import { progressOf } from './index/start.js';
import { pathOf } from './projects.js';
import type { Features } from './server.js';

/** Milliseconds without a change until it begins: what is typed in a project file concerns all others. */
const QUIET = 300;

export class ClosedFiles {
  readonly #pending = new Set<string>();
  /** Files with reports of ours. */
  readonly #shown = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  /** The scan whose files were last asked for. */
  #scan: number | undefined;

  constructor(
    readonly connection: Connection,
    readonly features: () => Features,
  ) {}

  /** Everything may read differently now: settings, keys, projects. */
  scheduleAll(): void {
    const { index } = this.features();
    this.#scan = index.completed;
    if (!this.#wanted) {
      this.#pending.clear();
      for (const uri of this.#shown) this.#show(uri, []);
      return;
    }
    for (const uri of [...this.#files(), ...this.#shown]) this.#pending.add(uri);
    this.#start();
  }

  /** The index has changed: once it is whole, all files are looked at. */
  indexChanged(): void {
    if (this.features().index.completed !== this.#scan) this.scheduleAll();
  }

  /** A file has been closed, or has changed on disk. What it names may be unused in its project now. */
  schedule(uri: string): void {
    if (!this.#wanted) return;
    const { file } = this.features().projects.of(uri);
    for (const one of file === undefined ? [uri] : [uri, file]) this.#pending.add(one);
    this.#start();
  }

  /** From now on its reports are those of the open document. */
  opened(uri: string): void {
    this.#pending.delete(uri);
    this.#shown.delete(uri);
  }

  get #wanted(): boolean {
    const { settings, index } = this.features();
    return settings.scope === 'workspace' && index.complete;
  }

  *#files(): Generator<string> {
    const { index, projects } = this.features();
    const projectFiles = new Set<string>();
    for (const { uri } of index.files()) {
      yield uri;
      const { file } = projects.of(uri);
      if (file !== undefined) projectFiles.add(file);
    }
    yield* projectFiles;
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#running) void this.#run();
    }, QUIET);
  }

  async #run(): Promise<void> {
    this.#running = true;
    const progress = progressOf(this.connection, this.features(), 'Checking files');
    try {
      let count = 0;
      for (const uri of this.#pending) {
        this.#pending.delete(uri);
        await this.#check(uri);
        if (++count % 50 === 0) progress.report(count);
        if (progress.cancelled) this.#pending.clear();
      }
    } finally {
      this.#running = false;
      progress.done();
    }
  }

  async #check(uri: string): Promise<void> {
    const { documents } = this.features();
    if (documents.get(uri)) return;
    const text = await readText(uri);
    const found = text === undefined ? [] : await this.#diagnostics(uri, text);
    // Meanwhile it may have been opened, or have changed once more.
    if (documents.get(uri) || this.#pending.has(uri) || !this.#wanted) return;
    this.#show(uri, found);
  }

  async #diagnostics(uri: string, text: string): Promise<Diagnostic[]> {
    const steps = checkDocument(this.features(), readDocument(uri, text));
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #show(uri: string, diagnostics: Diagnostic[]): void {
    if (diagnostics.length === 0 && !this.#shown.delete(uri)) return;
    if (diagnostics.length > 0) this.#shown.add(uri);
    void this.connection.sendDiagnostics({ uri, diagnostics });
  }
}

/** Undefined for what is gone. */
async function readText(uri: string): Promise<string | undefined> {
  const file = pathOf(uri);
  if (file === undefined) return undefined;
  return fs.readFile(file, 'utf8').catch(() => undefined);
}
