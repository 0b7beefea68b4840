/** `flow-secrets check`: the editor's diagnostics on the command line, for CI, hooks and other editors. Names only, no values. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { RuleSettings } from '../../flow/check.js';
import { CODES, type Code } from '../../flow/codes.js';
import { nearest } from '../../flow/keys.js';
import { isRuleSeverity, RULE_SEVERITIES } from '../../flow/rules/settings.js';
import type { Severity } from '../../flow/problem.js';
import type { Finding } from './check/analyse.js';
import { checkAll } from './check/checker.js';
import { decodeText, named, reasonOf, type SourceFile, type Unreadable } from './check/files.js';
import { github } from './check/github.js';
import { explain } from './check/installed.js';
import { json } from './check/json.js';
import { atLeast, plainLine, shownPath, type Format, type Report } from './check/report.js';
import { sarif } from './check/sarif.js';
import { text } from './check/text.js';
import { argumentProblem, UsageError, type Command } from './command.js';

const FORMATS: Readonly<Record<string, Format>> = { text, json, sarif, github };
const LIMITS = ['error', 'warning', 'information', 'never'] as const;

const HELP = `usage: flow-secrets check [options] [file or folder …]

Checks flow definitions, tests, mocks, installation configs, Terraform and project files: the same diagnostics as in the editor.
A folder is searched for flow.yaml, *.flow.yaml, *.flow-test.yaml, *.mocks.yaml, *.installation.yaml (.yml alike),
flows.project.yaml, other YAML files whose root has typed \`blocks\`, and *.tf and *.tofu files with resources of the Flows provider; node_modules, .git and
.terraform are left out. A file that is named is checked whatever it is called. Without arguments the current folder is
searched; - reads one file from the standard input.

  --format FORMAT         text (default), json, sarif (2.1.0) or github (annotations of GitHub Actions)
  --fail-on SEVERITY      least severity that fails the check: error, warning (default), information or never
  --rule CODE=SEVERITY    severity of a diagnostic: ${RULE_SEVERITIES.join(', ')}; may be repeated,
                          wins over \`rules\` in flows.project.yaml
  --project FILE          project file for all that is checked; default: the nearest flows.project.yaml upward
  --stdin-filename NAME   what the file from the standard input is called, and so where it belongs
  --no-types              leave out the types of expressions: faster, and no expression-type
  --quiet                 leave out what does not fail the check, and the summary
  --explain CODE          explain a diagnostic, with examples

Exit code: 0 nothing that fails the check, also where no file has to do with flows, 1 findings, 2 wrong usage or input that
cannot be read.
Environment: NO_COLOR switches colours off.`;

export const check: Command = {
  summary: 'check flows, their tests, installation configs, Terraform and project files',
  help: HELP,
  async run(args) {
    const { options, paths } = readArguments(args);
    if (options.explain !== undefined) {
      await write(process.stdout, `${explanation(codeOf(options.explain, '--explain'))}\n`);
      return 0;
    }
    const format = FORMATS[options.format];
    if (!format || !Object.hasOwn(FORMATS, options.format))
      throw new UsageError(`--format is one of ${Object.keys(FORMATS).join(', ')}`);
    const limit = LIMITS.find((one) => one === options['fail-on']);
    if (limit === undefined) throw new UsageError(`--fail-on is one of ${LIMITS.join(', ')}`);

    const folder = process.cwd();
    const unreadable: Unreadable[] = [];
    const report = await checkAll({
      paths: (paths.length > 0 ? paths : ['.'])
        .filter((one) => one !== '-')
        .map((one) => path.resolve(folder, one)),
      given: paths.includes('-')
        ? await fromInput(path.resolve(folder, options['stdin-filename'] ?? 'stdin.flow.yaml'), unreadable)
        : [],
      rules: readRules(options.rule),
      types: !options['no-types'],
      ...(options.project !== undefined && { project: path.resolve(options.project) }),
    });
    unreadable.push(...report.unreadable);
    const fails = ({ severity }: Finding): boolean => limit !== 'never' && atLeast(severity, limit);
    const findings = options.quiet ? report.findings.filter(fails) : report.findings;
    const shown: Report = { ...report, findings, unreadable };
    const colours = process.stdout.isTTY && process.stdout.hasColors();
    await write(process.stdout, format(shown, { folder, colours, quiet: options.quiet }));
    for (const { path: file, reason } of unreadable) {
      await write(
        process.stderr,
        `flow-secrets check: ${plainLine(shownPath(file, folder))} was not checked: ${reason}\n`,
      );
    }
    if (unreadable.length > 0) return 2;
    return report.findings.some(fails) ? 1 : 0;
  },
};

interface Options {
  readonly format: string;
  readonly 'fail-on': string;
  readonly rule: readonly string[];
  readonly project?: string;
  readonly 'stdin-filename'?: string;
  readonly quiet: boolean;
  readonly 'no-types': boolean;
  readonly explain?: string;
}

const OPTIONS = {
  format: { type: 'string', default: 'text' },
  'fail-on': { type: 'string', default: 'warning' },
  rule: { type: 'string', multiple: true, default: [] as string[] },
  project: { type: 'string' },
  'stdin-filename': { type: 'string' },
  quiet: { type: 'boolean', default: false },
  'no-types': { type: 'boolean', default: false },
  explain: { type: 'string' },
} as const;

function readArguments(args: readonly string[]): { options: Options; paths: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
    if (positionals.includes('')) throw new UsageError('a path is empty');
    if (values['stdin-filename'] !== undefined && !positionals.includes('-'))
      throw new UsageError('--stdin-filename goes with -, the standard input');
    return { options: values, paths: positionals };
  } catch (error) {
    throw error instanceof UsageError ? error : argumentProblem(error, args, OPTIONS);
  }
}

/** Later ones win. */
function readRules(rules: readonly string[]): RuleSettings {
  return Object.fromEntries(
    rules.map((rule): [Code, Severity | 'off'] => {
      const [code = '', severity = '', ...rest] = rule.split('=');
      if (rest.length > 0 || !isRuleSeverity(severity))
        throw new UsageError(
          `--rule is CODE=SEVERITY, e.g. dynamic-secret=off; severities: ${RULE_SEVERITIES.join(', ')}`,
        );
      return [codeOf(code, '--rule'), severity];
    }),
  );
}

function codeOf(name: string, option: string): Code {
  if (Object.hasOwn(CODES, name)) return name as Code;
  const near = nearest(name, Object.keys(CODES));
  throw new UsageError(
    `${option} names no diagnostic${near === undefined ? `; there are: ${Object.keys(CODES).join(', ')}` : `: did you mean ${near}?`}`,
  );
}

function explanation(code: Code): string {
  const { title, severity } = CODES[code];
  return `${code}\n\n${explain(code) ?? `${title}. Severity: ${severity}.`}`;
}

async function fromInput(file: string, unreadable: Unreadable[]): Promise<readonly SourceFile[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  try {
    return [named(file, decodeText(Buffer.concat(chunks)))];
  } catch (error) {
    unreadable.push({ path: file, reason: reasonOf(error) });
    return [];
  }
}

/** A reader that has seen enough (`| head`) is no failure. */
function write(stream: NodeJS.WriteStream, content: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EPIPE') resolve();
      else reject(error);
    };
    stream.once('error', failed);
    stream.write(content, (error) => {
      if (error) {
        failed(error);
      } else {
        stream.off('error', failed);
        resolve();
      }
    });
  });
}
