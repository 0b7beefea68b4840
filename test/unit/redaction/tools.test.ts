/**
 * Real programs print a value that they get through their environment; what they print passes the redactor.
 * Programs that this machine does not have are skipped.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Redactor } from '../../../client/redaction/index.js';
import { SAMPLES, survivor } from './matrix.js';

/** Shell text by program; `$V` is the value, `$URL` a server on this machine that answers with what it is sent. */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  bash: [
    'echo "$V"',
    'echo $V',
    'printf \'%q\\n\' "$V"',
    'LC_ALL=C; printf "%q\\n" "$V"',
    'set -x; : "$V"',
    'set -x; curl_like --header "X: $V" || true',
    'printf "%s\\n" "${V@Q}" "${V@E}" "${V^^}" "${V,,}"',
    'declare -p V; export -p | grep -A9 " V="; set | grep -A9 "^V="',
    'x=("$V"); declare -p x',
    'echo "$V" | fold -w 20',
    'echo "$V" | sed "s/./\\x1b[3&m/g; s/\\x1b\\[3\\(.\\)m/\\x1b[31m\\1/g"',
    'echo "$V" | sed "s/^/2026-01-02 out | /"',
    'while IFS= read -r line; do echo "> $line"; done <<< "$V"',
    '"$V"',
    'cat "/nonexistent/$V"',
  ],
  sh: ['set -x; : "$V"', 'export -p | grep -A9 "V="', 'echo "$V" | tr a-z A-Z', 'ls -- "$V"'],
  base64: [
    'printf %s "$V" | base64',
    'echo "$V" | base64 -w 20',
    'printf "user:%s" "$V" | base64 -w 0',
    'printf %s "$V" | base64 | base64',
  ],
  openssl: [
    'printf %s "$V" | openssl base64',
    'printf %s "$V" | openssl base64 -A',
    'printf %s "$V" | openssl enc -base64 -A | openssl base64',
  ],
  xxd: [
    'printf %s "$V" | xxd',
    'printf "key=%s;" "$V" | xxd',
    'printf "a=%s" "$V" | xxd -u',
    'printf %s "$V" | xxd -p',
    'printf %s "$V" | xxd -i',
    'printf %s "$V" | xxd -g 1',
    'printf "abc%s" "$V" | xxd -g 4',
    'printf %s "$V" | xxd -g 0',
    'printf "x%s" "$V" | xxd -c 10',
    'printf "12345678901234%s" "$V" | xxd -g 1',
    'printf "1234567890123%s" "$V" | xxd',
  ],
  hexdump: [
    'printf %s "$V" | hexdump -C',
    'printf "abcdef%s!" "$V" | hexdump -C',
    'printf %s "$V" | hexdump',
    'printf "x%s" "$V" | hexdump',
  ],
  od: [
    'printf %s "$V" | od -An -tx1',
    'printf %s "$V" | od -tx1',
    'printf %s "$V" | od -An -tx1 -w8',
    'printf %s "$V" | od -An -tx2',
    'printf %s "$V" | od -c',
    'printf "123456789012345%s" "$V" | od -c',
    'printf "1234567890%s" "$V" | od -An -c',
  ],
  jq: [
    'jq -n "env.V"',
    'jq -n "{v: env.V}"',
    'jq -nr "env.V | @json"',
    'jq -nr "env.V | @uri"',
    'jq -nr "env.V | @html"',
    'jq -nr "env.V | @sh"',
    'jq -nr "env.V | @base64"',
    'jq -nr "[env.V] | @csv"',
    'jq -nr "[env.V] | @tsv"',
    'jq -n "{v: env.V} | tojson"',
    'jq -nC "{v: env.V}"',
    'jq -na "env.V"',
  ],
  python3: [
    'import os; print(os.environ["V"])',
    'import os; print(repr(os.environ["V"]))',
    'import os; print({"v": os.environ["V"]})',
    'import os; print(os.environb[b"V"])',
    'import os; print(ascii(os.environ["V"]))',
    'import os, json; print(json.dumps({"v": os.environ["V"]}))',
    'import os, json; print(json.dumps(json.dumps({"v": os.environ["V"]})))',
    'import os, html; print(html.escape(os.environ["V"]))',
    'import os, shlex; print(shlex.quote(os.environ["V"]))',
    'import os, base64; print(base64.b64encode(os.environb[b"V"]), base64.urlsafe_b64encode(b"ab" + os.environb[b"V"]))',
    'import os, base64; print(base64.b64encode(os.environ["V"].encode("utf-16-le")).decode())',
    'import os, base64; print(base64.encodebytes(os.environb[b"V"]).decode())',
    'import os, binascii; print(binascii.hexlify(os.environb[b"V"]), os.environb[b"V"].hex(" "), os.environb[b"V"].hex(":"))',
    'import os, urllib.parse as p; print(p.quote(os.environ["V"]), p.quote_plus(os.environ["V"]), p.quote(os.environ["V"], safe=""))',
    'import os, urllib.parse as p; print(p.urlencode({"v": os.environ["V"]}))',
    'import os, xml.sax.saxutils as x; print(x.escape(os.environ["V"]), x.quoteattr(os.environ["V"]))',
    'import os; print(list(os.environb[b"V"]))',
    'import os; print(list(os.environ["V"]))',
    'import os, json; print({"v": json.dumps({"v": os.environ["V"]})})',
    'import os, base64; print(base64.b32encode(os.environb[b"V"]))',
    'import os, re; print(re.escape(os.environ["V"]))',
    'import os; open("/nonexistent/" + os.environ["V"])',
    'import os, subprocess; subprocess.run(["/nonexistent", os.environ["V"]])',
    'import os; raise ValueError(os.environ["V"])',
    'import os; int(os.environ["V"])',
    'import os, pprint; pprint.pprint({"v": os.environ["V"], "w": [os.environ["V"]] * 3}, width=40)',
    'import os, textwrap; print(textwrap.fill(os.environ["V"] * 2, 30))',
    'import os; print(os.environ["V"].encode("ascii", "replace"), os.environ["V"].encode("ascii", "backslashreplace"), os.environ["V"].encode("ascii", "xmlcharrefreplace"))',
    'import os; print(os.environ["V"].encode("utf-8").decode("latin-1"))',
    'import os, csv, sys; csv.writer(sys.stdout).writerow([os.environ["V"], "x"])',
    'import os, configparser; configparser.ConfigParser().read_string(os.environ["V"])',
    'import os, string; print("".join("\\\\x%02x" % b for b in os.environb[b"V"]))',
  ],
  node: [
    'console.log(process.env.V)',
    'console.log({ v: process.env.V, list: [process.env.V] })',
    'console.log(JSON.stringify({ v: JSON.stringify({ v: process.env.V }) }))',
    'console.log(Buffer.from(process.env.V), [...Buffer.from(process.env.V)])',
    'console.log(new Uint8Array(Buffer.from(process.env.V)))',
    'console.log({ v: JSON.stringify({ v: process.env.V }) })',
    'console.log(JSON.stringify({ v: Buffer.from(JSON.stringify({ v: process.env.V })) }))',
    'console.log(Buffer.from(JSON.stringify({ v: process.env.V })).toString("base64"))',
    'const u = new URL("http://h/?v=" + encodeURIComponent(process.env.V)); console.log(u.href)',
    'console.log(JSON.stringify(Buffer.from(process.env.V)))',
    'console.log(encodeURIComponent(process.env.V), escape(process.env.V), encodeURI(process.env.V))',
    'const u = new URL("http://h/"); u.password = process.env.V; u.searchParams.set("v", process.env.V); u.pathname = process.env.V; u.hash = process.env.V; console.log(u.href, u)',
    'console.log(Buffer.from(process.env.V, "utf16le").toString("base64"), Buffer.from(process.env.V).toString("base64url"))',
    'console.log(require("util").inspect({ a: { b: process.env.V } }, { colors: true, compact: false, breakLength: 20 }))',
    'console.log("%o %j %s", process.env.V, { v: process.env.V }, process.env.V)',
    'console.error(new Error(process.env.V, { cause: new Error("in " + process.env.V) }))',
    'require("child_process").execSync("exit 3 # " + process.env.V.replace(/\\W/g, "\\\\$&"))',
    'require("child_process").spawnSync(process.env.V, { stdio: "inherit" }).error && console.log(require("child_process").spawnSync(process.env.V).error)',
    'try { JSON.parse(process.env.V + "!"); } catch (e) { console.log(e.message, e.stack); }',
    'new URL(process.env.V)',
    'require("fs").readFileSync("/nonexistent/" + process.env.V)',
    'Buffer.alloc(1).write(process.env.V, process.env.V)',
    'return fetch("http://127.0.0.1:1/?v=" + encodeURIComponent(process.env.V)).catch(console.error)',
    'console.log([...process.env.V].join(" ")); console.log([...process.env.V].map((c) => "\\u001b[32m" + c).join(""))',
    'console.table([{ v: process.env.V.slice(0, 300) }])',
  ],
  perl: [
    'use Data::Dumper; $Data::Dumper::Useqq = 1; print Dumper($ENV{V})',
    'use Data::Dumper; print Dumper({v => $ENV{V}})',
    'print quotemeta($ENV{V})',
    'print unpack("H*", $ENV{V})',
    'print join(",", map { sprintf "0x%02x", ord } split //, $ENV{V})',
    'die $ENV{V}',
  ],
  git: [
    'GIT_TRACE=1 git ls-remote "http://user:$V@127.0.0.1:1/x.git"',
    'git config --file /dev/null --get "$V"',
    'git -c "http.extraHeader=Authorization: $V" config --show-origin --list | grep -A9 -i extraheader',
    'git checkout -- "$V"',
  ],
  curl: [
    'curl -sv -u "user:$V" "$URL"',
    'curl -sv --data-urlencode "v=$V" "$URL"',
    'curl -sv -H "X-Token: $V" "$URL"',
    'curl -sv --json "{\\"v\\": \\"x\\"}" -H "Authorization: Bearer $V" "$URL"',
    'curl -s --trace - -d "$V" "$URL"',
    'curl -s --trace-ascii - -d "v=$V" "$URL"',
    'curl -sv "http://user:$V@127.0.0.1:1/"',
    'curl -sv -F "v=$V" "$URL"',
  ],
};

/** Programs that take their own language instead of a shell's; each runs all its texts in one process, RS between them. */
const INTERPRETERS: Readonly<Record<string, readonly string[]>> = {
  python3: [
    '-c',
    `import sys, traceback
for text in sys.argv[1:]:
    try: exec(text, {})
    except BaseException: traceback.print_exc(file=sys.stdout)
    sys.stdout.write("\\x1e"); sys.stdout.flush()`,
  ],
  node: [
    '-e',
    `(async () => {
      for (const text of process.argv.slice(1)) {
        try { await new Function("require", text)(require); } catch (error) { console.log(error); console.log(String(error.stack)); }
        await new Promise((done) => process.stdout.write("\\x1e", done));
      }
    })()`,
  ],
};

/** Cells that show a part of the value, with the reason. */
const KNOWN: Readonly<Record<string, string>> = {
  'curl -s --trace-ascii - -d "v=$V" "$URL" / multi-line key':
    'offsets between pieces of a text, line ends as dots',
};

/** Times and process numbers: no part of the value, even where two runs happen to have the same and a third has not. */
const OF_THE_RUN = /\b\d\d:\d\d:\d\d\.\d+|pid: \d+/g;

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

describe('redaction: what real programs print', function () {
  this.timeout(120_000);
  let server: Server;
  let url: string;
  /** A repository of our own: what git says in that of the project depends on what else goes on there. */
  let folder: string;

  before((done) => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'flows-tools-'));
    spawnSync('git', ['init', '--quiet'], { cwd: folder });
    server = createServer((request, response) => {
      response.sendDate = false;
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () =>
        response.end(
          `${request.url ?? ''}\n${JSON.stringify(request.headers)}\n${Buffer.concat(parts).toString()}\n`,
        ),
      );
    }).listen(0, '127.0.0.1', () => {
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What each text prints. */
  async function run(program: string, texts: readonly string[], value: string): Promise<Buffer[]> {
    const flags = INTERPRETERS[program];
    if (flags) return cut(await output(program, [...flags, ...texts], value));
    if (program === 'perl') return Promise.all(texts.map((text) => output('perl', ['-e', text], value)));
    const shell = program === 'sh' ? 'sh' : 'bash';
    const printed: Buffer[] = [];
    for (const text of texts) printed.push(await output(shell, ['-c', text], value));
    return printed;
  }

  function output(command: string, args: readonly string[], value: string): Promise<Buffer> {
    const env = {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      LANG: 'C.UTF-8',
      PYTHONIOENCODING: 'utf-8',
      TERM: 'xterm-256color',
      V: value,
      URL: url,
    };
    return new Promise((resolve, reject) => {
      const child = spawn('sh', ['-c', 'exec "$@" 2>&1', 'sh', command, ...args], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const parts: Buffer[] = [];
      child.stdout.on('data', (part: Buffer) => parts.push(part));
      child.on('error', reject);
      child.on('close', () => resolve(Buffer.concat(parts)));
    });
  }

  function cut(printed: Buffer): Buffer[] {
    const pieces: Buffer[] = [];
    let from = 0;
    for (let at = printed.indexOf(0x1e); at >= 0; at = printed.indexOf(0x1e, from)) {
      pieces.push(printed.subarray(from, at));
      from = at + 1;
    }
    return pieces;
  }

  const redactors = new Map<string, Redactor>();
  for (const [program, texts] of Object.entries(TOOLS)) {
    it(`${program} (${texts.length} ways)`, async function () {
      if (!has(program)) this.skip();
      const leaking: string[] = [];
      const printing = new Set<string>();
      for (const [column, sample] of Object.entries(SAMPLES)) {
        let redactor = redactors.get(column);
        if (!redactor)
          redactors.set(column, (redactor = new Redactor([{ key: 'API_TOKEN', value: sample.value }])));
        const [printed, again, alike] = await Promise.all(
          [sample.value, sample.value, sample.other].map((value) => run(program, texts, value)),
        );
        assert.equal(printed!.length, texts.length);
        texts.forEach((text, i) => {
          const stream = redactor.stream();
          const masked = Buffer.concat([stream.write(printed![i]!), stream.end()]).toString();
          const shown = survivor(
            (value) => (value === sample.value ? printed! : alike!)[i]!.toString().replace(OF_THE_RUN, ''),
            sample,
            masked,
            again![i]!.toString(),
          );
          const cell = `${text} / ${column}`;
          if (shown !== undefined && !(cell in KNOWN)) leaking.push(`${cell}: ${JSON.stringify(shown)}`);
          if (printed![i]!.length > 0) printing.add(text);
        });
      }
      assert.deepEqual(
        texts.filter((text) => !printing.has(text)),
        [],
        'these print nothing',
      );
      assert.deepEqual(leaking, []);
    });
  }
});
