/** Answers flows/secretUsages: where the known flows of every project name secrets. */
import type { Connection } from 'vscode-languageserver/node';
import {
  SecretUsagesChanged,
  SecretUsagesRequest,
  type KeyUsages,
  type SecretUsagesResult,
} from '../flow/protocol.js';
import type { Range } from '../flow/text.js';
import { mentionsIn, placeOf } from './mentions.js';
import type { Features } from './server.js';

type Places = KeyUsages['places'][number][];

export function secretUsages({ documents, projects, index, terraform }: Features): SecretUsagesResult {
  const found = new Map<string, Map<string, Places>>();
  const add = (uri: string, key: string, ...ranges: readonly Range[]): void => {
    const { folder } = projects.of(uri);
    const keys = found.get(folder) ?? new Map<string, Places>();
    found.set(folder, keys);
    const places = keys.get(key) ?? [];
    keys.set(key, places);
    places.push(...ranges.map((range) => ({ uri, range })));
  };
  for (const document of documents.present()) {
    if (document.kind === 'terraform') {
      for (const [key, ranges] of terraform.keysOfOpen(document).keys) add(document.uri, key, ...ranges);
    }
    if (document.kind !== 'flow') continue;
    const { uri, flow } = document;
    for (const segment of flow.segments) {
      for (const mention of mentionsIn(segment)) {
        if (mention.kind === 'secret') add(uri, mention.text, flow.range(segment, placeOf(segment, mention)));
      }
    }
  }
  for (const { uri, keys } of index.files()) {
    // What is typed in the editor is newer than the disk.
    if (documents.get(uri)) continue;
    for (const [key, ranges] of keys) add(uri, key, ...ranges);
  }
  return {
    projects: [...found].map(([folder, keys]) => ({
      folder,
      keys: [...keys].map(([key, places]) => ({ key, places })),
    })),
    ties: [...projects.ties()].map(([uri, folder]) => ({ uri, folder })),
    complete: index.complete,
  };
}

/** Milliseconds without a change until the client is told: typing does not make views flicker. */
const QUIET = 200;

/** Returns what to call after each change of documents or projects. */
export function serveSecretUsages(connection: Connection, features: () => Features): () => void {
  let timer: NodeJS.Timeout | undefined;
  connection.onRequest(SecretUsagesRequest, () => secretUsages(features()));
  return () => {
    if (!features().commands) return;
    clearTimeout(timer);
    timer = setTimeout(() => void connection.sendNotification(SecretUsagesChanged), QUIET);
  };
}
