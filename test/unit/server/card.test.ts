import assert from 'node:assert/strict';
import { escapeMarkdown } from '../../../server/hover/card.js';

describe('text of others in a hover', () => {
  for (const [text, expected] of [
    ['https://wiki.example.com', '<https://wiki.example.com>'],
    ['See http://a.example/b_c-d*e?x=1&y=[2]#z.', 'See <http://a.example/b_c-d*e?x=1&y=[2]#z>\\.'],
    ['(https://a.example/x_(y)).', '\\(<https://a.example/x_(y)>\\)\\.'],
    ['https://[::1]:8080/, *ftp://b.example*', '<https://[::1]:8080/>, \\*<ftp://b.example>\\*'],
    ['**HTTPS://A.EXAMPLE/!**?', '\\*\\*<HTTPS://A.EXAMPLE/>\\!\\*\\*?'],
    ['https://a.example/x\nhttps://b.example', '<https://a.example/x>\n<https://b.example>'],
  ] as const) {
    it(`leaves addresses whole: ${JSON.stringify(text)}`, () => assert.equal(escapeMarkdown(text), expected));
  }

  for (const [text, expected] of [
    ['[run](command:flows.x?%5B%5D)', '\\[run\\]\\(command:flows\\.x?%5B%5D\\)'],
    ['<command:flows.x>', '\\<command:flows\\.x\\>'],
    ['![](https://a.example/pixel.png)', '\\!\\[\\]\\(<https://a.example/pixel.png>\\)'],
    ['[https://a.example](command:x)', '\\[<https://a.example>\\]\\(command:x\\)'],
    ['https://a.example/><img src=x>', '<https://a.example/>\\>\\<img src=x\\>'],
    ['https://a.example/`b`\\*', '<https://a.example/>\\`b\\`\\\\\\*'],
    ['https://a.example/\u0007<b>', '<https://a.example/>\u0007\\<b\\>'],
    ['https://<script>', 'https://\\<script\\>'],
    ['a_b *c* `d` # e', 'a\\_b \\*c\\* \\`d\\` \\# e'],
  ] as const) {
    it(`shows as it is what would be markup: ${JSON.stringify(text)}`, () =>
      assert.equal(escapeMarkdown(text), expected));
  }
});
