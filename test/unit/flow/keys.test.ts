import assert from 'node:assert/strict';
import { blockKey, nearest, secretKeyProblem } from '../../../flow/keys.js';

describe('keys', () => {
  // Documented and observed pairs: flows-platform §3.3.
  for (const [name, key] of [
    ['Get User Name', 'getUserName'],
    ['API Response', 'apiResponse'],
    ['Process Data 2', 'processData2'],
    ['Test Block (3)', 'testBlock'],
    ['Profile (Beta)', 'profile'],
    ['Text Transform API', 'textTransformApi'],
    ['Transform', 'transform'],
    ['Transform (1)', 'transform'],
    ['Get stock price', 'getStockPrice'],
    ['OpenTofu MCP server', 'opentofuMcpServer'],
    ['Create or update file contents (2)', 'createOrUpdateFileContents'],
    ['Decode JWT', 'decodeJwt'],
  ] as const) {
    it(`${name} is outputs.${key}`, () => assert.equal(blockKey(name), key));
  }

  it('says why a name cannot be a secret key', () => {
    for (const key of ['API_TOKEN', '_x', '$', 'a1']) assert.equal(secretKeyProblem(key), undefined);
    for (const key of ['', '1A', 'a-b', 'a b', 'é', '__proto__', 'x'.repeat(129)])
      assert.ok(secretKeyProblem(key), key);
  });

  it('finds near misses and nothing far', () => {
    const keys = ['API_TOKEN', 'JWT_SECRET', 'DB'];
    assert.equal(nearest('API_TOKN', keys), 'API_TOKEN');
    assert.equal(nearest('APT_IOKEN', keys), 'API_TOKEN');
    assert.equal(nearest('api_token', keys), 'API_TOKEN');
    assert.equal(nearest('BD', keys), 'DB');
    assert.equal(nearest('SOMETHING', keys), undefined);
    assert.equal(nearest('JIRA_DENIED_STATUS', ['JIRA_APPROVED_STATUS']), undefined);
  });
});
