/** The command line as people run it: bundled, in a process of its own, in folders made for a test. */
import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let built: Promise<string> | undefined;

/** Below the project, so that TypeScript and the HCL grammar are found where the package manager has put them. */
export function program(): Promise<string> {
  return (built ??= (async () => {
    fs.mkdirSync('out', { recursive: true });
    const root = fs.mkdtempSync(path.resolve('out', 'cli-check-'));
    process.once('exit', () => fs.rmSync(root, { recursive: true, force: true }));
    await build({
      absWorkingDir: process.cwd(),
      entryPoints: { cli: 'client/cli/main.ts', typescript: 'server/typescript/typescript.ts' },
      outdir: path.join(root, 'dist'),
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      mainFields: ['module', 'main'],
      external: ['typescript'],
      alias: { 'web-tree-sitter': path.resolve('node_modules/web-tree-sitter/web-tree-sitter.cjs') },
      logLevel: 'error',
    });
    fs.mkdirSync(path.join(root, 'docs'));
    fs.copyFileSync('docs/diagnostics.md', path.join(root, 'docs/diagnostics.md'));
    fs.copyFileSync('package.json', path.join(root, 'package.json'));
    return path.join(root, 'dist/cli.js');
  })());
}

export interface RunOptions {
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
  /** Stop reading the output after its first bytes, as `head` does. */
  readonly closeEarly?: boolean;
}

export async function check(
  args: readonly string[],
  { cwd, input, env = {}, closeEarly = false }: RunOptions,
): Promise<Outcome> {
  const script = await program();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, 'check', ...args], {
      cwd,
      env: { PATH: process.env['PATH'], ...env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
      if (closeEarly) child.stdout.destroy();
    });
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** A folder with these files. */
export function folder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'flows-check-')));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }
  return root;
}
