/** Flow files as the panel needs them: what is drawn of their present text, where a block stands, which block a line belongs to. */
import * as vscode from 'vscode';
import { FlowDocument } from '../../flow/document.js';
import { blockNameRange } from '../flowDocuments.js';
import { diagramOf } from './diagramOf.js';
import type { Diagram } from './model/diagram.js';

interface Parsed {
  readonly text: string;
  readonly document: FlowDocument;
  readonly diagram: Diagram;
}

export class FlowFiles {
  /** The latest of each file. */
  private readonly parsed = new Map<string, Parsed>();

  /** Undefined when the file cannot be read. */
  async text(uri: vscode.Uri): Promise<string | undefined> {
    try {
      return (await vscode.workspace.openTextDocument(uri)).getText();
    } catch {
      return undefined;
    }
  }

  diagram(uri: vscode.Uri, text: string): Diagram {
    return this.parse(uri, text).diagram;
  }

  /** Where the name of a block stands; undefined when the file has no such block. */
  nameRange(document: vscode.TextDocument, block: string): vscode.Range | undefined {
    const { document: flow } = this.parse(document.uri, document.getText());
    return blockNameRange(flow, block);
  }

  /** The block that a line, from 0, belongs to. */
  blockAt(document: vscode.TextDocument, line: number): string | undefined {
    const { diagram } = this.parse(document.uri, document.getText());
    return diagram.blocks.find(({ lines: [first, last] }) => first <= line && line <= last)?.name;
  }

  private parse(uri: vscode.Uri, text: string): Parsed {
    const key = uri.toString();
    let parsed = this.parsed.get(key);
    if (parsed?.text !== text) {
      const document = new FlowDocument(text);
      parsed = { text, document, diagram: diagramOf(document) };
      this.parsed.set(key, parsed);
    }
    return parsed;
  }
}
