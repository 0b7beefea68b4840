/** What a frame shows: its event, configurations as evaluated, earlier outputs, signals, names of secrets. Loaded when opened. */
import type { EmittedEvent, Inspection, MockSource, RunError } from '../../runner/protocol.js';
import type { Frame } from './frames.js';
import { member } from './paths.js';
import { containerOf, line, tree, typeOf, type Change, type Child, type Container } from './variables.js';

export interface ScopeParts {
  readonly frame: Frame;
  readonly inspect: () => Promise<Inspection>;
  /** The event's data as a person has changed it, if so. */
  readonly edited: () => { readonly data: unknown } | undefined;
  readonly change: Change;
}

export interface FrameScope {
  readonly name: string;
  /** Asked for by itself when the frame is shown, or not before a person opens it. */
  readonly expensive: boolean;
  readonly container: Container;
}

const MOCKS: Readonly<Record<MockSource, string>> = {
  file: 'from the mocks file',
  recorded: 'recorded, from the mocks file',
  generated: 'made from the schema',
};

/** JSON longer than this is not opened; parts of it can be evaluated. In characters. */
const MAX_JSON = 64_000_000;

export function scopesOf(parts: ScopeParts): FrameScope[] {
  const { frame, inspect } = parts;
  const scope = (
    name: string,
    expensive: boolean,
    children: (inspection: Inspection) => Promise<readonly Child[]> | readonly Child[],
  ): FrameScope => ({
    name,
    expensive,
    container: { children: async () => children(await inspect()) },
  });
  const standing = frame.standing;
  return [
    {
      name: 'Event',
      expensive: false,
      container: {
        children: async () => eventChildren(await inspect(), parts),
        set: async (name, value) => {
          if (name !== 'data') throw new Error('Only the data of an event can be changed.');
          return parts.change([], value);
        },
      },
    },
    scope(standing ? 'Inputs' : 'Inputs of receivers', true, ({ receivers }) => inputs(receivers, frame)),
    scope('Outputs', true, ({ outputs }) =>
      Object.entries(outputs).map(([key, json]) => parsed(key, json, member('outputs', key))),
    ),
    standing
      ? previousOf(parts)
      : scope(`Previous of ${frame.block}`, true, ({ previous }) =>
          previous === undefined ? [] : opened(parse(previous), 'previous', undefined),
        ),
    scope('Signals', true, ({ signals }) =>
      Object.entries(signals).map(([owner, json]) => parsed(owner, json, member('signals', owner))),
    ),
    scope('Secrets', true, ({ secrets }) => secrets.map(secret)),
  ];
}

/** A signal that has changed: what it was, and what it is. */
export function signalScope({ before, after }: NonNullable<Frame['signal']>): FrameScope {
  const values = [
    ...(before === undefined ? [] : [parsed('before', before, undefined)]),
    parsed('after', after, undefined),
  ];
  return { name: 'Signal', expensive: false, container: { children: () => values } };
}

/** What the block's expressions call `previous`: the data of the event before it. */
function previousOf(parts: ScopeParts): FrameScope {
  const value = async (): Promise<unknown> => data(await parts.inspect(), parts);
  return {
    name: 'Previous',
    expensive: true,
    container: {
      children: async () => opened(await value(), 'previous', 'previous', parts.change),
      set: async (name, next) => parts.change(isMap(await value()) ? [name] : [], next),
    },
  };
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands for the value of a secret, of whatever type it is. */
export function secretMarker(key: string): string {
  return `‹secret:${key}›`;
}

function secret(key: string): Child {
  return {
    name: key,
    value: secretMarker(key),
    type: 'secret',
    evaluateName: member('secrets', key),
    readOnly: true,
  };
}

function eventChildren(inspection: Inspection, parts: ScopeParts): Child[] {
  const { event } = inspection;
  const about = (name: string, value: string, evaluateName?: string): Child => ({
    name,
    value,
    type: 'string',
    readOnly: true,
    ...(evaluateName !== undefined && { evaluateName }),
  });
  return [
    tree('data', data(inspection, parts), 'event.data', parts.change),
    ...(parts.edited() ? [about('edited', 'not sent: Restart Frame sends it')] : []),
    about('from', origin(event)),
    about('at', new Date(event.at).toISOString()),
    ...(event.mock === undefined ? [] : [about('mock', MOCKS[event.mock])]),
    ...(event.leaks && event.leaks.length > 0
      ? [about('holds', `${event.leaks.map(secretMarker).join(', ')}: the platform would show it downstream`)]
      : []),
    about('id', event.id, 'event.id'),
  ];
}

function origin({ block, output, input }: EmittedEvent): string {
  return output === undefined ? `a debug event to ${block} ← ${input ?? 'input'}` : `${block} → ${output}`;
}

function data({ event }: Inspection, { edited }: ScopeParts): unknown {
  const own = edited();
  return own ? own.data : parse(event.data);
}

async function inputs(receivers: Inspection['receivers'], frame: Frame): Promise<readonly Child[]> {
  if (frame.standing) {
    const own = receivers.find(({ block, input }) => block === frame.block && input === frame.input);
    if (!own) return [];
    if (own.error) return [failure('error', own.error)];
    return own.config === undefined ? [] : opened(parse(own.config), 'config', undefined);
  }
  return receivers.map(({ block, input, config, error }) => {
    const name = `${block} ← ${input}`;
    return error ? failure(name, error) : parsed(name, config ?? 'null', undefined);
  });
}

function failure(name: string, { name: kind, message, path, place }: RunError): Child {
  const where = [path, place && `line ${place.line}, column ${place.column}`].filter(Boolean).join(', ');
  return {
    name,
    value: `${kind}: ${message}${where && ` (${where})`}`,
    type: kind,
    readOnly: true,
  };
}

/** The children of a value at once; of one that has none, the value itself. */
async function opened(
  value: unknown,
  name: string,
  evaluateName: string | undefined,
  change?: Change,
): Promise<readonly Child[]> {
  const container = containerOf(value, evaluateName, change);
  return container && isMap(value)
    ? container.children({ start: 0, count: 0 })
    : [tree(name, value, evaluateName, change)];
}

function parsed(name: string, json: string, evaluateName: string | undefined): Child {
  if (json.length > MAX_JSON) {
    const value = `${Math.round(json.length / 1_000_000)} MB of JSON: evaluate a part of it`;
    return { name, value, readOnly: true, ...(evaluateName !== undefined && { evaluateName }) };
  }
  return tree(name, parse(json), evaluateName);
}

/** JSON as a value; what is too long, or cut, as a text that says so. */
export function parse(json: string): unknown {
  if (json.length > MAX_JSON)
    return `${Math.round(json.length / 1_000_000)} MB of JSON: evaluate a part of it, e.g. event.data.items[0]`;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return json;
  }
}

/** An answer of the runner as a child without a name. */
export function answer(json: string, type: string, evaluateName: string): Child {
  const value = parse(json);
  const opens = containerOf(value, evaluateName);
  return {
    name: '',
    value: line(value),
    type: type === '' ? typeOf(value) : type,
    evaluateName,
    ...(opens && { opens }),
  };
}
