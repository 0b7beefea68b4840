/** What the sandbox gets of a flow: texts and shapes by index, no names of files, no places, no foreign secrets. */
import { planExpression, type ExpressionPlan } from './analysis.js';
import type { FlowDefinition, Target, Template } from './definition.js';

/**
 * What the sandbox does with an event that arrives at a block:
 * - `transform`: emits on the default output, customised or as it came;
 * - `condition`: emits on `then` or `else`;
 * - `effect`: evaluates the input's configuration and leaves the rest to the runner.
 */
export type Role = 'transform' | 'condition' | 'effect';

export interface ProgramBlock {
  readonly key: string;
  readonly role: Role;
  readonly config: Template;
  readonly inputs: readonly { readonly config: Template }[];
  readonly outputs: readonly { readonly customization?: Template; readonly targets: readonly Target[] }[];
}

export type ProgramExpression = Omit<ExpressionPlan, 'error'> & {
  readonly text: string;
  /** Message when the text cannot be compiled; `offset` of the trouble. */
  readonly error?: { readonly message: string; readonly offset: number };
};

export interface Program {
  readonly blocks: readonly ProgramBlock[];
  readonly expressions: readonly ProgramExpression[];
}

const ROLES: Readonly<Record<string, Role>> = { transform: 'transform', condition: 'condition' };

/** What the sandbox does with events that arrive at a core block of this type. */
export function roleOf(coreBlock: string): Role {
  return (Object.hasOwn(ROLES, coreBlock) ? ROLES[coreBlock] : undefined) ?? 'effect';
}

export function toProgram(flow: FlowDefinition): Program {
  return {
    blocks: flow.blocks.map(({ key, type, config, inputs, outputs }) => ({
      key,
      role: type.kind === 'core' ? roleOf(type.name) : 'effect',
      config,
      inputs: inputs.map((input) => ({ config: input.config })),
      outputs: outputs.map(({ customization, targets }) => ({
        ...(customization && { customization }),
        targets,
      })),
    })),
    expressions: flow.expressions.map(({ text }) => ({ text, ...planExpression(text) })),
  };
}
