import assert from 'node:assert/strict';
import fs from 'node:fs';
import {
  CompletionItemKind,
  CompletionItemTag,
  type CompletionItem,
  type Diagnostic,
  type Hover,
  type Location,
  type SignatureHelp,
} from 'vscode-languageserver/node';
import { WorkerThread } from '../../../server/typescript/thread.js';
import { cursor, TestClient, textAt } from './client.js';
import { afterIssue, appBlock, coreBlock, flow, ISSUE } from './typescriptService.js';
import { sharedThread, SILENT, stopSharedThread, threadFile } from './typescriptThread.js';

const FILE = 'a.flow.yaml';

describe('types in expressions', function () {
  this.timeout(30_000);
  let client: TestClient;

  beforeEach(async () => {
    client = await TestClient.start({}, { thread: await sharedThread() });
  });
  afterEach(() => client.dispose());
  after(stopSharedThread);

  /** Opens a flow with a cursor; the last `|` of the text, as YAML has its own. */
  async function open(marked: string): Promise<{ text: string; at: { line: number; character: number } }> {
    const i = marked.lastIndexOf('|');
    const { position } = cursor(`${marked.slice(0, i).replaceAll('|', ' ')}|${marked.slice(i + 1)}`);
    const text = marked.slice(0, i) + marked.slice(i + 1);
    await client.open(FILE, text);
    return { text, at: position };
  }

  async function complete(marked: string, trigger?: string): Promise<CompletionItem[]> {
    const { at } = await open(marked);
    return client.request('textDocument/completion', {
      textDocument: { uri: client.uri(FILE) },
      position: at,
      context: trigger === undefined ? { triggerKind: 1 } : { triggerKind: 2, triggerCharacter: trigger },
    });
  }

  const labels = (items: readonly CompletionItem[]): string[] => items.map(({ label }) => label);
  const sorted = (items: readonly CompletionItem[]): string[] =>
    labels([...items].sort((a, b) => (a.sortText! < b.sortText! ? -1 : 1)));
  const ISSUE_FIELDS = Object.keys(ISSUE.properties as object).sort();

  /** The text of the document once an item has been accepted. */
  function accepted(text: string, item: CompletionItem): string {
    assert.ok(item.textEdit && 'range' in item.textEdit);
    const { range, newText } = item.textEdit;
    const lines = text.split('\n');
    const line = lines[range.start.line]!;
    lines[range.start.line] =
      line.slice(0, range.start.character) + newText + line.slice(range.end.character);
    return lines[range.start.line]!.trim();
  }

  describe('completion', () => {
    for (const expression of [
      '!expr outputs.getIssue.|',
      '!expr outputs?.getIssue?.|',
      "!expr outputs['getIssue'].|",
      '!expr previous.|',
      '!expr "`No. ${outputs.getIssue.|}`"',
      "!expr 'outputs[''getIssue''].|'",
      '!expr |-\n            [1,\n              outputs.getIssue.|',
      '!expr >-\n            1 +\n            outputs.getIssue.|',
      '!expr (({ getIssue }) => getIssue.|)(outputs)',
      "!expr '(() => { const { getIssue: issue } = outputs; return issue.|'",
      '!expr "{ a: outputs.getIssue.| }"',
    ]) {
      it(`knows the fields of an output at ${JSON.stringify(expression)}`, async () => {
        assert.deepEqual(labels(await complete(afterIssue(expression), '.')).sort(), ISSUE_FIELDS);
      });
    }

    for (const [where, marked] of [
      ['on a line of its own', '!expr |-\n            |\n'],
      ['below what is written', '!expr |-\n            1 +\n            |\n  - name: Z\n'],
      ['behind a blank', '!expr 1 + |'],
    ] as const) {
      it(`offers names ${where}, to be written at the cursor`, async () => {
        const { at } = await open(afterIssue(marked));
        const items = await client.complete(FILE, at);
        const outputs = items.find(({ label }) => label === 'outputs');
        assert.deepEqual(outputs?.textEdit, { range: { start: at, end: at }, newText: 'outputs' });
      });
    }

    it('knows what fields hold, however deep', async () => {
      assert.deepEqual(labels(await complete(afterIssue('!expr outputs.getIssue.author.|'))), ['login']);
      assert.ok(
        labels(await complete(afterIssue('!expr outputs.getIssue.labels.map((l) => l.|'))).includes('trim'),
      );
      const states = await complete(afterIssue(`!expr outputs.getIssue.state === "|"`));
      assert.deepEqual(labels(states).sort(), ['closed', 'open']);
    });

    it('offers what any alternative has', async () => {
      assert.deepEqual(labels(await complete(afterIssue('!expr outputs.getIssue.either.|'))).sort(), [
        'file',
        'folder',
      ]);
    });

    it('marks what is deprecated', async () => {
      const items = await complete(afterIssue('!expr outputs.getIssue.|'));
      const tagged = items.filter(({ tags }) => tags?.includes(CompletionItemTag.Deprecated));
      assert.deepEqual(labels(tagged), ['old']);
    });

    it('describes an item when it is chosen', async () => {
      const items = await complete(afterIssue('!expr outputs.getIssue.|'));
      const described: CompletionItem = await client.request(
        'completionItem/resolve',
        items.find(({ label }) => label === 'id'),
      );
      assert.equal(described.detail, '(property) id: string');
      assert.deepEqual(described.documentation, { kind: 'markdown', value: 'Number of the *issue*.' });
    });

    it('replaces the dot before a name that is no identifier, and quotes for the scalar around it', async () => {
      const cases = [
        ['!expr outputs.getIssue.|', 'condition: !expr outputs.getIssue["with-dash"]'],
        ['!expr outputs.getIssue?.|', 'condition: !expr outputs.getIssue?.["with-dash"]'],
        ['!expr "outputs.getIssue.|"', 'condition: !expr "outputs.getIssue[\\"with-dash\\"]"'],
        ["!expr 'outputs.getIssue.|'", `condition: !expr 'outputs.getIssue["with-dash"]'`],
      ] as const;
      for (const [expression, expected] of cases) {
        const marked = afterIssue(expression);
        const item = (await complete(marked)).find(({ label }) => label === 'with-dash');
        assert.ok(item);
        assert.equal(item.filterText?.endsWith('.with-dash'), true, 'editors find it by the dot');
        const i = marked.lastIndexOf('|');
        assert.equal(accepted(marked.slice(0, i) + marked.slice(i + 1), item), expected);
      }
    });

    it('replaces the whole name under the cursor', async () => {
      const marked = afterIssue('!expr outputs.getIssue.la|xyz.length');
      const item = (await complete(marked)).find(({ label }) => label === 'labels')!;
      assert.equal(
        accepted(marked.replace('la|xyz', 'laxyz'), item),
        'condition: !expr outputs.getIssue.labels.length',
      );
    });

    it('offers the keys of upstream blocks, the nearest first, without waiting for TypeScript', async () => {
      client.dispose();
      client = await TestClient.start({}, { thread: SILENT });
      const marked = flow(
        coreBlock('Start', 'httpEndpoint', { fixed: 'path: /x' }),
        appBlock('Get Issue', { default: ISSUE }, { from: 'Start/requests' }),
        coreBlock('Aside', 'transform', { from: 'Start/requests' }),
        coreBlock('Use', 'condition', { from: 'Get Issue', config: 'condition: !expr outputs.|' }),
      );
      const items = await complete(marked, '.');
      assert.deepEqual(sorted(items), ['getIssue', 'start']);
      assert.equal(items[0]!.detail, '“Get Issue”');
    });

    it('offers owners of signals and their signals', async () => {
      assert.deepEqual(labels(await complete(afterIssue('!expr signals.|'))), ['getIssue']);
      assert.deepEqual(labels(await complete(afterIssue('!expr signals.getIssue.|'))).sort(), [
        'owner',
        'state',
      ]);
    });

    for (const [expression, expected] of [
      ['!expr ref("|', 'condition: !expr ref("signal.getIssue.state'],
      ['!expr ref("signal.getI|")', 'condition: !expr ref("signal.getIssue.state")'],
      ["!expr 'ref(''sig|nal.x'') + 1'", "condition: !expr 'ref(''signal.getIssue.state'') + 1'"],
    ] as const) {
      it(`offers whole signals at ${expression}`, async () => {
        const marked = afterIssue(expression);
        const items = await complete(marked);
        assert.deepEqual(labels(items), ['signal.getIssue.state', 'signal.getIssue.owner']);
        assert.equal(accepted(marked.replace('|', ''), items[0]!), expected);
      });
    }

    it('offers the platform’s names, locals and JavaScript’s own names, and nothing of a browser', async () => {
      const items = await complete(afterIssue('!expr (() => { const found = 1; return fo|'));
      const names = sorted(items);
      for (const name of ['found', 'Math', 'JSON', 'crypto', 'ref', 'typeof'])
        assert.ok(names.includes(name), name);
      for (const name of ['window', 'document', 'alert', 'navigator', 'localStorage', 'import', 'default_']) {
        assert.ok(!names.includes(name), name);
      }
      assert.deepEqual(names.slice(0, 4), ['outputs', 'previous', 'secrets', 'signals']);
      assert.equal(items.find(({ label }) => label === 'found')!.kind, CompletionItemKind.Variable);
    });

    it('does not offer upstream data in static configuration', async () => {
      const marked = flow(
        appBlock('Get Issue', { default: ISSUE }, { more: '    config:\n      owner: !expr o|' }),
      );
      const names = labels(await complete(marked));
      assert.ok(names.includes('secrets'));
      assert.ok(!names.includes('outputs') && !names.includes('previous'));
    });

    it('knows what passes on its input, and what an endpoint’s path names', async () => {
      const marked = flow(
        coreBlock('Hook', 'httpEndpoint', { fixed: 'path: /hello/{name}/{id}' }),
        coreBlock('Wait', 'sleep', { from: 'Hook/requests', config: 'sleep: 5' }),
        coreBlock('Use', 'condition', { from: 'Wait', config: 'condition: !expr previous.params.|' }),
      );
      assert.deepEqual(labels(await complete(marked)), ['id', 'name']);
    });

    it('knows what a customised output gives, through promises', async () => {
      const marked = flow(
        appBlock('Get Issue', { default: ISSUE }),
        coreBlock('Make', 'transform', {
          from: 'Get Issue',
          output: '!expr "(async () => { return { first: outputs.getIssue.labels[0], at: 1 } })()"',
        }),
        coreBlock('Use', 'condition', { from: 'Make', config: 'condition: !expr outputs.make.|' }),
      );
      assert.deepEqual(labels(await complete(marked)).sort(), ['at', 'first']);
    });

    for (const expression of ['!expr \'"out|"\'', '!expr 1 // out|', '!expr unknown.|', '!expr 12.|']) {
      it(`offers nothing at ${expression}`, async () => {
        assert.deepEqual(labels(await complete(afterIssue(expression))), []);
      });
    }

    it('is silent where a quote or brace begins something of one’s own', async () => {
      assert.deepEqual(await complete(afterIssue("!expr '\"|'"), '"'), []);
      assert.deepEqual(await complete(afterIssue("!expr '{|'"), '{'), []);
    });

    it('never keeps secrets waiting', async () => {
      client.dispose();
      client = await TestClient.start({ 'flows.project.yaml': 'secrets:\n  TOKEN:\n' }, { thread: SILENT });
      assert.deepEqual(labels(await complete(afterIssue('!expr outputs.getIssue.id + secrets.|'))), [
        'TOKEN',
      ]);
      client.write('flows.project.yaml', 'secrets: {}\n');
      await client.changed('flows.project.yaml');
      assert.deepEqual(await complete(afterIssue('!expr secrets.|')), []);
    });
  });

  describe('hover', () => {
    const hover = async (
      marked: string,
    ): Promise<{ text: string; value: string | undefined; over: string }> => {
      const { text, at } = await open(marked);
      const found: Hover | null = await client.hover(FILE, at);
      const value = found ? (found.contents as { value: string }).value : undefined;
      return { text, value, over: found?.range ? textAt(text, found.range) : '' };
    };

    it('shows type and documentation of a member, over exactly its name', async () => {
      for (const expression of [
        '!expr outputs.getIssue.i|d',
        '!expr "`a\\tb\\u00e9 ${outputs.getIssue.i|d}`"',
        '!expr |-\n            [\n              outputs.getIssue.i|d]',
        '!expr >-\n            1 +\n\n            outputs.getIssue.i|d',
      ]) {
        const { value, over } = await hover(afterIssue(expression));
        assert.equal(
          value,
          '```typescript\n(property) id: string\n```\n\nNumber of the *issue*.',
          expression,
        );
        assert.equal(over, 'id', expression);
      }
    });

    it('shows locals and JavaScript’s own names', async () => {
      const local = await hover(
        afterIssue("!expr '(() => { const n = outputs.getIssue.count; return n| })()'"),
      );
      assert.equal(local.value, '```typescript\nconst n: number\n```');
      const own = await hover(afterIssue('!expr Math.flo|or(1)'));
      assert.match(own.value ?? '', /Math\.floor\(x: number\): number[^]*greatest integer/);
    });

    it('leaves secrets and blocks to those who know more of them', async () => {
      assert.match((await hover(afterIssue('!expr secrets.TOK|EN'))).value ?? '', /secret of project/);
      assert.match((await hover(afterIssue('!expr outputs.getI|ssue.id'))).value ?? '', /\*\*Get Issue\*\*/);
    });

    it('names no file that does not exist', async () => {
      const { value } = await hover(afterIssue('!expr "[out|puts].map((o) => o.getIssue.id)"'));
      assert.doesNotMatch(value ?? '', /import\(|\/shape\//);
    });
  });

  it('shows the parameters of a call', async () => {
    const { at } = await open(afterIssue("!expr 'outputs.getIssue.labels.join(|'"));
    const help: SignatureHelp = await client.request('textDocument/signatureHelp', {
      textDocument: { uri: client.uri(FILE) },
      position: at,
    });
    const [signature] = help.signatures;
    assert.equal(signature!.label, 'join(separator?: string): string');
    const [start, end] = signature!.parameters![0]!.label as [number, number];
    assert.equal(signature!.label.slice(start, end), 'separator?: string');
    assert.equal(help.activeParameter, 0);
  });

  it('goes to where a local is declared, over escapes', async () => {
    const { text, at } = await open(
      afterIssue('!expr "(() => {\\n  const tot\\u0061l = 1;\\n  return total|; })()"'),
    );
    const found: Location[] = await client.request('textDocument/definition', {
      textDocument: { uri: client.uri(FILE) },
      position: at,
    });
    assert.deepEqual(
      found.map(({ range }) => textAt(text, range)),
      ['tot\\u0061l'],
    );
  });

  describe('diagnostics', () => {
    const types = (diagnostics: readonly Diagnostic[]): Diagnostic[] =>
      diagnostics.filter(({ code }) => code === 'expression-type');

    /** Waits until what is shown for the file has so many type errors. */
    async function shown(count: number): Promise<Diagnostic[]> {
      const started = Date.now();
      for (;;) {
        const found = types(
          client.published.findLast(({ uri }) => uri === client.uri(FILE))?.diagnostics ?? [],
        );
        if (found.length === count) return found;
        if (Date.now() - started > 20_000) assert.fail(`${found.length} type errors, not ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }

    it('come after the others, for the same version, over exactly the name', async () => {
      const text = afterIssue('!expr "`x \\"y\\" ${outputs.getIssue.lables}`"');
      await client.open(FILE, text);
      const [diagnostic] = await shown(1);
      assert.equal(textAt(text, diagnostic!.range), 'lables');
      assert.equal(diagnostic!.message, 'There is no `lables` in `outputs.getIssue`. Did you mean `labels`?');
      assert.equal(diagnostic!.severity, 2);
      const versions = client.published
        .filter(({ uri }) => uri === client.uri(FILE))
        .map(({ version }) => version);
      assert.deepEqual(versions, [1, 1]);
      const actions = await client.codeActions(FILE, [diagnostic!]);
      assert.ok(actions.some(({ title }) => title === 'Change to labels'));
    });

    it('go with their cause, also when that is in another block', async () => {
      const made = (fields: string): string =>
        flow(
          coreBlock('Make', 'transform', { output: `!expr '{ ${fields} }'` }),
          coreBlock('Use', 'condition', { from: 'Make', config: 'condition: !expr outputs.make.total' }),
        );
      const text = made('totl: 1');
      await client.open(FILE, text);
      const [diagnostic] = await shown(1);
      assert.match(
        diagnostic!.message as string,
        /There is no `total` in `outputs.make`. Did you mean `totl`\?/,
      );
      const at = text.split('\n').findIndex((line) => line.includes('totl'));
      const character = text.split('\n')[at]!.indexOf('totl');
      const version = await client.edit(FILE, [
        {
          range: { start: { line: at, character }, end: { line: at, character: character + 4 } },
          text: 'total',
        },
      ]);
      await shown(0);
      assert.equal(client.published.at(-1)!.version, version);
    });

    it('obey comments and settings', async () => {
      const ignored = afterIssue('!expr outputs.getIssue.lables').replace(
        /( *)condition: /,
        '$1# flows-ignore[expression-type]\n$1condition: ',
      );
      await client.open(FILE, ignored);
      await client.open('b.flow.yaml', afterIssue('!expr outputs.getIssue.lables'));
      // Both are checked in the order of opening: once the second is shown, the first would have been.
      const started = Date.now();
      while (
        !types(client.published.findLast(({ uri }) => uri === client.uri('b.flow.yaml'))?.diagnostics ?? [])
          .length
      ) {
        assert.ok(Date.now() - started < 20_000);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.deepEqual(
        types(client.published.findLast(({ uri }) => uri === client.uri(FILE))!.diagnostics),
        [],
      );
    });

    it('never appear for a version that is gone', async () => {
      const text = afterIssue('!expr outputs.getIssue.lables');
      await client.open(FILE, text);
      const line = text.split('\n').findIndex((one) => one.includes('lables'));
      const end = text.split('\n')[line]!.length;
      let version = 1;
      // An edit whenever checks are about to begin, or have just begun.
      for (const pause of [240, 250, 260, 255]) {
        await new Promise((resolve) => setTimeout(resolve, pause));
        version = await client.edit(FILE, [
          { range: { start: { line, character: end }, end: { line, character: end } }, text: ' ' },
        ]);
      }
      // The last edit's answer may still be on its way when an earlier one shows what is expected.
      await client.diagnostics(FILE);
      await shown(1);
      const published = client.published.filter(({ uri }) => uri === client.uri(FILE));
      const order = published.map((one) => one.version!);
      assert.deepEqual(
        order,
        [...order].sort((a, b) => a - b),
      );
      assert.equal(published.at(-1)!.version, version);
    });

    it('say nothing about half-typed code but that it is half-typed', async () => {
      await client.open(FILE, afterIssue("!expr 'outputs.getIssue.lables.map((x) => '"));
      await client.open('b.flow.yaml', afterIssue('!expr outputs.getIssue.lables'));
      const started = Date.now();
      while (!types(client.published.at(-1)?.diagnostics ?? []).length) {
        assert.ok(Date.now() - started < 20_000);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const own = client.published.findLast(({ uri }) => uri === client.uri(FILE))!.diagnostics;
      assert.deepEqual([...new Set(own.map(({ code }) => code))], ['expression-syntax']);
    });
  });

  describe('without TypeScript', () => {
    it('everything else works, and the log says what is missing', async () => {
      const said: string[] = [];
      client.dispose();
      client = await TestClient.start(
        {},
        { thread: new WorkerThread('/nowhere/typescript.js', (m) => said.push(m)) },
      );
      assert.deepEqual(await complete(afterIssue('!expr outputs.getIssue.|')), []);
      assert.deepEqual(labels(await complete(afterIssue('!expr outputs.|'))), ['getIssue']);
      assert.equal(said.length, 1);
      assert.match(said[0]!, /\/nowhere\/typescript\.js is missing/);
    });

    it('a thread that has died is started again', async () => {
      const file = await threadFile();
      const dying = file.replace('typescript.js', 'dying.js');
      // Dies while it is asked for the first time, and never again.
      const mark = `${dying}.mark`;
      fs.rmSync(mark, { force: true });
      fs.writeFileSync(
        dying,
        `const fs = require('node:fs');
         if (fs.existsSync(${JSON.stringify(mark)})) require(${JSON.stringify(file)});
         else { fs.writeFileSync(${JSON.stringify(mark)}, ''); require('node:worker_threads').parentPort.on('message', () => process.exit(1)); }`,
      );
      client.dispose();
      const thread = new WorkerThread(dying, (message) => assert.fail(message));
      client = await TestClient.start({}, { thread });
      assert.deepEqual(await complete(afterIssue('!expr outputs.getIssue.author.|')), []);
      assert.deepEqual(labels(await complete(afterIssue('!expr outputs.getIssue.author.|'))), ['login']);
      thread.stop();
    });
  });
});
