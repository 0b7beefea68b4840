/** `flow-secrets <command>`: looks the command up and turns its result into an exit code. Each command is a module. */
import { check } from './check.js';
import { redact } from './redact.js';
import { run } from './run.js';
import { test } from './test.js';
import { version } from './check/installed.js';
import { didYouMean, UsageError, type Command } from './command.js';

/** EX_SOFTWARE of sysexits.h. */
const FAILED = 70;

const commands: Readonly<Record<string, Command>> = { check, redact, run, test };

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === 'help' && args.length > 1) return main([args[1]!, '--help']);
  const [name = 'help', ...rest] = args;
  if (name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(`${usage()}\n`);
    return 0;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    // The word is not repeated: it may be a value that slipped into the wrong place.
    process.stderr.write(
      `flow-secrets: unknown command${didYouMean(name, Object.keys(commands))}\n\n${usage()}\n`,
    );
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${command.help}\n`);
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`flow-secrets ${name}: ${error.message}\nTry: flow-secrets ${name} --help\n`);
    return 2;
  }
}

function usage(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'usage: flow-secrets <command> [options]',
    '',
    ...lines,
    '',
    'flow-secrets <command> --help explains a command; --version prints the version.',
  ].join('\n');
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`| head`) is no failure. Other errors belong to the command, if it looks after them.
    if (code === 'EPIPE' || stream.listenerCount('error') > 1) return;
    process.stderr.write(`flow-secrets: the output cannot be written (${code ?? 'error'})\n`);
    process.exit(FAILED);
  });
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    // Only the kind of error: its message may quote input.
    const kind =
      error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : 'unknown error';
    process.stderr.write(`flow-secrets: failed (${kind})\n`);
    process.exitCode = FAILED;
  },
);
