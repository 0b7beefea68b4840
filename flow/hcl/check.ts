/** The diagnostics of a Terraform file: pure rules over what was read and what is known around it. */
import type { RuleSettings, SecretKnowledge } from '../check.js';
import { nearest, secretKeyProblem } from '../keys.js';
import type { Problem } from '../problem.js';
import { checkSecrets } from '../rules/secrets.js';
import { checkRefs } from '../rules/signalRefs.js';
import { checkSyntax } from '../rules/values.js';
import { covers, readSuppressions } from '../suppress.js';
import { floorIndex, lineStarts } from '../text.js';
import { findTokens } from '../tokens/detect.js';
import { tokenProblem, tokensInTerraform } from '../tokens/literals.js';
import { holeText } from './literal.js';
import type { FlowDefinition, FlowResource, HclExpression, TerraformFile } from './terraform.js';

/** The `appInstallations` of a flow that Terraform creates. */
export interface KnownInstallations {
  /** Key -> whether the flow has the installation's id itself. */
  readonly keys: ReadonlyMap<string, boolean>;
  /** No others: the flow is not made by a template that could add some. */
  readonly complete: boolean;
}

export interface TerraformContext {
  readonly secrets: SecretKnowledge;
  readonly rules: RuleSettings;
  /** Undefined for a definition that cannot be read here. */
  readonly installationsOf: (definition: FlowDefinition) => KnownInstallations | undefined;
}

/** Everything that is wrong, in file order, after settings and `flows-ignore` comments. Spans are those of `text`. */
export function checkTerraform(file: TerraformFile, text: string, context: TerraformContext): Problem[] {
  const found = [
    ...file.problems,
    ...file.expressions.flatMap((value) => checkExpression(value, text, context.secrets)),
    ...file.secrets.flatMap(({ key, span }): Problem[] => {
      const message = secretKeyProblem(key);
      return message === undefined ? [] : [{ code: 'project-key', message, severity: 'error', span }];
    }),
    ...file.flows.flatMap((flow) => checkMapping(flow, context)),
    ...checkTokens(file, text),
  ];
  const { lines, file: everywhere } = readSuppressions(text);
  const starts = lineStarts(text);
  return found
    .flatMap((problem): Problem[] => {
      const severity = context.rules[problem.code] ?? problem.severity;
      const line = floorIndex(starts, problem.span.start);
      if (severity === 'off' || covers(everywhere, problem.code) || covers(lines.get(line), problem.code))
        return [];
      return [severity === problem.severity ? problem : { ...problem, severity }];
    })
    .sort((a, b) => a.span.start - b.span.start);
}

/** Tokens in expressions, values of secrets, and what looks like a well-known token anywhere in the file. */
function checkTokens(file: TerraformFile, text: string): Problem[] {
  const problems: Problem[] = [
    ...file.exposed.map(({ span }): Problem => ({
      code: 'hard-coded-secret',
      message:
        'A secret stands in the file: value of a `flows_secret`. Give it with an ephemeral variable, and treat what has been shared as leaked.',
      severity: 'warning',
      span,
    })),
    ...tokensInTerraform(file).map((token) => tokenProblem(token)),
  ];
  for (const { span, name } of findTokens(text)) {
    if (problems.some((known) => known.span.start < span.end && span.start < known.span.end)) continue;
    problems.push({
      code: 'hard-coded-secret',
      message: `A secret stands in the file: ${name}. Give it with a variable, and treat what has been shared as leaked.`,
      severity: 'warning',
      span,
    });
  }
  return problems;
}

function checkExpression(value: HclExpression, text: string, secrets: SecretKnowledge): Problem[] {
  const { expression, scalar } = value;
  const problems = interpolated(value, text);
  const { syntaxError } = expression;
  if (syntaxError && !syntaxError.lenient) {
    // Nothing at all is a field without a value; and what Terraform fills in may make the rest whole.
    return scalar.value.trim() === '' || scalar.holes.length > 0
      ? problems
      : [...problems, ...checkSyntax(value)];
  }
  if (syntaxError && scalar.holes.length === 0) problems.push(...checkSyntax(value));
  problems.push(...checkSecrets(value, secrets), ...checkRefs(value));
  for (const { root, span } of expression.roots) {
    if (root !== 'outputs' && root !== 'previous') continue;
    problems.push({
      code: 'unavailable-name',
      message: `\`${root}\` does not exist here: an installation is configured once, not per event. It can read \`secrets\` and \`signals\`.`,
      severity: 'warning',
      span: scalar.spanToSource(span),
    });
  }
  return problems;
}

/** `` `Bearer ${secrets.TOKEN}` ``: in HCL, Terraform takes this for a resource of its own. */
function interpolated({ scalar }: HclExpression, text: string): Problem[] {
  return scalar.holes.flatMap((hole): Problem[] => {
    if (hole.kind !== 'value') return [];
    const root = /^(secrets|outputs|previous|signals)\s*(?:\?\.|[.[])/.exec(holeText(hole, text))?.[1];
    if (root === undefined) return [];
    return [
      {
        code: 'hcl-interpolation',
        message: `Terraform evaluates \`\${…}\` itself and knows no \`${root}\`. For a placeholder of JavaScript write \`$\${…}\`.`,
        severity: 'error',
        span: hole.span,
        data: { fix: 'escape' },
      },
    ];
  });
}

function checkMapping(
  { definition, mapping, head, name }: FlowResource,
  context: TerraformContext,
): Problem[] {
  const known = definition && context.installationsOf(definition);
  if (!known) return [];
  const given = new Set(mapping?.entries.map(({ key }) => key));
  const unknown = known.complete ? (mapping?.entries ?? []).filter(({ key }) => !known.keys.has(key)) : [];
  const missing =
    mapping && !mapping.complete ? [] : [...known.keys].filter(([key, hasId]) => !hasId && !given.has(key));
  return [
    ...unknown.map(({ key, span }): Problem => {
      const near = nearest(
        key,
        [...known.keys.keys()].filter((one) => !given.has(one)),
      );
      const all = [...known.keys.keys()];
      return {
        code: 'unknown-mapping',
        message: `\`appInstallations\` of the flow has no \`${key}\`. ${near !== undefined ? `Did you mean \`${near}\`?` : all.length > 0 ? `It has: ${all.join(', ')}.` : 'It lists none.'}`,
        severity: 'warning',
        span,
        data: near === undefined ? { name: key } : { name: key, near },
      };
    }),
    ...missing.map(([key]): Problem => ({
      code: 'missing-mapping',
      message: `Installation \`${key}\` of flow "${name}" has no id in its definition: give it one in \`app_installation_mapping\`.`,
      severity: 'warning',
      span: mapping?.nameSpan ?? head,
      data: { name: key },
    })),
  ];
}
