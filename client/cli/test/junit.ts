/** JUnit's XML, which CI systems show as a list of tests: a suite per file, a case per test. */
import type { FileResult, TestResult } from '../../testing/testFile.js';
import { countResults, failureLines, hasFailed, isBroken } from '../../testing/words.js';
import { shownPath } from '../check/report.js';
import { eventTexts, type Format } from './format.js';

export const junit: Format = {
  end(results, { folder, events }) {
    const { tests, failed, broken } = countResults(results);
    const suites = results.map((result) => suite(result, shownPath(result.file, folder), events));
    return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="flow-secrets" tests="${tests + broken}" failures="${failed}" errors="${broken}">\n${suites.join('')}</testsuites>\n`;
  },
};

function suite(result: FileResult, name: string, events: boolean): string {
  const errors = result.problems.filter(({ severity }) => severity === 'error');
  const time = result.results.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const cases = result.results.map((test) => testCase(test, name, events));
  if (isBroken(result)) {
    const text = errors.map(({ message, range }) => `${name}:${range.start.line + 1}: ${message}`).join('\n');
    cases.push(
      `    <testcase name="${escape(name)}" classname="${escape(name)}" file="${escape(name)}">\n      <error message="The test file cannot be run">${escape(text)}</error>\n    </testcase>\n`,
    );
  }
  return `  <testsuite name="${escape(name)}" tests="${cases.length}" failures="${result.results.filter(hasFailed).length}" errors="${isBroken(result) ? 1 : 0}" time="${(time / 1_000).toFixed(3)}">\n${cases.join('')}  </testsuite>\n`;
}

function testCase(test: TestResult, file: string, events: boolean): string {
  const { name, range, milliseconds, failures } = test;
  const head = `    <testcase name="${escape(name)}" classname="${escape(file)}" file="${escape(file)}" line="${range.start.line + 1}" time="${(milliseconds / 1_000).toFixed(3)}"`;
  if (failures.length === 0) return `${head}/>\n`;
  const told = failures.map((failure) => {
    const lines = failureLines(failure);
    return `      <failure message="${escape(failure.message)}">${escape(`${file}:${failure.range.start.line + 1}\n${lines.join('\n')}`)}</failure>\n`;
  });
  const output = events ? `      <system-out>${escape(eventTexts(test).join('\n'))}</system-out>\n` : '';
  return `${head}>\n${told.join('')}${output}    </testcase>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** XML 1.0 has no way to write other control characters, nor halves of surrogate pairs. */
function escape(text: string): string {
  return text
    .replace(/[\ud800-\udfff]/gu, '\ufffd')
    .replace(/[^\P{Cc}\t\n\r\u007f-\u009f]|[\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"\n]/g, (unit) => ENTITIES[unit]!);
}
