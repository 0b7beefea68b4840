// Builds one bundle per process into dist/, with a report of their sizes.
//   node esbuild.mjs [--production] [--target=linux-x64] [--watch] [--tests[=unit,host,...]]
// --production minifies and leaves out source maps; --target ships the native keychain file of that platform only;
// --tests also bundles test/ (or the named folders in it) into out/test/; --watch rebuilds on every change.
import { build, context } from 'esbuild';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const root = path.dirname(fileURLToPath(import.meta.url));
const argv = process.argv.slice(2).map((argument) => (argument === '--tests' ? '--tests=all' : argument));
const { values: options } = parseArgs({
  args: argv,
  options: {
    production: { type: 'boolean', default: false },
    target: { type: 'string' },
    watch: { type: 'boolean', default: false },
    tests: { type: 'string' },
  },
});

/** @type {import('esbuild').BuildOptions} */
const node = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: options.production ? false : 'linked',
  minify: options.production,
  legalComments: options.production ? 'none' : 'inline', // NOTICES.txt has all licences whole
  define: { 'process.env.NODE_ENV': JSON.stringify(options.production ? 'production' : 'development') },
  logLevel: options.watch ? 'info' : 'warning',
  mainFields: ['module', 'main'],
  metafile: true,
};

/** flow/types/lib.ts reads TypeScript's declarations of ECMAScript; what it reads takes its place, as text. */
const inlineLib = {
  name: 'inline-lib',
  /** @param {import('esbuild').PluginBuild} plugin */
  setup({ onLoad, esbuild }) {
    onLoad({ filter: /[\\/]flow[\\/]types[\\/]lib\.ts$/ }, async ({ path: file }) => {
      const { code } = await esbuild.transform(await readFile(file, 'utf8'), { loader: 'ts' });
      const { readLib } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
      const { default: typescript } = await import('typescript');
      return {
        contents: `export const readLib = () => ${JSON.stringify(readLib(typescript))};`,
        watchFiles: [file],
      };
    });
  },
};

/** Its ES module asks where it stands, which a bundle for require cannot say. */
const treeSitter = {
  'web-tree-sitter': path.join(root, 'node_modules/web-tree-sitter/web-tree-sitter.cjs'),
};

/** The LSP library is in server.js alone: language.js, which that loads, takes it from there. */
const sharedLsp = {
  name: 'shared-lsp',
  /** @param {import('esbuild').PluginBuild} plugin */
  setup({ onResolve }) {
    onResolve({ filter: /\/lsp\.js$/ }, ({ path: name, resolveDir }) =>
      path.resolve(resolveDir, name) === path.join(root, 'server/lsp.js')
        ? { path: './server.js', external: true }
        : undefined,
    );
    onResolve({ filter: /^vscode-languageserver\/node$/ }, ({ importer }) => ({
      errors: [
        { text: `${path.relative(root, importer)}: what is needed at run time comes from server/lsp.ts.` },
      ],
    }));
  },
};

/** Each process has its own bundle; see ARCHITECTURE.md. */
const bundles = [
  { entryPoints: { client: 'client/extension.ts' }, external: ['vscode'] },
  { entryPoints: { server: 'server/main.ts' } },
  { entryPoints: { language: 'server/language.ts' }, alias: treeSitter, plugins: [sharedLsp] },
  // Almost all of it is TypeScript, which loads faster small, and which nobody debugs here.
  {
    entryPoints: { typescript: 'server/typescript/typescript.ts' },
    plugins: [inlineLib],
    minify: true,
    sourcemap: false,
  },
  { entryPoints: { runner: 'client/runner/main.ts' }, external: ['./mcp.js'] },
  { entryPoints: { mcp: 'client/runner/blocks/mcp.ts' } },
  { entryPoints: { sandbox: 'client/runner/sandbox/main.ts' } },
  {
    entryPoints: { cli: 'client/cli/main.ts' },
    alias: treeSitter,
    banner: { js: '#!/usr/bin/env node' },
  },
  // The page of the run panel: it runs in a browser, and its styles go beside it.
  {
    entryPoints: { panel: 'client/panel/webview/main.ts' },
    platform: 'browser',
    target: 'chrome128',
    format: 'iife',
  },
].map((bundle) => ({ ...node, ...bundle, outdir: 'dist' }));

const testFolders = !options.tests
  ? []
  : options.tests === 'all'
    ? ['unit', 'host', 'host-untrusted', 'host-folders', 'host-installed', 'ui', 'corpus', 'bench']
    : options.tests.split(',');

/** Tests are bundled file by file, so that each run sees the sources as they are and needs no loader. */
async function testBundles() {
  const entryPoints = [];
  for (const folder of testFolders) {
    const at = path.join(root, 'test', folder);
    for (const file of existsSync(at) ? await readdir(at, { recursive: true }) : []) {
      if (
        !file.includes('node_modules') &&
        /\.(test|bench)\.ts$|(^|\/)(index|main)\.ts$/.test(file.replaceAll(path.sep, '/'))
      ) {
        entryPoints.push(`test/${folder}/${file}`);
      }
    }
  }
  return {
    ...node,
    entryPoints,
    outbase: 'test',
    outdir: 'out/test',
    packages: 'external',
    external: ['vscode'],
    sourcemap: 'inline',
    minify: false,
  };
}

/** The keychain's native files cannot be bundled; they are loaded from `prebuilds/` beside the bundle. */
async function copyPrebuilds() {
  const from = path.join(root, 'node_modules/keytar/prebuilds');
  const to = path.join(root, 'dist/prebuilds');
  await rm(to, { recursive: true, force: true });
  if (!options.target) return cp(from, to, { recursive: true });
  // VS Code's names of platforms and those of client/keychain/native.ts, which loads the file.
  const names = { 'alpine-x64': 'linuxmusl-x64', 'linux-armhf': 'linux-armv7l' };
  const name = names[options.target] ?? options.target;
  if (!existsSync(path.join(from, name))) {
    throw new Error(`--target=${options.target}: the keychain has no native file for it`);
  }
  await mkdir(to, { recursive: true });
  await cp(path.join(from, name), path.join(to, name), { recursive: true });
}

/** The HCL parser and grammar of the server, which loads them as files (server/terraform/parser.ts). */
async function copyWasm() {
  for (const file of [
    'web-tree-sitter/web-tree-sitter.wasm',
    '@tree-sitter-grammars/tree-sitter-hcl/tree-sitter-terraform.wasm',
  ]) {
    await cp(path.join(root, 'node_modules', file), path.join(root, 'dist', path.basename(file)));
  }
}

/** Removes what an earlier build has left in these folders and this one has not written. */
async function removeStale(folders, results) {
  const written = new Set(results.flatMap(({ metafile }) => Object.keys(metafile.outputs)));
  for (const folder of folders.filter((name) => existsSync(path.join(root, name)))) {
    for (const file of await readdir(path.join(root, folder), { recursive: true })) {
      const name = `${folder}/${file.replaceAll(path.sep, '/')}`;
      if (/\.(js|map)$/.test(name) && !written.has(name)) await rm(path.join(root, name));
    }
  }
}

/** Writes the licence of every package that has code in the bundles, as their licences ask. */
async function writeNotices(results) {
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const packages = new Set(
    inputs.map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(Boolean),
  );
  // Shipped as files beside the bundles.
  for (const name of ['keytar', '@tree-sitter-grammars/tree-sitter-hcl'])
    packages.add(`node_modules/${name}`);
  const notices = [];
  for (const folder of [...packages].sort()) {
    const { name, version, license } = JSON.parse(
      await readFile(path.join(root, folder, 'package.json'), 'utf8'),
    );
    const file = (await readdir(path.join(root, folder))).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file
      ? (await readFile(path.join(root, folder, file), 'utf8')).trim()
      : `Licence: ${license}`;
    notices.push(`${name} ${version}\n\n${text}\n`);
  }
  await writeFile(path.join(root, 'dist/NOTICES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
}

async function reportSizes() {
  for (const file of (await readdir(path.join(root, 'dist'))).filter((name) => name.endsWith('.js')).sort()) {
    const content = await readFile(path.join(root, 'dist', file));
    const kilobytes = (bytes, width) => (bytes / 1000).toFixed(0).padStart(width);
    console.log(
      `  dist/${file.padEnd(12)}${kilobytes(content.length, 6)} kB${kilobytes(gzipSync(content).length, 6)} kB gzip`,
    );
  }
}

try {
  await copyPrebuilds();
  await copyWasm();
  const tests = testFolders.length > 0 ? [await testBundles()] : [];
  if (options.watch) {
    for (const bundle of [...bundles, ...tests]) await (await context(bundle)).watch();
  } else {
    const results = await Promise.all([...bundles, ...tests].map((bundle) => build(bundle)));
    if (options.production) await writeNotices(results.slice(0, bundles.length));
    await removeStale(['dist', ...testFolders.map((folder) => `out/test/${folder}`)], results);
    await reportSizes();
  }
} catch (error) {
  // esbuild has printed what is wrong with the sources.
  if (!error.errors) console.error(error.message);
  process.exitCode = 1;
}
