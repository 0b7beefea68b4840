import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { check, folder, type Outcome, type RunOptions } from './program.js';

/** A flow with one expression. */
const reads = (expression: string, name = 'Step'): string =>
  `blocks:\n  - name: ${name}\n    type: { coreBlock: transform }\n    outputs:\n      default:\n        outputCustomization: !expr '${expression.replaceAll("'", "''")}'\n`;
const GOOD = reads('previous.x');
/** An error (unknown block), a warning (unknown field), a hint (only fed by itself). */
const ERROR =
  'blocks:\n  - name: A\n    type: { coreBlock: transform }\n    inputs: { default: { links: [{ block: B, output: default }] } }\n';
const WARNING = 'blocks:\n  - name: A\n    type: { coreBlock: transform }\n    descripton: x\n';
const HINT =
  'blocks:\n  - name: A\n    type: { coreBlock: transform }\n    inputs: { default: { links: [{ block: A, output: default }] } }\n';
const INFORMATION = 'blocks:\n  - name: A\n    type: { coreBlock: somethingElse }\n';

describe('flow-secrets check', function () {
  this.timeout(60_000);
  const made: string[] = [];
  after(() => made.forEach((one) => fs.rmSync(one, { recursive: true, force: true })));

  const files = (content: Parameters<typeof folder>[0]): string => {
    const root = folder(content);
    made.push(root);
    return root;
  };
  const run = (
    content: Parameters<typeof folder>[0],
    args: readonly string[] = [],
    options: Partial<RunOptions> = {},
  ): Promise<Outcome> => check(args, { cwd: files(content), ...options });
  /** The lines that begin with a place, without their messages: `file:line:column severity [code]`. */
  const places = ({ stdout }: Outcome): string[] =>
    stdout
      .split('\n')
      .filter((line) => /:\d+:\d+ /.test(line))
      .map((line) => line.replace(/^(\S+ \w+) .* (\[[\w-]+\])$/, '$1 $2'));

  describe('says what it finds', () => {
    it('in one line per finding, grouped by file, with a summary', async () => {
      const { code, stdout, stderr } = await run({
        'b.flow.yaml': ERROR,
        'a/flow.yaml': reads('secrets.API_TOKN'),
        'good.flow.yml': GOOD,
        'flows.project.yaml': 'project: ops\nsecrets:\n  API_TOKEN:\n',
      });
      assert.equal(
        stdout,
        [
          'a/flow.yaml:6:45 error Secret `API_TOKN` is not declared in project `ops`. Did you mean `API_TOKEN`? [undefined-secret]',
          '',
          'b.flow.yaml:4:43 error There is no block "B" in this flow. [link-block]',
          '',
          'flows.project.yaml:3:3 hint No flow of this project names `API_TOKEN`. [unused-secret]',
          '',
          '✖ 3 problems in 3 of 4 files: 2 errors, 1 hint',
          '',
        ].join('\n'),
      );
      assert.equal(stderr, '');
      assert.equal(code, 1);
    });

    it('and says so when there is nothing', async () => {
      assert.deepEqual(await run({ 'flow.yaml': GOOD }), {
        code: 0,
        stdout: '✔ 1 file, no problems\n',
        stderr: '',
      });
      const { code, stdout } = await run({ 'readme.md': 'blocks:' });
      assert.deepEqual([code, stdout], [0, 'ℹ No file found that has to do with flows.\n']);
      const missing = await run({ 'flow.yaml': GOOD }, ['nowhere']);
      assert.deepEqual([missing.code, missing.stdout], [2, '✖ Nothing was checked.\n']);
    });

    it('and in the summary by its mark whether any of it is grave', async () => {
      const { code, stdout } = await run({
        'a.flow.yaml': GOOD,
        'flows.project.yaml': 'project: ops\nsecrets:\n  UNUSED:\n',
      });
      assert.equal(code, 0);
      assert.match(stdout, /\nℹ 1 problem in 1 of 2 files: 1 hint\n$/);
    });

    it('and when secrets could not be looked up', async () => {
      const { code, stdout } = await run({ 'flow.yaml': reads('secrets.A'), 'b.flow.yaml': GOOD });
      assert.equal(code, 0);
      assert.match(stdout, /Secrets of 1 file were not looked up: no flows\.project\.yaml/);

      const broken = 'project: ops\nsecrets:\n  A:\n  A:\n';
      const mistakes = await run({
        'flow.yaml': reads('secrets.A + secrets.B'),
        'flows.project.yaml': broken,
      });
      assert.deepEqual(places(mistakes), ['flows.project.yaml:4:3 error [yaml-syntax]']);
      assert.match(mistakes.stdout, /not looked up: their flows\.project\.yaml has mistakes/);

      const terraform = await run({
        'flow.yaml': reads('secrets.B'),
        'flows.project.yaml': 'project: ops\nsecrets: {}\n',
        'main.tf': 'resource "flows_secret" "all" {\n  project_id = "p"\n  key = "${var.prefix}_KEY"\n}\n',
      });
      assert.match(terraform.stdout, /not looked up: Terraform makes keys that its text does not name\./);
    });

    it('and names a project file that is a folder', async () => {
      const { code, stderr } = await run({ 'flow.yaml': reads('secrets.A'), 'flows.project.yaml/x.txt': '' });
      assert.equal(stderr, 'flow-secrets check: flows.project.yaml was not checked: it is a folder\n');
      assert.equal(code, 2);
    });

    it('without control characters that a file could send to the terminal', async () => {
      const { stdout } = await run({
        'flow.yaml': ERROR.replace('block: B', 'block: "B\\e[31m\\u202Eevil\\n::error::x"'),
      });
      assert.equal(places({ stdout } as Outcome).length, 1);
      assert.match(stdout, /B\\u\{1b\}\[31m\\u\{202e\}evil ::error::x/);
      // eslint-disable-next-line no-control-regex -- that is what must not be there
      assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u202e]/);
    });

    it('to a reader that has seen enough', async () => {
      const many = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`${i}.flow.yaml`, ERROR]));
      const { code, stderr } = await run(many, ['--format', 'json', '--no-types'], { closeEarly: true });
      assert.equal(stderr, '');
      assert.equal(code, 1);
    });
  });

  describe('exits', () => {
    for (const [what, flow, args, code] of [
      ['1 for errors', ERROR, [], 1],
      ['1 for warnings', WARNING, [], 1],
      ['0 for information', INFORMATION, [], 0],
      ['0 for hints', HINT, [], 0],
      ['0 for warnings where only errors fail', WARNING, ['--fail-on', 'error'], 0],
      ['1 for errors where only errors fail', ERROR, ['--fail-on', 'error'], 1],
      ['1 for information where that fails', INFORMATION, ['--fail-on=information'], 1],
      ['0 for hints even then', HINT, ['--fail-on=information'], 0],
      ['0 for anything where nothing fails', ERROR, ['--fail-on', 'never'], 0],
    ] as const) {
      it(what, async () => {
        const outcome = await run({ 'flow.yaml': flow }, ['--no-types', ...args]);
        assert.equal(places(outcome).length, 1);
        assert.equal(outcome.code, code);
      });
    }

    for (const [what, args, message] of [
      ['an unknown option', ['--secret=hunter2hunter2'], /^flow-secrets check: unknown option\nTry: /],
      ['an option that was meant', ['--formt=json'], /unknown option; did you mean --format\?\nTry: /],
      ['an unknown format', ['--format', 'hunter2hunter2'], /--format is one of text, json, sarif, github/],
      ['an unknown limit', ['--fail-on', 'hint'], /--fail-on is one of error, warning, information, never/],
      ['an option without its value', ['--project'], /an option lacks its value/],
      [
        'a rule without a severity',
        ['--rule', 'dynamic-secret'],
        /CODE=SEVERITY.*error, warning, information, hint, off/,
      ],
      ['a rule of an unknown code', ['--rule', 'dynamic-secrt=off'], /did you mean dynamic-secret\?/],
      ['a name for no input', ['--stdin-filename', 'a.flow.yaml'], /goes with -/],
      ['an empty path', [''], /a path is empty/],
      ['an unknown code to explain', ['--explain', 'hunter2hunter2'], /there are: undefined-secret, /],
    ] as const) {
      it(`2 for ${what}, and does not repeat it`, async () => {
        const { code, stdout, stderr } = await run({ 'flow.yaml': ERROR }, args);
        assert.equal(code, 2);
        assert.equal(stdout, '');
        assert.match(stderr, message);
        assert.doesNotMatch(stderr, /hunter2/);
      });
    }

    it('2 for what cannot be read, after checking the rest', async () => {
      const outcome = await run(
        {
          'bad.flow.yaml': ERROR,
          'latin.flow.yaml': Buffer.from('blocks: # Gr\u00f6\u00dfe\n', 'latin1'),
          'other.yaml': Buffer.from('# Gr\u00f6\u00dfe\n', 'latin1'),
        },
        ['.', 'nowhere'],
      );
      assert.equal(outcome.code, 2);
      assert.deepEqual(places(outcome), ['bad.flow.yaml:4:43 error [link-block]']);
      assert.equal(
        outcome.stderr,
        'flow-secrets check: latin.flow.yaml was not checked: it is not UTF-8 text\nflow-secrets check: nowhere was not checked: no such file or folder\n',
      );
    });
  });

  describe('finds', () => {
    it('flows, configs and project files below a folder, and nothing else', async () => {
      const { stdout } = await run(
        {
          'flow.yaml': ERROR,
          'deep/er/x.flow.yml': ERROR,
          'other-name.yaml': ERROR,
          'json-like.yml': '{ "blocks": [{ "name": "A", "type": { "coreBlock": "trasform" } }] }',
          'slack.installation.yaml': 'app: slack\nnme: x\n',
          'other.mocks.yml': 'blocks:\n  Nobody: { dta: 1 }\n',
          'flows.project.yaml': 'projekt: x\n',
          'no-flow.yaml': 'blocks:\n  - text\n',
          'nested.yaml': 'a:\n  blocks:\n    - type: { coreBlock: x }\n',
          'flow.json': ERROR,
          'node_modules/a/flow.yaml': ERROR,
          '.git/flow.yaml': ERROR,
          'infra/.terraform/modules/flow.yaml': ERROR,
        },
        ['--format', 'json', '--no-types'],
      );
      const found = JSON.parse(stdout) as { problems: { file: string }[] };
      assert.deepEqual([...new Set(found.problems.map(({ file }) => file))].sort(), [
        'deep/er/x.flow.yml',
        'flow.yaml',
        'flows.project.yaml',
        'json-like.yml',
        'other-name.yaml',
        'other.mocks.yml',
        'slack.installation.yaml',
      ]);
    });

    it('mocks, and what their flow does not have', async () => {
      const outcome = await run(
        {
          'a.flow.yaml': 'blocks:\n  - name: Deploy\n    type: { coreBlock: httpRequest }\n',
          'a.mocks.yaml': 'blocks:\n  Deplyo: { data: 1 }\n  Deploy: { data: !expr secrets.NONE }\n',
          'a.down.mocks.yaml': 'blocks:\n  Deplyo: { error: x } # flows-ignore[unused-mock]\n',
          'flows.project.yaml': 'project: x\nsecrets: {}\n',
        },
        [],
      );
      assert.deepEqual(places(outcome), [
        'a.mocks.yaml:2:3 warning [unused-mock]',
        'a.mocks.yaml:3:33 error [undefined-secret]',
      ]);
    });

    it('a file that is named, whatever it is called, once', async () => {
      const outcome = await run({ 'a.txt': ERROR, 'node_modules/b.flow.yaml': ERROR, 'c.flow.yaml': ERROR }, [
        'a.txt',
        './a.txt',
        'node_modules/b.flow.yaml',
      ]);
      assert.deepEqual(places(outcome), [
        'a.txt:4:43 error [link-block]',
        'node_modules/b.flow.yaml:4:43 error [link-block]',
      ]);
    });

    it('what links lead to, once, and survives links in circles and to nowhere', async function () {
      const root = files({ 'real/a.flow.yaml': ERROR, 'start/b.flow.yaml': ERROR });
      try {
        fs.symlinkSync(path.join(root, 'real'), path.join(root, 'start/linked'));
        fs.symlinkSync(path.join(root, 'real'), path.join(root, 'start/again'));
        fs.symlinkSync(path.join(root, 'start'), path.join(root, 'real/back'));
        fs.symlinkSync(root, path.join(root, 'start/up'));
        fs.symlinkSync('/', path.join(root, 'start/root'));
        fs.symlinkSync('nowhere.flow.yaml', path.join(root, 'start/dead.flow.yaml'));
        fs.symlinkSync('self.flow.yaml', path.join(root, 'start/self.flow.yaml'));
        fs.symlinkSync('b.flow.yaml', path.join(root, 'start/z.flow.yaml'));
      } catch {
        this.skip();
      }
      const outcome = await check(['start'], { cwd: root });
      assert.deepEqual(places(outcome), [
        'start/again/a.flow.yaml:4:43 error [link-block]',
        'start/b.flow.yaml:4:43 error [link-block]',
      ]);
      assert.equal(outcome.code, 1);
    });

    it('text in UTF-16 and with a byte order mark', async () => {
      const outcome = await run({
        'a.flow.yaml': Buffer.from(`\uFEFF${ERROR}`, 'utf16le'),
        'b.flow.yaml': `\uFEFF${ERROR}`,
        'c.flow.yaml': Buffer.from(`\uFEFF${ERROR}`, 'utf16le').swap16(),
      });
      assert.deepEqual(places(outcome), [
        'a.flow.yaml:4:43 error [link-block]',
        'b.flow.yaml:4:43 error [link-block]',
        'c.flow.yaml:4:43 error [link-block]',
      ]);
    });

    it('a file on the standard input, under the name it is given', async () => {
      const content = {
        'flows.project.yaml': 'project: outer\nsecrets: {}\n',
        'in/flows.project.yaml': 'project: inner\nsecrets: {}\n',
      };
      const input = reads('secrets.A');
      const named = await run(content, ['-', '--stdin-filename', 'in/x.flow.yaml'], { input });
      assert.match(named.stdout, /^in\/x\.flow\.yaml:6:45 error .* project `inner`/);
      const unnamed = await run(content, ['-'], { input });
      assert.match(unnamed.stdout, /^stdin\.flow\.yaml:6:45 error .* project `outer`/);
      const project = await run({}, ['-', '--stdin-filename', 'flows.project.yaml'], {
        input: 'projct: x\n',
      });
      assert.deepEqual(places(project), ['flows.project.yaml:1:1 warning [project-field]']);
      const binary = await run({}, ['-'], { input: Buffer.from([0xc3, 0x28]) });
      assert.equal(binary.code, 2);
      assert.match(binary.stderr, /stdin\.flow\.yaml was not checked: it is not UTF-8 text/);
    });
  });

  describe('knows', () => {
    it('the keys and severities of the nearest project file upward', async () => {
      const outcome = await run({
        'flows.project.yaml': 'secrets: { OUTER: }\nrules: { undefined-secret: warning }\n',
        'a.flow.yaml': reads('secrets.INNER'),
        'in/flows.project.yaml': 'secrets: { INNER: }\n',
        'in/deep/b.flow.yaml': reads('secrets.OUTER + secrets.INNER'),
      });
      assert.deepEqual(
        places(outcome).filter((line) => !line.includes('unused-secret')),
        ['a.flow.yaml:6:45 warning [undefined-secret]', 'in/deep/b.flow.yaml:6:45 error [undefined-secret]'],
      );
    });

    it('a project file that is named for all, whatever it is called', async () => {
      const outcome = await run(
        {
          'flows.project.yaml': 'secrets: { A: }\n',
          'a.flow.yaml': reads('secrets.A + secrets.B'),
          'config/ours.yml': 'project: ours\nsecrets: { B: }\nfoo: 1\n',
        },
        ['a.flow.yaml', '--project', 'config/ours.yml'],
      );
      assert.deepEqual(places(outcome), [
        'config/ours.yml:3:1 warning [project-field]',
        'a.flow.yaml:6:45 error [undefined-secret]',
      ]);
      const missing = await run({ 'a.flow.yaml': GOOD }, ['--project', 'nowhere.yaml']);
      assert.equal(missing.code, 2);
      assert.match(missing.stderr, /nowhere\.yaml was not checked: no such file/);
    });

    it('that a mistake in the project file concerns whoever relies on it', async () => {
      const root = files({
        'flows.project.yaml': 'secrets:\n  A: "x\n',
        'in/a.flow.yaml': reads('secrets.B'),
      });
      const outcome = await check(['a.flow.yaml'], { cwd: path.join(root, 'in') });
      assert.deepEqual(places(outcome), [
        '../flows.project.yaml:2:6 error [yaml-syntax]',
        '../flows.project.yaml:2:6 error [project-value]',
      ]);
      assert.equal(outcome.code, 1);
    });

    it('severities of its own, which win over the project', async () => {
      const content = {
        'flows.project.yaml': 'secrets: {}\nrules: { undefined-secret: off }\n',
        'a.flow.yaml': reads('[secrets.A, secrets[previous]]'),
      };
      const outcome = await run(content, [
        '--rule',
        'undefined-secret=information',
        '--rule=dynamic-secret=error',
        '--rule=dynamic-secret=off',
      ]);
      assert.deepEqual(places(outcome), ['a.flow.yaml:6:46 information [undefined-secret]']);
      assert.equal(outcome.code, 0);
      const project = await run({ 'flows.project.yaml': 'projct: x\n' }, ['--rule', 'project-field=off']);
      assert.equal(project.code, 0);
    });

    it('keys that Terraform makes, also beside what it was asked for', async () => {
      const content = {
        'flows.project.yaml': 'secrets: { A: }\n',
        'flows/a.flow.yaml': reads('[secrets.A, secrets.MADE, secrets.NOBODYS]'),
        'infra/secrets.tf': 'resource "flows_secret" "made" {\n  project_id = "x"\n  key = "MADE"\n}\n',
        'infra/other.tf': 'resource "aws_thing" "x" {\n  broken = \n}\n',
        'inner/flows.project.yaml': 'secrets: {}\n',
        'inner/secrets.tf': 'resource "flows_secret" "inner" {\n  key = "NOBODYS"\n}\n',
      };
      for (const args of [['flows/a.flow.yaml'], ['.'], ['flows', 'infra/secrets.tf']]) {
        assert.deepEqual(places(await run(content, args)), [
          'flows/a.flow.yaml:6:71 error [undefined-secret]',
        ]);
      }
      const incomplete = {
        ...content,
        'infra/more.tf': 'resource "flows_secret" "all" {\n  for_each = var.secrets\n  key = each.key\n}\n',
      };
      assert.deepEqual(places(await run(incomplete, ['flows'])), []);
    });

    it('Terraform files themselves, and the flows they create', async () => {
      const outcome = await run({
        'flows.project.yaml': 'secrets: { A: }\n',
        'release.flow.yaml': 'appInstallations: { slack: { appName: Slack } }\n' + reads('secrets.A'),
        'main.tf':
          'resource "flows_app_installation" "slack" {\n  config_fields = {\n    token = "secrets.B"\n  }\n}\nresource "flows_flow" "release" {\n  definition = file("${path.module}/release.flow.yaml")\n  app_installation_mapping = {\n    slak = flows_app_installation.slack.id\n  }\n}\n',
      });
      assert.deepEqual(places(outcome), [
        'main.tf:3:22 error [undefined-secret]',
        'main.tf:8:3 warning [missing-mapping]',
        'main.tf:9:5 warning [unknown-mapping]',
      ]);
    });

    it('which keys nobody names, once it has read the whole project', async () => {
      const content = {
        'flows.project.yaml': 'secrets:\n  USED:\n  IN_CONFIG:\n  IN_TERRAFORM:\n  OLD:\n',
        'flows/a.flow.yaml': reads('secrets.USED'),
        'x.installation.yaml': 'app: x\nconfig: # flows-ignore[app-source]\n  a: !expr secrets.IN_CONFIG\n',
        'main.tf':
          'resource "flows_app_installation" "x" {\n  config_fields = { a = "secrets.IN_TERRAFORM" }\n}\n',
      };
      assert.deepEqual(places(await run(content)), ['flows.project.yaml:5:3 hint [unused-secret]']);
      assert.deepEqual(places(await run(content, ['flows', 'flows.project.yaml'])), []);
    });

    it('the types of expressions, unless it is told to leave them out', async () => {
      const content = { 'a.flow.yaml': reads('Math.flor(1)') };
      const outcome = await run(content);
      assert.deepEqual(places(outcome), ['a.flow.yaml:6:42 warning [expression-type]']);
      assert.match(outcome.stdout, /There is no `flor` in `Math`\. Did you mean `floor`\?/);
      assert.equal((await run(content, ['--no-types'])).code, 0);
      assert.equal((await run(content, ['--rule', 'expression-type=off'])).code, 0);
    });
  });

  it('leaves out what does not fail, and the summary, when it is to be quiet', async () => {
    const content = { 'a.flow.yaml': ERROR, 'b.flow.yaml': HINT, 'c.flow.yaml': WARNING };
    assert.equal(
      (await run(content, ['--quiet', '--fail-on', 'error'])).stdout,
      'a.flow.yaml:4:43 error There is no block "B" in this flow. [link-block]\n',
    );
    assert.equal((await run({ 'flow.yaml': GOOD }, ['--quiet'])).stdout, '');
  });

  it('explains a diagnostic, and itself', async () => {
    const { code, stdout } = await run({}, ['--explain', 'unknown-group']);
    assert.equal(code, 0);
    assert.match(stdout, /^unknown-group\n\nA group that does not exist \(error\)\./);
    assert.doesNotMatch(stdout, /unknown-installation/);
    const help = await run({}, ['--help']);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^usage: flow-secrets check /);
  });

  it('shows no text of a file that could be a value, in any format', async () => {
    const CANARY = 'canary-5f2c-hunter2';
    const content = {
      'flows.project.yaml': `secrets:\n  A: ${CANARY}\n  B: { value: "${CANARY}" }\n  C: [${CANARY}]\n  D: ${CANARY}: ${CANARY}\n`,
      'second/flows.project.yaml': `secrets:\n  A: "${CANARY}\n`,
      'third/flows.project.yaml': `secrets:\n  A: '${CANARY}' ${CANARY}\n  B: @${CANARY}\n`,
      'a.flow.yaml': `blocks:\n  - name: A\n    type: { coreBlock: httpEndpoint }\n    config: { path: ${CANARY}, audience: ${CANARY} }\n`,
      'b.flow.yaml': `blocks:\n  - name: A\n    type: { coreBlock: sleep }\n    inputs: { default: { config: { sleep: ${CANARY} } } }\n`,
      'c.flow.yaml': `blocks:\n  - name: A\n    type: { coreBlock: transform }\n    description: "${CANARY}" "${CANARY}"\n`,
      'd.flow.yaml': reads(`({ token: "${CANARY}" "${CANARY}" })`),
      'e.flow.yaml': reads(`"${CANARY}`),
      'f.flow.yaml': `appInstallations: {}\nblocks:\n  - name: A\n    type: { appBlock: { block: x, appInstallation: y, schema: '{"a": "${CANARY}"' } }\n`,
      'g.tf': `resource "flows_app_installation" "x" {\n  config_fields = { a = "\\"${CANARY}\\" \\"${CANARY}\\"" }\n}\n`,
    };
    for (const format of ['text', 'json', 'sarif', 'github']) {
      const { code, stdout, stderr } = await run(content, ['--format', format]);
      assert.equal(code, 1);
      assert.ok(!`${stdout}${stderr}`.includes('hunter2'), `${format}: ${stdout}`);
    }
  });
});
