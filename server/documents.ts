/** The documents that the editor has open, by kind. A flow is kept as segments, everything else as plain text. */
import fs from 'node:fs';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { FlowDocument } from '../flow/document.js';
import { fileKind, isTerraformName } from '../flow/files.js';
import { FLOW_LANGUAGE, INSTALLATION_LANGUAGE, MOCKS_LANGUAGE, PROJECT_FILE } from '../flow/protocol.js';
import type { Dialect } from '../flow/segment.js';
import type { TextChange } from '../flow/text.js';
import { liesIn, pathOf } from './projects.js';

export { dialectOf } from '../flow/files.js';

export type OpenDocument = OpenFlow | OpenText;

/** A flow definition, an installation config or a mocks file: `flow.dialect` says which. */
export interface OpenFlow {
  readonly kind: 'flow';
  readonly uri: string;
  readonly version: number;
  readonly flow: FlowDocument;
}

export interface OpenText {
  /** `other`: YAML that is no flow so far. It is looked at again with every change. */
  readonly kind: 'project' | 'test' | 'terraform' | 'other';
  readonly uri: string;
  readonly version: number;
  readonly text: TextDocument;
  readonly languageId: string;
}

export class Documents {
  readonly #open = new Map<string, OpenDocument>();
  /** Open ones whose file has been deleted: an editor keeps what a command has opened for minutes, without a tab. */
  readonly #deleted = new Set<string>();

  get(uri: string): OpenDocument | undefined {
    return this.#open.get(uri);
  }

  flow(uri: string): OpenFlow | undefined {
    const document = this.#open.get(uri);
    return document?.kind === 'flow' ? document : undefined;
  }

  all(): Iterable<OpenDocument> {
    return this.#open.values();
  }

  /** Those that other files have to do with: all but those whose file is gone. */
  *present(): Generator<OpenDocument> {
    for (const document of this.#open.values()) if (this.isPresent(document.uri)) yield document;
  }

  /** Whether it is open, and its file not gone. */
  isPresent(uri: string): boolean {
    if (!this.#open.has(uri)) return false;
    // A folder that is back is told of as little as the files in it.
    if (this.#deleted.has(uri) && isOnDisk(uri)) this.#deleted.delete(uri);
    return !this.#deleted.has(uri);
  }

  /** Returns whether any of these files and folders, given as URIs, is open, or holds what is. */
  filesDeleted(gone: ReadonlySet<string>): boolean {
    const open = [...this.#open.keys()].filter((uri) => gone.has(uri) || liesIn(uri, gone));
    for (const uri of open) this.#deleted.add(uri);
    return open.length > 0;
  }

  open(uri: string, languageId: string, version: number, text: string): OpenDocument {
    const document = create(uri, languageId, version, text);
    this.#open.set(uri, document);
    this.#deleted.delete(uri);
    return document;
  }

  change(uri: string, version: number, changes: readonly TextChange[]): OpenDocument | undefined {
    const document = this.#open.get(uri);
    if (!document) return undefined;
    let changed: OpenDocument;
    if (document.kind === 'flow') {
      document.flow.change(changes);
      changed = { ...document, version };
    } else {
      const text = TextDocument.update(document.text, [...changes], version);
      changed = create(uri, document.languageId, version, text.getText(), text);
    }
    this.#open.set(uri, changed);
    // Somebody goes on with it.
    this.#deleted.delete(uri);
    return changed;
  }

  close(uri: string): void {
    this.#open.delete(uri);
    this.#deleted.delete(uri);
  }
}

function isOnDisk(uri: string): boolean {
  const file = pathOf(uri);
  return file !== undefined && fs.existsSync(file);
}

/** A file that is not open, by its name and text. */
export function readDocument(uri: string, text: string): OpenDocument {
  return create(uri, '', 0, text);
}

function create(
  uri: string,
  languageId: string,
  version: number,
  text: string,
  known?: TextDocument,
): OpenDocument {
  const name = decodeURIComponent(uri.slice(uri.lastIndexOf('/') + 1));
  const chosen = name === PROJECT_FILE ? undefined : LANGUAGES[languageId];
  const kind = chosen ?? (isTerraformName(name) ? 'terraform' : fileKind(name, () => text));
  if (kind === 'flow' || kind === 'installation' || kind === 'mocks') {
    return { kind: 'flow', uri, version, flow: new FlowDocument(text, kind) };
  }
  return {
    kind,
    uri,
    version,
    languageId,
    text: known ?? TextDocument.create(uri, languageId, version, text),
  };
}

/** Somebody has chosen the language by hand: whatever the file is called. */
const LANGUAGES: Readonly<Record<string, Dialect | 'terraform' | undefined>> = {
  [FLOW_LANGUAGE]: 'flow',
  [INSTALLATION_LANGUAGE]: 'installation',
  [MOCKS_LANGUAGE]: 'mocks',
  terraform: 'terraform',
  opentofu: 'terraform',
};
