/**
 * Evaluates templates. Synchronous as long as the expressions are; with a promise among the results the rest follows
 * when all of them are there. No expression can change what another one reads: one that could gets its scope from JSON,
 * for itself alone; simple ones share what was parsed once, or what a literal has made and nobody else has (writer.ts).
 */
import type { Template } from '../definition.js';
import type { Program, ProgramExpression } from '../program.js';
import { visible, type Descent, type Fact } from '../lineage.js';
import type { AskedEvent, WorkRef } from '../wire.js';
import { EngineError } from './errors.js';
import type { Realm } from './realm.js';
import type { Stepper } from './stepper.js';
import { makeWriter, type Writer } from './writer.js';

/** Data of events: shared by those that hand it on unchanged. */
export class EventData {
  /** @param value what the JSON is parsed to, if `parsed`: once, for expressions that cannot change it. */
  constructor(
    readonly json: string,
    public value?: unknown,
    public parsed = false,
  ) {}
}

export interface SandboxFact extends Fact {
  readonly data: EventData;
}

/** An event as the sandbox holds it. */
export interface SandboxEvent extends SandboxFact, Descent<SandboxEvent, SandboxFact> {
  data: EventData;
  readonly n: number;
  readonly depth: number;
  readonly targets: readonly (readonly [number, number])[];
  /** Effects of this event that the runner works on. */
  held: number;
}

export interface Scope {
  /** The nearest event that `outputs` shows; undefined where there is none (static config). */
  readonly event: SandboxEvent | undefined;
  /** `previous`; undefined where there is none (static config). */
  readonly previous: EventData | undefined;
  /** JSON of the block's own output, in an outputCustomization. */
  readonly raw?: string;
  /** JSON of the block's evaluated configuration, in a mock. */
  readonly config?: string;
  /** What it is evaluated for; without it, nothing stops inside. */
  readonly work?: WorkRef;
}

export type Settle = (value: unknown) => void;
export type Fail = (thrown: unknown, expression: number | undefined) => void;

interface Pending {
  readonly promise: unknown;
  readonly expression: number;
  readonly put: (value: unknown) => void;
}

const NO_OUTPUTS: Record<string, unknown> = Object.freeze(Object.create(null) as Record<string, unknown>);
const IGNORE = (): void => undefined;
const IDENTITY = (event: SandboxEvent): SandboxFact => event;

export class Evaluator {
  /** Keys of blocks, by which `outputs` is read; several blocks may share one. */
  readonly #keys: readonly string[];
  #secrets: unknown;
  #signals: unknown;
  #ref: unknown;
  #pending: Pending[] = [];
  #current = 0;
  readonly #simple = new WeakMap<Template, boolean>();
  /** By expression; null: it makes nothing that can be written like that. */
  readonly #writers: (Writer | null)[] = [];

  constructor(
    private readonly program: Program,
    private readonly realm: Realm,
    secrets: { readonly values: Readonly<Record<string, string>>; readonly missing: readonly string[] },
    signals: unknown,
    /** Nothing is taken for simple. */
    private readonly careful: boolean,
    /** In a debug run. */
    private readonly stepper?: Stepper,
  ) {
    this.#keys = program.blocks.map(({ key }) => key);
    this.#secrets = realm.kit.secrets(JSON.stringify(secrets.values), JSON.stringify(secrets.missing));
    this.setSignals(signals);
  }

  /** For everything that is evaluated from now on. */
  setSignals(signals: unknown): void {
    ({ signals: this.#signals, ref: this.#ref } = this.realm.kit.signals(JSON.stringify(signals)));
  }

  /** Whether every expression of the template ends in bounded time (analysis.ts). */
  isSimple(template: Template): boolean {
    if ('c' in template) return true;
    // What can be stopped inside of takes as long as somebody looks, and whoever looks may change data.
    if (this.careful || this.stepper?.active) return false;
    let simple = this.#simple.get(template);
    if (simple === undefined) {
      if ('x' in template) simple = this.program.expressions[template.x]!.simple;
      else if ('m' in template) simple = template.m.every(([, item]) => this.isSimple(item));
      else simple = template.l.every((item) => this.isSimple(item));
      this.#simple.set(template, simple);
    }
    return simple;
  }

  /** The value of a simple template, which cannot be a promise. Throws what the expression throws; see `current`. */
  now(template: Template, scope: Scope): unknown {
    if ('x' in template) {
      this.#current = template.x;
      return this.#call(template.x, scope);
    }
    return this.#template(template, scope, IGNORE);
  }

  /** The expression that was evaluated last. */
  get current(): number {
    return this.#current;
  }

  /** Calls exactly one of `settle` and `fail`, at once when nothing is awaited. Returns whether it has. */
  evaluate(template: Template, scope: Scope, settle: Settle, fail: Fail): boolean {
    let value: unknown;
    this.#pending = [];
    try {
      value = this.#template(template, scope, (later) => (value = later));
    } catch (thrown) {
      this.#pending = [];
      fail(thrown, this.#current);
      return true;
    }
    const pending = this.#pending;
    if (pending.length === 0) {
      settle(value);
      return true;
    }
    this.#pending = [];
    let open = pending.length;
    for (const { promise, expression, put } of pending) {
      this.realm.kit.settle(
        promise,
        (result) => {
          put(result);
          if (--open === 0) settle(value);
        },
        (thrown) => {
          if (open < 0) return;
          open = -1;
          fail(thrown, expression);
        },
      );
    }
    return false;
  }

  /** JSON of what a template has given, if the value is nobody else's and equal to what that is parsed to. */
  written(template: Template, value: unknown): string | undefined {
    // While a debugger looks into expressions, it may have the value too.
    if (!('x' in template) || this.stepper?.active) return undefined;
    const { x } = template;
    const { fresh } = this.program.expressions[x]!;
    const writer = (this.#writers[x] ??= fresh ? makeWriter(fresh) : null);
    return writer?.(value);
  }

  /** What a person asks, in the scope of the event's receivers; as `evaluate`. */
  ask(
    expression: ProgramExpression,
    event: SandboxEvent,
    about: AskedEvent,
    settle: Settle,
    fail: (thrown: unknown) => void,
  ): boolean {
    const { kit } = this.realm;
    let value: unknown;
    try {
      const call = this.realm.question(expression.text);
      const shown = Object.assign(kit.object(), about, { data: kit.parse(event.data.json) });
      const outputs = this.#outputs(expression, event, this.#copied);
      const previous = expression.previous ? kit.parse(event.data.json) : undefined;
      value = call(outputs, previous, this.#secrets, this.#signals, this.#ref, shown);
      if (isThenable(value)) {
        kit.settle(value, settle, fail);
        return false;
      }
    } catch (thrown) {
      fail(thrown);
      return true;
    }
    settle(value);
    return true;
  }

  /** JSON of an Answer (wire.ts). */
  describe(value: unknown, limit: number): string {
    return this.realm.describe(value, limit);
  }

  /** `put` replaces a value that is still a promise. */
  #template(template: Template, scope: Scope, put: (value: unknown) => void): unknown {
    if ('c' in template) return template.c;
    if ('x' in template) {
      this.#current = template.x;
      const value = this.#call(template.x, scope);
      if (isThenable(value)) this.#pending.push({ promise: value, expression: template.x, put });
      return value;
    }
    if ('m' in template) {
      const map = Object.create(null) as Record<string, unknown>;
      for (const [key, item] of template.m)
        map[key] = this.#template(item, scope, (later) => (map[key] = later));
      return map;
    }
    const list: unknown[] = [];
    template.l.forEach((item, i) => list.push(this.#template(item, scope, (later) => (list[i] = later))));
    return list;
  }

  #call(index: number, scope: Scope): unknown {
    const plan = this.program.expressions[index]!;
    if (plan.error) throw new EngineError('syntax', plan.error.message);
    const { work } = scope;
    const call = (work && this.stepper?.expression(index, work)) ?? this.realm.expression(index);
    const { parse } = this.realm.kit;
    const read = plan.simple && !this.stepper?.active ? this.#shared : this.#copied;
    const outputs = this.#outputs(plan, scope.event, read);
    const previous = plan.previous && scope.previous ? read(scope.previous) : undefined;
    const raw = plan.raw && scope.raw !== undefined ? parse(scope.raw) : undefined;
    const config = plan.config && scope.config !== undefined ? parse(scope.config) : undefined;
    return call(outputs, previous, this.#secrets, this.#signals, this.#ref, raw, config);
  }

  /** An expression that does not name `outputs` gets none. */
  #outputs(
    { outputs: keys }: ProgramExpression,
    event: SandboxEvent | undefined,
    read: (data: EventData) => unknown,
  ): Record<string, unknown> {
    if (keys?.length === 0) return NO_OUTPUTS;
    const outputs = this.realm.kit.object();
    if (keys) {
      for (const key of keys) {
        const found = this.#output(event, key);
        if (found) outputs[key] = read(found.data);
      }
    } else {
      for (const { block, data } of visible<SandboxEvent, SandboxFact>(event, IDENTITY)) {
        const key = this.#keys[block]!;
        if (!(key in outputs)) outputs[key] = read(data);
      }
    }
    return outputs;
  }

  /** The nearest ancestor whose block has this key. */
  #output(event: SandboxEvent | undefined, key: string): SandboxFact | undefined {
    for (let at = event; at; at = at.up) {
      if (at.block >= 0 && this.#keys[at.block] === key) return at;
      if (at.above) return at.above.find(({ block }) => this.#keys[block] === key);
    }
    return undefined;
  }

  readonly #copied = ({ json }: EventData): unknown => this.realm.kit.parse(json);

  readonly #shared = (data: EventData): unknown => {
    if (!data.parsed) {
      data.value = this.realm.kit.parse(data.json);
      data.parsed = true;
    }
    return data.value;
  };
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
