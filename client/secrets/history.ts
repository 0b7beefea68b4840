/**
 * Whether a text has been committed: whoever has the repository has it then, whatever the file says today. Git is asked for
 * versions of the file and they are compared here: the text is told to nobody, and no argument holds it.
 */
import { execFile, spawn } from 'node:child_process';
import path from 'node:path';

/** Milliseconds. A history that takes longer is not known. */
const PATIENCE = 20_000;
/** Versions of a file that are looked at, newest first. */
const MAX_VERSIONS = 2000;

/** Nothing of the person's or repository's settings runs a program, asks for a password or fetches. */
const OPTIONS = [
  '--no-pager',
  '--literal-pathspecs',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'log.showSignature=false',
];
const ENVIRONMENT = { GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', GIT_NO_LAZY_FETCH: '1' };

/**
 * In any branch, tag or stash, also under names that the file has had before. `texts`: as it is meant and as it is written.
 * False where nobody knows: no git, no repository, a history too long to be read in time.
 */
export async function wasCommitted(file: string, texts: readonly string[]): Promise<boolean> {
  const folder = path.dirname(file);
  const wanted = texts.filter((text) => text !== '').map((text) => Buffer.from(text));
  const versions = await versionsOf(folder, path.basename(file));
  return versions.length > 0 && anyHolds(folder, versions, wanted);
}

/** Object ids of the file's contents in all commits. */
async function versionsOf(folder: string, name: string): Promise<readonly string[]> {
  const log = [
    'log',
    '--all',
    '--raw',
    '--no-abbrev',
    '--format=',
    '--no-ext-diff',
    `--max-count=${MAX_VERSIONS}`,
  ];
  // Without `--follow` a merge says what it has changed, and with it a renamed file what it was.
  const outputs = await Promise.all([
    git(folder, [...log, '-m', '--', name]),
    git(folder, [...log, '--follow', '--', name]),
  ]);
  const ids = outputs.flatMap((output) =>
    [...output.matchAll(/^:\d+ \d+ ([\da-f]{40,64}) ([\da-f]{40,64}) /gm)].flatMap(([, ...pair]) => pair),
  );
  return [...new Set(ids)].filter((id) => !/^0+$/.test(id));
}

/** What git prints; '' when it fails. No shell: names of files are not to be interpreted. */
function git(folder: string, args: readonly string[]): Promise<string> {
  const options = { timeout: PATIENCE, maxBuffer: 100_000_000, env: { ...process.env, ...ENVIRONMENT } };
  return new Promise((resolve) => {
    execFile('git', ['-C', folder, ...OPTIONS, ...args], options, (error, stdout) =>
      resolve(error ? '' : stdout),
    );
  });
}

/** Reads object after object until one has any of the texts. */
function anyHolds(folder: string, ids: readonly string[], texts: readonly Buffer[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('git', ['-C', folder, ...OPTIONS, 'cat-file', '--batch'], {
      timeout: PATIENCE,
      env: { ...process.env, ...ENVIRONMENT },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const end = (found: boolean): void => {
      resolve(found);
      child.kill();
    };
    const longest = Math.max(...texts.map(({ length }) => length));
    let tail = Buffer.alloc(0);
    child.stdout.on('data', (chunk: Buffer) => {
      const seen = Buffer.concat([tail, chunk]);
      if (texts.some((text) => seen.includes(text))) end(true);
      // A text may stand across two chunks.
      tail = seen.subarray(Math.max(0, seen.length - longest + 1));
    });
    child.on('error', () => end(false));
    child.on('close', () => end(false));
    child.stdin.on('error', () => end(false));
    child.stdin.end(ids.map((id) => `${id}\n`).join(''));
  });
}
