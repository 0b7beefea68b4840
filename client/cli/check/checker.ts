/** A whole run: reads what is asked for, finds out what each project declares and uses, and checks every file once. */
import path from 'node:path';
import type { RuleSettings } from '../../../flow/check.js';
import type { FlowDocument } from '../../../flow/document.js';
import type { TerraformFile } from '../../../flow/hcl/terraform.js';
import {
  analyseFlow,
  analyseProject,
  analyseTerraform,
  analyseTest,
  inOrder,
  typeFindings,
  wantsTypes,
  type Analysis,
  type Around,
  type Finding,
  type FlowAnalysis,
} from './analyse.js';
import { isBelow, sourceFiles, type SourceFile, type SourceKind, type Unreadable } from './files.js';
import { Projects, type Gap, type LoadedProject } from './projects.js';
import type { Report } from './report.js';
import { TerraformReader } from './terraform.js';
import { Types } from './types.js';

export interface Task {
  /** Files and folders, absolute. */
  readonly paths: readonly string[];
  /** Further files whose text is here already. */
  readonly given: readonly SourceFile[];
  readonly rules: RuleSettings;
  /** Project file for all; default: the nearest one of each file. */
  readonly project?: string;
  /** With the types of expressions, which takes TypeScript. */
  readonly types: boolean;
}

/** Of a flow or of another file. */
type AnyAnalysis = Analysis & Partial<FlowAnalysis>;

interface Untyped {
  readonly path: string;
  readonly document: FlowDocument;
  readonly project: LoadedProject;
}

/** Flows whose types are checked at once: with more of them, memory is the price. */
const TYPED_TOGETHER = 50;

const TERRAFORM: ReadonlySet<SourceKind> = new Set(['terraform']);

export async function checkAll(task: Task): Promise<Report> {
  const unreadable: Unreadable[] = [];
  const checker = new Checker(task, (problem) => unreadable.push(problem));
  const results = await checker.run();
  return { ...results, unreadable };
}

class Checker {
  readonly #projects: Projects;
  readonly #terraform = new TerraformReader();
  readonly #types: Types | undefined;
  /** Terraform files by path, once read. */
  readonly #read = new Map<string, TerraformFile>();
  /** Projects whose folders have been searched for Terraform files. */
  readonly #searched = new Set<LoadedProject>();
  /** Path of a flow -> the project whose Terraform creates it. */
  readonly #tied = new Map<string, LoadedProject>();
  /** Keys that the files of a project name. */
  readonly #used = new Map<LoadedProject, Set<string>>();

  constructor(
    readonly task: Task,
    readonly unreadable: (problem: Unreadable) => void,
  ) {
    this.#projects = new Projects(unreadable, task.project);
    this.#types = task.types ? new Types() : undefined;
  }

  async run(): Promise<Omit<Report, 'unreadable'>> {
    const files = this.#collect();
    for (const file of files) {
      if (file.kind === 'terraform') await this.#declare(file, this.#projectOf(file));
    }
    this.#tie();
    // One entry per file: those of project files are filled in when it is known what all others name.
    const findings = new Map<string, readonly Finding[]>();
    const untyped: Untyped[] = [];
    const unlisted = new Map<Gap, number>();
    for (const file of files) {
      findings.set(file.path, []);
      if (file.kind === 'project') {
        this.#projects.parse(file.path, file.text);
        continue;
      }
      const project = this.#projectOf(file);
      const { findings: found, keys, document } = await this.#analyse(file, project);
      findings.set(file.path, found);
      if (document) untyped.push({ path: file.path, document, project });
      if (untyped.length >= TYPED_TOGETHER) this.#addTypes(findings, untyped.splice(0));
      const { gap, knowledge } = project;
      if (gap && [...keys].some((key) => !knowledge.declared.has(key)))
        unlisted.set(gap, (unlisted.get(gap) ?? 0) + 1);
      const used = this.#used.get(project);
      if (used) for (const key of keys) used.add(key);
      else this.#used.set(project, new Set(keys));
    }
    this.#addTypes(findings, untyped);
    // Mistakes in a project file hide others: whoever relies on one sees them, wherever it is.
    for (const project of this.#projects.loaded())
      findings.set(project.file!.path, analyseProject(project, this.task.rules, this.#usedIn(project)));
    return {
      findings: [...findings.values()].flat(),
      files: findings.size,
      unlisted,
      types: !this.#types ? 'off' : this.#types.available ? 'checked' : 'missing',
    };
  }

  #addTypes(findings: Map<string, readonly Finding[]>, flows: readonly Untyped[]): void {
    if (!this.#types) return;
    const wanted = flows.filter(({ document, project }) => wantsTypes(document, this.#around(project)));
    const problems = this.#types.problems(wanted.map(({ document }) => document));
    wanted.forEach(({ path: at, document, project }, i) => {
      const found = typeFindings(at, document, problems[i]!, this.#around(project));
      if (found.length > 0) findings.set(at, inOrder([...findings.get(at)!, ...found]));
    });
  }

  #around(project: LoadedProject): Around {
    return { project, rules: this.task.rules };
  }

  /** Each file once. A project file that is named decides about everything: it comes first, and may have any name. */
  #collect(): SourceFile[] {
    const { project, paths, given } = this.task;
    const files = new Map<string, SourceFile>();
    const own = project === undefined ? undefined : this.#projects.load(project).file;
    if (own) files.set(own.path, { ...own, kind: 'project' });
    for (const file of sourceFiles(paths, { unreadable: this.unreadable }))
      if (!files.has(file.path)) files.set(file.path, file);
    for (const file of given) if (!files.has(file.path)) files.set(file.path, file);
    return [...files.values()];
  }

  #projectOf(file: SourceFile): LoadedProject {
    const nearest = this.#projects.of(path.dirname(file.path));
    return nearest.file ? nearest : (this.#tied.get(file.path) ?? nearest);
  }

  /** Flows without a project file above them belong to the project whose Terraform creates them, if that is one. */
  #tie(): void {
    const found = new Map<string, Set<LoadedProject>>();
    for (const [file, { flows }] of this.#read) {
      const folder = path.dirname(file);
      const project = this.#projects.of(folder);
      for (const { definition } of flows) {
        if (!definition || definition.kind === 'inline') continue;
        const flow = path.resolve(folder, definition.path);
        found.set(flow, (found.get(flow) ?? new Set()).add(project));
      }
    }
    for (const [flow, [project, other]] of found) if (project && !other) this.#tied.set(flow, project);
  }

  async #analyse(file: SourceFile, project: LoadedProject): Promise<AnyAnalysis> {
    const analysis = await this.#analyseWithKnown(file, project);
    // Only then is it worth the time: Terraform files beside what was asked for may make the key.
    if (!analysis.findings.some(({ code }) => code === 'undefined-secret')) return analysis;
    return (await this.#search(project)) ? this.#analyseWithKnown(file, project) : analysis;
  }

  async #analyseWithKnown(file: SourceFile, project: LoadedProject): Promise<AnyAnalysis> {
    const around = this.#around(project);
    const { path: at, kind, text } = file;
    if (kind === 'terraform') {
      const terraform = await this.#readTerraform(file);
      return analyseTerraform({ path: at, text, terraform }, around);
    }
    if (kind === 'test') return analyseTest(file, around);
    return analyseFlow(
      { path: at, kind: kind === 'installation' || kind === 'mocks' ? kind : 'flow', text },
      around,
    );
  }

  /** Reads the Terraform files of a project that nobody has asked for. Returns whether there were any. */
  async #search(project: LoadedProject): Promise<boolean> {
    const { folder } = project;
    if (folder === undefined || this.task.project !== undefined || this.#searched.has(project)) return false;
    this.#searched.add(project);
    let found = false;
    // Folders that cannot be read are not what was asked for.
    const search = {
      unreadable: () => undefined,
      kinds: TERRAFORM,
      enter: (inner: string) => this.#projects.of(inner) === project,
    };
    for (const file of sourceFiles([folder], search)) {
      if (this.#read.has(file.path)) continue;
      await this.#declare(file, project);
      found = true;
    }
    return found;
  }

  async #declare(file: SourceFile, project: LoadedProject): Promise<void> {
    const { secrets, secretsComplete } = await this.#readTerraform(file);
    project.declare(
      secrets.map(({ key }) => key),
      file.path,
      secretsComplete,
    );
  }

  async #readTerraform({ path: at, text }: SourceFile): Promise<TerraformFile> {
    let file = this.#read.get(at);
    if (!file) this.#read.set(at, (file = await this.#terraform.read(text)));
    return file;
  }

  /** Undefined unless every file of the project has been read. */
  #usedIn(project: LoadedProject): ReadonlySet<string> | undefined {
    const { folder } = project;
    if (folder === undefined || this.task.project !== undefined) return undefined;
    const isCovered = this.task.paths.some((one) => isBelow(folder, one));
    return isCovered ? (this.#used.get(project) ?? new Set()) : undefined;
  }
}
