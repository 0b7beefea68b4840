/** The check of a file's history, on real repositories. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { wasCommitted } from '../../../client/secrets/history.js';

const TOKEN = 'ghp_Committed7Qw3ErTy5UiOp9AsDfGh1JkLz';

describe('whether a text was committed', () => {
  let folder: string;
  const file = (name: string): string => path.join(folder, name);
  const write = (name: string, text: string): void => {
    fs.mkdirSync(path.dirname(file(name)), { recursive: true });
    fs.writeFileSync(file(name), text);
  };
  const git = (...args: string[]): void => {
    const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgSign=false'];
    execFileSync('git', [...who, ...args], { cwd: folder, stdio: 'ignore' });
  };
  const commit = (message: string): void => {
    git('add', '--all');
    git('commit', '-m', message);
  };
  const committed = (name: string, ...texts: string[]): Promise<boolean> =>
    wasCommitted(file(name), texts.length > 0 ? texts : [TOKEN]);

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-history-'));
    git('init', '--initial-branch=main');
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('is so with the last commit, and with any before it', async () => {
    write('a/b.flow.yaml', `token: ${TOKEN}\n`);
    commit('one');
    assert.equal(await committed('a/b.flow.yaml'), true);
    write('a/b.flow.yaml', 'token: !expr secrets.TOKEN\n');
    commit('two');
    write('a/b.flow.yaml', `token: ${TOKEN}\n`);
    assert.equal(await committed('a/b.flow.yaml'), true);
  });

  it('is so on another branch, and under the name that the file had before', async () => {
    write('old name.yaml', `${'# the same\n'.repeat(20)}token: ${TOKEN}\n`);
    commit('one');
    git('mv', 'old name.yaml', 'b.flow.yaml');
    write('b.flow.yaml', `${'# the same\n'.repeat(20)}token: none\n`);
    commit('two');
    assert.equal(await committed('b.flow.yaml'), true);

    git('checkout', '-q', '-b', 'other');
    write('c.flow.yaml', `x: ${TOKEN}2\n`);
    commit('three');
    git('checkout', '-q', 'main');
    write('c.flow.yaml', 'x: 1\n');
    commit('four');
    assert.equal(await committed('c.flow.yaml', `${TOKEN}2`), true);
  });

  it('is so where a merge has brought it in', async () => {
    write('a.yaml', 'x: 1\n');
    commit('one');
    git('checkout', '-q', '-b', 'other');
    write('a.yaml', 'x: 2\n');
    commit('two');
    git('checkout', '-q', 'main');
    write('a.yaml', 'x: 3\n');
    commit('three');
    assert.throws(() => git('merge', 'other'));
    write('a.yaml', `x: ${TOKEN}\n`);
    commit('four');
    write('a.yaml', 'x: 5\n');
    commit('five');
    assert.equal(await committed('a.yaml'), true);
  });

  it('is so where it was written otherwise than it is meant, and in long histories', async () => {
    for (let i = 0; i < 30; i++) {
      write(
        'a.yaml',
        `${'filler: 0123456789\n'.repeat(4000)}n: ${i}\n${i === 7 ? 'x: "a\\"b\\u0041c"\n' : ''}`,
      );
      commit(`commit ${i}`);
    }
    assert.equal(await committed('a.yaml', 'a"bAc', 'a\\"b\\u0041c'), true);
    assert.equal(await committed('a.yaml', 'a"bAc'), false);
  });

  it('is not so of what was only written or staged, stands in another file, or is in no repository', async () => {
    write('other.yaml', `x: ${TOKEN}\n`);
    write('a.yaml', 'x: 1\n');
    assert.equal(await committed('other.yaml'), false);
    commit('one');
    write('a.yaml', `x: ${TOKEN}\n`);
    git('add', '--all');
    assert.equal(await committed('a.yaml'), false);
    assert.equal(await committed('untracked.yaml'), false);
    assert.equal(await committed('no folder/a.yaml'), false);
    const outside = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-history-none-'));
    fs.writeFileSync(path.join(outside, 'a.yaml'), TOKEN);
    assert.equal(await wasCommitted(path.join(outside, 'a.yaml'), [TOKEN]), false);
    fs.rmSync(outside, { recursive: true });
  });

  it('runs nothing that the repository brings along', async () => {
    write('.gitattributes', '*.yaml diff=mine filter=mine\n');
    write('a.yaml', `x: ${TOKEN}\n`);
    commit('one');
    const mark = file('ran');
    for (const key of ['diff.mine.textconv', 'diff.mine.command', 'filter.mine.smudge', 'core.fsmonitor'])
      git('config', key, `touch '${mark}'; cat`);
    git('config', 'core.pager', `touch '${mark}'`);
    assert.equal(await committed('a.yaml'), true);
    assert.equal(fs.existsSync(mark), false);
  });
});
