import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Diagnostic, Position } from 'vscode-languageserver/node';
import { replaced, TestClient } from './client.js';
import { SILENT } from './typescriptThread.js';

const NAME = 'a.flow.yaml';
const PROJECT = { 'flows.project.yaml': 'project: ops\nsecrets:\n  TOKEN:\n' };
const TEXT = `blocks:\n${['secrets.NOBODY', 'secrets.TOKEN', 'secrets.NOBODY + secrets.NOONE', '1']
  .map(
    (code, i) =>
      `  - name: Block ${i}\n    type: { coreBlock: transform }\n    outputs:\n      default:\n        outputCustomization: !expr ${code}\n`,
  )
  .join('')}`;

/** A report in an editor, which moves it along with the text. */
interface Shown {
  start: number;
  end: number;
  readonly message: Diagnostic['message'];
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const offsetAt = (text: string, { line, character }: Position): number =>
  text
    .split('\n')
    .slice(0, line)
    .reduce((sum, one) => sum + one.length + 1, character);

function positionAt(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length - 1, character: lines.at(-1)!.length };
}

const asShown = (text: string, diagnostics: readonly Diagnostic[]): Shown[] =>
  diagnostics.map(({ range, message }) => ({
    start: offsetAt(text, range.start),
    end: offsetAt(text, range.end),
    message,
  }));

/** An editor that does not ask for versions, and one that does: what is right. */
class Editors {
  text = TEXT;
  shown: Shown[] = [];
  #seen = 0;

  private constructor(
    readonly plain: TestClient,
    readonly reference: TestClient,
  ) {}

  static async start(): Promise<Editors> {
    const editors = new Editors(
      await TestClient.start(PROJECT, {
        thread: SILENT,
        capabilities: { textDocument: { publishDiagnostics: {} } },
      }),
      await TestClient.start(PROJECT, { thread: SILENT }),
    );
    for (const client of [editors.plain, editors.reference]) await client.open(NAME, TEXT);
    await editors.settle();
    return editors;
  }

  dispose(): void {
    this.plain.dispose();
    this.reference.dispose();
  }

  /** Replaces text between offsets, one place after another, and tells of it in one message. */
  async edit(...edits: readonly Edit[]): Promise<void> {
    this.#receive();
    const changes = edits.map(({ start, end, text }) => {
      const range = { start: positionAt(this.text, start), end: positionAt(this.text, end) };
      this.text = replaced(this.text, range, text);
      const moved = (offset: number, sticks: boolean): number => {
        if (offset < start || (offset === start && sticks)) return offset;
        return offset < end ? start + text.length : offset - (end - start) + text.length;
      };
      for (const one of this.shown) {
        // Typing at its edges does not make it grow.
        one.start = moved(one.start, false);
        one.end = Math.max(one.start, moved(one.end, true));
      }
      return { range, text };
    });
    for (const client of [this.plain, this.reference]) await client.edit(NAME, changes);
  }

  /** Waits until the editor shows what is right. */
  async settle(): Promise<void> {
    const right = asShown(this.text, await this.reference.diagnostics(NAME));
    for (const deadline = Date.now() + 5000; ;) {
      this.#receive();
      if (JSON.stringify(this.shown) === JSON.stringify(right)) return;
      if (Date.now() > deadline) assert.deepEqual(this.shown, right);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  #receive(): void {
    const news = this.plain.published.slice(this.#seen);
    this.#seen = this.plain.published.length;
    const last = news.at(-1);
    if (last) this.shown = asShown(this.text, last.diagnostics);
  }
}

describe('reports in an editor that does not ask for versions', function () {
  this.timeout(120_000);
  let editors: Editors;
  beforeEach(async () => {
    editors = await Editors.start();
  });
  afterEach(() => editors.dispose());

  it('are not sent again while they stay right', async () => {
    const { plain } = editors;
    const name = TEXT.indexOf('Block 1');
    for (const text of ['x', 'y', 'z']) {
      await editors.edit({ start: name, end: name, text });
      await editors.settle();
    }
    // One of them goes and comes: an editor shows nothing there then.
    const start = editors.text.indexOf('NOBODY');
    const end = start + 'NOBODY'.length;
    await editors.edit({ start, end, text: '' }, { start, end: start, text: 'NOBODY' });
    await editors.settle();
    assert.deepEqual(
      plain.published.filter(({ uri }) => uri === plain.uri(NAME)).map(({ version }) => version),
      [1, 5],
    );
  });

  it('are sent again when a document is opened again', async () => {
    const { plain } = editors;
    await plain.close(NAME);
    while (plain.published.at(-1)!.diagnostics.length > 0)
      await new Promise((resolve) => setTimeout(resolve, 2));
    await plain.open(NAME, TEXT);
    await editors.settle();
    assert.equal(editors.shown.length, 3);
  });

  it('are where they belong, whatever is typed', async () => {
    const texts = fc.constantFrom('', '', 'x', ' ', '#', '"', '.', '\n', 'NOBODY', '\n  - name: New\n');
    const edits = fc.record({
      /** Near the report of this number, or anywhere. */
      near: fc.option(fc.nat({ max: 5 })),
      at: fc.nat(),
      remove: fc.nat({ max: 12 }),
      text: texts,
      undo: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(edits, { maxLength: 3 }), { maxLength: 5 }), async (bursts) => {
        for (const burst of bursts) {
          for (const { near, at, remove, text, undo } of burst) {
            const from = near === null ? undefined : editors.shown[near]?.start;
            const start =
              from === undefined ? at % (editors.text.length + 1) : Math.max(0, from - 3 + (at % 10));
            const end = Math.min(editors.text.length, start + remove);
            const edit = { start, end, text };
            const gone = editors.text.slice(start, end);
            await editors.edit(edit, ...(undo ? [{ start, end: start + text.length, text: gone }] : []));
          }
          await editors.settle();
        }
        await editors.edit({ start: 0, end: editors.text.length, text: TEXT });
        await editors.settle();
      }),
      { numRuns: 60 },
    );
  });
});
