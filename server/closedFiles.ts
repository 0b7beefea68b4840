/**
 * Diagnostics of files that are not open, where the setting `flows.diagnostics.scope` asks for them: in the background, one
 * file at a time, and taken back when a file is opened, goes, or nobody asks any more. Types of expressions come last:
 * they take many times as long as all the rest, and follow from the text of a flow alone.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { setImmediate as pause } from 'node:timers/promises';
import type { Connection, Diagnostic } from 'vscode-languageserver/node';
import type { PlacedProblem } from '../flow/check.js';
import type { FlowDocument } from '../flow/document.js';
import type { Problem } from '../flow/problem.js';
import { checkDocument, rulesOf } from './diagnostics.js';
import { readDocument, type OpenDocument, type OpenFlow } from './documents.js';
import { progressOf } from './index/start.js';
import type { IndexProgress } from './index/workspaceIndex.js';
import { pathOf } from './projects.js';
import type { Features } from './server.js';

/** Milliseconds without a change until it begins: what is typed in a project file concerns all others. */
const QUIET = 300;

/** Flows whose types are looked at together, which costs TypeScript less than one after the other. */
const TOGETHER = 20;

/** What TypeScript has found in a text. */
interface Typed {
  readonly digest: string;
  readonly errors: readonly { readonly problem: Problem; /** Index of its segment. */ readonly at: number }[];
}

export class ClosedFiles {
  readonly #pending = new Set<string>();
  /** Flows whose types are not known. */
  readonly #untyped = new Set<string>();
  readonly #typed = new Map<string, Typed>();
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
      this.#untyped.clear();
      this.#typed.clear();
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
    this.#untyped.delete(uri);
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
    const files = this.#progress('Checking files');
    let types: IndexProgress | undefined;
    let checked = 0;
    let typed = 0;
    try {
      while (this.#pending.size + this.#untyped.size > 0) {
        for (const uri of this.#pending) {
          this.#pending.delete(uri);
          await this.#check(uri);
          if (!types && ++checked % 50 === 0) files.report(checked);
          if (files.cancelled) break;
        }
        if (!files.cancelled && this.#untyped.size > 0) {
          files.done();
          types ??= this.#progress('Checking types');
          types.report((typed += await this.#checkTypes()));
        }
        if (files.cancelled || types?.cancelled) {
          this.#pending.clear();
          this.#untyped.clear();
        }
      }
    } finally {
      this.#running = false;
      files.done();
      types?.done();
    }
  }

  #progress(title: string): IndexProgress {
    return progressOf(this.connection, this.features(), title);
  }

  async #check(uri: string): Promise<void> {
    const { documents } = this.features();
    if (documents.get(uri)) return;
    const text = await readText(uri);
    const found = text === undefined ? [] : await this.#diagnostics(readDocument(uri, text), text);
    // Meanwhile it may have been opened, or have changed once more.
    if (documents.get(uri) || this.#pending.has(uri) || !this.#wanted) return;
    this.#show(uri, found);
  }

  async #diagnostics(document: OpenDocument, text: string): Promise<Diagnostic[]> {
    const features = this.features();
    const types = document.kind === 'flow' ? this.#typesOf(document, text) : undefined;
    const steps = checkDocument(features, document, types ?? []);
    for (;;) {
      const { done, value } = steps.next();
      if (done) {
        if (!types && wantsTypes(features, document)) this.#untyped.add(document.uri);
        return value;
      }
      await pause();
    }
  }

  /** Type errors of a flow; undefined when it has not been looked at as it is. */
  #typesOf({ uri, flow }: OpenFlow, text: string): PlacedProblem[] | undefined {
    const typed = this.#typed.get(uri);
    if (typed?.digest !== digestOf(text)) return undefined;
    return typed.errors.map(({ problem, at }) => ({ problem, segment: flow.segments[at]! }));
  }

  /** Looks at the types of some flows, and says of how many. Those with errors are then checked again. */
  async #checkTypes(): Promise<number> {
    const group: { uri: string; digest: string; flow: FlowDocument }[] = [];
    for (const uri of this.#untyped) {
      this.#untyped.delete(uri);
      const text = await readText(uri);
      const document = text === undefined ? undefined : readDocument(uri, text);
      if (document?.kind !== 'flow') continue;
      const { flow } = document;
      for (const segment of flow.segments) if (segment.read()) await pause();
      group.push({ uri, digest: digestOf(text!), flow });
      if (group.length === TOGETHER) break;
    }
    const found = await this.features().types.checkClosed(group.map(({ flow }) => flow));
    if (!found || !this.#wanted) return 0;
    for (const [i, { uri, digest, flow }] of group.entries()) {
      const errors = found[i]!.map(({ problem, segment }) => ({
        problem,
        at: flow.segments.indexOf(segment),
      }));
      this.#typed.set(uri, { digest, errors });
      if (errors.length > 0) this.#pending.add(uri);
    }
    return group.length;
  }

  #show(uri: string, diagnostics: Diagnostic[]): void {
    if (diagnostics.length === 0 && !this.#shown.delete(uri)) return;
    if (diagnostics.length > 0) this.#shown.add(uri);
    void this.connection.sendDiagnostics({ uri, diagnostics });
  }
}

/** Whether TypeScript has anything to look at. Asked of a flow that has been read. */
function wantsTypes(features: Features, document: OpenDocument): boolean {
  if (document.kind !== 'flow' || document.flow.dialect !== 'flow') return false;
  const { declared } = features.projects.of(document.uri);
  return (
    rulesOf(features, declared.rules)['expression-type'] !== 'off' &&
    document.flow.blocks.some(({ block }) => block.expressions.length > 0)
  );
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64');

/** Undefined for what is gone. */
async function readText(uri: string): Promise<string | undefined> {
  const file = pathOf(uri);
  if (file === undefined) return undefined;
  return fs.readFile(file, 'utf8').catch(() => undefined);
}
