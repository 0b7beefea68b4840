/** Outputs of the core blocks (flows-platform §2), also of those that links and customisations of a file do not mention. */
import type { BlockDefinition } from '../definition.js';

export const CORE_OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  httpEndpoint: ['requests'],
  httpRequest: ['default'],
  condition: ['then', 'else'],
  transform: ['default'],
  sleep: ['default'],
  schedule: ['default'],
  mcpTool: ['default'],
  handleError: ['default'],
  group: [],
};

/**
 * Key of the output of a block that has one, and whose key is not documented: `default`, unless the file leaves that alone
 * and links or customises another one.
 */
export function ownOutput({ outputs }: BlockDefinition): string {
  const used = outputs.filter(({ targets, customization }) => targets.length > 0 || customization);
  return used.length === 1 ? used[0]!.key : 'default';
}
