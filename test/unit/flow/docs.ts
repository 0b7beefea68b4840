/** The examples of docs/diagnostics.md, as its tests run them. */
import fs from 'node:fs';
import { applySettings, checkFlow, type RuleSettings } from '../../../flow/check.js';
import { checkMockNames } from '../../../flow/checkMocks.js';
import { checkProject, knowledgeOf } from '../../../flow/checkProject.js';
import { FlowDocument } from '../../../flow/document.js';
import { checkTerraform } from '../../../flow/hcl/check.js';
import type { Problem } from '../../../flow/problem.js';
import { parseProject } from '../../../flow/project.js';
import { missingSource } from '../../../flow/rules/appFields.js';
import { checkTest } from '../../../flow/testing/check.js';
import { parseTestFile } from '../../../flow/testing/read.js';
import { checkTypes } from '../../../flow/types/check.js';
import { service } from '../server/typescriptService.js';
import { read } from './hcl/hcl.js';
import { rangeIn, readMarks, type Mark, type Reported } from './support.js';

export interface Example {
  readonly language: 'yaml' | 'hcl';
  /** What follows the language: `bad`, `good`, `project`, `set=KEY`, … */
  readonly words: readonly string[];
  readonly text: string;
  readonly marks: readonly Mark[];
  /** The quotes right below it: what is said, in the order of the marks. */
  readonly messages: readonly string[];
}

export interface Section {
  readonly code: string;
  /** The first paragraph. */
  readonly summary: string;
  readonly body: string;
  readonly examples: readonly Example[];
}

const FENCE = /^```(yaml|hcl) ([^\n]*)\n([^]*?)^```\n((?:\n?> [^\n]*\n)*)/gm;

export function readSections(page: string): Section[] {
  return page
    .split(/^(?=#{2,3} )/m)
    .filter((part) => part.startsWith('### '))
    .map((part) => {
      const [, code, body] = /^### (.*)\n+([^]*)$/.exec(part)!;
      return {
        code: code!,
        summary: body!.split('\n', 1)[0]!,
        body: body!,
        examples: [...body!.matchAll(FENCE)].map(([, language, words, content, quotes]): Example => {
          const { text, marks } = readMarks(content!);
          return {
            language: language as Example['language'],
            words: words!.split(' '),
            text,
            marks,
            messages: [...quotes!.matchAll(/^> (.*)$/gm)].map(([, message]) => message!),
          };
        }),
      };
    });
}

export const PAGE = 'docs/diagnostics.md';
export const page = (): string => fs.readFileSync(PAGE, 'utf8');

/** The example that stands for a file around the others of its section. */
export function context({ examples }: Section, kind: 'project' | 'flow'): string | undefined {
  return examples.find(({ words }) => words[0] === kind)?.text;
}

/** Everything that is reported on an example, with the same parts as in the editor and on the command line. */
export async function reportsOnExample(
  section: Section,
  { language, words, text }: Example,
  rules: RuleSettings = {},
): Promise<Reported[]> {
  const project = parseProject(context(section, 'project') ?? '');
  const set = words.find((word) => word.startsWith('set='))?.slice('set='.length);
  const secrets = knowledgeOf(project, 'folder', set === undefined ? undefined : new Set(set.split(',')));
  const flow = new FlowDocument(context(section, 'flow') ?? '');
  const reported = ({ code, message, severity, span }: Problem, source = text, shift = 0): Reported => ({
    code,
    message,
    severity,
    covered: source.slice(span.start, span.end),
    range: rangeIn(text, span.start + shift, span.end + shift),
  });
  if (language === 'hcl') {
    const installations = {
      keys: new Map([...flow.installations].map(([key, { id }]) => [key, id !== undefined])),
      complete: true,
    };
    return checkTerraform(await read(text), text, {
      secrets,
      rules,
      installationsOf: () => installations,
    }).map((problem) => reported(problem));
  }
  if (words.includes('project')) {
    const used = context(section, 'flow') === undefined ? undefined : keysOf(flow);
    const own = parseProject(text);
    return checkProject(text, own, { ...own.rules, ...rules }, used).map((problem) => reported(problem));
  }
  if (words.includes('test')) {
    const around = { flow, flowName: 'a.flow.yaml', exists: () => false };
    // Where a section has no flow, names are not its business.
    const own = context(section, 'flow') === undefined ? { ...rules, 'test-name': 'off' as const } : rules;
    return checkTest(text, parseTestFile(text), around, own).map((problem) => reported(problem));
  }
  const source = words.includes('deep')
    ? text.replace('[[[[ … ]]]]', '['.repeat(250) + ']'.repeat(250))
    : text;
  const dialect = (['mocks', 'installation'] as const).find((word) => words.includes(word)) ?? 'flow';
  const document = new FlowDocument(source, dialect);
  const problems = checkFlow(document, secrets, rules);
  if (words.includes('missing')) problems.push(...applySettings(document, missingSource(document), rules));
  if (words.includes('mocks'))
    problems.push(...applySettings(document, checkMockNames(document, [flow]), rules));
  if (words.includes('types'))
    problems.push(...applySettings(document, checkTypes(document, service()), rules));
  return problems.map(({ problem, segment }) =>
    words.includes('deep')
      ? { ...reported(problem, segment.text), range: document.range(segment, problem.span) }
      : reported(problem, segment.text, document.startOf(segment)),
  );
}

function keysOf(flow: FlowDocument): ReadonlySet<string> {
  return new Set(
    flow.segments.flatMap(({ expressions }) =>
      expressions.flatMap(({ expression }) => expression.accesses.map(({ key }) => key)),
    ),
  );
}

/** How each section says that its report can be silenced. */
export function silence(code: string): string {
  return `Silence it with \`# flows-ignore[${code}]\` on the line or the one before, \`# flows-ignore-file[${code}]\`, \`${code}: off\` under \`rules\` in \`flows.project.yaml\`, or \`"${code}": "off"\` in the setting \`flows.rules\`.`;
}
