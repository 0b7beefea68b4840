/**
 * Values as the debugger's trees: what is shown of one, and its children piece by piece. Values are JSON that has passed the
 * redactor, however large: a tree sends what is opened, a page at a time.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { member, type Key } from './paths.js';

/** Something that can be opened. `children` may be asked for pages of its indexed children. */
export interface Container {
  readonly indexed?: number;
  readonly named?: number;
  readonly children: (page: Page) => readonly Child[] | Promise<readonly Child[]>;
  /** Changes a child; present where that is possible. @returns the new value. @throws Error for people. */
  set?(name: string, value: unknown): Promise<unknown>;
  /** The same for what a person has typed as an expression. @returns the child as it is now. */
  assign?(name: string, text: string): Promise<Child>;
}

export interface Page {
  readonly filter?: 'indexed' | 'named';
  readonly start: number;
  /** 0: all of them. */
  readonly count: number;
}

export interface Child {
  readonly name: string;
  readonly value: string;
  readonly type?: string;
  /** What evaluates to it. */
  readonly evaluateName?: string;
  readonly opens?: Container;
  readonly readOnly?: boolean;
}

/** Changes the value at a path below the root of a tree; gives the root's new value. */
export type Change = (path: readonly Key[], value: unknown) => Promise<unknown>;

/** Named children in one level; more are put into groups. */
const MAX_NAMED = 1_000;
/** Indexed children that are sent at once to a client that does not ask for pages. */
const MAX_INDEXED = 10_000;
/** Characters of a text in a tree; evaluating it gives all. */
const MAX_TEXT = 4_000;
/** Characters of the line that stands for a map or list. */
const MAX_LINE = 100;

/** JSON as one child, below which everything opens. `name` evaluates to it unless it is undefined. */
export function tree(
  name: string,
  value: unknown,
  evaluateName: string | undefined,
  change?: Change,
  path: readonly Key[] = [],
): Child {
  const opens = containerOf(value, evaluateName, change, path);
  return {
    name,
    value: line(value),
    type: typeOf(value),
    ...(evaluateName !== undefined && { evaluateName }),
    ...(opens && { opens }),
    ...(!change && { readOnly: true }),
  };
}

/** The children of a map or list; undefined for anything else, and for empty ones. */
export function containerOf(
  value: unknown,
  evaluateName: string | undefined,
  change?: Change,
  path: readonly Key[] = [],
): Container | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const child = (key: Key, item: unknown): Child =>
    tree(String(key), item, evaluateName === undefined ? undefined : member(evaluateName, key), change, [
      ...path,
      key,
    ]);
  const set = change && {
    set: async (name: string, next: unknown) => {
      const key = Array.isArray(value) ? Number(name) : name;
      await change([...path, key], next);
      (value as Record<Key, unknown>)[key] = next;
      return next;
    },
  };
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined;
    return {
      indexed: value.length,
      named: 0,
      ...set,
      children: ({ filter, start, count }) => {
        if (filter === 'named') return [];
        const end = Math.min(value.length, start + Math.min(count || MAX_INDEXED, MAX_INDEXED));
        return value.slice(start, end).map((item, i) => child(start + i, item));
      },
    };
  }
  const keys = Object.keys(value);
  if (keys.length === 0) return undefined;
  const some = (from: number, to: number): Child[] =>
    keys.slice(from, to).map((key) => child(key, (value as Record<string, unknown>)[key]));
  if (keys.length <= MAX_NAMED) return { ...set, children: () => some(0, keys.length) };
  // As many groups as needed, so that no level holds more.
  const grouped = (from: number, to: number): Container => {
    const size = Math.max(MAX_NAMED, Math.ceil((to - from) / MAX_NAMED));
    if (to - from <= MAX_NAMED) return { ...set, children: () => some(from, to) };
    return {
      children: () => {
        const groups: Child[] = [];
        for (let at = from; at < to; at += size) {
          const end = Math.min(to, at + size);
          groups.push({
            name: `[${short(keys[at]!)} … ${short(keys[end - 1]!)}]`,
            value: `${end - at} properties`,
            opens: grouped(at, end),
            readOnly: true,
          });
        }
        return groups;
      },
    };
  };
  return grouped(0, keys.length);
}

/** One line for a value, cut where it is long. */
export function line(value: unknown): string {
  if (typeof value === 'string')
    // A description or a marker is no text of the flow's.
    return /^‹[^›]*›$/u.test(value)
      ? value
      : value.length > MAX_TEXT
        ? `${JSON.stringify(value.slice(0, MAX_TEXT))}… (${value.length} characters)`
        : JSON.stringify(value);
  if (value === undefined) return 'undefined';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return Array.isArray(value)
    ? `(${value.length}) ${summary(value, true)}`
    : summary(value as Record<string, unknown>, false);
}

export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function summary(value: readonly unknown[] | Readonly<Record<string, unknown>>, list: boolean): string {
  const parts: string[] = [];
  let length = 2;
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    const item = (value as Readonly<Record<Key, unknown>>)[key];
    const text = `${list ? '' : `${String(key)}: `}${inner(item)}`;
    length += text.length + 2;
    if (length > MAX_LINE && parts.length > 0) {
      parts.push('…');
      break;
    }
    parts.push(text);
  }
  return list ? `[${parts.join(', ')}]` : `{${parts.join(', ')}}`;
}

function inner(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(short(value));
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? `(${value.length}) […]` : '{…}';
}

function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** Numbers for containers, as the protocol wants them. */
export class References {
  private readonly containers = new Map<number, Container>();
  private last = 0;

  /** Those of the pause go with it; `lasting` ones stay until there are too many. */
  constructor(
    private readonly first: number,
    private readonly limit: number,
  ) {
    this.last = first;
  }

  get(reference: number): Container | undefined {
    return this.containers.get(reference);
  }

  add(container: Container): number {
    if (++this.last >= this.first + SPAN) this.last = this.first + 1;
    this.containers.set(this.last, container);
    if (this.containers.size > this.limit)
      for (const oldest of this.containers.keys()) {
        this.containers.delete(oldest);
        break;
      }
    return this.last;
  }

  clear(): void {
    this.containers.clear();
  }

  /** Children as the protocol has them. */
  variable({ name, value, type, evaluateName, opens, readOnly }: Child): DebugProtocol.Variable {
    return {
      name,
      value,
      ...(type !== undefined && { type }),
      ...(evaluateName !== undefined && { evaluateName }),
      ...this.opened(opens),
      ...(readOnly && { presentationHint: { attributes: ['readOnly'] } }),
    };
  }

  /** The fields that say whether and how something opens. */
  opened(
    opens: Container | undefined,
  ): Pick<DebugProtocol.Variable, 'variablesReference' | 'indexedVariables' | 'namedVariables'> {
    if (!opens) return { variablesReference: 0 };
    return {
      variablesReference: this.add(opens),
      ...(opens.indexed !== undefined && { indexedVariables: opens.indexed }),
      ...(opens.named !== undefined && { namedVariables: opens.named }),
    };
  }
}

/** References of one kind. */
const SPAN = 2 ** 29;
