/** Terraform files as the server knows them: read once per version, by a parser that is loaded when the first one turns up. */
import { TextDocument } from 'vscode-languageserver-textdocument';
import { mentionsFlows, NO_TERRAFORM, readTerraform, type TerraformFile } from '../../flow/hcl/terraform.js';
import type { HclParser } from '../../flow/hcl/tree.js';
import type { Range } from '../../flow/text.js';
import type { OpenText } from '../documents.js';
import { rangeIn } from '../subject.js';
import { loadHclParser } from './parser.js';

/** What a file declares and names, without its text. */
export interface TerraformKeys {
  /** Key -> places that read it. */
  readonly keys: ReadonlyMap<string, readonly Range[]>;
  readonly declares: DeclaredKeys;
  /** Files that `flows_flow.definition` reads, relative to the folder of this one. */
  readonly definitions: readonly string[];
}

export interface DeclaredKeys {
  readonly keys: ReadonlyMap<string, DeclaredKey>;
  /** False: the file makes secrets whose keys only Terraform knows. */
  readonly complete: boolean;
}

export interface DeclaredKey {
  /** The key alone. */
  readonly range: Range;
  /** The resource that makes it. */
  readonly resource: Range;
}

export class Terraform {
  #parser: HclParser | undefined;
  #loading: Promise<HclParser | undefined> | undefined;
  readonly #read = new WeakMap<OpenText, TerraformFile>();
  readonly #keys = new WeakMap<TerraformFile, TerraformKeys>();

  /** `loaded`: open files can be read from now on. `fail`: says once that none can. */
  constructor(
    readonly loaded: () => void,
    readonly fail: (message: string) => void,
    readonly load: () => Promise<HclParser> = loadHclParser,
  ) {}

  /** While the parser is being loaded. */
  get loading(): Promise<unknown> | undefined {
    return this.#parser ? undefined : this.#loading;
  }

  /** A file that is open; an empty one until the parser is there. */
  read(document: OpenText): TerraformFile {
    const known = this.#read.get(document);
    if (known) return known;
    const text = document.text.getText();
    if (!mentionsFlows(text)) return NO_TERRAFORM;
    if (!this.#parser) {
      void this.#ready();
      return NO_TERRAFORM;
    }
    const file = readTerraform(text, this.#parser);
    this.#read.set(document, file);
    return file;
  }

  /** What an open file declares and names. */
  keysOfOpen(document: OpenText): TerraformKeys {
    const file = this.read(document);
    let keys = this.#keys.get(file);
    if (!keys) this.#keys.set(file, (keys = keysOf(file, document.text)));
    return keys;
  }

  /** A file that is not open; undefined where it has nothing to do with flows, or cannot be read yet. */
  readText(text: string): TerraformFile | undefined {
    return this.#parser && mentionsFlows(text) ? readTerraform(text, this.#parser) : undefined;
  }

  /** Undefined for a file that has nothing to do with flows. */
  async keysIn(text: string): Promise<TerraformKeys | undefined> {
    if (!mentionsFlows(text)) return undefined;
    const parser = await this.#ready();
    if (!parser) return undefined;
    return keysOf(readTerraform(text, parser), TextDocument.create('', 'terraform', 0, text));
  }

  #ready(): Promise<HclParser | undefined> {
    this.#loading ??= this.load().then(
      (parser) => {
        this.#parser = parser;
        this.loaded();
        return parser;
      },
      (error: unknown) => {
        this.fail(
          `Terraform files are not checked: the HCL parser could not be loaded (${error instanceof Error ? error.message : String(error)}).`,
        );
        return undefined;
      },
    );
    return this.#loading;
  }
}

/** Names and places; no part of the text stays in memory. */
export function keysOf(file: TerraformFile, text: TextDocument): TerraformKeys {
  const keys = new Map<string, Range[]>();
  for (const { expression, scalar } of file.expressions) {
    for (const { root, key, span } of expression.accesses) {
      if (root !== 'secrets' || key === '') continue;
      const range = rangeIn(text, scalar.spanToSource(span));
      const places = keys.get(key);
      if (places) places.push(range);
      else keys.set(detached(key), [range]);
    }
  }
  const declared = new Map<string, DeclaredKey>();
  for (const { key, span, resource } of file.secrets) {
    if (!declared.has(key))
      declared.set(detached(key), { range: rangeIn(text, span), resource: rangeIn(text, resource) });
  }
  const definitions = file.flows.flatMap(({ definition }) =>
    definition && definition.kind !== 'inline' ? [detached(definition.path)] : [],
  );
  return { keys, declares: { keys: declared, complete: file.secretsComplete }, definitions };
}

/** A part of a string may keep all of it in memory: this one does not. */
function detached(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
