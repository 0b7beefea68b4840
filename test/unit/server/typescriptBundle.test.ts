import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { FlowDocument } from '../../../flow/document.js';
import { checkTypes } from '../../../flow/types/check.js';
import { FlowTypes } from '../../../flow/types/flowTypes.js';
import { sourceOf, type TypeRequests } from '../../../flow/types/service.js';
import { WorkerThread } from '../../../server/typescript/thread.js';
import { afterIssue } from './typescriptService.js';

const BUNDLE = path.resolve('dist/typescript.js');

describe('the bundle with TypeScript', function () {
  this.timeout(60_000);
  let folder: string;
  let file: string;

  before(function () {
    // `npm test` builds it; a run of single test files may come without.
    if (!fs.existsSync(BUNDLE)) this.skip();
    // Where nothing else is to be found, as in an installed extension.
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flows-types-'));
    file = path.join(folder, 'typescript.js');
    fs.copyFileSync(BUNDLE, file);
  });
  after(() => {
    if (folder) fs.rmSync(folder, { recursive: true, force: true });
  });

  it('needs no file beside it: in a thread', async () => {
    const thread = new WorkerThread(file, (message) => assert.fail(message));
    const document = new FlowDocument(afterIssue('!expr outputs.getIssue.labels.map((l) => l.tr'));
    const placed = document.blocks.at(-1)!;
    const [value] = placed.block.expressions;
    const source = sourceOf(new FlowTypes(document).expression(value!, placed, 'assist'));
    const { items } = await thread.request('complete', { ...source, offset: source.length });
    assert.ok(items.some(({ name }) => name === 'trim'));
    thread.stop();
  });

  it('needs no file beside it: as a module, for the command line', () => {
    const { createService } = createRequire(file)(file) as { createService: () => TypeRequests };
    const document = new FlowDocument(afterIssue('!expr outputs.getIssue.lables'));
    assert.deepEqual(
      checkTypes(document, createService()).map(({ problem }) => problem.message),
      ['There is no `lables` in `outputs.getIssue`. Did you mean `labels`?'],
    );
  });
});
