/**
 * `flow-secrets redact`: masks secrets in whatever is piped through, whatever program wrote it. Values come from the keychain,
 * the environment or a file descriptor, never from argv. When a source does not answer, nothing is passed through: output that
 * might not be masked is worse than none.
 */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseProject } from '../../flow/project.js';
import { PROJECT_FILE } from '../../flow/protocol.js';
import { maskingSink, Redactor } from '../redaction/index.js';
import { UsageError, type Command } from './command.js';
import { findSecrets, type FlowProject } from './runSecrets.js';

const HELP = `usage: some-command 2>&1 | flow-secrets redact [sources] [--quiet]

Copies standard input to standard output with ‹secret:KEY› in place of every secret value, in whatever form programs
print it: encoded, quoted, wrapped, coloured. Output is shown at once, but for what may still become a secret.

Sources of values, one or more:
  --project <file>                   keys of this project file (or of the one in this folder), values from the keychain
  --secrets-from-env <name,name,…>   environment variables of these names
  --secrets-from-fd <n>              a JSON object of keys and values on a file descriptor, for example 3

  --quiet                            no notes on standard error

Values are never taken from the command line, which every user of the machine can read.

Exit code: 0 at the end of the input, 1 when a source did not answer or the output could not be written (nothing
passes unmasked), 2 for wrong arguments, 130 after a second Ctrl-C, 141 when the reader has gone.`;

const READER_GONE = 141;
const INTERRUPTED = 130;

interface Options {
  readonly project: string | undefined;
  readonly environment: readonly string[];
  readonly descriptor: number | undefined;
  readonly quiet: boolean;
}

export const redact: Command = {
  summary: 'mask secrets in whatever is piped through',
  help: HELP,
  async run(args) {
    const options = parse(args);
    const redactor = new Redactor();
    const notes = await load(redactor, options);
    if (typeof notes === 'string') {
      process.stderr.write(`flow-secrets redact: ${notes}\n`);
      return 1;
    }
    if (!options.quiet) for (const note of notes) process.stderr.write(`flow-secrets redact: ${note}\n`);
    return pipe(redactor);
  },
};

/** Arguments are never repeated in messages: one may be a value that slipped into the wrong place. */
function parse(args: readonly string[]): Options {
  let project: string | undefined;
  let descriptor: number | undefined;
  const environment: string[] = [];
  let quiet = false;
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    const next = (): string => {
      const value = args[++i];
      if (value === undefined) throw new UsageError(`argument ${i} needs something behind it`);
      return value;
    };
    if (argument === '--quiet') quiet = true;
    else if (argument === '--project') project = next();
    else if (argument === '--secrets-from-fd') descriptor = descriptorOf(next());
    else if (argument === '--secrets-from-env') environment.push(...namesOf(next()));
    else throw new UsageError(unexpected(argument, i + 1));
  }
  if (project === undefined && descriptor === undefined && environment.length === 0) {
    throw new UsageError('name a source of values: --project, --secrets-from-env or --secrets-from-fd');
  }
  return { project, environment, descriptor, quiet };
}

const NOT_HERE =
  'looks like KEY=VALUE. Values do not belong on the command line: every user of this machine can read it, and the shell ' +
  'keeps it in its history. Put the value into an environment variable and name that with --secrets-from-env, or send ' +
  'JSON on a descriptor with --secrets-from-fd.';

function unexpected(argument: string, place: number): string {
  return `argument ${place} ${/^[^=\s]+=/.test(argument) ? NOT_HERE : 'is not known'}`;
}

function descriptorOf(text: string): number {
  if (!/^\d{1,4}$/.test(text))
    throw new UsageError('--secrets-from-fd needs the number of a file descriptor');
  const descriptor = Number(text);
  if (descriptor < 3)
    throw new UsageError('--secrets-from-fd needs a descriptor above 2; standard input is what is masked');
  return descriptor;
}

function namesOf(text: string): string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.some((name) => name.includes('=')))
    throw new UsageError(`a name of --secrets-from-env ${NOT_HERE}`);
  if (names.length === 0 || names.some((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))) {
    throw new UsageError('--secrets-from-env needs names of environment variables, with commas in between');
  }
  return names;
}

/** Adds the secrets. Returns notes for the user, or, as one text, why there is no masking. */
async function load(
  redactor: Redactor,
  { project, environment, descriptor }: Options,
): Promise<string[] | string> {
  const none: FlowProject = { id: '', insensitive: [] };
  const { values } = await findSecrets([], none, { environment, descriptor, keychain: false });
  const notes: string[] = [];
  let insensitive: readonly string[] = [];
  let found = values;
  if (project !== undefined) {
    const { id, keys, shown } = readProject(project);
    insensitive = shown;
    const wanted = keys.filter((key) => !shown.includes(key) && !Object.hasOwn(values, key));
    const { values: kept, trouble } = await findSecrets(
      wanted,
      { id, insensitive },
      { environment: [], descriptor: undefined, keychain: true },
    );
    if (trouble !== undefined)
      return `the keychain does not answer, so nothing is passed through. ${trouble}`;
    const missing = wanted.filter((key) => !Object.hasOwn(kept, key));
    if (missing.length > 0) notes.push(`no value on this machine, so not masked: ${missing.join(', ')}`);
    found = { ...kept, ...values };
  }
  for (const [key, value] of Object.entries(found))
    redactor.add({ key, value, sensitive: !insensitive.includes(key) });
  notes.push(...redactor.weaknesses.map(({ message }) => message));
  return notes;
}

function readProject(argument: string): { id: string; keys: string[]; shown: string[] } {
  let file = path.resolve(argument);
  let text: string;
  try {
    if (statSync(file).isDirectory()) file = path.join(file, PROJECT_FILE);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `the project file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    );
  }
  const { id, secrets } = parseProject(text);
  return {
    id: id ?? path.basename(path.dirname(file)),
    keys: [...secrets.keys()],
    shown: [...secrets.values()].filter(({ sensitive }) => !sensitive).map(({ key }) => key),
  };
}

/** Standard input to standard output, until the input ends or the reader has gone. */
function pipe(redactor: Redactor): Promise<number> {
  return new Promise((resolve) => {
    const { stdin, stdout } = process;
    const masked = maskingSink(redactor.stream({ transient: true }), stdout);
    let outcome = 0;
    const end = (code: number): void => {
      stdin.unpipe(masked);
      stdin.destroy();
      resolve(code);
    };
    // The command that is being masked gets the signal too; its last words are wanted.
    let interrupts = 0;
    const interrupt = (): void => {
      if (++interrupts > 1) end(INTERRUPTED);
    };
    process.on('SIGINT', interrupt);
    process.once('SIGTERM', () => {
      stdin.unpipe(masked);
      masked.end();
    });
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE')
        process.stderr.write(
          `flow-secrets redact: the output cannot be written (${error.code ?? 'error'})\n`,
        );
      end(error.code === 'EPIPE' ? READER_GONE : 1);
    });
    stdin.on('error', (error: NodeJS.ErrnoException) => {
      process.stderr.write(`flow-secrets redact: the input cannot be read (${error.code ?? 'error'})\n`);
      outcome = 1;
      stdin.unpipe(masked);
      masked.end();
    });
    masked.once('finish', () => end(outcome));
    stdin.pipe(masked);
  });
}
