/** One line per entry of a run, the same in the output channel and on the command line. Entries are redacted already. */
import type { EndpointInfo, LogLevel, RunEvent } from './protocol.js';

export interface Line {
  readonly level: LogLevel;
  readonly text: string;
}

export interface DescribeOptions {
  /** Characters of an event's data to show; 0: none. Default 0. */
  readonly payload?: number;
}

/** Line breaks of the texts are kept out, so that a line stays one; a failure's frames follow on lines of their own. */
export function describeEntry(entry: RunEvent, { payload = 0 }: DescribeOptions = {}): Line {
  switch (entry.kind) {
    case 'event': {
      const port =
        entry.output === undefined
          ? `debug event → ${entry.block} ▸ ${entry.input ?? ''}`
          : `${entry.block} ▸ ${entry.output}`;
      const leaks = entry.leaks ? `  ⚠ holds ${entry.leaks.map((key) => `‹secret:${key}›`).join(', ')}` : '';
      const mock = entry.mock === undefined ? '' : entry.mock === 'file' ? '  (mock)' : '  (made up)';
      const data = payload > 0 ? `  ${cut(entry.data, payload)}` : '';
      return { level: 'info', text: oneLine(`● ${port}${mock}${leaks}${data}`) };
    }
    case 'failed': {
      const { path, place, stack } = entry.error;
      const message =
        entry.error.name === 'Error' ? entry.error.message : `${entry.error.name}: ${entry.error.message}`;
      const where = [path, place && `line ${place.line}, column ${place.column}`].filter(Boolean).join(', ');
      const handler = entry.handler === undefined ? '' : ` → handled by ${entry.handler}`;
      const head = oneLine(
        `✖ ${entry.block}${entry.input === undefined ? '' : ` ▸ ${entry.input}`}: ${message}${where && ` (${where})`}${handler}`,
      );
      return { level: 'error', text: [head, ...stack.map((frame) => `    ${oneLine(frame)}`)].join('\n') };
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

/** Where a block can be called, e.g. `Orders listens on http://127.0.0.1:8080/orders  POST`. */
export function describeEndpoint({ block, methods, url, tool }: EndpointInfo): string {
  if (tool !== undefined) return `${block} is the tool ${tool} of the MCP server at ${url}`;
  return `${block} listens on ${url}  ${methods.join(', ')}`.trimEnd();
}

function oneLine(text: string): string {
  return text.replace(/\r\n|[\n\r\u2028\u2029]/g, ' ⏎ ');
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
