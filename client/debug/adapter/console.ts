/** What a run says, as output of the debug console: its lines, each with its place in the flow and its data to be opened. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { blockLines } from '../../../flow/breakpoints.js';
import type { FlowDocument } from '../../../flow/document.js';
import { EventLines } from '../../run/eventLines.js';
import type { RunEvent } from '../../runner/protocol.js';

type Output = DebugProtocol.OutputEvent['body'];

/** Entries of a batch that are shown one by one; of a larger one, all are one text without places. */
const MAX_SINGLE = 200;

export class ConsoleLines {
  private readonly lines = new EventLines();

  /** @param open a reference for the data of an event. */
  batch(
    events: readonly RunEvent[],
    skipped: number,
    flow: FlowDocument,
    source: DebugProtocol.Source,
    open: (eventId: string) => number,
  ): Output[] {
    const before: Output[] =
      skipped > 0 ? [{ category: 'console', output: `… ${skipped} events came too fast to be shown\n` }] : [];
    if (events.length > MAX_SINGLE) {
      const output = events.map((event) => `${this.lines.line(event)}\n`).join('');
      return [...before, { category: 'stdout', output }];
    }
    return [
      ...before,
      ...events.map((event): Output => {
        const line = placeOf(event, flow);
        return {
          category: categoryOf(event),
          output: `${this.lines.line(event)}\n`,
          ...(line !== undefined && { source, line: line + 1, column: 1 }),
          ...(event.kind === 'event' && opens(event.data) && { variablesReference: open(event.id) }),
        };
      }),
    ];
  }
}

function categoryOf(event: RunEvent): string {
  if (event.kind === 'failed') return 'stderr';
  if (event.kind !== 'log') return 'stdout';
  return event.level === 'error' ? 'stderr' : 'console';
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
