/** Answers flows/secretUsages: where the known flows of every project name secrets. */
import type { Connection } from 'vscode-languageserver/node';
import {
  SecretUsagesChanged,
  SecretUsagesRequest,
  type KeyUsages,
  type SecretUsagesResult,
} from '../flow/protocol.js';
import { mentionsIn, placeOf } from './mentions.js';
import type { Features } from './server.js';

export function secretUsages({ documents, projects }: Features): SecretUsagesResult {
  const found = new Map<string, Map<string, KeyUsages['places'][number][]>>();
  for (const document of documents.all()) {
    if (document.kind !== 'flow') continue;
    const { uri, flow } = document;
    const { folder } = projects.of(uri);
    const keys = found.get(folder) ?? new Map<string, KeyUsages['places'][number][]>();
    found.set(folder, keys);
    for (const segment of flow.segments) {
      for (const mention of mentionsIn(segment)) {
        if (mention.kind !== 'secret') continue;
        const places = keys.get(mention.text) ?? [];
        keys.set(mention.text, places);
        places.push({ uri, range: flow.range(segment, placeOf(segment, mention)) });
      }
    }
  }
  return {
    projects: [...found].map(([folder, keys]) => ({
      folder,
      keys: [...keys].map(([key, places]) => ({ key, places })),
    })),
    // Files that are not open are not read here.
    complete: false,
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
