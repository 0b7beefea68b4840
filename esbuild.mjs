// Builds one bundle per process into dist/.
//   node esbuild.mjs [--production] [--watch] [--tests]
// --production minifies; --watch rebuilds on change; --tests builds test/ into out/test/ as well.
import { build, context } from 'esbuild';
import { cp, readFile, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = path.dirname(fileURLToPath(import.meta.url));
const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');
const tests = process.argv.includes('--tests');

/** @type {import('esbuild').BuildOptions} */
const node = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: production ? false : 'linked',
  minify: production,
  legalComments: production ? 'linked' : 'inline',
  define: { 'process.env.NODE_ENV': JSON.stringify(production ? 'production' : 'development') },
  logLevel: 'warning',
  mainFields: ['module', 'main'],
};

/** Each process has its own bundle; see ARCHITECTURE.md. */
const bundles = [
  { ...node, entryPoints: { client: 'client/extension.ts' }, external: ['vscode'] },
  { ...node, entryPoints: { server: 'server/main.ts' } },
  { ...node, entryPoints: { runner: 'client/runner/main.ts' } },
  { ...node, entryPoints: { sandbox: 'client/runner/sandbox/main.ts' } },
  { ...node, entryPoints: { cli: 'client/cli/main.ts' }, banner: { js: '#!/usr/bin/env node' } },
].map((bundle) => ({ ...bundle, outdir: 'dist' }));

/** Tests are bundled file by file, so that each run sees the sources as they are and needs no loader. */
async function testBundles() {
  const entries = [];
  for (const folder of ['unit', 'host', 'ui', 'corpus', 'bench']) {
    for (const file of await readdir(path.join(root, 'test', folder), { recursive: true }).catch(() => [])) {
      if (/\.(test|bench)\.ts$/.test(file) || /^(index|main)\.ts$/.test(path.basename(file))) entries.push(`test/${folder}/${file}`);
    }
  }
  return {
    ...node,
    entryPoints: entries,
    outbase: 'test',
    outdir: 'out/test',
    packages: 'external',
    external: ['vscode'],
    sourcemap: 'inline',
    minify: false,
  };
}

/** The keychain's native files cannot be bundled; its loader finds them in `prebuilds/` beside the bundle. */
async function copyPrebuilds() {
  const to = path.join(root, 'dist/prebuilds');
  await rm(to, { recursive: true, force: true });
  await cp(path.join(root, 'node_modules/keytar/prebuilds'), to, { recursive: true });
}

async function report() {
  for (const name of (await readdir(path.join(root, 'dist'))).filter((file) => file.endsWith('.js')).sort()) {
    const file = path.join(root, 'dist', name);
    const { size } = await stat(file);
    const zipped = gzipSync(await readFile(file)).length;
    console.log(`  dist/${name.padEnd(12)} ${(size / 1024).toFixed(0).padStart(6)} kB  ${(zipped / 1024).toFixed(0).padStart(5)} kB gzip`);
  }
}

const all = tests ? [...bundles, await testBundles()] : bundles;
await copyPrebuilds();
if (watch) {
  for (const options of all) await (await context({ ...options, logLevel: 'info' })).watch();
} else {
  await Promise.all(all.map((options) => build(options)));
  await report();
}
