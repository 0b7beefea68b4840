/** What a call inside an expression shows: its variables, and those of the functions around it. */
import type { Evaluation, RunnerMethods, Variable } from '../../runner/protocol.js';
import { isIdentifier } from './paths.js';
import { answer, type FrameScope } from './scopes.js';
import type { Child, Container } from './variables.js';

export interface InsideParts {
  /** Asked for once per pause. */
  readonly variables: () => Promise<RunnerMethods['variables']['result']>;
  readonly evaluate: (expression: string) => Promise<Evaluation>;
}

export function insideScopes({ variables, evaluate }: InsideParts): FrameScope[] {
  const container = (part: 'locals' | 'closure'): Container => ({
    children: async () => (await variables())[part].map(variable),
    assign: async (name, text) => {
      const { value, type } = await evaluate(`${name} = (${text}\n)`);
      return variable({ name, value, type });
    },
  });
  return [
    { name: 'Local', expensive: false, container: container('locals') },
    { name: 'Closure', expensive: true, container: container('closure') },
  ];
}

function variable({ name, value, type }: Variable): Child {
  return {
    ...answer(value, type, isIdentifier(name) ? name : 'this'),
    name,
    ...(name === 'this' && { readOnly: true }),
  };
}
