import assert from 'node:assert/strict';
import fc from 'fast-check';
import { entropy, findTokens, keyFor, namesSecret } from '../../../../flow/tokens/detect.js';
import { TOKEN_RULES } from '../../../../flow/tokens/rules.js';
import { body, SAMPLES } from './samples.js';

describe('tokens', () => {
  for (const [i, [name, token]] of SAMPLES.entries()) {
    it(`of the kind ${name} are found, alone and inside of text (${i})`, () => {
      for (const [before, behind] of [
        ['', ''],
        ['Bearer ', ''],
        ['{"a":"', '"}'],
        ['x=', '\n'],
      ] as const) {
        const [found, ...others] = findTokens(before + token + behind);
        assert.ok(found, JSON.stringify([before, behind]));
        assert.equal(found.name, name);
        assert.deepEqual(found.span, { start: before.length, end: before.length + token.length });
        assert.deepEqual(others, []);
      }
    });
    it(`of the kind ${name} are not found in part (${i})`, () => {
      if (name === 'private key' || name.endsWith('address')) return;
      assert.deepEqual(findTokens(token.slice(0, Math.max(8, Math.ceil(token.length / 4)))), []);
    });
  }

  it('have rules with a key that can be one', () => {
    for (const { key, pattern, words } of TOKEN_RULES) {
      assert.match(key, /^[A-Z][A-Z_]*$/);
      assert.ok(pattern.global && words.length > 0);
    }
  });

  it('in addresses are the password alone', () => {
    const password = body(14);
    const text = `postgres://app:${password}@db.internal:5432/app`;
    const [found] = findTokens(text);
    assert.equal(text.slice(found!.span.start, found!.span.end), password);
    for (const harmless of [
      'https://example.com:8080/a@b',
      'postgres://app@db/app',
      'postgres://app:${secrets.PW}@db',
      'postgres://app:password@localhost/app',
      'ssh://git@host:22/x',
    ])
      assert.deepEqual(findTokens(harmless), [], harmless);
  });

  it('are what chance has made, where a name says that it is secret', () => {
    const value = body(32);
    assert.equal(findTokens(value, { name: 'apiKey' }).length, 1);
    assert.equal(findTokens(value, { name: 'X-Auth-Token' })[0]!.key, 'X_AUTH_TOKEN');
    assert.deepEqual(findTokens(value, { name: 'commit' }), []);
    assert.deepEqual(findTokens(value), []);
    const bearer = findTokens(`Bearer ${value}`, { name: 'Authorization' });
    assert.deepEqual(bearer[0]!.span, { start: 7, end: 39 });
  });

  it('are not names, addresses, placeholders and words, whatever their place is called', () => {
    for (const text of [
      'secrets.API_TOKEN',
      'github-production-token',
      'https://example.com/oauth/v2/token?x=1a2b3c4d5e',
      '/var/run/secrets/token1',
      '<your-token-here>',
      'changeme-please-123',
      '${var.token}',
      'xxxxxxxxxxxxxxxxxxxxxxxx1',
      'Enter the token that you have got',
      'outputs.login.token2',
      '12345678901234567890',
      '',
    ])
      assert.deepEqual(findTokens(text, { name: 'token' }), [], text);
  });

  it('are anything that is written into a sensitive field, but placeholders', () => {
    assert.equal(findTokens('hunter2', { name: 'pin', sensitive: true })[0]!.key, 'PIN');
    for (const text of ['', '  ', '<pin>', '${pin}'])
      assert.deepEqual(findTokens(text, { name: 'pin', sensitive: true }), [], text);
  });

  it('are named by the last word of a name', () => {
    for (const name of ['token', 'botToken', 'api_key', 'X-API-Key', 'clientSecret', 'DB_PASSWORD', 'APIKey'])
      assert.ok(namesSecret(name), name);
    for (const name of [
      'tokenId',
      'maxTokens',
      'secretName',
      'key',
      'primaryKey',
      'passwordPolicy',
      'author',
      'monkey',
    ])
      assert.ok(!namesSecret(name), name);
    assert.equal(keyFor('botToken'), 'BOT_TOKEN');
    assert.equal(keyFor('2fa-secret'), '_2FA_SECRET');
  });

  it('entropy is that of Shannon', () => {
    assert.equal(entropy('aaaa'), 0);
    assert.equal(entropy('abcd'), 2);
  });

  it('do not throw and do not overlap, whatever the text is', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 10 }),
      fc.constantFrom(...SAMPLES.map(([, token]) => token), 'https://a:', '@b', ' '),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.boolean(), (pieces, sensitive) => {
        const text = pieces.join('');
        let last = 0;
        for (const { span } of findTokens(text, { name: 'token', sensitive })) {
          assert.ok(last <= span.start && span.start < span.end && span.end <= text.length);
          last = span.end;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('take time in proportion to the text', () => {
    for (const unit of [
      '-',
      'eyJ',
      'a.',
      '://',
      'sk-',
      'A',
      'https://a:a',
      '-----BEGIN PRIVATE KEY-----',
      'gl',
    ]) {
      const text = unit.repeat(Math.floor(90_000 / unit.length));
      findTokens(text, { name: 'token' });
    }
  }).timeout(5000);
});
