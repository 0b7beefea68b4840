/** What a run says, as output of the debug console: its lines, each with its place in the flow and its data to be opened. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { blockLines } from '../../../flow/breakpoints.js';
import type { FlowDocument } from '../../../flow/document.js';
import { EventLines, levelOf } from '../../run/eventLines.js';
import type { RunEvent } from '../../runner/protocol.js';

type Output = DebugProtocol.OutputEvent['body'];

/** Lines per second; failures are always shown. */
const LINES_PER_SECOND = 1_000;
/** Of a second's lines, those that have a place and data of their own; the rest is one text. */
const SINGLE_LINES = 200;

export class ConsoleLines {
  // Whoever debugs looks at data: it opens here too.
  private readonly lines = new EventLines(() => true);
  private second = 0;
  private written = 0;

  /** @param open a reference for the data of an event. */
  batch(
    events: readonly RunEvent[],
    skipped: number,
    flow: FlowDocument,
    source: DebugProtocol.Source,
    open: (eventId: string) => number,
  ): Output[] {
    const now = Math.floor(Date.now() / 1_000);
    if (now !== this.second) [this.second, this.written] = [now, 0];
    const outputs: Output[] = [];
    let left = skipped;
    let rest = '';
    for (const event of events) {
      const rank = this.written++;
      if (rank >= LINES_PER_SECOND && event.kind !== 'failed') left++;
      else if (rank >= SINGLE_LINES) rest += `${this.lines.line(event)}\n`;
      else outputs.push(this.single(event, flow, source, open));
    }
    if (rest !== '') outputs.push({ category: 'stdout', output: rest });
    if (left > 0)
      outputs.unshift({ category: 'console', output: `… ${left} events came too fast to be shown here\n` });
    return outputs;
  }

  private single(
    event: RunEvent,
    flow: FlowDocument,
    source: DebugProtocol.Source,
    open: (eventId: string) => number,
  ): Output {
    const line = placeOf(event, flow);
    const text = this.lines.line(event);
    return {
      category: categoryOf(text),
      output: `${text}\n`,
      ...(line !== undefined && { source, line: line + 1, column: 1 }),
      ...(event.kind === 'event' && opens(event.data) && { variablesReference: open(event.id) }),
    };
  }
}

/** VS Code shows `stderr` in the colour of errors, `console` in that of warnings, and `stdout` in that of information. */
export function categoryOf(line: string): string {
  const level = levelOf(line);
  return level === 'error' ? 'stderr' : level === 'warn' ? 'console' : 'stdout';
}

/** Whether there is more than the line shows. */
function opens(json: string): boolean {
  return /^[{[]/.test(json) && json.length > 2;
}

/** Zero-based line of what has emitted, failed or spoken. */
function placeOf(event: RunEvent, flow: FlowDocument): number | undefined {
  if (event.kind === 'failed' && event.error.place) return event.error.place.line - 1;
  const lines = event.block === undefined ? undefined : blockLines(flow, event.block);
  if (!lines) return undefined;
  if (event.kind === 'event' && event.output !== undefined)
    return lines.outputs.get(event.output) ?? lines.name;
  return lines.name;
}
