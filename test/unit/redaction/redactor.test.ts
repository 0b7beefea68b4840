/** What a user of the redactor relies on: lengths, markers, parts of values, streams that show at once and never too early. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { maskingSink, Redactor } from '../../../client/redaction/index.js';

const TOKEN = 'k7Qw2ZxT9vBn4LmR8sYd';
const of = (secrets: Readonly<Record<string, string>>): Redactor =>
  new Redactor(Object.entries(secrets).map(([key, value]) => ({ key, value })));
const mask = (secrets: Readonly<Record<string, string>>, text: string): string => of(secrets).text(text);

describe('redaction: lengths', () => {
  it('masks eight characters and more wherever they stand', () => {
    assert.equal(mask({ K: 'abcdefgh' }, 'xxabcdefghxx'), 'xx‹secret:K›xx');
    assert.equal(mask({ K: 'пароль-8' }, 'xпароль-8x'), 'x‹secret:K›x');
  });

  it('masks four to seven characters as words only', () => {
    assert.equal(
      mask({ K: 'prod' }, 'prod product reprod (prod) x=prod; prod-1 prod_1'),
      '‹secret:K› product reprod (‹secret:K›) x=‹secret:K›; ‹secret:K›-1 prod_1',
    );
    assert.equal(
      mask({ K: 'p@ss' }, `{"v":"p@ss"} %70 p%40ss ${Buffer.from('p@ss').toString('base64')}`),
      '{"v":"‹secret:K›"} %70 ‹secret:K› ‹secret:K›',
    );
    assert.equal(
      mask({ K: '=x-y' }, 'key=x-y'),
      'key‹secret:K›',
      'a sign at its edge needs no word boundary',
    );
    assert.equal(
      mask({ K: 'prod' }, '\x1b[31mprod\x1b[0m'),
      '\x1b[31m‹secret:K›\x1b[0m',
      'a colour ends no word',
    );
    assert.equal(mask({ K: 'prod' }, 'PROD'), 'PROD', 'short values keep their case');
  });

  it('leaves shorter and empty values alone', () => {
    assert.equal(mask({ A: '', B: ' \n', C: 'abc', D: '1' }, 'abc 1  '), 'abc 1  ');
  });

  it('tells by key, never by value or length', () => {
    const redactor = of({ EMPTY: ' ', TINY: 'xyz', WORD: 'qwxyz', COMMON: 'Production', FINE: TOKEN });
    redactor.add({ key: 'SHOWN', value: 'a', sensitive: false });
    assert.deepEqual(
      redactor.weaknesses.map(({ key, reason }) => [key, reason]),
      [
        ['EMPTY', 'empty'],
        ['TINY', 'short'],
        ['WORD', 'word-boundary'],
        ['COMMON', 'common'],
      ],
    );
    for (const { key, message } of redactor.weaknesses) {
      assert.ok(message.includes(key));
      assert.ok(!/xyz|production|\b[345]\b/i.test(message), message);
    }
  });

  it('ignores white space around a value', () => {
    assert.equal(mask({ K: `\n  ${TOKEN}\n` }, `a ${TOKEN} z`), 'a ‹secret:K› z');
  });
});

describe('redaction: markers', () => {
  it('names both keys where two values overlap', () => {
    assert.equal(mask({ A: 'abcdefghij', B: 'ghijklmnop' }, 'abcdefghijklmnop'), '‹secret:A›‹secret:B›');
    assert.equal(
      mask({ A: 'abcdefghijklmnop', B: 'ghijklmn' }, 'xabcdefghijklmnopx'),
      'x‹secret:A›‹secret:B›x',
    );
    assert.equal(mask({ B: TOKEN, A: TOKEN }, TOKEN), '‹secret:B›‹secret:A›');
  });

  it('names a key once for a stretch, and again for the next', () => {
    assert.equal(mask({ K: 'ababacab' }, 'ababacababacab ababacab'), '‹secret:K› ‹secret:K›');
    assert.equal(mask({ K: TOKEN }, TOKEN + TOKEN), '‹secret:K›‹secret:K›');
  });

  it('hints at nothing: the same for every form', () => {
    const redactor = of({ K: `a'b"c\\d e&f` });
    for (const form of [`a'b"c\\d e&f`, `a'b\\"c\\\\d e&f`, `a'b"c\\d e&amp;f`, `a'\\''b"c\\d e&f`]) {
      assert.equal(redactor.text(`<${form}>`), '<‹secret:K›>');
    }
  });
});

describe('redaction: parts of values', () => {
  it('masks the lines of a multi-line value, not what all keys share', () => {
    const key = [
      '-----BEGIN PRIVATE KEY-----',
      'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC',
      'Bk7cwggSjAgEAAoIBAQC7VJTUt9Us8cK',
      '-----END PRIVATE KEY-----',
    ];
    assert.equal(
      mask({ K: key.join('\n') }, `1: ${key[1]!}\n2: ${key[0]!}\n`),
      '1: ‹secret:K›\n2: -----BEGIN PRIVATE KEY-----\n',
    );
    assert.equal(mask({ K: key.join('\n') }, key.join('\r\n')), '‹secret:K›');
    assert.equal(mask({ K: key.join('\r\n') }, key.join(' ')), '‹secret:K›');
  });

  it('masks a line of a key alone, whatever writes its signs', () => {
    const lines = ['b1Zt+Qk8/Rv2LmX5nYc7Wd0J', 'Hq4s/Tg9Ue+6Pa3Fz1Bi8Ko2'];
    const redactor = of({ K: lines.join('\n') });
    for (const line of lines) {
      for (const written of [
        line.replaceAll('/', '\\/'),
        line.replaceAll('+', '\\u002B'),
        line.replace(/[+/]/g, (sign) => `&#${sign.charCodeAt(0)};`),
        encodeURIComponent(encodeURIComponent(line)),
      ])
        assert.equal(redactor.text(`<${written}>`), '<‹secret:K›>');
    }
  });

  it('masks the fields of a service account', () => {
    const account = {
      type: 'service_account',
      private_key_id: 'b1946ac92492d2347c6235b4d2611184',
      private_key:
        '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n',
      client_email: 'svc@my-project-1234.iam.gserviceaccount.com',
      auth_uri: 'https://accounts.google.com/o/oauth2/auth',
      universe_domain: 'googleapis.com',
    };
    const redactor = of({ SA: JSON.stringify(account, null, 2) });
    assert.equal(redactor.text(account.private_key), '‹secret:SA›\n');
    assert.equal(redactor.text(`id ${account.private_key_id}`), 'id ‹secret:SA›');
    assert.equal(redactor.text(JSON.stringify(account)).includes('MIIEvQ'), false);
    const ordinary = 'a service_account of googleapis.com, see https://accounts.google.com/o/oauth2/auth';
    assert.equal(redactor.text(ordinary), ordinary);
  });

  it('leaves the times of other things alone', () => {
    const at = '2026-11-23T14:05:09.120Z';
    const json = JSON.stringify({ token: TOKEN, created_at: at, day: '2026-11-23' });
    const redactor = of({ K: json, WORDS: `rotated ${at} by Tr0ub4dor&3xQ` });
    assert.equal(redactor.text(`${at} INFO started on 2026-11-23`), `${at} INFO started on 2026-11-23`);
    assert.equal(redactor.text(`${TOKEN} of ${json}`), '‹secret:K› of ‹secret:K›');
    assert.equal(redactor.text(`rotated ${at} by Tr0ub4dor&3xQ`), '‹secret:WORDS›');
  });

  it('takes a field that no output can hold as it is written', () => {
    const redactor = of({ K: '{"a":"Jq7#vX2m!Lp9 \\ud83d","b":"Zt4kWn8sRb1y"}' });
    assert.equal(redactor.text('Jq7#vX2m!Lp9 \ufffd, Zt4kWn8sRb1y'), '‹secret:K›, ‹secret:K›');
  });

  it('masks the password of a connection string, written either way', () => {
    const redactor = of({ DB: 'postgres://app:S3cr3t%2FPa55@db.example.com:5432/orders' });
    assert.equal(
      redactor.text('password "S3cr3t/Pa55" or S3cr3t%2FPa55 for db.example.com'),
      'password "‹secret:DB›" or ‹secret:DB› for db.example.com',
    );
  });

  it('masks the token of an address, and what a server logs of the address', () => {
    const redactor = of({
      SLACK: 'https://hooks.example.com/services/T00000001/B00000002/k7Qw2ZxT9vBn4LmR8sYdhJ3N',
      HOOK: 'https://example.com/hook?team=platform&token=abc%2Bdef1',
      DB: 'postgres://db.example.com:5432/orders?sslmode=verify-full&connect_timeout=10',
    });
    assert.equal(
      redactor.text('POST /services/T00000001/B00000002/k7Qw2ZxT9vBn4LmR8sYdhJ3N HTTP/1.1'),
      'POST ‹secret:SLACK› HTTP/1.1',
    );
    assert.equal(redactor.text('id k7Qw2ZxT9vBn4LmR8sYdhJ3N.'), 'id ‹secret:SLACK›.');
    assert.equal(
      redactor.text('GET /hook?team=platform&token=abc%2Bdef1 of abc+def1'),
      'GET ‹secret:HOOK› of ‹secret:HOOK›',
    );
    const ordinary = 'GET /hook?team=platform to hooks.example.com/services, /orders?sslmode=verify-full';
    assert.equal(redactor.text(ordinary), ordinary);
  });

  it('masks what quotes hold', () => {
    assert.equal(mask({ K: `"${TOKEN}"` }, `a ${TOKEN} z`), 'a ‹secret:K› z');
  });
});

describe('redaction: streams', () => {
  const push = (stream: { write(chunk: Uint8Array): Uint8Array }, text: string): string =>
    Buffer.from(stream.write(Buffer.from(text))).toString();
  const last = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

  it('shows at once what can no longer become a secret', () => {
    const stream = of({ K: TOKEN }).stream();
    assert.equal(push(stream, 'Downloading…'), 'Downloading…');
    assert.equal(push(stream, '\rline\n'), '\rline\n');
    assert.equal(push(stream, 'ends in k\n'), 'ends in k\n', 'one character at a line end is not held');
    assert.equal(push(stream, TOKEN.slice(0, 10)), '');
    assert.equal(stream.held, 10);
    assert.equal(push(stream, '!'), `${TOKEN.slice(0, 10)}!`);
    assert.equal(last(stream.end()), '');
  });

  it('shows a masked value at once, without waiting for what may follow', () => {
    const stream = of({ K: 'ababacab' }).stream();
    assert.equal(push(stream, 'xababacab'), 'x‹secret:K›', 'though ab may begin another');
    assert.equal(push(stream, 'abacab'), '', 'which it did: one stretch');
    assert.equal(push(stream, '.'), '.');
  });

  it('never shows four characters of a secret early', () => {
    const stream = of({ K: TOKEN }).stream();
    for (let i = 4; i < TOKEN.length; i++) {
      assert.equal(push(stream, i === 4 ? TOKEN.slice(0, 4) : TOKEN[i - 1]!), '');
      assert.equal(last(stream.idle()), '', `after ${i} characters`);
    }
    assert.equal(push(stream, TOKEN.at(-1)!), '‹secret:K›');
  });

  it('shows up to three when idle, and masks the rest if it was a secret', () => {
    const stream = of({ K: TOKEN }).stream();
    assert.equal(push(stream, `Name? ${TOKEN.slice(0, 3)}`), 'Name? ');
    assert.equal(last(stream.idle()), TOKEN.slice(0, 3));
    assert.equal(last(stream.idle()), '');
    assert.equal(push(stream, TOKEN.slice(3)), '‹secret:K›');
    assert.equal(push(stream, ' done'), ' done');
  });

  it('masks the rest where a line break parts the first three characters from it', () => {
    const stream = of({ K: TOKEN }).stream();
    assert.equal(push(stream, `${TOKEN.slice(0, 3)}\n`), `${TOKEN.slice(0, 3)}\n`);
    assert.equal(push(stream, `${TOKEN.slice(3)} `), '‹secret:K› ');
  });

  it('masks what is left of a random-looking value that was cut off at either end', () => {
    for (let length = 19; length <= TOKEN.length; length++) {
      for (const cut of [TOKEN.slice(0, length), TOKEN.slice(-length)]) {
        const [before, behind] = mask({ K: TOKEN }, `<${cut}>`).slice(1, -1).split('‹secret:K›');
        assert.ok(before !== undefined && behind !== undefined, cut.replace(/./g, '*'));
        assert.ok(before.length < 8 && behind.length < 8);
      }
    }
    assert.equal(
      mask({ K: 'correct horse battery staple' }, 'correct horse battery…'),
      'correct horse battery…',
    );
  });

  it('masks lists of its characters', () => {
    const chars = Array.from(TOKEN);
    for (const text of [`['${chars.join("', '")}']`, JSON.stringify(chars)])
      assert.match(mask({ K: TOKEN }, text), /^\[['"]‹secret:K›['"]\]$/);
    // Quotes, backslashes and line breaks are escaped one by one.
    const value = `p"q'r\\s\nt%u`;
    for (const text of [
      JSON.stringify(Array.from(value)),
      JSON.stringify(Array.from(value), null, 2),
      inspect(Array.from(value)),
      inspect(Array.from(value), { compact: false }),
    ]) {
      // Up to three characters in front of a line break may be shown.
      assert.match(mask({ K: value }, text), /^\[\s*(?:(['"])p\1,\s*)?['"]?‹secret:K›['"]\s*\]$/);
    }
  });

  it('masks what wraps a random-looking value between margins', () => {
    const value = random(60, 7);
    const box = value.replace(/.{20}/g, '│ $& │\n');
    const shown = mask({ K: value }, box);
    assert.equal(shown.match(/‹secret:K›/g)?.length, 3);
    for (const [rest] of shown.replaceAll('‹secret:K›', ' ').matchAll(/\w+/g)) assert.ok(rest.length < 8);
  });

  it('knows no name, version, path or setting for a piece of a value', () => {
    const values = {
      ROLE: 'arn:aws:iam::123456789012:role/ReleaseManagerProduction',
      IMAGE: 'registry.example.com/team/release-manager:v2.14.3-rc1',
      SETTING: 'maxRetries=3,timeoutSeconds=30,logLevel=debug',
      NAME: 'ReleaseApprovalWorkflowStateMachine',
    };
    const text =
      'arn:aws:iam::123456789012:role/Other release-manager ReleaseManagerStaging registry.example.com/team/other ' +
      'v2.14.3-rc1 maxRetries=3 logLevel=debug ReleaseApprovalWorkflow';
    assert.equal(mask(values, text), text);
  });

  it('shows what is held when the stream ends, and can be used again', () => {
    const stream = of({ K: TOKEN }).stream();
    assert.equal(push(stream, TOKEN.slice(0, 9)), '');
    assert.equal(last(stream.end()), TOKEN.slice(0, 9));
    assert.equal(push(stream, TOKEN.slice(9)), TOKEN.slice(9), 'no memory of the text before');
  });

  it('keeps streams apart', () => {
    const redactor = of({ K: TOKEN });
    const [out, err] = [redactor.stream(), redactor.stream()];
    assert.equal(push(out, TOKEN.slice(0, 10)), '');
    assert.equal(push(err, TOKEN.slice(10)), TOKEN.slice(10));
    assert.equal(push(out, TOKEN.slice(10)), '‹secret:K›');
    assert.equal(redactor.text(TOKEN), '‹secret:K›');
  });

  it('masks what is held for a key that comes later', () => {
    const redactor = of({ A: 'alpha beta gamma delta' });
    const stream = redactor.stream();
    assert.equal(push(stream, 'x alpha beta gamma'), 'x ');
    redactor.add({ key: 'B', value: 'alpha beta gamma' });
    assert.equal(push(stream, ' .'), '‹secret:B› .');
    redactor.remove('B');
    assert.equal(push(stream, 'alpha beta gamma.'), 'alpha beta gamma.');
  });

  it('takes a new value of a key', () => {
    const redactor = of({ K: TOKEN });
    redactor.add({ key: 'K', value: 'another-value-1' });
    assert.equal(redactor.text(`${TOKEN} another-value-1`), `${TOKEN} ‹secret:K›`);
  });

  it('breaks no character', () => {
    const stream = of({ K: 'пароль-пароль' }).stream();
    const text = Buffer.from('añ€😀 пароль пароль-пароль 密码');
    const parts: string[] = [];
    for (const byte of text) {
      const shown = last(stream.write(Uint8Array.of(byte)));
      assert.ok(!shown.includes('\ufffd'), JSON.stringify(shown));
      parts.push(shown);
    }
    parts.push(last(stream.end()));
    assert.equal(parts.join(''), 'añ€😀 пароль ‹secret:K› 密码');
  });

  it('shows bytes that are no text as they are', () => {
    const bytes = Uint8Array.from({ length: 4096 }, (_, i) => (i * 31) & 0xff);
    const stream = of({ K: TOKEN }).stream();
    assert.deepEqual(Buffer.concat([stream.write(bytes), stream.end()]), Buffer.from(bytes));
  });

  it('has no result change, be chunks of any size and transient or not', () => {
    const bytes = Buffer.from(`${TOKEN} and ${'words, '.repeat(30_000)}${TOKEN}.`);
    for (const transient of [false, true]) {
      for (const size of [7, 5000, 65_536, 150_000, bytes.length]) {
        const stream = of({ K: TOKEN }).stream({ transient });
        const parts: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += size) {
          const shown = stream.write(bytes.subarray(at, at + size));
          // A transient result is valid until the next one.
          parts.push(transient ? Buffer.from(shown) : shown);
        }
        parts.push(stream.end());
        const expected = `‹secret:K› and ${'words, '.repeat(30_000)}‹secret:K›.`;
        assert.ok(Buffer.concat(parts).toString() === expected, `${transient} ${size}`);
      }
    }
  });

  it('masks into an output that takes its time, and shows what is held when nothing comes', async () => {
    const taken: string[] = [];
    const output = new Writable({
      highWaterMark: 1,
      write(chunk: Uint8Array, _, done) {
        // Looks at what it was given only when it gets to it.
        setTimeout(() => {
          taken.push(Buffer.from(chunk).toString());
          done();
        }, 3);
      },
    });
    const sink = maskingSink(of({ K: TOKEN }).stream({ transient: true }), output, { idleMs: 5 });
    for (let i = 0; i < 20; i++) sink.write(Buffer.from(`${i}: ${TOKEN}, ${TOKEN}\n`));
    sink.write(Buffer.from('Name of the new pack'));
    const expected = Array.from({ length: 20 }, (_, i) => `${i}: ‹secret:K›, ‹secret:K›\n`).join('');
    const all = `${expected}Name of the new pack`;
    for (let i = 0; i < 500 && taken.join('') !== all; i++) await sleep(10);
    assert.equal(taken.join(''), all);
    sink.end(Buffer.from(`: ${TOKEN.slice(0, 9)}`));
    await new Promise((resolve) => sink.once('finish', resolve));
    assert.equal(taken.join(''), `${all}: ${TOKEN.slice(0, 9)}`);
  });

  it('masks values of any size across any number of chunks', () => {
    const long = Array.from({ length: 4000 }, (_, i) => (i * 2654435761).toString(36)).join('-');
    const redactor = of({ K: long });
    const text = Buffer.from(
      `[${long}]\n${JSON.stringify({ long })}\n${Buffer.from(long).toString('base64').replace(/.{76}/g, '$&\n')}\n`,
    );
    for (const size of [1000, 4096, 70_000]) {
      const stream = redactor.stream();
      const parts: Uint8Array[] = [];
      for (let at = 0; at < text.length; at += size) parts.push(stream.write(text.subarray(at, at + size)));
      parts.push(stream.end());
      const masked = Buffer.concat(parts).toString();
      assert.equal(
        masked.replace(/›[\w=+/]{0,2}\n$/, '›\n'),
        '[‹secret:K›]\n{"long":"‹secret:K›"}\n‹secret:K›\n',
      );
    }
  });

  it('keeps streams of several redactors apart while one holds much', () => {
    const large = Array.from({ length: 60_000 }, (_, i) => (i * 2654435761).toString(36)).join('-');
    const [few, huge] = [of({ FEW: TOKEN }), of({ HUGE: large })];
    const [first, second, third] = [few.stream(), huge.stream(), few.stream()];
    const shown = [push(first, `a ${TOKEN.slice(0, 9)}`), push(second, `b ${large.slice(0, 400_000)}`)];
    assert.equal(second.held, 400_000);
    shown.push(push(third, `c ${TOKEN} ${TOKEN.slice(0, 11)}`), push(first, `${TOKEN.slice(9)}\n`));
    shown.push(push(second, `${large.slice(400_000)}\n`), push(third, TOKEN.slice(11)));
    assert.deepEqual(shown, [
      'a ',
      'b ',
      'c ‹secret:FEW› ',
      '‹secret:FEW›\n',
      '‹secret:HUGE›\n',
      '‹secret:FEW›',
    ]);
  }).timeout(20_000);

  it('masks each of very many values, whatever the cuts', () => {
    const secrets = Array.from({ length: 800 }, (_, i) => ({
      key: `K${i}`,
      value: createHash('sha256').update(String(i)).digest('base64').slice(0, 24),
    }));
    const redactor = new Redactor(secrets);
    for (const { key, value } of secrets.filter((_, i) => i % 16 === 0)) {
      const hex = Buffer.from(value).toString('hex').replace(/../g, '$& ').trim();
      const text = Buffer.from(
        `${value} ${hex}. ${value.slice(0, 7)}\n${value.slice(7)} ${encodeURIComponent(value)}!`,
      );
      const marker = `‹secret:${key}›`;
      for (const size of [text.length, 7, 1]) {
        const stream = redactor.stream();
        let masked = '';
        for (let at = 0; at < text.length; at += size)
          masked += last(stream.write(text.subarray(at, at + size)));
        assert.equal(masked + last(stream.end()), `${marker} ${marker}. ${marker} ${marker}!`);
      }
    }
  }).timeout(20_000);

  it('masks dumps of each of very many values, wherever their lines break', () => {
    const secrets = Array.from({ length: 800 }, (_, i) => ({
      key: `K${i}`,
      value: createHash('sha256').update(`dump ${i}`).digest('base64').slice(0, 24),
    }));
    const redactor = new Redactor(secrets);
    for (const [i, { value }] of secrets.entries()) {
      for (const [name, print] of Object.entries(DUMPS)) {
        const text = `a line before\n${print(Buffer.from(`${'.'.repeat(i % 16)}${value}`))}\nand one behind`;
        const size = [text.length, 7, 1][i % 3]!;
        const shown = inChunks(redactor, text, size)
          .replace(/^[0-9a-f]+:? +/gim, '')
          .replace(/[^0-9a-f]/gi, '');
        // Lines may break right behind the first bytes: up to three of them may be seen.
        const digits = Buffer.from(value).toString('hex');
        for (let at = 0; at + 8 <= digits.length; at += 2)
          assert.ok(
            !shown.includes(digits.slice(at, at + 8)),
            `${name} at ${i % 16}, chunks of ${size}: byte ${at / 2}\n${text}`,
          );
      }
    }
  }).timeout(60_000);

  it('masks characters in cells, wherever their lines break', () => {
    const value = 'S3cr3t/Tok+en=Abc123xyz';
    const redactor = of({ API_TOKEN: value });
    for (let before = 0; before < 16; before++) {
      const bytes = Buffer.from(`${'.'.repeat(before)}${value} and so on`);
      const left = Array.from(value.matchAll(/(?=(...))/g), ([, three]) => Array.from(three!).join('   '));
      for (const size of [1000, 7, 1]) {
        const shown = inChunks(redactor, octalDump(bytes), size).replace(/‹[^›]*›/g, '#');
        assert.deepEqual(
          left.filter((three) => shown.includes(three)),
          [],
          `${before} before it, chunks of ${size}:\n${shown}`,
        );
        assert.match(shown, /#/);
      }
    }
  });

  it('masks a long value that repeats itself, in a text that does', () => {
    // Compared as a whole at every place, this would take minutes.
    const value = 'ab'.repeat(50_000);
    const text = `x ${value}b"${value.slice(9)} y\n`;
    assert.ok(of({ K: value }).text(text.repeat(3)) === `x ‹secret:K›b"${value.slice(9)} y\n`.repeat(3));
  });

  it('does not hold a repeating value back for ever', () => {
    const stream = of({ K: 'ababababab' }).stream();
    let longest = 0;
    let shown = '';
    for (let i = 0; i < 2000; i++) {
      shown += push(stream, 'ab');
      longest = Math.max(longest, stream.held);
    }
    assert.equal(shown + last(stream.end()), '‹secret:K›');
    assert.ok(longest < 50, `${longest} bytes held`);
  });
});

/** @param size in bytes */
function inChunks(redactor: Redactor, text: string, size: number): string {
  const stream = redactor.stream();
  const bytes = Buffer.from(text);
  const shown: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) shown.push(stream.write(bytes.subarray(at, at + size)));
  return Buffer.concat([...shown, stream.end()]).toString();
}

/** As the programs of these names print bytes. */
const DUMPS: Readonly<Record<string, (bytes: Buffer) => string>> = {
  xxd: (bytes) => dump(bytes, 8, ': ', 2, (column) => `  ${column}`),
  'xxd -g 0': (bytes) => dump(bytes, 8, ': ', 16, (column) => `  ${column}`),
  'xxd -g 4': (bytes) => dump(bytes, 8, ': ', 4, (column) => `  ${column}`),
  'xxd -c 12': (bytes) => dump(bytes, 8, ': ', 2, (column) => `  ${column}`, 12),
  'xxd -g 1': (bytes) => dump(bytes, 8, ': ', 1, (column) => `  ${column}`),
  'hexdump -C': (bytes) => dump(bytes, 8, '  ', 1, (column) => `  |${column}|`),
  'od -tx1': (bytes) => dump(bytes, 7, ' ', 1, () => ''),
  'curl --trace': (bytes) => dump(bytes, 4, ': ', 1, (column) => ` ${column}`),
};

/** As `od -c` prints ASCII text. */
function octalDump(bytes: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const cells = Array.from(bytes.subarray(at, at + 16), (byte) => String.fromCharCode(byte).padStart(4));
    lines.push(`${at.toString(8).padStart(7, '0')}${cells.join('')}`);
  }
  return lines.join('\n');
}

/** @param group bytes without a blank between them */
function dump(
  bytes: Buffer,
  offsetDigits: number,
  behindOffset: string,
  group: number,
  column: (text: string) => string,
  width = 16,
): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += width) {
    const line = bytes.subarray(at, at + width);
    const digits = line.toString('hex').match(new RegExp(`.{1,${2 * group}}`, 'g'))!;
    const text = line.toString('latin1').replace(/[^ -~]/g, '.');
    lines.push(
      `${at.toString(16).padStart(offsetDigits, '0')}${behindOffset}${digits.join(' ')}${column(text)}`,
    );
  }
  return lines.join('\n');
}

describe('redaction: ordinary output', () => {
  it('masks nothing in megabytes of it', function () {
    this.timeout(60_000);
    const redactor = of({
      ...Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`RANDOM_${i}`, random(20 + i, i + 1)])),
      GITHUB: `ghp_${random(36, 100)}`,
      SLACK: `xoxb-${digits(12, 101)}-${digits(13, 102)}-${random(24, 103)}`,
      AWS: `${random(20, 104)}/${random(19, 105)}`,
      PASSWORD: 'Tr0ub4d0',
      PHRASE: 'correct horse battery staple',
      DATABASE: 'postgres://app:S3cr3t-Pa55@db.internal.example.com:5432/orders?sslmode=require',
      WEBHOOK: `https://hooks.slack.com/services/T024BE7LD/B0001/${random(24, 106)}`,
      UUID: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
      HEX: '9b74c9897bac770ffc029102a200c5de',
      DIGITS: '4929123456789012',
      UMLAUT: 'pässwörd-Übergröße',
      SHORT: 'x9Kq2',
    });
    let size = 0;
    const budget = 12e6;
    const masked: string[] = [];
    const visit = (file: string): void => {
      if (size > budget) return;
      for (const entry of fs.readdirSync(file, { withFileTypes: true })) {
        const child = path.join(file, entry.name);
        if (entry.isDirectory()) visit(child);
        else if (entry.isFile() && /\.(?:js|json|md|ts|map|yaml|txt)$/.test(entry.name) && size < budget) {
          const bytes = fs.readFileSync(child);
          size += bytes.length;
          const stream = redactor.stream();
          const shown = Buffer.concat([stream.write(bytes), stream.end()]);
          if (!shown.equals(bytes))
            masked.push(`${child}: ${/.{0,20}‹secret:.{0,40}/.exec(shown.toString())?.[0] ?? ''}`);
        }
      }
    };
    for (const folder of ['mocha', 'yaml', 'fast-check', 'esbuild', 'prettier', 'acorn'])
      visit(path.join('node_modules', folder));
    visit('docs');
    assert.ok(size > 5e6, 'there is something to look at');
    assert.deepEqual(masked, []);
  });
});

function random(length: number, seed: number): string {
  return draw(length, seed, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
}

function digits(length: number, seed: number): string {
  return draw(length, seed, '0123456789');
}

function draw(length: number, seed: number, alphabet: string): string {
  let state = seed * 2654435761;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return alphabet[(state >>> 8) % alphabet.length]!;
  }).join('');
}
