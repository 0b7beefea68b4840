/** Five-field cron expressions and time zones: what is wrong with one, in words. */

interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
  /** Takes what EXTENSION describes. */
  readonly extended?: boolean;
}

const FIELDS: readonly CronField[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31, extended: true },
  {
    name: 'month',
    min: 1,
    max: 12,
    names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  },
  {
    name: 'day of the week',
    min: 0,
    max: 7,
    names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
    extended: true,
  },
];

/** `TZ=…` before the fields and names for whole expressions: common, and not documented to be wrong. */
const TIME_ZONE_PREFIX = /^\s*(?:CRON_)?TZ=\S+\s+/;
const MACRO = /^\s*@\w+/;
/** `L`, `15W`, `MON#1`, `5L`: last, nearest workday, nth of the month. Whether the platform knows them is not documented. */
const EXTENSION = /^(?:L|LW|L-\d+|\d+W|\w{1,3}#\d|(?:\d|[A-Z]{3})L)$/i;

export function cronProblem(text: string): string | undefined {
  if (MACRO.test(text)) return undefined;
  const parts = text.replace(TIME_ZONE_PREFIX, '').trim().split(/\s+/);
  if (parts.length !== FIELDS.length || parts[0] === '') {
    return `A cron expression has five fields (minute, hour, day of the month, month, day of the week), not ${parts[0] === '' ? 0 : parts.length}.`;
  }
  for (const [i, field] of FIELDS.entries()) {
    for (const item of parts[i]!.split(',')) {
      const wrong = field.extended && EXTENSION.test(item) ? undefined : itemProblem(item, field);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
}

function itemProblem(item: string, field: CronField): string | undefined {
  const match = /^(\*|\?|[\w]+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item);
  const bad = `\`${item}\` is no ${field.name}: ${field.min}–${field.max}, a range, a list, \`*\` or a step like \`*/5\`.`;
  if (!match) return bad;
  const [, from, to, step] = match;
  if (step !== undefined && Number(step) === 0) return `A step of 0 in \`${item}\` never moves on.`;
  if (from === '*' || from === '?') return to === undefined ? undefined : bad;
  const start = numberOf(from!, field);
  const end = to === undefined ? start : numberOf(to, field);
  if (start === undefined || end === undefined) return bad;
  // Sunday is 0 and 7: `FRI-SUN` ends the week.
  return end < start && !(field.max === 7 && end === 0)
    ? `The range \`${item}\` ends before it begins.`
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
