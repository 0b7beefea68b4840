/** Five-field cron expressions and time zones: what is wrong with one, in words. */

interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
  /** `L`, `15W`, `MON#1`, `5L`: last, nearest workday, nth of the month. Whether the platform knows them is not documented. */
  readonly special?: RegExp;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const DAY = `(?:[0-7]|${DAYS.join('|')})`;

const FIELDS: readonly CronField[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31, special: /^(?:LW?|(?:0?[1-9]|[12]\d|3[01])W)$/i },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  {
    name: 'day of the week',
    min: 0,
    max: 7,
    names: DAYS,
    special: new RegExp(`^${DAY}(?:L|(?:-${DAY})?#[1-5L])$`, 'i'),
  },
];

/** What is wrong with an expression. `warning`: some programs take it, and the platform may be one; a local run does not. */
export interface CronProblem {
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

/** Names for whole expressions. */
const MACRO = /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/i;
/** `TZ=…` before the fields. */
const TIME_ZONE_PREFIX = /^(?:CRON_)?TZ=(\S*)\s+/;
/** Specials of few programs. */
const RARE = /^(?:L-\d+|L)$/i;

export function cronProblem(written: string): CronProblem | undefined {
  const text = written.trim();
  if (MACRO.test(text)) return undefined;
  if (text.startsWith('@'))
    return unsure(`A local run cannot read \`${text}\`. Write the five fields, or a frequency.`);
  const zone = TIME_ZONE_PREFIX.exec(text);
  const parts = text.slice(zone?.[0].length ?? 0).split(/\s+/);
  if (parts.length !== FIELDS.length || parts[0] === '') {
    return wrong(
      `A cron expression has five fields (minute, hour, day of the month, month, day of the week), not ${parts[0] === '' ? 0 : parts.length}.`,
    );
  }
  const problems = FIELDS.flatMap((field, i) => {
    const items = parts[i]!.split(',');
    return items.flatMap((item) => itemProblem(item, field, items.length === 1) ?? []);
  });
  if (zone)
    problems.push(
      unsure(
        `A local run cannot read \`${zone[0].trim()}\`. Write the time zone beside the expression: \`location: ${zone[1]}\`.`,
      ),
    );
  return problems.find(({ severity }) => severity === 'error') ?? problems[0];
}

const wrong = (message: string): CronProblem => ({ message, severity: 'error' });
const unsure = (message: string): CronProblem => ({ message, severity: 'warning' });

function itemProblem(item: string, field: CronField, isAlone: boolean): CronProblem | undefined {
  const { special, name, min, max } = field;
  if (special && (special.test(item) || RARE.test(item))) {
    // Nothing but the last workday cannot be one of a list.
    return special.test(item) && (isAlone || !/^LW$/i.test(item))
      ? undefined
      : unsure(`A local run cannot read \`${item}\` as the ${name}.`);
  }
  const bad = wrong(
    `\`${item}\` is no ${name}: ${min}–${max}, a range, a list, \`*\` or a step like \`*/5\`.`,
  );
  const match = /^(\*|\?|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item);
  if (!match) return bad;
  const [, from, to, step] = match;
  if (step !== undefined && Number(step) === 0) return wrong(`A step of 0 in \`${item}\` never moves on.`);
  const isAny = from === '*' || from === '?';
  if (isAny && to !== undefined) return bad;
  const start = isAny ? min : numberOf(from!, field);
  const end = isAny ? max : to === undefined ? start : numberOf(to, field);
  if (start === undefined || end === undefined) return bad;
  if (end < start) {
    // Sunday is 0 and 7: `FRI-SUN` ends the week.
    if (max !== 7 || end !== 0) return wrong(`The range \`${item}\` ends before it begins.`);
    if (to === '0')
      return unsure(`A local run cannot read \`${item}\`: write 7 for the Sunday that ends a week.`);
  }
  if (step === undefined) return undefined;
  if (!isAny && to === undefined)
    return unsure(`A local run cannot read \`${item}\`: write \`${from}-${max}/${step}\`.`);
  // Sunday counts once.
  const longest = (max === 7 ? 6 : max) - min + 1;
  return Number(step) > longest
    ? unsure(`A local run cannot read \`${item}\`: a step here is ${longest} at most.`)
    : undefined;
}

function numberOf(text: string, { min, max, names }: CronField): number | undefined {
  const index = names?.indexOf(text.toUpperCase()) ?? -1;
  if (index >= 0) return index + min;
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  return number >= min && number <= max ? number : undefined;
}

export function timeZoneProblem(text: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return undefined;
  } catch {
    return `\`${text}\` is no time zone. Use a name of the IANA list, e.g. Europe/Warsaw or UTC.`;
  }
}
