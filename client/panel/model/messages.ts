/**
 * What the run panel's page and the extension say to each other. Whatever goes to the page has passed the redactor in the
 * runner, or is the flow's own text. The page pulls: it gets rows in answer to `rows` and acknowledges each lot before the next
 * one is sent, so that a page that is slow, hidden or made anew misses nothing and is not flooded.
 */
import type { RunError } from '../../runner/protocol.js';
import type { Diagram } from './diagram.js';
import type { JsonNode, JsonPage, JsonPath } from './jsonTree.js';
import type { Row } from './row.js';

/** `failed`: its process was gone; `interrupted`: its record has no end, and nobody writes it any more. */
export type RunState = 'running' | 'paused' | 'ended' | 'failed' | 'interrupted';

/** A run as lists show it. */
export interface RunSummary {
  readonly runId: string;
  /** File name of the flow. */
  readonly flow: string;
  readonly flowUri: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly state: RunState;
  /** Known when it has ended, and of one that is under way while it is shown. */
  readonly events?: number;
  readonly failures?: number;
}

/** An HTTP endpoint that the run listens on. */
export interface Endpoint {
  readonly block: string;
  readonly methods: readonly string[];
  readonly url: string;
}

/** The run that is shown. */
export interface ShownRun extends RunSummary {
  /** Its process is there: it takes events. */
  readonly live: boolean;
  readonly endpoints: readonly Endpoint[];
  /** Sentences about what is not as one may think, e.g. that the flow has been edited since. */
  readonly remarks: readonly string[];
  /** Waits under way. */
  readonly sleeping: number;
  /** Deliveries, requests, waits and timers under way. */
  readonly pending: number;
  /** Entries that came too fast to be sent here; its record on disk has them. */
  readonly skipped: number;
  /** Older entries that are no longer held. */
  readonly dropped: number;
  /** Its record is being read: more entries come. */
  readonly reading?: true;
  /** Where a debugged run stands. */
  readonly paused?: { readonly block: string; readonly why: string; readonly event?: string };
}

/** Of what an event holds or what is known with it. Config is that of the n-th receiver. */
export type Part =
  | { readonly kind: 'data' | 'previous' }
  | { readonly kind: 'output'; readonly key: string }
  | { readonly kind: 'signals'; readonly owner: string }
  | { readonly kind: 'config'; readonly receiver: number };

/** A value of an event, and a place in it. */
export interface ValueRef {
  readonly event: string;
  readonly part: Part;
}

/** Places in one part of an event. */
export interface FoundIn {
  readonly part: Part;
  readonly paths: readonly JsonPath[];
  /** There are more than were looked for. */
  readonly more: boolean;
}

/** What the inspector shows of an event, the values by their first node: the rest is asked for when it is opened. */
export interface EventDetails {
  readonly event: string;
  /** Characters of the data as JSON. */
  readonly size: number;
  /** The record holds the beginning of the data only. */
  readonly truncated: boolean;
  readonly data: JsonNode;
  readonly previous?: JsonNode;
  readonly outputs: readonly { readonly key: string; readonly node: JsonNode }[];
  readonly signals: readonly { readonly owner: string; readonly node: JsonNode }[];
  /** Keys only. */
  readonly secrets: readonly string[];
  readonly receivers: readonly {
    readonly block: string;
    readonly input: string;
    readonly config?: JsonNode;
    readonly error?: RunError;
  }[];
  /** The failures of handling it. */
  readonly failures: readonly FailureDetails[];
  /** Why configurations are not there. */
  readonly remark?: string;
}

export interface FailureDetails {
  readonly seq: number;
  readonly block: string;
  readonly input?: string;
  readonly handler?: string;
  readonly error: RunError;
}

/** Where an event can be sent: an input, or an output of a block in whose name it is emitted. */
export interface SendTarget {
  readonly block: string;
  readonly input?: string;
  readonly output?: string;
}

/** Requests of the page: name -> parameters and result. A rejection has a text for people. */
export interface PanelMethods {
  /** Shows a run, live or recorded. */
  open: { params: { readonly runId: string }; result: null };
  /** All runs that can be shown, the latest first. */
  history: { params: Record<string, never>; result: { readonly runs: readonly RunSummary[] } };
  deleteRun: { params: { readonly runId: string }; result: null };
  run: { params: Record<string, never>; result: null };
  stop: { params: Record<string, never>; result: null };
  /** Undefined when the event is no longer held. */
  inspect: { params: { readonly event: string }; result: { readonly details: EventDetails | undefined } };
  /** Children of a value, or more of a text. */
  expand: {
    params: { readonly ref: ValueRef; readonly path: JsonPath; readonly offset: number };
    result: JsonPage;
  };
  /** Places in all that is known of an event whose key or value holds the text, in the order of `EventDetails`. */
  find: {
    params: { readonly event: string; readonly text: string };
    result: { readonly found: readonly FoundIn[] };
  };
  copy: {
    params: { readonly ref: ValueRef; readonly path: JsonPath; readonly what: 'value' | 'path' };
    result: null;
  };
  copyText: { params: { readonly text: string }; result: null };
  /** Numbers of the held entries whose data holds the text; the later ones come with their rows. */
  search: { params: { readonly text: string }; result: { readonly hits: readonly number[] } };
  /** Text to begin with when an event is made by hand: its data, or what was sent there last, or a sample. */
  draft: {
    params: { readonly target: SendTarget } | { readonly event: string };
    result: { readonly text: string; readonly remark?: string };
  };
  send: { params: { readonly target: SendTarget; readonly json: string }; result: null };
  reEmit: { params: { readonly event: string; readonly json?: string }; result: null };
  /** Delivers the event once more to what follows it: in this run, or in a new one when this one has ended. */
  runFrom: { params: { readonly event: string }; result: null };
  skipSleep: { params: { readonly event?: string }; result: { readonly skipped: number } };
  saveAsMock: { params: { readonly block: string }; result: null };
  saveAsTest: { params: Record<string, never>; result: null };
  exportRun: { params: Record<string, never>; result: null };
  /** Offers events of the same output, of this and other runs, and opens the difference of their data. */
  compare: { params: { readonly event: string }; result: null };
  /** Opens the block, or a place (from 1), in the editor. */
  reveal: {
    params: {
      readonly block: string;
      readonly line?: number;
      readonly column?: number;
      readonly focus?: boolean;
    };
    result: null;
  };
  openData: { params: { readonly ref: ValueRef }; result: null };
}

export type PanelMethod = keyof PanelMethods;

/** Page -> extension. */
export type FromPage =
  /** The page stands; it asks for the run that it showed before, if any. */
  | { readonly type: 'ready'; readonly runId?: string }
  /** Whether an event is selected. */
  | { readonly type: 'selected'; readonly hasEvent: boolean }
  /** A command has arrived. */
  | { readonly type: 'took'; readonly id: number }
  /** Rows up to this number have arrived. */
  | { readonly type: 'got'; readonly seq: number }
  | {
      [M in PanelMethod]: {
        readonly type: 'request';
        readonly id: number;
        readonly method: M;
        readonly params: PanelMethods[M]['params'];
      };
    }[PanelMethod];

/** What a command of VS Code asks of the page: of what it shows, and of the event that is selected. */
const RUN_COMMANDS = ['clear', 'filter', 'history', 'export', 'send', 'pause', 'fit', 'skip'] as const;
const EVENT_COMMANDS = ['search', 'compare', 'reEmit', 'edit', 'runFrom'] as const;
export const PAGE_COMMANDS = [...RUN_COMMANDS, ...EVENT_COMMANDS] as const;
export type PageCommand = (typeof PAGE_COMMANDS)[number];
export type EventCommand = (typeof EVENT_COMMANDS)[number];

/** Extension -> page. */
export type ToPage =
  /** Another run, or none: all rows of the one before are void. */
  | { readonly type: 'run'; readonly run: ShownRun | undefined; readonly diagram: Diagram | undefined }
  | { readonly type: 'status'; readonly run: ShownRun }
  | { readonly type: 'diagram'; readonly diagram: Diagram | undefined }
  | {
      readonly type: 'rows';
      readonly runId: string;
      readonly rows: readonly Row[];
      /** Which of them hold the text that is searched for. */
      readonly hits: readonly number[];
      /** Entries before this number are no longer held. */
      readonly first: number;
    }
  /** The block at the editor's cursor. */
  | { readonly type: 'cursor'; readonly block: string | undefined }
  /** Sent until the page has taken it; a page that shows nothing yet does not. */
  | { readonly type: 'command'; readonly id: number; readonly command: PageCommand }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'error'; readonly id: number; readonly message: string };
