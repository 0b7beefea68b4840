import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ResponseError, type WorkspaceEdit } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { FlowDocument, type PlacedBlock } from '../../../flow/document.js';
import { analyzeExpression } from '../../../flow/expression.js';
import { blockKey } from '../../../flow/keys.js';
import { mentionsIn } from '../../../server/mentions.js';
import { blockEdits, type PreparedRename } from '../../../server/rename.js';
import { accessChange, applied, Refusal, type PlacedEdit } from '../../../server/renameEdits.js';
import { occurrences, targetsOf } from '../../../server/targets.js';
import { flowWith, TestClient, textAt } from './client.js';
import { at, RICH } from './places.js';

const PROJECT = 'project: ops\nsecrets:\n  API_TOKEN: { description: x }\n  "AUDIENCE":\n  OTHER:\n';

describe('rename', () => {
  let client: TestClient;
  const start = async (text = RICH, project = PROJECT): Promise<void> => {
    client = await TestClient.start(
      { 'flows.project.yaml': project },
      { capabilities: { workspace: { workspaceEdit: { documentChanges: true } } } },
    );
    await client.open('a.flow.yaml', text);
  };
  afterEach(() => client.dispose());

  const prepare = (piece: string, text = RICH, name = 'a.flow.yaml') =>
    client.request<PreparedRename | null>('textDocument/prepareRename', {
      textDocument: { uri: client.uri(name) },
      position: at(text, piece),
    });
  const ask = (piece: string, newName: string, text = RICH, name = 'a.flow.yaml') =>
    client.request<WorkspaceEdit | null>('textDocument/rename', {
      textDocument: { uri: client.uri(name) },
      position: at(text, piece),
      newName,
    });
  /** The lines that are others afterwards. */
  const changedLines = async (piece: string, newName: string, text = RICH): Promise<string[]> => {
    const after = applyTo(text, client.uri('a.flow.yaml'), await ask(piece, newName, text)).split('\n');
    assert.equal(after.length, text.split('\n').length);
    return after.filter((line, i) => line !== text.split('\n')[i]).map((line) => line.trim());
  };
  const refuses = (work: Promise<unknown>, message: RegExp) =>
    assert.rejects(work, (error) => {
      assert.ok(error instanceof ResponseError);
      assert.match(error.message, message);
      return true;
    });

  describe('of a block', () => {
    it('changes its name, its links, and every expression that reads it, in the quoting of each place', async () => {
      await start();
      const expected = [
        "- name: It's here",
        "- block: It's here",
        'const { itSHere: start, decodeJwt: d } = outputs;',
        'outputCustomization: !expr "{ raw: outputs.itSHere[\\"x\\"], self: outputs.decodeJwt }"',
        'links: [{ block: "It\'s here", output: requests }]',
        "outputCustomization: !expr 'outputs.itSHere.params[\"it''s\"]'",
        'outputCustomization: !expr outputs.transform.x + outputs.itSHere.y',
      ];
      for (const piece of ['- name: Sta‸rt', 'block: Sta‸rt', 'outputs.st‸art.params', '{ st‸art, decodeJwt'])
        assert.deepEqual(await changedLines(piece, "It's here"), expected, piece);
    });

    it('keeps a single-quoted name in single quotes', async () => {
      await start();
      assert.deepEqual(await changedLines("- name: 'Dec‸ode", "Let's go: now"), [
        "- block: 'Let''s go: now'",
        'body: !expr outputs.letSGoNow',
        "- name: 'Let''s go: now'",
        'const { start, letSGoNow: d } = outputs;',
        'outputCustomization: !expr "{ raw: outputs.start[\\"x\\"], self: outputs.letSGoNow }"',
      ]);
    });

    it('changes error handlers and groups', async () => {
      await start();
      assert.deepEqual(await changedLines('errorHandler: O‸ops', 'Alarm #1'), [
        'errorHandler: Alarm #1'.replace('Alarm #1', "'Alarm #1'"),
        "- name: 'Alarm #1'",
      ]);
      assert.deepEqual(await changedLines('- name: My g‸roup', 'true'), ["group: 'true'", "- name: 'true'"]);
    });

    it('changes the owner in ref and signals', async () => {
      await start();
      assert.deepEqual(await changedLines('- name: Se‸nd', 'Post Message'), [
        '- name: Post Message',
        'value: !expr ref("signal.postMessage.user_id")',
      ]);
      assert.deepEqual(await changedLines('- name: Varia‸bles', 'Settings'), [
        'user: !expr ref("signal.slack.user_id") + signals.settings.other',
        '- name: Settings',
      ]);
    });

    it('leaves expressions alone while the key stays', async () => {
      await start();
      assert.deepEqual(await changedLines('- name: Transform (‸1)', 'Transform (2)'), [
        '- name: Transform (2)',
        '- block: Transform (2)',
      ]);
    });

    it('changes only what means this block where two share a key', async () => {
      const text = RICH.replace('text: !expr outputs.transform', 'text: x');
      await start(text);
      assert.deepEqual(await changedLines('- name: Tran‸sform\n', 'Shape', text), [
        '- name: Shape',
        '- block: Shape',
        'outputCustomization: !expr outputs.shape.x + outputs.start.y',
      ]);
    });

    for (const [what, piece, newName, message, text = RICH] of [
      ['the name of another block', '- name: Sta‸rt', 'Oops', /There is a block "Oops" already/],
      ['no name', '- name: Sta‸rt', '  ', /needs a name/],
      ['a name of two lines', '- name: Sta‸rt', 'a\nb', /one line/],
      ['a name without a key', '- name: Sta‸rt', '(start)', /needs a letter or digit/],
      [
        'a name whose key a reader’s other ancestor has',
        '- name: Sta‸rt',
        'Transform (5)',
        /key would become `transform`, which in block "Transform" means "Transform" already/,
      ],
      [
        'a name whose key an expression further down reads from another block',
        '- name: Transform (‸1)',
        'Start (2)',
        /key would become `start`, which in block "Send" means "Start" already/,
        RICH.replace('outputs.transform\n', 'outputs.start\n'),
      ],
      [
        'a key that a signal’s reader reads from another owner',
        '- name: Varia‸bles',
        'Slack',
        /key would become `slack`, which in block "Send" means the installation slack already/,
      ],
      [
        'a rename that would leave an ambiguous read',
        '- name: Transform (‸1)',
        'Other',
        /`transform` in block "Send" can mean "Transform \(1\)" or "Transform", so it is not certain/,
      ],
      [
        'a name that a block which the file lacks may have',
        '- name: Sta‸rt',
        'Missing',
        /may read a block that is not in this file/,
        RICH.replace('block: Transform\n', 'block: Nobody\n')
          .replace('outputs.transform.x', 'outputs.missing.x')
          .replace(
            '          - block: Nobody',
            '          - block: Start\n            output: requests\n          - block: Nobody',
          ),
      ],
      [
        'what is written with escapes',
        '- name: Se‸nd',
        'Post',
        /line 89 is written with escapes/,
        RICH.replace('signal.send.user_id', 'signal.s\\u0065nd.user_id'),
      ],
      [
        'an expression that two blocks share through an alias',
        '- name: Sta‸rt',
        'Begin',
        /line 23 is shared between blocks through an alias/,
        RICH.replace('body: !expr outputs.decodeJwt', 'body: !expr &e outputs.start').replace(
          'text: !expr outputs.transform',
          'text: *e',
        ),
      ],
      [
        'a name shared through an anchor',
        '- name: &x Sta‸rt',
        'Begin',
        /line 10 is shared with other values through &x/,
        RICH.replace('- name: Start', '- name: &x Start').replace(
          'description: See',
          'icon: *x\n    description: See',
        ),
      ],
    ] as [string, string, string, RegExp, string?][]) {
      it(`refuses ${what}`, async () => {
        await start(text);
        await refuses(ask(piece, newName, text), message);
      });
    }

    it('goes through aliases of the name', async () => {
      const text = RICH.replace('errorHandler: Oops', 'errorHandler: &o Oops').replace(
        '- name: Oops',
        '- name: *o',
      );
      await start(text);
      assert.deepEqual(await changedLines('errorHandler: &o O‸ops', 'Alarm', text), [
        'errorHandler: &o Alarm',
      ]);
    });

    it('turns a block scalar into a plain one', async () => {
      const text = RICH.replace('- name: Oops\n', '- name: >-\n      Oops\n');
      await start(text);
      const edit = await ask('errorHandler: O‸ops', 'Alarm', text);
      assert.equal(
        applyTo(text, client.uri('a.flow.yaml'), edit),
        RICH.replace('- name: Oops', '- name: Alarm').replace('errorHandler: Oops', 'errorHandler: Alarm'),
      );
    });

    it('gives a second block of the same name its own, and leaves the links with the first', async () => {
      const text = RICH.replace('- name: My group', '- name: Oops');
      await start(text);
      const edit = await client.request<WorkspaceEdit>('textDocument/rename', {
        textDocument: { uri: client.uri('a.flow.yaml') },
        position: { line: at(text, '    type: { coreBlock: gro‸up }').line - 1, character: 12 },
        newName: 'My group',
      });
      assert.equal(applyTo(text, client.uri('a.flow.yaml'), edit), RICH);
    });

    it('is for the version it was made from', async () => {
      await start();
      await client.edit('a.flow.yaml', [{ text: RICH + '# more\n' }]);
      const [change] = (await ask('- name: Sta‸rt', 'Begin'))!.documentChanges!;
      assert.ok(change && 'textDocument' in change);
      assert.deepEqual(change.textDocument, { uri: client.uri('a.flow.yaml'), version: 2 });
    });

    it('changes nothing where the name stays', async () => {
      await start();
      assert.deepEqual(await ask('- name: Sta‸rt', ' Start '), { changes: {} });
    });
  });

  describe('of a secret key', () => {
    it('reaches every declaration of it', async () => {
      const project = 'project: ops\nsecrets:\n  OTHER:\n  API_TOKEN:\n  "OTHER": {}\n';
      await start(RICH, project);
      await client.open('flows.project.yaml', project, 'yaml');
      for (const piece of ['  OT‸HER:', '"OTH‸ER"']) {
        const edit = await ask(piece, 'MORE', project, 'flows.project.yaml');
        assert.equal(
          applyTo(project, client.uri('flows.project.yaml'), edit),
          'project: ops\nsecrets:\n  MORE:\n  API_TOKEN:\n  "MORE": {}\n',
        );
      }
    });

    it('changes every read in the flow, and the declaration', async () => {
      await start();
      for (const piece of ['s.API‸_TOKEN', 'secrets["API‸_TOKEN"]']) {
        assert.deepEqual(await changedLines(piece, 'NEW_TOKEN'), [
          'return start.params.name === s.NEW_TOKEN',
          '&& previous.body[`x ${secrets["NEW_TOKEN"]}`];',
        ]);
        const edit = await ask(piece, 'NEW_TOKEN');
        assert.equal(
          applyTo(PROJECT, client.uri('flows.project.yaml'), edit),
          PROJECT.replace('API_TOKEN', 'NEW_TOKEN'),
        );
      }
    });

    it('keeps quotes in the project file, and works from there over all flows that are open', async () => {
      await start();
      await client.open('in/b.flow.yaml', flowWith('!expr (({ AUDIENCE }) => AUDIENCE)(secrets)'));
      await client.open('flows.project.yaml', PROJECT, 'yaml');
      const edit = await ask('"AUD‸IENCE"', 'READERS', PROJECT, 'flows.project.yaml');
      assert.equal(
        applyTo(PROJECT, client.uri('flows.project.yaml'), edit),
        PROJECT.replace('AUDIENCE', 'READERS'),
      );
      assert.match(applyTo(RICH, client.uri('a.flow.yaml'), edit), /audience: !expr secrets\.READERS\n/);
      assert.equal(
        applyTo(flowWith('!expr (({ AUDIENCE }) => AUDIENCE)(secrets)'), client.uri('in/b.flow.yaml'), edit),
        // Without a blank: `: ` would end the plain scalar.
        flowWith('!expr (({ READERS:AUDIENCE }) => AUDIENCE)(secrets)'),
      );
    });

    for (const [what, newName, message] of [
      ['a key that is declared', 'OTHER', /There is a secret `OTHER` in project `ops` already/],
      ['what is no key', 'a-b', /may hold letters, digits, _ and \$ only/],
      ['an empty key', '', /needs a key/],
    ] as const) {
      it(`refuses ${what}`, async () => {
        await start();
        await refuses(ask('s.API‸_TOKEN', newName), message);
      });
    }

    it('refuses a key that is set on this machine, or read by an expression', async () => {
      await start(RICH, 'secrets:\n  API_TOKEN:\n');
      await refuses(ask('s.API‸_TOKEN', 'AUDIENCE'), /`secrets\.AUDIENCE` is read already/);
      await client.setKeys('.', ['HERE']);
      await refuses(ask('s.API‸_TOKEN', 'HERE'), /There is a secret `HERE`/);
    });

    it('mends a typo: a key that is not declared may become one that is', async () => {
      const text = RICH.replace('secrets.AUDIENCE', 'secrets.AUDIENZ');
      await start(text);
      assert.deepEqual(await changedLines('secrets.AUD‸IENZ', 'AUDIENCE', text), [
        'audience: !expr secrets.AUDIENCE',
      ]);
    });
  });

  describe('of an installation', () => {
    it('changes the entry and the blocks that use it; signals go by another name', async () => {
      await start();
      for (const piece of ['  sla‸ck:', 'appInstallation: sl‸ack']) {
        assert.deepEqual(await changedLines(piece, 'slack: 2'), [
          "'slack: 2':",
          "appInstallation: 'slack: 2'",
        ]);
      }
    });

    it('refuses a key that is taken, and none', async () => {
      await start();
      await refuses(ask('  sla‸ck:', 'testutilities'), /There is an installation `testutilities`/);
      await refuses(ask('  sla‸ck:', ' '), /needs a key/);
    });
  });

  describe('is prepared', () => {
    for (const [piece, covered, placeholder] of [
      ['outputs.sta‸rt.params', 'start', 'Start'],
      ["- name: 'De‸code", 'Decode JWT', 'Decode JWT'],
      ['block: "St‸art"', 'Start', 'Start'],
      ['s.API‸_TOKEN', 'API_TOKEN', 'API_TOKEN'],
      ['  sla‸ck:', 'slack', 'slack'],
      ['signal.se‸nd', 'send', 'Send'],
    ] as const) {
      it(`at ${piece}`, async () => {
        await start();
        const prepared = await prepare(piece);
        assert.deepEqual([textAt(RICH, prepared!.range), prepared!.placeholder], [covered, placeholder]);
      });
    }

    it('says no where nothing can be renamed, and why where it is not certain what is meant', async () => {
      await start();
      for (const piece of ['core‸Block', 'prev‸ious.b', 'output: requ‸ests', 'start.par‸ams'])
        assert.equal(await prepare(piece), null, piece);
      await refuses(
        prepare('text: !expr outputs.trans‸form'),
        /can mean "Transform \(1\)" or "Transform" here/,
      );
      await refuses(prepare('signal.sl‸ack'), /name of the installation in the project/);
      const text = RICH.replace('outputs.start.y', 'outputs.nobody');
      await client.open('b.flow.yaml', text);
      await refuses(prepare('outputs.no‸body', text, 'b.flow.yaml'), /no block that `nobody` means/);
    });
  });

  it('gives plain changes to clients that know no versions', async () => {
    client = await TestClient.start();
    await client.open('a.flow.yaml', RICH);
    const edit = await ask('group: My‸', 'G');
    assert.deepEqual(Object.keys(edit!.changes!), [client.uri('a.flow.yaml')]);
    assert.equal(edit!.documentChanges, undefined);
  });
});

describe('what a rename writes', () => {
  describe('inside JavaScript', () => {
    for (const [text, key, expected] of [
      ['outputs.a.b', 'new1', 'outputs.new1.b'],
      ['outputs?.a', 'new1', 'outputs?.new1'],
      ['outputs\n  . a', '2nd', 'outputs\n  ["2nd"]'],
      ['outputs.a', '2nd', 'outputs["2nd"]'],
      ['outputs?.a', '2nd', 'outputs?.["2nd"]'],
      ['outputs["a"]', '2nd', 'outputs["2nd"]'],
      ['outputs[`a`]', 'größe', 'outputs[`größe`]'],
      ['(({ a }) => a)(outputs)', 'b', '(({ b: a }) => a)(outputs)'],
      ['(({ a = 1 }) => a)(outputs)', '2nd', '(({ "2nd": a = 1 }) => a)(outputs)'],
      ['(({ a: x }) => x)(outputs)', '2nd', '(({ "2nd": x }) => x)(outputs)'],
      ['(({ "a": x }) => x)(outputs)', 'b', '(({ "b": x }) => x)(outputs)'],
      ['(({ ["a"]: x }) => x)(outputs)', 'b', '(({ ["b"]: x }) => x)(outputs)'],
      ['"a" in outputs', 'b', '"b" in outputs'],
      ['(o => o.a)(outputs)', 'b', '(o => o.b)(outputs)'],
      ['outputs[7]', 'b', 'outputs["b"]'],
    ] as const) {
      it(`${text} becomes ${expected}`, () => {
        const [access] = analyzeExpression(text).accesses;
        const after = applied(text, [accessChange(text, access!, key)!]);
        assert.equal(after, expected);
        assert.deepEqual(
          analyzeExpression(after).accesses.map((one) => one.key),
          [key],
        );
      });
    }

    it('refuses where a comment stands in the way', () => {
      const text = 'outputs. /* c */ a';
      assert.equal(accessChange(text, analyzeExpression(text).accesses[0]!, '2nd'), undefined);
    });
  });

  it('keeps what every other name means, whatever block gets whatever name', () => {
    const names = fc.oneof(
      fc.constantFrom(
        'Start',
        'start (2)',
        'Transform (3)',
        'transform',
        'Decode JWT',
        'Slack',
        'Variables',
        '2nd',
        'No',
        'a: b',
        "It's",
        'Send #1',
        'x [y], {z}',
        '"q"',
        'Größe',
      ),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    );
    let done = 0;
    fc.assert(
      fc.property(fc.nat(), names, (pick, raw) => {
        const newName = raw.trim();
        const before = new FlowDocument(RICH);
        const placed = before.blocks[pick % before.blocks.length]!;
        let edits: PlacedEdit[];
        try {
          edits = blockEdits(before, placed, newName);
        } catch (error) {
          assert.ok(error instanceof Refusal, String(error));
          return;
        }
        const after = new FlowDocument(
          applied(
            RICH,
            edits.map(({ segment, span, text }) => {
              const shift = before.startOf(segment);
              return { span: { start: span.start + shift, end: span.end + shift }, text };
            }),
          ),
        );
        const block = after.blocks[before.blocks.indexOf(placed)]!;
        assert.deepEqual([block.block.name.text, block.block.key], [newName, blockKey(newName)]);
        assert.deepEqual(meanings(after), meanings(before));
        assert.equal(
          occurrences(after, { kind: 'block', placed: block }).length,
          occurrences(before, { kind: 'block', placed }).length,
        );
        done++;
      }),
      { numRuns: 600 },
    );
    assert.ok(done > 100, `only ${done} renames went through`);
  });
});

/** What each mention of a flow means, by the numbers of the blocks. */
function meanings(flow: FlowDocument): unknown[] {
  const number = ({ block }: PlacedBlock): number => flow.blocks.findIndex((one) => one.block === block);
  return flow.segments.flatMap((segment) =>
    mentionsIn(segment).map((mention) => [
      mention.kind,
      ...targetsOf(flow, mention).map((target) =>
        target.kind === 'block' ? number(target.placed) : target.key,
      ),
    ]),
  );
}

function applyTo(text: string, uri: string, edit: WorkspaceEdit | null): string {
  const edits = (edit?.documentChanges ?? []).flatMap((change) =>
    'edits' in change && change.textDocument.uri === uri ? change.edits : [],
  );
  return TextDocument.applyEdits(
    TextDocument.create(uri, 'flow', 0, text),
    edits.map((one) => ({ range: one.range, newText: (one as { newText: string }).newText })),
  );
}
