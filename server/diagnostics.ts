/** textDocument/publishDiagnostics: always for the newest version of a document, with code, documentation and version. */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DiagnosticSeverity, type Connection, type Diagnostic } from 'vscode-languageserver/node';
import { applySettings, checkFlow, type RuleSettings } from '../flow/check.js';
import { checkProject } from '../flow/checkProject.js';
import type { Problem, Severity } from '../flow/problem.js';
import { DIAGNOSTIC_SOURCE } from '../flow/protocol.js';
import type { Range } from '../flow/text.js';
import type { OpenDocument } from './documents.js';
import type { Features } from './server.js';
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
const DOCUMENTATION = documentation();

function documentation(): string | undefined {
  const file = path.join(__dirname, '..', 'docs', 'diagnostics.md');
  return fs.existsSync(file) ? pathToFileURL(file).href : undefined;
}

export function diagnosticsOf(features: Features, document: OpenDocument): Diagnostic[] {
  const { projects, settings } = features;
  const rulesOf = (rules: RuleSettings): RuleSettings => ({ ...rules, ...settings.rules });
  switch (document.kind) {
    case 'flow': {
      const { knowledge, declared } = projects.of(document.uri);
      const { flow } = document;
      const rules = rulesOf(declared.rules);
      return [
        ...checkFlow(flow, knowledge, rules),
        ...applySettings(flow, features.types.problems(flow), rules),
      ].map(({ problem, segment }) => toDiagnostic(problem, flow.range(segment, problem.span)));
    }
    case 'project': {
      const { text } = document;
      const { declared } = projects.of(document.uri);
      const used = usedKeys(features, document.uri);
      return checkProject(text.getText(), declared, rulesOf(declared.rules), used).map((problem) =>
        toDiagnostic(problem, {
          start: text.positionAt(problem.span.start),
          end: text.positionAt(problem.span.end),
        }),
      );
    }
    case 'test': {
      const { text, uri } = document;
      const rules = rulesOf(projects.of(uri).declared.rules);
      return testProblems(features, document, rules).map((problem) =>
        toDiagnostic(problem, rangeIn(text, problem.span)),
      );
    }
    case 'terraform': {
      const { text, uri } = document;
      const rules = rulesOf(projects.of(uri).declared.rules);
      return terraformProblems(features, document, rules).map((problem) =>
        toDiagnostic(problem, rangeIn(text, problem.span)),
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

function toDiagnostic({ code, message, severity, data }: Problem, range: Range): Diagnostic {
  return {
    range,
    code,
    message,
    severity: SEVERITIES[severity],
    source: DIAGNOSTIC_SOURCE,
    ...(DOCUMENTATION !== undefined && { codeDescription: { href: `${DOCUMENTATION}#${code}` } }),
    ...(data && { data }),
  };
}

/**
 * Publishes after a change as soon as the messages that have arrived are handled: a burst of keystrokes gives one
 * answer, and none for a version that is gone.
 */
export class DiagnosticsPublisher {
  readonly #pending = new Set<string>();
  #scheduled = false;

  constructor(
    readonly connection: Connection,
    readonly features: () => Features,
  ) {}

  schedule(uri: string): void {
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

  clear(uri: string): void {
    this.#pending.delete(uri);
    void this.connection.sendDiagnostics({ uri, diagnostics: [] });
  }

  #publish(uri: string): void {
    const features = this.features();
    const document = features.documents.get(uri);
    if (!document) return;
    void this.connection.sendDiagnostics({
      uri,
      version: document.version,
      diagnostics: diagnosticsOf(features, document),
    });
  }
}
