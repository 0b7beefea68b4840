/**
 * What runs have found, as problems at the place in the flow: events that failed, and outputs that held a secret. A problem
 * goes when its lines are edited, and with the next run of the flow. Texts come redacted from the runner. Pure.
 */
import { FlowDocument } from '../../flow/document.js';
import type { FailedEvent, Place, RunEvent } from '../runner/protocol.js';
import { messageWords } from '../runner/words.js';
import { LineMap, type Edit } from './lineMap.js';

/** Problems of one flow that are told; a run can fail in as many ways as it has events. */
const MAX_FINDINGS = 100;

export interface Finding {
  readonly kind: 'failed' | 'handled' | 'leak';
  readonly message: string;
  /** How often. */
  readonly count: number;
  /** From 0, in the text that runs. A failure in an expression ends where its line does. */
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

export class Findings {
  private readonly found = new Map<string, { -readonly [K in keyof Finding]: Finding[K] }>();
  private flow: FlowDocument | undefined;
  private readonly lines: readonly string[];
  private map: LineMap;

  /** @param text of the flow as it runs */
  constructor(private readonly text: string) {
    this.lines = text.split('\n');
    this.map = new LineMap(this.lines.length);
  }

  /** Whether anything has come to it. */
  add(entries: Iterable<RunEvent>): boolean {
    let isNew = false;
    for (const entry of entries) {
      if (entry.kind === 'failed') isNew = this.failed(entry) || isNew;
      else if (entry.kind === 'event' && entry.leaks?.length)
        isNew = this.leaked(entry.block, entry.leaks) || isNew;
    }
    return isNew;
  }

  /** Those whose lines are as they were, at their present places. */
  get all(): readonly Finding[] {
    return [...this.found.values()].flatMap((finding) => {
      const [first, last] = [this.map.now(finding.start.line), this.map.now(finding.end.line)];
      if (first === undefined || last === undefined) return [];
      return [{ ...finding, start: { ...finding.start, line: first }, end: { ...finding.end, line: last } }];
    });
  }

  /** The flow's text is edited, or has become another one while nobody looked. */
  edited(edit: Edit | { readonly into: string }): void {
    if ('into' in edit) this.map = LineMap.between(this.lines, edit.into.split('\n'));
    else this.map.edit(edit);
  }

  private failed({ block, error, handler }: FailedEvent): boolean {
    const kind = handler === undefined ? 'failed' : 'handled';
    const key = [kind, block, error.path, error.place?.line, messageWords(error)].join('\n');
    return this.count(key, () => ({
      kind,
      message: `${block} failed: ${messageWords(error)}${handler === undefined ? '' : ` (${handler} handled it)`}`,
      ...(error.place ? this.restOfLine(error.place) : this.nameOf(block)),
    }));
  }

  private leaked(block: string, keys: readonly string[]): boolean {
    const list = keys.join(', ');
    return this.count(['leak', block, list].join('\n'), () => ({
      kind: 'leak',
      message: `The output of ${block} held ${list}: the platform shows it to whatever follows.`,
      ...this.nameOf(block),
    }));
  }

  private count(key: string, make: () => Omit<Finding, 'count'>): boolean {
    const known = this.found.get(key);
    if (known) known.count++;
    else if (this.found.size < MAX_FINDINGS) this.found.set(key, { ...make(), count: 1 });
    else return false;
    return true;
  }

  private restOfLine({ line, column }: Place): Pick<Finding, 'start' | 'end'> {
    const text = this.lines[line - 1] ?? '';
    const character = Math.min(column - 1, text.length);
    return {
      start: { line: line - 1, character },
      end: { line: line - 1, character: Math.max(character, text.trimEnd().length) },
    };
  }

  private nameOf(block: string): Pick<Finding, 'start' | 'end'> {
    this.flow ??= new FlowDocument(this.text);
    const placed = this.flow.blocks.find((one) => one.block.name.text === block);
    const nowhere = { line: 0, character: 0 };
    return placed
      ? this.flow.range(placed.segment, placed.block.name.span)
      : { start: nowhere, end: nowhere };
  }
}

/** `… (3 times)`. */
export function findingWords({ message, count }: Finding): string {
  return count === 1 ? message : `${message} (${count} times)`;
}
