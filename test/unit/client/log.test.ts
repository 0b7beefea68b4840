import assert from 'node:assert/strict';
import type { LogOutputChannel } from 'vscode';
import { SafeLog } from '../../../client/log.js';

function record(): { log: SafeLog; lines: string[] } {
  const lines: string[] = [];
  const write = (text: string) => void lines.push(text);
  const channel: Partial<LogOutputChannel> = { info: write, warn: write, error: write };
  return { log: new SafeLog(channel as LogOutputChannel), lines };
}

describe('the log', () => {
  it('masks a value while it is at hand, in any spelling, on every level', async () => {
    const { log, lines } = record();
    const value = 'Canary "Log" 42!';
    await log.guarding([{ key: 'TOKEN', value }], async () => {
      for (const text of [
        value,
        JSON.stringify(value),
        Buffer.from(value).toString('base64'),
        encodeURIComponent(value),
      ]) {
        log.info(`i ${text}`);
        log.warn(`w ${text}`);
        log.error(`e ${text}`);
        assert.equal(log.mask(text).includes('anary'), false);
        await Promise.resolve();
      }
    });
    assert.equal(lines.length, 12);
    for (const line of lines) assert.match(line, /‹secret:TOKEN›/);
  });

  it('masks for every work that goes on at the same time, and passes names on', async () => {
    const { log, lines } = record();
    await log.guarding([{ key: 'A', value: 'first-canary' }], () =>
      log.guarding([{ key: 'B', value: 'second-canary' }], async () => {
        await Promise.resolve();
        log.info('Stored A of ops: first-canary second-canary');
      }),
    );
    assert.deepEqual(lines, ['Stored A of ops: ‹secret:A› ‹secret:B›']);
  });

  it('forgets values when the work has failed, too', async () => {
    const { log, lines } = record();
    await assert.rejects(
      log.guarding([{ key: 'A', value: 'first-canary' }], () => Promise.reject(new Error('x'))),
    );
    log.info('first-canary');
    assert.deepEqual(lines, ['first-canary']);
  });
});
