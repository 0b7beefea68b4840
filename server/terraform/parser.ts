/**
 * The HCL parser: tree-sitter with Terraform's grammar, as WebAssembly beside the bundle. Loaded when the first file that
 * mentions the Flows provider turns up; a workspace without one never pays for it.
 */
import fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { HclParser } from '../../flow/hcl/tree.js';

/** Package and file of what is loaded. The build puts the files beside the bundle. */
const RUNTIME = 'web-tree-sitter/web-tree-sitter.wasm';
const GRAMMAR = '@tree-sitter-grammars/tree-sitter-hcl/tree-sitter-terraform.wasm';

/** Rejects with a reason that says which file could not be read. */
export async function loadHclParser(): Promise<HclParser> {
  const [{ Parser, Language }, runtime, grammar] = await Promise.all([
    import('web-tree-sitter'),
    wasm(RUNTIME),
    wasm(GRAMMAR),
  ]);
  await Parser.init({ wasmBinary: runtime });
  const parser = new Parser();
  parser.setLanguage(await Language.load(grammar));
  return (text, read) => {
    const tree = parser.parse(text);
    // Only a parser without a language or a cancelled one gives none.
    if (!tree) throw new Error('The HCL parser gave no tree.');
    try {
      return read(tree.rootNode);
    } finally {
      // Trees live in WebAssembly's memory, which nobody else tidies up.
      tree.delete();
    }
  };
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
