/**
 * A run as a test, and what a block answered in it as recorded mocks: from the entries of a run that goes on or of one that was
 * recorded. They are redacted, so what is written holds markers in the place of values.
 */
import type { Json } from '../../flow/model.js';
import type { TextEdit } from '../../flow/project.js';
import { MATCHERS } from '../../flow/testing/matchers.js';
import { addItem, Tagged, yamlLines, type Written } from '../../flow/writeYaml.js';
import { Redactor } from '../redaction/index.js';
import type { EmittedEvent, FailedEvent, RunEvent } from '../runner/protocol.js';
import { messageWords } from '../runner/words.js';

export interface Saved {
  readonly edit: TextEdit;
  /** Sentences about what could not be saved as it was. */
  readonly remarks: readonly string[];
}

export interface TestSource {
  /** Redacted; in order. */
  readonly entries: readonly RunEvent[];
  /** Names of tests that are there already. */
  readonly names: ReadonlySet<string>;
  /** Blocks that answer requests. */
  readonly endpoints: ReadonlySet<string>;
  /** Blocks that do real work outside of the flow unless they are mocked. */
  readonly outside: ReadonlySet<string>;
  /** Values that may be shown, by key: events hold them, and the file does not get them. */
  readonly shown: Readonly<Record<string, string>>;
  /** Keys of these whose value the file says to be `stored` already. */
  readonly stored: ReadonlySet<string>;
}

/** Adds a test to the text of a test file, '' for a new one. Throws with a text for people when there is nothing to save. */
export function saveTest(text: string, origin: TestSource): Saved {
  const { shown } = origin;
  const source = { ...origin, entries: masked(origin.entries, shown) };
  const { entries, outside } = source;
  const events = entries.filter((entry): entry is EmittedEvent => entry.kind === 'event');
  const known = new Set(events.map(({ id }) => id));
  const roots = events.filter(({ parent }) => parent === undefined || !known.has(parent));
  if (roots.length === 0) throw new Error('This run has no event that could be sent again.');
  const remarks = new Set<string>();
  const steps = stepsOf(roots, source, remarks);
  const given = new Set(leavesOf(steps));
  const expect = entries.flatMap((entry) => expectationOf(entry, roots, given, remarks));
  const answers = steps['request'] === undefined ? [] : statuses(entries);
  const keys = Object.keys(shown).filter((key) => !source.stored.has(key));
  const secrets: Written = Object.fromEntries(keys.map((key) => [key, 'stored']));
  // A new file says it for all of its tests.
  const isNew = text === '';
  const test: Written = {
    name: nameFor(events, roots[0]!, source.names),
    ...(!isNew && keys.length > 0 && { secrets }),
    ...steps,
    expect: [...expect, ...answers.map((status) => ({ response: { status } }))],
  };
  for (const block of new Set(events.filter(({ mock }) => mock === undefined).map(({ block }) => block)))
    if (outside.has(block))
      remarks.add(
        `"${block}" did real work in this run, and will in the test: save its answers as a mock as well.`,
      );
  for (const remark of tooShort(shown, test, 'the test')) remarks.add(remark);
  const start =
    isNew && keys.length > 0
      ? yamlLines({ secrets })
          .map((line) => `${line}\n`)
          .join('')
      : text;
  const edit = addItem(start, { path: ['tests'], item: test, at: 'end' }, MATCHERS);
  return { edit: difference(text, apply(start, edit)), remarks: [...remarks] };
}

/** Characters up to which a value is not masked inside of texts (docs/redaction.md). */
const UNMASKED = 3;

function tooShort(shown: TestSource['shown'], written: Written, what: string): string[] {
  const text = JSON.stringify(written);
  return Object.entries(shown).flatMap(([key, value]) =>
    value.length <= UNMASKED && text.includes(value)
      ? [`The value of ${key} is too short to be told from other text: where events hold it, ${what} does.`]
      : [],
  );
}

function redactorOf(shown: TestSource['shown']): Redactor {
  return new Redactor(Object.entries(shown).map(([key, value]) => ({ key, value, sensitive: true })));
}

/** Entries with markers in the places of values that may be shown: those are for this machine's eyes. */
function masked(entries: readonly RunEvent[], shown: TestSource['shown']): readonly RunEvent[] {
  if (Object.keys(shown).length === 0) return entries;
  const redactor = redactorOf(shown);
  const known = new Set(entries.flatMap((entry) => (entry.kind === 'event' ? [entry.id] : [])));
  return entries.map((entry): RunEvent => {
    switch (entry.kind) {
      case 'event': {
        if (entry.truncated) return entry;
        const data = JSON.parse(entry.data) as Json;
        // A marker that is sent becomes a text, so what is no text stays what it is: it came from outside.
        const isSent = entry.parent === undefined || !known.has(entry.parent);
        return {
          ...entry,
          data: JSON.stringify(isSent ? textsMasked(data, redactor) : redactor.value(data)),
        };
      }
      case 'failed':
        return { ...entry, error: { ...entry.error, message: redactor.text(entry.error.message) } };
      default:
        return entry;
    }
  });
}

function textsMasked(value: Json, redactor: Redactor): Json {
  if (typeof value === 'string') return redactor.text(value);
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => textsMasked(item, redactor));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [redactor.text(key), textsMasked(item, redactor)]),
  );
}

/** Keys with the same kind of step stand together: a test has each key once. */
function stepsOf(
  roots: readonly EmittedEvent[],
  { endpoints }: TestSource,
  remarks: Set<string>,
): Record<string, Written> {
  const steps: Record<string, Written[]> = {};
  for (const root of roots) {
    const { block, input, output, truncated } = root;
    if (truncated)
      remarks.add(`The event that came to "${block}" is too large to be kept: its data is missing.`);
    const request = output === 'requests' && endpoints.has(block) ? requestOf(dataOf(root)) : undefined;
    const data = truncated ? null : dataOf(root);
    const step: Written = request ?? {
      block,
      ...(input !== undefined && { input }),
      ...(output !== undefined && { output }),
      data,
    };
    (steps[request ? 'request' : 'send'] ??= []).push(step);
  }
  return Object.fromEntries(
    Object.entries(steps).map(([kind, list]) => [kind, list.length === 1 ? list[0]! : list]),
  );
}

/** Headers that the caller's program adds. */
const TRANSPORT =
  /^(?:host|connection|content-length|transfer-encoding|accept|accept-.*|user-agent|sec-.*|keep-alive|upgrade-insecure-requests|cache-control|pragma)$/;

/** A request as a test sends it, from the event that it has become. */
function requestOf(data: Json): Written | undefined {
  if (!isMap(data) || typeof data['path'] !== 'string' || typeof data['method'] !== 'string')
    return undefined;
  const { path, method, query, headers, body, rawBody } = data;
  const type = isMap(headers) ? headers['content-type'] : undefined;
  const isJson = typeof type === 'string' && /[/+]json\b/i.test(type);
  const kept = Object.entries(isMap(headers) ? headers : {}).filter(
    ([name]) => !TRANSPORT.test(name) && !(isJson && name === 'content-type'),
  );
  const content = isJson ? body : rawBody;
  return {
    method,
    path,
    ...(isMap(query) && Object.keys(query).length > 0 && { query }),
    ...(kept.length > 0 && { headers: Object.fromEntries(kept) }),
    ...(content !== undefined && content !== null && content !== '' && { body: content }),
  };
}

function expectationOf(
  entry: RunEvent,
  roots: readonly EmittedEvent[],
  given: ReadonlySet<Written>,
  remarks: Set<string>,
): Written[] {
  if (entry.kind === 'failed') return [{ block: entry.block, failed: messageWords(entry.error) }];
  if (entry.kind !== 'event' || entry.output === undefined || roots.includes(entry)) return [];
  const { block, output } = entry;
  if (!entry.truncated) return [{ block, output, data: lasting(dataOf(entry), given) }];
  remarks.add(`Data of "${block}" is too large to be compared: the test only asks for the event.`);
  return [{ block, output }];
}

/** Statuses of the answers that callers got, in order (httpEndpoint.ts words them). */
function statuses(entries: readonly RunEvent[]): number[] {
  return entries.flatMap((entry) => {
    const [, status] = (entry.kind === 'activity' && /^answer (\d{3}) to /.exec(entry.text)) || [];
    return status === undefined ? [] : [Number(status)];
  });
}

function nameFor(events: readonly EmittedEvent[], root: EmittedEvent, names: ReadonlySet<string>): string {
  const last = events.at(-1)!.block;
  const name = last === root.block ? `${root.block} gets an event` : `${root.block} leads to ${last}`;
  let unique = name;
  for (let i = 2; names.has(unique); i++) unique = `${name} (${i})`;
  return unique;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[-+]\d\d:?\d\d)$/;

/** Whether a value is another one in the next run: ids, and times of these years in any unit. */
function isPassing(value: Json): boolean {
  if (typeof value === 'string')
    return UUID.test(value) || TIME.test(value) || /^https?:\/\/127\.0\.0\.1:\d+/.test(value);
  return (
    typeof value === 'number' && ((value > 1.6e12 && value < 2.2e12) || (value > 1.6e9 && value < 2.2e9))
  );
}

/** What is the same in the next run; what was given to this one is. */
function lasting(value: Json, given: ReadonlySet<Written>): Written {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => lasting(item, given));
  if (isMap(value)) {
    // A request that is passed on: its caller's program is another one.
    const isRequest = isMap(value['headers']) && 'host' in value['headers'];
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !(isRequest && (key === 'headers' || key === 'rawBody')))
        .map(([key, inner]) => [key, lasting(inner, given)]),
    );
  }
  return isPassing(value) && !given.has(value) ? new Tagged('!any') : value;
}

function leavesOf(value: Written): Written[] {
  if (typeof value !== 'object' || value === null || value instanceof Tagged) return [value];
  return (Object.values(value) as Written[]).flatMap(leavesOf);
}

export interface MockOrigin extends Pick<TestSource, 'entries' | 'shown'> {
  readonly block: string;
}

/** Adds what a block answered to the text of a mocks file, '' for a new one. Throws with a text for people when it is nothing. */
export function saveMock(text: string, { entries, block, shown }: MockOrigin): Saved {
  const redactor = redactorOf(shown);
  const byId = new Map(
    masked(entries, shown).flatMap((entry) => (entry.kind === 'event' ? [[entry.id, entry] as const] : [])),
  );
  const remarks = new Set<string>();
  const answers = new Map<string, { cause: EmittedEvent; outputs: EmittedEvent[]; failure?: FailedEvent }>();
  for (const entry of entries) {
    if (entry.block !== block || (entry.kind !== 'event' && entry.kind !== 'failed')) continue;
    const cause = byId.get((entry.kind === 'event' ? entry.parent : entry.event) ?? '');
    // What no event has caused is no answer; what is too large is not known.
    if (!cause || (entry.kind === 'event' && entry.output === undefined)) continue;
    const answer = answers.get(cause.id) ?? { cause, outputs: [] };
    answers.set(cause.id, answer);
    if (entry.kind === 'failed') answer.failure = entry;
    else answer.outputs.push(entry);
  }
  const recorded = new Map<string, Written>();
  for (const { cause, outputs, failure } of answers.values()) {
    if (outputs.some(({ truncated }) => truncated)) {
      remarks.add(`An answer of "${block}" is too large to be kept: it is left out.`);
      continue;
    }
    const when = cause.truncated ? undefined : lastingPart(dataOf(cause));
    const answer: Written = {
      ...(when !== undefined && { when }),
      // A marker becomes a text again, so a number stays what it is.
      ...(failure
        ? { error: redactor.text(messageWords(failure.error)) }
        : { outputs: outputMaps(outputs, (data) => textsMasked(data, redactor)) }),
    };
    if (keysIn(answer).some((key) => !Object.hasOwn(shown, key)))
      remarks.add(
        `What "${block}" answered holds values of secrets: markers stand in their places, and are emitted as texts.`,
      );
    recorded.set(JSON.stringify(when), answer);
  }
  if (recorded.size === 0) throw new Error(`"${block}" has not answered any event in this run.`);
  for (const remark of tooShort(shown, [...recorded.values()], 'the mock')) remarks.add(remark);
  let edited = text;
  // The newest goes first, as the first that fits is taken.
  for (const item of recorded.values())
    edited = apply(edited, addItem(edited, { path: ['blocks', block, 'recorded'], item, at: 'start' }));
  return { edit: difference(text, edited), remarks: [...remarks] };
}

/** Keys whose markers stand in it. */
function keysIn(written: Written): string[] {
  return [...JSON.stringify(written).matchAll(/‹secret:([^›]*)›/g)].map(([, key]) => key!);
}

/** One map where every output has one event, as most do. */
function outputMaps(events: readonly EmittedEvent[], mask: (data: Json) => Json): Written {
  const maps = events.map((event) => ({ [event.output!]: mask(dataOf(event)) }));
  const keys = new Set(events.map(({ output }) => output));
  return keys.size === events.length ? (Object.assign({}, ...maps) as Written) : maps;
}

/** What of an event is the same when it comes again; undefined: nothing. */
function lastingPart(value: Json): Json | undefined {
  if (isMap(value)) {
    const isRequest = isMap(value['headers']) && 'host' in value['headers'];
    const entries = Object.entries(value).flatMap(([key, inner]): [string, Json][] => {
      const part = isRequest && (key === 'headers' || key === 'rawBody') ? undefined : lastingPart(inner);
      return part === undefined ? [] : [[key, part]];
    });
    return entries.length === 0 && Object.keys(value).length > 0 ? undefined : Object.fromEntries(entries);
  }
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map(lastingPart);
    // Lists are compared as a whole.
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  return isPassing(value) ? undefined : value;
}

function apply(text: string, { span, text: inserted }: TextEdit): string {
  return text.slice(0, span.start) + inserted + text.slice(span.end);
}

/** One edit for what lies between what both have in common at their ends. */
function difference(before: string, after: string): TextEdit {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = before.length;
  let tail = after.length;
  while (end > start && tail > start && before[end - 1] === after[tail - 1]) {
    end--;
    tail--;
  }
  return { span: { start, end }, text: after.slice(start, tail) };
}

function dataOf({ data, truncated }: EmittedEvent): Json {
  return truncated ? null : (JSON.parse(data) as Json);
}

function isMap(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
