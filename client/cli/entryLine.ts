/** An entry of a run as the terminal shows it: a line, and one for each frame of a failure. Entries are redacted already. */
import type { LogLevel, RunEvent } from '../runner/protocol.js';
import {
  handlerWords,
  joined,
  leakWords,
  messageWords,
  mockWords,
  oneLine,
  whereWords,
} from '../runner/words.js';

export interface Line {
  readonly level: LogLevel;
  readonly text: string;
}

/** @param payload characters of an event's data to show; 0: none. */
export function entryLine(entry: RunEvent, payload: number): Line {
  switch (entry.kind) {
    case 'event': {
      const port =
        entry.output === undefined
          ? `debug event → ${entry.block} ▸ ${entry.input ?? ''}`
          : `${entry.block} ▸ ${entry.output}`;
      const data = payload > 0 ? cut(entry.data, payload) : '';
      return {
        level: 'info',
        text: oneLine(joined(`● ${port}`, mockWords(entry), leakWords(entry), data)),
      };
    }
    case 'failed': {
      const { error, block, input } = entry;
      const port = input === undefined ? block : `${block} ▸ ${input}`;
      const parts = [`✖ ${port}: ${messageWords(error)}`, whereWords(error), handlerWords(entry)];
      const head = oneLine(parts.filter(Boolean).join(' '));
      return {
        level: 'error',
        text: [head, ...error.stack.map((frame) => `    ${oneLine(frame)}`)].join('\n'),
      };
    }
    case 'activity':
      return { level: 'info', text: oneLine(`  ${entry.block}: ${entry.text}`) };
    case 'log':
      return {
        level: entry.level,
        text: oneLine(`${entry.block === undefined ? '' : `${entry.block}: `}${entry.text}`),
      };
  }
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
