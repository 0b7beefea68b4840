/** Type errors of expressions: TypeScript is in a bundle of its own, loaded for the first flow that has expressions. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { PlacedProblem } from '../../../flow/check.js';
import type { FlowDocument } from '../../../flow/document.js';
import { checkTypesOfAll } from '../../../flow/types/check.js';
import type { TypeRequests } from '../../../flow/types/service.js';

interface TypeScriptBundle {
  createService(): Pick<TypeRequests, 'check'>;
}

export class Types {
  #service: Pick<TypeRequests, 'check'> | null | undefined;

  /** False once it has turned out that there is no TypeScript beside the bundle. */
  get available(): boolean {
    return this.#service !== null;
  }

  /** The problems of each document, in their order. Several at once cost much less than one after the other. */
  problems(documents: readonly FlowDocument[]): readonly (readonly PlacedProblem[])[] {
    if (documents.length === 0) return [];
    if (this.#service === undefined) {
      const bundle = path.join(__dirname, 'typescript.js');
      this.#service = fs.existsSync(bundle)
        ? (createRequire(__filename)(bundle) as TypeScriptBundle).createService()
        : null;
    }
    return this.#service ? checkTypesOfAll(documents, this.#service) : documents.map(() => []);
  }
}
