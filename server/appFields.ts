/** The fields of the apps that installation configs name by `source`: read from disk, kept while the files stay the same. */
import fs from 'node:fs';
import path from 'node:path';
import { appFieldsAt, type AppFields } from '../flow/appSource.js';
import type { FlowDocument } from '../flow/document.js';
import { sourceOfApp } from '../flow/rules/appFields.js';
import { pathOf } from './projects.js';

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
  const source = sourceOfApp(flow);
  const file = source === undefined ? undefined : pathOf(uri);
  if (source === undefined || file === undefined) return undefined;
  const at = path.resolve(path.dirname(file), source);
  const known = read.get(at);
  if (known && [...known.files].every(([one, stamp]) => stampOf(one) === stamp)) return known.app;
  const files = new Map<string, string>();
  const app = appFieldsAt(at.split(path.sep).join('/'), (one) => {
    files.set(one, stampOf(one));
    return textOf(one);
  });
  read.set(at, { files, app });
  return app;
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
