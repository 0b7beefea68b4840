/** What is installed beside the bundle: the version, and the page that explains every code. */
import fs from 'node:fs';
import path from 'node:path';
import type { Code } from '../../../flow/codes.js';

function beside(...names: readonly string[]): string | undefined {
  try {
    return fs.readFileSync(path.join(__dirname, '..', ...names), 'utf8');
  } catch {
    return undefined;
  }
}

export function version(): string {
  const manifest = JSON.parse(beside('package.json') ?? '{}') as { version?: string };
  return manifest.version ?? '0.0.0';
}

let page: string | undefined;

/** The section of docs/diagnostics.md, without its heading; undefined where the page is not installed. */
export function explain(code: Code): string | undefined {
  page ??= beside('docs', 'diagnostics.md') ?? '';
  const sections = page.split(/^#{2,3} /m);
  const section = sections.find((one) => one.startsWith(`${code}\n`));
  return section?.slice(code.length).trim();
}
