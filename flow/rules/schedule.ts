/**
 * What a Schedule says of its times. The names of its keys are inferred (flows-platform §8.1): values of those that are
 * known are checked, others are not called mistakes, but a local run cannot start without the ones that it knows.
 */
import { nearest } from '../keys.js';
import type { Block, MapEntry, MapValue, Value } from '../model.js';
import type { Problem, Severity } from '../problem.js';
import type { Span } from '../text.js';
import { entryOf, stringOf } from '../yaml.js';
import { cronProblem, timeZoneProblem } from './cron.js';

const UNITS: readonly string[] = ['seconds', 'minutes', 'hours', 'days'];
/** Keys of the configuration that say when, and those that say how. */
const TIMES: readonly string[] = ['cron', 'frequency', 'expression', 'interval'];
const KEYS: readonly string[] = [...TIMES, 'type', 'unit', 'location', 'timezone', 'timeZone', 'time_zone'];

const FORMS =
  '`cron: { expression: 0 9 * * 1-5, location: Europe/Warsaw }` or `frequency: { interval: 5, unit: minutes }`';

export function checkSchedule({ config, name }: Block, problems: Problem[]): void {
  const report = (message: string, span: Span, severity: Severity = 'error', near?: string): void => {
    problems.push({
      code: 'invalid-schedule',
      message,
      severity,
      span,
      ...(near !== undefined && { data: { near } }),
    });
  };
  const frequency = mapAt(config, 'frequency');
  const cronMap = mapAt(config, 'cron');
  const cron =
    (cronMap ? entryAt(cronMap, 'expression') : entryAt(config, 'cron')) ?? entryAt(config, 'expression');
  const interval = entryAt(frequency, 'interval') ?? entryAt(config, 'interval');
  const unit = entryAt(frequency, 'unit') ?? entryAt(config, 'unit');
  checkTexts(config, report);
  if (cron) {
    if (cron.value.kind !== 'expression' && stringOf(cron.value) === undefined)
      report('A cron expression is a text of five fields, e.g. `0 9 * * 1-5`.', cron.value.span);
    return;
  }
  if (interval) {
    checkInterval(interval.value, report);
    const text = unit && stringOf(unit.value);
    if (unit && unit.value.kind !== 'expression' && !UNITS.includes(text ?? '')) {
      const near = text === undefined ? undefined : nearest(text, UNITS);
      report(
        `A local run knows no such unit of an interval. ${near === undefined ? `Known: ${UNITS.join(', ')}.` : `Did you mean \`${near}\`?`}`,
        unit.value.span,
        'warning',
        near,
      );
    }
    return;
  }
  if (cronMap ?? frequency) {
    const key = entryOf(config, cronMap ? 'cron' : 'frequency')!;
    report(
      cronMap
        ? '`cron` needs an `expression`, e.g. `0 9 * * 1-5`.'
        : '`frequency` needs an `interval`, a number above 0, and a `unit`, e.g. minutes.',
      key.keySpan,
      'warning',
    );
    return;
  }
  if (config?.entries.some(({ key, value }) => TIMES.includes(key) && value.kind === 'expression')) return;
  const unknown = config?.entries.filter(({ key }) => !KEYS.includes(key)) ?? [];
  for (const { key, keySpan } of unknown) {
    const near = nearest(key, TIMES);
    if (near === undefined) continue;
    report(`This Schedule has no times: did you mean \`${near}\`?`, keySpan, 'warning', near);
    return;
  }
  if (unknown.length === 0) report(`A Schedule needs its times: ${FORMS}.`, name.span, 'warning');
  else report(`A local run cannot start this Schedule: it reads ${FORMS}.`, name.span, 'information');
}

type Report = (message: string, span: Span, severity?: Severity, near?: string) => void;

/** Texts with cron expressions and time zones, wherever they stand. */
function checkTexts(map: MapValue | undefined, report: Report): void {
  for (const { key, value } of map?.entries ?? []) {
    const text = stringOf(value);
    if (value.kind === 'map') {
      checkTexts(value, report);
    } else if (/^(?:location|time_?zone)$/i.test(key)) {
      const problem = text === undefined ? undefined : timeZoneProblem(text);
      if (problem !== undefined) report(problem, value.span);
      else if (value.kind === 'constant' && value.value !== null && text === undefined)
        report('A time zone is a name of the IANA list, e.g. Europe/Warsaw or UTC.', value.span);
    } else if (text !== undefined && /^(?:cron|expression)$/.test(key)) {
      const problem = cronProblem(text);
      if (problem) report(problem.message, value.span, problem.severity);
    }
  }
}

function checkInterval(value: Value, report: Report): void {
  if (value.kind === 'expression') return;
  const number = value.kind === 'constant' ? value.value : undefined;
  if (typeof number === 'number' && number > 0) return;
  if (typeof number === 'string' && Number(number) > 0)
    report('A local run takes an interval as a number only: write it without quotes.', value.span, 'warning');
  else report('An interval is a number above 0.', value.span);
}

/** An entry with a value. */
function entryAt(map: MapValue | undefined, key: string): MapEntry | undefined {
  const entry = entryOf(map, key);
  return entry && !(entry.value.kind === 'constant' && entry.value.value === null) ? entry : undefined;
}

function mapAt(map: MapValue | undefined, key: string): MapValue | undefined {
  const value = entryOf(map, key)?.value;
  return value?.kind === 'map' ? value : undefined;
}
