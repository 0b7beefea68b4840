/** Values beside the expressions of the block at which a run stands: what they read of `outputs`, `previous` and `signals`. */
import * as vscode from 'vscode';
import { chainsOf } from '../../flow/chains.js';
import type { CustomRequests } from './adapter/session.js';
import { flowOf } from '../flowDocuments.js';

/** Characters of a value at the end of a line; a hover shows more. */
const MAX_VALUE = 60;

export async function inlineValues(
  document: vscode.TextDocument,
  viewPort: vscode.Range,
  context: vscode.InlineValueContext,
): Promise<vscode.InlineValue[]> {
  const session = vscode.debug.activeDebugSession;
  if (session?.type !== 'flow') return [];
  const flow = flowOf(document);
  const { line } = context.stoppedLocation.start;
  const placed = flow.blocks.findLast(({ segment, block }) => {
    const range = flow.range(segment, block.span);
    return range.start.line <= line && line <= range.end.line;
  });
  if (!placed) return [];
  const { segment, block } = placed;
  const found = new Map<string, { readonly text: string; readonly range: vscode.Range }>();
  for (const { expression, scalar } of block.expressions) {
    for (const { root, span } of chainsOf(expression)) {
      // What a secret reads says nothing beside it.
      if (root === 'secrets') continue;
      const { start, end } = flow.range(segment, {
        start: scalar.toSource(span.start),
        end: scalar.toSource(span.end),
      });
      const range = new vscode.Range(start.line, start.character, end.line, end.character);
      if (!viewPort.intersection(range)) continue;
      const text = expression.text.slice(span.start, span.end).replace(/\s+/g, '');
      // A bare `outputs` would fill the line.
      if (text !== 'outputs' && text !== 'signals') found.set(`${range.end.line} ${text}`, { text, range });
    }
  }
  const places = [...found.values()];
  const asked: CustomRequests['flows.lookUp'][0] = {
    block: block.name.text,
    expressions: places.map(({ text }) => text),
  };
  const { values, inside } = (await session.customRequest(
    'flows.lookUp',
    asked,
  )) as CustomRequests['flows.lookUp'][1];
  const shown = places.flatMap(({ text, range }, i) => {
    const value = values[i];
    return value === undefined ? [] : [new vscode.InlineValueText(range, `${text} = ${cut(value)}`)];
  });
  return inside
    ? [...shown, ...variables(document, flow.range(segment, block.span).start.line, line)]
    : shown;
}

/** Names that may be variables, a line each once: the editor shows those that the call has. */
function variables(document: vscode.TextDocument, from: number, to: number): vscode.InlineValue[] {
  const found: vscode.InlineValue[] = [];
  for (let line = from; line <= to; line++) {
    const names = new Map<string, number>();
    // No members, and no keys of a map.
    for (const { 0: name, index } of document.lineAt(line).text.matchAll(NAME))
      if (!names.has(name)) names.set(name, index);
    for (const [name, at] of names)
      found.push(
        new vscode.InlineValueVariableLookup(new vscode.Range(line, at, line, at + name.length), name, true),
      );
  }
  return found;
}

const NAME = /(?<![\w$.'"`-])[A-Za-z_$][\w$]*(?!['"`\w$]|\s*:)/g;

function cut(value: string): string {
  return value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}…` : value;
}
