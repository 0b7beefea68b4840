/**
 * TypeScript's thread: answers one request after another. Checks of many expressions pause after each, so that somebody
 * who waits for a completion waits for one expression at most.
 */
import { setImmediate as pause } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import type { TypeReport } from '../../flow/types/report.js';
import type { TypeService } from '../../flow/types/service.js';
import type { Cancel, Reply, Request } from './messages.js';

export function serveTypes(port: MessagePort, createService: () => TypeService): void {
  let made: TypeService | undefined;
  const service = (): TypeService => (made ??= createService());
  const checks: Request<'check'>[] = [];
  const cancelled = new Set<number>();
  let checking = false;

  const reply = (message: Reply): void => port.postMessage(message);
  const fail = (id: number, error: unknown): void => {
    // What TypeScript was in the middle of may be left half done: the next request gets a new service.
    made = undefined;
    reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  };

  async function check({ id, argument: expressions }: Request<'check'>): Promise<void> {
    const reports: (readonly TypeReport[])[] = [];
    for (const [i, expression] of expressions.entries()) {
      // Another request may have had TypeScript look elsewhere during the pause.
      if (!service().isShown(expression)) service().show(expressions.slice(i));
      reports.push(service().checkShown(expression));
      await pause();
      if (cancelled.has(id)) break;
    }
    cancelled.delete(id);
    reply({ id, answer: reports });
  }

  async function checkAll(): Promise<void> {
    if (checking) return;
    checking = true;
    for (let next = checks.shift(); next; next = checks.shift()) {
      try {
        await check(next);
      } catch (error) {
        fail(next.id, error);
      }
    }
    checking = false;
  }

  port.on('message', (message: Request | Cancel) => {
    if ('cancel' in message) {
      cancelled.add(message.cancel);
    } else if (message.method === 'check') {
      checks.push(message as Request<'check'>);
      void checkAll();
    } else {
      try {
        const { id, method, argument } = message;
        // Which argument belongs to which method is known to whoever has sent them (thread.ts).
        const answer = (service()[method] as (argument: unknown) => unknown).call(service(), argument);
        reply({ id, answer });
      } catch (error) {
        fail(message.id, error);
      }
    }
  });
}
