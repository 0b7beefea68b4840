/** What is said of a run's entries, in the same words wherever they are shown. Entries are redacted already. */
import type { EmittedEvent, EndpointInfo, FailedEvent, MockSource, RunError } from './protocol.js';

/** Beside an event that no real block has emitted. */
const MOCKS: Readonly<Record<MockSource, string>> = {
  file: 'mock',
  recorded: 'mock, recorded',
  generated: 'mock, made from the schema',
};

/** `mock, recorded`. */
export function mockSourceWords(source: MockSource): string {
  return MOCKS[source];
}

/** `(mock, recorded)`; '' for an event of a real block. */
export function mockWords({ mock }: EmittedEvent): string {
  return mock === undefined ? '' : `(${mockSourceWords(mock)})`;
}

/** '' for an event without a secret in it. */
export function leakWords({ leaks }: EmittedEvent): string {
  return leaks?.length ? `⚠ holds ${leaks.join(', ')}: the platform would show it downstream` : '';
}

/** `TypeError: x is undefined`. */
export function messageWords({ name, message }: RunError): string {
  return name === 'Error' ? message : `${name}: ${message}`;
}

/** `(inputs.default.config.url, line 12, column 9)`; '' when nobody knows. */
export function whereWords({ path, place }: RunError): string {
  const where = [path, place && `line ${place.line}, column ${place.column}`].filter(Boolean).join(', ');
  return where && `(${where})`;
}

/** '' for a failure that no block handles. */
export function handlerWords({ handler }: FailedEvent): string {
  return handler === undefined ? '' : `→ handled by ${handler}`;
}

/** Where a block can be called, e.g. `Orders listens on http://127.0.0.1:8080/orders  POST`. */
export function endpointWords({ block, methods, url, tool }: EndpointInfo): string {
  if (tool !== undefined) return `${block} is the tool ${tool} of the MCP server at ${url}`;
  return `${block} listens on ${url}  ${methods.join(', ')}`.trimEnd();
}

/** Control characters would break the line or colour the rest of it. */
export function oneLine(text: string): string {
  return text.replace(/\r\n|[\n\r\u2028\u2029]/g, ' ⏎ ').replace(/\p{Cc}/gu, ' ');
}

/** The parts that say something, two blanks apart. */
export function joined(...parts: readonly string[]): string {
  return parts.filter(Boolean).join('  ');
}
