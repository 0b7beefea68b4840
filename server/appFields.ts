/**
 * The fields of the apps that installation configs are for: of those that they name by `source`, read from disk and kept
 * while the files stay the same; of others, what further installations of the same app set.
 */
import fs from 'node:fs';
import path from 'node:path';
import { appFieldsAt, type AppFields } from '../flow/appSource.js';
import type { FlowDocument } from '../flow/document.js';
import { installedIn, sourceOfApp } from '../flow/rules/appFields.js';
import { pathOf } from './projects.js';
import type { Features } from './server.js';

interface Known {
  /** Of every file that was looked for, to its stamp then. */
  readonly files: ReadonlyMap<string, string>;
  readonly app: AppFields | undefined;
}

/** By path of the source. */
const read = new Map<string, Known>();

/** Larger files are bundles: nobody wrote them. */
const MAX_BYTES = 2_000_000;

/** Undefined where no source is named, or none can be read. */
export function appFieldsOf(uri: string, flow: FlowDocument): AppFields | undefined {
  return knownOf(uri, flow)?.app;
}

/** Whether a source is named and nothing is there. */
export function isSourceMissing(uri: string, flow: FlowDocument): boolean {
  const known = knownOf(uri, flow);
  return known !== undefined && [...known.files.values()].every((stamp) => stamp === '');
}

function knownOf(uri: string, flow: FlowDocument): Known | undefined {
  const source = sourceOfApp(flow);
  const file = source === undefined ? undefined : pathOf(uri);
  if (source === undefined || file === undefined) return undefined;
  const at = path.resolve(path.dirname(file), source);
  const earlier = read.get(at);
  if (earlier && [...earlier.files].every(([one, stamp]) => stampOf(one) === stamp)) return earlier;
  const files = new Map<string, string>();
  const app = appFieldsAt(at.split(path.sep).join('/'), (one) => {
    files.set(one, stampOf(one));
    return textOf(one);
  });
  const known: Known = { files, app };
  read.set(at, known);
  return known;
}

/** Names of fields that other installations of the same app set, each with the file that does, in the order of the files. */
export function fieldsElsewhere(
  { documents, index }: Pick<Features, 'documents' | 'index'>,
  uri: string,
  flow: FlowDocument,
): ReadonlyMap<string, string> {
  const app = installedIn(flow)?.app;
  const fields = new Map<string, string>();
  if (app === undefined) return fields;
  const open = [...documents.present()].flatMap((one) => (one.kind === 'flow' ? [one] : []));
  const known = [
    ...open.map((one) => ({ uri: one.uri, installed: installedIn(one.flow) })),
    ...[...index.files()].filter((file) => !documents.get(file.uri)),
  ];
  for (const { uri: other, installed } of known.sort((a, b) => (a.uri < b.uri ? -1 : 1))) {
    if (other === uri || installed?.app !== app) continue;
    for (const field of installed.fields) if (!fields.has(field)) fields.set(field, other);
  }
  return fields;
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, size } = fs.statSync(file);
    return `${mtimeMs} ${size}`;
  } catch {
    return '';
  }
}

function textOf(file: string): string | undefined {
  try {
    const stat = fs.statSync(file);
    return stat.isFile() && stat.size <= MAX_BYTES ? fs.readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
