/** The core blocks that this engine runs. `transform` and `condition` need no effect: the sandbox does them (program.ts). */
import type { CoreBlock } from './block.js';
import { HttpEndpoint } from './httpEndpoint.js';
import { httpRequest } from './httpRequest.js';
import { McpToolBlock } from './mcpTool.js';
import { CORE_OUTPUTS } from './outputs.js';
import { group, handleError } from './passOn.js';
import { schedule } from './schedule.js';
import { sleep } from './sleep.js';

const FACTORIES: Readonly<Record<string, () => CoreBlock>> = {
  httpEndpoint: () => new HttpEndpoint(),
  httpRequest: () => httpRequest,
  sleep: () => sleep,
  schedule: () => schedule,
  mcpTool: () => new McpToolBlock(),
  handleError: () => handleError,
  group: () => group,
};

/** Undefined for blocks without effects and for unknown ones. */
export function coreBlock(name: string): CoreBlock | undefined {
  return Object.hasOwn(FACTORIES, name) ? FACTORIES[name]!() : undefined;
}

export const SUPPORTED: readonly string[] = Object.keys(CORE_OUTPUTS);
