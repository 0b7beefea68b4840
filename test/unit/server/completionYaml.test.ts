import assert from 'node:assert/strict';
import { InsertTextMode, type CompletionItem } from 'vscode-languageserver/node';
import { cursor, replaced, TestClient, textAt } from './client.js';

const SCHEMA = JSON.stringify({
  order: 1,
  name: 'Create issue',
  description: '',
  config: {
    project: {
      order: 0,
      name: 'Project',
      description: 'Key of the project, *not* its name',
      type: { type: 'string' },
      required: true,
    },
  },
  inputs: {
    default: {
      order: 0,
      config: {
        labels: {
          order: 2,
          name: 'Labels',
          type: { type: 'array', items: { type: 'string', enum: ['bug', 'task'] } },
          required: false,
        },
        title: { order: 1, name: 'Title', type: { type: 'string' }, required: true },
        open: { order: 3, name: 'Open', type: { type: 'boolean' }, required: false, default: true },
        kind: { order: 4, name: 'Kind', type: { type: 'string', enum: ['a b', 'yes'] }, required: false },
      },
    },
  },
  outputs: { done: { order: 0, default: true, type: {} }, failed: { order: 1, type: {} } },
  signals: {},
});

/** A flow with an app block; `marked` goes below it, with the cursor. */
function flow(marked: string): { text: string; position: { line: number; character: number } } {
  return cursor(`appInstallations:
  jira:
    appName: Jira
    appVersion: 1.0.0
blocks:
  - name: 'On: issue'
    type: { appBlock: { block: createIssue, appInstallation: jira, schema: '${SCHEMA}' } }
${marked}`);
}

describe('completion of YAML', () => {
  let client: TestClient;
  beforeEach(async () => {
    client = await TestClient.start();
  });
  afterEach(() => client.dispose());

  async function items(marked: string, typed?: string): Promise<CompletionItem[]> {
    const { text, position } = flow(marked);
    await client.open('a.flow.yaml', text);
    const found = await client.complete('a.flow.yaml', position, typed);
    return found.sort((a, b) => (a.sortText! < b.sortText! ? -1 : 1));
  }
  const labels = async (marked: string, typed?: string): Promise<string[]> =>
    (await items(marked, typed)).map(({ label }) => label);

  /** What the text is after the item is taken (snippet places left as they are). */
  async function take(marked: string, label: string): Promise<string> {
    const { text } = flow(marked);
    const item = (await items(marked)).find((one) => one.label === label);
    assert.ok(item?.textEdit && 'range' in item.textEdit, `no ${label}`);
    const lines = text.split('\n');
    const { start, end } = item.textEdit.range;
    assert.equal(start.line, end.line);
    const line = lines[start.line]!;
    assert.equal(item.insertTextMode, InsertTextMode.adjustIndentation);
    const written = item.textEdit.newText.replaceAll('\n', `\n${/^ */.exec(line)![0]}`);
    return line.slice(0, start.character) + written + line.slice(end.character);
  }

  for (const [what, marked, expected] of [
    ['root keys that are missing', '|', ['dataTables', 'agentPools', 'notes']],
    ['root keys being typed', 'no|', ['dataTables', 'agentPools', 'notes']],
    [
      'block keys',
      '  - name: A\n    |',
      [
        'description',
        'alternativeLookupStrategy',
        'type',
        'position',
        'config',
        'inputs',
        'outputs',
        'errorHandler',
        'dynamicOutputKeys',
        'group',
      ],
    ],
    ['the kinds of type', '  - name: A\n    type:\n      |', ['coreBlock', 'appBlock']],
    ['the kinds of type on one line', '  - name: A\n    type: { | }', ['coreBlock', 'appBlock']],
    [
      'keys of an app block',
      '  - name: A\n    type:\n      appBlock:\n        block: x\n        |',
      ['appInstallation', 'schema'],
    ],
    ['installations', '  - name: A\n    type: { appBlock: { appInstallation: | } }', ['jira']],
    [
      'app blocks of the installation',
      '  - name: A\n    type:\n      appBlock:\n        appInstallation: jira\n        block: |',
      ['createIssue'],
    ],
    ['inputs', '    inputs:\n      |', ['default']],
    ['parts of an input', '    inputs:\n      default:\n        |', ['links', 'config']],
    [
      'fields, required first',
      '    inputs:\n      default:\n        config:\n          |',
      ['title', 'labels', 'open', 'kind'],
    ],
    [
      'fields that are not set yet',
      '    inputs:\n      default:\n        config:\n          title: x\n          |\n          open: true',
      ['labels', 'kind'],
    ],
    ['static fields', '    config:\n      |', ['project']],
    [
      'values of a boolean',
      '    inputs:\n      default:\n        config:\n          open: |',
      ['true', 'false', '!expr', '!expr |-'],
    ],
    ['values of an enum', '    inputs: { default: { config: { kind: | } } }', ['a b', 'yes', '!expr']],
    [
      'values of an enum in a list',
      '    inputs:\n      default:\n        config:\n          labels:\n            - |',
      ['bug', 'task'],
    ],
    [
      'keys of a link',
      '  - name: A\n    inputs:\n      default:\n        links:\n          - |',
      ['block', 'output'],
    ],
    [
      'keys of a link whose list is not indented',
      '  - name: A\n    inputs:\n      default:\n        links:\n        - |',
      ['block', 'output'],
    ],
    [
      'blocks in a link',
      '  - name: A\n    inputs:\n      default:\n        links:\n          - block: |',
      ['On: issue', 'A'],
    ],
    [
      'outputs of the linked block',
      "  - name: A\n    inputs:\n      default:\n        links:\n          - block: 'On: issue'\n            output: |",
      ['done', 'failed'],
    ],
    ['outputs', '    outputs:\n      |', ['done', 'failed']],
    ['the part of an output', '    outputs:\n      done:\n        |', ['outputCustomization']],
    [
      'an expression for an output',
      '    outputs:\n      done:\n        outputCustomization: |',
      ['!expr', '!expr |-'],
    ],
    ['other blocks as error handler', '  - name: A\n    errorHandler: |', ['On: issue']],
    [
      'methods',
      '  - name: A\n    type: { coreBlock: httpEndpoint }\n    config:\n      methods:\n        - |',
      ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'],
    ],
    [
      'fields of a core block',
      '  - name: A\n    type: { coreBlock: sleep }\n    inputs:\n      default:\n        config:\n          |',
      ['sleep'],
    ],
    ['nothing in a comment', '  - name: A # |', []],
    ['nothing for a free name', '  - name: |', []],
    ['nothing in a block scalar', '  - name: A\n    description: |-\n      some |text', []],
  ] as [string, string, string[]][]) {
    it(`offers ${what}`, async () => assert.deepEqual(await labels(marked), expected));
  }

  for (const [what, marked, typed, expected] of [
    [
      'a blank behind the key of a boolean',
      '    inputs:\n      default:\n        config:\n          open: |',
      ' ',
      ['true', 'false', '!expr', '!expr |-'],
    ],
    ['a blank behind a free value', '    config:\n      project: |', ' ', []],
    ['a blank before a value', '  - name: A\n    errorHandler: |A', ' ', []],
    ['a blank in a value', '  - name: A\n    errorHandler: On |', ' ', []],
    ['a blank in an expression', '    config:\n      project: !expr secrets. |', ' ', []],
    ['a blank on a line of its own', '  - name: A\n    |', ' ', []],
    ['a `!` where a value begins', '    config:\n      project: !|', '!', ['!expr', '!expr |-']],
    ['a `!` in braces', '    inputs: { default: { config: { kind: !| } } }', '!', ['a b', 'yes', '!expr']],
    ['a `!` in an expression', '    config:\n      project: !expr a !|', '!', []],
    ['a `!` in a value', '    config:\n      project: a!|', '!', []],
  ] as [string, string, string, string[]][]) {
    it(`${expected.length > 0 ? 'opens with' : 'stays closed at'} ${what}`, async () =>
      assert.deepEqual(await labels(marked, typed), expected));
  }

  it('writes an expression on lines of its own', async () => {
    assert.equal(
      await take('    outputs:\n      done:\n        outputCustomization: !|', '!expr |-'),
      '        outputCustomization: !expr |-\n          $0',
    );
  });

  for (const [what, marked, label, line] of [
    [
      'a blank behind a dash',
      '  -|',
      'block: Sleep',
      '  - name: ${10:Sleep}\n    type:\n      coreBlock: sleep\n',
    ],
    ['lines below a dash in line with their key', '  - |', 'type', '  - type:\n      '],
    [
      'a blank behind a colon',
      '  - name: A\n    errorHandler:|',
      'On: issue',
      "    errorHandler: 'On: issue'",
    ],
    ['the whole tag', '    config:\n      project: !expr|', '!expr', '      project: !expr '],
    ['a key that keeps its value', '    inp|uts: { default: {} }', 'outputs', '    outputs: { default: {} }'],
    ['a key in braces that keeps its value', '  - { na|me: A }', 'group', '  - { group: A }'],
    [
      'quotes and what stands in them',
      '    inputs: { default: { config: { kind: "a|" } } }',
      'yes',
      "    inputs: { default: { config: { kind: 'yes' } } }",
    ],
  ] as [string, string, string, string][]) {
    it(`writes ${what}`, async () => assert.equal((await take(marked, label)).slice(0, line.length), line));
  }

  it('compares what is typed with its quote', async () => {
    const [first] = await items('    inputs: { default: { config: { kind: "|" } } }');
    assert.equal(first!.filterText, '"a b');
  });

  it('offers no block where a key has its value', async () => {
    const found = await labels('  - na|me: A');
    assert.ok(found.includes('group') && !found.some((label) => label.startsWith('block: ')));
  });

  for (const [name, languageId, expected] of [
    ['flow.yaml', 'flow', 'blocks'],
    ['app.installation.yaml', 'flow-installation', 'app'],
    ['flow.mocks.yaml', 'yaml', 'signals'],
    ['a.flow-test.yaml', 'yaml', 'tests'],
    ['flows.project.yaml', 'yaml', 'secrets'],
  ] as const) {
    it(`begins an empty ${name}`, async () => {
      await client.open(name, '', languageId);
      const found = await client.complete(name, { line: 0, character: 0 });
      assert.ok(found.some(({ label }) => label === expected));
    });
  }

  it('shows what others have written as they wrote it', async () => {
    const [field] = await items('    config:\n      |');
    const { value } = field!.documentation as { value: string };
    assert.equal(value, 'Key of the project, \\*not\\* its name');
  });

  it('offers core blocks with what they do', async () => {
    const found = await items('  - name: A\n    type:\n      coreBlock: |');
    assert.ok(
      ['httpEndpoint', 'transform', 'condition', 'sleep'].every((id) =>
        found.some(({ label }) => label === id),
      ),
    );
    assert.ok(found.every(({ detail }) => detail));
  });

  it('writes a name in the quotes it needs', async () => {
    const line = await take(
      '  - name: A\n    inputs:\n      default:\n        links:\n          - block: O|',
      'On: issue',
    );
    assert.equal(line, "          - block: 'On: issue'");
  });

  it('writes values so that YAML reads what was meant', async () => {
    const before = '    inputs:\n      default:\n        config:\n          kind: |';
    assert.equal(await take(before, 'a b'), '          kind: a b');
  });

  it('opens a list where a key holds one', async () => {
    assert.equal(
      await take('    inputs:\n      default:\n        li|', 'links'),
      '        links:\n          - ',
    );
  });

  it('offers a whole block of each core type as a snippet', async () => {
    const found = await items('  - |');
    const snippet = found.find(({ label }) => label === 'block: Condition');
    assert.match(snippet?.textEdit?.newText ?? '', /coreBlock: condition[^]*condition: !expr/);
    assert.equal(snippet!.insertTextFormat, 2);
  });

  it('replaces the whole value under the cursor', async () => {
    const { text, position } = flow('  - name: A\n    errorHandler: O|ld name # why');
    await client.open('b.flow.yaml', text);
    const [item] = await client.complete('b.flow.yaml', position);
    assert.ok(item?.textEdit && 'range' in item.textEdit);
    assert.equal(textAt(text, item.textEdit.range), 'Old name');
  });

  it('never fails, wherever the cursor stands and however the text is cut', async () => {
    const { text } = flow(
      "  - name: A\n    type:\n      coreBlock: sleep\n    inputs:\n      default:\n        links: [{ block: 'On: issue', output: done }]\n        config: { sleep: !expr 'secrets.X' }\n# c\nnotes: []\n|",
    );
    await client.open('c.flow.yaml', text);
    for (let cut = text.length; cut >= 0; cut -= 7) {
      const part = text.slice(0, cut);
      await client.edit('c.flow.yaml', [{ text: part }]);
      const lines = part.split('\n');
      for (const back of [0, 3, 11, 40]) {
        const offset = Math.max(0, part.length - back);
        const line = part.slice(0, offset).split('\n').length - 1;
        await client.complete('c.flow.yaml', {
          line,
          character: offset - lines.slice(0, line).join('\n').length - (line > 0 ? 1 : 0),
        });
      }
    }
  });

  it('outputs of the block that the link names, while the output is not there yet', async () => {
    const link = (lines: string): string =>
      `    inputs:\n      default:\n        links:\n${lines}  - name: Check\n    type: { coreBlock: condition }\n`;
    for (const lines of [
      '          - block: Check\n            output: |\n',
      '          - output: |\n            block: Check\n',
      '          - { block: Check, output: | }\n',
      "          - block: 'On: issue'\n            output: done\n          - block: Check\n            output: |\n",
    ]) {
      assert.deepEqual(await labels(link(lines)), ['then', 'else'], lines);
    }
  });

  it('keys and values inside a field, from its schema', async () => {
    const schedule = (lines: string): string =>
      `  - name: Often\n    type: { coreBlock: schedule }\n    config:\n${lines}`;
    const keysOf = ['interval', 'unit'];
    assert.deepEqual(await labels(schedule('      frequency:\n        |\n')), keysOf);
    assert.deepEqual(await labels(schedule('      frequency: { | }\n')), keysOf);
    assert.deepEqual(await labels(schedule('      frequency:\n        interval: 5\n        |\n')), ['unit']);
    const units = ['seconds', 'minutes', 'hours', 'days'];
    assert.deepEqual(await labels(schedule('      frequency:\n        unit: |\n')), units);
  });

  it('goes on below a slip, and the outline has all blocks', async () => {
    const broken = `    config
      project: x
    inputs:
      default:
        links: [{ block: Next, output: default }]
        config:
          title: !expr secrets.|
  - name: Next
    type: { coreBlock: sleep
`;
    client.write('flows.project.yaml', 'project: ops\nsecrets: { TOKEN: }\n');
    await client.changed('flows.project.yaml');
    assert.deepEqual(await labels(broken), ['TOKEN']);
    assert.deepEqual(
      (await client.diagnostics('a.flow.yaml')).map(({ code, range }) => [code, range.start.line]),
      [
        ['yaml-syntax', 7],
        ['yaml-syntax', 15],
      ],
    );
    const outline = await client.request<{ name: string }[]>('textDocument/documentSymbol', {
      textDocument: { uri: client.uri('a.flow.yaml') },
    });
    const names = outline.map(({ name }) => name);
    assert.ok(names.includes('On: issue') && names.includes('Next'), names.join());
    assert.deepEqual(await labels(broken.replace('!expr secrets.|', '!expr secrets.TOKEN\n          |')), [
      'labels',
      'open',
      'kind',
    ]);
  });

  describe('in braces and brackets over several lines', () => {
    const JSON_FLOW = `{
  "blocks": [
    {
      "name": "A",
      "type": { "coreBlock": "httpEndpoint" },
      "config": {
        "path": "/a", # where
        "methods": ["GET", "POST"]
      }
    },
    {
      "name": "B",
      "type": {
        "coreBlock": "sleep"
      },
      "inputs": {
        "default": {
          "links": [
            { "block": "A",
              "output": "requests" }
          ],
          "config": { "sleep": !expr secrets.TOKEN }
        }
      }
    }
  ]
}
`;
    /** The JSON with a piece replaced, `|` being the cursor, and what is offered there. */
    async function offered(piece: string, by: string): Promise<{ text: string; items: CompletionItem[] }> {
      assert.ok(JSON_FLOW.includes(piece), piece);
      const { text, position } = cursor(JSON_FLOW.replace(piece, () => by));
      await client.open('json.flow.yaml', text);
      const items = await client.complete('json.flow.yaml', position);
      return { text, items: items.sort((a, b) => (a.sortText! < b.sortText! ? -1 : 1)) };
    }

    const places: readonly (readonly [
      what: string,
      piece: string,
      by: string,
      expected: readonly string[],
    ])[] = [
      ['keys of the root', '\n}\n', ',\n  |\n}\n', ['appInstallations', 'dataTables', 'agentPools', 'notes']],
      [
        'keys of a block',
        '"name": "B",',
        '"name": "B",\n      |',
        ['description', 'alternativeLookupStrategy'],
      ],
      ['a key in quotes', '"path": "/a"', '"path": "/a",\n        "a|"', ['audience']],
      ['a key behind others, without a comma', '"POST"]', '"POST"]\n        |', ['audience']],
      [
        'the core blocks',
        '"coreBlock": "sleep"',
        '"coreBlock": |',
        ['httpEndpoint', 'httpRequest', 'condition'],
      ],
      ['blocks to link to', '"block": "A"', '"block": "|"', ['A', 'B']],
      ['the outputs of the block that is linked', '"output": "requests"', '"output": |', ['requests']],
      [
        'methods, one under the other',
        '["GET", "POST"]',
        '[\n          "GET",\n          |]',
        ['GET', 'POST'],
      ],
      ['secrets', 'secrets.TOKEN }', 'secrets.| }', ['TOKEN']],
      ['secrets, while nothing is closed', 'secrets.TOKEN }', 'secrets.|', ['TOKEN']],
      ['secrets in quotes', '!expr secrets.TOKEN', `!expr "'a' + secrets.|"`, ['TOKEN']],
    ];
    beforeEach(async () => {
      client.write('flows.project.yaml', 'project: ops\nsecrets: { TOKEN: }\n');
      await client.changed('flows.project.yaml');
    });
    for (const [what, piece, by, expected] of places) {
      it(what, async () => {
        const { items: found } = await offered(piece, by);
        assert.deepEqual(found.map(({ label }) => label).slice(0, expected.length), expected);
      });
    }

    it('nothing in a comment', async () => {
      assert.deepEqual((await offered('# where', '# wh|ere')).items, []);
    });

    it('keys and values are written in quotes, as those around are', async () => {
      const taken = async (piece: string, by: string, label: string): Promise<string> => {
        const { text, items: found } = await offered(piece, by);
        const item = found.find((one) => one.label === label);
        assert.ok(item?.textEdit && 'range' in item.textEdit, `no ${label}`);
        const changed = replaced(text, item.textEdit.range, item.textEdit.newText);
        return changed.split('\n')[item.textEdit.range.start.line]!.trim();
      };
      assert.equal(await taken('"POST"]', '"POST"],\n        |', 'audience'), '"audience":');
      assert.equal(await taken('"POST"]', '"POST"],\n        "aud|"', 'audience'), '"audience":');
      assert.equal(await taken('"coreBlock": "sleep"', '"coreBlock": |', 'sleep'), '"coreBlock": "sleep"');
      assert.equal(await taken('"coreBlock": "sleep"', '"coreBlock": "|"', 'sleep'), '"coreBlock": "sleep"');
      assert.equal(
        await taken('"sleep": !expr secrets.TOKEN', '"sleep": |', '!expr'),
        '"config": { "sleep": !expr  }',
      );
    });

    it('in a map below a key of a block in lines, and behind it', async () => {
      const inside = `    config: {
      project: x,
      |
    }
    inputs:`;
      assert.deepEqual(await labels(inside.replace('project: x,', '')), ['project']);
      assert.deepEqual(await labels(inside), []);
      // Nobody has closed it yet.
      assert.deepEqual(await labels('    config: {\n      project: x\n    |'), [
        'description',
        'alternativeLookupStrategy',
        'position',
        'inputs',
        'outputs',
        'errorHandler',
        'dynamicOutputKeys',
        'group',
      ]);
    });
  });
});
