/**
 * The HCL parser of the server. Loaded when the first file that mentions the Flows provider turns up; a workspace without
 * one never pays for it.
 */
import fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createHclParser } from '../../flow/hcl/load.js';
import type { HclParser } from '../../flow/hcl/tree.js';

/** Rejects with a reason that says which file could not be read. */
export function loadHclParser(): Promise<HclParser> {
  return createHclParser(wasm);
}

async function wasm(file: string): Promise<Uint8Array> {
  const beside = path.join(__dirname, path.basename(file));
  try {
    return await fs.readFile(beside);
  } catch {
    // Run from the sources: where the package manager has put it.
    return fs.readFile(createRequire(__filename).resolve(file));
  }
}
