/**
 * `npm run package`: a .vsix for one platform, with production bundles and that platform's native keychain file.
 *   node test/harness/package.mjs [--target linux-x64]
 */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isMain, run, runMain } from './processes.mjs';
import { build, ensureDependencies, root } from './project.mjs';
import { say, step } from './terminal.mjs';

if (isMain(import.meta.url)) {
  runMain(async () => {
    const { values } = parseArgs({ options: { target: { type: 'string', default: platformTarget() } } });
    await ensureDependencies();
    await packageExtension(values.target);
    return 0;
  });
}

/** VS Code's name of this platform. */
export function platformTarget() {
  const system =
    process.platform === 'linux' && existsSync('/etc/alpine-release') ? 'alpine' : process.platform;
  return `${system}-${process.arch === 'arm' ? 'armhf' : process.arch}`;
}

/**
 * Builds for production and packages. dist/ holds the production build afterwards.
 * @param {string} target
 * @returns {Promise<string>} the .vsix
 */
export async function packageExtension(target) {
  say((await build(['--production', `--target=${target}`])).trimEnd());
  const { name, version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const file = path.join(root, `${name}-${target}-${version}.vsix`);
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  const args = [
    'package',
    `--target=${target}`,
    `--out=${file}`,
    '--no-dependencies', // they are in the bundles
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
  ];
  await step(`Packaging for ${target}`, () => run(process.execPath, [vsce, ...args], { cwd: root }));
  say(`  ${path.relative(process.cwd(), file)}  ${((await stat(file)).size / 1e6).toFixed(2)} MB`);
  return file;
}
