/** Secret keys wherever one is being typed in an expression. Waits for nothing: no types, no disk. */
import type { CompletionItem } from 'vscode-languageserver/node';
import type { FlowDocument, PlacedExpression } from '../../flow/document.js';
import { accessAtCursor } from '../../flow/expression.js';
import { CompletionItemKind, MarkupKind } from '../lsp.js';
import type { ProjectState } from '../projects.js';
import { keyUsage } from '../usage.js';

/** Undefined where no secret key is being typed. */
export function completeSecrets(
  flow: FlowDocument,
  { value, segment, offset }: PlacedExpression,
  project: ProjectState,
): CompletionItem[] | undefined {
  const cursor = accessAtCursor(value.scalar.value, offset);
  if (cursor?.access.root !== 'secrets') return undefined;
  const range = flow.range(segment, value.scalar.spanToSource(cursor.access.span));
  return secretItems(project, keyUsage(flow), cursor.access.key).map((item) => ({
    ...item,
    textEdit: { range, newText: item.label },
  }));
}

/**
 * Declared keys, keys set on this machine, and keys that the file names already (with the number of places); the key being
 * typed is none of the last.
 */
export function secretItems(
  project: ProjectState,
  named: ReadonlyMap<string, number>,
  typed: string,
): CompletionItem[] {
  const { set } = project.knowledge;
  const items = new Map<string, CompletionItem>();
  const add = (key: string, rank: string, detail: string, description?: string): void => {
    if (items.has(key)) return;
    items.set(key, {
      label: key,
      kind: CompletionItemKind.Constant,
      detail,
      sortText: rank + key,
      ...(description !== undefined && { documentation: { kind: MarkupKind.PlainText, value: description } }),
    });
  };
  for (const key of project.knowledge.declared) {
    const state = set ? (set.has(key) ? '' : ', no value on this machine') : '';
    add(key, '0', `secret of ${project.id}${state}`, project.declared.secrets.get(key)?.description);
  }
  for (const key of set ?? []) add(key, '1', 'secret on this machine, not declared');
  if (!project.knowledge.complete) {
    for (const [key, count] of named) if (key !== typed || count > 1) add(key, '2', 'named in this file');
  }
  return [...items.values()];
}
