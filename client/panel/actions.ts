/** What can be done with the events of a run from its panel. Each says for itself what went wrong, in words for people. */
import * as vscode from 'vscode';
import type { SafeLog } from '../log.js';
import type { EmittedEvent } from '../runner/protocol.js';
import { sampleOf } from '../runner/sample.js';
import type { Runs } from '../run/runs.js';
import type { EventDocuments } from './eventDocuments.js';
import type { FlowFiles } from './flowFiles.js';
import type { Diagram } from './model/diagram.js';
import { clock, count, dayAndTime } from './model/format.js';
import type { PanelMethods, SendTarget, ValueRef } from './model/messages.js';
import { oneLine } from './model/row.js';
import type { RunSource, RunSources } from './sources.js';
import { ndjsonOf, pretty } from './texts.js';
import type { EventValues } from './values.js';
import type { RunToSave } from '../testing/editor/save.js';

export interface PanelServices {
  readonly log: SafeLog;
  readonly runs: Runs;
  readonly sources: RunSources;
  readonly files: FlowFiles;
  readonly documents: EventDocuments;
  /** Runs a flow; when it does not run, that has been said. */
  readonly start: (uri: vscode.Uri) => Promise<void>;
  readonly saveMock: (run: RunToSave, block: string) => Promise<void>;
  readonly saveTest: (run: RunToSave) => Promise<void>;
}

/** Characters of an event that can be edited in the page. */
const MAX_DRAFT = 500_000;
/** Events offered for a comparison: of the run itself, and past runs that are looked through. */
const MAX_CANDIDATES = 50;
const MAX_PAST_RUNS = 10;

/** What was sent to each target last in this window: it is offered again. */
const given = new Map<string, string>();

export class PanelActions {
  constructor(
    private readonly services: PanelServices,
    private readonly values: EventValues,
    private readonly source: () => RunSource | undefined,
    /** The flow that is drawn. */
    private readonly flow: () => {
      readonly uri: vscode.Uri | undefined;
      readonly diagram: Diagram | undefined;
    },
  ) {}

  async draft(params: PanelMethods['draft']['params']): Promise<PanelMethods['draft']['result']> {
    if ('event' in params) {
      const { json } = await this.values.get({ event: params.event, part: { kind: 'data' } });
      if (json.length > MAX_DRAFT)
        throw new Error(
          `The data is too long to be edited here: ${json.length.toLocaleString('en')} characters.`,
        );
      return { text: pretty(json), ...(isMasked(json) && { remark: MASKED }) };
    }
    const { target } = params;
    const known = given.get(this.placeOf(target));
    if (known !== undefined) return { text: known };
    const schema = portOf(this.flow().diagram, target)?.schema;
    return { text: JSON.stringify(schema ? sampleOf(schema) : {}, undefined, 2) };
  }

  /** Starts the run first where there is none. */
  async send(target: SendTarget, json: string): Promise<null> {
    const data = parse(json);
    const host = await this.running();
    await host.debugEvent({ ...target, data });
    given.set(this.placeOf(target), json);
    return null;
  }

  async reEmit(event: string, json?: string): Promise<null> {
    const host = this.source()?.host;
    if (!host) throw new Error('This run has ended. Use "Run from here" to begin a new one with this event.');
    await (json === undefined ? host.reEmit(event) : host.reEmit(event, parse(json)));
    return null;
  }

  async runFrom(id: string): Promise<null> {
    const source = this.source();
    const event = source?.entries.event(id);
    if (!source || !event) throw new Error('This event is not kept any more.');
    if (source.host) return this.reEmit(id);
    if (event.truncated) throw new Error('The record holds only the beginning of this event’s data.');
    const lineage = ancestorsOf(event, source);
    if ([event, ...lineage.values()].some((one) => isMasked(one.data)) && !(await this.goesOnMasked()))
      return null;
    const data = parse(event.data);
    const ancestors: Record<string, unknown> = {};
    for (const [block, ancestor] of lineage) if (!ancestor.truncated) ancestors[block] = parse(ancestor.data);
    const host = await this.running();
    if (event.input !== undefined) {
      await host.debugEvent({ block: event.block, input: event.input, data, ancestors });
      return null;
    }
    const receivers = receiversOf(this.flow().diagram, event);
    if (receivers.length === 0)
      await host.debugEvent({ block: event.block, output: event.output ?? 'default', data });
    // Delivered to each receiver with what it would see as `outputs`: no block has emitted it in the new run.
    for (const { block, input } of receivers)
      await host.debugEvent({ block, input, data, ancestors: { ...ancestors, [event.block]: data } });
    return null;
  }

  async skipSleep(event?: string): Promise<{ skipped: number }> {
    const host = this.source()?.host;
    if (!host) throw new Error('This run has ended: nothing waits any more.');
    return { skipped: await host.skipSleep(event) };
  }

  /** What a block has answered in the run becomes its mock. */
  async saveAsMock(block: string): Promise<null> {
    await this.services.saveMock(await this.toSave(), block);
    return null;
  }

  async saveAsTest(): Promise<null> {
    await this.services.saveTest(await this.toSave());
    return null;
  }

  private async toSave(): Promise<RunToSave> {
    const source = this.source();
    if (!source) throw new Error('No run is shown.');
    await source.whole;
    return { flow: source.uri, entries: source.entries.all };
  }

  /** The entries of the run as JSON lines, masked as they are. */
  async exportRun(): Promise<null> {
    const source = this.source();
    if (!source) throw new Error('No run is shown.');
    const folder = vscode.Uri.joinPath(source.uri, '..');
    const stamp = new Date(source.startedAt).toISOString().slice(0, 19).replace(/[:T]/g, '-');
    const uri = await vscode.window.showSaveDialog({
      title: 'Export Run',
      defaultUri: vscode.Uri.joinPath(folder, `${source.flow.replace(/\.ya?ml$/, '')}.${stamp}.ndjson`),
      filters: { 'JSON lines': ['ndjson', 'jsonl'] },
    });
    if (!uri) return null;
    await source.whole;
    const entries = source.entries.all;
    await vscode.workspace.fs.writeFile(uri, await ndjsonOf(entries));
    const open = 'Open';
    void vscode.window
      .showInformationMessage(
        `${count(entries.length, 'entry', 'entries')} written. Secrets are masked.`,
        open,
      )
      .then((choice) => choice && vscode.window.showTextDocument(uri));
    return null;
  }

  async compare(id: string): Promise<null> {
    const source = this.source();
    const event = source?.entries.event(id);
    if (!source || !event) throw new Error('This event is not kept any more.');
    const picked = await vscode.window.showQuickPick(this.candidates(source, event), {
      title: `Compare ${portName(event)} with`,
      matchOnDescription: true,
      matchOnDetail: true,
    });
    if (!picked) return null;
    const now = Date.now();
    const side = (run: RunSource, one: EmittedEvent) => ({
      title: `${portName(one)} ${dayAndTime(one.at, now)}`,
      id: one.id,
      json: one.data,
      run,
    });
    const sides = [side(picked.run, picked.event), side(source, event)].sort((a, b) =>
      a.id < b.id ? -1 : 1,
    );
    await this.services.documents.compare(
      `${portName(event)}: ${clock(picked.event.at)} ↔ ${clock(event.at)}`,
      sides[0]!,
      sides[1]!,
    );
    return null;
  }

  async openData(ref: ValueRef): Promise<null> {
    const { json } = await this.values.get(ref);
    const event = this.source()?.entries.event(ref.event);
    const title = `${event ? portName(event) : 'Event'} ${ref.part.kind}`;
    await this.services.documents.show(title, ref.event, json);
    return null;
  }

  /** Shows a block or a place in the editor. Without `focus` only where the file is in sight. */
  async reveal(
    uri: vscode.Uri,
    { block, line, column, focus = false }: PanelMethods['reveal']['params'],
  ): Promise<void> {
    const visible = vscode.window.visibleTextEditors.find(
      (editor) => editor.document.uri.toString() === uri.toString(),
    );
    if (!visible && !focus) return;
    const document = visible?.document ?? (await vscode.workspace.openTextDocument(uri));
    const place =
      line === undefined ? undefined : new vscode.Position(line - 1, Math.max(0, (column ?? 1) - 1));
    const range = place ? new vscode.Range(place, place) : this.services.files.nameRange(document, block);
    if (!range) {
      if (focus) throw new Error(`${block} is not in ${document.uri.path.split('/').at(-1)!} any more.`);
      return;
    }
    if (visible && !focus) {
      visible.selection = new vscode.Selection(range.start, range.start);
      visible.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
      return;
    }
    await vscode.window.showTextDocument(document, {
      selection: new vscode.Range(range.start, range.start),
      ...(visible?.viewColumn !== undefined && { viewColumn: visible.viewColumn }),
    });
  }

  /** The process of the run that is shown, or of a new run of its flow. */
  private async running(): Promise<NonNullable<RunSource['host']>> {
    const source = this.source();
    if (source?.host) return source.host;
    const { uri } = this.flow();
    if (!uri) throw new Error('Open a flow first.');
    await this.services.start(uri);
    const run = this.services.runs.running.find((one) => one.uri.toString() === uri.toString() && one.info);
    if (!run) throw new Error('The flow does not run, so the event was not sent.');
    return run.host;
  }

  private placeOf({ block, input, output }: SendTarget): string {
    return JSON.stringify([this.flow().uri?.toString(), block, input, output]);
  }

  /** Events of the same port: of this run, then the last one of each of the past runs of the flow. */
  private async candidates(source: RunSource, { id, block, output, input }: EmittedEvent) {
    const now = Date.now();
    const isSame = (one: RunSource['entries']['all'][number]): one is EmittedEvent =>
      one.kind === 'event' && one.block === block && one.output === output && one.input === input;
    const item = (run: RunSource, event: EmittedEvent, where: string) => ({
      label: dayAndTime(event.at, now),
      description: where,
      detail: oneLine(event.data, 120),
      run,
      event,
    });
    const own = source.entries.all.filter((one) => isSame(one) && one.id !== id).slice(-MAX_CANDIDATES);
    const past: ReturnType<typeof item>[] = [];
    const others = this.services.sources
      .list()
      .filter(({ runId, flowUri }) => runId !== source.runId && flowUri === source.uri.toString());
    for (const { runId } of others.slice(0, MAX_PAST_RUNS)) {
      const run = this.services.sources.open(runId);
      await run?.whole;
      const last = run?.entries.all.filter(isSame).at(-1);
      if (run && last) past.push(item(run, last, `run of ${dayAndTime(run.startedAt, now)}`));
    }
    return [...own.reverse().map((event) => item(source, event as EmittedEvent, 'this run')), ...past];
  }

  private async goesOnMasked(): Promise<boolean> {
    const choice = await vscode.window.showWarningMessage(MASKED, 'Run Anyway');
    return choice !== undefined;
  }
}

const MASKED =
  'The data holds markers in the place of secrets, such as ‹secret:KEY›. They are sent as they stand: the values are not in the record.';

function isMasked(json: string): boolean {
  return json.includes('‹secret:');
}

/** What the blocks before an event have emitted, by block: the nearest of each. */
function ancestorsOf(event: EmittedEvent, { entries }: RunSource): Map<string, EmittedEvent> {
  const found = new Map<string, EmittedEvent>();
  let id = event.parent;
  for (let depth = 0; id !== undefined && depth < 10_000; depth++) {
    const ancestor = entries.event(id);
    if (!ancestor) break;
    if (ancestor.output !== undefined && !found.has(ancestor.block)) found.set(ancestor.block, ancestor);
    id = ancestor.parent;
  }
  return found;
}

function receiversOf(diagram: Diagram | undefined, { block, output }: EmittedEvent) {
  return (diagram?.links ?? []).flatMap(({ from, to, output: key, input }) => {
    const { blocks } = diagram!;
    return blocks[from]!.name === block && key === output && input !== undefined
      ? [{ block: blocks[to]!.name, input }]
      : [];
  });
}

function portOf(diagram: Diagram | undefined, { block, input, output }: SendTarget) {
  const found = diagram?.blocks.find(({ name }) => name === block);
  return output === undefined
    ? found?.inputs.find(({ key }) => key === input)
    : found?.outputs.find(({ key }) => key === output);
}

function portName({ block, output, input }: EmittedEvent): string {
  return output === undefined ? `${block} ← ${input ?? 'input'}` : `${block} → ${output}`;
}

/** @throws Error with a text for people */
function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new Error('The data is no JSON.');
  }
}
