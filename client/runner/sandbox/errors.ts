/** What leaves the sandbox of an error: name, message and the frames inside the flow's own expressions. */
import type { SandboxError } from '../wire.js';

const MESSAGE_LENGTH = 4_000;
const MAX_FRAMES = 10;

/** An error of the engine itself, with the kind the runner shows. */
export class EngineError extends Error {
  constructor(
    readonly kind: SandboxError['kind'],
    message: string,
    readonly trail?: readonly number[],
  ) {
    super(message);
    this.name = kind === 'syntax' ? 'SyntaxError' : 'Error';
  }
}

/** Never throws, whatever was thrown. `expression`: the one that was being evaluated. */
export function describeError(thrown: unknown, expression: number | undefined): SandboxError {
  const where = expression === undefined ? {} : { expression };
  try {
    if (thrown instanceof EngineError) {
      const { kind, name, message, trail } = thrown;
      return { kind, name, message, frames: [], ...where, ...(trail && { trail }) };
    }
    if (typeof thrown !== 'object' || thrown === null) {
      return {
        kind: 'thrown',
        name: 'Error',
        message: cut(`Thrown: ${String(thrown)}`),
        frames: [],
        ...where,
      };
    }
    const { name, message, stack, missing } = thrown as Record<string, unknown>;
    const kind =
      missing === 'secret' || missing === 'signal'
        ? missing
        : name === 'SyntaxError' && isCompile(stack)
          ? 'syntax'
          : 'thrown';
    return {
      kind,
      name: typeof name === 'string' ? cut(name) : 'Error',
      message: cut(typeof message === 'string' ? message : JSON.stringify(thrown)),
      frames: typeof stack === 'string' ? frames(stack) : [],
      ...where,
    };
  } catch {
    return {
      kind: 'thrown',
      name: 'Error',
      message: 'The expression threw something that cannot be shown.',
      frames: [],
      ...where,
    };
  }
}

function cut(text: string): string {
  return text.length > MESSAGE_LENGTH ? `${text.slice(0, MESSAGE_LENGTH)}…` : text;
}

/** V8 puts the place of a compile error on the first line of the stack: `expression-3:1`. */
function isCompile(stack: unknown): boolean {
  return typeof stack === 'string' && /^(?:expression|stepped)-\d+:\d+\n/.test(stack);
}

function frames(stack: string): SandboxError['frames'] {
  return [...stack.slice(0, 20_000).matchAll(/(expression|stepped)-(\d+):(\d+):(\d+)/g)]
    .slice(0, MAX_FRAMES)
    .map(([, kind, expression, line, column]) => ({
      expression: Number(expression),
      line: Number(line),
      column: Number(column),
      ...(kind === 'stepped' && { stepped: true }),
    }));
}
