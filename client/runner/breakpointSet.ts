/** The breakpoints of a debug run: where there are some, and which of those that are met stop the run. */
import { isStatic, readBreakpoint, type ArmedBreakpoint } from './breakpoints.js';
import type { FlowDefinition } from './definition.js';
import type { ProgramExpression } from './program.js';
import type { Breakpoint, LogLevel } from './protocol.js';
import { forSandbox, steppedOf } from './stepped.js';
import type { SteppedExpression } from './wire.js';

/** What an expression of a breakpoint has given. */
export interface Said {
  readonly text: string;
  readonly truthy: boolean;
}

/** Rejects with a text for people. */
export type Ask = (question: ProgramExpression) => Promise<Said>;

export class BreakpointSet {
  readonly #at = new Map<string, ArmedBreakpoint[]>();
  /** How often each has been met, by its id. */
  readonly #hits = new Map<number, { readonly identity: string; count: number }>();

  constructor(
    private readonly flow: FlowDefinition,
    private readonly log: (level: LogLevel, text: string, block: number) => void,
  ) {}

  /** Takes the place of all that there were. Answers each with what is wrong with it; undefined: nothing. */
  set(breakpoints: readonly Breakpoint[]): (string | undefined)[] {
    this.#at.clear();
    const known = new Map(this.#hits);
    this.#hits.clear();
    return breakpoints.map((breakpoint) => {
      try {
        const armed = readBreakpoint(this.flow, breakpoint);
        const { id, place, identity } = armed;
        this.#at.set(place, [...(this.#at.get(place) ?? []), armed]);
        const hits = known.get(id);
        this.#hits.set(id, hits?.identity === identity ? hits : { identity, count: 0 });
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    });
  }

  /** `place`: see portKey, siteKey and signalKey. */
  has(place: string): boolean {
    return this.#at.has(place);
  }

  /** All expressions of the blocks that have a breakpoint inside one: a step may go from one to the next. */
  stepped(): SteppedExpression[] {
    const { flow } = this;
    const armed = [...this.#at.values()].flat().flatMap(({ inside }) => inside ?? []);
    const blocks = new Set(armed.map(({ x }) => flow.expressions[x]!.block));
    return flow.expressions.flatMap((expression, x) => {
      const { block, path, file } = expression;
      if (!blocks.has(block) || file !== flow.file || isStatic(path)) return [];
      const steps = steppedOf(expression);
      const sites = armed.flatMap((one) => (one.x === x ? one.site : []));
      return steps ? [forSandbox(x, steps, sites)] : [];
    });
  }

  /** The place is met: ids of those that stop the run there; the others say what they have to. Never rejects. */
  async stopping(place: string, ask: Ask, block: number): Promise<readonly number[]> {
    const stopping: number[] = [];
    for (const { id, condition, accepts, message } of this.#at.get(place) ?? []) {
      const holds = !condition || (await this.#holds(condition, ask, block));
      const hits = this.#hits.get(id);
      if (!holds || (hits && !accepts(++hits.count))) continue;
      if (message) this.log('info', await textOf(message, ask), block);
      else stopping.push(id);
    }
    return stopping;
  }

  async #holds(condition: ProgramExpression, ask: Ask, block: number): Promise<boolean> {
    try {
      return (await ask(condition)).truthy;
    } catch (error) {
      const why = (error as Error).message;
      this.log('warn', `The run stops here: the breakpoint's condition has failed: ${why}`, block);
      return true;
    }
  }
}

async function textOf(parts: readonly (string | ProgramExpression)[], ask: Ask): Promise<string> {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else
      text += await ask(part).then(
        (answer) => answer.text,
        (error: unknown) => `‹${(error as Error).message}›`,
      );
  }
  return text;
}
