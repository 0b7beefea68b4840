/**
 * The JavaScript realm in which a flow's expressions run: one per load, with its own intrinsics, so that nothing an
 * expression does to prototypes or globals reaches the sandbox's own code. Data enters as JSON text parsed inside.
 */
import vm from 'node:vm';
import type { ProgramExpression } from '../program.js';
import { installBuffer } from './buffer.js';
import { installCipher } from './cipher.js';
import { installConsole } from './console.js';
import { makeDescriber, type Describer } from './describe.js';
import { installGlobals, type HostBridge } from './globals.js';
import type { SteppedExpression } from '../wire.js';
import { makeStepperKit, type Stand, type StepperKit } from './stepperKit.js';

/** The variables of an expression (flows-platform §3.2). */
export type Expression = (
  outputs: unknown,
  previous: unknown,
  secrets: unknown,
  signals: unknown,
  ref: unknown,
  raw: unknown,
  config: unknown,
) => unknown;

/** An expression with calls at its sites: its hook comes last. */
export type SteppingExpression = (...given: [...Parameters<Expression>, unknown]) => unknown;

/** The variables of what a person asks about an event. */
export type Question = (
  outputs: unknown,
  previous: unknown,
  secrets: unknown,
  signals: unknown,
  ref: unknown,
  event: unknown,
) => unknown;

/** Thrown for what is missing; the code tells it from the expression's own errors. */
export interface MissingError {
  readonly missing: 'secret' | 'signal';
}

interface Kit {
  readonly parse: (json: string) => unknown;
  readonly object: () => Record<string, unknown>;
  readonly secrets: (json: string, missingJson: string) => unknown;
  readonly isSecrets: (object: object) => boolean;
  readonly signals: (json: string) => { readonly signals: unknown; readonly ref: unknown };
  /** Calls one of the two later. */
  readonly settle: (
    promise: unknown,
    done: (value: unknown) => void,
    failed: (error: unknown) => void,
  ) => void;
}

/** Compiled inside the realm, like installGlobals. */
function makeKit(): Kit {
  const { parse } = JSON;
  const missing = (kind: string, message: string): Error =>
    Object.assign(new Error(message), { missing: kind });
  const handedOut = new WeakSet<object>();
  return {
    parse,
    object: () => ({}),
    secrets(json, missingJson) {
      const values = Object.freeze(Object.assign(Object.create(null), parse(json))) as Record<string, string>;
      const unset = new Set(parse(missingJson) as string[]);
      const proxy = new Proxy(values, {
        get(target, key) {
          // What JavaScript itself asks of any object is no secret's name.
          if (
            typeof key === 'string' &&
            !(key in target) &&
            !(key in Object.prototype) &&
            key !== 'toJSON' &&
            key !== 'then'
          ) {
            throw missing(
              'secret',
              unset.has(key)
                ? `Secret ${key} has no value on this machine. Add it with the command "Flows: Add Secret".`
                : `Secret ${key} is not named in this flow, so it was not handed to it. Write secrets.${key} somewhere to name it.`,
            );
          }
          return target[key as string];
        },
      });
      handedOut.add(proxy);
      return proxy;
    },
    isSecrets: (object) => handedOut.has(object),
    signals(json) {
      const owners = parse(json) as Record<string, Record<string, unknown>>;
      const known = (owner: string): Record<string, unknown> => {
        const found = Object.hasOwn(owners, owner) ? owners[owner] : undefined;
        if (!found)
          throw missing('signal', `No block or installation with signals is called "${owner}" in this run.`);
        return found;
      };
      const read = (owner: string, signal: string): unknown => {
        const found = known(owner);
        if (!Object.hasOwn(found, signal))
          throw missing('signal', `"${owner}" has no signal "${signal}" in this run.`);
        return found[signal];
      };
      return {
        signals: new Proxy(Object.create(null) as object, {
          get: (_, owner) => (typeof owner === 'string' ? known(owner) : undefined),
          has: (_, owner) => Object.hasOwn(owners, owner),
          ownKeys: () => Object.keys(owners),
          getOwnPropertyDescriptor: (_, owner) =>
            Object.hasOwn(owners, owner)
              ? { value: owners[owner as string], enumerable: true, configurable: true }
              : undefined,
        }),
        ref(path: unknown): unknown {
          const parts = typeof path === 'string' ? path.split('.') : [];
          if (parts.length !== 3 || parts[0] !== 'signal') {
            throw new TypeError(
              `ref() takes a text of three parts, "signal.<owner>.<signal>", not ${JSON.stringify(path)}.`,
            );
          }
          return read(parts[1]!, parts[2]!);
        },
      };
    },
    settle: (promise, done, failed) => void Promise.resolve(promise).then(done, failed),
  };
}

const PARAMETERS = 'outputs, previous, secrets, signals, ref, raw, config';
const QUESTION_PARAMETERS = 'outputs, previous, secrets, signals, ref, event';

export class Realm {
  readonly kit: Kit;
  readonly #context: vm.Context;
  readonly #describer: Describer;
  readonly #compiled: (Expression | undefined)[] = [];
  readonly #stepped = new Map<number, SteppingExpression>();

  constructor(
    private readonly expressions: readonly ProgramExpression[],
    host: HostBridge,
  ) {
    this.#context = vm.createContext(Object.create(null) as object, {
      codeGeneration: { strings: false, wasm: false },
    });
    for (const install of [installGlobals, installConsole, installCipher, installBuffer])
      (this.#run(`(${install.toString()})`) as (host: HostBridge) => void)(host);
    this.kit = (this.#run(`(${makeKit.toString()})`) as () => Kit)();
    this.#describer = (this.#run(`(${makeDescriber.toString()})`) as () => Describer)();
  }

  /** Compiles at the first use. Throws the engine's SyntaxError for texts that acorn takes and V8 does not. */
  expression(index: number): Expression {
    return (this.#compiled[index] ??= this.#run(
      // One line before the text, so that its own lines count from 1; one after it, so that it may end in a comment.
      `(function (${PARAMETERS}) { 'use strict'; return (\n${this.expressions[index]!.text}\n); })`,
      `expression-${index}`,
      -1,
    ) as Expression);
  }

  /** The same with calls at its sites; they go to the last argument. */
  stepped({ x, text, hook, frame }: SteppedExpression): SteppingExpression {
    const known = this.#stepped.get(x);
    if (known) return known;
    const compiled = this.#run(
      `(function (${PARAMETERS}, ${hook}) { 'use strict'; const ${frame} = ${hook}.e(0); try { return (\n${text}\n); } finally { ${hook}.l(${frame}); } })`,
      `stepped-${x}`,
      -1,
    ) as SteppingExpression;
    this.#stepped.set(x, compiled);
    return compiled;
  }

  /** Its text is another one from now on. */
  forget(x: number): void {
    this.#stepped.delete(x);
  }

  stepperKit(stand: Stand): StepperKit {
    return (this.#run(`(${makeStepperKit.toString()})`) as (stand: Stand) => StepperKit)(stand);
  }

  /** Compiles what a person asks of a call inside an expression: a function of its variables, its `this` and PARAMETERS. */
  insideQuestion(text: string): unknown {
    return this.#run(
      // The variables are behind a proxy; the expression itself is strict, as the flow's are.
      `(function (scope, self, ${PARAMETERS}) { with (scope) { return (function () { 'use strict'; return (\n${text}\n); }).call(self); } })`,
      'question',
      -1,
    );
  }

  /** Compiles what a person asks. It is asked rarely, and never twice for certain: nothing is kept. */
  question(text: string): Question {
    return this.#run(
      `(function (${QUESTION_PARAMETERS}) { 'use strict'; return (\n${text}\n); })`,
      'question',
      -1,
    ) as Question;
  }

  /** JSON of an Answer (wire.ts). Throws a RangeError when it is longer than `limit` characters. */
  describe(value: unknown, limit: number): string {
    return this.#describer(value, limit, this.kit.isSecrets);
  }

  #run(code: string, filename = 'realm', lineOffset = 0): unknown {
    return new vm.Script(code, { filename, lineOffset }).runInContext(this.#context);
  }
}
