/** For people: a line per test, and below one that has failed what was expected and what came. */
import { plainLine, shownPath } from '../check/report.js';
import { countResults, failureLines, hasFailed, isBroken, summaryOf } from '../../testing/words.js';
import { eventTexts, type Format } from './format.js';

const COLOURS = { good: '32', bad: '31', warn: '33', dim: '2', bold: '1' } as const;

type Paint = (colour: keyof typeof COLOURS, words: string) => string;

const painter =
  (colours: boolean): Paint =>
  (colour, words) =>
    colours ? `\u001b[${COLOURS[colour]}m${words}\u001b[0m` : words;

export const text: Format = {
  file(result, { folder, colours, events }) {
    const paint = painter(colours);
    const name = plainLine(shownPath(result.file, folder));
    const place = ({
      start,
    }: {
      readonly start: { readonly line: number; readonly character: number };
    }): string => `${name}:${start.line + 1}:${start.character + 1}`;
    const lines = [paint('bold', name)];
    for (const { severity, message, range, code } of result.problems) {
      lines.push(
        `  ${place(range)} ${paint(severity === 'error' ? 'bad' : 'warn', severity)} ${plainLine(message)} ${paint('dim', `[${code}]`)}`,
      );
    }
    for (const remark of result.remarks) lines.push(`  ${paint('warn', '!')} ${plainLine(remark)}`);
    for (const test of result.results) {
      const mark = hasFailed(test) ? paint('bad', '✖') : paint('good', '✔');
      lines.push(`  ${mark} ${plainLine(test.name)}  ${paint('dim', `${test.milliseconds.toFixed(0)} ms`)}`);
      for (const failure of test.failures) {
        const [head = '', ...rest] = failureLines(failure);
        lines.push(`      ${place(failure.range)} ${plainLine(head)}`);
        for (const line of rest) lines.push(`      ${plainLine(line)}`);
      }
      if (events && hasFailed(test))
        for (const line of eventTexts(test)) lines.push(paint('dim', `      │ ${plainLine(line)}`));
    }
    return `${lines.join('\n')}\n\n`;
  },
  end(results, { colours }, excluded) {
    const paint = painter(colours);
    const counts = countResults(results);
    const good =
      counts.tests > 0 && results.every((file) => !isBroken(file) && !file.results.some(hasFailed));
    return `${good ? paint('good', '✔') : paint('bad', '✖')} ${summaryOf(counts, excluded)}\n`;
  },
};
