/**
 * Stands still inside an expression of a debug run: expressions with calls at their sites (flow/stepping.ts) come here, and
 * where there is a breakpoint, or a step ends, the process tells the runner and reads from a pipe of its own, waiting,
 * until it is told to go on. Ordinary runs have neither the pipe nor such expressions.
 */
import { type StandingCommand, type SteppedExpression, type UpMessage, type WorkRef } from '../wire.js';
import { EngineError } from './errors.js';
import type { Expression, Realm } from './realm.js';
import type { StandingCall, StepperKit } from './stepperKit.js';

/** What the stepper needs of the rest of the sandbox. */
export interface StepperHost {
  /** Sends it at once, with all that was said before. */
  say(message: UpMessage): void;
  /** The next command; waits for it. */
  read(): StandingCommand;
  /** What a person asks about an event. */
  view(command: Extract<StandingCommand, { t: 'view' }>): void;
  /** Works on value `v`: `value` or `failed` is said. */
  answer(v: number, json: () => string): void;
  /** Characters of an answer's JSON. */
  readonly limit: number;
}

/** Calls of a stack that are told. */
const MAX_FRAMES = 100;

export class Stepper {
  readonly #kit: StepperKit;
  #expressions = new Map<number, SteppedExpression>();

  constructor(
    private readonly realm: Realm,
    private readonly host: StepperHost,
  ) {
    this.#kit = realm.stepperKit((calls, work, armed, ended) => this.#stand(calls, work, armed, ended));
  }

  /** Whether anything can be stopped inside of. */
  get active(): boolean {
    return this.#expressions.size > 0;
  }

  /** All expressions that can be stopped inside of. */
  set(expressions: readonly SteppedExpression[]): void {
    const known = this.#expressions;
    this.#expressions = new Map(
      expressions.map((expression) => {
        const { x, text } = expression;
        // The compiled text is kept by its index: the same text is the same.
        if (known.get(x)?.text !== text) this.realm.forget(x);
        this.#kit.arm(x, JSON.stringify(expression.armed));
        return [x, expression];
      }),
    );
    for (const x of known.keys()) if (!this.#expressions.has(x)) this.#kit.arm(x, '[]');
  }

  /** The expression as it is evaluated for some work; undefined when nothing stops inside of it. */
  expression(x: number, work: WorkRef): Expression | undefined {
    const stepped = this.#expressions.get(x);
    if (!stepped) return undefined;
    const call = this.realm.stepped(stepped);
    return (...given) => call(...given, this.#kit.hook(x, JSON.stringify(work), given));
  }

  /** Returns how to go on. */
  #stand(calls: readonly StandingCall[], work: string, armed: boolean, ended: boolean): string | undefined {
    const first = calls.slice(0, MAX_FRAMES);
    const frames = first.map(({ x, site }) => ({ x, site }));
    this.host.say({ t: 'stands', work: JSON.parse(work) as WorkRef, armed, ended, frames });
    for (;;) {
      const command = this.host.read();
      switch (command.t) {
        case 'go':
          return command.step;
        case 'stepped':
          this.set(command.stepped);
          break;
        case 'view':
          this.host.view(command);
          break;
        case 'variables':
          this.host.answer(command.v, () => this.#variables(first[command.frame]));
          break;
        case 'inside':
          this.host.answer(command.v, () => this.#inside(first[command.frame], command.expression));
          break;
      }
    }
  }

  #names(call: StandingCall | undefined): SteppedExpression['sites'][number] {
    const site = call && this.#expressions.get(call.x)?.sites[call.site];
    // Its breakpoints are gone, and with them what is known of its variables.
    if (!site) throw new EngineError('config', 'This call is not known any more.');
    return site;
  }

  #variables(call: StandingCall | undefined): string {
    const { locals, closure } = this.#names(call);
    return `{"locals":${this.#described(call!, locals)},"closure":${this.#described(call!, closure)}}`;
  }

  #described(call: StandingCall, names: readonly string[]): string {
    const parts: string[] = [];
    for (const name of names) {
      let value: unknown;
      try {
        value = this.#kit.read(call, name);
      } catch {
        // Not begun yet.
        continue;
      }
      if (name === 'this' && value === undefined) continue;
      parts.push(`[${JSON.stringify(name)},${this.#describe(value)}]`);
    }
    return `[${parts.join(',')}]`;
  }

  #describe(value: unknown): string {
    try {
      return this.realm.describe(value, this.host.limit);
    } catch {
      const text = '‹too large to be shown: evaluate a part of it›';
      return JSON.stringify({ value: text, type: typeof value, truthy: Boolean(value) });
    }
  }

  #inside(call: StandingCall | undefined, text: string): string {
    const { locals, closure } = this.#names(call);
    const evaluate = this.realm.insideQuestion(text);
    const value = this.#kit.evaluate(call!, JSON.stringify([...locals, ...closure]), evaluate);
    return this.realm.describe(value, this.host.limit);
  }
}
