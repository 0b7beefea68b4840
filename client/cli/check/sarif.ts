/** SARIF 2.1.0 (OASIS), for code scanning: every rule with its help, results with regions in UTF-16 columns. */
import { pathToFileURL } from 'node:url';
import { CODES, type Code } from '../../../flow/codes.js';
import type { Severity } from '../../../flow/problem.js';
import type { Finding } from './analyse.js';
import { explain, version } from './installed.js';
import { uriOf, type Format } from './report.js';

const LEVELS: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  information: 'note',
  hint: 'note',
};
/** Only these three are known to code scanning. */
const PRIORITIES: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  information: 'recommendation',
  hint: 'recommendation',
};

const ROOT = '%SRCROOT%';
const codes = Object.keys(CODES) as Code[];

export const sarif: Format = ({ findings, unreadable }, { folder }) => {
  const location = (file: string): object => {
    const { uri, isRelative } = uriOf(file, folder);
    return { artifactLocation: { uri, ...(isRelative && { uriBaseId: ROOT }) } };
  };
  const result = ({ path, line, column, endLine, endColumn, severity, code, message }: Finding): object => ({
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: LEVELS[severity],
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          ...location(path),
          region: { startLine: line, startColumn: column, endLine, endColumn },
        },
      },
    ],
  });
  return `${JSON.stringify(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'flow-secrets', semanticVersion: version(), rules: codes.map(rule) } },
          invocations: [
            {
              executionSuccessful: unreadable.length === 0,
              toolExecutionNotifications: unreadable.map(({ path, reason }) => ({
                level: 'error',
                message: { text: `Not checked: ${reason}.` },
                locations: [{ physicalLocation: location(path) }],
              })),
            },
          ],
          originalUriBaseIds: { [ROOT]: { uri: `${pathToFileURL(folder).href.replace(/\/$/, '')}/` } },
          columnKind: 'utf16CodeUnits',
          results: findings.map(result),
        },
      ],
    },
    undefined,
    2,
  )}\n`;
};

function rule(code: Code): object {
  const { title, severity } = CODES[code];
  const help = explain(code) ?? title;
  return {
    id: code,
    name: code.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: `${title}.` },
    help: { text: help, markdown: help },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: { tags: ['flows'], 'problem.severity': PRIORITIES[severity] },
  };
}
