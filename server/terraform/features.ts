/** What the LSP features say about Terraform files; each of their modules asks here for documents of that kind. */
import type { CompletionItem, Hover, TextEdit } from 'vscode-languageserver/node';
import type { RuleSettings } from '../../flow/check.js';
import { accessAtCursor } from '../../flow/expression.js';
import { checkTerraform } from '../../flow/hcl/check.js';
import { insideHcl } from '../../flow/hcl/literal.js';
import type { Problem } from '../../flow/problem.js';
import type { Position, Range } from '../../flow/text.js';
import { secretItems } from '../completion/secrets.js';
import type { OpenText } from '../documents.js';
import { describeSecret, usageLink } from '../hover/secrets.js';
import { MarkupKind } from '../lsp.js';
import type { ProjectState } from '../projects.js';
import { accessChange, Refusal } from '../renameEdits.js';
import type { Features } from '../server.js';
import { rangeIn } from '../subject.js';
import { completeMapping } from './completeMapping.js';
import { installationsOf } from './definitions.js';
import { expressionAt, keyAt, openTerraform, terraformOf } from './files.js';

export function terraformProblems(features: Features, document: OpenText, rules: RuleSettings): Problem[] {
  const { projects, terraform } = features;
  return checkTerraform(terraform.read(document), document.text.getText(), {
    secrets: projects.of(document.uri).knowledge,
    rules,
    installationsOf: (definition) => installationsOf(features, document.uri, definition),
  });
}

export function completeTerraform(
  features: Features,
  document: OpenText,
  position: Position,
): CompletionItem[] {
  const { terraform } = features;
  const file = terraform.read(document);
  const place = expressionAt(file, document.text, position);
  if (!place) return completeMapping(features, document, position);
  const { scalar } = place.value;
  const cursor = accessAtCursor(scalar.value, place.offset);
  if (cursor?.access.root !== 'secrets' || scalar.isOpaque(cursor.access.span)) return [];
  const range = rangeIn(document.text, scalar.spanToSource(cursor.access.span));
  const named = new Map(
    [...terraform.keysOfOpen(document).keys].map(([key, places]) => [key, places.length] as const),
  );
  return secretItems(features, document.uri, named, cursor.access.key).map((item) => ({
    ...item,
    textEdit: { range, newText: insideHcl(item.label, scalar.style) },
  }));
}

export function hoverTerraform(features: Features, document: OpenText, position: Position): Hover | null {
  const { terraform, projects } = features;
  const found = keyAt(terraform.read(document), document.text, position);
  if (!found) return null;
  return {
    contents: {
      kind: MarkupKind.Markdown,
      value: [
        ...describeSecret(found.key, projects.of(document.uri)),
        ...usageLink(features, document.uri, found.key),
      ].join('\n\n'),
    },
    range: rangeIn(document.text, found.span),
  };
}

export function terraformKeyAt(
  { terraform }: Features,
  document: OpenText,
  position: Position,
): { key: string; range: Range } | undefined {
  const found = keyAt(terraform.read(document), document.text, position);
  return found && { key: found.key, range: rangeIn(document.text, found.span) };
}

/** The edits that rename a key in all Terraform files of a project. Throws a Refusal where one cannot be made. */
export function renameInTerraform(
  features: Features,
  project: ProjectState,
  key: string,
  newKey: string,
): { uri: string; version: number | null; edits: TextEdit[] }[] {
  const files = [...terraformOf(features, project)];
  if (!project.knowledge.declared.has(newKey) && files.some(({ keys }) => keys.has(newKey)))
    throw new Refusal(`\`secrets.${newKey}\` is read already: the two could not be told apart.`);
  return files
    .filter(({ keys, declares }) => keys.has(key) || declares.keys.has(key))
    .flatMap(({ uri }) => {
      const open = openTerraform(features, uri);
      if (!open) throw new Refusal(`${uri} names \`${key}\` and cannot be read.`);
      const { file, text, version } = open;
      const edits: TextEdit[] = [];
      for (const { expression, scalar } of file.expressions) {
        for (const access of expression.accesses) {
          if (access.root !== 'secrets' || access.key !== key) continue;
          const change = accessChange(expression.text, access, newKey);
          const range = change && rangeIn(text, scalar.spanToSource(change.span));
          if (!range)
            throw new Refusal(
              `What stands in line ${rangeIn(text, scalar.span).start.line + 1} of ${uri} cannot take this name: change it by hand first.`,
            );
          edits.push({ range, newText: insideHcl(change.text, scalar.style) });
        }
      }
      for (const declared of file.secrets) {
        if (declared.key === key)
          edits.push({ range: rangeIn(text, declared.span), newText: insideHcl(newKey, 'quoted') });
      }
      return [{ uri, version, edits }];
    });
}
