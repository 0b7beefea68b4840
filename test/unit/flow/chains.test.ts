import assert from 'node:assert/strict';
import { chainAt, chainsOf } from '../../../flow/chains.js';
import { analyzeExpression } from '../../../flow/expression.js';

const chains = (text: string): string[] =>
  chainsOf(analyzeExpression(text)).map(({ span }) => text.slice(span.start, span.end));

/** What a hover at `|` looks up. */
function at(marked: string): string | undefined {
  const offset = marked.indexOf('|');
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  const span = chainAt(analyzeExpression(text), offset);
  return span && text.slice(span.start, span.end);
}

describe('chains of members', () => {
  it('begin at names of the flow and hold what needs no evaluation', () => {
    assert.deepEqual(chains('outputs.a.b[0]["c d"]?.e + previous?.[2] * signals.s.t'), [
      'outputs.a.b[0]["c d"]?.e',
      'previous?.[2]',
      'signals.s.t',
    ]);
    assert.deepEqual(chains('outputs\n  .start\n  .params[index].name'), ['outputs\n  .start\n  .params']);
  });

  it('leave the method of a call out', () => {
    assert.deepEqual(chains('previous.labels.some((one) => one === outputs.a.name.trim())'), [
      'previous.labels',
      'outputs.a.name',
    ]);
  });

  it('are not taken from texts, comments and names of the expression itself', () => {
    assert.deepEqual(chains('"previous.a" /* outputs.b */ + `${secrets.KEY}`'), ['secrets.KEY']);
    assert.deepEqual(chains('((previous) => previous.a)(1)'), []);
    assert.deepEqual(chains('(() => { const s = secrets; return s.KEY; })()'), ['secrets']);
  });

  it('a hover means the chain up to the part under it', () => {
    assert.equal(at('outputs.cre|ateIssue.key'), 'outputs.createIssue');
    assert.equal(at('outputs.createIssue.k|ey'), 'outputs.createIssue.key');
    assert.equal(at('out|puts.createIssue.key'), 'outputs');
    assert.equal(at('previous.labels.so|me(one)'), undefined);
    assert.equal(at('1 + o|ther.x'), undefined);
  });
});
