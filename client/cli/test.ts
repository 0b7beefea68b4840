/**
 * `flow-secrets test`: runs the tests of flows, for terminals and CI. Secrets are made up, but for those that may be shown
 * and that a test says to be `stored`.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runTestFile, type FileResult, type TestEnvironment } from '../testing/testFile.js';
import { hasFailed, isBroken } from '../testing/words.js';
import { named, readText, sourceFiles, type SourceFile, type Unreadable } from './check/files.js';
import { plainLine, shownPath } from './check/report.js';
import { argumentProblem, UsageError, type Command } from './command.js';
import { findSecrets, projectOf, type FoundSecrets, type SecretSources } from './runSecrets.js';
import type { Format, FormatOptions } from './test/format.js';
import { github } from './test/github.js';
import { json } from './test/json.js';
import { junit } from './test/junit.js';
import { text } from './test/text.js';

const FORMATS: Readonly<Record<string, Format>> = { text, json, junit, github };

const HELP = `usage: flow-secrets test [options] [file or folder …]

Runs the tests in *.flow-test.yaml (.yml alike): each sends events or requests to its flow, in virtual time, and compares what
the blocks emit with what the test expects. Without arguments the current folder is searched. Secrets have made-up values.
docs/testing.md has the format.

  --grep TEXT             only tests whose name holds this text, or fits it as /regular expression/
  --format FORMAT         text (default), json, junit (XML) or github (annotations of GitHub Actions)
  --json                  the same as --format json
  --events                show what happened in tests that have failed; with json, in all

Values of keys that a test says to be \`stored\`, all of them declared with \`sensitive: false\`, come from
  --secrets-from-env <name,name,…>   environment variables of these names
  --secrets-from-fd <n>              a JSON object of keys and values on a file descriptor, for example 3
  --keychain                         the keychain (project of the nearest flows.project.yaml)
Without one of these a generated value stands in, and that is told.

Exit code: 0 when all tests have passed, 1 when one has not or a test file has mistakes, 2 for wrong usage, input that cannot
be read, or no test at all.
Environment: NO_COLOR switches colours off.`;

export const test: Command = {
  summary: 'run the tests of flows',
  help: HELP,
  async run(args) {
    const { values, paths } = readArguments(args);
    const name = values.json ? 'json' : values.format;
    const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
    if (!format) throw new UsageError(`--format is one of ${Object.keys(FORMATS).join(', ')}`);
    const select = selector(values.grep);
    const folder = process.cwd();
    const unreadable: Unreadable[] = [];
    const files = filesAt(paths.length > 0 ? paths : ['.'], folder, unreadable);
    const stop = new AbortController();
    const interrupt = (): void => stop.abort();
    process.once('SIGINT', interrupt);
    process.once('SIGTERM', interrupt);
    const options: FormatOptions = {
      folder,
      events: values.events,
      colours: process.stdout.isTTY && process.env.NO_COLOR === undefined,
    };
    const results: FileResult[] = [];
    let excluded = 0;
    const surroundings = environment(sourcesOf(values));
    for (const file of files) {
      const result = await runTestFile(file.path, file.text, surroundings, { select, signal: stop.signal });
      excluded += result.excluded;
      if (result.results.length === 0 && result.problems.length === 0) continue;
      results.push(result);
      if (format.file) process.stdout.write(format.file(result, options));
      if (stop.signal.aborted) break;
    }
    process.stdout.write(format.end(results, options, excluded));
    for (const { path: file, reason } of unreadable)
      process.stderr.write(`flow-secrets test: ${plainLine(shownPath(file, folder))}: ${reason}\n`);
    if (stop.signal.aborted) return 130;
    if (unreadable.length > 0 || results.length === 0) return 2;
    return results.some((result) => isBroken(result) || result.results.some(hasFailed)) ? 1 : 0;
  },
};

function environment({ keychain, ...sources }: SecretSources): TestEnvironment {
  // A pipe can be read once, and is read only when a test wants it.
  let given: Promise<FoundSecrets> | undefined;
  return {
    runner: { runnerPath: path.join(__dirname, 'runner.js') },
    read: async (file) => {
      try {
        return await Promise.resolve(readText(file));
      } catch {
        return undefined;
      }
    },
    insensitive: (flowFile) => Promise.resolve(projectOf(flowFile).insensitive),
    stored: async (flowFile, keys) => {
      const project = projectOf(flowFile);
      const { values } = await (given ??= findSecrets([], project, { ...sources, keychain: false }));
      const known = Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
      if (!keychain) return known;
      const wanted = keys.filter((key) => !Object.hasOwn(known, key));
      const found = await findSecrets(wanted, project, { environment: [], descriptor: undefined, keychain });
      if (found.trouble !== undefined)
        process.stderr.write(
          `flow-secrets test: Values cannot be read from the keychain. ${found.trouble}\n`,
        );
      return { ...found.values, ...known };
    },
  };
}

/** A file that is named is a test, whatever it is called. */
function filesAt(paths: readonly string[], folder: string, unreadable: Unreadable[]): SourceFile[] {
  return paths.flatMap((given): SourceFile[] => {
    const at = path.resolve(folder, given);
    if (isFolder(at) || !fs.existsSync(at)) {
      const search = {
        kinds: new Set(['test'] as const),
        unreadable: (one: Unreadable) => unreadable.push(one),
      };
      return [...sourceFiles([at], search)];
    }
    const file = named(at);
    if (file.kind === 'test' || !/\.(?:flow|installation)\.ya?ml$|\.tf$/i.test(at)) return [file];
    throw new UsageError('that file is no test: tests are in files called *.flow-test.yaml');
  });
}

function isFolder(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function selector(grep: string | undefined): (name: string) => boolean {
  if (grep === undefined) return () => true;
  const [, source, flags] = /^\/(.+)\/([imsu]*)$/.exec(grep) ?? [];
  if (source === undefined) return (name) => name.includes(grep);
  try {
    const pattern = new RegExp(source, flags);
    return (name) => pattern.test(name);
  } catch {
    throw new UsageError('--grep holds a regular expression that cannot be read');
  }
}

function sourcesOf(values: ReturnType<typeof readArguments>['values']): SecretSources {
  const descriptor = values['secrets-from-fd'] === undefined ? undefined : Number(values['secrets-from-fd']);
  if (descriptor !== undefined && !Number.isInteger(descriptor))
    throw new UsageError('--secrets-from-fd is a number');
  return {
    environment: values['secrets-from-env']?.split(',').filter(Boolean) ?? [],
    descriptor,
    keychain: values.keychain,
  };
}

const OPTIONS = {
  grep: { type: 'string' },
  format: { type: 'string', default: 'text' },
  json: { type: 'boolean', default: false },
  events: { type: 'boolean', default: false },
  'secrets-from-env': { type: 'string' },
  'secrets-from-fd': { type: 'string' },
  keychain: { type: 'boolean', default: false },
} as const;

function readArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
    return { values, paths: positionals };
  } catch (error) {
    throw argumentProblem(error, args, OPTIONS);
  }
}
