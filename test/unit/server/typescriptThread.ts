/** TypeScript's thread as the server has it, from the sources as they are; one for all tests, since it takes long to start. */
import path from 'node:path';
import { build } from 'esbuild';
import { WorkerThread, type TypeThread } from '../../../server/typescript/thread.js';

let file: Promise<string> | undefined;
let shared: WorkerThread | undefined;

/** The program of the thread. TypeScript itself stays in its package. */
export function threadFile(): Promise<string> {
  return (file ??= (async () => {
    const outfile = path.resolve('out/types-thread/typescript.js');
    const entryPoints = ['server/typescript/typescript.ts'];
    await build({
      entryPoints,
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      packages: 'external',
    });
    return outfile;
  })());
}

export async function sharedThread(): Promise<TypeThread> {
  shared ??= new WorkerThread(await threadFile(), (message) => {
    throw new Error(message);
  });
  return shared;
}

export function stopSharedThread(): void {
  shared?.stop();
  shared = undefined;
}

/** A thread that never answers: whatever waits for it, waits for ever. */
export const SILENT: TypeThread = {
  request: () => new Promise(() => undefined),
  stop: () => undefined,
};
