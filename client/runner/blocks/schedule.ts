/**
 * Schedule: starts a line of events at times (flows-platform §2). The names of its configuration are inferred there from
 * the schedules of apps: `type`, `cron: { expression, location }`, `frequency: { interval, unit }`; what people would
 * write short is taken as well: `cron: "0 9 * * 1-5"` with `timezone`, `interval` in seconds.
 */
import { Cron } from 'croner';
import { asMap, BlockError, type BlockContext, type CoreBlock } from './block.js';
import { ownOutput } from './outputs.js';

const UNITS: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };

/** The time after `now` (milliseconds since the epoch) at which it is due; undefined: never again. */
export type NextTime = (now: number) => number | undefined;

export const schedule: CoreBlock = {
  start(context) {
    const next = readSchedule(context.config);
    plan(context, next);
  },
};

function plan(context: BlockContext, next: NextTime): void {
  const { clock } = context;
  const time = next(clock.now());
  if (time === undefined) {
    context.activity('The schedule has no further time.');
    return;
  }
  clock.at(time, () => {
    context.emit(ownOutput(context.block), { timestamp: new Date(time).toISOString() });
    plan(context, next);
  });
}

export function readSchedule(value: unknown): NextTime {
  const config = asMap(value);
  const frequency = asMap(config['frequency']);
  // A key without a value is none.
  const interval = frequency['interval'] ?? config['interval'] ?? undefined;
  const cron =
    typeof config['cron'] === 'string'
      ? config['cron']
      : (asMap(config['cron'])['expression'] ?? config['expression'] ?? undefined);
  if (interval !== undefined && cron === undefined)
    return every(interval, frequency['unit'] ?? config['unit'] ?? 'seconds');
  if (typeof cron === 'string') {
    const zone = asMap(config['cron'])['location'] ?? config['location'] ?? config['timezone'] ?? 'UTC';
    return byCron(cron, zone);
  }
  throw new BlockError(
    'A Schedule needs `cron: { expression, location }`, for example "0 9 * * 1-5" and Europe/Warsaw, or `frequency: { interval, unit }`.',
  );
}

function every(interval: unknown, unit: unknown): NextTime {
  const factor = typeof unit === 'string' && Object.hasOwn(UNITS, unit) ? UNITS[unit]! : undefined;
  if (typeof interval !== 'number' || !(interval > 0) || factor === undefined) {
    throw new BlockError(`An interval is a number above 0 with a unit of ${Object.keys(UNITS).join(', ')}.`);
  }
  const milliseconds = interval * factor * 1000;
  return (now) => now + milliseconds;
}

function byCron(expression: string, zone: unknown): NextTime {
  if (typeof zone !== 'string' || !isTimeZone(zone)) {
    throw new BlockError('The time zone of a Schedule is a name such as Europe/Warsaw or UTC.');
  }
  let cron: Cron;
  try {
    cron = new Cron(expression, { paused: true, timezone: zone, mode: '5-part' });
  } catch {
    throw new BlockError(
      'The cron expression of a Schedule has five fields: minute, hour, day of month, month, day of week. For example: 0 9 * * 1-5.',
    );
  }
  return (now) => cron.nextRun(new Date(now))?.getTime();
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
