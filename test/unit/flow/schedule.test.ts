/** What is said of a Schedule's configuration beside what a local run does with it. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readSchedule } from '../../../client/runner/blocks/schedule.js';
import { checkFlow } from '../../../flow/check.js';
import { knowledgeOf } from '../../../flow/checkProject.js';
import { FlowDocument } from '../../../flow/document.js';
import { parseProject } from '../../../flow/project.js';

const KNOWLEDGE = knowledgeOf(parseProject(''), 'test');

function reports(config: unknown): string[] {
  const text = `blocks:\n  - name: A\n    type: { coreBlock: schedule }\n    config: ${JSON.stringify(config)}\n`;
  return checkFlow(new FlowDocument(text), KNOWLEDGE).flatMap(({ problem: { code, message } }) =>
    code === 'invalid-schedule' ? [message] : [],
  );
}

function isRefused(config: unknown): boolean {
  try {
    readSchedule(config);
    return false;
  } catch {
    return true;
  }
}

describe('schedules', () => {
  const interval = fc.constantFrom<unknown>(5, 0.5, 0, -1, '5', 'five', null, [5], {}, true);
  const unit = fc.constantFrom<unknown>('seconds', 'minutes', 'days', 'minute', 'Hours', 'weeks', 1, null);
  const zone = fc.constantFrom<unknown>('UTC', 'Europe/Warsaw', 'Warsaw', '', 1, null);
  const text = fc.constantFrom<unknown>('0 9 * * 1-5', '@daily', '0 9 * *', '', 5, null, ['0 9 * * *']);
  const noKeys = { requiredKeys: [] };
  const config = fc.record(
    {
      type: fc.constantFrom('cron', 'frequency'),
      cron: fc.oneof(text, fc.record({ expression: text, location: zone }, noKeys)),
      frequency: fc.oneof(interval, fc.record({ interval, unit }, noKeys)),
      expression: text,
      interval,
      unit,
      location: zone,
      timezone: zone,
      startAt: fc.constant('tomorrow'),
    },
    noKeys,
  );

  it('that a local run refuses are reported', () => {
    fc.assert(
      fc.property(config, (one) => {
        if (isRefused(one)) assert.notDeepEqual(reports(one), []);
      }),
      { numRuns: 3000 },
    );
  });

  it('that are right are not reported', () => {
    for (const right of [
      { cron: '0 9 * * 1-5' },
      { cron: '@daily', timezone: 'Europe/Warsaw' },
      { type: 'cron', cron: { expression: '0 9 * * *', location: 'UTC' }, frequency: null },
      { expression: '0 9 * * *', location: 'UTC' },
      { type: 'frequency', frequency: { interval: 0.5, unit: 'days' } },
      { interval: 90 },
      { expression: null, frequency: { interval: 5, unit: 'minutes' } },
      { cron: null, interval: 5 },
      { interval: null, cron: '0 9 * * *' },
    ]) {
      assert.equal(isRefused(right), false);
      assert.deepEqual(reports(right), []);
    }
  });
});
