/** The stages of `npm test`. Each adds its cases to the results. */
import { cp, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { benchmarks } from './bench.mjs';
import { packageExtension, platformTarget } from './package.mjs';
import { collect } from './results.mjs';
import { runForCode } from './processes.mjs';
import { root } from './project.mjs';
import { temporaryFolder } from './temporary.mjs';
import { PersonalProblem, say, step } from './terminal.mjs';
import { installExtension, privateKeychain, runInVSCode } from './vscode-tests.mjs';

/**
 * @typedef {object} StageOptions
 * @property {import('./results.mjs').Results} results
 * @property {string} [grep]
 * @property {string} [vscode]
 * @property {boolean} download
 * @property {string} [corpus] folder of flow files
 *
 * @typedef {{ title: string, builds?: readonly string[], run: (options: StageOptions) => Promise<void> }} Stage
 */

/** Programs of our dependencies, run by this Node rather than through npx. */
const programs = {
  tsc: 'typescript/bin/tsc',
  eslint: 'eslint/bin/eslint.js',
  prettier: 'prettier/bin/prettier.cjs',
  mocha: 'mocha/bin/mocha.js',
  grammar: 'vscode-tmgrammar-test/dist/unit.js',
};

/** @param {keyof typeof programs} program @param {readonly string[]} args @param {NodeJS.ProcessEnv} [env] */
function runProgram(program, args, env = process.env) {
  const file = path.join(root, 'node_modules', programs[program]);
  return runForCode(process.execPath, [file, ...args], { cwd: root, env });
}

/**
 * @param {import('./results.mjs').Results} results
 * @param {string} name
 * @param {readonly string[]} files
 * @param {Record<string, string>} env
 * @param {string} [grep]
 */
async function runMocha(results, name, files, env, grep) {
  const file = path.join(await temporaryFolder(name), 'results.jsonl');
  const reporter = path.join(root, 'test/harness/reporter.mjs');
  const args = [...files, '--reporter', reporter, '--timeout', '20000']; // a busy machine is no failure
  args.push('--require', path.join(root, 'test/harness/properties.mjs'));
  if (grep) args.push('--grep', grep);
  await collect(results, `the ${name} tests`, file, () =>
    runProgram('mocha', args, { ...process.env, ...env, TEST_RESULTS: file }),
  );
}

/** Grammars that the test program does not bring: of expressions, from VS Code, and of Terraform, from its extension. */
const grammars = ['javascript', 'terraform'].flatMap((name) => [
  '-g',
  path.join(root, `node_modules/tm-grammars/grammars/${name}.json`),
]);

/**
 * Two folders with projects, one of them virtual: its files are those of a folder on the disk, by another scheme that
 * the driver provides.
 * @param {string} workspace
 * @param {string} runFolder
 */
async function severalFolders(workspace, runFolder) {
  await cp(path.join(root, 'test/fixtures/virtual'), path.join(runFolder, 'virtual'), { recursive: true });
  const file = path.join(runFolder, 'several.code-workspace');
  const folders = [{ path: path.join(workspace, 'ops') }, { name: 'far', uri: 'flow-test-disk:/virtual' }];
  await writeFile(file, JSON.stringify({ folders }));
  return file;
}

/** @type {Record<string, Stage>} */
export const stages = {
  typecheck: {
    title: 'Types',
    async run({ results }) {
      const { code, output } = await runProgram('tsc', ['-b']);
      if (code === 0) results.pass('type check');
      else results.fail('type check', output.trim());
    },
  },

  lint: {
    title: 'Lint and format',
    async run({ results }) {
      const found = [
        await runProgram('eslint', ['.']),
        await runProgram('prettier', ['--check', '.', '--log-level=warn']),
      ];
      if (found.every(({ code }) => code === 0)) results.pass('lint');
      else results.fail('lint', found.map(({ output }) => output.trim()).join('\n'));
    },
  },

  unit: {
    title: 'Unit tests',
    builds: ['unit'],
    async run({ results, grep }) {
      // Tests of the keychain skip themselves without one of their own; the others need nothing from the system.
      const keychain = await privateKeychain("The keychain's unit tests").catch((error) => {
        if (!(error instanceof PersonalProblem)) throw error;
        say(error.message);
        return {};
      });
      await runMocha(results, 'unit', ['out/test/unit/**/*.test.js'], keychain, grep);
    },
  },

  grammar: {
    title: 'Grammar tests',
    async run({ results }) {
      const folder = path.join(root, 'test/fixtures/grammar');
      for (const file of (await readdir(folder)).filter((name) => /\.(?:ya?ml|tf)$/.test(name)).sort()) {
        const { code, output } = await runProgram('grammar', [...grammars, path.join(folder, file)]);
        if (code === 0) results.pass(`grammar ${file}`);
        else results.fail(`grammar ${file}`, output.trim());
      }
    },
  },

  host: {
    title: 'Tests in the extension host',
    builds: ['host'],
    run: (options) => runInVSCode(options, { name: 'host' }),
  },

  ui: {
    title: 'Tests of the workbench (screenshots in test/ui/out/)',
    builds: ['host', 'ui'],
    run: (options) => runInVSCode(options, { name: 'ui', allowModalDialogs: true }),
  },

  places: {
    title: 'Workspaces that are not trusted, without a keychain, virtual, of several folders',
    builds: ['host', 'host-untrusted', 'host-folders'],
    async run(options) {
      await runInVSCode(options, {
        name: 'host-untrusted',
        allowModalDialogs: true,
        untrusted: true,
      });
      await runInVSCode(options, {
        name: 'host-folders',
        allowModalDialogs: true,
        keychain: 'none',
        prepare: severalFolders,
      });
    },
  },

  package: {
    title: 'The packaged extension, installed',
    builds: ['host', 'host-installed'],
    async run(options) {
      const vsix = await packageExtension(platformTarget());
      options.results.pass('package');
      const extensionsDir = await step('Installing it', () => installExtension(options, vsix));
      await runInVSCode(options, { name: 'host-installed', extensionsDir });
    },
  },

  'bench-smoke': {
    title: 'Benchmarks, a few rounds each',
    builds: ['bench'],
    async run({ results }) {
      for (const { name, run } of await benchmarks()) {
        const { code, output } = await run(['--smoke']);
        if (code === 0) results.pass(`bench ${name}`);
        else results.fail(`bench ${name}`, output.trim());
      }
    },
  },

  corpus: {
    title: 'Real flow files',
    builds: ['corpus'],
    async run({ results, corpus }) {
      if (!corpus)
        throw new PersonalProblem('The corpus stage needs a folder of flow files: --corpus FOLDER.');
      // FLOWS_CORPUS tells the tests where; they make a case of each file.
      await runMocha(results, 'corpus', ['out/test/corpus/**/*.js'], { FLOWS_CORPUS: path.resolve(corpus) });
    },
  },
};
