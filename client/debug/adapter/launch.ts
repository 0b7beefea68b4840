/** What a launch configuration says, checked: bad input is answered with what is wrong and what is expected. */
import type { DebugEventRequest } from '../../runner/protocol.js';

export interface Launch {
  /** Path of the flow file, or its URI where it is on no disk. */
  readonly flow: string;
  /** Runs without stopping anywhere. */
  readonly noDebug: boolean;
  readonly stopOnEntry: boolean;
  /** Port on 127.0.0.1 of the flow's endpoints; undefined: as the settings say. */
  readonly port?: number;
  readonly virtualTime: boolean;
  /** Path of a mocks file instead of the one beside the flow. */
  readonly mocks?: string;
  /** Sent once the flow runs. */
  readonly event?: DebugEventRequest;
  /** Longest time of one block's expressions, in seconds. */
  readonly deadline?: number;
  /** By owner's key and signal. */
  readonly signals?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** @throws Error with a sentence for people. */
export function readLaunch(given: unknown): Launch {
  const config = map(given, 'The launch configuration');
  if ('secrets' in config || 'env' in config) {
    throw new Error(
      'A launch configuration holds no secrets: it is a file that others read. Values come from the keychain (Flows: Add Secret); remove `secrets` and `env`.',
    );
  }
  const { flow, port, mocks, deadline } = config;
  if (typeof flow !== 'string' || flow.trim() === '') fail('flow', 'the path of a flow file', flow);
  if (port !== undefined && !(Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535))
    fail('port', 'a whole number from 0 (any free port) to 65535', port);
  if (mocks !== undefined && typeof mocks !== 'string') fail('mocks', 'the path of a mocks file', mocks);
  if (deadline !== undefined && !(typeof deadline === 'number' && deadline > 0))
    fail('deadline', 'a number of seconds above 0', deadline);
  return {
    flow,
    noDebug: flag(config, 'noDebug'),
    stopOnEntry: flag(config, 'stopOnEntry'),
    virtualTime: flag(config, 'virtualTime'),
    ...(port !== undefined && { port: port as number }),
    ...(mocks !== undefined && { mocks: mocks }),
    ...(deadline !== undefined && { deadline: deadline }),
    ...('event' in config && config['event'] !== undefined && { event: readEvent(config['event']) }),
    ...('signals' in config &&
      config['signals'] !== undefined && { signals: readSignals(config['signals']) }),
  };
}

function readEvent(given: unknown): DebugEventRequest {
  const event = map(given, '`event`');
  const text = (key: string): string | undefined => {
    const value = event[key];
    if (value !== undefined && typeof value !== 'string') fail(`event.${key}`, 'a text', value);
    return value;
  };
  const block = text('block');
  if (block === undefined || block === '') fail('event.block', 'the name of a block', block);
  const [input, output] = [text('input'), text('output')];
  return {
    block,
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    data: event['data'] ?? {},
  };
}

function readSignals(given: unknown): NonNullable<Launch['signals']> {
  const owners = map(given, '`signals`');
  for (const [owner, signals] of Object.entries(owners)) map(signals, `\`signals.${owner}\``);
  return owners as NonNullable<Launch['signals']>;
}

function flag(config: Readonly<Record<string, unknown>>, key: string): boolean {
  const value = config[key] ?? false;
  if (typeof value !== 'boolean') fail(key, '`true` or `false`', value);
  return value;
}

function map(given: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Error(`${what} has to be an object.`);
  return given as Readonly<Record<string, unknown>>;
}

function fail(key: string, expected: string, found: unknown): never {
  throw new Error(
    `Launch configuration: \`${key}\` has to be ${expected}${found === undefined ? ', and is missing' : ''}.`,
  );
}
