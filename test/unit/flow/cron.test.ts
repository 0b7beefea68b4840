/** What is said of a cron expression beside what a local run does with it: croner reads those of Schedule blocks. */
import assert from 'node:assert/strict';
import { Cron } from 'croner';
import fc from 'fast-check';
import { cronProblem } from '../../../flow/rules/cron.js';

function isRead(expression: string): boolean {
  try {
    new Cron(expression, { paused: true, timezone: 'UTC', mode: '5-part' });
    return true;
  } catch {
    return false;
  }
}

describe('cron expressions', () => {
  const number = fc.constantFrom(
    '0',
    '1',
    '5',
    '6',
    '7',
    '8',
    '12',
    '23',
    '24',
    '31',
    '32',
    '59',
    '60',
    '05',
  );
  const name = fc.constantFrom('JAN', 'dec', 'SUN', 'Mon', 'FRI', 'SAT', 'monday');
  const one = fc.oneof(number, name);
  const item = fc.oneof(
    fc.constantFrom(
      '*',
      '?',
      'L',
      'LW',
      'L-3',
      'l',
      '15W',
      '32W',
      'W',
      'MON#1',
      '1#5',
      '1#6',
      '5L',
      'sunL',
      '1-3#2',
    ),
    one,
    fc.tuple(one, one).map(([from, to]) => `${from}-${to}`),
    fc
      .tuple(fc.constantFrom('*', '?', '5', '1-5', '0-59', 'MON-FRI', '*-5', ''), number)
      .map(([from, step]) => `${from}/${step}`),
  );
  const field = fc.oneof(
    { weight: 4, arbitrary: fc.constant('*') },
    { weight: 3, arbitrary: item },
    { weight: 1, arbitrary: fc.tuple(item, fc.oneof(item, fc.constant(''))).map((items) => items.join(',')) },
  );
  const fields = fc.array(field, { minLength: 5, maxLength: 5 }).map((parts) => parts.join(' '));
  const expression = fc.oneof(
    { weight: 8, arbitrary: fields },
    { weight: 1, arbitrary: fields.map((text) => `TZ=Europe/Warsaw ${text}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '@daily',
        '@Hourly',
        '@dayly',
        '@every 5m',
        '@reboot',
        '',
        '* * * *',
        '* * * * * *',
      ),
    },
  );

  it('are reported if a local run cannot read them, and not else', () => {
    fc.assert(
      fc.property(expression, (text) => {
        assert.equal(cronProblem(text) === undefined, isRead(text), cronProblem(text)?.message);
      }),
      { numRuns: 5000 },
    );
  });

  it('are no error where other programs read them', () => {
    const severities = (texts: readonly string[]): unknown[] =>
      texts.map((text) => cronProblem(text)?.severity);
    const doubtful = [
      '@every 5m',
      'TZ=UTC 0 9 * * *',
      '5/10 * * * *',
      '0 9 * * 6-0',
      '0 9 L-3 * *',
      '*/90 * * * *',
    ];
    assert.deepEqual(
      severities(doubtful),
      doubtful.map(() => 'warning'),
    );
    const wrong = ['0 9 * *', 'TZ=UTC 0 25 * * *', '5/0 * * * *', '0 9 * * FRI-MON', '5/10 24 * * *'];
    assert.deepEqual(
      severities(wrong),
      wrong.map(() => 'error'),
    );
  });
});
