/**
 * Where execution can stop inside an expression, and the same expression with a call at each of these places: V8's own
 * debugger is out of reach for the process that runs it (docs/security.md). A place is a statement, the body of an
 * arrow function, or what begins first on a line of the file. Pure; one walk over the syntax tree does both.
 *
 * The calls go to a hook `h`, and to the frame `f` of the function they stand in:
 * `f = h.e(function)` when it is entered, `h.l(f)` when it is left, `h.s(f, site, variables)` before what stands at a site,
 * `h.r(f, await h.w(f, value))` around what it waits for. `variables(name, write, value)` reads or writes a variable.
 */
import { parse, type AnyNode, type Pattern } from 'acorn';
import { childrenOf, isFunction, type FunctionNode } from './ast.js';

export interface Site {
  /** Offset in the expression's text of what is about to be executed. */
  readonly offset: number;
  /** Index in `functions`. */
  readonly inside: number;
  /** Variables of the function itself that are visible here, then those of the functions around it. */
  readonly locals: readonly string[];
  readonly closure: readonly string[];
}

export interface Stepping {
  /** In the order of their offsets. */
  readonly sites: readonly Site[];
  /** Names of the functions by which frames are called; the first is the expression itself. */
  readonly functions: readonly string[];
  /** The expression with its calls. */
  readonly text: string;
  /** Names in `text` of hook and frame. */
  readonly hook: string;
  readonly frame: string;
  /** Offset in the expression for one in `text`. */
  original(offset: number): number;
}

/** @param lineOf line in the file of an offset. @returns undefined for a text that is no expression, or far too large a one. */
export function stepping(text: string, lineOf: (offset: number) => number): Stepping | undefined {
  const source = `(${text}\n)`;
  let node: AnyNode;
  try {
    const { body } = parse(source, { ecmaVersion: 'latest', sourceType: 'script', preserveParens: true });
    const [statement] = body;
    if (
      body.length !== 1 ||
      statement?.type !== 'ExpressionStatement' ||
      statement.expression.type !== 'ParenthesizedExpression' ||
      statement.expression.end !== source.length
    )
      return undefined;
    node = statement.expression.expression;
  } catch {
    return undefined;
  }
  try {
    return new Stepper(text, lineOf).run(node);
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}

/** Characters of what is put into an expression: each site names all variables that it sees. */
const MAX_ADDED = 2_000_000;

class TooLarge extends Error {}

/** Variables declared in one function or block; `false`: it cannot be written. */
interface Scope {
  readonly names: Map<string, boolean>;
  readonly parent: Scope | undefined;
  /** Index of the function that it belongs to. */
  readonly inside: number;
}

/** Offsets of acorn count the parenthesis before the text. */
const SHIFT = 1;

class Stepper {
  readonly #hook: string;
  readonly #frame: string;
  /** Parameters of what reads and writes variables: name, whether to write, value. */
  readonly #access: readonly [string, string, string];
  readonly #sites: Site[] = [];
  readonly #functions: string[] = [''];
  /** Lines on which something begins that has a site. */
  readonly #lines = new Set<number>();
  /** Text put in at an offset: first what ends there, then what begins. */
  readonly #ends = new Map<number, string>();
  readonly #begins = new Map<number, string>();
  #added = 0;
  /** Numbers of sites change when they are sorted: put in at last. */
  readonly #marks: { readonly offset: number; readonly site: Site }[] = [];

  constructor(
    private readonly text: string,
    private readonly lineOf: (offset: number) => number,
  ) {
    let free = '$';
    while (text.includes(free)) free += '$';
    this.#hook = `${free}h`;
    this.#frame = `${free}f`;
    this.#access = [`${free}n`, `${free}w`, `${free}v`];
  }

  run(node: AnyNode): Stepping {
    const scope: Scope = { names: new Map(), parent: undefined, inside: 0 };
    this.#expression(node, scope);
    const sites = [...this.#sites].sort((a, b) => a.offset - b.offset);
    const numbers = new Map(sites.map((site, i) => [site, i]));
    const number = (text: string): string =>
      text.replace(SITE, (_, i: string) => String(numbers.get(this.#marks[Number(i)]!.site)!));
    const at: number[] = [];
    const shifts: number[] = [];
    const offsets = [...new Set([...this.#ends.keys(), ...this.#begins.keys()])].sort((a, b) => a - b);
    let stepped = '';
    let from = 0;
    for (const offset of offsets) {
      stepped += this.text.slice(from, offset);
      const added = number((this.#ends.get(offset) ?? '') + (this.#begins.get(offset) ?? ''));
      at.push(stepped.length);
      stepped += added;
      shifts.push((shifts.at(-1) ?? 0) + added.length);
      from = offset;
    }
    stepped += this.text.slice(from);
    return {
      sites,
      functions: this.#functions,
      text: stepped,
      hook: this.#hook,
      frame: this.#frame,
      original: (offset) => {
        const last = at.findLastIndex((start) => start < offset);
        // Inside of what was put in: where that stands.
        const start = last < 0 ? 0 : at[last]! - (shifts[last - 1] ?? 0);
        return last < 0 ? offset : Math.max(start, offset - shifts[last]!);
      },
    };
  }

  #put(where: Map<number, string>, offset: number, text: string): void {
    this.#added += text.length;
    if (this.#added > MAX_ADDED) throw new TooLarge();
    where.set(offset - SHIFT, (where.get(offset - SHIFT) ?? '') + text);
  }

  #line(node: AnyNode): number {
    return this.lineOf(node.start - SHIFT);
  }

  /** A call for what begins at a node. */
  #call(node: AnyNode, scope: Scope): string {
    const offset = node.start - SHIFT;
    const locals: string[] = [];
    const closure: string[] = [];
    const writable = new Map<string, boolean>();
    for (let at: Scope | undefined = scope; at; at = at.parent) {
      for (const [name, writes] of at.names) {
        if (writable.has(name)) continue;
        writable.set(name, writes);
        (at.inside === scope.inside ? locals : closure).push(name);
      }
    }
    const site: Site = { offset, inside: scope.inside, locals, closure };
    this.#sites.push(site);
    this.#lines.add(this.#line(node));
    const mark = this.#marks.push({ offset, site }) - 1;
    const [which, write, value] = this.#access;
    const cases = [...writable].map(
      ([name, writes]) => `case'${name}':return ${writes ? `${write}?${name}=${value}:${name}` : name};`,
    );
    const variables =
      cases.length === 0 ? '' : `,(${which},${write},${value})=>{switch(${which}){${cases.join('')}}}`;
    return `${this.#hook}.s(${this.#frame},${OPEN}${mark}${CLOSE}${variables})`;
  }

  /** The expression itself, and everything that stands where an expression of its own begins. */
  #expression(node: AnyNode, scope: Scope): void {
    this.#put(this.#begins, node.start, `(${this.#call(node, scope)},`);
    if (node.type === 'ParenthesizedExpression') this.#part(node.expression, scope);
    else this.#visit(node, scope);
    this.#put(this.#ends, node.end, ')');
  }

  /** A part that is evaluated by itself: a site where it is the first on its line. `named`: a function there gets its name. */
  #part(node: AnyNode, scope: Scope, named = false): void {
    const value = unparenthesized(node);
    const plain = named && (isFunction(value) || value.type === 'ClassExpression');
    if (!plain && !this.#lines.has(this.#line(node))) this.#expression(node, scope);
    else if (node.type === 'ParenthesizedExpression' && !plain) this.#part(node.expression, scope, named);
    else this.#visit(node, scope);
  }

  #parts(nodes: readonly (AnyNode | null)[], scope: Scope): void {
    for (const node of nodes) {
      if (node?.type === 'SpreadElement') this.#part(node.argument, scope);
      else if (node) this.#part(node, scope);
    }
  }

  #visit(node: AnyNode, scope: Scope): void {
    if (isFunction(node)) {
      this.#function(node, scope, undefined);
      return;
    }
    switch (node.type) {
      case 'ObjectExpression':
        for (const property of node.properties) {
          if (property.type === 'SpreadElement') {
            this.#part(property.argument, scope);
            continue;
          }
          const { key, value, computed, shorthand } = property;
          if (computed) this.#visit(key, scope);
          if (shorthand) continue;
          if (isFunction(value)) this.#function(value, scope, key);
          else this.#part(value, scope, true);
        }
        return;
      case 'ArrayExpression': {
        this.#parts(node.elements, scope);
        return;
      }
      case 'CallExpression':
      case 'NewExpression':
        this.#visit(node.callee, scope);
        {
          this.#parts(node.arguments, scope);
          return;
        }
      case 'ConditionalExpression':
        this.#visit(node.test, scope);
        this.#part(node.consequent, scope);
        {
          this.#part(node.alternate, scope);
          return;
        }
      case 'LogicalExpression':
        this.#visit(node.left, scope);
        {
          this.#part(node.right, scope);
          return;
        }
      case 'AssignmentExpression':
        this.#visit(node.left, scope);
        {
          this.#part(node.right, scope, true);
          return;
        }
      case 'TemplateLiteral': {
        this.#parts(node.expressions, scope);
        return;
      }
      case 'SequenceExpression': {
        this.#parts(node.expressions, scope);
        return;
      }
      case 'AwaitExpression': {
        this.#waiting(node, node.argument, scope);
        return;
      }
      case 'YieldExpression':
        if (node.delegate) {
          this.#visit(node.argument!, scope);
          return;
        }
        {
          this.#waiting(node, node.argument, scope);
          return;
        }
      case 'ClassExpression':
      case 'ClassDeclaration': {
        this.#class(node, scope);
        return;
      }
      default:
        for (const child of childrenOf(node)) this.#visit(child, scope);
    }
  }

  /** `await value` and `yield value`: who it is that waits, before and after. */
  #waiting(node: AnyNode, argument: AnyNode | null | undefined, scope: Scope): void {
    const { start, end } = argument ?? node;
    this.#put(this.#begins, node.start, `${this.#hook}.r(${this.#frame},`);
    if (argument) {
      this.#put(this.#begins, start, `${this.#hook}.w(${this.#frame},`);
      this.#visit(argument, scope);
      this.#put(this.#ends, end, ')');
    } else {
      this.#put(this.#ends, end, ` ${this.#hook}.w(${this.#frame})`);
    }
    this.#put(this.#ends, node.end, ')');
  }

  /** Methods have sites; what fields are begun with has none. */
  #class(node: AnyNode & { type: 'ClassExpression' | 'ClassDeclaration' }, scope: Scope): void {
    if (node.superClass) this.#visit(node.superClass, scope);
    for (const member of node.body.body)
      if (member.type === 'MethodDefinition') {
        if (member.computed) this.#visit(member.key, scope);
        this.#function(member.value, scope, member.key);
      }
  }

  #function(node: FunctionNode, outer: Scope, key: AnyNode | undefined): void {
    const inside = this.#functions.length;
    const own = node.type === 'FunctionExpression' ? node.id?.name : undefined;
    this.#functions.push(
      node.id?.name ??
        (key?.type === 'Identifier' || key?.type === 'PrivateIdentifier' ? key.name : undefined) ??
        (key?.type === 'Literal' ? String(key.value) : '(anonymous)'),
    );
    const names = new Map<string, boolean>();
    if (own !== undefined) names.set(own, false);
    for (const parameter of node.params) declare(parameter, names, true);
    if (node.type !== 'ArrowFunctionExpression') names.set('this', false);
    const scope: Scope = { names, parent: outer, inside };
    // Default values are evaluated before there is a frame: only functions in them have sites.
    for (const parameter of node.params) this.#functionsIn(parameter, scope);
    const entry = `const ${this.#frame}=${this.#hook}.e(${inside});`;
    const begin = `${entry}try{`;
    const end = `}finally{${this.#hook}.l(${this.#frame})}`;
    const { body } = node;
    if (body.type === 'BlockStatement') {
      hoist(body, names);
      // Declarations that a function may have twice, and a block may not: its end is not told then.
      const whole = !declaredTwice(body.body, names);
      this.#put(this.#begins, body.start + 1, whole ? begin : entry);
      this.#block(body.body, scope);
      if (!whole) return;
      this.#put(body.body.length > 0 ? this.#ends : this.#begins, body.end - 1, end);
      return;
    }
    this.#put(this.#begins, body.start, `{${begin}return(${this.#call(body, scope)},`);
    if (body.type === 'ParenthesizedExpression') this.#part(body.expression, scope);
    else this.#visit(body, scope);
    this.#put(this.#ends, body.end, `);${end}}`);
  }

  #functionsIn(node: AnyNode, scope: Scope): void {
    if (isFunction(node)) this.#function(node, scope, undefined);
    else if (node.type !== 'ClassExpression')
      for (const child of childrenOf(node)) this.#functionsIn(child, scope);
  }

  /** Statements in a scope of their own. */
  #block(statements: readonly AnyNode[], outer: Scope, names = new Map<string, boolean>()): void {
    for (const statement of statements) {
      if (statement.type === 'VariableDeclaration' && statement.kind !== 'var')
        for (const { id } of statement.declarations) declare(id, names, statement.kind === 'let');
      else if (
        (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') &&
        statement.id
      )
        declare(statement.id, names, true);
    }
    const scope: Scope = { names, parent: outer, inside: outer.inside };
    for (const statement of statements) this.#statement(statement, scope, true);
  }

  /** @param listed it stands among others, so that a call may stand before it. */
  #statement(node: AnyNode, scope: Scope, listed: boolean): void {
    switch (node.type) {
      case 'BlockStatement': {
        this.#block(node.body, scope);
        return;
      }
      case 'FunctionDeclaration': {
        this.#function(node, scope, undefined);
        return;
      }
      case 'EmptyStatement':
        return;
      default:
        this.#put(this.#begins, node.start, `${listed ? '' : '{'}${this.#call(node, scope)};`);
        this.#insides(node, scope);
        if (!listed) this.#put(this.#ends, node.end, '}');
    }
  }

  #insides(node: AnyNode, scope: Scope): void {
    const inner = (names: Map<string, boolean>): Scope => ({ names, parent: scope, inside: scope.inside });
    switch (node.type) {
      case 'ExpressionStatement': {
        this.#visit(node.expression, scope);
        return;
      }
      case 'ReturnStatement':
      case 'ThrowStatement':
        if (node.argument) this.#part(node.argument, scope);
        return;
      case 'VariableDeclaration':
        for (const { id, init } of node.declarations) {
          this.#functionsIn(id, scope);
          if (init && isFunction(init)) this.#function(init, scope, id);
          else if (init) this.#part(init, scope, true);
        }
        return;
      case 'ClassDeclaration': {
        this.#class(node, scope);
        return;
      }
      case 'IfStatement':
        this.#visit(node.test, scope);
        this.#statement(node.consequent, scope, false);
        if (node.alternate) this.#statement(node.alternate, scope, false);
        return;
      case 'WhileStatement':
      case 'DoWhileStatement':
        this.#visit(node.test, scope);
        {
          this.#statement(node.body, scope, false);
          return;
        }
      case 'ForStatement': {
        const names = new Map<string, boolean>();
        const { init, test, update, body } = node;
        if (init?.type === 'VariableDeclaration' && init.kind !== 'var')
          for (const { id } of init.declarations) declare(id, names, init.kind === 'let');
        const own = inner(names);
        if (init?.type === 'VariableDeclaration') this.#insides(init, own);
        else if (init) this.#visit(init, own);
        if (test) this.#visit(test, own);
        if (update) this.#visit(update, own);
        this.#statement(body, own, false);
        return;
      }
      case 'ForInStatement':
      case 'ForOfStatement': {
        const names = new Map<string, boolean>();
        const { left, right, body } = node;
        if (left.type === 'VariableDeclaration' && left.kind !== 'var')
          for (const { id } of left.declarations) declare(id, names, left.kind === 'let');
        this.#visit(right, scope);
        this.#statement(body, inner(names), false);
        return;
      }
      case 'LabeledStatement':
        // A label belongs to what follows it.
        if (node.body.type === 'BlockStatement') {
          this.#block(node.body.body, scope);
          return;
        }
        {
          this.#insides(node.body, scope);
          return;
        }
      case 'TryStatement': {
        this.#block(node.block.body, scope);
        if (node.handler) {
          const names = new Map<string, boolean>();
          if (node.handler.param) declare(node.handler.param, names, true);
          this.#block(node.handler.body.body, scope, names);
        }
        if (node.finalizer) this.#block(node.finalizer.body, scope);
        return;
      }
      case 'SwitchStatement': {
        this.#visit(node.discriminant, scope);
        for (const { test, consequent } of node.cases) {
          if (test) this.#visit(test, scope);
          this.#block(consequent, scope);
        }
        return;
      }
      default:
        return;
    }
  }
}

/** What stands for the number of a site until all are known: no text of JavaScript holds it. */
const OPEN = '\u0000';
const CLOSE = '\u0001';
// eslint-disable-next-line no-control-regex
const SITE = /\u0000(\d+)\u0001/g;

function unparenthesized(node: AnyNode): AnyNode {
  return node.type === 'ParenthesizedExpression' ? unparenthesized(node.expression) : node;
}

function declare(pattern: Pattern | AnyNode, names: Map<string, boolean>, writable: boolean): void {
  switch (pattern.type) {
    case 'Identifier':
      names.set(pattern.name, writable);
      return;
    case 'ObjectPattern':
      for (const property of pattern.properties)
        declare(property.type === 'Property' ? property.value : property.argument, names, writable);
      return;
    case 'ArrayPattern':
      for (const element of pattern.elements) if (element) declare(element, names, writable);
      return;
    case 'RestElement': {
      declare(pattern.argument, names, writable);
      return;
    }
    case 'AssignmentPattern': {
      declare(pattern.left, names, writable);
      return;
    }
    default:
      return;
  }
}

/** Whether a function is declared twice, or beside a variable of its name. */
function declaredTwice(statements: readonly AnyNode[], variables: ReadonlyMap<string, boolean>): boolean {
  const names = statements.flatMap((node) =>
    node.type === 'FunctionDeclaration' && node.id ? [node.id.name] : [],
  );
  return new Set(names).size < names.length || names.some((name) => variables.has(name));
}

/** `var`s of a function, wherever in it they stand. */
function hoist(node: AnyNode, names: Map<string, boolean>): void {
  if (isFunction(node)) return;
  if (node.type === 'VariableDeclaration' && node.kind === 'var')
    for (const { id } of node.declarations) declare(id, names, true);
  for (const child of childrenOf(node)) hoist(child, names);
}
