import assert from 'node:assert/strict';
import { scalarSource } from '../../../flow/quoting.js';
import type { JsonSchema } from '../../../flow/shape.js';
import { appBlock, coreBlock, flow, ISSUE, typeErrors } from './typescriptService.js';

describe('type errors between blocks', function () {
  this.timeout(60_000);

  const use = (from: string | string[], code: string): string =>
    coreBlock('Use', 'condition', {
      from,
      config: `condition: !expr ${scalarSource(code, 'single', false)}`,
    });

  it('a transform’s object literal has what is in it, nothing else; what a function returns may have more', () => {
    const made = (output: string): string =>
      flow(coreBlock('Make', 'transform', { output }), use('Make', 'outputs.make.other'));
    assert.deepEqual(typeErrors(made("!expr '{ total: 1, at: 2 }'")), [
      'other: There is no `other` in `outputs.make`. It has `total`, `at`.',
    ]);
    assert.deepEqual(
      typeErrors(made("!expr '(() => { const made = {}; made.total = 1; return made })()'")),
      [],
    );
    assert.deepEqual(typeErrors(made('!expr JSON.parse(secrets.X)')), []);
    assert.deepEqual(typeErrors(made('\n          total: 1')), [
      'other: There is no `other` in `outputs.make`. It has `total`.',
    ]);
    assert.deepEqual(typeErrors(made("!expr '{ total: '")), []);
  });

  it('types go through chains of transforms', () => {
    const chain = flow(
      appBlock('Get Issue', { default: ISSUE }),
      coreBlock('A', 'transform', {
        from: 'Get Issue',
        output: "!expr '{ author: outputs.getIssue.author }'",
      }),
      coreBlock('B', 'transform', { from: 'A', output: '!expr outputs.a.author' }),
      use('B', '[outputs.b.logn, previous.logn]'),
    );
    assert.equal(typeErrors(chain).length, 2);
  });

  it('transforms that read each other in a circle are anything, whoever is asked first', () => {
    const circle = (first: string, second: string): string =>
      flow(
        coreBlock(first, 'transform', {
          from: second,
          output: `!expr '{ x: outputs.${second.toLowerCase()}.x, own: 1 }'`,
        }),
        coreBlock(second, 'transform', {
          from: first,
          output: `!expr '{ x: outputs.${first.toLowerCase()}.x, own: 1 }'`,
        }),
        use([first, second], '[outputs.a.own, outputs.b.own, outputs.a.x.y.z]'),
      );
    assert.deepEqual(typeErrors(circle('A', 'B')), []);
    assert.deepEqual(typeErrors(circle('B', 'A')), []);
  });

  it('an endpoint that answers itself is typed', () => {
    const echo = (code: string): string =>
      flow(
        coreBlock('Hook', 'httpEndpoint', {
          fixed: 'path: /hello/{name}',
          from: 'Make',
          config: 'body: !expr outputs.make.greting',
        }),
        coreBlock('Make', 'transform', { from: 'Hook/requests', output: `!expr '{ greeting: ${code} }'` }),
      );
    assert.deepEqual(typeErrors(echo('outputs.hook.params.name')), [
      'greting: There is no `greting` in `outputs.make`. Did you mean `greeting`?',
    ]);
    assert.equal(typeErrors(echo('outputs.hook.params.nam')).length, 2);
    // What an endpoint's request has besides is not all documented.
    assert.equal(typeErrors(echo('outputs.hook.clientAddress.x')).length, 1);
  });

  it('two outputs of a block are told apart by the way', () => {
    const two = (output: string): string =>
      flow(
        appBlock('Ask', {
          sent: { type: 'object', properties: { alpha: { type: 'string' } }, additionalProperties: false },
          answered: {
            type: 'object',
            properties: { beta: { type: 'string' } },
            additionalProperties: false,
          },
        }),
        use(`Ask/${output}`, 'outputs.ask.beta'),
      );
    assert.equal(typeErrors(two('sent')).length, 1);
    assert.equal(typeErrors(two('answered')).length, 0);
  });

  it('blocks of one key are all of them, and only those upstream', () => {
    const shape = (name: string): JsonSchema => ({
      type: 'object',
      properties: { [name]: { type: 'string' } },
      additionalProperties: false,
    });
    const blocks = [
      appBlock('Get', { default: shape('alpha') }),
      appBlock('Get (1)', { default: shape('beta') }),
      appBlock('Get (2)', { default: shape('gamma') }),
    ];
    assert.deepEqual(
      typeErrors(flow(...blocks, use(['Get', 'Get (1)'], '[outputs.get.alpha, outputs.get.beta]'))),
      [],
    );
    assert.equal(typeErrors(flow(...blocks, use('Get', '[outputs.get.alpha, outputs.get.beta]'))).length, 1);
    assert.equal(typeErrors(flow(...blocks, use(['Get', 'Get (1)'], 'outputs.get.gamma'))).length, 1);
  });

  it('what is not known is anything: conditions, sleeps, errors, customisations of `previous`, links to nowhere', () => {
    for (const block of [
      coreBlock('Mid', 'condition', { from: 'Get Issue', config: 'condition: true' }),
      coreBlock('Mid', 'sleep', { from: 'Get Issue', config: 'sleep: 1' }),
      coreBlock('Mid', 'transform', { from: 'Get Issue' }),
      coreBlock('Mid', 'transform', { from: 'Get Issue', output: '!expr previous' }),
      coreBlock('Mid', 'unheardOf', { from: 'Get Issue' }),
    ]) {
      const text = flow(
        appBlock('Get Issue', { default: ISSUE }),
        block,
        use(['Mid', 'Nowhere'], '[previous.lables, outputs.mid.lables]'),
      );
      assert.deepEqual(typeErrors(text), []);
    }
    const handled = flow(
      `${appBlock('Get Issue', { default: ISSUE })}\n    errorHandler: Use`,
      use([], '[previous.lables, outputs.getIssue.lables]'),
    );
    assert.deepEqual(typeErrors(handled), []);
  });
});
