/**
 * What the runner process and its parent (the extension, the command line) say to each other over Node's IPC channel.
 * Values of secrets travel in `start` only, downwards. Everything upwards has passed the redactor.
 */
import type { InsidePlace } from '../../flow/breakpoints.js';
import type { MockSource } from './definition.js';
import type { Capabilities, LogLevel } from './wire.js';

export type { MockSource } from './definition.js';
export type { Capabilities, LogLevel } from './wire.js';

/** Both sides must agree; a runner of another version is refused with a clear message. */
export const PROTOCOL_VERSION = 1;

export interface StartRequest {
  /** For messages and problems; its last part is the file's name. */
  readonly flowUri: string;
  readonly flowText: string;
  /** Values by key. All are masked; the sandbox gets those that the flow names. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Keys whose values may be shown (`sensitive: false`). */
  readonly insensitive?: readonly string[];
  /** Stand-ins for blocks (mocks.ts). App blocks without one get answers made from the schemas in the flow. */
  readonly mocks?: { readonly uri: string; readonly text: string };
  /** Keys whose values stand again where recorded answers hold their markers. Default: `insensitive`. */
  readonly restored?: readonly string[];
  /** Signals by owner's key and signal, e.g. `{ slack: { bot_id: "B1" } }`; more than those of the mocks. */
  readonly signals?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly options?: RunOptions;
}

export interface RunOptions {
  /** Port on 127.0.0.1 for the flow's endpoints; 0: any free one. Default 0. */
  readonly port?: number;
  /** Longest time of one block activation's expressions, in milliseconds. Default 30,000. */
  readonly deadlineMs?: number;
  /** Longest time an HTTP caller waits for its answer, in milliseconds. Default 120,000. */
  readonly answerTimeoutMs?: number;
  /** Characters of an event's data as JSON. Default 5,000,000. */
  readonly maxPayload?: number;
  /** Events in a line of descent. Default 10,000. */
  readonly maxDepth?: number;
  /** Deliveries that wait at once. Default 100,000. */
  readonly maxQueue?: number;
  /** Heap of the sandbox, in MiB. Default 256. Its whole memory may be twice that. */
  readonly sandboxHeapMb?: number;
  /** Events per second that are sent to the parent; the rest is counted and stays in the store. Default 1,000; 0: all. */
  readonly eventsPerSecond?: number;
  /** Events kept for inspection and re-emission. Default 5,000. */
  readonly keepEvents?: number;
  /** Folder for the record of the run (history.ts); without it nothing is written. */
  readonly historyFolder?: string;
  /** Time stands still and jumps to the next wait when nothing else is under way; `advance` moves it further. */
  readonly virtualTime?: boolean;
  /** Virtual time at the start, in milliseconds since the epoch. Default: now. */
  readonly startTime?: number;
  /** Makes ids and chance repeatable. */
  readonly seed?: number;
  /** Deliveries are handed over one by one, so that the run can be paused. Costs speed. Default false. */
  readonly debug?: boolean;
  /** In a debug run: stands before the first delivery. Default false. */
  readonly stopOnEntry?: boolean;
  /** In a debug run: where it is to stop from the beginning; `setBreakpoints` answers for each of them. */
  readonly breakpoints?: readonly Breakpoint[];
  readonly failures?: FailureFilter;
}

export interface EndpointInfo {
  readonly block: string;
  readonly methods: readonly string[];
  /** Pattern as in the flow, e.g. `/hello/{name}`. */
  readonly path: string;
  /** `http://127.0.0.1:<port>` and the pattern. */
  readonly url: string;
  /** Name of the MCP tool that the block is; `url` is then the address of the flow's MCP server. */
  readonly tool?: string;
}

export interface RunInfo {
  readonly runId: string;
  readonly flow: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Time of the run at its start; another one than `startedAt` when it is virtual. */
  readonly now: number;
  readonly port: number | undefined;
  readonly endpoints: readonly EndpointInfo[];
  /** Keys the flow names that have no value. */
  readonly missingSecrets: readonly string[];
  /** What of the file could not be taken over. */
  readonly problems: readonly string[];
  readonly sandbox: Capabilities;
}

/** Place in the flow file; line and column from 1, as people count. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface RunError {
  /** What went wrong; without the name. */
  readonly message: string;
  /** `Error`, or what JavaScript calls it, e.g. `TypeError`. */
  readonly name: string;
  /** Field of the block, e.g. `inputs.default.config.url`. */
  readonly path?: string;
  readonly place?: Place;
  /** Cleaned: frames inside the flow's own expressions, innermost first. */
  readonly stack: readonly string[];
}

interface RunEventBase {
  /** Grows by one with every entry of the run. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly block: string;
}

/** An event that a block has emitted on an output, or a debug event at an input. */
export interface EmittedEvent extends RunEventBase {
  readonly kind: 'event';
  readonly id: string;
  readonly output?: string;
  /** Debug events: the input they were sent to. */
  readonly input?: string;
  /** Id of the event that caused it. */
  readonly parent?: string;
  /** JSON text, redacted. Longer data is cut; `event` gives all of it. */
  readonly data: string;
  readonly truncated?: true;
  /** A mock has stood in for the block, and where its answer comes from. */
  readonly mock?: MockSource;
  /** Sensitive keys whose values were in the data: the platform would show them downstream. */
  readonly leaks?: readonly string[];
}

/** An event that a block could not handle. */
export interface FailedEvent extends RunEventBase {
  readonly kind: 'failed';
  readonly input?: string;
  /** Id of the event that was handled. */
  readonly event?: string;
  readonly error: RunError;
  /** Name of the block that got the failure. */
  readonly handler?: string;
}

/** Something a block did that is no event: an answer sent, a request made, a wait begun. */
export interface ActivityEvent extends RunEventBase {
  readonly kind: 'activity';
  readonly event?: string;
  readonly text: string;
}

/** A line of the run's log: console output of expressions, the runner's own remarks. */
export interface LogEvent extends Omit<RunEventBase, 'block'> {
  readonly kind: 'log';
  readonly block?: string;
  readonly level: LogLevel;
  readonly text: string;
}

export type RunEvent = EmittedEvent | FailedEvent | ActivityEvent | LogEvent;

export interface RunStatus {
  readonly events: number;
  readonly failures: number;
  /** Deliveries, effects, requests and timers that are under way. */
  readonly pending: number;
  readonly sleeping: number;
  /** Time of the run, in milliseconds since the epoch. */
  readonly now: number;
  /** Blocks whose data held sensitive values, with the keys. */
  readonly leaks: readonly { readonly block: string; readonly keys: readonly string[] }[];
  /** Events not sent to the parent because there were too many per second. */
  readonly skipped: number;
}

export interface DebugEventRequest {
  readonly block: string;
  /** Input key; default: the block's only or `default` input. A block without inputs emits the data on its output. */
  readonly input?: string;
  /** Output key, to emit in the block's name instead of delivering to it. */
  readonly output?: string;
  readonly data: unknown;
  /** What earlier blocks have emitted, by block name: seen as `outputs`. */
  readonly ancestors?: Readonly<Record<string, unknown>>;
}

/** Where a debug run is to stop. Exactly one of `input`, `output`, `inside` and `signal` is there. */
export interface Breakpoint {
  /** Chosen by the parent. */
  readonly id: number;
  /** Empty for that of a signal. */
  readonly block: string;
  /** When the signal gets another value. Takes no condition: there is no event to evaluate it for. */
  readonly signal?: SignalName;
  /** Before the block handles an event that comes to this input. */
  readonly input?: string;
  /** After the block has emitted an event on this output. */
  readonly output?: string;
  /** Inside an expression of the block, at one of its sites (flow/stepping.ts). */
  readonly inside?: InsidePlace;
  /**
   * JavaScript over `outputs`, `previous`, `event`, `signals` and `secrets`, inside an expression also over its variables;
   * it stops only when it holds.
   */
  readonly condition?: string;
  /** How often it must be met before it stops: `5` or `>= 5`, `% 3`, `< 4`. */
  readonly hitCondition?: string;
  /** Logged instead of stopping; `{…}` holds JavaScript. */
  readonly logMessage?: string;
}

/** By its owner's key. */
export interface SignalName {
  readonly owner: string;
  readonly signal: string;
}

/** `uncaught`: those without an `errorHandler`. */
export type FailureFilter = 'none' | 'uncaught' | 'all';

/**
 * Where a debug run stands: before a block handles an event, inside of one of its expressions, after it has emitted an
 * event, after it has failed, or after a signal has changed.
 */
export interface Pause {
  /** Grows by one with every pause of the run. */
  readonly number: number;
  readonly reason: 'breakpoint' | 'step' | 'pause' | 'entry' | 'failure';
  readonly at: 'input' | 'inside' | 'output' | 'failure' | 'signal';
  /** Of a signal: its owner where that is a block, else empty. */
  readonly block: string;
  /** The signal that has changed, with its values as JSON text, redacted. */
  readonly signal?: SignalName & { readonly before?: string; readonly after: string };
  readonly input?: string;
  readonly output?: string;
  /** Inside an expression: what is being executed, innermost function first. */
  readonly inside?: readonly InsideFrame[];
  /** Breakpoints that have stopped it. */
  readonly breakpoints: readonly number[];
  readonly error?: RunError;
  /**
   * The event about to be handled, just emitted, or not handled; then its cause, the cause's cause, … Without data. Empty
   * where no event has led there: at the start of a block, or at a signal.
   */
  readonly chain: readonly Omit<EmittedEvent, 'data'>[];
}

/** A call inside an expression that a debug run stands in. */
export interface InsideFrame {
  /** Of the function; empty for the expression itself. */
  readonly name: string;
  /** Of the expression in its block. */
  readonly path: string;
  readonly place: Place;
}

/** A variable of a call; its value is JSON text, redacted, as in Evaluation. */
export interface Variable extends Evaluation {
  readonly name: string;
}

/** What one event is and what its receivers make of it. All JSON text is redacted. */
export interface Inspection {
  readonly event: EmittedEvent;
  /** Data of the event that caused it. */
  readonly previous?: string;
  /** What expressions of its receivers see as `outputs`, by block key. */
  readonly outputs: Readonly<Record<string, string>>;
  /** By owner's key: JSON of its signals. */
  readonly signals: Readonly<Record<string, string>>;
  /** Keys of `secrets` there. Values are never told. */
  readonly secrets: readonly string[];
  /** The receivers, each with its configuration as evaluated for this event: again, so what is random differs. */
  readonly receivers: readonly {
    readonly block: string;
    readonly input: string;
    readonly config?: string;
    readonly error?: RunError;
  }[];
}

/** A value as a person may see it. */
export interface Evaluation {
  /** JSON text, redacted. What JSON cannot hold is described in a text, e.g. `"‹undefined›"` or `{"‹Map›":[["key",1]]}`. */
  readonly value: string;
  /** What JavaScript calls it: `string`, `object`, `Array`, … */
  readonly type: string;
}

/** Requests of the parent: name -> parameters and result. */
export interface RunnerMethods {
  start: { params: StartRequest; result: RunInfo };
  debugEvent: { params: DebugEventRequest; result: { readonly id: string } };
  reEmit: { params: { readonly id: string; readonly data?: unknown }; result: { readonly id: string } };
  /** Ends the waits of the named event's sleep, or of all. */
  skipSleep: { params: { readonly id?: string }; result: { readonly skipped: number } };
  /** Moves virtual time on by so many milliseconds, or to a time, through everything that is due. */
  advance: {
    params: { readonly milliseconds?: number; readonly to?: number };
    result: { readonly now: number };
  };
  status: { params: undefined; result: RunStatus };
  /** Kept entries after `after`, oldest first. */
  events: {
    params: { readonly after?: number; readonly limit?: number };
    result: { readonly events: readonly RunEvent[] };
  };
  /** One event with all its data. */
  event: { params: { readonly id: string }; result: { readonly event: EmittedEvent | undefined } };
  /** One event from all sides; undefined when it is no longer kept. */
  inspect: { params: { readonly id: string }; result: { readonly inspection: Inspection | undefined } };
  /** What an expression gives with `outputs`, `previous` and `event` as receivers of the event see them. */
  evaluate: { params: { readonly id: string; readonly expression: string }; result: Evaluation };
  /** The same for a call inside the expression that the run stands in, by its index in `Pause.inside`. */
  evaluateInside: { params: { readonly frame: number; readonly expression: string }; result: Evaluation };
  /** Variables of such a call, and those of the functions around it that it sees. */
  variables: {
    params: { readonly frame: number };
    result: { readonly locals: readonly Variable[]; readonly closure: readonly Variable[] };
  };
  /** Replaces all breakpoints of a debug run. A block, input or output that is not there is answered with a message. */
  setBreakpoints: {
    params: { readonly breakpoints: readonly Breakpoint[]; readonly failures: FailureFilter };
    result: {
      readonly breakpoints: readonly {
        readonly id: number;
        readonly verified: boolean;
        readonly message?: string;
      }[];
    };
  };
  /** Stops before the next delivery. */
  pause: { params: undefined; result: Record<string, never> };
  /**
   * Goes on from a pause. `next`: to the next delivery of the run; `into`: to the next block that this event reaches;
   * `out`: until everything that this event causes is handled. Inside an expression: to the next place in this function,
   * to the next place whatever function it is in, to the next place in the caller; at its end, as `next` from the block.
   */
  resume: { params: { readonly step?: 'next' | 'into' | 'out' }; result: Record<string, never> };
  /** The event that the run stands before is not handled by this block; the run goes on, as after `resume`. */
  drop: { params: { readonly step?: 'next' }; result: Record<string, never> };
  /** Changes the data of the event that the run stands before, at a path of keys and indexes; gives all of it as JSON. */
  setData: {
    params: { readonly path: readonly (string | number)[]; readonly value: unknown };
    result: { readonly data: string };
  };
  /**
   * Gives a signal a value, as its owner would. Blocks whose static configuration comes out otherwise begin anew with it;
   * `restarted` names them.
   */
  setSignal: {
    params: { readonly owner: string; readonly signal: string; readonly value: unknown };
    result: { readonly restarted: readonly string[] };
  };
  stop: { params: undefined; result: RunStatus };
}

export type Method = keyof RunnerMethods;

/** Parent -> runner. */
export type Request = {
  [M in Method]: {
    readonly type: 'request';
    readonly version: number;
    readonly id: number;
    readonly method: M;
    readonly params: RunnerMethods[M]['params'];
  };
}[Method];

/** Runner -> parent. */
export type RunnerMessage =
  | { readonly type: 'ready'; readonly version: number }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'error'; readonly id: number; readonly message: string }
  /** Entries as lines (entryLine.ts). */
  | {
      readonly type: 'events';
      readonly runId: string;
      readonly text: string;
      readonly skipped: number;
    }
  /** Nothing is under way: no event, effect, request or wait. */
  | { readonly type: 'idle'; readonly status: RunStatus }
  /** A debug run stands still, until `resume` or `drop`. */
  | { readonly type: 'paused'; readonly pause: Pause }
  | { readonly type: 'resumed' }
  /** Processes that the parent has to end when the runner dies. */
  | { readonly type: 'children'; readonly pids: readonly number[] };
