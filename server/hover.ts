/** textDocument/hover: everything about a secret but its value. */
import { MarkupKind, type Hover, type HoverParams } from 'vscode-languageserver/node';
import type { Features } from './server.js';
import type { ProjectState } from './projects.js';
import { keyUsage } from './usage.js';

export function hover(
  { documents, projects }: Features,
  { textDocument, position }: HoverParams,
): Hover | null {
  const flow = documents.flow(textDocument.uri)?.flow;
  const place = flow?.expressionAt(position);
  if (!flow || !place) return null;
  const { value, segment, offset } = place;
  const access = value.expression.accesses.find(
    ({ root, span }) => root === 'secrets' && span.start <= offset && offset <= span.end,
  );
  if (!access) return null;
  return {
    contents: {
      kind: MarkupKind.Markdown,
      value: describe(access.key, projects.of(textDocument.uri), keyUsage(flow).get(access.key) ?? 0),
    },
    range: flow.range(segment, value.scalar.spanToSource(access.span)),
  };
}

function describe(key: string, project: ProjectState, uses: number): string {
  const { knowledge, declared, file, id } = project;
  const declaration = declared.secrets.get(key);
  const lines = [`**\`${key}\`** — secret of project \`${id}\``];
  if (declaration?.description !== undefined) lines.push(escapeMarkdown(declaration.description));
  const facts = [
    declaration
      ? `Declared in [flows.project.yaml](${file ?? ''})${declaration.sensitive ? '' : '; **not sensitive**: its value may be shown in runs'}.`
      : knowledge.complete
        ? 'Not declared in the project.'
        : 'The project declares no keys yet, so whether it exists is not known.',
  ];
  if (knowledge.set)
    facts.push(knowledge.set.has(key) ? 'Has a value on this machine.' : 'Has no value on this machine.');
  facts.push(`Named ${uses === 1 ? 'once' : `${uses} times`} in this flow.`);
  lines.push(facts.join('  \n'));
  return lines.join('\n\n');
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!<>|]/g, '\\$&');
}
