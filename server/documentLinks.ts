/** textDocument/documentLink: addresses in notes and descriptions, and the targets of Markdown links in them. */
import type { DocumentLink, DocumentLinkParams } from 'vscode-languageserver/node';
import type { ConstantValue, Value } from '../flow/model.js';
import type { Segment } from '../flow/segment.js';
import type { Span } from '../flow/text.js';
import { entryOf } from '../flow/yaml.js';
import type { Features } from './server.js';
import { mapOf } from './tree.js';

export function documentLinks(
  { documents }: Features,
  { textDocument: { uri } }: DocumentLinkParams,
): DocumentLink[] | null {
  const flow = documents.flow(uri)?.flow;
  if (!flow) return null;
  return flow.segments.flatMap((segment) =>
    linksIn(segment).flatMap(({ span, target }) => {
      const resolved = resolve(uri, target);
      return resolved === undefined ? [] : [{ range: flow.range(segment, span), target: resolved }];
    }),
  );
}

interface Link {
  readonly span: Span;
  readonly target: string;
}

const known = new WeakMap<Segment, readonly Link[]>();

function linksIn(segment: Segment): readonly Link[] {
  let links = known.get(segment);
  if (!links) known.set(segment, (links = proseOf(segment).flatMap(linksOf)));
  return links;
}

/** The texts that people write for people. */
function proseOf(segment: Segment): ConstantValue[] {
  const { blocks, keys } = segment.content;
  const notes = keys.find(({ key }) => key === 'notes')?.value;
  const values: (Value | undefined)[] = [
    ...blocks.map((block) => entryOf(mapOf(segment, block), 'description')?.value),
    ...(notes?.kind === 'list'
      ? notes.items.map((item) => (item.kind === 'map' ? entryOf(item, 'body')?.value : undefined))
      : []),
  ];
  return values.filter((value): value is ConstantValue => value?.kind === 'constant');
}

const MARKDOWN = /\[[^\]\n]*\]\(\s*<?([^\s()<>]+)>?(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/g;
const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\\]+/g;

function linksOf({ value, scalar }: ConstantValue): Link[] {
  if (typeof value !== 'string' || !scalar?.exact) return [];
  const found: Link[] = [];
  const add = (start: number, target: string): void => {
    found.push({ span: scalar.spanToSource({ start, end: start + target.length }), target });
  };
  let rest = value;
  for (const match of value.matchAll(MARKDOWN)) {
    add(match.index + match[0].indexOf(match[1]!, match[0].indexOf('](')), match[1]!);
    rest =
      rest.slice(0, match.index) + ' '.repeat(match[0].length) + rest.slice(match.index + match[0].length);
  }
  for (const match of rest.matchAll(ADDRESS)) add(match.index, withoutTail(match[0]));
  return found.sort((a, b) => a.span.start - b.span.start);
}

/** What ends a sentence or closes a bracket around the address is no part of it. */
function withoutTail(address: string): string {
  let end = address.length;
  for (; end > 0; end--) {
    const last = address[end - 1]!;
    const inside = address.slice(0, end);
    const closes = last === ')' && inside.split(')').length > inside.split('(').length;
    if (!closes && !/[.,;:!?\]}*_]/.test(last)) break;
  }
  return address.slice(0, end);
}

/** Web addresses as they are, other paths from the flow's folder on. Undefined for what an editor should not open. */
function resolve(uri: string, target: string): string | undefined {
  if (target.startsWith('#')) return undefined;
  try {
    const { href, protocol } = new URL(target, uri);
    return protocol === 'http:' || protocol === 'https:' || protocol === new URL(uri).protocol
      ? href
      : undefined;
  } catch {
    return undefined;
  }
}
