import assert from 'node:assert/strict';
import { keyAt } from '../../../client/secrets/keyAtCursor.js';

/** `|` is the cursor. */
function at(text: string): string | undefined {
  return keyAt(text.replace('|', ''), text.indexOf('|'));
}

describe('the key at the cursor', () => {
  for (const [text, key] of [
    ['url: !expr secrets.API_|TOKEN', 'API_TOKEN'],
    ['url: !expr |secrets.API_TOKEN + 1', 'API_TOKEN'],
    ['url: !expr secrets.API_TOKEN|', 'API_TOKEN'],
    ['url: !expr secrets?.API|', 'API'],
    ["url: !expr secrets['A|PI']", 'API'],
    ['url: !expr "secrets[\\"AP|I\\"]"', 'API'],
    ["url: !expr 'secrets[''A|PI'']'", 'API'],
    ['url: !expr secrets?.["AP|I"]', 'API'],
    ['url: !expr `${secrets.A}-${secrets.B|}`', 'B'],
    ['url: !expr mysecrets.A|PI', undefined],
    ['url: |!expr secrets.API', undefined],
    ['url: !expr secrets.|', undefined],
  ] as const) {
    it(text, () => assert.equal(at(text), key));
  }
});
