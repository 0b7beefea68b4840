/**
 * Types of customised outputs: TypeScript infers them from the expressions, each in a file of its own that others import.
 * Expressions that read each other in a circle, and chains beyond a length, are `any`, whoever asks first.
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

interface State {
  readonly node: InferenceNode;
  readonly reads: readonly InferenceNode[];
  /** Tarjan's numbers. */
  readonly index: number;
  low: number;
  open: boolean;
  /** Expressions in a circle with this one, and itself; one object for all of them. */
  circle: object;
  /** Expressions that are read one through the other, this one included. */
  chain: number;
}

export type NamesOf = (node: InferenceNode, infer: (read: InferenceNode) => TypeReference) => Names;

export class Inference {
  readonly #namesOf: NamesOf;
  readonly #states = new Map<ExpressionValue, State>();
  readonly #types = new Map<ExpressionValue, TypeReference>();
  readonly #stack: State[] = [];

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
    const state = this.#explore(node);
    if (state.chain > MAX_CHAIN) return ANY;
    const names = this.#namesOf(node, (read) =>
      this.#explore(read).circle === state.circle ? ANY : this.type(read),
    );
    const text = expression.syntaxError ? scalar.value.replace(/;\s*$/, '') : scalar.value;
    return awaited(exported(inferredFile(node.value, names, text), 'default'));
  }

  /** Tarjan's strongly connected components, without recursion: chains may be as long as the flow. */
  #explore(start: InferenceNode): State {
    const known = this.#states.get(start.value);
    if (known) return known;
    const first = this.#enter(start);
    const path: { readonly state: State; next: number }[] = [{ state: first, next: 0 }];
    while (path.length > 0) {
      const top = path.at(-1)!;
      const { state } = top;
      const read = state.reads[top.next++];
      if (read) {
        const seen = this.#states.get(read.value);
        if (!seen) path.push({ state: this.#enter(read), next: 0 });
        else if (seen.open) state.low = Math.min(state.low, seen.index);
        continue;
      }
      path.pop();
      const parent = path.at(-1)?.state;
      if (parent) parent.low = Math.min(parent.low, state.low);
      if (state.low === state.index) this.#close(state);
    }
    return first;
  }

  #enter(node: InferenceNode): State {
    const reads = new Map<ExpressionValue, InferenceNode>();
    this.#namesOf(node, (read) => {
      reads.set(read.value, read);
      return ANY;
    });
    const index = this.#states.size;
    const state: State = {
      node,
      reads: [...reads.values()],
      index,
      low: index,
      open: true,
      circle: {},
      chain: 0,
    };
    this.#states.set(node.value, state);
    this.#stack.push(state);
    return state;
  }

  #close(root: State): void {
    const members = this.#stack.splice(this.#stack.lastIndexOf(root));
    for (const member of members) {
      member.open = false;
      member.circle = root.circle;
    }
    const outside = members
      .flatMap(({ reads }) => reads)
      .map((read) => this.#states.get(read.value)!)
      .filter(({ circle }) => circle !== root.circle);
    const chain = 1 + Math.max(0, ...outside.map((state) => state.chain));
    for (const member of members) member.chain = chain;
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
