/**
 * Scope analysis of an expression: which names of `secrets`, `outputs`, `previous` and `signals` it reads. Follows
 * shadowing, hoisting, aliases (`const s = secrets`), destructuring with renames and defaults, and arguments of
 * functions that are called at once.
 */
import type { AnyNode, Node } from 'acorn';
import { isDummy } from 'acorn-loose';
import {
  declareVars,
  isFunction,
  unwrap,
  literalKey,
  literalKeys,
  isHasOwn,
  childrenOf,
  type FunctionNode,
} from './ast.js';
import type { Span } from './text.js';

export type Root = 'secrets' | 'outputs' | 'previous' | 'signals';

export interface Access {
  readonly root: Root;
  readonly key: string;
  /** The key alone: without dot, brackets or quotes. */
  readonly span: Span;
  /** `in`: `"KEY" in secrets` or `Object.hasOwn`, which ask whether the key exists: never an undefined-key error. */
  readonly form: 'member' | 'bracket' | 'destructured' | 'in';
  /** `secrets?.KEY` */
  readonly optional: boolean;
  /** `{ KEY } = secrets`: the key is the local name as well. */
  readonly shorthand?: true;
}

/** An identifier that stands for a root: `secrets` itself or an alias of it. */
export interface RootUse {
  readonly root: Root;
  readonly span: Span;
}

export interface DynamicUse {
  /** The computed key, or `secrets` where the whole object is handed on. */
  readonly span: Span;
  readonly kind: 'computed' | 'whole';
}

export interface SignalReference {
  /** The literal, e.g. `signal.slack.botId`. */
  readonly text: string;
  /** Without quotes. */
  readonly span: Span;
}

export interface Accesses {
  readonly accesses: readonly Access[];
  readonly dynamic: readonly DynamicUse[];
  readonly refs: readonly SignalReference[];
  /** Arguments of `ref` whose text is not written out. */
  readonly computedRefs: readonly Span[];
  readonly roots: readonly RootUse[];
}

const ROOTS: ReadonlySet<string> = new Set<Root>(['secrets', 'outputs', 'previous', 'signals']);

/** Accesses in source order. `shift` is added to every offset; spans are cut to [0, limit]. */
export function collectAccesses(node: Node, shift: number, limit = Infinity): Accesses {
  const collector = new Collector(shift, limit);
  collector.visit(node as AnyNode, new Scope(undefined));
  const bySpan = (a: { span: Span }, b: { span: Span }): number => a.span.start - b.span.start;
  collector.accesses.sort(bySpan);
  collector.dynamic.sort(bySpan);
  collector.roots.sort(bySpan);
  return collector;
}

/** Names declared in one function or block; the value is the root a name stands for, or null for a name of its own. */
class Scope {
  readonly #names = new Map<string, Root | null>();
  constructor(readonly parent: Scope | undefined) {}

  declare(name: string, alias: Root | null): void {
    this.#names.set(name, alias);
  }

  resolve(name: string): Root | undefined {
    const own = this.#names.get(name);
    if (own !== undefined) return own ?? undefined;
    if (this.parent) return this.parent.resolve(name);
    return ROOTS.has(name) ? (name as Root) : undefined;
  }

  isGlobal(name: string): boolean {
    return !this.#names.has(name) && (this.parent?.isGlobal(name) ?? true);
  }
}

class Collector implements Accesses {
  readonly accesses: Access[] = [];
  readonly dynamic: DynamicUse[] = [];
  readonly refs: SignalReference[] = [];
  readonly computedRefs: Span[] = [];
  readonly roots: RootUse[] = [];
  /** Starts of the identifiers in `roots`: one may be looked at more than once. */
  readonly #rootStarts = new Set<number>();

  constructor(
    readonly shift: number,
    readonly limit: number,
  ) {}

  visit(node: AnyNode | null | undefined, scope: Scope): void {
    if (!node) return;
    switch (node.type) {
      case 'Identifier': {
        if (this.#identifierRoot(node, scope) === 'secrets') this.#dynamic(node, 'whole');
        return;
      }
      case 'MemberExpression':
        this.#member(node, scope);
        return;
      case 'CallExpression':
      case 'NewExpression':
        this.#call(node, scope);
        return;
      case 'BinaryExpression':
        if (node.operator === 'in' && this.#rootOf(node.right, scope)) {
          const root = this.#rootOf(node.right, scope)!;
          const key = literalKey(node.left);
          if (key !== undefined) this.#access(root, key, node.left, 'in', false, true);
          else this.visit(node.left, scope);
          return;
        }
        break;
      case 'FunctionExpression':
      case 'FunctionDeclaration':
      case 'ArrowFunctionExpression':
        this.#function(node, scope, []);
        return;
      case 'Program':
      case 'BlockStatement':
      case 'StaticBlock': {
        const inner = new Scope(scope);
        this.#declareStatements(node.body as AnyNode[], inner);
        for (const statement of node.body) this.visit(statement, inner);
        return;
      }
      case 'SwitchStatement': {
        this.visit(node.discriminant, scope);
        const inner = new Scope(scope);
        this.#declareStatements(
          node.cases.flatMap((one) => one.consequent as AnyNode[]),
          inner,
        );
        for (const one of node.cases) {
          this.visit(one.test, inner);
          for (const statement of one.consequent) this.visit(statement, inner);
        }
        return;
      }
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement': {
        const inner = new Scope(scope);
        const head = node.type === 'ForStatement' ? node.init : node.left;
        if (head?.type === 'VariableDeclaration') this.#declareStatements([head], inner);
        for (const child of childrenOf(node)) this.visit(child, inner);
        return;
      }
      case 'CatchClause': {
        const inner = new Scope(scope);
        if (node.param) this.#declarePattern(node.param, inner);
        this.visit(node.body, inner);
        return;
      }
      case 'ClassExpression':
      case 'ClassDeclaration': {
        const inner = new Scope(scope);
        if (node.id) inner.declare(node.id.name, null);
        this.visit(node.superClass, inner);
        this.visit(node.body, inner);
        return;
      }
      case 'VariableDeclarator': {
        const root = node.init ? this.#rootOf(node.init, scope) : undefined;
        if (root && node.id.type === 'ObjectPattern') this.#destructure(node.id, root, scope);
        else this.#patternDefaults(node.id, scope);
        // An alias is followed by name; what cannot be followed counts as a use of the whole.
        if (!(root && (node.id.type === 'ObjectPattern' || node.id.type === 'Identifier')))
          this.visit(node.init, scope);
        return;
      }
      case 'AssignmentExpression': {
        const root = this.#rootOf(node.right, scope);
        if (root && node.left.type === 'ObjectPattern') {
          this.#destructure(node.left, root, scope);
          return;
        }
        if (node.left.type !== 'Identifier') this.visit(node.left, scope);
        this.visit(node.right, scope);
        return;
      }
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        if (node.computed) this.visit(node.key, scope);
        this.visit(node.value, scope);
        return;
      case 'LabeledStatement':
        this.visit(node.body, scope);
        return;
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'MetaProperty':
        return;
      default:
        break;
    }
    for (const child of childrenOf(node)) this.visit(child, scope);
  }

  #member(node: Extract<AnyNode, { type: 'MemberExpression' }>, scope: Scope): void {
    const root = node.object.type === 'Super' ? undefined : this.#rootOf(node.object, scope);
    if (!root) {
      this.visit(node.object, scope);
      if (node.computed) this.visit(node.property, scope);
      return;
    }
    if (!node.computed) {
      if (node.property.type === 'Identifier' && !isDummy(node.property)) {
        this.#access(root, node.property.name, node.property, 'member', node.optional, false);
      }
      return;
    }
    const keys = literalKeys(node.property);
    if (keys) {
      for (const one of keys) this.#access(root, literalKey(one)!, one, 'bracket', node.optional, true);
    } else if (root === 'secrets' && !isDummy(node.property)) {
      this.#dynamic(node.property, 'computed');
    }
    this.visit(node.property, scope);
  }

  #call(node: Extract<AnyNode, { type: 'CallExpression' | 'NewExpression' }>, scope: Scope): void {
    const { callee } = node;
    if (callee.type === 'Identifier' && callee.name === 'ref' && scope.isGlobal('ref')) {
      const argument = node.arguments[0];
      const text = argument ? literalKey(argument) : undefined;
      if (argument && typeof text === 'string') this.refs.push({ text, span: this.#span(argument, true) });
      else if (argument && !isDummy(argument)) this.computedRefs.push(this.#span(argument, false));
    }
    const [object, name] = node.arguments;
    if (object && name && isHasOwn(callee) && scope.isGlobal('Object')) {
      const root = object.type === 'SpreadElement' ? undefined : this.#rootOf(object, scope);
      const key = literalKey(name);
      if (root && key !== undefined) {
        this.#access(root, key, name, 'in', false, true);
        return;
      }
    }
    const called = unwrap(callee);
    if (called && isFunction(called)) {
      const roots = node.arguments.map((argument) =>
        argument.type === 'SpreadElement' ? undefined : this.#rootOf(argument, scope),
      );
      this.#function(called, scope, roots);
      node.arguments.forEach((argument, i) => {
        const param = called.params[i];
        const followed = roots[i] && (param?.type === 'Identifier' || param?.type === 'ObjectPattern');
        if (!followed) this.visit(argument, scope);
      });
      return;
    }
    this.visit(callee, scope);
    for (const argument of node.arguments) this.visit(argument, scope);
  }

  /** `roots`: what the arguments stand for where the function is called at once. */
  #function(node: FunctionNode, scope: Scope, roots: readonly (Root | undefined)[]): void {
    const inner = new Scope(scope);
    if (node.type !== 'ArrowFunctionExpression') {
      inner.declare('arguments', null);
      if (node.type === 'FunctionExpression' && node.id) inner.declare(node.id.name, null);
    }
    node.params.forEach((param, i) => {
      const given = roots[i];
      if (given && param.type === 'Identifier') {
        inner.declare(param.name, given);
      } else if (given && param.type === 'ObjectPattern') {
        this.#declarePattern(param, inner);
        this.#destructure(param, given, inner);
      } else if (param.type === 'AssignmentPattern') {
        const root = this.#rootOf(param.right, scope);
        if (root && param.left.type === 'Identifier') {
          inner.declare(param.left.name, root);
        } else if (root && param.left.type === 'ObjectPattern') {
          this.#declarePattern(param.left, inner);
          this.#destructure(param.left, root, inner);
        } else {
          this.#declarePattern(param.left, inner);
          this.visit(param.right, inner);
        }
      } else {
        this.#declarePattern(param, inner);
        this.#patternDefaults(param, inner);
      }
    });
    if (node.body.type === 'BlockStatement') {
      declareVars(node.body, (name) => inner.declare(name, null));
      this.visit(node.body, inner);
    } else {
      this.visit(node.body, inner);
    }
  }

  /** let, const, class and function names of a block, and the aliases among them, before anything in it is read. */
  #declareStatements(statements: readonly AnyNode[], scope: Scope): void {
    for (const statement of statements) {
      if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') {
        if (statement.id) scope.declare(statement.id.name, null);
      } else if (statement.type === 'VariableDeclaration') {
        for (const { id } of statement.declarations) this.#declarePattern(id, scope);
      }
    }
    for (const statement of statements) {
      if (statement.type !== 'VariableDeclaration') continue;
      for (const { id, init } of statement.declarations) {
        if (id.type !== 'Identifier' || !init) continue;
        const root = this.#rootOf(init, id.name === (init as { name?: string }).name ? scope.parent! : scope);
        if (root) scope.declare(id.name, root);
      }
    }
  }

  #declarePattern(pattern: AnyNode, scope: Scope): void {
    switch (pattern.type) {
      case 'Identifier':
        scope.declare(pattern.name, null);
        return;
      case 'ObjectPattern':
        for (const property of pattern.properties) {
          this.#declarePattern(property.type === 'RestElement' ? property.argument : property.value, scope);
        }
        return;
      case 'ArrayPattern':
        for (const element of pattern.elements) if (element) this.#declarePattern(element, scope);
        return;
      case 'AssignmentPattern':
        this.#declarePattern(pattern.left, scope);
        return;
      case 'RestElement':
        this.#declarePattern(pattern.argument, scope);
        return;
      default:
        return;
    }
  }

  /** `{ KEY: name = fallback, ...rest } = secrets` */
  #destructure(pattern: Extract<AnyNode, { type: 'ObjectPattern' }>, root: Root, scope: Scope): void {
    for (const property of pattern.properties) {
      if (property.type === 'RestElement') {
        if (root === 'secrets') this.#dynamic(property, 'whole');
        continue;
      }
      const key =
        !property.computed && property.key.type === 'Identifier'
          ? property.key.name
          : literalKey(property.key);
      if (key !== undefined && !isDummy(property.key)) {
        this.#access(
          root,
          key,
          property.key,
          'destructured',
          false,
          property.key.type !== 'Identifier',
          property.shorthand,
        );
      } else if (property.computed) {
        if (root === 'secrets') this.#dynamic(property.key, 'computed');
        this.visit(property.key, scope);
      }
      this.#patternDefaults(property.value, scope);
    }
  }

  /** Default values and computed keys inside a pattern are expressions of their own. */
  #patternDefaults(pattern: AnyNode, scope: Scope): void {
    switch (pattern.type) {
      case 'AssignmentPattern':
        this.#patternDefaults(pattern.left, scope);
        this.visit(pattern.right, scope);
        return;
      case 'ObjectPattern':
        for (const property of pattern.properties) {
          if (property.type === 'RestElement') continue;
          if (property.computed) this.visit(property.key, scope);
          this.#patternDefaults(property.value, scope);
        }
        return;
      case 'ArrayPattern':
        for (const element of pattern.elements) if (element) this.#patternDefaults(element, scope);
        return;
      default:
        return;
    }
  }

  #rootOf(node: AnyNode, scope: Scope): Root | undefined {
    const inner = unwrap(node);
    if (inner?.type === 'Identifier') return this.#identifierRoot(inner, scope);
    // `secrets ?? {}` is read as secrets.
    if (inner?.type === 'LogicalExpression' && inner.operator !== '&&')
      return this.#rootOf(inner.left, scope);
    return undefined;
  }

  #identifierRoot(node: Node & { readonly name: string }, scope: Scope): Root | undefined {
    const root = scope.resolve(node.name);
    if (root && !this.#rootStarts.has(node.start)) {
      this.#rootStarts.add(node.start);
      this.roots.push({ root, span: this.#span(node, false) });
    }
    return root;
  }

  #access(
    root: Root,
    key: string,
    node: Node,
    form: Access['form'],
    optional: boolean,
    quoted: boolean,
    shorthand = false,
  ): void {
    const span = this.#span(node, quoted);
    this.accesses.push({ root, key, span, form, optional, ...(shorthand && { shorthand }) });
  }

  #dynamic(node: Node, kind: DynamicUse['kind']): void {
    this.dynamic.push({ span: this.#span(node, false), kind });
  }

  #span(node: Node, quoted: boolean): Span {
    const trim = quoted && 'value' in node && typeof node.value === 'number' ? 0 : quoted ? 1 : 0;
    const clamp = (offset: number): number => Math.max(0, Math.min(offset, this.limit));
    const start = clamp(node.start + this.shift + trim);
    return { start, end: Math.max(start, clamp(node.end + this.shift - trim)) };
  }
}
