/**
 * Which of TypeScript's diagnostics are worth a report in an expression, and in which words. JavaScript converts, adds
 * properties and leaves arguments out on purpose, and schemas name less than there is: whatever may be meant so is not
 * reported. A report that is wrong costs more than one that is missing.
 */
import type ts from 'typescript';
import { nearest } from '../keys.js';
import type { Span } from '../text.js';
import { CLOSED } from './schema.js';

export interface TypeReport {
  /** In the expression's text. */
  readonly span: Span;
  readonly message: string;
  /** What the name under the report should probably be. */
  readonly near?: string;
}

type TypeScript = typeof ts;

/** TypeScript's numbers, by what they say. */
const Code = {
  CannotFindName: 2304,
  CannotFindNameDidYouMean: 2552,
  CannotFindNameTestRunner: 2582,
  CannotFindNameJQuery: 2581,
  CannotFindNameDom: 2584,
  NoShorthandValue: 18004,
  NoProperty: 2339,
  NoPropertyDidYouMean: 2551,
  Argument: 2345,
  ArgumentCount: 2554,
  ArgumentCountAtLeast: 2555,
  NotCallable: 2349,
  NotCallableDidYouMeanNew: 2348,
  NotConstructable: 2351,
  NoOverlap: 2367,
  NotIterable: 2488,
  AssignmentToConstant: 2588,
  UsedBeforeDeclaration: 2448,
} as const;

export function reportsOf(
  typescript: TypeScript,
  checker: ts.TypeChecker,
  file: ts.SourceFile,
  diagnostics: readonly ts.Diagnostic[],
  toExpression: (span: ts.TextSpan) => Span | undefined,
): TypeReport[] {
  const reporter = new Reporter(typescript, checker, file);
  return diagnostics.flatMap((diagnostic) => {
    const { start, length } = diagnostic;
    const span = start === undefined || length === undefined ? undefined : toExpression({ start, length });
    if (!span || span.end === span.start) return [];
    const report = reporter.report(diagnostic);
    return report ? [{ span, ...report }] : [];
  });
}

/** The innermost node that a test holds for. */
export function innermost<T extends ts.Node>(
  typescript: TypeScript,
  root: ts.Node,
  test: (node: ts.Node) => node is T,
): T | undefined {
  let found: T | undefined;
  const visit = (node: ts.Node): void => {
    if (test(node)) found = node;
    typescript.forEachChild(node, visit);
  };
  visit(root);
  return found;
}

type Words = Omit<TypeReport, 'span'>;

class Reporter {
  readonly #ts: TypeScript;
  readonly #checker: ts.TypeChecker;
  readonly #file: ts.SourceFile;
  #assigned: ReadonlySet<string> | undefined;

  constructor(typescript: TypeScript, checker: ts.TypeChecker, file: ts.SourceFile) {
    this.#ts = typescript;
    this.#checker = checker;
    this.#file = file;
  }

  report(diagnostic: ts.Diagnostic): Words | undefined {
    const node = this.#nodeOf(diagnostic);
    if (!node) return undefined;
    const text = this.#ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n').split('\n')[0]!;
    const near = /Did you mean (?:to access )?'([^']+)'\?/.exec(text)?.[1];
    const code: number = diagnostic.code;
    switch (code) {
      case Code.CannotFindName:
      case Code.CannotFindNameDidYouMean:
      case Code.CannotFindNameTestRunner:
      case Code.CannotFindNameJQuery:
      case Code.CannotFindNameDom:
      case Code.NoShorthandValue:
        return this.#name(node, near, code === Code.CannotFindNameDom);
      case Code.NoProperty:
      case Code.NoPropertyDidYouMean:
        return this.#property(node, near);
      case Code.Argument:
        return this.#varies(node) ? undefined : this.#argument(node);
      case Code.ArgumentCount:
      case Code.ArgumentCountAtLeast:
        return tooFew(text) ? { message: text } : undefined;
      case Code.NotCallable:
      case Code.NotCallableDidYouMeanNew:
      case Code.NotConstructable:
        return this.#varies(node) ? undefined : this.#call(node, code);
      case Code.NoOverlap:
        return this.#varies(node) ? undefined : this.#comparison(node);
      case Code.NotIterable:
        return this.#varies(node) ? undefined : this.#iteration(node);
      case Code.AssignmentToConstant:
      case Code.UsedBeforeDeclaration:
        return { message: text };
    }
    return undefined;
  }

  #name(node: ts.Node, near: string | undefined, browser: boolean): Words | undefined {
    const name = node.getText(this.#file);
    // `typeof name` asks whether there is one; a name that is assigned to without a declaration is a global's.
    if (this.#ts.isTypeOfExpression(node.parent) || this.#assignedNames.has(name)) return undefined;
    if (near !== undefined) return { message: `\`${name}\` is not defined. Did you mean \`${near}\`?`, near };
    return {
      message: browser
        ? `\`${name}\` is not defined: expressions run in Node.js, not in a browser.`
        : `\`${name}\` is not defined.`,
    };
  }

  #property(node: ts.Node, near: string | undefined): Words | undefined {
    // `{ name }` is the name and the whole element at once.
    const parent = this.#ts.isBindingElement(node) ? node : node.parent;
    const name = this.#ts.isStringLiteralLike(node) ? node.text : node.getText(this.#file);
    let receiver: ts.Node;
    if (this.#ts.isPropertyAccessExpression(parent) || this.#ts.isElementAccessExpression(parent)) {
      // JavaScript objects take any property that is set.
      if (this.#assignedNames.has(name) || this.#isDeleted(parent)) return undefined;
      receiver = parent.expression;
      if (this.#varies(receiver)) return undefined;
    } else if (this.#ts.isBindingElement(parent)) {
      // A default says that the property may be missing.
      if (parent.initializer) return undefined;
      receiver = parent.parent;
    } else {
      return undefined;
    }
    const type = this.#checker.getTypeAtLocation(receiver);
    const alternatives = type.isUnion() ? type.types : [type];
    const similar = near ?? this.#similar(name, alternatives);
    if (alternatives.some((one) => this.#mayHave(one, name, similar !== undefined))) return undefined;
    const of = this.#ts.isBindingElement(parent) ? 'this object' : this.#quote(receiver);
    if (similar !== undefined) {
      return { message: `There is no \`${name}\` in ${of}. Did you mean \`${similar}\`?`, near: similar };
    }
    return { message: `There is no \`${name}\` in ${of}. ${this.#known(type)}` };
  }

  /** For what TypeScript has no suggestion of its own: destructuring and unions. Short names are too much alike. */
  #similar(name: string, types: readonly ts.Type[]): string | undefined {
    if (name.length < 4) return undefined;
    const names = types.flatMap((type) =>
      this.#checker.getPropertiesOfType(type).map((property) => property.name),
    );
    return nearest(name, names);
  }

  /** `similar`: the type has a name much like it, so that a mistake is likely though the type be open. */
  #mayHave(type: ts.Type, name: string, similar: boolean): boolean {
    const { TypeFlags } = this.#ts;
    if (type.flags & (TypeFlags.Any | TypeFlags.Unknown | TypeFlags.Never | TypeFlags.NonPrimitive))
      return true;
    if (type.flags & (TypeFlags.TypeParameter | TypeFlags.Null | TypeFlags.Undefined)) return true;
    const apparent = this.#checker.getApparentType(type);
    if (this.#checker.getPropertyOfType(apparent, name)) return true;
    if (this.#checker.getIndexInfosOfType(apparent).some(({ keyType }) => keyType.flags & TypeFlags.String))
      return true;
    if (type.isIntersection()) return type.types.some((one) => this.#mayHave(one, name, similar));
    if (!(type.flags & TypeFlags.Object)) return false;
    // `{}` is where objects begin that are filled later.
    if (this.#checker.getPropertiesOfType(apparent).length === 0) return true;
    if (similar) return false;
    // JSON Schema leaves objects open, and schemas of web APIs rarely name everything.
    return (
      (type.symbol as ts.Symbol | undefined)?.declarations?.some((declaration) =>
        this.#isOpen(declaration),
      ) === true
    );
  }

  #isOpen(declaration: ts.Declaration): boolean {
    const file = declaration.getSourceFile();
    if (this.#ts.isObjectLiteralExpression(declaration)) {
      return declaration.properties.some((property) => this.#ts.isSpreadAssignment(property));
    }
    return (
      file.fileName.startsWith('/shape/') && !file.text.startsWith(CLOSED, declaration.getStart(file) + 1)
    );
  }

  #known(type: ts.Type): string {
    if ((type.symbol as ts.Symbol | undefined)?.name === 'Promise')
      return 'It is a promise: `await` it first.';
    const names = this.#checker
      .getPropertiesOfType(type)
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('__@'));
    if (!(type.flags & this.#ts.TypeFlags.Object) || names.length === 0 || names.length > 12) {
      return `It is ${this.#brief(type)}.`;
    }
    return `It has ${names.map((name) => `\`${name}\``).join(', ')}.`;
  }

  #argument(node: ts.Node): Words | undefined {
    const { parent } = node;
    if (!this.#ts.isCallExpression(parent) && !this.#ts.isNewExpression(parent)) return undefined;
    const index = parent.arguments?.findIndex((argument) => argument === node) ?? -1;
    const parameter = this.#checker.getResolvedSignature(parent)?.parameters[index];
    if (!parameter) return undefined;
    const type = this.#checker.getTypeOfSymbolAtLocation(parameter, parent);
    const wanted = this.#kinds(type);
    const given = this.#kinds(this.#checker.getTypeAtLocation(node));
    // Within one kind JavaScript converts, or the types differ in what nobody asks for.
    if (
      given.size === 0 ||
      [...given].some((kind) => kind === 'any' || wanted.has(kind) || wanted.has('any'))
    ) {
      return undefined;
    }
    return {
      message: `${this.#quote(node)} is ${this.#typeText(node)}, but ${this.#brief(type)} is expected.`,
    };
  }

  #call(node: ts.Node, code: number): Words | undefined {
    const type = this.#checker.getTypeAtLocation(node);
    const kind =
      code === Code.NotConstructable ? this.#ts.SignatureKind.Construct : this.#ts.SignatureKind.Call;
    const alternatives = type.isUnion() ? type.types : [type];
    if (alternatives.some((one) => this.#checker.getSignaturesOfType(one, kind).length > 0)) return undefined;
    if (code === Code.NotConstructable) {
      return { message: `${this.#quote(node)} cannot be used with \`new\`: it is ${this.#typeText(node)}.` };
    }
    return {
      message:
        code === Code.NotCallableDidYouMeanNew
          ? `${this.#quote(node)} can only be used with \`new\`.`
          : `${this.#quote(node)} is no function: it is ${this.#typeText(node)}.`,
    };
  }

  #iteration(node: ts.Node): Words | undefined {
    if (this.#checker.getTypeAtLocation(node).isUnion()) return undefined;
    return { message: `${this.#quote(node)} cannot be iterated: it is ${this.#typeText(node)}, no array.` };
  }

  #comparison(node: ts.Node): Words | undefined {
    if (!this.#ts.isBinaryExpression(node)) return undefined;
    const { EqualsEqualsEqualsToken, ExclamationEqualsEqualsToken } = this.#ts.SyntaxKind;
    const operator = node.operatorToken.kind;
    // `==` converts.
    if (operator !== EqualsEqualsEqualsToken && operator !== ExclamationEqualsEqualsToken) return undefined;
    const [left, right] = [node.left, node.right].map((side) => this.#typeText(side));
    const never = operator === EqualsEqualsEqualsToken ? 'false' : 'true';
    return { message: `This is always ${never}: ${left!} is never the same as ${right!}.` };
  }

  #kinds(type: ts.Type): ReadonlySet<'any' | 'primitive' | 'object'> {
    const { TypeFlags } = this.#ts;
    const alternatives = type.isUnion() ? type.types : [type];
    return new Set(
      alternatives.map((one) => {
        if (one.flags & TypeFlags.Object) return this.#converts(one) ? 'any' : 'object';
        const isPrimitive =
          TypeFlags.StringLike | TypeFlags.NumberLike | TypeFlags.BooleanLike | TypeFlags.BigIntLike;
        return one.flags & isPrimitive ? 'primitive' : 'any';
      }),
    );
  }

  /** Objects that are meant to be used as a number or text. */
  #converts(type: ts.Type): boolean {
    const name = (type.symbol as ts.Symbol | undefined)?.name;
    return /^(?:Date|URL|URLSearchParams|RegExp|Buffer|String|Number|Boolean|Error)$/.test(name ?? '');
  }

  /** Names that the expression assigns to, as variables or properties. */
  get #assignedNames(): ReadonlySet<string> {
    if (this.#assigned) return this.#assigned;
    const names = new Set<string>();
    const { FirstAssignment, LastAssignment } = this.#ts.SyntaxKind;
    const add = (target: ts.Node): void => {
      if (this.#ts.isIdentifier(target)) names.add(target.text);
      else if (this.#ts.isPropertyAccessExpression(target)) names.add(target.name.text);
      else if (
        this.#ts.isElementAccessExpression(target) &&
        this.#ts.isStringLiteralLike(target.argumentExpression)
      ) {
        names.add(target.argumentExpression.text);
      }
    };
    const visit = (node: ts.Node): void => {
      if (this.#ts.isBinaryExpression(node)) {
        const { kind } = node.operatorToken;
        if (kind >= FirstAssignment && kind <= LastAssignment) add(node.left);
      } else if (this.#ts.isPrefixUnaryExpression(node) || this.#ts.isPostfixUnaryExpression(node)) {
        add(node.operand);
      }
      this.#ts.forEachChild(node, visit);
    };
    visit(this.#file);
    return (this.#assigned = names);
  }

  /**
   * It reads a variable that is assigned to: what that holds is known for the way through the code that TypeScript
   * follows, and functions called on the way may set it.
   */
  #varies(node: ts.Node): boolean {
    if (this.#ts.isIdentifier(node)) {
      const isName = this.#ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
      return !isName && this.#assignedNames.has(node.text);
    }
    return this.#ts.forEachChild(node, (child) => this.#varies(child) || undefined) ?? false;
  }

  #isDeleted(node: ts.Node): boolean {
    return this.#ts.isDeleteExpression(node.parent);
  }

  /** The node that a diagnostic underlines; the outermost one of those that have just that text. */
  #nodeOf({ start, length }: ts.Diagnostic): ts.Node | undefined {
    let found: ts.Node | undefined;
    const visit = (node: ts.Node): void => {
      if (found || start! < node.getFullStart() || start! >= node.end) return;
      if (node.getStart(this.#file) === start && node.end === start + length!) found = node;
      else this.#ts.forEachChild(node, visit);
    };
    this.#ts.forEachChild(this.#file, visit);
    return found;
  }

  #quote(node: ts.Node): string {
    const text = node.getText(this.#file).replace(/\s+/g, ' ');
    return text.length > 60 ? 'this value' : `\`${text}\``;
  }

  #typeText(node: ts.Node): string {
    return this.#brief(this.#checker.getTypeAtLocation(node));
  }

  /** A type in words of a message: as TypeScript writes it when that is short. */
  #brief(type: ts.Type): string {
    const text = this.#checker.typeToString(type);
    if (text.length <= 60) return `\`${text}\``;
    if (this.#checker.isArrayType(type)) return 'an array';
    return this.#checker.getSignaturesOfType(type, this.#ts.SignatureKind.Call).length > 0
      ? 'a function'
      : 'an object';
  }
}

function tooFew(text: string): boolean {
  const numbers = /Expected (?:at least )?(\d+)(?:-\d+)? arguments, but got (\d+)/.exec(text);
  return numbers !== null && Number(numbers[2]) < Number(numbers[1]);
}
