/**
 * The part of the stepper that is compiled inside the realm (realm.ts): the hooks that expressions call at their sites, which
 * calls are under way, and when one of them stops. What an expression could get hold of are functions of its own realm.
 */

/** A call under way. */
export interface StandingCall {
  readonly x: number;
  readonly site: number;
}

/** Reads or writes a variable by its name. */
export type Access = (name: string, write: boolean, value: unknown) => unknown;

export interface StepperKit {
  /** What an expression gets, for one evaluation of it; `given`: its own arguments. */
  hook(x: number, work: string, given: readonly unknown[]): unknown;
  /** `sitesJson`: those of an expression that have a breakpoint. */
  arm(x: number, sitesJson: string): void;
  /** Throws where the variable has not begun yet. */
  read(call: StandingCall, name: string): unknown;
  /** What a person's expression gives with the variables of a call. */
  evaluate(call: StandingCall, namesJson: string, question: unknown): unknown;
}

/** Tells that a site is reached; gives how to go on: `over`, `in`, `out`, or undefined. Innermost call first. */
export type Stand = (
  calls: readonly StandingCall[],
  work: string,
  armed: boolean,
  ended: boolean,
) => string | undefined;

/* The function below is compiled in another realm from its own source: everything it needs is inside it. */
export function makeStepperKit(stand: Stand): StepperKit {
  interface Evaluation {
    readonly x: number;
    readonly work: string;
    readonly given: readonly unknown[];
  }
  const { parse } = JSON;
  const { freeze } = Object;
  const NativeSet = Set;
  const NativeProxy = Proxy;

  class Call {
    readonly #own = true;
    active = true;
    site = 0;
    access: Access | undefined;
    constructor(
      readonly evaluation: Evaluation,
      /** Index of its function; 0: the expression itself. */
      readonly inside: number,
      readonly caller: Call | undefined,
    ) {}
    get x(): number {
      return this.evaluation.x;
    }
    static is(value: unknown): value is Call {
      return typeof value === 'object' && value !== null && #own in value && value.#own;
    }
  }

  const armed = new Map<number, Set<number>>();
  /** Where a step goes on from. */
  let step: { readonly kind: string; readonly from: Call } | undefined;
  /** The call that is being executed, as far as it is known. */
  let current: Call | undefined;
  let standing = false;

  const alive = (call: Call | undefined): Call | undefined => {
    let at = call;
    while (at && !at.active) at = at.caller;
    return at;
  };
  /** Whether a step ends at a call's next site. */
  const ends = (call: Call): boolean => {
    if (!step || call.evaluation.work !== step.from.evaluation.work) return false;
    const { kind, from } = step;
    if (kind === 'in' || (kind === 'over' && call === from)) return true;
    if (kind === 'over' && from.active) return false;
    const target = alive(from.caller);
    // At its end an expression is followed by the next one of the same block.
    if (!target) return call.inside === 0;
    // A function that is called once more, as by `map`, is where its last call would have gone on.
    return call === target || (kind === 'over' && call.caller === target);
  };
  const reached = (call: Call): void => {
    const hit = armed.get(call.x)?.has(call.site) === true;
    const ended = step !== undefined && ends(call);
    if (!hit && !ended) return;
    const calls: Call[] = [];
    for (let at: Call | undefined = call; at; at = alive(at.caller)) calls.push(at);
    standing = true;
    try {
      step = undefined;
      const kind = stand(calls, call.evaluation.work, hit, ended);
      if (kind !== undefined) step = { kind, from: call };
    } finally {
      standing = false;
      current = call;
    }
  };

  return {
    hook(x, work, given) {
      const evaluation = { x, work, given };
      return freeze({
        e(inside: number): unknown {
          return (current = new Call(evaluation, inside, inside === 0 ? undefined : alive(current)));
        },
        l(call: unknown): void {
          if (!Call.is(call)) return;
          call.active = false;
          if (current === call) current = alive(call.caller);
        },
        s(call: unknown, site: number, access: Access | undefined): void {
          if (standing || !Call.is(call)) return;
          call.site = site;
          call.access = access;
          current = call;
          reached(call);
        },
        w(call: unknown, value: unknown): unknown {
          if (Call.is(call) && current === call) current = alive(call.caller);
          return value;
        },
        r(call: unknown, value: unknown): unknown {
          if (Call.is(call)) current = call;
          return value;
        },
      });
    },
    arm(x, sitesJson) {
      armed.set(x, new NativeSet(parse(sitesJson) as number[]));
    },
    read: (call, name) => (Call.is(call) ? call.access?.(name, false, undefined) : undefined),
    evaluate(call, namesJson, question) {
      if (!Call.is(call)) return undefined;
      const { access, evaluation } = call;
      const names = new NativeSet(parse(namesJson) as string[]);
      const scope = new NativeProxy(Object.create(null) as object, {
        has: (_, name) => names.has(name as string) && name !== 'this',
        get: (_, name) => (typeof name === 'string' ? access?.(name, false, undefined) : undefined),
        set: (_, name, value) => {
          access?.(name as string, true, value);
          if (!Object.is(access?.(name as string, false, undefined), value))
            throw new TypeError(`${String(name)} cannot be changed.`);
          return true;
        },
      });
      const self = names.has('this') ? access?.('this', false, undefined) : undefined;
      const [outputs, previous, secrets, signals, ref, raw, config] = evaluation.given;
      return (question as (...values: readonly unknown[]) => unknown)(
        scope,
        self,
        outputs,
        previous,
        secrets,
        signals,
        ref,
        raw,
        config,
      );
    },
  };
}
