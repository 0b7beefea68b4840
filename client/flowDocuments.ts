/** Flows as features of the editor read them: parsed once per version of a document. */
import * as vscode from 'vscode';
import { FlowDocument } from '../flow/document.js';

const parsed = new WeakMap<vscode.TextDocument, { readonly version: number; readonly flow: FlowDocument }>();

export function flowOf(document: vscode.TextDocument): FlowDocument {
  const known = parsed.get(document);
  if (known?.version === document.version) return known.flow;
  const flow = new FlowDocument(document.getText());
  parsed.set(document, { version: document.version, flow });
  return flow;
}

/** Where the name of a block stands; undefined when the flow has no such block. */
export function blockNameRange(flow: FlowDocument, block: string): vscode.Range | undefined {
  const found = flow.blocks.find((placed) => placed.block.name.text === block);
  if (!found) return undefined;
  const { start, end } = flow.range(found.segment, found.block.name.span);
  return new vscode.Range(start.line, start.character, end.line, end.character);
}
