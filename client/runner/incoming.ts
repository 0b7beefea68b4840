/** Checks the sandbox's messages: whatever code has taken over there, the runner only sees well-formed ones. */
import type {
  Capabilities,
  LogLevel,
  SandboxError,
  SandboxFrame,
  StandingFrame,
  UpMessage,
  WorkRef,
} from './wire.js';

type Fields = Readonly<Record<string, unknown>>;

/** Longest text of a message that is taken over, in characters. */
const TEXT_LENGTH = 20_000;
const MAX_FRAMES = 10;
const MAX_TRAIL = 50;

/** The message in the JSON of a `J` line; undefined when it is none. */
export function readMessage(json: string): UpMessage | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isFields(fields)) return undefined;
  switch (fields['t']) {
    case 'hello':
      return isIndex(fields['version'])
        ? { t: 'hello', version: fields['version'], capabilities: capabilities(fields['capabilities']) }
        : undefined;
    case 'loaded':
      return { t: 'loaded' };
    case 'pong':
      return { t: 'pong' };
    case 'config':
      return isIndex(fields['block']) && typeof fields['json'] === 'string'
        ? { t: 'config', block: fields['block'], json: fields['json'] }
        : undefined;
    case 'value':
      return isIndex(fields['v']) && typeof fields['json'] === 'string'
        ? { t: 'value', v: fields['v'], json: fields['json'] }
        : undefined;
    case 'failed': {
      const work = workRef(fields['work']);
      return work && isFields(fields['error'])
        ? { t: 'failed', work, error: sandboxError(fields['error']) }
        : undefined;
    }
    case 'cancelled': {
      const work = workRef(fields['work']);
      return work && { t: 'cancelled', work };
    }
    case 'memory':
      return typeof fields['rss'] === 'number' ? { t: 'memory', rss: fields['rss'] } : undefined;
    case 'stands': {
      const work = workRef(fields['work']);
      const frames = standingFrames(fields['frames']);
      return work && frames.length > 0
        ? { t: 'stands', work, armed: fields['armed'] === true, ended: fields['ended'] === true, frames }
        : undefined;
    }
    case 'log': {
      const work = workRef(fields['work']);
      return {
        t: 'log',
        level: logLevel(fields['level']),
        text: text(fields['text']),
        ...(work && { work }),
      };
    }
    default:
      return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, TEXT_LENGTH) : '';
}

function logLevel(value: unknown): LogLevel {
  return value === 'debug' || value === 'warn' || value === 'error' ? value : 'info';
}

function workRef(value: unknown): WorkRef | undefined {
  if (!isFields(value)) return undefined;
  const { n, d, k, v, config } = value;
  if (isIndex(n) && isIndex(d)) return { n, d };
  if (isIndex(k)) return { k };
  if (isIndex(v)) return { v };
  return isIndex(config) ? { config } : undefined;
}

/** Calls of a stack that are told. */
const MAX_STANDING = 100;

function standingFrames(value: unknown): StandingFrame[] {
  const frames = Array.isArray(value) ? (value as unknown[]).slice(0, MAX_STANDING) : [];
  return frames.flatMap((frame) =>
    isFields(frame) && isIndex(frame['x']) && isIndex(frame['site'])
      ? [{ x: frame['x'], site: frame['site'] }]
      : [],
  );
}

function capabilities(value: unknown): Capabilities {
  const fields = isFields(value) ? value : {};
  return {
    node: text(fields['node']),
    permissions: fields['permissions'] === true,
    noCodeFromStrings: fields['noCodeFromStrings'] === true,
    emptyEnvironment: fields['emptyEnvironment'] === true,
  };
}

const KINDS: ReadonlySet<string> = new Set<SandboxError['kind']>([
  'thrown',
  'syntax',
  'secret',
  'signal',
  'payload',
  'depth',
  'queue',
  'json',
  'config',
]);

function sandboxError(fields: Fields): SandboxError {
  const { kind, name, message, expression, frames, trail } = fields;
  return {
    kind: typeof kind === 'string' && KINDS.has(kind) ? (kind as SandboxError['kind']) : 'thrown',
    name: text(name),
    message: text(message),
    frames: (Array.isArray(frames) ? (frames as unknown[]) : []).slice(0, MAX_FRAMES).flatMap((frame) => {
      if (
        !isFields(frame) ||
        !isIndex(frame['expression']) ||
        !isIndex(frame['line']) ||
        !isIndex(frame['column'])
      )
        return [];
      const { expression, line, column, stepped } = frame;
      return [{ expression, line, column, ...(stepped === true && { stepped }) }] as SandboxFrame[];
    }),
    ...(isIndex(expression) && { expression }),
    ...(Array.isArray(trail) && { trail: (trail as unknown[]).slice(0, MAX_TRAIL).filter(isIndex) }),
  };
}
