/** The real HCL parser for tests, and trees of small files. */
import { readLiteral, type HclText } from '../../../../flow/hcl/literal.js';
import { readTerraform, type TerraformFile } from '../../../../flow/hcl/terraform.js';
import type { HclNode, HclParser } from '../../../../flow/hcl/tree.js';
import { loadHclParser } from '../../../../server/terraform/parser.js';

let loading: Promise<HclParser> | undefined;

export function parser(): Promise<HclParser> {
  return (loading ??= loadHclParser());
}

export async function read(text: string): Promise<TerraformFile> {
  return readTerraform(text, await parser());
}

/** The first string of a file that consists of `x = <string>`. */
export function literalIn(text: string, parse: HclParser): HclText | undefined {
  return parse(text, (root) => {
    const find = (node: HclNode): HclText | undefined => {
      const own = readLiteral(node, text, { shift: 0, limit: text.length });
      if (own) return own;
      for (const child of node.children) {
        const found = find(child);
        if (found) return found;
      }
      return undefined;
    };
    return find(root);
  });
}

/** A resource whose `config_fields` are the given lines. */
export function installation(...fields: string[]): string {
  return `resource "flows_app_installation" "slack" {\n  project_id = var.project\n  config_fields = {\n${fields.map((field) => `    ${field}\n`).join('')}  }\n}\n`;
}
