/**
 * TypeScript's language service over virtual files, all in memory. TypeScript itself is given: it is large, and whoever
 * needs it decides when and in which thread it is loaded. Nothing here evaluates an expression.
 */
import type ts from 'typescript';
import type { Span } from '../text.js';
import { GLOBALS, UNOFFERED } from './globals.js';
import { innermost, reportsOf, type TypeReport } from './report.js';
import { closure, toExpression, type VirtualExpression } from './virtual.js';

export type TypeScript = typeof ts;

/** An expression with all its files, as plain data: it can be sent to another thread. */
export interface ExpressionSource {
  readonly file: string;
  readonly start: number;
  readonly length: number;
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

export interface Place extends ExpressionSource {
  /** In the expression's own text. */
  readonly offset: number;
}

export interface TypeCompletion {
  readonly name: string;
  /** TypeScript's ScriptElementKind. */
  readonly kind: string;
  readonly optional: boolean;
  readonly deprecated: boolean;
  readonly sortText: string;
  /** What is to be inserted, when it is not the name. */
  readonly insertText?: string;
  /** What it replaces, in the expression's text, when that is not the name under the cursor. */
  readonly span?: Span;
}

export interface TypeCompletions {
  readonly items: readonly TypeCompletion[];
  /** After a dot, or in brackets: nothing else can stand there. */
  readonly members: boolean;
  /** The name under the cursor. */
  readonly span?: Span;
}

/** `code`: TypeScript that says what it is; `text`: Markdown. */
export interface TypeText {
  readonly code: string;
  readonly text: string;
  /** In the expression's text. */
  readonly span?: Span;
}

export interface TypeSignatures {
  readonly signatures: readonly {
    readonly label: string;
    readonly text: string;
    readonly parameters: readonly { readonly label: readonly [number, number]; readonly text: string }[];
  }[];
  readonly active: number;
  readonly parameter: number;
}

/** What the service answers, by name of the request. All of them are synchronous where TypeScript is. */
export interface TypeRequests {
  complete(place: Place & { readonly trigger?: string }): TypeCompletions;
  describe(place: Place & { readonly name: string }): TypeText | undefined;
  hover(place: Place): TypeText | undefined;
  signatures(place: Place): TypeSignatures | undefined;
  /** Where the local name under the cursor is declared, in the expression. */
  definitions(place: Place): readonly Span[];
  /** What is wrong with expressions, in their order. */
  check(expressions: readonly ExpressionSource[]): readonly (readonly TypeReport[])[];
}

const LIB = '/lib.d.ts';
/** Texts that are kept though no request has named them of late. */
const MAX_FILES = 3000;
const MAX_HOVER = 600;

/** Keywords that mean nothing inside an expression. */
const NO_KEYWORDS: ReadonlySet<string> = new Set([
  'as',
  'asserts',
  'debugger',
  'enum',
  'export',
  'extends',
  'implements',
  'import',
  'interface',
  'package',
  'private',
  'protected',
  'public',
  'satisfies',
  'static',
  'super',
  'using',
  'with',
  'yield',
]);

export function sourceOf({ file, start, length }: VirtualExpression): ExpressionSource {
  const files = closure([file]).map(({ name, text }) => ({ name, text }));
  return { file: file.name, start, length, files };
}

export class TypeService implements TypeRequests {
  readonly #ts: TypeScript;
  readonly #service: ts.LanguageService;
  readonly #base: readonly string[];
  readonly #files = new Map<string, ts.IScriptSnapshot>();
  #roots: readonly string[];

  /** `lib`: the declarations of ECMAScript (lib.ts). */
  constructor(typescript: TypeScript, lib: readonly string[]) {
    this.#ts = typescript;
    const base = [
      ...lib.map((text, i) => [i === 0 ? LIB : `/lib.${i}.d.ts`, text] as const),
      ['/globals.d.ts', GLOBALS] as const,
    ];
    for (const [name, text] of base) this.#files.set(name, typescript.ScriptSnapshot.fromString(text));
    this.#base = base.map(([name]) => name);
    this.#roots = this.#base;
    this.#service = typescript.createLanguageService(this.#host(), typescript.createDocumentRegistry());
  }

  complete(place: Place & { readonly trigger?: string }): TypeCompletions {
    this.show([place]);
    const position = place.start + place.offset;
    const info = this.#service.getCompletionsAtPosition(place.file, position, {
      includeCompletionsForModuleExports: false,
      includeCompletionsWithInsertText: true,
      ...(place.trigger !== undefined && {
        triggerCharacter: place.trigger as ts.CompletionsTriggerCharacter,
      }),
    });
    const items = (info?.entries ?? []).flatMap((entry): TypeCompletion[] => {
      if (entry.kind === this.#ts.ScriptElementKind.warning || UNOFFERED.has(entry.name)) return [];
      if (entry.kind === this.#ts.ScriptElementKind.keyword && NO_KEYWORDS.has(entry.name)) return [];
      const modifiers = entry.kindModifiers ?? '';
      const span = entry.replacementSpan && this.#span(place, entry.replacementSpan);
      // What would change text outside the expression cannot be offered.
      if (entry.replacementSpan && !span) return [];
      return [
        {
          name: entry.name,
          kind: entry.kind,
          optional: /\boptional\b/.test(modifiers),
          deprecated: /\bdeprecated\b/.test(modifiers),
          sortText: entry.sortText,
          ...(entry.insertText !== undefined && { insertText: entry.insertText }),
          ...(span && { span }),
        },
      ];
    });
    const span = info?.optionalReplacementSpan && this.#span(place, info.optionalReplacementSpan);
    const others = this.#ofOneAlternative(place, new Set(items.map(({ name }) => name)));
    return {
      items: [...items, ...others],
      members: others.length > 0 || info?.isMemberCompletion === true || info?.isGlobalCompletion === false,
      ...(span && { span }),
    };
  }

  describe(place: Place & { readonly name: string }): TypeText | undefined {
    this.show([place]);
    const details = this.#service.getCompletionEntryDetails(
      place.file,
      place.start + place.offset,
      place.name,
      undefined,
      undefined,
      undefined,
      undefined,
    );
    return (
      details && {
        code: this.#join(details.displayParts),
        text: this.#markdown(details.documentation, details.tags),
      }
    );
  }

  hover(place: Place): TypeText | undefined {
    this.show([place]);
    const info = this.#service.getQuickInfoAtPosition(place.file, place.start + place.offset, MAX_HOVER);
    const span = info && this.#span(place, info.textSpan);
    if (!span || span.end === span.start) return undefined;
    return {
      code: tidy(this.#join(info.displayParts)),
      text: this.#markdown(info.documentation, info.tags),
      span,
    };
  }

  signatures(place: Place): TypeSignatures | undefined {
    this.show([place]);
    const help = this.#service.getSignatureHelpItems(place.file, place.start + place.offset, undefined);
    if (!help || !this.#span(place, help.applicableSpan)) return undefined;
    return {
      active: help.selectedItemIndex,
      parameter: help.argumentIndex,
      signatures: help.items.map((item) => {
        const separator = this.#join(item.separatorDisplayParts);
        let label = this.#join(item.prefixDisplayParts);
        const parameters = item.parameters.map((parameter, i) => {
          if (i > 0) label += separator;
          const start = label.length;
          label += this.#join(parameter.displayParts);
          return { label: [start, label.length] as const, text: this.#markdown(parameter.documentation) };
        });
        label += this.#join(item.suffixDisplayParts);
        return {
          label,
          text: this.#markdown(
            item.documentation,
            item.tags.filter(({ name }) => name !== 'param'),
          ),
          parameters,
        };
      }),
    };
  }

  definitions(place: Place): readonly Span[] {
    this.show([place]);
    const found = this.#service.getDefinitionAtPosition(place.file, place.start + place.offset) ?? [];
    return found
      .filter(({ fileName }) => fileName === place.file)
      .flatMap(({ textSpan }) => this.#span(place, textSpan) ?? []);
  }

  check(expressions: readonly ExpressionSource[]): readonly (readonly TypeReport[])[] {
    this.show(expressions);
    return expressions.map((expression) => this.checkShown(expression));
  }

  /** Makes expressions the ones that TypeScript looks at: the first step of `check`, for who wants to pause in between. */
  show(expressions: readonly ExpressionSource[]): void {
    for (const { files } of expressions) {
      for (const { name, text } of files) {
        const known = this.#files.get(name);
        // Again at the end: the ones at the front are those that nobody has named for long.
        this.#files.delete(name);
        this.#files.set(name, known ?? this.#ts.ScriptSnapshot.fromString(text));
      }
    }
    this.#roots = [...this.#base, ...expressions.map(({ file }) => file)];
    if (this.#files.size > MAX_FILES + this.#roots.length) this.#forget();
  }

  isShown({ file }: ExpressionSource): boolean {
    return this.#roots.includes(file);
  }

  /** The second step, for one of the expressions shown. */
  checkShown(expression: ExpressionSource): readonly TypeReport[] {
    const diagnostics = this.#service.getSemanticDiagnostics(expression.file);
    const program = this.#service.getProgram();
    const file = program?.getSourceFile(expression.file);
    if (!program || !file || diagnostics.length === 0) return [];
    return reportsOf(this.#ts, program.getTypeChecker(), file, diagnostics, (span) =>
      this.#span(expression, span),
    );
  }

  /** Of a union, TypeScript offers what all alternatives have; data may well be the one that has more. */
  #ofOneAlternative(place: Place, known: ReadonlySet<string>): TypeCompletion[] {
    const program = this.#service.getProgram();
    const file = program?.getSourceFile(place.file);
    if (!program || !file) return [];
    const position = place.start + place.offset;
    const access = innermost(
      this.#ts,
      file,
      (node): node is ts.PropertyAccessExpression =>
        this.#ts.isPropertyAccessExpression(node) && node.expression.end < position && position <= node.end,
    );
    if (!access) return [];
    const checker = program.getTypeChecker();
    const type = checker.getTypeAtLocation(access.expression);
    if (!type.isUnion() || type.types.some((one) => !(one.flags & this.#ts.TypeFlags.Object))) return [];
    const names = new Set(
      type.types.flatMap((one) => checker.getPropertiesOfType(one).map(({ name }) => name)),
    );
    return [...names]
      .filter((name) => !known.has(name) && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name))
      .map((name) => ({
        name,
        kind: this.#ts.ScriptElementKind.memberVariableElement,
        optional: true,
        deprecated: false,
        sortText: '12',
      }));
  }

  #forget(): void {
    const kept = new Set([
      ...this.#roots,
      ...(this.#service.getProgram()?.getSourceFiles() ?? []).map(({ fileName }) => fileName),
    ]);
    for (const name of this.#files.keys()) {
      if (this.#files.size <= MAX_FILES / 2) return;
      if (!kept.has(name)) this.#files.delete(name);
    }
  }

  #span(expression: ExpressionSource, { start, length }: ts.TextSpan): Span | undefined {
    const span = { start, end: start + length };
    return toExpression({ start: expression.start, length: expression.length }, span);
  }

  #join(parts: ts.SymbolDisplayPart[] | undefined): string {
    return this.#ts.displayPartsToString(parts);
  }

  #markdown(
    documentation: ts.SymbolDisplayPart[] | undefined,
    tags: readonly ts.JSDocTagInfo[] = [],
  ): string {
    const lines = tags
      .filter(({ name }) => name !== 'type')
      .map(({ name, text }) => `*@${name}*${text ? ` ${this.#join(text)}` : ''}`);
    return [this.#join(documentation), ...lines]
      .filter((line) => line !== '')
      .join('\n\n')
      .replace(/\{@link(?:code|plain)? ([^}]*)\}/g, '`$1`');
  }

  #host(): ts.LanguageServiceHost {
    const typescript = this.#ts;
    const options: ts.CompilerOptions = {
      allowJs: true,
      checkJs: true,
      noEmit: true,
      target: typescript.ScriptTarget.ESNext,
      module: typescript.ModuleKind.ESNext,
      moduleResolution: typescript.ModuleResolutionKind.Bundler,
      moduleDetection: typescript.ModuleDetectionKind.Force,
      types: [],
      skipLibCheck: true,
      // Data is read as it comes: what may be missing is the author's to know, and JavaScript needs no types.
      strict: false,
      noImplicitAny: false,
      strictNullChecks: false,
      useUnknownInCatchVariables: false,
      allowUnreachableCode: true,
      allowUnusedLabels: true,
      noErrorTruncation: false,
    };
    return {
      getCompilationSettings: () => options,
      getScriptFileNames: () => [...this.#roots],
      // A name stands for one text.
      getScriptVersion: () => '1',
      getScriptSnapshot: (name) => this.#files.get(name),
      getCurrentDirectory: () => '/',
      getDefaultLibFileName: () => LIB,
      useCaseSensitiveFileNames: () => true,
      fileExists: (name) => this.#files.has(name),
      readFile: (name) => {
        const snapshot = this.#files.get(name);
        return snapshot?.getText(0, snapshot.getLength());
      },
      resolveModuleNameLiterals: (literals) =>
        literals.map(({ text }) => {
          const extension = ['.d.ts', '.ts', '.js'].find((one) => this.#files.has(text + one));
          return {
            resolvedModule:
              extension === undefined ? undefined : { resolvedFileName: text + extension, extension },
          };
        }),
    };
  }
}

/** What stands for types of other virtual files means nothing to a reader. */
function tidy(code: string): string {
  return code
    .replace(/(?:Awaited<)?typeof import\("\/\w+\/\d+"\)\.\w+>?/g, '{ … }')
    .replace(/\n +(?:readonly )?\[\w+: string\]: any;/g, '');
}
