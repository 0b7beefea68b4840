/** What a command of the command line is, and what all of them say of wrong arguments. */
import { nearest } from '../../flow/keys.js';

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole text of `--help`. */
  readonly help: string;
  /** Returns the exit code. Throws UsageError for arguments that make no sense. */
  run(args: readonly string[]): Promise<number>;
}

/** Wrong arguments: reported with the way to the help text, exit code 2. Its message never quotes an argument's value. */
export class UsageError extends Error {}

/** What `parseArgs` did not take. Its own message quotes the argument; here only options that exist are named. */
export function argumentProblem(
  error: unknown,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
): UsageError {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
    return new UsageError('an option lacks its value, or has one where it takes none');
  const known = Object.keys(options);
  const unknown = args
    .map((argument) => /^--([^=]+)/.exec(argument)?.[1])
    .find((name) => name !== undefined && !known.includes(name));
  return new UsageError(`unknown option${didYouMean(unknown, known, '--')}`);
}

/** `; did you mean run?`, or '' where nothing is near. */
export function didYouMean(word: string | undefined, known: readonly string[], prefix = ''): string {
  const near = word === undefined ? undefined : nearest(word, known);
  return near === undefined ? '' : `; did you mean ${prefix}${near}?`;
}
