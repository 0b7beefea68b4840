/**
 * Native keychain calls one at a time, each with a deadline. A call that waits for a password prompt holds one thread of the
 * pool that the whole extension host shares: with one call at a time it is never more than one.
 */
import { KeychainError } from './errors.js';

export class Lane {
  private tail: Promise<unknown> = Promise.resolve();
  /** A call that passed its deadline and has not come back. */
  private stuck = false;

  constructor(private readonly deadlineMs: number) {}

  /** Runs `job` after those before it. Native calls inside go through `call`. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.tail.then(job);
    this.tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** @throws KeychainError 'timeout', or 'busy' at once while an earlier call is stuck. */
  async call<T>(native: () => Promise<T>): Promise<T> {
    if (this.stuck) {
      throw new KeychainError(
        'busy',
        'The keychain is still waiting on an earlier request. If it shows a password prompt, answer it and try again.',
      );
    }
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.stuck = true;
        reject(
          new KeychainError(
            'timeout',
            `The keychain did not answer in ${this.deadlineMs / 1000} s. If it shows a password prompt, answer it and try again.`,
          ),
        );
      }, this.deadlineMs);
    });
    const answer = native();
    const free = () => {
      this.stuck = false;
    };
    answer.then(free, free);
    try {
      return await Promise.race([answer, deadline]);
    } finally {
      clearTimeout(timer);
    }
  }
}
