/**
 * The types of the names in each expression of a flow, from its place there: `outputs` from the blocks upstream,
 * `previous` from the blocks linked to the input, `signals` from all blocks. Incremental: a virtual file is made
 * anew only when its text changes, so what is known of a file holds as long as the file is the one asked for.
 */
import { coreBlock, shapeOf } from '../catalog.js';
import type { Root } from '../accesses.js';
import type { FlowDocument, PlacedBlock } from '../document.js';
import { graphOf, type FlowGraph } from '../graph.js';
import type { Block, ExpressionValue, Json, Value } from '../model.js';
import { object, type JsonSchema } from '../shape.js';
import { entryOf, stringOf } from '../yaml.js';
import { Inference, type InferenceNode } from './inference.js';
import { docComment, propertyName, typeOfJson, typeOfSchema, unionOf } from './schema.js';
import { signalOwners, signalsModule, type SignalOwner } from './signals.js';
import {
  ANY,
  declaration,
  exported,
  expressionFile,
  freshName,
  headOf,
  importsOf,
  type Names,
  type TypeReference,
  type VirtualExpression,
  type VirtualFile,
} from './virtual.js';

/**
 * `check`: what is certain, for reports. `assist`: for completion and hover also what is likely, where the platform's
 * behaviour is not known (flows-platform §8): conditions, sleeps and empty transforms pass on what they get, `raw` and a
 * block's own key are its own data in its `outputCustomization`. The engine that runs flows here makes the same choices.
 */
export type Mode = 'check' | 'assist';

/** A secret's name for `secrets.|`. */
export interface SecretName {
  readonly key: string;
  readonly description?: string;
}

/** An upstream block with the output by which its event left; undefined: by its failure. */
interface Source {
  readonly block: string;
  readonly output: string | undefined;
}

interface Context {
  readonly mode: Mode;
  readonly infer: (node: InferenceNode) => TypeReference;
  /** Blocks on the way, for those that pass on what they get. */
  readonly passing: readonly Block[];
}

const PASSES_ON: ReadonlySet<string> = new Set(['condition', 'sleep', 'transform']);
const SECRETS: TypeReference = { text: '{ readonly [key: string]: string }', files: [] };

export class FlowTypes {
  readonly #document: FlowDocument;
  #blocks: readonly PlacedBlock[] = [];
  #installations: FlowDocument['installations'] | undefined;
  #graph: FlowGraph;
  #state = {};
  /** Valid as long as names and wires stay. */
  #sources = new WeakMap<Block, Map<string, readonly Source[]>>();
  #namesakes = new Map<string, number>();
  /** Valid as long as no block changes. */
  #inferences = new Map<Mode, Inference>();
  #owners: ReadonlyMap<string, SignalOwner> | undefined;
  #signals: VirtualFile | undefined;
  #secrets: { readonly names: readonly SecretName[]; readonly type: TypeReference } | undefined;

  constructor(document: FlowDocument) {
    this.#document = document;
    this.#graph = graphOf(document);
  }

  /** The same object as long as no expression that has not changed itself can be of another type. */
  get state(): object {
    this.#sync();
    return this.#state;
  }

  /** An expression as TypeScript sees it. The same object as long as nothing that it depends on has changed. */
  expression(
    value: ExpressionValue,
    placed: PlacedBlock | undefined,
    mode: Mode,
    secrets?: readonly SecretName[],
  ): VirtualExpression {
    this.#sync();
    const names = this.#names(value, placed, this.#context(mode), secrets);
    const head = headOf(names, 'js');
    let known = expressions[mode].get(value);
    if (known?.head !== head) {
      known = { head, expression: expressionFile(head, value.scalar.value, importsOf(names)) };
      expressions[mode].set(value, known);
    }
    return known.expression;
  }

  /** Keys that `outputs` has in a block, nearest first, each with the blocks that it can mean. */
  upstream(placed: PlacedBlock): ReadonlyMap<string, readonly PlacedBlock[]> {
    this.#sync();
    const keys = new Map<string, PlacedBlock[]>();
    for (const ancestor of this.#graph.upstream(placed.block)) {
      const { key } = ancestor.block;
      if (key === '') continue;
      const same = keys.get(key);
      if (same) same.push(ancestor);
      else keys.set(key, [ancestor]);
    }
    return keys;
  }

  get owners(): ReadonlyMap<string, SignalOwner> {
    this.#sync();
    return (this.#owners ??= signalOwners(this.#blocks, this.#document.installations));
  }

  #sync(): void {
    const { blocks, installations } = this.#document;
    if (blocks === this.#blocks && installations === this.#installations) return;
    if (installations !== this.#installations || !sameItems(this.#blocks, blocks, traits)) this.#state = {};
    this.#installations = installations;
    if (!sameItems(this.#blocks, blocks, wiring)) {
      this.#sources = new WeakMap();
      this.#namesakes = new Map();
      for (const { block } of blocks) {
        this.#namesakes.set(block.key, (this.#namesakes.get(block.key) ?? 0) + 1);
      }
    }
    this.#blocks = blocks;
    this.#graph = graphOf(this.#document);
    this.#inferences.clear();
    this.#owners = undefined;
  }

  #context(mode: Mode): Context {
    let inference = this.#inferences.get(mode);
    if (!inference) {
      inference = new Inference((node, infer) =>
        this.#names(node.value, node.placed, { mode, infer, passing: [] }),
      );
      this.#inferences.set(mode, inference);
    }
    const made = inference;
    return { mode, infer: (node) => made.type(node), passing: [] };
  }

  #names(
    value: ExpressionValue,
    placed: PlacedBlock | undefined,
    context: Context,
    secrets?: readonly SecretName[],
  ): Names {
    const { roots } = value.expression;
    const reads = (root: Root): boolean => roots.some((use) => use.root === root);
    const part = /^(?:config|inputs|outputs)(?=\.|$)/.exec(value.path)?.[0];
    // Static configuration is evaluated once and not per event: there is nothing upstream (flows-platform §3.2), and
    // reading it is reported elsewhere.
    const isStatic = part === 'config';
    return {
      ...(isStatic
        ? context.mode === 'check' && { outputs: ANY, previous: ANY }
        : {
            outputs: this.#outputs(value, placed, context),
            previous: reads('previous') ? this.#previousOf(value, placed, part, context) : ANY,
          }),
      secrets: secrets && reads('secrets') ? this.#secretsType(secrets) : SECRETS,
      signals: reads('signals') ? exported(this.#signalsFile(), 'signals') : ANY,
      ...(part === 'outputs' && { raw: this.#raw(value, placed, context) }),
      ...(placed && isMock(value) && { config: configType(placed.block) }),
    };
  }

  /** `outputs` with those keys that the expression names. Any other is `any`: whether it exists is not a question of types. */
  #outputs(value: ExpressionValue, placed: PlacedBlock | undefined, context: Context): TypeReference {
    const keys = new Set(
      value.expression.accesses.flatMap(({ root, key }) => (root === 'outputs' && key !== '' ? [key] : [])),
    );
    const members: string[] = [];
    const files: VirtualFile[] = [];
    for (const key of placed ? keys : []) {
      const type = this.#keyType(key, value, placed!, context);
      if (type.text === 'any') continue;
      members.push(`readonly ${propertyName(key)}: ${type.text}; `);
      files.push(...type.files);
    }
    return { text: `{ ${members.join('')}readonly [key: string]: any }`, files };
  }

  #keyType(key: string, value: ExpressionValue, placed: PlacedBlock, context: Context): TypeReference {
    // In a customisation, a block's own key may be its own data: not known, so nothing is reported about it.
    if (key === placed.block.key && value.path.startsWith('outputs.')) {
      return context.mode === 'assist' ? this.#raw(value, placed, context) : ANY;
    }
    const sources = this.#sourcesOf(placed.block, key);
    return join(
      sources.map(({ block, output }) => {
        const from = this.#graph.named(block);
        return from ? this.#outputType(from, output, context) : ANY;
      }),
    );
  }

  #previousOf(
    value: ExpressionValue,
    placed: PlacedBlock | undefined,
    part: string | undefined,
    context: Context,
  ): TypeReference {
    if (!placed || (part === 'outputs' && context.mode === 'check')) return ANY;
    const inputs = [...placed.block.inputs.keys()];
    const input = inputs.find(
      (key) => value.path === `inputs.${key}` || value.path.startsWith(`inputs.${key}.`),
    );
    return this.#previous(placed, input, context);
  }

  /** What arrives at an input, or at any of them. */
  #previous({ block }: PlacedBlock, input: string | undefined, context: Context): TypeReference {
    const inputs = input === undefined ? [...block.inputs.values()] : [block.inputs.get(input)!];
    const links = inputs.flatMap((one) => one.links);
    const failures = this.#graph.incoming(block).some(({ link }) => !link);
    if (failures && context.mode === 'check') return ANY;
    return join(
      links.map(({ block: name, output }) => {
        const from = this.#graph.named(name.text);
        return from ? this.#outputType(from, output.text, context) : ANY;
      }),
    );
  }

  /** Data of events on an output; as the block makes it, or as its customisation does. */
  #outputType(placed: PlacedBlock, output: string | undefined, context: Context): TypeReference {
    const { block } = placed;
    if (output === undefined) return ANY;
    const customization = block.outputs.get(output)?.customization;
    if (customization && !isEmpty(customization)) {
      return customization.kind === 'expression'
        ? context.infer({ value: customization, placed })
        : constantType(customization);
    }
    return this.#ownType(placed, output, context);
  }

  #ownType(placed: PlacedBlock, output: string, context: Context): TypeReference {
    const { block } = placed;
    const { type } = block;
    if (type?.kind === 'core') {
      if (PASSES_ON.has(type.name.text)) {
        if (context.mode === 'check' || context.passing.includes(block)) return ANY;
        return this.#previous(placed, undefined, { ...context, passing: [...context.passing, block] });
      }
      const schema = coreBlock(type.name.text)?.outputs.get(output)?.type;
      if (!schema) return ANY;
      const path =
        type.name.text === 'httpEndpoint' ? stringOf(entryOf(block.config, 'path')?.value) : undefined;
      return path === undefined ? schemaType(schema, true) : endpointType(schema, path);
    }
    const schema = shapeOf(block)?.outputs.get(output)?.type;
    return schema ? schemaType(schema, false) : ANY;
  }

  /** What a block emits on an output before the customisation of it. */
  #raw(value: ExpressionValue, placed: PlacedBlock | undefined, context: Context): TypeReference {
    if (!placed || context.mode === 'check' || !/\braw\b|\boutputs\b/.test(value.scalar.value)) return ANY;
    const output = [...placed.block.outputs.keys()].find((key) => value.path.startsWith(`outputs.${key}.`));
    return output === undefined ? ANY : this.#ownType(placed, output, context);
  }

  /** Ancestors that a key can mean. Where several share it, all of them: which one the platform shows is not known. */
  #sourcesOf(block: Block, key: string): readonly Source[] {
    let known = this.#sources.get(block);
    if (!known) this.#sources.set(block, (known = new Map<string, readonly Source[]>()));
    let sources = known.get(key);
    if (!sources) known.set(key, (sources = this.#findSources(block, key)));
    return sources;
  }

  #findSources(block: Block, key: string): Source[] {
    const namesakes = this.#namesakes.get(key) ?? 0;
    if (namesakes === 0) return [];
    const sources = new Map<string, Source>();
    const seen = new Set<string>();
    let front: readonly Block[] = [block];
    while (front.length > 0) {
      const next: Block[] = [];
      for (const one of front) {
        for (const { from, link } of this.#graph.incoming(one)) {
          const name = from.block.name.text;
          if (from.block.key === key) {
            sources.set(JSON.stringify([name, link?.output.text]), {
              block: name,
              output: link?.output.text,
            });
            // The only block of that key, and it sends from one output alone: nothing can be added on other ways.
            if (namesakes === 1 && this.#outputsInUse(from.block) === 1) return [...sources.values()];
          }
          if (!seen.has(name)) {
            seen.add(name);
            next.push(from.block);
          }
        }
      }
      front = next;
    }
    return [...sources.values()];
  }

  #outputsInUse(block: Block): number {
    return new Set(this.#graph.outgoing(block).map(({ link }) => link?.output.text)).size;
  }

  #signalsFile(): VirtualFile {
    const text = signalsModule(this.owners);
    if (this.#signals?.text !== text) {
      this.#signals = { name: freshName('signals', '.d.ts'), text, imports: [] };
    }
    return this.#signals;
  }

  #secretsType(names: readonly SecretName[]): TypeReference {
    if (this.#secrets?.names !== names) {
      const members = names.map(
        ({ key, description }) => `${docComment(description)}readonly ${propertyName(key)}: string;`,
      );
      // Undeclared keys are reported elsewhere, with more to say; here all of them are strings.
      this.#secrets = {
        names,
        type: declaration(`{\n${members.join('\n')}\nreadonly [key: string]: string }`),
      };
    }
    return this.#secrets.type;
  }
}

const expressions: Readonly<
  Record<Mode, WeakMap<ExpressionValue, { readonly head: string; readonly expression: VirtualExpression }>>
> = { check: new WeakMap(), assist: new WeakMap() };

function join(types: readonly TypeReference[]): TypeReference {
  const text = unionOf(types.map((type) => type.text));
  return text === 'any' ? ANY : { text, files: types.flatMap(({ files }) => files) };
}

const schemaTypes = [new WeakMap<JsonSchema, TypeReference>(), new WeakMap<JsonSchema, TypeReference>()];

/** Schemas of app blocks are parsed once per text, so a shape has one file however many blocks have it. */
function schemaType(schema: JsonSchema, open: boolean): TypeReference {
  const known = schemaTypes[open ? 1 : 0]!;
  let type = known.get(schema);
  if (!type) {
    const text = typeOfSchema(schema, { open });
    known.set(schema, (type = text === 'any' ? ANY : declaration(text)));
  }
  return type;
}

const endpoints = new Map<string, TypeReference>();
const MAX_ENDPOINTS = 1000;

/** An endpoint's request, with the parameters that its path names. */
function endpointType(schema: JsonSchema, path: string): TypeReference {
  let type = endpoints.get(path);
  if (!type) {
    const parts = path.match(/\{[^{}]*\}/g) ?? [];
    const names = parts.map((part) => part.slice(1, -1));
    // A parameter of another form than documented may have another name than it seems.
    const plain = names.length > 0 && names.every((name) => /^\w+$/.test(name));
    const params: Json = {
      type: 'object',
      properties: Object.fromEntries(
        names.map((name) => [name, { type: 'string', description: `Part of the path \`${path}\`.` }]),
      ),
      required: names,
      additionalProperties: false,
    };
    const properties = { ...object(schema.properties), ...(plain && { params }) };
    type = declaration(typeOfSchema({ ...schema, properties }, { open: true }));
    if (endpoints.size >= MAX_ENDPOINTS) endpoints.clear();
    endpoints.set(path, type);
  }
  return type;
}

const constants = new WeakMap<Value, TypeReference>();

function constantType(value: Value): TypeReference {
  let type = constants.get(value);
  if (!type) {
    const json = toJson(value);
    constants.set(value, (type = json === undefined ? ANY : declaration(typeOfJson(json))));
  }
  return type;
}

/** Undefined where an expression is inside: then nothing is certain. */
function toJson(value: Value): Json | undefined {
  switch (value.kind) {
    case 'constant':
      return value.value;
    case 'expression':
      return undefined;
    case 'list': {
      const items = value.items.map(toJson);
      return items.every((item) => item !== undefined) ? items : undefined;
    }
    case 'map': {
      const entries = value.entries.map(({ key, value: item }): [string, Json | undefined] => [
        key,
        toJson(item),
      ]);
      return entries.every((entry): entry is [string, Json] => entry[1] !== undefined)
        ? Object.fromEntries(entries)
        : undefined;
    }
  }
}

function isEmpty(value: Value): boolean {
  return value.kind === 'constant' && value.value === null;
}

/** Whether two states of a flow have the same blocks, in what `of` tells of each. */
function sameItems(
  before: readonly PlacedBlock[],
  after: readonly PlacedBlock[],
  of: (placed: PlacedBlock) => string,
): boolean {
  return (
    before.length === after.length &&
    before.every((placed, i) => placed === after[i] || of(placed) === of(after[i]!))
  );
}

/** What decides which blocks are upstream. */
function wiring({ block: { name, inputs, errorHandler } }: PlacedBlock): string {
  return JSON.stringify([
    name.text,
    [...inputs].map(([key, { links }]) => [key, links.map(({ block, output }) => [block.text, output.text])]),
    errorHandler?.text,
  ]);
}

/** What decides the types of other blocks' expressions. */
function traits(placed: PlacedBlock): string {
  const { block, segment } = placed;
  const written = ({ span }: Value): string => segment.text.slice(span.start, span.end);
  const { type } = block;
  return JSON.stringify([
    wiring(placed),
    type?.kind === 'core' ? type.name.text : type && segment.text.slice(type.span.start, type.span.end),
    [...block.outputs].map(([key, { customization }]) => [key, customization && written(customization)]),
    // The path of an endpoint names parameters.
    stringOf(entryOf(block.config, 'path')?.value),
  ]);
}

/** A mock's expression stands below the name of its block; in a flow, paths begin inside of blocks. */
function isMock({ path }: ExpressionValue): boolean {
  return path.startsWith('blocks.');
}

/** Fields that the block has or is given. What they evaluate to is known to a run alone. */
function configType(block: Block): TypeReference {
  const shape = shapeOf(block);
  const shapes = [shape?.config, ...[...(shape?.inputs.values() ?? [])].map(({ config }) => config)];
  const given = [block.config, ...[...block.inputs.values()].map(({ config }) => config)];
  const keys = new Set([
    ...shapes.flatMap((fields) => [...(fields?.keys() ?? [])]),
    ...given.flatMap((map) => map?.entries.map(({ key }) => key) ?? []),
  ]);
  const members = [...keys].map((key) => `readonly ${propertyName(key)}: any; `);
  return { text: `{ ${members.join('')}readonly [key: string]: any }`, files: [] };
}
