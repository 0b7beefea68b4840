/** The fields of the app whose source an installation config names. */
import path from 'node:path';
import { appFieldsAt, type AppFields } from '../../../flow/appSource.js';
import type { FlowDocument } from '../../../flow/document.js';
import { sourceOfApp } from '../../../flow/rules/appFields.js';
import { readText } from './files.js';

/** `file`: path of the config. Undefined where no source is named, or none can be read. */
export function appFieldsOf(file: string, document: FlowDocument): AppFields | undefined {
  const source = sourceOfApp(document);
  if (source === undefined) return undefined;
  const at = path.resolve(path.dirname(file), source);
  return appFieldsAt(at.split(path.sep).join('/'), (one) => {
    try {
      return readText(one);
    } catch {
      return undefined;
    }
  });
}
