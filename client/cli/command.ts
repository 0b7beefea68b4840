/** What a command of the command line is. */
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
