/** Rules about an installation's config, once its app's fields are known: unknown, missing, of the wrong type, exposed. */
import type { AppFields } from '../appSource.js';
import type { PlacedProblem } from '../check.js';
import type { FlowDocument } from '../document.js';
import { nearest } from '../keys.js';
import type { MapEntry, Value } from '../model.js';
import type { Problem } from '../problem.js';
import { isEmpty } from '../read.js';
import type { Segment } from '../segment.js';
import { keyFor } from '../tokens/detect.js';
import { tokensIn } from '../tokens/literals.js';
import { stringOf } from '../yaml.js';
import { checkMap } from './fields.js';

/** A root key of an installation config. */
export function rootEntry(
  { segments }: FlowDocument,
  name: string,
): { readonly segment: Segment; readonly entry: MapEntry } | undefined {
  for (const segment of segments) {
    const entry = segment.content.keys.find(({ key }) => key === name);
    if (entry) return { segment, entry };
  }
  return undefined;
}

/** Where the app's source is, as the installation says; relative to its file. */
export function sourceOfApp(document: FlowDocument): string | undefined {
  const source = document.dialect === 'installation' ? rootEntry(document, 'source') : undefined;
  return stringOf(source?.entry.value)?.trim() || undefined;
}

/** What an installation config says of its app: the app, and the fields it sets. */
export interface Installed {
  readonly app: string;
  readonly fields: readonly string[];
}

/** Undefined for what is no installation config, or names no app. */
export function installedIn(document: FlowDocument): Installed | undefined {
  if (document.dialect !== 'installation') return undefined;
  const app = stringOf(rootEntry(document, 'app')?.entry.value)?.trim();
  const config = rootEntry(document, 'config')?.entry.value;
  if (!app) return undefined;
  return { app, fields: config?.kind === 'map' ? config.entries.map(({ key }) => key) : [] };
}

/** What an installation config lacks to be checked: its app, and where the app's source is. */
export function checkApp(document: FlowDocument): PlacedProblem[] {
  const problems: PlacedProblem[] = [];
  const app = rootEntry(document, 'app');
  const first = document.segments.find(({ content }) => content.keys.length > 0);
  const isMistyped = document.segments.some(({ content }) =>
    content.keys.some(({ key }) => nearest(key, ['app']) !== undefined),
  );
  if (first && (app ? isBlank(app.entry.value) : !isMistyped)) {
    const segment = app?.segment ?? first;
    problems.push({
      problem: {
        code: 'missing-field',
        message: 'An installation config needs `app`: the app that is installed.',
        severity: 'warning',
        span: app?.entry.keySpan ?? first.content.keys[0]!.keySpan,
        data: { field: 'app' },
      },
      segment,
    });
  }
  const source = rootEntry(document, 'source');
  const config = rootEntry(document, 'config');
  if (source && isBlank(source.entry.value)) {
    problems.push({
      problem: {
        code: 'app-source',
        message: `\`source\` is empty: it names ${SOURCE}.`,
        severity: 'warning',
        span: source.entry.keySpan,
      },
      segment: source.segment,
    });
  } else if (!source && config?.entry.value.kind === 'map') {
    problems.push({
      problem: {
        code: 'app-source',
        message: `Which fields the app has is not known, so they are not checked. A \`source\` would name ${SOURCE}.`,
        severity: 'hint',
        span: config.entry.keySpan,
      },
      segment: config.segment,
    });
  }
  return problems;
}

const SOURCE = 'the folder or the entry file of the app’s TypeScript';

/** Nothing is where the installation says that the source of its app is. Does not repeat the text: addresses hold tokens. */
export function missingSource(document: FlowDocument): PlacedProblem[] {
  const source = rootEntry(document, 'source');
  const path = stringOf(source?.entry.value)?.trim();
  if (!source || !path) return [];
  return [
    {
      problem: {
        code: 'app-source',
        message: `There is no app at this path: \`source\` names ${SOURCE}, seen from this file; a folder holds main.ts or index.ts, or has them in src.`,
        severity: 'warning',
        span: source.entry.value.span,
      },
      segment: source.segment,
    },
  ];
}

/** Problems that the installation's own text does not show; settings and comments are still to be applied. */
export function checkAppFields(document: FlowDocument, { fields, open }: AppFields): PlacedProblem[] {
  const config = rootEntry(document, 'config');
  const app = rootEntry(document, 'app');
  const place = config ?? app;
  const map = config?.entry.value;
  if (!place || (map && map.kind !== 'map' && !isEmpty(map))) return [];
  const problems: Problem[] = [];
  const label = stringOf(app?.entry.value) ?? 'the app';
  checkMap(
    map?.kind === 'map' ? map : undefined,
    fields,
    label,
    { open, core: false },
    place.entry.keySpan,
    problems,
  );
  const known = config ? tokensIn(config.segment) : [];
  for (const { key, value } of map?.kind === 'map' ? map.entries : []) {
    if (!fields.get(key)?.sensitive || !holdsText(value)) continue;
    // What looks like a token is reported as one.
    if (known.some(({ span }) => value.span.start <= span.start && span.end <= value.span.end)) continue;
    problems.push({
      code: 'hard-coded-secret',
      message: `A secret stands in the file: value of the sensitive field \`${key}\`. Keep it under a key, write \`secrets.${keyFor(key)}\`, and treat what has been shared as leaked.`,
      severity: 'warning',
      span: value.span,
      data: { key: keyFor(key) },
    });
  }
  return problems
    .sort((a, b) => a.span.start - b.span.start)
    .map((problem) => ({ problem, segment: place.segment }));
}

/** A number may be a PIN; a switch is none. */
function holdsText(value: Value): boolean {
  return typeof (value.kind === 'constant' && value.value) === 'number' || Boolean(stringOf(value)?.trim());
}

function isBlank(value: Value): boolean {
  return isEmpty(value) || stringOf(value)?.trim() === '';
}
