/**
 * The fields of an app, read from its TypeScript without running it: the literal in `defineApp({ config: … })`. Only what is
 * written out counts; what a program would compute is left open. JavaScript's tokens suffice, since types stand beside literals.
 */
import { tokenizer, tokTypes, type TokenType } from 'acorn';
import type { Json } from './model.js';
import { readFields, type FieldShape } from './shape.js';

export interface AppFields {
  readonly fields: ReadonlyMap<string, FieldShape>;
  /** There may be more fields than these. */
  readonly open: boolean;
}

/** Files that an app may begin with, below its folder; the first that exists. */
const ENTRIES: readonly string[] = ['main.ts', 'src/main.ts', 'index.ts', 'src/index.ts'];

/**
 * The fields of the app whose source an installation names: a folder or an entry file. `read`: the text of a file, by its
 * path as it follows from `source`, with `/`; undefined where there is none.
 */
export function appFieldsAt(
  source: string,
  read: (path: string) => string | undefined,
): AppFields | undefined {
  const folder = source.replace(/\/+$/, '');
  const entries = /\.[cm]?[jt]s$/.test(folder) ? [folder] : ENTRIES.map((entry) => `${folder}/${entry}`);
  for (const entry of entries) {
    const text = read(entry);
    if (text === undefined) continue;
    const beside = entry.slice(0, entry.lastIndexOf('/') + 1);
    return readAppFields(text, (specifier) => {
      const name = beside + specifier.replace(/\.[cm]?js$/, '');
      return read(name.endsWith('.ts') ? name : `${name}.ts`) ?? read(`${name}/index.ts`);
    });
  }
  return undefined;
}

/**
 * Undefined where no app is defined. `load`: the text of an imported file, by its specifier (`./config`), or undefined.
 */
export function readAppFields(
  text: string,
  load: (specifier: string) => string | undefined = () => undefined,
): AppFields | undefined {
  const source = new Source(text, load);
  const app = source.argumentOf('defineApp');
  if (app === undefined) return undefined;
  const definition = source.value(app).value;
  if (!(definition instanceof Map)) return { fields: new Map(), open: true };
  const config = definition.get('config');
  if (!definition.has('config')) return { fields: new Map(), open: definition.has(SPREAD) };
  if (!(config instanceof Map)) return { fields: new Map(), open: true };
  const written: Record<string, Json> = {};
  for (const [key, field] of config)
    // A field that is made elsewhere exists all the same: nothing is known of it.
    if (key !== SPREAD) written[key] = field instanceof Map ? { ...asJson(field), type: typeOf(field) } : {};
  return { fields: readFields(written), open: config.has(SPREAD) };
}

/** Undefined: known to the program alone. */
type Literal = Json | undefined | LiteralMap | readonly Literal[];
type LiteralMap = Map<string, Literal>;

/** Key of a map for what `...` adds to it. */
const SPREAD = '...';

/** `"string"`, `["string"]` for a list of them, or JSON Schema; `{}` is anything. */
function typeOf(field: LiteralMap): Json {
  const type = field.get('type');
  if (typeof type === 'string') return type === 'any' ? {} : { type };
  if (Array.isArray(type)) {
    const [item] = type as readonly Literal[];
    return { type: 'array', items: typeof item === 'string' && item !== 'any' ? { type: item } : {} };
  }
  return type instanceof Map ? asJson(type) : {};
}

/** What is not known is left out. */
function asJson(map: LiteralMap): { [key: string]: Json } {
  const json: Record<string, Json> = {};
  for (const [key, value] of map) {
    if (key === SPREAD || value === undefined) continue;
    json[key] = jsonOf(value);
  }
  return json;
}

function jsonOf(value: Literal): Json {
  if (value instanceof Map) return asJson(value);
  if (Array.isArray(value)) return (value as readonly Literal[]).map(jsonOf);
  return (value as Json | undefined) ?? null;
}

/** The library's own type of it leaves out the value. */
interface Token {
  readonly type: TokenType;
  readonly value?: unknown;
}

/** Files that import each other are followed this far. */
const MAX_IMPORTS = 5;

class Source {
  readonly #tokens: readonly Token[];
  /** Names whose value is being read: what is made of itself has none. */
  readonly #open = new Set<string>();

  constructor(
    readonly text: string,
    readonly load: (specifier: string) => string | undefined,
    readonly depth = 0,
  ) {
    const tokens: Token[] = [];
    try {
      for (const token of tokenizer(text, { ecmaVersion: 'latest', sourceType: 'module' }))
        tokens.push(token);
    } catch {
      // Up to there it can be read.
    }
    this.#tokens = tokens;
  }

  /** Index of the first token of what a function is called with. */
  argumentOf(name: string): number | undefined {
    const at = this.#tokens.findIndex(
      (token, i) => token.value === name && this.#tokens[i + 1]?.type === tokTypes.parenL,
    );
    return at < 0 ? undefined : at + 2;
  }

  /** The value that begins at a token, and the index behind it: of the `,` or bracket that ends it. */
  value(at: number): { readonly value: Literal; readonly end: number } {
    const { value, end } = this.#literal(at);
    // `"a" as const`, `{} satisfies X`: the type says nothing about the value. Anything else makes another one of it.
    const next = this.#tokens[end];
    const isAll = !next || ENDS.has(next.type) || next.value === 'as' || next.value === 'satisfies';
    return {
      value: isAll ? value : undefined,
      end: isAll && next && ENDS.has(next.type) ? end : this.#skip(end),
    };
  }

  #literal(at: number): { value: Literal; end: number } {
    const token = this.#tokens[at];
    switch (token?.type) {
      case tokTypes.string:
        return this.#text(at);
      case tokTypes.num:
        return { value: token.value as number, end: at + 1 };
      case tokTypes._true:
      case tokTypes._false:
        return { value: token.type === tokTypes._true, end: at + 1 };
      case tokTypes._null:
        return { value: null, end: at + 1 };
      case tokTypes.braceL:
        return this.#object(at + 1);
      case tokTypes.bracketL:
        return this.#array(at + 1);
      case tokTypes.backQuote: {
        const [piece, close] = this.#tokens.slice(at + 1, at + 3);
        return close?.type === tokTypes.backQuote
          ? { value: piece!.value as string, end: at + 3 }
          : { value: undefined, end: this.#skip(at) };
      }
      case tokTypes.name:
        return { value: this.#named(token.value as string), end: at + 1 };
      default:
        return { value: undefined, end: this.#skip(at) };
    }
  }

  /** `"a" + "b"` too: long descriptions are written so. */
  #text(at: number): { value: Literal; end: number } {
    let value = this.#tokens[at]!.value as string;
    let end = at + 1;
    while (this.#tokens[end]?.value === '+' && this.#tokens[end + 1]?.type === tokTypes.string) {
      value += this.#tokens[end + 1]!.value as string;
      end += 2;
    }
    return { value, end };
  }

  #array(start: number): { value: Literal; end: number } {
    const items: Literal[] = [];
    let at = start;
    while (this.#tokens[at] && this.#tokens[at]!.type !== tokTypes.bracketR) {
      const { value, end } = this.value(at);
      items.push(value);
      at = this.#tokens[end]?.type === tokTypes.comma ? end + 1 : end;
      if (at === end && this.#tokens[end]?.type !== tokTypes.bracketR) break;
    }
    return { value: items, end: at + 1 };
  }

  #object(start: number): { value: Literal; end: number } {
    const entries: LiteralMap = new Map();
    let at = start;
    while (this.#tokens[at] && this.#tokens[at]!.type !== tokTypes.braceR) {
      const token = this.#tokens[at]!;
      const next = this.#tokens[at + 1];
      let end: number;
      if (token.type === tokTypes.ellipsis) {
        const spread = this.value(at + 1);
        if (spread.value instanceof Map) for (const [key, value] of spread.value) entries.set(key, value);
        else entries.set(SPREAD, undefined);
        end = spread.end;
      } else {
        const key = keyOf(token);
        if (key !== undefined && next?.type === tokTypes.colon) {
          const entry = this.value(at + 2);
          entries.set(key, entry.value);
          end = entry.end;
        } else {
          // `config,` is a name's value; `[key]: …` may be any key; the rest are methods.
          if (token.type === tokTypes.name && (!next || ENDS.has(next.type)))
            entries.set(key!, this.#named(key!));
          else if (token.type === tokTypes.bracketL) entries.set(SPREAD, undefined);
          end = this.#skip(at);
        }
      }
      at = this.#tokens[end]?.type === tokTypes.comma ? end + 1 : Math.max(end, at + 1);
      if (this.#tokens[end] && !ENDS.has(this.#tokens[end]!.type)) break;
    }
    return { value: entries, end: at + 1 };
  }

  /** What `const name = …` or an import gives it. */
  #named(name: string): Literal {
    if (this.#open.has(name)) return undefined;
    this.#open.add(name);
    try {
      return this.#declared(name) ?? this.#imported(name);
    } finally {
      this.#open.delete(name);
    }
  }

  #declared(name: string): Literal {
    const at = this.#tokens.findIndex(
      ({ type }, i) => type === tokTypes._const && this.#tokens[i + 1]?.value === name,
    );
    if (at < 0) return undefined;
    // Behind the name there may be its type.
    let equals = at + 2;
    while (this.#tokens[equals] && this.#tokens[equals]!.type !== tokTypes.eq) {
      if (this.#tokens[equals]!.type === tokTypes.semi) return undefined;
      equals++;
    }
    return this.value(equals + 1).value;
  }

  #imported(name: string): Literal {
    const { depth, load } = this;
    if (depth >= MAX_IMPORTS) return undefined;
    const named = new RegExp(
      `import\\s*(?:type\\s+)?\\{[^}]*?(?:\\b([\\w$]+)\\s+as\\s+)?(?<![\\w$])${name.replaceAll('$', '\\$&')}(?![\\w$])[^}]*\\}\\s*from\\s*["'](\\.[^"']*)["']`,
    ).exec(this.text);
    const text = named?.[2] === undefined ? undefined : load(named[2]);
    if (text === undefined) return undefined;
    // Paths in that file are relative to it: it is followed no further than its own text.
    return new Source(text, () => undefined, depth + 1).#declared(named?.[1] ?? name);
  }

  /** Index of the `,` or closing bracket that ends what begins or goes on at a token. */
  #skip(at: number): number {
    let depth = 0;
    for (let i = at; i < this.#tokens.length; i++) {
      const { type } = this.#tokens[i]!;
      if (depth === 0 && ENDS.has(type)) return i;
      if (OPENS.has(type)) depth++;
      else if (CLOSES.has(type)) depth--;
    }
    return this.#tokens.length;
  }
}

const OPENS = new Set([tokTypes.braceL, tokTypes.bracketL, tokTypes.parenL, tokTypes.dollarBraceL]);
const CLOSES = new Set([tokTypes.braceR, tokTypes.bracketR, tokTypes.parenR]);
/** What stands behind a value. */
const ENDS = new Set([tokTypes.comma, tokTypes.semi, ...CLOSES]);

/** Words of the language may be keys as well. */
function keyOf({ type, value }: Token): string | undefined {
  if (typeof value === 'number') return String(value);
  const isWord = type === tokTypes.string || type === tokTypes.name || type.keyword !== undefined;
  return isWord && typeof value === 'string' ? value : undefined;
}
