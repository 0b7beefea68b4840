/**
 * What runner and sandbox say to each other: one line of text per message, over two pipes. The first character is the
 * kind; frequent messages are fields divided by blanks, then a tab and JSON, the rest is `J` and a JSON object.
 *
 * Both sides know the same program, so an activation is named by numbers: event `n`, and the ordinal `d` of the link by
 * which it travels. All events are numbered by the sandbox, from the number that the runner gives it.
 */
import type { Template } from './definition.js';
import type { Program, ProgramExpression } from './program.js';

export const WIRE_VERSION = 1;

/** File descriptors of the sandbox. Not 1 and 2: what prints there is no message. */
export const FROM_RUNNER = 3;
export const TO_RUNNER = 4;
/** In debug runs: what a sandbox reads that stands inside an expression, and reads nothing else. */
export const FROM_DEBUGGER = 5;

/** Work that the sandbox does: event `n` over link `d`; emission `k` asked for by the runner; static config of a block; value `v`. */
export type WorkRef =
  | { readonly n: number; readonly d: number }
  | { readonly k: number }
  | { readonly v: number }
  | { readonly config: number };

/** Key of a WorkRef in maps. */
export function workKey(work: WorkRef): string {
  if ('n' in work) return `${work.n}:${work.d}`;
  if ('k' in work) return `k${work.k}`;
  return 'v' in work ? `v${work.v}` : `c${work.config}`;
}

/** An event that the sandbox does not know (any more), with what its descendants can see of its ancestors. */
export interface EventChain {
  readonly n: number;
  /** -1: no block has emitted it (a debug event). */
  readonly block: number;
  readonly output: number;
  readonly json: string;
  readonly depth: number;
  /** Nearest ancestor first; one per block, the event itself not included. */
  readonly ancestors: readonly { readonly block: number; readonly json: string }[];
  /** Where a debug event goes; other events follow the links of their output. */
  readonly targets?: readonly (readonly [number, number])[];
}

export interface LoadMessage {
  readonly t: 'load';
  readonly program: Program;
  /** Values of exactly the keys that the flow names. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Keys that the flow names and that have no value. */
  readonly missing: readonly string[];
  /** Signals by owner key, then by signal. */
  readonly signals: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Number of the next event. */
  readonly next: number;
  readonly limits: SandboxLimits;
  /** Virtual time, milliseconds since the epoch; without it, the machine's. */
  readonly now?: number;
  /** For repeatable chance. */
  readonly seed?: number;
  /** Deliveries are left to the runner, one by one. */
  readonly stepwise?: true;
  /** Where it may come to stand. */
  readonly stepped?: readonly SteppedExpression[];
  /** An earlier sandbox has hung in something that looked simple: everything gets a mark. */
  readonly careful?: true;
}

/** An expression that a debug run can stop inside of; see flow/stepping.ts. */
export interface SteppedExpression {
  /** Its index. */
  readonly x: number;
  /** With the calls; `hook` and `frame` are names in it. */
  readonly text: string;
  readonly hook: string;
  readonly frame: string;
  /** Variables that each of its sites sees: the function's own, those of the functions around it. */
  readonly sites: readonly { readonly locals: readonly string[]; readonly closure: readonly string[] }[];
  /** Sites that have a breakpoint. */
  readonly armed: readonly number[];
}

/** A call that has not ended: expression, and the site in it where it is. */
export interface StandingFrame {
  readonly x: number;
  readonly site: number;
}

/** A sandbox has come to stand. */
export type Stands = Extract<UpMessage, { t: 'stands' }>;

/** Where a sandbox stops next: in this function or its caller, in any function, in the caller. */
export type InsideStep = 'over' | 'in' | 'out';

/** Runner -> sandbox that stands inside an expression, on a pipe of its own; `frame`: index, innermost first. */
export type StandingCommand =
  | { readonly t: 'go'; readonly step?: InsideStep }
  /** Answered with `value`: JSON of StandingVariables. */
  | { readonly t: 'variables'; readonly v: number; readonly frame: number }
  /** What a person's expression gives in the scope of a call; answered with `value`: JSON of an Answer. */
  | {
      readonly t: 'inside';
      readonly v: number;
      readonly frame: number;
      readonly expression: string;
    }
  /** The same in the scope of an event's receivers, which the sandbox need not know yet. */
  | {
      readonly t: 'view';
      readonly chain: EventChain;
      readonly ask: Extract<DownMessage, { t: 'ask' }>;
    }
  | Extract<DownMessage, { t: 'stepped' }>;

/** Names and values; a variable that has no value yet is not there. */
export interface StandingVariables {
  readonly locals: readonly (readonly [string, Answer])[];
  readonly closure: readonly (readonly [string, Answer])[];
}

export interface SandboxLimits {
  /** Characters of an event's JSON. */
  readonly payload: number;
  /** Events in a line of descent. */
  readonly depth: number;
  /** Deliveries waiting in the sandbox. */
  readonly queue: number;
}

/** Runner -> sandbox, beside `K` (emit) and `F` (free). */
export type DownMessage =
  | LoadMessage
  /** Evaluates the static config of a block. */
  | { readonly t: 'config'; readonly block: number }
  /** Makes an event known again, holds it, and delivers it over the given links. */
  | { readonly t: 'restore'; readonly chain: EventChain; readonly deliver: readonly number[] }
  /** An event of no block that goes to one input; answered with `K`. */
  | {
      readonly t: 'debug';
      readonly k: number;
      readonly json: string;
      readonly target: readonly [number, number];
      readonly ancestors: EventChain['ancestors'];
    }
  /** A value that depends on an event which the sandbox holds; answered with `value`. */
  | {
      readonly t: 'evaluate';
      readonly v: number;
      readonly n: number;
      readonly template: Template;
      readonly config: string;
      /** For a person who looks on: nothing stops in it. */
      readonly look?: true;
    }
  /** What an expression of a person gives in the scope of an event's receivers; answered with `value`: JSON of an Answer. */
  | {
      readonly t: 'ask';
      readonly v: number;
      readonly n: number;
      readonly expression: ProgramExpression;
      /** What `event` tells beside its data. */
      readonly about: AskedEvent;
    }
  | { readonly t: 'time'; readonly now: number }
  /** Asks for a sign of life; answered with `pong`. */
  | { readonly t: 'ping' }
  /** All signals, some of them changed. */
  | { readonly t: 'signals'; readonly signals: LoadMessage['signals'] }
  /** All expressions that can be stopped inside of, for what is evaluated from now on. */
  | { readonly t: 'stepped'; readonly stepped: readonly SteppedExpression[] }
  | { readonly t: 'cancel'; readonly work: WorkRef };

export interface AskedEvent {
  readonly id: string;
  readonly block: string;
  readonly output?: string;
}

/** A value with words for what JSON cannot hold, e.g. `‹undefined›`. */
export interface Answer {
  readonly value: unknown;
  /** What JavaScript calls it: `string`, `null`, `object`, `Array`, … */
  readonly type: string;
  readonly truthy: boolean;
}

/** Sandbox -> runner, beside `E` (emitted), `K` (emission done), `T` (time of what follows), `X` (effect),
 * `S` and `W` (marks). */
export type UpMessage =
  | { readonly t: 'hello'; readonly version: number; readonly capabilities: Capabilities }
  | { readonly t: 'loaded' }
  | { readonly t: 'config'; readonly block: number; readonly json: string }
  | { readonly t: 'value'; readonly v: number; readonly json: string }
  | { readonly t: 'failed'; readonly work: WorkRef; readonly error: SandboxError }
  | { readonly t: 'cancelled'; readonly work: WorkRef }
  | { readonly t: 'pong' }
  | { readonly t: 'memory'; readonly rss: number }
  /** The process stands inside an expression until it is told to go. `armed`: the site has a breakpoint; `ended`: a step ends. */
  | {
      readonly t: 'stands';
      readonly work: WorkRef;
      readonly armed: boolean;
      readonly ended: boolean;
      /** Innermost first. */
      readonly frames: readonly StandingFrame[];
    }
  | { readonly t: 'log'; readonly level: LogLevel; readonly text: string; readonly work?: WorkRef };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What the sandbox process has found at its start: true means contained. */
export interface Capabilities {
  readonly node: string;
  /** The permission model denies files, child processes and workers. */
  readonly permissions: boolean;
  /** `eval` and `new Function` throw in every realm of the process. */
  readonly noCodeFromStrings: boolean;
  /** The environment holds nothing of the parent's. */
  readonly emptyEnvironment: boolean;
}

export interface SandboxError {
  readonly kind:
    'thrown' | 'syntax' | 'secret' | 'signal' | 'payload' | 'depth' | 'queue' | 'json' | 'config';
  readonly name: string;
  readonly message: string;
  /** Expression that was being evaluated. */
  readonly expression?: number;
  /** Frames inside the flow's expressions, innermost first. */
  readonly frames: readonly SandboxFrame[];
  /** Blocks on the way, for `depth`. */
  readonly trail?: readonly number[];
}

/** Line and column from 1, in the expression's own text, or in that with its calls. */
export interface SandboxFrame {
  readonly expression: number;
  readonly line: number;
  readonly column: number;
  readonly stepped?: true;
}

/** Turns a stream of text chunks into lines. A line beyond `limit` characters is an error: the sender misbehaves. */
export class LineSplitter {
  #rest = '';

  constructor(public limit: number) {}

  /** Complete lines, without their line ends. */
  push(chunk: string): string[] {
    const end = chunk.lastIndexOf('\n');
    // Looking through what has come before would take a long line's length squared.
    const lines = end < 0 ? [] : (this.#rest + chunk.slice(0, end)).split('\n');
    this.#rest = end < 0 ? this.#rest + chunk : chunk.slice(end + 1);
    if (this.#rest.length > this.limit)
      throw new RangeError(`A message is longer than ${this.limit} characters.`);
    return lines;
  }
}

/** `K`: asks the sandbox for an event. `json` is the block's own output; `final` skips the output's customisation. */
export function encodeEmit(emit: Emit): string {
  return `K${emit.k} ${emit.parent} ${emit.block} ${emit.output} ${emit.final ? 1 : 0}\t${emit.json}\n`;
}

export interface Emit {
  readonly k: number;
  /** Event that caused it and that the sandbox holds; 0: none. */
  readonly parent: number;
  readonly block: number;
  readonly output: number;
  readonly final: boolean;
  readonly json: string;
}

export function decodeEmit(line: string): Emit {
  const tab = line.indexOf('\t');
  const [k, parent, block, output, final] = line.slice(1, tab).split(' ').map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { k, parent, block, output, final: final === 1, json: line.slice(tab + 1) };
}

/** Data of an event line that equals its parent's (`E`) or the emission's (`K`). */
export const SAME = '=';

export function encodeMessage(message: DownMessage | UpMessage): string {
  return `J${JSON.stringify(message)}\n`;
}

/** `S`: the work begins, and its end is not certain; `W`: it waits for a promise. */
export function encodeMark(mark: 'S' | 'W', work: WorkRef): string {
  if ('n' in work) return `${mark}${work.n} ${work.d}\tn\n`;
  if ('k' in work) return `${mark}${work.k}\tk\n`;
  return 'v' in work ? `${mark}${work.v}\tv\n` : `${mark}${work.config}\tc\n`;
}

export function decodeMark(line: Uint8Array, from: number, to: number): WorkRef | undefined {
  const kind = String.fromCharCode(line[to - 1]!);
  if (readNumbers(line, from + 1, to, kind === 'n' ? 2 : 1) !== to - 1) return undefined;
  const [first, second] = fields as [number, number];
  switch (kind) {
    case 'n':
      return { n: first, d: second };
    case 'k':
      return { k: first };
    case 'v':
      return { v: first };
    case 'c':
      return { config: first };
    default:
      return undefined;
  }
}

/** What readNumbers has read last. One array for all: lines are many, and read one at a time. */
export const fields: number[] = [];

/** Reads `count` non-negative integers, divided by blanks, and a tab. The offset after it; -1: malformed. */
export function readNumbers(line: Uint8Array, from: number, to: number, count: number): number {
  let found = 0;
  let value = 0;
  let digits = 0;
  for (let i = from; i < to; i++) {
    const unit = line[i]!;
    if (unit >= 48 && unit <= 57) {
      value = value * 10 + (unit - 48);
      if (++digits > 15) return -1;
    } else if ((unit === 32 || unit === 9) && digits > 0) {
      fields[found++] = value;
      value = digits = 0;
      if (unit === 9) return found === count ? i + 1 : -1;
    } else {
      return -1;
    }
  }
  return -1;
}
