/**
 * textDocument/publishDiagnostics: always for the newest version of a document, with code, documentation and version.
 * Editors that do not care for versions get nothing when what they show is still right.
 */
import fs from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { Connection, Diagnostic } from 'vscode-languageserver/node';
import { applySettings, checkInSteps, type PlacedProblem, type RuleSettings } from '../flow/check.js';
import { checkProject } from '../flow/checkProject.js';
import type { Problem, Severity } from '../flow/problem.js';
import { DIAGNOSTIC_SOURCE } from '../flow/protocol.js';
import { checkAppFields, missingSource } from '../flow/rules/appFields.js';
import type { Position, Range, TextChange } from '../flow/text.js';
import { appFieldsOf, isSourceMissing } from './appFields.js';
import type { OpenDocument, OpenFlow } from './documents.js';
import { DiagnosticSeverity } from './lsp.js';
import type { Features } from './server.js';
import { mockProblems } from './mocks.js';
import { rangeIn } from './subject.js';
import { terraformProblems } from './terraform/features.js';
import { testProblems } from './tests.js';
import { projectUsage } from './usage.js';

const SEVERITIES: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

/** The page that explains every code, where it lies beside the bundle. */
const DOCUMENTATION = findDocumentation();

function findDocumentation(): string | undefined {
  const file = path.join(__dirname, '..', 'docs', 'diagnostics.md');
  return fs.existsSync(file) ? pathToFileURL(file).href : undefined;
}

/** Editors show no more of one file; sending them would cost more than finding them. */
const MAX_REPORTS = 1000;
/** Milliseconds of checking at a time; requests are answered in between. */
const SLICE = 30;

/** The user's settings before the team's. */
export const rulesOf = ({ settings }: Features, rules: RuleSettings): RuleSettings => ({
  ...rules,
  ...settings.rules,
});

/** Stops after each block. The flow must not change meanwhile. `types`: its type errors, those found so far by default. */
function* flowDiagnostics(
  features: Features,
  document: OpenFlow,
  types?: readonly PlacedProblem[],
): Generator<void, Diagnostic[]> {
  const { uri, flow } = document;
  const { knowledge, declared } = features.projects.of(uri);
  const rules = rulesOf(features, declared.rules);
  const found = yield* checkInSteps(flow, knowledge, rules);
  const app = appFieldsOf(uri, flow);
  const others = [
    ...(types ?? features.types.problems(flow)),
    ...(app ? checkAppFields(flow, app) : isSourceMissing(uri, flow) ? missingSource(flow) : []),
    ...(flow.dialect === 'mocks' ? mockProblems(features, document) : []),
  ];
  const all = others.length === 0 ? found : [...found, ...applySettings(flow, others, rules)];
  return gravest(all).map((placed) => diagnosticAt(features, placed, flow.lineOf(placed.segment)));
}

interface Made {
  readonly diagnostic: Diagnostic;
  /** The line of its segment's beginning. */
  readonly line: number;
}

/** An edit leaves most reports as they are, in place or some lines further. */
const made = new WeakMap<PlacedProblem, Made>();

function diagnosticAt(features: Features, placed: PlacedProblem, line: number): Diagnostic {
  const known = made.get(placed);
  if (known?.line === line) return known.diagnostic;
  const { problem, segment } = placed;
  const place = (offset: number): Position => {
    const position = segment.positionAt(offset);
    return { line: position.line + line, character: position.character };
  };
  const diagnostic = toDiagnostic(features, problem, {
    start: place(problem.span.start),
    end: place(problem.span.end),
  });
  made.set(placed, { diagnostic, line });
  return diagnostic;
}

/** All that is reported of a file that is not open, in steps. `types`: its type errors, as far as it is a flow. */
export function* checkDocument(
  features: Features,
  document: OpenDocument,
  types: readonly PlacedProblem[],
): Generator<void, Diagnostic[]> {
  return document.kind === 'flow'
    ? yield* flowDiagnostics(features, document, types)
    : diagnosticsOf(features, document);
}

function gravest(problems: readonly PlacedProblem[]): readonly PlacedProblem[] {
  if (problems.length <= MAX_REPORTS) return problems;
  const some: Record<Severity, PlacedProblem[]> = { error: [], warning: [], information: [], hint: [] };
  for (const placed of problems) {
    const same = some[placed.problem.severity];
    if (same.length < MAX_REPORTS) same.push(placed);
  }
  return [...some.error, ...some.warning, ...some.information, ...some.hint].slice(0, MAX_REPORTS);
}

function diagnosticsOf(features: Features, document: Exclude<OpenDocument, OpenFlow>): Diagnostic[] {
  const { projects } = features;
  switch (document.kind) {
    case 'project': {
      const { text } = document;
      const { declared } = projects.of(document.uri);
      const used = usedKeys(features, document.uri);
      return checkProject(text.getText(), declared, rulesOf(features, declared.rules), used).map((problem) =>
        toDiagnostic(features, problem, {
          start: text.positionAt(problem.span.start),
          end: text.positionAt(problem.span.end),
        }),
      );
    }
    case 'test': {
      const { text, uri } = document;
      const rules = rulesOf(features, projects.of(uri).declared.rules);
      return testProblems(features, document, rules).map((problem) =>
        toDiagnostic(features, problem, rangeIn(text, problem.span)),
      );
    }
    case 'terraform': {
      const { text, uri } = document;
      const rules = rulesOf(features, projects.of(uri).declared.rules);
      return terraformProblems(features, document, rules).map((problem) =>
        toDiagnostic(features, problem, rangeIn(text, problem.span)),
      );
    }
    case 'other':
      return [];
  }
}

/** Keys that flows name; undefined until all flows have been read. */
function usedKeys(features: Features, uri: string): ReadonlySet<string> | undefined {
  return features.index.complete
    ? new Set(projectUsage(features, features.projects.of(uri)).keys())
    : undefined;
}

function toDiagnostic(
  { client }: Features,
  { code, message, severity, data }: Problem,
  range: Range,
): Diagnostic {
  // The link is a third of a report: for editors that can follow it.
  const isFollowed = client.textDocument?.publishDiagnostics?.codeDescriptionSupport === true;
  const documentation = isFollowed ? DOCUMENTATION : undefined;
  return {
    range,
    code,
    message,
    severity: SEVERITIES[severity],
    source: DIAGNOSTIC_SOURCE,
    ...(documentation !== undefined && { codeDescription: { href: `${documentation}#${code}` } }),
    ...(data && { data }),
  };
}

/** What has been published of a document. */
interface Shown {
  readonly diagnostics: readonly Diagnostic[];
  /** Lines that have been edited since. */
  readonly edited: Set<number>;
}

/**
 * Publishes after a change as soon as the messages that have arrived are handled: a burst of keystrokes gives one
 * answer, and none for a version that is gone. Who opens a flow of megabytes is answered while it is being checked.
 */
export class DiagnosticsPublisher {
  readonly #pending = new Set<string>();
  /** Checks that are not through, by document. */
  readonly #checks = new Map<string, Generator<void, Diagnostic[]>>();
  /** Where the same need not be published again; not kept for clients that want to hear of each version. */
  readonly #shown = new Map<string, Shown>();
  #scheduled = false;

  constructor(
    readonly connection: Connection,
    readonly features: () => Features,
  ) {}

  schedule(uri: string): void {
    // What it has found so far is kept where it was found.
    this.#checks.delete(uri);
    this.#pending.add(uri);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const uris = [...this.#pending];
      this.#pending.clear();
      for (const one of uris) this.#publish(one);
    });
  }

  /** What is known of secrets or files has changed: every open document is looked at again. */
  scheduleAll(): void {
    for (const { uri } of this.features().documents.all()) this.schedule(uri);
  }

  /**
   * A document has been edited. Editors move reports along with the text around them, so those in edited lines may have to
   * be put right, and any of them after an edit of several lines.
   */
  edited(uri: string, changes: readonly TextChange[]): void {
    const shown = this.#shown.get(uri);
    if (!shown) return;
    for (const { range, text } of changes) {
      if (range && range.start.line === range.end.line && !/[\r\n]/.test(text)) {
        shown.edited.add(range.start.line);
      } else {
        this.#shown.delete(uri);
        return;
      }
    }
  }

  clear(uri: string): void {
    this.#pending.delete(uri);
    this.#checks.delete(uri);
    this.#shown.delete(uri);
    void this.connection.sendDiagnostics({ uri, diagnostics: [] });
  }

  #publish(uri: string): void {
    const features = this.features();
    const document = features.documents.get(uri);
    if (!document) return;
    if (document.kind !== 'flow') {
      this.#send(document, diagnosticsOf(features, document));
      return;
    }
    const check = flowDiagnostics(features, document);
    this.#checks.set(uri, check);
    this.#goOn(document, check);
  }

  #goOn(document: OpenFlow, check: Generator<void, Diagnostic[]>): void {
    if (this.#checks.get(document.uri) !== check) return;
    const until = performance.now() + SLICE;
    do {
      const { done, value } = check.next();
      if (!done) continue;
      this.#checks.delete(document.uri);
      this.#send(document, value);
      this.features().types.published(document);
      return;
    } while (performance.now() < until);
    setImmediate(() => this.#goOn(document, check));
  }

  /** A thousand reports that are sent with every key are much work for an editor. */
  #isShown(uri: string, diagnostics: readonly Diagnostic[]): boolean {
    const shown = this.#shown.get(uri);
    return (
      shown !== undefined &&
      isDeepStrictEqual(shown.diagnostics, diagnostics) &&
      !diagnostics.some(({ range }) => shown.edited.has(range.start.line) || shown.edited.has(range.end.line))
    );
  }

  #send({ uri, version }: OpenDocument, diagnostics: Diagnostic[]): void {
    if (this.#isShown(uri, diagnostics)) return;
    if (this.features().client.textDocument?.publishDiagnostics?.versionSupport !== true)
      this.#shown.set(uri, { diagnostics, edited: new Set() });
    void this.connection.sendDiagnostics({ uri, version, diagnostics });
  }
}
