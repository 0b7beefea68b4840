/**
 * `console` for expressions. `installConsole` runs inside the realm: its source text is compiled there, so everything it needs
 * is inside it.
 */
import type { HostBridge } from './globals.js';

/* The function below is compiled in another realm from its own source. */
export function installConsole(host: HostBridge): void {
  /** JSON.stringify's own type leaves out that some values have no JSON. */
  const toJson: (value: unknown) => string | undefined = JSON.stringify;
  /** As JavaScript does it where a text is expected. */
  const toText = (value: unknown): string =>
    Reflect.apply<undefined, [unknown], string>(String, undefined, [value]);
  const show = (value: unknown): string => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    try {
      return toJson(value) ?? toText(value);
    } catch {
      return Object.prototype.toString.call(value);
    }
  };
  const logger =
    (level: string) =>
    (...args: unknown[]): void =>
      host.log(level, args.map(show).join(' '));
  const log = logger('info');
  const error = logger('error');
  const counts = new Map<string, number>();
  const starts = new Map<string, number>();
  const passed = (label: string): string | undefined => {
    const start = starts.get(label);
    return start === undefined ? undefined : `${label}: ${(host.monotonic() - start).toFixed(3)} ms`;
  };
  const timed = (label: string, more: readonly unknown[]): void => {
    const time = passed(label);
    if (time !== undefined) log(time, ...more);
  };
  const console = {
    log,
    info: log,
    debug: logger('debug'),
    trace: logger('debug'),
    warn: logger('warn'),
    error,
    dir: (value: unknown): void => log(value),
    table: (value: unknown): void => log(value),
    group: log,
    groupCollapsed: log,
    groupEnd: (): void => undefined,
    assert: (condition: unknown, ...more: unknown[]): void => {
      if (!condition) error('Assertion failed', ...more);
    },
    count: (label: unknown = 'default'): void => {
      const name = toText(label);
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      log(`${name}: ${count}`);
    },
    countReset: (label: unknown = 'default'): void => void counts.delete(toText(label)),
    time: (label: unknown = 'default'): void => void starts.set(toText(label), host.monotonic()),
    timeLog: (label: unknown = 'default', ...more: unknown[]): void => timed(toText(label), more),
    timeEnd: (label: unknown = 'default'): void => {
      timed(toText(label), []);
      starts.delete(toText(label));
    },
  };
  Object.defineProperty(globalThis, 'console', {
    value: console,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}
