/** Terraform files: read with a parser that is loaded for the first one, and the flows that their resources create. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { FlowDocument } from '../../../flow/document.js';
import type { KnownInstallations } from '../../../flow/hcl/check.js';
import { createHclParser } from '../../../flow/hcl/load.js';
import { readTerraform, type FlowDefinition, type TerraformFile } from '../../../flow/hcl/terraform.js';
import type { HclParser } from '../../../flow/hcl/tree.js';
import type { AppInstallation } from '../../../flow/model.js';
import { readText } from './files.js';

export class TerraformReader {
  #parser: Promise<HclParser> | undefined;

  async read(text: string): Promise<TerraformFile> {
    return readTerraform(text, await (this.#parser ??= createHclParser(wasm)));
  }
}

async function wasm(file: string): Promise<Uint8Array> {
  const beside = path.join(__dirname, path.basename(file));
  if (fs.existsSync(beside)) return fs.promises.readFile(beside);
  // Run from the sources: where the package manager has put it.
  return fs.promises.readFile(createRequire(__filename).resolve(file));
}

/**
 * The installations in the definition of a flow that the Terraform file at `file` creates. Terraform's own folders count as
 * that file's. Undefined for a definition that cannot be read here.
 */
export function installationsOf(file: string, definition: FlowDefinition): KnownInstallations | undefined {
  const found = read(file, definition);
  if (!found) return undefined;
  // A template's placeholders may stand for installations, or for whole entries.
  const written = [...found.values()].filter(({ key }) => !key.text.includes('${'));
  return {
    keys: new Map(written.map(({ key, id }) => [key.text, id !== undefined && id !== ''])),
    complete: definition.kind !== 'template',
  };
}

function read(file: string, definition: FlowDefinition): ReadonlyMap<string, AppInstallation> | undefined {
  if (definition.kind === 'inline') return new FlowDocument(definition.text.value).installations;
  try {
    return new FlowDocument(readText(path.resolve(path.dirname(file), definition.path))).installations;
  } catch {
    return undefined;
  }
}
