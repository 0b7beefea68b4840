/**
 * The server's end of TypeScript's thread: started by the first request, started again when it has died, stopped when no
 * flow is open. TypeScript takes long to load and sometimes to think; here nothing waits for it that does not ask it.
 */
import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import {
  TYPES_THREAD,
  type Answer,
  type Argument,
  type Cancel,
  type Method,
  type Reply,
  type Request,
} from './messages.js';

export interface TypeThread {
  /** Rejects when there is no answer to be had. `signal`: nobody waits any more; a `check` gives what it has by then. */
  request<M extends Method>(method: M, argument: Argument<M>, signal?: AbortSignal): Promise<Answer<M>>;
  /** Ends the thread. A later request starts another. */
  stop(): void;
}

/** An answer that takes longer never comes: code can be written that TypeScript thinks about for hours. */
const DEADLINE = 30_000;
/** Deaths after which no further thread is started. */
const MAX_DEATHS = 3;
const MEMORY_MEGABYTES = 1024;

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (reason: Error) => void;
  readonly deadline: NodeJS.Timeout;
}

export class WorkerThread implements TypeThread {
  readonly #file: string;
  readonly #warn: (message: string) => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #requests = 0;
  #deaths = 0;

  /** `file`: the bundle with TypeScript. `warn` is told once, in words for the log, that there are no types. */
  constructor(file: string, warn: (message: string) => void) {
    this.#file = file;
    this.#warn = warn;
  }

  request<M extends Method>(method: M, argument: Argument<M>, signal?: AbortSignal): Promise<Answer<M>> {
    if (this.#deaths >= MAX_DEATHS) return Promise.reject(new Error('TypeScript is not available.'));
    const worker = (this.#worker ??= this.#start());
    if (!worker) return Promise.reject(new Error('TypeScript is not available.'));
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => this.#die(worker, `no answer for ${DEADLINE / 1000} s`), DEADLINE);
      deadline.unref();
      this.#waiting.set(id, { resolve, reject, deadline });
      worker.postMessage({ id, method, argument } satisfies Request<M>);
      signal?.addEventListener('abort', () => worker.postMessage({ cancel: id } satisfies Cancel), {
        once: true,
      });
    });
  }

  stop(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#rejectAll('stopped');
    void worker?.terminate();
  }

  #start(): Worker | undefined {
    if (!fs.existsSync(this.#file)) {
      this.#deaths = MAX_DEATHS;
      this.#warn(`Expressions have no types: ${this.#file} is missing.`);
      return undefined;
    }
    const worker = new Worker(this.#file, {
      workerData: TYPES_THREAD,
      // The server's standard output is the protocol's, and nothing in the environment is TypeScript's business.
      stdout: true,
      stderr: true,
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MEGABYTES },
    });
    worker.unref();
    worker.on('message', (reply: Reply) => this.#answer(reply));
    worker.on('error', (error) => this.#die(worker, error.message));
    worker.on('exit', (code) => this.#die(worker, `it ended with code ${code}`));
    return worker;
  }

  #answer(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    this.#waiting.delete(reply.id);
    clearTimeout(waiting.deadline);
    if ('error' in reply) waiting.reject(new Error(reply.error));
    else waiting.resolve(reply.answer as never);
  }

  #die(worker: Worker, reason: string): void {
    // An error, the exit after it and a missed deadline are one death; one that has been stopped is none.
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    void worker.terminate();
    if (++this.#deaths === MAX_DEATHS)
      this.#warn(`Expressions have no types any more: TypeScript failed ${MAX_DEATHS} times (${reason}).`);
    this.#rejectAll(reason);
  }

  #rejectAll(reason: string): void {
    for (const { reject, deadline } of this.#waiting.values()) {
      clearTimeout(deadline);
      reject(new Error(`TypeScript has not answered: ${reason}.`));
    }
    this.#waiting.clear();
  }
}
