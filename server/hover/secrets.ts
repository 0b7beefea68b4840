/** Hover over a secret key: everything about it but its value. */
import type { PlacedExpression } from '../../flow/document.js';
import type { OpenFlow } from '../documents.js';
import type { ProjectState } from '../projects.js';
import { Commands, type AddSecretArguments } from '../../flow/protocol.js';
import type { Features } from '../server.js';
import { keyUsage } from '../usage.js';
import { escapeMarkdown, type Card } from './card.js';

export function hoverSecret(
  features: Features,
  { uri, flow }: OpenFlow,
  { value, segment, offset }: PlacedExpression,
): Card | undefined {
  const access = value.expression.accesses.find(
    ({ root, span }) => root === 'secrets' && span.start <= offset && offset <= span.end,
  );
  if (!access) return undefined;
  return {
    segment,
    span: value.scalar.spanToSource(access.span),
    lines: [
      ...describeSecret(access.key, features.projects.of(uri), keyUsage(flow).get(access.key) ?? 0),
      ...usageLink(features, uri, access.key),
    ],
  };
}

/** A link to all places that name the key, where the client has a command for it. */
export function usageLink({ commands }: Features, uri: string, key: string): string[] {
  if (!commands) return [];
  const argument: AddSecretArguments = { key, uri };
  return [
    `[Show usage](command:${Commands.showSecretUsage}?${encodeURIComponent(JSON.stringify([argument]))})`,
  ];
}

/** Paragraphs of Markdown. `uses`: places in the flow at hand; undefined where there is none. */
export function describeSecret(
  key: string,
  { knowledge, declared, elsewhere, file, id }: ProjectState,
  uses?: number,
): string[] {
  const declaration = declared.secrets.get(key);
  const terraform = elsewhere?.keys.get(key);
  const facts = [
    declaration
      ? `Declared in [flows.project.yaml](${file ?? ''})${declaration.sensitive ? '' : '; **not sensitive**: its value may be shown in runs'}.`
      : terraform !== undefined
        ? `Made by Terraform in [${escapeMarkdown(decodeURIComponent(terraform.slice(terraform.lastIndexOf('/') + 1)))}](${terraform}).`
        : knowledge.complete
          ? 'Not declared in the project.'
          : 'The project declares no keys yet, so whether it exists is not known.',
  ];
  if (knowledge.set)
    facts.push(knowledge.set.has(key) ? 'Has a value on this machine.' : 'Has no value on this machine.');
  if (uses !== undefined) facts.push(`Named ${uses === 1 ? 'once' : `${uses} times`} in this flow.`);
  return [
    `**\`${key}\`** — secret of project \`${id}\``,
    ...(declaration?.description === undefined ? [] : [escapeMarkdown(declaration.description)]),
    facts.join('  \n'),
  ];
}
