/** Types of real flows: whatever runs on the platform has no type errors. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { typeErrors } from '../unit/server/typescriptService.js';

const folder = process.env.FLOWS_CORPUS ?? '';

describe('types of real flows', function () {
  this.timeout(60_000);

  for (const name of folder === '' ? [] : fs.readdirSync(folder).filter((file) => /\.ya?ml$/.test(file))) {
    it(`${name} has no type errors`, () => {
      assert.deepEqual(typeErrors(fs.readFileSync(path.join(folder, name), 'utf8')), []);
    });
  }
});
