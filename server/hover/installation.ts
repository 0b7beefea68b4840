/** Hover over the fields of an installation config, in the words of its app. */
import { rootEntry } from '../../flow/rules/appFields.js';
import { contains, type Position } from '../../flow/text.js';
import { appFieldsOf } from '../appFields.js';
import type { OpenFlow } from '../documents.js';
import type { Card } from './card.js';
import { fieldLines } from './flow.js';

export function hoverAppField({ uri, flow }: OpenFlow, position: Position): Card | undefined {
  if (flow.dialect !== 'installation') return undefined;
  const config = rootEntry(flow, 'config');
  const { segment, offset } = flow.at(flow.offsetAt(position));
  if (config?.segment !== segment || config.entry.value.kind !== 'map') return undefined;
  const field = config.entry.value.entries.find(({ keySpan }) => contains(keySpan, offset));
  const lines = field && fieldLines(appFieldsOf(uri, flow)?.fields.get(field.key));
  return lines && { segment: config.segment, span: field.keySpan, lines };
}
