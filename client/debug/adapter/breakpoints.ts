/** Breakpoints of the flow that is debugged: what the client has asked for, what that means in the text, what the run says. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { blockLines, stopPlaceAt, type NoStop, type StopPlace } from '../../../flow/breakpoints.js';
import type { FlowDocument } from '../../../flow/document.js';
import type { Breakpoint, FailureFilter, RunnerMethods, SignalName } from '../../runner/protocol.js';
import { signalPath } from './frames.js';

type Verdicts = RunnerMethods['setBreakpoints']['result']['breakpoints'];

interface Entry {
  readonly id: number;
  readonly place: StopPlace | NoStop | SignalPlace;
  /** Zero-based, as asked for. */
  readonly line: number;
  readonly asked: When;
  /** Why the run cannot stop there. */
  refused?: string;
  /** The block is no longer in the file. */
  gone?: boolean;
}

/** A change of a signal. */
interface SignalPlace {
  readonly signal: SignalName;
}

type When = Pick<DebugProtocol.SourceBreakpoint, 'condition' | 'hitCondition' | 'logMessage'>;

const STALE = 'This run uses the text that the file had at its start; restart it to stop there.';

export class Breakpoints {
  private byLine: Entry[] = [];
  private byName: Entry[] = [];
  private bySignal: Entry[] = [];
  private lastId = 0;
  /** Id of the runner's breakpoint -> ours: one of ours may be several of the runner's. */
  private sent = new Map<number, Entry>();
  /** Runner's ids by what they stop at: one that is set again keeps its id, and with it its count of hits. */
  private readonly ids = new Map<string, number>();
  failures: FailureFilter = 'uncaught';

  private get entries(): readonly Entry[] {
    return [...this.byLine, ...this.byName, ...this.bySignal];
  }

  /** Replaces those on lines. Lines of `asked` are the client's, which begin at 1. */
  replace(flow: FlowDocument, asked: readonly DebugProtocol.SourceBreakpoint[]): void {
    this.byLine = asked.map((one) => ({
      id: ++this.lastId,
      asked: one,
      line: one.line - 1,
      place: stopPlaceAt(flow, one.line - 1),
    }));
  }

  /** Replaces those on names of blocks: they mean what a breakpoint on the block's name line does. */
  replaceNamed(flow: FlowDocument, asked: readonly DebugProtocol.FunctionBreakpoint[]): void {
    this.byName = asked.map((one) => {
      const line = blockLines(flow, one.name.trim())?.name;
      const place =
        line === undefined
          ? { problem: `No block of this flow is called “${one.name.trim()}”.` }
          : stopPlaceAt(flow, line);
      return { id: ++this.lastId, asked: one, line: line ?? 0, place };
    });
  }

  /** Replaces those on signals. */
  replaceSignals(asked: readonly DebugProtocol.DataBreakpoint[]): void {
    this.bySignal = asked.map((one) => ({
      id: ++this.lastId,
      asked: one,
      line: 0,
      place: readSignal(one.dataId),
    }));
  }

  /** For the runner, with numbers of their own. */
  toRunner(): Breakpoint[] {
    this.sent = new Map();
    const breakpoints: Breakpoint[] = [];
    for (const entry of this.entries) {
      const { place, asked } = entry;
      if ('problem' in place || entry.gone) continue;
      const when = {
        ...(asked.condition && { condition: asked.condition }),
        ...(asked.hitCondition && { hitCondition: asked.hitCondition }),
        ...(asked.logMessage && { logMessage: asked.logMessage }),
      };
      const block = 'signal' in place ? '' : place.block;
      const ports: readonly Omit<Breakpoint, 'id' | 'block'>[] =
        'signal' in place
          ? [place]
          : place.inside
            ? [{ inside: place.inside }]
            : [...place.inputs.map((input) => ({ input })), ...place.outputs.map((output) => ({ output }))];
      for (const port of ports) {
        const breakpoint = { block, ...port, ...when };
        const id = this.idOf(JSON.stringify(breakpoint));
        this.sent.set(id, entry);
        breakpoints.push({ id, ...breakpoint });
      }
    }
    return breakpoints;
  }

  private idOf(text: string): number {
    // The same twice are two.
    for (let identity = text; ; identity += '+') {
      const id = this.ids.get(identity) ?? this.ids.size + 1;
      this.ids.set(identity, id);
      if (!this.sent.has(id)) return id;
    }
  }

  /** Takes what the run says. @param stale the file is not what runs any more. @returns those that have changed. */
  take(verdicts: Verdicts, stale: boolean): DebugProtocol.Breakpoint[] {
    const byEntry = new Map<Entry, Verdicts[number][]>();
    for (const verdict of verdicts) {
      const entry = this.sent.get(verdict.id);
      if (entry) byEntry.set(entry, [...(byEntry.get(entry) ?? []), verdict]);
    }
    return this.entries.flatMap((entry) => {
      const said = byEntry.get(entry) ?? [];
      const before = entry.refused;
      delete entry.refused;
      if (said.length > 0 && said.every(({ verified }) => !verified)) {
        const message = said.find((one) => one.message)?.message ?? 'The run cannot stop there.';
        entry.refused = stale ? `${message} ${STALE}` : message;
      }
      return entry.refused === before ? [] : [this.toClient(entry)];
    });
  }

  /** Looks for the blocks in another text. @returns those that have changed. */
  follow(flow: FlowDocument): DebugProtocol.Breakpoint[] {
    return this.entries.flatMap((entry) => {
      if ('problem' in entry.place || 'signal' in entry.place) return [];
      const gone = blockLines(flow, entry.place.block) === undefined;
      if (gone === (entry.gone ?? false)) return [];
      entry.gone = gone;
      return [this.toClient(entry)];
    });
  }

  onLines(): DebugProtocol.Breakpoint[] {
    return this.byLine.map((entry) => this.toClient(entry));
  }

  onNames(): DebugProtocol.Breakpoint[] {
    return this.byName.map((entry) => this.toClient(entry));
  }

  onSignals(): DebugProtocol.Breakpoint[] {
    return this.bySignal.map((entry) => this.toClient(entry));
  }

  /** Ids, as the client knows them, of the runner's breakpoints. */
  idsOf(hit: readonly number[]): number[] {
    return [...new Set(hit.flatMap((id) => this.sent.get(id)?.id ?? []))];
  }

  /** Zero-based line of the first of the runner's breakpoints. */
  lineOf(hit: readonly number[]): number | undefined {
    for (const id of hit) {
      const place = this.sent.get(id)?.place;
      if (place && 'line' in place) return place.line;
    }
    return undefined;
  }

  private toClient(entry: Entry): DebugProtocol.Breakpoint {
    const { id, place, line, refused, gone, asked } = entry;
    if ('problem' in place)
      return { id, verified: false, line: line + 1, message: place.problem, reason: 'failed' };
    if ('signal' in place)
      return refused === undefined
        ? { id, verified: true, message: `Stops when ${signalPath(place.signal)} gets another value.` }
        : { id, verified: false, message: refused, reason: 'failed' };
    const at = { id, line: place.line + 1 };
    if (gone)
      return {
        ...at,
        verified: false,
        message: `“${place.block}” is no longer in the file.`,
        reason: 'failed',
      };
    if (refused !== undefined) return { ...at, verified: false, message: refused, reason: 'failed' };
    return { ...at, verified: true, message: meaning(place, asked.logMessage !== undefined) };
  }
}

/** @param dataId as `dataBreakpointInfo` has given it; it may come from an earlier session. */
function readSignal(dataId: string): SignalPlace | NoStop {
  try {
    const { owner, signal } = JSON.parse(dataId) as Partial<SignalName>;
    if (typeof owner === 'string' && typeof signal === 'string') return { signal: { owner, signal } };
  } catch {
    // Told below.
  }
  return { problem: 'Only a signal can stop a run by its change.' };
}

/** What a verified breakpoint does. */
export function meaning({ block, inputs, outputs, inside }: StopPlace, logs: boolean): string {
  const verb = logs ? 'Logs' : 'Stops';
  if (inside) return `${verb} inside ${inside.path} of “${block}”, before what stands here.`;
  const parts = [
    ...(inputs.length > 0 ? [`before “${block}” handles an event on ${inputs.join(', ')}`] : []),
    ...(outputs.length > 0 ? [`after “${block}” has emitted on ${outputs.join(', ')}`] : []),
  ];
  return `${verb} ${parts.join(', and ')}.`;
}
