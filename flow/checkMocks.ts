/** The diagnostics of a mocks file beside the flows that it is for: the editor and `check` show the same. */
import { shapeOf } from './catalog.js';
import type { PlacedProblem } from './check.js';
import { outputsOf } from './testing/check.js';
import type { FlowDocument, PlacedBlock } from './document.js';
import { graphOf } from './graph.js';
import { nearest } from './keys.js';
import { alwaysRuns, mocksIn, outputsIn, type MockEntry } from './mocksFile.js';
import type { Name } from './model.js';
import type { Problem } from './problem.js';
import { checkReads } from './rules/wiring.js';

/** Names that its flows do not have; settings and comments are still to be applied. Nothing where there is no flow. */
export function checkMockNames(mocks: FlowDocument, flows: readonly FlowDocument[]): PlacedProblem[] {
  if (flows.length === 0) return [];
  return mocks.segments.flatMap((segment) =>
    mocksIn(segment)
      .flatMap((mock) => namesIn(mock, flows))
      .map((problem) => ({ problem, segment })),
  );
}

function namesIn({ name, value, expressions }: MockEntry, flows: readonly FlowDocument[]): Problem[] {
  const blocks = flows.flatMap((flow) => blockNamed(flow, name.text) ?? []);
  const [first] = blocks;
  if (!first) {
    const near = nearest(
      name.text,
      flows.flatMap((flow) => flow.blocks.map(({ block }) => block.name.text)),
    );
    return [
      unused(
        `No block of the flow is called "${name.text}".${near === undefined ? '' : ` Did you mean "${near}"?`}`,
        name,
        near,
      ),
    ];
  }
  const reasons = blocks.map(({ block: { type } }) => type?.kind === 'core' && alwaysRuns(type.name.text));
  if (reasons[0] && reasons.every(Boolean))
    return [unused(`The mock of "${name.text}" is not used: ${reasons[0]}.`, name)];
  return [
    ...outputsIn(value).flatMap((output) =>
      blocks.every(({ block }) => lacks(block, output.text)) ? [noOutput(output, first)] : [],
    ),
    // Of several flows it is not known which one runs.
    ...(flows.length === 1
      ? expressions.flatMap((one) =>
          checkReads(one, first.block, graphOf(flows[0]!), flows[0]!.installations),
        )
      : []),
  ];
}

/** The block of a name; the first one where two have it. */
export function blockNamed(flow: FlowDocument, name: string): PlacedBlock | undefined {
  return flow.blocks.find(({ block }) => block.name.text === name);
}

/** Blocks whose outputs are not known for certain may have any. */
function lacks(block: PlacedBlock['block'], output: string): boolean {
  const shape = shapeOf(block);
  return shape !== undefined && !shape.open && !shape.openOutputs && !outputsOf(block).includes(output);
}

function noOutput(output: Name, { block }: PlacedBlock): Problem {
  const known = outputsOf(block);
  const near = nearest(output.text, known);
  return unused(
    `"${block.name.text}" has no output \`${output.text}\`. ${near !== undefined ? `Did you mean \`${near}\`?` : known.length > 0 ? `It has: ${known.join(', ')}.` : 'It has none.'}`,
    output,
    near,
  );
}

function unused(message: string, { text, span }: Name, near?: string): Problem {
  return {
    code: 'unused-mock',
    message,
    severity: 'warning',
    span,
    data: near === undefined ? { name: text } : { name: text, near },
  };
}
