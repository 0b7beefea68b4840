import assert from 'node:assert/strict';
import type { CompletionItem, Hover, MarkupContent } from 'vscode-languageserver/node';
import type { FlowSecretsResult } from '../../../flow/protocol.js';
import type { TypeThread } from '../../../server/typescript/thread.js';
import { cursor, flowWith, textAt, TestClient } from './client.js';

const PROJECT =
  'project: ops\nsecrets:\n  API_TOKEN: { description: Token of the *API* }\n  JWT_SECRET:\n  STATUS: { sensitive: false }\n';

describe('language server', () => {
  let client: TestClient;
  const start = async (...parameters: Parameters<typeof TestClient.start>): Promise<void> => {
    client = await TestClient.start(...parameters);
  };
  afterEach(() => client.dispose());

  describe('a large flow', () => {
    const blocks = (count: number, of: (i: number) => string): string =>
      `blocks:\n${Array.from({ length: count }, (_, i) => `  - name: Block ${i}\n    type: { coreBlock: transform }\n    outputs:\n      default:\n        outputCustomization: !expr ${of(i)}\n`).join('')}`;

    it('answers while it is being checked', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      const text = blocks(4000, (i) => `"[${'x, '.repeat(100)}${i}].map((x) => x + secrets.API_TOKEN)"`);
      await client.open('a.flow.yaml', text);
      const items = await client.complete('a.flow.yaml', {
        line: 5,
        character: text.split('\n')[5]!.indexOf('secrets.') + 'secrets.'.length,
      });
      assert.deepEqual(
        items.map(({ label }) => label),
        ['API_TOKEN', 'JWT_SECRET', 'STATUS'],
      );
      assert.equal(client.published.length, 0);
    }).timeout(30_000);

    it('is published before TypeScript is asked for types', async () => {
      let publishedBefore: number | undefined;
      const asked = new Promise<void>((resolve) => {
        const thread: TypeThread = {
          request: () => {
            publishedBefore ??= client.published.length;
            resolve();
            return new Promise(() => undefined);
          },
          stop: () => undefined,
        };
        void start({ 'flows.project.yaml': PROJECT }, { thread }).then(() =>
          client.open(
            'a.flow.yaml',
            blocks(8000, (i) => `"[${'x, '.repeat(100)}${i}].map((x) => x + secrets.API_TOKEN)"`),
          ),
        );
      });
      await asked;
      assert.ok(publishedBefore! > 0);
    }).timeout(30_000);

    it('shows the gravest thousand of its reports', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      const text = blocks(1200, (i) => (i < 1100 ? `secrets.API_TOKEN;` : 'secrets.NOBODY'));
      await client.open('a.flow.yaml', text);
      const codes = (await client.diagnostics('a.flow.yaml')).map(({ code }) => code);
      assert.equal(codes.length, 1000);
      assert.equal(codes.filter((code) => code === 'undefined-secret').length, 100);
    });
  });

  describe('completion', () => {
    for (const marked of [
      '!expr secrets.|',
      '!expr secrets?.|',
      '!expr secrets["|"]',
      "!expr 'secrets[''|'']'",
      '!expr secrets[`|`]',
      '!expr `Bearer ${secrets.|}`',
      '!expr "`Bearer ${secrets.|}`"',
      '!expr (() => { const { | } = secrets; })()',
      '!expr |-\n          foo(secrets.|',
      '!expr >-\n          1 +\n          secrets.|',
      '!expr |-\n          1 +\n          secrets.\n            |\n  - name: Two\n    type: { coreBlock: sleep }',
      '!expr secrets. |',
      '!expr "secrets.|',
      "!expr 'secrets.|\n        more: text",
      '!expr "`Bearer ${secrets.|',
    ]) {
      it(`offers the project's keys at ${JSON.stringify(marked)}`, async () => {
        await start({ 'ops/flows.project.yaml': PROJECT });
        // The first bar may be YAML's own: the cursor is the last one.
        const at = marked.lastIndexOf('|');
        const { position } = cursor(
          flowWith('\u0000').replace(
            '\u0000',
            marked.slice(0, at).replaceAll('|', '\u0001') + '|' + marked.slice(at + 1),
          ),
        );
        const text = flowWith(marked.slice(0, at) + marked.slice(at + 1));
        await client.open('ops/a.flow.yaml', text);
        const items = await client.complete('ops/a.flow.yaml', position);
        assert.deepEqual(
          items.map(({ label }) => label),
          ['API_TOKEN', 'JWT_SECRET', 'STATUS'],
        );
      });
    }

    describe('beside a key', () => {
      const KEYS =
        'project: ops\nsecrets:\n  API_TOKEN: { description: Token of the *API* }\n  JWT_SECRET:\n';
      const labelDetails = {
        textDocument: { completion: { completionItem: { labelDetailsSupport: true } } },
      };
      const offered = async (options: Parameters<typeof TestClient.start>[1]): Promise<CompletionItem[]> => {
        await start({ 'ops/flows.project.yaml': KEYS }, options);
        const { text, position } = cursor(flowWith('!expr secrets.|'));
        await client.open('ops/a.flow.yaml', text);
        await client.setKeys('ops', ['JWT_SECRET', 'FROM_HERE']);
        return client.complete('ops/a.flow.yaml', position);
      };

      it('says in few words what it lacks, which leaves the key its room', async () => {
        const items = await offered({ capabilities: labelDetails });
        assert.deepEqual(
          items.map(({ label, labelDetails, detail }) => [label, labelDetails, detail]),
          [
            ['API_TOKEN', { description: 'no value' }, undefined],
            ['JWT_SECRET', undefined, undefined],
            ['FROM_HERE', { description: 'not declared' }, undefined],
          ],
        );
      });

      it('says it where there is room for one detail only, too', async () => {
        assert.deepEqual(
          (await offered({})).map(({ label, labelDetails, detail }) => [label, labelDetails, detail]),
          [
            ['API_TOKEN', undefined, 'no value'],
            ['JWT_SECRET', undefined, undefined],
            ['FROM_HERE', undefined, 'not declared'],
          ],
        );
      });

      it('leaves the rest to the documentation', async () => {
        const [item] = await offered({ capabilities: labelDetails });
        const { value } = item!.documentation as MarkupContent;
        assert.match(
          value,
          /secret of project `ops`[^]*Token of the \\\*API\\\*[^]*Has no value on this machine/,
        );
      });
    });

    it('replaces the whole key under the cursor', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      const { text, position } = cursor(flowWith('!expr secrets.AP|X + 1'));
      await client.open('a.flow.yaml', text);
      const [item] = await client.complete('a.flow.yaml', position);
      assert.ok(item?.textEdit && 'range' in item.textEdit);
      assert.equal(textAt(text, item.textEdit.range), 'APX');
    });

    it('offers nothing after other objects, in strings and outside expressions', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      for (const marked of [
        '!expr secrets|',
        '!expr secrets. # |',
        '!expr outputs.|',
        '!expr \'"secrets.|"\'',
        'secrets.|',
        '!expr (secrets => secrets.|)(1)',
      ]) {
        const { text, position } = cursor(flowWith(marked));
        await client.open('a.flow.yaml', text);
        const labels = (await client.complete('a.flow.yaml', position)).map(({ label }) => label);
        assert.ok(!labels.includes('API_TOKEN'), marked);
      }
    });

    it('knows what is typed right after an edit', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      const { text, position } = cursor(flowWith('!expr secrets|'));
      await client.open('a.flow.yaml', text);
      await client.edit('a.flow.yaml', [{ range: { start: position, end: position }, text: '.' }]);
      const items = await client.complete('a.flow.yaml', { ...position, character: position.character + 1 });
      assert.equal(items.length, 3);
    });

    it('offers the names the flow uses already where no project file exists', async () => {
      await start();
      const { text, position } = cursor(flowWith('!expr secrets.KNOWN + secrets.|'));
      await client.open('a.flow.yaml', text);
      assert.deepEqual(
        (await client.complete('a.flow.yaml', position)).map(({ label }) => label),
        ['KNOWN'],
      );
    });
  });

  describe('diagnostics', () => {
    it('underlines an undeclared key, exactly, and says what would be right', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      const text = flowWith('!expr "`x \\"y\\" ${secrets.API_TOKN}`"');
      await client.open('a.flow.yaml', text);
      const [diagnostic, ...rest] = await client.diagnostics('a.flow.yaml');
      assert.deepEqual(rest, []);
      assert.equal(textAt(text, diagnostic!.range), 'API_TOKN');
      assert.equal(
        diagnostic!.message,
        'Secret `API_TOKN` is not declared in project `ops`. Did you mean `API_TOKEN`?',
      );
      assert.equal(diagnostic!.code, 'undefined-secret');
      assert.equal(diagnostic!.severity, 1);
      assert.equal(client.published.at(-1)!.version, 1);
    });

    it('calls nothing undefined while the list of keys is not complete', async () => {
      for (const project of [undefined, 'project: ops\n', 'secrets:\n  A: "\n']) {
        await start(project === undefined ? {} : { 'flows.project.yaml': project });
        await client.open('a.flow.yaml', flowWith('!expr secrets.NOBODY'));
        assert.deepEqual(await client.diagnostics('a.flow.yaml'), []);
      }
    });

    it('uses the nearest project file upward', async () => {
      await start({
        'flows.project.yaml': 'secrets: { OUTER: }\n',
        'in/flows.project.yaml': 'secrets: { INNER: }\n',
      });
      await client.open('in/deep/a.flow.yaml', flowWith('!expr secrets.OUTER + secrets.INNER'));
      assert.deepEqual(
        (await client.diagnostics('in/deep/a.flow.yaml')).map(({ data }) => (data as { key: string }).key),
        ['OUTER'],
      );
    });

    it('follows the project file: on disk, in the editor before it is saved, and when it is closed again', async () => {
      await start({ 'flows.project.yaml': 'secrets: {}\n' });
      await client.open('a.flow.yaml', flowWith('!expr secrets.NEW'));
      assert.equal((await client.diagnostics('a.flow.yaml')).length, 1);
      client.write('flows.project.yaml', 'secrets: { NEW: }\n');
      await client.changed('flows.project.yaml');
      assert.equal((await client.diagnostics('a.flow.yaml')).length, 0);
      await client.open('flows.project.yaml', 'secrets: {}\n', 'yaml');
      assert.equal((await client.diagnostics('a.flow.yaml')).length, 1);
      await client.edit('flows.project.yaml', [{ text: 'secrets:\n  NEW:\n' }]);
      assert.equal((await client.diagnostics('a.flow.yaml')).length, 0);
      await client.edit('flows.project.yaml', [{ text: 'secrets: {}\n' }]);
      await client.close('flows.project.yaml');
      assert.equal((await client.diagnostics('a.flow.yaml')).length, 0);
    });

    it('sees a changed project file also where the editor does not tell', async () => {
      await start({ 'flows.project.yaml': 'secrets: {}\n' }, { watched: false });
      await client.open('a.flow.yaml', flowWith('!expr secrets.NEW'));
      assert.equal((await client.diagnostics('a.flow.yaml')).length, 1);
      client.write('flows.project.yaml', 'secrets: { NEW: }\n');
      await client.edit('a.flow.yaml', [{ text: flowWith('!expr secrets.NEW ') }]);
      assert.equal((await client.diagnostics('a.flow.yaml')).length, 0);
    });

    it('says which declared keys have no value on this machine, once it knows', async () => {
      await start({ 'ops/flows.project.yaml': PROJECT });
      await client.open('ops/a.flow.yaml', flowWith('!expr secrets.API_TOKEN + secrets.JWT_SECRET'));
      assert.deepEqual(await client.diagnostics('ops/a.flow.yaml'), []);
      await client.setKeys('ops', ['JWT_SECRET']);
      const diagnostics = await client.diagnostics('ops/a.flow.yaml');
      assert.deepEqual(
        diagnostics.map(({ code, severity }) => [code, severity]),
        [['secret-without-value', 3]],
      );
      await client.setKeys('ops', ['JWT_SECRET', 'API_TOKEN']);
      assert.deepEqual(await client.diagnostics('ops/a.flow.yaml'), []);
    });

    it('reports the mistakes of a project file in that file', async () => {
      await start();
      const text = 'secrets:\n  A: hunter2hunter2\n';
      await client.open('flows.project.yaml', text, 'yaml');
      const diagnostic = (await client.diagnostics('flows.project.yaml')).find(
        ({ code }) => code === 'project-value',
      );
      assert.equal(diagnostic!.code, 'project-value');
      assert.equal(textAt(text, diagnostic!.range), 'hunter2hunter2');
      assert.ok(!JSON.stringify(diagnostic).includes('hunter2'));
    });

    it('publishes one answer for a burst of edits, for the last version', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      await client.open('a.flow.yaml', flowWith('!expr secrets.X'));
      await client.diagnostics('a.flow.yaml');
      const before = client.published.length;
      let version = 0;
      await Promise.all(
        Array.from({ length: 10 }, async (_, i) => {
          version = Math.max(
            version,
            await client.edit('a.flow.yaml', [{ text: flowWith(`!expr secrets.X${i}`) }]),
          );
        }),
      );
      await client.diagnostics('a.flow.yaml');
      const after = client.published.slice(before);
      assert.equal(after.at(-1)!.version, version);
      assert.match(JSON.stringify(after.at(-1)!.diagnostics), /`X9`/);
      const versions = after.map((params) => params.version!);
      assert.deepEqual(
        versions,
        [...new Set(versions)].sort((a, b) => a - b),
        'no version twice, none out of order',
      );
    });

    it('treats YAML with typed blocks as a flow, and leaves other YAML alone', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      await client.open('some.yaml', flowWith('!expr secrets.NOBODY'), 'yaml');
      assert.equal((await client.diagnostics('some.yaml')).length, 1);
      await client.open('other.yaml', 'blocks:\n  - a: !Ref b\n', 'yaml');
      assert.deepEqual(await client.diagnostics('other.yaml'), []);
    });

    it('clears what it said when a document is closed', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      await client.open('a.flow.yaml', flowWith('!expr secrets.NOBODY'));
      assert.equal((await client.diagnostics('a.flow.yaml')).length, 1);
      await client.close('a.flow.yaml');
      assert.deepEqual(await client.diagnostics('a.flow.yaml'), []);
    });
  });

  describe('hover', () => {
    const markdown = (found: Hover | null): string =>
      (found?.contents as MarkupContent | undefined)?.value ?? '';

    it('tells about a key: description, declaration, value set or not, uses', async () => {
      await start({ 'ops/flows.project.yaml': PROJECT });
      const { text, position } = cursor(flowWith('!expr secrets.API_|TOKEN + secrets.API_TOKEN'));
      await client.open('ops/a.flow.yaml', text);
      await client.setKeys('ops', ['API_TOKEN']);
      const found = await client.hover('ops/a.flow.yaml', position);
      assert.match(markdown(found), /\*\*`API_TOKEN`\*\* — secret of project `ops`/);
      assert.match(markdown(found), /Token of the \\\*API\\\*/);
      assert.match(markdown(found), /Declared in \[flows\.project\.yaml\]/);
      assert.match(markdown(found), /Has a value on this machine/);
      assert.match(markdown(found), /Named 2 times/);
      assert.equal(textAt(text, found!.range!), 'API_TOKEN');
    });

    it('says that a key is not declared', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      const { text, position } = cursor(flowWith('!expr secrets.NOBO|DY'));
      await client.open('a.flow.yaml', text);
      assert.match(markdown(await client.hover('a.flow.yaml', position)), /Not declared in the project/);
    });

    it('is silent elsewhere', async () => {
      await start({ 'flows.project.yaml': PROJECT });
      const { text, position } = cursor(flowWith('!expr outputs.fo|o'));
      await client.open('a.flow.yaml', text);
      assert.equal(await client.hover('a.flow.yaml', position), null);
    });
  });

  describe('quick fixes of an undeclared key', () => {
    it('offer the near key, the command that adds it, and its declaration', async () => {
      await start({ 'ops/flows.project.yaml': PROJECT });
      await client.open('ops/a.flow.yaml', flowWith('!expr secrets.API_TOKN'));
      const actions = await client.codeActions(
        'ops/a.flow.yaml',
        await client.diagnostics('ops/a.flow.yaml'),
      );
      assert.deepEqual(
        actions.map(({ title }) => title),
        [
          'Change to API_TOKEN',
          'Add secret API_TOKN…',
          'Declare API_TOKN in flows.project.yaml',
          'Ignore undefined-secret on this line',
          'Ignore undefined-secret in this file',
        ],
      );
      assert.deepEqual(actions[1]!.command?.arguments, [
        { key: 'API_TOKN', uri: client.uri('ops/a.flow.yaml') },
      ]);
      const [change] = actions[2]!.edit!.documentChanges!;
      assert.ok(change && 'edits' in change);
      assert.equal(change.textDocument.uri, client.uri('ops/flows.project.yaml'));
      assert.equal((change.edits[0] as { newText: string }).newText, '  API_TOKN:\n');
    });

    it('leave the command out for an editor that does not have it', async () => {
      await start({ 'flows.project.yaml': PROJECT }, { commands: false });
      await client.open('a.flow.yaml', flowWith('!expr secrets.NOBODY'));
      const actions = await client.codeActions('a.flow.yaml', await client.diagnostics('a.flow.yaml'));
      assert.deepEqual(
        actions.map(({ title }) => title),
        [
          'Declare NOBODY in flows.project.yaml',
          'Ignore undefined-secret on this line',
          'Ignore undefined-secret in this file',
        ],
      );
      assert.equal(client.capabilities.codeLensProvider, undefined);
    });
  });

  it('offers Run above the first block, the secrets that lack a value, and a run from any block that takes events', async () => {
    await start({ 'flows.project.yaml': PROJECT });
    const entry = '  - name: Start\n    type: { coreBlock: httpEndpoint }\n    config: { path: /x }\n';
    const text = flowWith('!expr secrets.API_TOKEN + secrets.JWT_SECRET').replace(
      'blocks:\n',
      `blocks:\n${entry}`,
    );
    await client.open('a.flow.yaml', text);
    const lenses = async () =>
      (await client.codeLenses('a.flow.yaml')).map(({ range, command }) => [
        range.start.line,
        command?.title,
        command?.command,
      ]);
    const run = [1, '$(play) Run flow', 'flows.runFlow'];
    const debug = [1, '$(bug) Debug', 'flows.debugFlow'];
    const fromOne = [
      [4, '$(debug-start) Run from here', 'flows.runFromBlock'],
      [4, 'Debug from here', 'flows.debugFromBlock'],
    ];
    assert.deepEqual(await lenses(), [run, debug, ...fromOne]);
    await client.setKeys('.', ['JWT_SECRET']);
    assert.deepEqual(await lenses(), [
      run,
      debug,
      [1, '$(key) Secret API_TOKEN has no value here', 'flows.addSecret'],
      ...fromOne,
    ]);
    await client.setKeys('.', []);
    assert.deepEqual((await lenses())[2], [
      1,
      '$(key) 2 secrets have no value here',
      'flows.showMissingSecrets',
    ]);
  });

  it('tells the client which secrets a flow names, and its project', async () => {
    await start({ 'ops/flows.project.yaml': PROJECT });
    const uri = await client.open('ops/a.flow.yaml', flowWith('!expr secrets.B + secrets.A + secrets.B'));
    const result = await client.request<FlowSecretsResult>('flows/flowSecrets', { uri });
    assert.deepEqual(result.used, ['B', 'A']);
    assert.deepEqual([result.project.id, result.project.file], ['ops', client.uri('ops/flows.project.yaml')]);
  });
});
