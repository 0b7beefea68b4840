/** The HCL parser: tree-sitter with Terraform's grammar, as WebAssembly whose bytes whoever loads it finds. */
import type { HclParser } from './tree.js';

/** Package and file of what is loaded. The build puts both files beside the bundles. */
const RUNTIME = 'web-tree-sitter/web-tree-sitter.wasm';
const GRAMMAR = '@tree-sitter-grammars/tree-sitter-hcl/tree-sitter-terraform.wasm';

/** `read` gives the bytes of a file, named as in an import. Rejects as `read` does, or where the bytes are no parser. */
export async function createHclParser(read: (file: string) => Promise<Uint8Array>): Promise<HclParser> {
  const [{ Parser, Language }, runtime, grammar] = await Promise.all([
    import('web-tree-sitter'),
    read(RUNTIME),
    read(GRAMMAR),
  ]);
  await Parser.init({ wasmBinary: runtime });
  const parser = new Parser();
  parser.setLanguage(await Language.load(grammar));
  return (text, use) => {
    const tree = parser.parse(text);
    // Only a parser without a language or a cancelled one gives none.
    if (!tree) throw new Error('The HCL parser gave no tree.');
    try {
      return use(tree.rootNode);
    } finally {
      // Trees live in WebAssembly's memory, which nobody else tidies up.
      tree.delete();
    }
  };
}
