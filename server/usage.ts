/** Which secrets a flow names, and how often. */
import type { FlowDocument } from '../flow/document.js';
import type { Segment } from '../flow/segment.js';

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
