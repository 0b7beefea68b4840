/** Flows as the debugger's editor features read them: parsed once per version of a document. */
import type * as vscode from 'vscode';
import { FlowDocument } from '../../flow/document.js';

const parsed = new WeakMap<vscode.TextDocument, { readonly version: number; readonly flow: FlowDocument }>();

export function flowOf(document: vscode.TextDocument): FlowDocument {
  const known = parsed.get(document);
  if (known?.version === document.version) return known.flow;
  const flow = new FlowDocument(document.getText());
  parsed.set(document, { version: document.version, flow });
  return flow;
}
