/** Which secrets a flow or a project names, and how often. */
import type { FlowDocument } from '../flow/document.js';
import type { Segment } from '../flow/segment.js';
import type { ProjectState } from './projects.js';
import type { Features } from './server.js';

const counted = new WeakMap<Segment, ReadonlyMap<string, number>>();

function countIn(segment: Segment): ReadonlyMap<string, number> {
  let counts = counted.get(segment);
  if (!counts) {
    const found = new Map<string, number>();
    for (const { expression } of segment.expressions) {
      for (const { root, key } of expression.accesses) {
        if (root === 'secrets' && key !== '') found.set(key, (found.get(key) ?? 0) + 1);
      }
    }
    counted.set(segment, (counts = found));
  }
  return counts;
}

/** Key -> number of places in the flow, in order of first use. */
export function keyUsage(flow: FlowDocument): Map<string, number> {
  const usage = new Map<string, number>();
  for (const segment of flow.segments) {
    for (const [key, count] of countIn(segment)) usage.set(key, (usage.get(key) ?? 0) + count);
  }
  return usage;
}

/** Key -> number of places in the project's flows: those which are open as they are typed, the others as they are on disk. */
export function projectUsage(
  { documents, projects, index, terraform }: Features,
  { folder }: ProjectState,
): Map<string, number> {
  const usage = new Map<string, number>();
  const add = (key: string, count: number): void => {
    usage.set(key, (usage.get(key) ?? 0) + count);
  };
  for (const document of documents.present()) {
    if (document.kind !== 'flow' || projects.of(document.uri).folder !== folder) continue;
    for (const [key, count] of keyUsage(document.flow)) add(key, count);
  }
  for (const { uri, keys } of index.files()) {
    if (documents.get(uri) || projects.of(uri).folder !== folder) continue;
    for (const [key, places] of keys) add(key, places.length);
  }
  for (const document of documents.present()) {
    if (document.kind !== 'terraform' || projects.of(document.uri).folder !== folder) continue;
    for (const [key, places] of terraform.keysOfOpen(document).keys) add(key, places.length);
  }
  return usage;
}
