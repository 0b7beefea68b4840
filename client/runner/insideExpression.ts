/** Where the sandbox stands inside an expression: whether the run stops there, and how it goes on from there. */
import { siteKey } from './breakpoints.js';
import type { Ask, BreakpointSet } from './breakpointSet.js';
import type { Step } from './step.js';
import type { Standing } from './stop.js';
import type { InsideStep } from './wire.js';

export interface InsideOptions {
  readonly breakpoints: BreakpointSet;
  /** With the variables of the innermost call. */
  readonly ask: Ask;
  /** Lets the sandbox go on. */
  go(step?: InsideStep): void;
  /** `stop`: the run is to stop there; else the sandbox goes on, or is lost. */
  decided(stop: InsideStop | undefined): void;
}

export interface InsideStop {
  readonly standing: Standing;
  /** Ids; none: a step ends. */
  readonly breakpoints: readonly number[];
}

const INSIDE: Readonly<Record<Step, InsideStep>> = { next: 'over', into: 'in', out: 'out' };

export class InsideExpression {
  #standing: Standing | undefined;
  /** It has not been looked at yet: the run stood somewhere else when it came. */
  #unseen = false;

  constructor(private readonly options: InsideOptions) {}

  /** The sandbox has come to stand. */
  stands(standing: Standing): void {
    this.#standing = standing;
    this.#unseen = true;
  }

  /** It stands where nobody has looked yet. */
  get isNew(): boolean {
    return this.#standing !== undefined && this.#unseen;
  }

  /** Looks at where it stands; `decided` follows. */
  look(): void {
    const standing = this.#standing!;
    this.#unseen = false;
    const { breakpoints, ask } = this.options;
    const { armed, block, frames } = standing;
    const stopping = armed ? breakpoints.stopping(siteKey(frames[0]!), ask, block) : Promise.resolve([]);
    void stopping.then((found) => this.options.decided(this.#decide(standing, found)));
  }

  goOn(step?: Step): void {
    this.#standing = undefined;
    this.options.go(step && INSIDE[step]);
  }

  /** The sandbox is lost. Returns whether it stood. */
  lost(): boolean {
    const stood = this.#standing !== undefined;
    this.#standing = undefined;
    this.#unseen = false;
    return stood;
  }

  #decide(standing: Standing, breakpoints: readonly number[]): InsideStop | undefined {
    if (this.#standing !== standing) return undefined;
    if (breakpoints.length > 0 || standing.ended) return { standing, breakpoints };
    this.goOn();
    return undefined;
  }
}
