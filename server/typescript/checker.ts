/**
 * Type errors of open flows, found while nobody types: each expression is checked once for what it depends on, in small
 * groups, and the rest of a flow is left for later as soon as the flow changes.
 */
import { performance } from 'node:perf_hooks';
import { setImmediate as pause } from 'node:timers/promises';
import type { PlacedProblem } from '../../flow/check.js';
import type { FlowDocument, PlacedBlock } from '../../flow/document.js';
import type { ExpressionValue } from '../../flow/model.js';
import type { Segment } from '../../flow/segment.js';
import { isCheckable, toProblem } from '../../flow/types/check.js';
import type { FlowTypes } from '../../flow/types/flowTypes.js';
import type { TypeReport } from '../../flow/types/report.js';
import { sourceOf, type ExpressionSource } from '../../flow/types/service.js';
import type { TypeThread } from './thread.js';

/** Milliseconds without an edit before checks begin: while somebody types, types are a distraction. */
const QUIET = 250;
/** Milliseconds of the server's own thread at a time; requests are answered in between. */
const SLICE = 5;
/** Expressions of one request. TypeScript gets its bearings anew for each group, and is not to be had before its end. */
const SMALL_GROUP = 16;
const LARGE_GROUP = 64;

export interface Checked {
  /** The virtual file that was checked; another one may have other errors. */
  readonly file: string;
  readonly reports: readonly TypeReport[];
}

interface Todo {
  readonly value: ExpressionValue;
  readonly segment: Segment;
  readonly source: ExpressionSource;
}

export class Checker {
  readonly #thread: TypeThread;
  readonly #typesOf: (flow: FlowDocument) => FlowTypes;
  readonly #found: (flow: FlowDocument) => void;
  readonly #checked = new WeakMap<ExpressionValue, Checked>();
  /** Expressions with errors, for each flow. */
  readonly #reported = new WeakMap<FlowDocument, Map<ExpressionValue, Segment>>();
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

  /** The flow has been opened or changed. */
  changed(flow: FlowDocument): void {
    this.forget(flow);
    const abort = new AbortController();
    const timer = setTimeout(() => void this.#check(flow, abort.signal), QUIET);
    timer.unref();
    this.#runs.set(flow, { timer, abort });
  }

  /** Nobody looks at the flow any more. */
  forget(flow: FlowDocument): void {
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
    const segments = new Set(flow.segments);
    return [...reported].flatMap(([value, segment]) =>
      segments.has(segment)
        ? (this.#checked.get(value)?.reports ?? []).map((report) => ({
            problem: toProblem(report, value),
            segment,
          }))
        : [],
    );
  }

  async #check(flow: FlowDocument, signal: AbortSignal): Promise<void> {
    try {
      const todo = await this.#todo(flow, signal);
      const size = todo.length > 200 ? LARGE_GROUP : SMALL_GROUP;
      this.#dropDead(flow);
      let changed = false;
      let shown = performance.now();
      for (let i = 0; i < todo.length; i += size) {
        signal.throwIfAborted();
        const group = todo.slice(i, i + size);
        const sources = group.map(({ source }) => source);
        const answer = await this.#thread.request('check', sources, signal);
        const changes = answer.map((reports, j) => this.#store(flow, group[j]!, reports));
        changed ||= changes.includes(true);
        // A large flow shows what has been found so far once a second.
        if (!changed || (i + size < todo.length && performance.now() - shown < 1000)) continue;
        signal.throwIfAborted();
        changed = false;
        shown = performance.now();
        this.#found(flow);
      }
    } catch {
      // The flow has changed, or there is no answer to be had. Without types there is nothing to report; that the thread
      // does not answer it says itself, once.
    }
  }

  /** Expressions that have not been checked as they are now, in file order. */
  async #todo(flow: FlowDocument, signal: AbortSignal): Promise<Todo[]> {
    const types = this.#typesOf(flow);
    const todo: Todo[] = [];
    let started = performance.now();
    for (const segment of flow.segments) {
      for (const value of segment.expressions) {
        if (!isCheckable(value)) continue;
        const expression = types.expression(value, placeOf(segment, value), 'check');
        if (this.#checked.get(value)?.file !== expression.file.name) {
          todo.push({ value, segment, source: sourceOf(expression) });
        }
      }
      if (performance.now() - started < SLICE) continue;
      await pause();
      signal.throwIfAborted();
      started = performance.now();
    }
    return todo;
  }

  /** Returns whether what is shown for the flow changes by that. */
  #store(flow: FlowDocument, { value, segment, source }: Todo, reports: readonly TypeReport[]): boolean {
    const before = this.#checked.get(value)?.reports ?? [];
    this.#checked.set(value, { file: source.file, reports });
    let reported = this.#reported.get(flow);
    if (!reported) this.#reported.set(flow, (reported = new Map<ExpressionValue, Segment>()));
    if (reports.length > 0) reported.set(value, segment);
    else reported.delete(value);
    return JSON.stringify(before) !== JSON.stringify(reports);
  }

  /** Forgets expressions that are no longer in the flow. */
  #dropDead(flow: FlowDocument): void {
    const segments = new Set(flow.segments);
    const reported = this.#reported.get(flow);
    for (const [value, segment] of reported ?? []) if (!segments.has(segment)) reported!.delete(value);
  }
}

export function placeOf(segment: Segment, value: ExpressionValue): PlacedBlock | undefined {
  return segment.blocks.find(({ block }) => block.expressions.includes(value));
}
