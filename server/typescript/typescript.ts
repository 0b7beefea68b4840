/**
 * The bundle that holds TypeScript (dist/typescript.js): loaded by nobody before types are needed. In a thread of its own
 * it answers the language server; loaded as a module it gives the service itself (`createService`), for the command line.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import ts from 'typescript';
import { readLib } from '../../flow/types/lib.js';
import { TypeService } from '../../flow/types/service.js';
import { TYPES_THREAD } from './messages.js';
import { serveTypes } from './worker.js';

/** A service of its own: about 60 MB and 0.3 s until its first answer. */
export function createService(): TypeService {
  return new TypeService(ts, readLib(ts));
}

if (!isMainThread && parentPort && workerData === TYPES_THREAD) serveTypes(parentPort, createService);
