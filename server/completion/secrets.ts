/** Secret keys wherever one is being typed in an expression. Waits for nothing: no types, no disk. */
import type { CompletionItem } from 'vscode-languageserver/node';
import type { PlacedExpression } from '../../flow/document.js';
import { accessAtCursor } from '../../flow/expression.js';
import type { OpenFlow } from '../documents.js';
import { describeSecret } from '../hover/secrets.js';
import { CompletionItemKind, MarkupKind } from '../lsp.js';
import type { Features } from '../server.js';
import { keyUsage } from '../usage.js';

/** Undefined where no secret key is being typed. */
export function completeSecrets(
  features: Features,
  { uri, flow }: OpenFlow,
  { value, segment, offset }: PlacedExpression,
): CompletionItem[] | undefined {
  const cursor = accessAtCursor(value.scalar.value, offset);
  if (cursor?.access.root !== 'secrets') return undefined;
  const range = flow.range(segment, value.scalar.spanToSource(cursor.access.span));
  return secretItems(features, uri, keyUsage(flow), cursor.access.key).map((item) => ({
    ...item,
    textEdit: { range, newText: item.label },
  }));
}

/**
 * Declared keys, keys set on this machine, and keys that the file names already (with the number of places); the key being
 * typed is none of the last.
 */
export function secretItems(
  { projects, client }: Features,
  uri: string,
  named: ReadonlyMap<string, number>,
  typed: string,
): CompletionItem[] {
  const project = projects.of(uri);
  const { declared, set, complete } = project.knowledge;
  const hasLabelDetails = client.textDocument?.completion?.completionItem?.labelDetailsSupport === true;
  const items = new Map<string, CompletionItem>();
  // What stands beside a key takes its room from the key: it is short, and the documentation says the rest.
  const add = (key: string, rank: string, beside?: string): void => {
    if (items.has(key)) return;
    items.set(key, {
      label: key,
      kind: CompletionItemKind.Constant,
      sortText: rank + key,
      ...(beside !== undefined &&
        (hasLabelDetails ? { labelDetails: { description: beside } } : { detail: beside })),
      documentation: { kind: MarkupKind.Markdown, value: describeSecret(key, project).join('\n\n') },
    });
  };
  for (const key of declared) add(key, '0', set && !set.has(key) ? 'no value' : undefined);
  for (const key of set ?? []) add(key, '1', 'not declared');
  if (!complete) {
    for (const [key, count] of named) if (key !== typed || count > 1) add(key, '2', 'in this file');
  }
  return [...items.values()];
}
