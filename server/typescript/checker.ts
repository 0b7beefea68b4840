/**
 * Type errors of open flows, found while nobody types: each expression is checked once for what it depends on, in small
 * groups, and the rest of a flow is left for later as soon as the flow changes.
 */
import { performance } from 'node:perf_hooks';
import { setImmediate as pause } from 'node:timers/promises';
import type { PlacedProblem } from '../../flow/check.js';
import type { FlowDocument } from '../../flow/document.js';
import type { ExpressionValue } from '../../flow/model.js';
import type { Segment } from '../../flow/segment.js';
import { isCheckable, placeOf, toProblem } from '../../flow/types/check.js';
import type { FlowTypes } from '../../flow/types/flowTypes.js';
import type { TypeReport } from '../../flow/types/report.js';
import { sourceOf, type ExpressionSource } from '../../flow/types/service.js';
import type { TypeThread } from './thread.js';

/** Milliseconds without an edit before checks begin, once the other reports are out: while somebody types, types are a distraction. */
const QUIET = 250;
/** Milliseconds of the server's own thread at a time; requests are answered in between. */
const SLICE = 5;
/** Expressions of one request. TypeScript gets its bearings anew for each group, and is not to be had before its end. */
const SMALL_GROUP = 16;
const LARGE_GROUP = 64;

interface Checked {
  /** The state of the flow's types in which it was found out, or found to be still so. */
  readonly state: object;
  /** The virtual file that was checked; another one may have other errors. */
  readonly file: string;
  readonly reports: readonly TypeReport[];
}

interface Place {
  readonly value: ExpressionValue;
  readonly segment: Segment;
}

interface Todo extends Place {
  readonly source: ExpressionSource;
}

export class Checker {
  readonly #thread: TypeThread;
  readonly #typesOf: (flow: FlowDocument) => FlowTypes;
  readonly #found: (flow: FlowDocument) => void;
  readonly #checked = new WeakMap<ExpressionValue, Checked>();
  /** Expressions with errors, for each flow. */
  readonly #reported = new WeakMap<FlowDocument, Map<ExpressionValue, Segment>>();
  /** Flows that have changed, and whose other reports are not out yet. */
  readonly #due = new WeakSet<FlowDocument>();
  readonly #runs = new Map<
    FlowDocument,
    { readonly timer: NodeJS.Timeout; readonly abort: AbortController }
  >();

  /** `found` is called when the errors of a flow have changed. */
  constructor(
    thread: TypeThread,
    typesOf: (flow: FlowDocument) => FlowTypes,
    found: (flow: FlowDocument) => void,
  ) {
    this.#thread = thread;
    this.#typesOf = typesOf;
    this.#found = found;
  }

  /** The flow has been opened or changed: it is checked once it is `published`. */
  changed(flow: FlowDocument): void {
    this.forget(flow);
    this.#due.add(flow);
  }

  /** The other reports on the flow are out. Before that, TypeScript would only take processor time from them. */
  published(flow: FlowDocument): void {
    if (!this.#due.delete(flow)) return;
    const abort = new AbortController();
    const timer = setTimeout(() => void this.#check(flow, abort.signal), QUIET);
    timer.unref();
    this.#runs.set(flow, { timer, abort });
  }

  /** Nobody looks at the flow any more. */
  forget(flow: FlowDocument): void {
    this.#due.delete(flow);
    const run = this.#runs.get(flow);
    if (!run) return;
    clearTimeout(run.timer);
    run.abort.abort();
    this.#runs.delete(flow);
  }

  /** What is known to be wrong, for expressions as they are. After an edit, those it has not touched keep their errors until checked. */
  problems(flow: FlowDocument): PlacedProblem[] {
    const reported = this.#reported.get(flow);
    if (!reported || reported.size === 0) return [];
    return [...reported].flatMap(([value, segment]) =>
      flow.has(segment)
        ? (this.#checked.get(value)?.reports ?? []).map((report) => ({
            problem: toProblem(report, value),
            segment,
          }))
        : [],
    );
  }

  async #check(flow: FlowDocument, signal: AbortSignal): Promise<void> {
    try {
      const types = this.#typesOf(flow);
      const { state } = types;
      const doubtful = this.#doubtful(flow, state);
      const size = doubtful.length > 200 ? LARGE_GROUP : SMALL_GROUP;
      this.#dropDead(flow);
      let group: Todo[] = [];
      let changed = false;
      let shown = performance.now();
      let started = shown;
      const show = (): void => {
        if (changed) this.#found(flow);
        changed = false;
        shown = performance.now();
      };
      const ask = async (): Promise<void> => {
        const asked = group;
        group = [];
        const sources = asked.map(({ source }) => source);
        const answer = await this.#thread.request('check', sources, signal);
        const changes = answer.map((reports, i) => this.#store(flow, asked[i]!, state, reports));
        changed ||= changes.includes(true);
        signal.throwIfAborted();
        // A large flow shows what has been found so far once a second.
        if (performance.now() - shown > 1000) show();
        started = performance.now();
      };
      for (const { value, segment } of doubtful) {
        if (isCheckable(value)) {
          const expression = types.expression(value, placeOf(segment, value), 'check');
          const known = this.#checked.get(value);
          if (known?.file === expression.file.name) this.#checked.set(value, { ...known, state });
          else group.push({ value, segment, source: sourceOf(expression) });
        }
        if (group.length === size) await ask();
        if (performance.now() - started < SLICE) continue;
        await pause();
        signal.throwIfAborted();
        started = performance.now();
      }
      if (group.length > 0) await ask();
      show();
    } catch {
      // The flow has changed, or there is no answer to be had. Without types there is nothing to report; that the thread
      // does not answer it says itself, once.
    }
  }

  /** Expressions that may be of another type than when they were checked, or never were, in file order. */
  #doubtful(flow: FlowDocument, state: object): Place[] {
    const found: Place[] = [];
    for (const segment of flow.segments) {
      for (const value of segment.expressions) {
        if (this.#checked.get(value)?.state !== state) found.push({ value, segment });
      }
    }
    return found;
  }

  /** Returns whether what is shown for the flow changes by that. */
  #store(
    flow: FlowDocument,
    { value, segment, source }: Todo,
    state: object,
    reports: readonly TypeReport[],
  ): boolean {
    const before = this.#checked.get(value)?.reports ?? [];
    this.#checked.set(value, { state, file: source.file, reports });
    let reported = this.#reported.get(flow);
    if (!reported) this.#reported.set(flow, (reported = new Map<ExpressionValue, Segment>()));
    if (reports.length > 0) reported.set(value, segment);
    else reported.delete(value);
    return JSON.stringify(before) !== JSON.stringify(reports);
  }

  /** Forgets expressions that are no longer in the flow. */
  #dropDead(flow: FlowDocument): void {
    const reported = this.#reported.get(flow);
    for (const [value, segment] of reported ?? []) if (!flow.has(segment)) reported!.delete(value);
  }
}
