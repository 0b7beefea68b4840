/** The diagnostics of a test file, beside the flow that it tests: the editor, `check` and `test` show the same. */
import { shapeOf } from '../catalog.js';
import { withSeverity, type RuleSettings } from '../check.js';
import type { FlowDocument } from '../document.js';
import { nearest } from '../keys.js';
import type { Block, Name } from '../model.js';
import type { Problem } from '../problem.js';
import { covers, readSuppressions } from '../suppress.js';
import { floorIndex, lineStarts } from '../text.js';
import { tokenProblem, tokensInTest } from '../tokens/literals.js';
import { readYaml } from '../yaml.js';
import { MATCHERS } from './matchers.js';
import type { Expectation, FlowTestFile, TestStep } from './model.js';

/** What a test file names. */
export interface TestSurroundings {
  /** Null: there is no such file. */
  readonly flow: FlowDocument | null;
  /** How the flow is called where the test does not name it. */
  readonly flowName: string;
  /** Whether the file of this path, as written in the test, is there. */
  readonly exists: (path: string) => boolean;
}

/** All that is wrong with the test file of this text, in file order, after severities and `flows-ignore` comments. */
export function checkTest(
  text: string,
  file: FlowTestFile,
  surroundings: TestSurroundings,
  rules: RuleSettings = {},
): Problem[] {
  const { file: everywhere, lines } = readSuppressions(text);
  const starts = lineStarts(text);
  const tokens = tokensInTest(readYaml(text, MATCHERS).root, text);
  // Where the YAML does not parse, keys and values are guesses.
  const isBroken = file.problems.some(({ code }) => code === 'yaml-syntax');
  return [
    ...file.problems.filter(({ code }) => !isBroken || code.startsWith('yaml-')),
    ...(isBroken ? [] : namesIn(file, surroundings)),
    ...tokens.map((token) => tokenProblem(token, true)),
  ]
    .filter(
      ({ code, span }) =>
        !covers(everywhere, code) && !covers(lines.get(floorIndex(starts, span.start)), code),
    )
    .flatMap((problem) => withSeverity(problem, rules) ?? [])
    .sort((a, b) => a.span.start - b.span.start);
}

function namesIn(
  { flow: path, setup, tests }: FlowTestFile,
  { flow, flowName, exists }: TestSurroundings,
): Problem[] {
  const problems = [setup, ...tests.map((test) => test.setup)].flatMap(({ mocks }) =>
    mocks && !exists(mocks.text) ? unknown(`There is no mocks file ${mocks.text}.`, mocks) : [],
  );
  if (!flow) {
    const at = path ?? tests[0]?.name;
    if (!at) return problems;
    const hint = path ? '' : ' Say which flow is tested: `flow: ./<file>`.';
    return [...problems, ...unknown(`There is no flow ${path?.text ?? flowName}.${hint}`, at)];
  }
  const blocks = new Map(flow.blocks.map(({ block }) => [block.name.text, block]));
  for (const { steps, expect, never } of tests) {
    for (const step of steps) problems.push(...inStep(step, blocks));
    for (const expectation of [...expect, ...never]) problems.push(...inExpectation(expectation, blocks));
  }
  return problems;
}

function inStep(step: TestStep, blocks: ReadonlyMap<string, Block>): Problem[] {
  if (step.kind !== 'send') return [];
  const { block: name, input, output } = step;
  const block = blocks.get(name.text);
  if (!block) return unknownBlock(name, blocks);
  const inputs = [...block.inputs.keys()];
  return [
    ...(output ? unknownOutput(output, block) : []),
    ...(input && !inputs.includes(input.text) ? unknownPart('input', input, block.name.text, inputs) : []),
  ];
}

function inExpectation(expectation: Expectation, blocks: ReadonlyMap<string, Block>): Problem[] {
  if (expectation.kind === 'response') return [];
  const block = blocks.get(expectation.block.text);
  if (!block) return unknownBlock(expectation.block, blocks);
  return expectation.kind === 'event' && expectation.output ? unknownOutput(expectation.output, block) : [];
}

function unknownBlock(name: Name, blocks: ReadonlyMap<string, Block>): Problem[] {
  const near = nearest(name.text, blocks.keys());
  return unknown(
    `There is no block "${name.text}" in the flow.${near === undefined ? '' : ` Did you mean "${near}"?`}`,
    name,
    near,
  );
}

/** Blocks whose outputs are not known for certain may have any. */
function unknownOutput(output: Name, block: Block): Problem[] {
  const shape = shapeOf(block);
  if (!shape || shape.open || shape.openOutputs) return [];
  const known = outputsOf(block);
  return known.includes(output.text) ? [] : unknownPart('output', output, block.name.text, known);
}

/** Keys of the outputs that a block is known to have. */
export function outputsOf(block: Block): string[] {
  return [
    ...new Set([
      ...(shapeOf(block)?.outputs.keys() ?? []),
      ...block.dynamicOutputKeys,
      ...block.outputs.keys(),
    ]),
  ];
}

function unknownPart(what: string, name: Name, block: string, known: readonly string[]): Problem[] {
  const near = nearest(name.text, known);
  return unknown(
    `"${block}" has no ${what} \`${name.text}\`. ${near !== undefined ? `Did you mean \`${near}\`?` : known.length > 0 ? `It has: ${known.join(', ')}.` : 'It has none.'}`,
    name,
    near,
  );
}

function unknown(message: string, { text, span }: Name, near?: string): Problem[] {
  return [
    {
      code: 'test-name',
      message,
      severity: 'error',
      span,
      data: near === undefined ? { name: text } : { name: text, near },
    },
  ];
}
