/**
 * Types of customised outputs: TypeScript infers them from the expressions, each in a file of its own that others import.
 * Where expressions are read one through the other beyond some length, which a circle is by nature, they are `any`.
 */
import type { PlacedBlock } from '../document.js';
import type { ExpressionValue } from '../model.js';
import {
  ANY,
  awaited,
  exported,
  expressionFile,
  freshName,
  headOf,
  importsOf,
  languageOf,
  type Names,
  type TypeReference,
  type VirtualFile,
} from './virtual.js';

/** An `outputCustomization`. */
export interface InferenceNode {
  readonly value: ExpressionValue;
  readonly placed: PlacedBlock;
}

/** Each step is a file more that TypeScript has to look at before it can answer for the last one. */
const MAX_CHAIN = 12;

export type NamesOf = (node: InferenceNode, infer: (read: InferenceNode) => TypeReference) => Names;

export class Inference {
  readonly #namesOf: NamesOf;
  readonly #types = new Map<ExpressionValue, TypeReference>();
  readonly #reads = new Map<ExpressionValue, readonly InferenceNode[]>();
  /** Lengths of chains that end. */
  readonly #chains = new Map<ExpressionValue, number>();
  /** Lengths that did not suffice to find the end. */
  readonly #exceeded = new Map<ExpressionValue, number>();

  /** `namesOf`: the types of the names in an expression, where `infer` gives those of customised outputs. */
  constructor(namesOf: NamesOf) {
    this.#namesOf = namesOf;
  }

  type(node: InferenceNode): TypeReference {
    let type = this.#types.get(node.value);
    if (!type) this.#types.set(node.value, (type = this.#infer(node)));
    return type;
  }

  #infer(node: InferenceNode): TypeReference {
    const { expression, scalar } = node.value;
    // Half-typed code says nothing about what it will give.
    if (expression.syntaxError && !expression.syntaxError.lenient) return ANY;
    if (this.#chain(node, MAX_CHAIN) > MAX_CHAIN) return ANY;
    const names = this.#namesOf(node, (read) => this.type(read));
    const text = expression.syntaxError ? scalar.value.replace(/;\s*$/, '') : scalar.value;
    return awaited(exported(inferredFile(node.value, names, text), 'default'));
  }

  /** How many expressions are read one through the other, this one included; infinite when more than `limit` are. */
  #chain(node: InferenceNode, limit: number): number {
    const known = this.#chains.get(node.value);
    if (known !== undefined) return known;
    if (limit === 0 || (this.#exceeded.get(node.value) ?? 0) >= limit) return Infinity;
    const chain = 1 + Math.max(0, ...this.#readsOf(node).map((read) => this.#chain(read, limit - 1)));
    if (chain <= limit) this.#chains.set(node.value, chain);
    else this.#exceeded.set(node.value, limit);
    return chain <= limit ? chain : Infinity;
  }

  #readsOf(node: InferenceNode): readonly InferenceNode[] {
    let reads = this.#reads.get(node.value);
    if (!reads) {
      const found = new Map<ExpressionValue, InferenceNode>();
      this.#namesOf(node, (read) => {
        found.set(read.value, read);
        return ANY;
      });
      this.#reads.set(node.value, (reads = [...found.values()]));
    }
    return reads;
  }
}

const files = new WeakMap<ExpressionValue, Map<string, VirtualFile>>();

/** The file that exports the value of an expression; the same one for the same declarations before it. */
function inferredFile(value: ExpressionValue, names: Names, text: string): VirtualFile {
  const language = languageOf(text);
  const head = headOf(names, language);
  let known = files.get(value);
  if (!known) files.set(value, (known = new Map<string, VirtualFile>()));
  let file = known.get(head);
  if (!file) {
    const imports = importsOf(names);
    const name = freshName('output', language === 'ts' ? '.ts' : '.js');
    file = { ...expressionFile(head, text, imports).file, name };
    // Two modes at a time; heads of the past are not asked for again.
    if (known.size >= 4) known.delete(known.keys().next().value!);
    known.set(head, file);
  }
  return file;
}
