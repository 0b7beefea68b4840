import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Finding } from '../../../client/cli/check/analyse.js';
import { github } from '../../../client/cli/check/github.js';
import type { Report } from '../../../client/cli/check/report.js';
import { text } from '../../../client/cli/check/text.js';
import { CODES } from '../../../flow/codes.js';
import { check, folder } from './program.js';

/** Something of every kind: beyond the basic plane, in quotes, over several lines, of every severity. */
const FILES = {
  'flows.project.yaml': 'project: ops\nsecrets:\n  API_TOKEN:\n  OLD:\n',
  'sub folder/ä,1:2%.flow.yaml': [
    'blocks:',
    '  - name: "😀 A"',
    '    type: { coreBlock: transform }',
    '    inputs: { default: { links: [{ block: "😀 B", output: default }] } }',
    '    outputs: { default: { outputCustomization: !expr \'"😀" + secrets.API_TOKN\' } }',
    '    descripton: >-',
    '      x',
    '  - name: C',
    '    type: { coreBlock: somethingElse }',
    '',
  ].join('\n'),
  'list.flow.yaml': '- a\n- b\n',
};

interface Sarif {
  $schema: string;
  version: string;
  runs: {
    tool: {
      driver: {
        name: string;
        semanticVersion: string;
        rules: {
          id: string;
          name: string;
          shortDescription: { text: string };
          fullDescription: { text: string };
          help: { text: string; markdown: string };
          defaultConfiguration: { level: string };
        }[];
      };
    };
    invocations: {
      executionSuccessful: boolean;
      toolExecutionNotifications: {
        level: string;
        message: { text: string };
        locations: SarifLocation[];
      }[];
    }[];
    originalUriBaseIds: Record<string, { uri: string }>;
    columnKind: string;
    results: {
      ruleId: string;
      ruleIndex: number;
      level: string;
      message: { text: string };
      locations: SarifLocation[];
    }[];
  }[];
}
interface SarifLocation {
  physicalLocation: {
    artifactLocation: { uri: string; uriBaseId?: string };
    region?: { startLine: number; startColumn: number; endLine: number; endColumn: number };
  };
}

describe('flow-secrets check --format', function () {
  this.timeout(60_000);
  let root: string;
  before(() => (root = folder(FILES)));
  after(() => fs.rmSync(root, { recursive: true }));

  it('json: every finding with its file, place in UTF-16 units, code and names', async () => {
    const { code, stdout } = await check(['--format=json', '--no-types'], { cwd: root });
    assert.equal(code, 1);
    const report = JSON.parse(stdout) as Record<string, unknown> & {
      problems: (Finding & { file: string })[];
    };
    const { problems, ...rest } = report;
    assert.deepEqual(rest, {
      version: 1,
      files: 3,
      filesWithoutKeys: 0,
      types: 'off',
      counts: { error: 3, warning: 1, information: 1, hint: 2 },
      unreadable: [],
    });
    assert.deepEqual(
      problems.find((problem) => problem.code === 'undefined-secret'),
      {
        file: 'sub folder/ä,1:2%.flow.yaml',
        line: 5,
        column: 70,
        endLine: 5,
        endColumn: 78,
        severity: 'error',
        code: 'undefined-secret',
        message: 'Secret `API_TOKN` is not declared in project `ops`. Did you mean `API_TOKEN`?',
        data: { key: 'API_TOKN', near: 'API_TOKEN' },
      },
    );
    const line = FILES['sub folder/ä,1:2%.flow.yaml'].split('\n')[4]!;
    assert.equal(line.slice(69, 77), 'API_TOKN');
  });

  it('json and sarif: what could not be read is in the report as well', async () => {
    const { code, stdout } = await check(['--format=json', 'nowhere', 'list.flow.yaml'], { cwd: root });
    assert.equal(code, 2);
    const report = JSON.parse(stdout) as { unreadable: unknown; problems: unknown[] };
    assert.deepEqual(report.unreadable, [{ file: 'nowhere', reason: 'no such file or folder' }]);
    assert.equal(report.problems.length, 1);
    const sarif = await check(['--format=sarif', 'nowhere', 'list.flow.yaml'], { cwd: root });
    const [invocation] = (JSON.parse(sarif.stdout) as Sarif).runs[0]!.invocations;
    assert.equal(invocation!.executionSuccessful, false);
    const [notification] = invocation!.toolExecutionNotifications;
    assert.equal(notification!.message.text, 'Not checked: no such file or folder.');
    assert.equal(notification!.locations[0]!.physicalLocation.artifactLocation.uri, 'nowhere');
  });

  it('sarif: a log of version 2.1.0 with rules, help, regions and relative locations', async () => {
    const { code, stdout } = await check(['--format', 'sarif', '--no-types'], { cwd: root });
    assert.equal(code, 1);
    const log = JSON.parse(stdout) as Sarif;
    assert.match(log.$schema, /^https:\/\/.*sarif-2\.1\.0/);
    assert.equal(log.version, '2.1.0');
    const [run, ...more] = log.runs;
    assert.ok(run && more.length === 0);
    assert.equal(run.columnKind, 'utf16CodeUnits');
    assert.deepEqual(run.invocations, [{ executionSuccessful: true, toolExecutionNotifications: [] }]);

    const { driver } = run.tool;
    assert.equal(driver.name, 'flow-secrets');
    assert.match(driver.semanticVersion, /^\d+\.\d+\.\d+/);
    assert.deepEqual(
      driver.rules.map(({ id }) => id),
      Object.keys(CODES),
    );
    for (const rule of driver.rules) {
      assert.match(rule.name, /^[A-Z][A-Za-z]+$/);
      for (const { text: words } of [rule.shortDescription, rule.fullDescription, rule.help])
        assert.ok(words.length > 10, rule.id);
      assert.match(rule.help.markdown, /```/, rule.id);
      assert.match(rule.defaultConfiguration.level, /^(?:none|note|warning|error)$/);
    }

    const base = run.originalUriBaseIds['%SRCROOT%']!.uri;
    assert.equal(base, `${pathToFileURL(root).href}/`);
    assert.equal(run.results.length, 7);
    for (const { ruleId, ruleIndex, level, message, locations } of run.results) {
      assert.equal(driver.rules[ruleIndex]!.id, ruleId);
      assert.match(level, /^(?:note|warning|error)$/);
      assert.ok(message.text.length > 10);
      assert.equal(locations.length, 1);
      const { artifactLocation, region } = locations[0]!.physicalLocation;
      assert.equal(artifactLocation.uriBaseId, '%SRCROOT%');
      assert.ok(!artifactLocation.uri.startsWith('/') && !artifactLocation.uri.includes('..'));
      // The reference leads to the file.
      assert.ok(fs.existsSync(fileURLToPath(new URL(artifactLocation.uri, base))));
      assert.ok(region!.startLine >= 1 && region!.startColumn >= 1);
      assert.ok(
        region!.endLine > region!.startLine ||
          (region!.endLine === region!.startLine && region!.endColumn > region!.startColumn),
      );
    }
    const key = run.results.find(({ ruleId }) => ruleId === 'undefined-secret');
    assert.deepEqual(key!.locations[0]!.physicalLocation, {
      artifactLocation: { uri: 'sub%20folder/%C3%A4%2C1%3A2%25.flow.yaml', uriBaseId: '%SRCROOT%' },
      region: { startLine: 5, startColumn: 70, endLine: 5, endColumn: 78 },
    });
  });

  it('sarif: a file outside of the folder has its whole address', async () => {
    const { stdout } = await check(['--format=sarif', '../list.flow.yaml', '--no-types'], {
      cwd: path.join(root, 'sub folder'),
    });
    const [result] = (JSON.parse(stdout) as Sarif).runs[0]!.results;
    assert.deepEqual(result!.locations[0]!.physicalLocation.artifactLocation, {
      uri: pathToFileURL(path.join(root, 'list.flow.yaml')).href,
    });
  });

  it('github: annotations with escaped properties, and the summary', async () => {
    const { code, stdout } = await check(['--format', 'github', '--no-types'], { cwd: root });
    assert.equal(code, 1);
    assert.deepEqual(stdout.split('\n'), [
      '::notice file=flows.project.yaml,line=3,endLine=3,col=3,endColumn=12,title=unused-secret::No flow of this project names `API_TOKEN`.',
      '::notice file=flows.project.yaml,line=4,endLine=4,col=3,endColumn=6,title=unused-secret::No flow of this project names `OLD`.',
      '::error file=list.flow.yaml,line=1,endLine=3,title=not-a-flow::A flow definition is a map with `blocks`, and optionally `appInstallations`, `notes`, `dataTables` and `agentPools`.',
      '::error file=sub folder/ä%2C1%3A2%25.flow.yaml,line=4,endLine=4,col=43,endColumn=49,title=link-block::There is no block "😀 B" in this flow. Did you mean "😀 A"?',
      '::error file=sub folder/ä%2C1%3A2%25.flow.yaml,line=5,endLine=5,col=70,endColumn=78,title=undefined-secret::Secret `API_TOKN` is not declared in project `ops`. Did you mean `API_TOKEN`?',
      '::warning file=sub folder/ä%2C1%3A2%25.flow.yaml,line=6,endLine=6,col=5,endColumn=15,title=unknown-field::`descripton` is no key of a block. Did you mean `description`?',
      '::notice file=sub folder/ä%2C1%3A2%25.flow.yaml,line=9,endLine=9,col=24,endColumn=37,title=unknown-core-block::`somethingElse` is not among the core blocks that are known here, so its fields are not checked. Known: httpEndpoint, httpRequest, condition, transform, sleep, schedule, mcpTool, handleError, group.',
      '7 problems in 3 of 3 files: 3 errors, 1 warning, 1 information, 2 hints',
      '',
    ]);
  });

  it('github: paths as the repository has them, wherever the command runs', async () => {
    const { stdout } = await check(['--format=github', '--quiet', '--no-types', '.'], {
      cwd: path.join(root, 'sub folder'),
      env: { GITHUB_WORKSPACE: root },
    });
    assert.match(stdout, /^::error file=sub folder\/ä/);
  });

  it('github: no message can begin a command of its own', () => {
    const message = 'a\r\n::set-output name=x::y %0A';
    const report = {
      findings: [finding({ message })],
      unreadable: [],
      files: 1,
      unlisted: new Map(),
      types: 'off',
    } as const;
    const shown = github(report, { folder: '/w', colours: false, quiet: true });
    assert.equal(
      shown,
      '::error file=a.flow.yaml,line=1,endLine=1,col=2,endColumn=3,title=shape::a ::set-output name=x::y %250A\n',
    );
  });

  it('text: in colours where the terminal has them', () => {
    const report: Report = {
      findings: [finding({}), finding({ severity: 'hint', path: '/w/b.flow.yaml' })],
      unreadable: [],
      files: 2,
      unlisted: new Map(),
      types: 'checked',
    };
    const plain = text(report, { folder: '/w', colours: false, quiet: false });
    const coloured = text(report, { folder: '/w', colours: true, quiet: false });
    assert.equal(
      coloured.split('\n')[0],
      'a.flow.yaml:1:2 \u001b[31merror\u001b[0m m \u001b[2m[shape]\u001b[0m',
    );
    // eslint-disable-next-line no-control-regex -- colours are control sequences
    assert.equal(coloured.replace(/\u001b\[\d+m/g, ''), plain);
  });
});

function finding(more: Partial<Finding>): Finding {
  return {
    path: '/w/a.flow.yaml',
    line: 1,
    column: 2,
    endLine: 1,
    endColumn: 3,
    severity: 'error',
    code: 'shape',
    message: 'm',
    ...more,
  };
}
