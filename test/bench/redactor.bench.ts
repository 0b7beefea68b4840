/**
 * Masking a log: our redactor (literal values only; all written forms) beside what projects commonly use, all in one run:
 * replaceAll per secret, one alternation RegExp (whole chunks; line by line), and the npm Aho-Corasick libraries with their
 * overlaps merged. Megabytes (10^6 bytes) per second of processor time. Peers look for the literal values only, cannot see
 * across chunks, and get each chunk as text once.
 *
 *   node out/test/bench/redactor.bench.js [--smoke]
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Redactor, type Secret } from '../../client/redaction/index.js';
import { Matcher } from '../../client/redaction/matcher.js';
import { PatternList } from '../../client/redaction/pattern.js';
import { PatternSet } from '../../client/redaction/pattern-set.js';
import { RedactionStream } from '../../client/redaction/stream.js';
import { median, ms, p95, PEERS, ratio, SMOKE, table } from './harness.js';

const MIB = 1024 * 1024;
const LOG_SIZE = (SMOKE ? 1 : 64) * MIB;
const ROUNDS = SMOKE ? 1 : 7;
const COUNTS = SMOKE ? [10] : [10, 100, 1000];
/** Share of lines with a secret. */
const HITS = 0.044;
/** Seconds of processor time that one round of a slow peer may take. */
const BUDGET = 1.5;
const CHUNK = 64 * 1024;
/** In a process of its own: builds and prints the ColdBuild. */
const BUILD = '--build';

/** Repeatable random numbers (xorshift). */
class Random {
  constructor(private state: number) {}
  below(n: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % n;
  }
  pick<T>(list: ArrayLike<T>): T {
    return list[this.below(list.length)]!;
  }
  text(length: number, alphabet: string): string {
    return Array.from({ length }, () => this.pick(alphabet)).join('');
  }
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const WORDS = (
  'starting request handled connection closed retry timeout worker queue message processed block event trigger flow output ' +
  'input error warning failed succeeded deploy apply plan resource module provider region bucket policy user role group ' +
  'created updated deleted cache miss hit latency duration bytes sent received session started finished'
).split(' ');

/** 20 to 60 characters; a third of them with signs that get escaped. */
function makeSecrets(count: number): string[] {
  const random = new Random(999);
  return Array.from({ length: count }, (_, i) =>
    random.text(20 + random.below(41), i % 3 === 0 ? `${LETTERS}+/=_-$&%!` : LETTERS),
  );
}

function makeLog(size: number, secrets: readonly string[]): { log: Buffer; lines: number; hits: number } {
  const random = new Random(12345);
  const log = Buffer.allocUnsafe(size + 4096);
  const word = (): string => random.pick(WORDS);
  const hex = (length: number): string => random.text(length, '0123456789abcdef');
  let time = 1.7e12;
  let at = 0;
  let lines = 0;
  let hits = 0;
  while (at < size) {
    const stamp = new Date((time += random.below(50))).toISOString();
    let line: string;
    switch (random.below(6)) {
      case 0:
        line = `${stamp} INFO  [worker-${random.below(16)}] ${word()} ${word()} id=${hex(8)}-${hex(4)}-${hex(4)}-${hex(12)} took=${random.below(1e5) / 100}ms`;
        break;
      case 1:
        line = JSON.stringify({
          level: 'info',
          ts: stamp,
          caller: `${word()}.go:${random.below(900)}`,
          msg: `${word()} ${word()}`,
          trace: hex(32),
        });
        break;
      case 2:
        line = `10.${random.below(255)}.${random.below(255)}.7 - - [${stamp}] "GET /api/v1/${word()}/${random.below(1e5)}?page=${random.below(9)} HTTP/1.1" 200 ${random.below(1e5)}`;
        break;
      case 3:
        line = `module.${word()}.aws_${word()}.${word()}: Still creating... [id=${word()}-${hex(17)}, ${random.below(60)}s elapsed]`;
        break;
      case 4:
        line = `${stamp} DEBUG ${word()} ${word()} ${word()} ${word()} ${word()} sha256:${hex(64)}`;
        break;
      default:
        line = `    at ${word()}.${word()} (/usr/src/app/node_modules/${word()}/lib/${word()}.js:${random.below(2000)}:${random.below(80)})`;
    }
    if (random.below(1000) < HITS * 1000) {
      line += ` token=${random.pick(secrets)}`;
      hits++;
    }
    at += log.write(`${line}\n`, at);
    lines++;
  }
  return { log: log.subarray(0, size), lines, hits };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Processor seconds, user and system. */
function cpu(work: () => void): number {
  const from = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1e6;
}

interface Contender {
  readonly name: string;
  /** Masks the first `size` bytes of the log; returns the number of bytes put out. */
  readonly run: (log: Buffer, size: number) => number;
  readonly peer: boolean;
}

function ours(name: string, stream: () => RedactionStream, chunk: number): Contender {
  return {
    name,
    peer: false,
    run(log, size) {
      const masking = stream();
      let length = 0;
      for (let at = 0; at < size; at += chunk)
        length += masking.write(log.subarray(at, Math.min(size, at + chunk))).length;
      return length + masking.end().length;
    },
  };
}

function peer(name: string, mask: (text: string) => string): Contender {
  return {
    name,
    peer: true,
    run(log, size) {
      let length = 0;
      for (let at = 0; at < size; at += CHUNK)
        length += Buffer.from(mask(log.toString('utf8', at, Math.min(size, at + CHUNK)))).length;
      return length;
    },
  };
}

/** Matches (start, end exclusive) in any order to masked text. */
function merged(text: string, matches: [number, number][]): string {
  if (matches.length === 0) return text;
  matches.sort((a, b) => a[0] - b[0]);
  let output = '';
  let at = 0;
  let end = 0;
  for (const [from, to] of matches) {
    if (from >= end) output += `${text.slice(at, from)}***`;
    at = end = Math.max(end, to);
  }
  return output + text.slice(at);
}

function peers(secrets: readonly string[]): Contender[] {
  const load = createRequire(path.join(PEERS, 'x.js'));
  const expression = new RegExp(
    [...secrets]
      .sort((a, b) => b.length - a.length)
      .map((secret) => secret.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join('|'),
    'g',
  );
  const list: Contender[] = [
    peer('replaceAll per secret', (text) =>
      secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text),
    ),
    peer('one alternation RegExp', (text) => text.replace(expression, '***')),
    peer('the same, line by line', (text) =>
      text
        .split('\n')
        .map((line) => line.replace(expression, '***'))
        .join('\n'),
    ),
  ];
  const library = (name: string, make: () => (text: string) => [number, number][]): void => {
    try {
      const find = make();
      list.push(peer(name, (text) => merged(text, find(text))));
    } catch {
      console.log(`(${name} is not installed: npm run bench installs it)`);
    }
  };
  for (const entry of ['@monyone/aho-corasick', '@monyone/aho-corasick/fast']) {
    library(entry, () => {
      const loaded = load(entry) as Record<
        string,
        new (words: readonly string[]) => { matchInText(text: string): { begin: number; end: number }[] }
      >;
      const matcher = new (loaded['AhoCorasick'] ?? loaded['FastAhoCorasick'] ?? Object.values(loaded)[0]!)(
        secrets,
      );
      return (text) => matcher.matchInText(text).map(({ begin, end }) => [begin, end]);
    });
  }
  library('ahocorasick', () => {
    const matcher = new (
      load('ahocorasick') as new (words: readonly string[]) => { search(text: string): [number, string[]][] }
    )(secrets);
    return (text) =>
      matcher
        .search(text)
        .flatMap(([last, words]) =>
          words.map((word): [number, number] => [last + 1 - word.length, last + 1]),
        );
  });
  library('modern-ahocorasick', () => {
    const loaded: unknown = load('modern-ahocorasick');
    type Class = new (words: readonly string[]) => { search(text: string): { start: number; end: number }[] };
    const matcher = new (
      typeof loaded === 'function' ? (loaded as Class) : (loaded as { default: Class }).default
    )(secrets);
    return (text) => matcher.search(text).map(({ start, end }) => [start, end]);
  });
  return list;
}

function literals(secrets: readonly string[]): Matcher {
  return new Matcher(
    new PatternSet(
      secrets.map((secret, i) => ({
        key: `KEY_${i}`,
        patterns: PatternList.of([{ bytes: Buffer.from(secret), flags: 0 }]),
      })),
    ),
  );
}

/** Milliseconds; the processor time is that of all threads, of which some compile in the background. */
interface Build {
  readonly elapsed: number;
  readonly processor: number;
}

/** Of a process that does nothing else. */
interface ColdBuild extends Build {
  /** What a redactor takes, MiB. */
  readonly memory: number;
}

function build(secrets: readonly Secret[]): Build {
  const from = performance.now();
  const processor = 1000 * cpu(() => void new Redactor(secrets).text('a text'));
  return { elapsed: performance.now() - from, processor };
}

function coldBuild(secrets: readonly Secret[]): ColdBuild {
  const cold = build(secrets);
  const used = (): number => {
    // The memory of an array is given back when the next collection begins.
    for (let i = 0; i < 3; i++) collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  // By now everything is loaded that any redactor needs.
  const before = used();
  const redactor = new Redactor(secrets);
  redactor.text('a text');
  const memory = (used() - before) / MIB;
  // Until here it is needed.
  redactor.text('a text');
  return { ...cold, memory };
}

function told(kind: string, builds: readonly Build[]): string {
  const [elapsed, processor] = [builds.map((b) => b.elapsed), builds.map((b) => b.processor)];
  return `${kind} ${ms(median(elapsed))} ms (fastest ${ms(Math.min(...elapsed))}, p95 ${ms(p95(elapsed))}; processor time ${ms(median(processor))})`;
}

function named(values: readonly string[]): Secret[] {
  return values.map((value, i) => ({ key: `KEY_${i}`, value }));
}

function measure(count: number): void {
  const values = makeSecrets(count);
  const secrets = named(values);
  const { log, lines, hits } = makeLog(LOG_SIZE, values);

  // Those of a cold program, and those of an editor that has been on for a while.
  const cold = Array.from({ length: ROUNDS }, () => {
    const { stdout } = spawnSync(process.execPath, [process.argv[1]!, BUILD, String(count)], {
      encoding: 'utf8',
    });
    return JSON.parse(stdout) as ColdBuild;
  });
  const warm = Array.from({ length: ROUNDS }, () => build(secrets));
  const memory = median(cold.map((one) => one.memory));
  const redactor = new Redactor(secrets);

  const literal = literals(values);
  const contenders = [
    ours('ours, all forms, 64 KiB', () => redactor.stream({ transient: true }), CHUNK),
    ours('ours, all forms, 1 KiB', () => redactor.stream({ transient: true }), 1024),
    ours('ours, literals, 64 KiB', () => new RedactionStream(() => literal, { transient: true }), CHUNK),
    ours('ours, literals, 1 KiB', () => new RedactionStream(() => literal, { transient: true }), 1024),
    ...peers(values),
  ];
  // What a contender gets through in the budget: the slow ones see the first part of the log only.
  const sizes = contenders.map(({ run, peer }) => {
    const probe = Math.min(log.length, peer ? CHUNK : MIB);
    const rate = probe / cpu(() => void run(log, probe));
    return Math.max(CHUNK, Math.min(log.length, Math.floor((rate * BUDGET) / CHUNK) * CHUNK));
  });
  const rates = contenders.map((): number[] => []);
  // In turn, so that whatever else the machine does slows all of them.
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { run }] of contenders.entries()) {
      rates[i]!.push(sizes[i]! / 1e6 / cpu(() => void run(log, sizes[i]!)));
    }
  }
  const ourMedian = median(rates[0]!);
  table(
    `${count} secrets; ${(log.length / MIB).toFixed(0)} MiB, ${lines} lines, ${((100 * hits) / lines).toFixed(1)} % with a secret; MB per processor second`,
    [
      ['', 'median', 'slowest', 'fastest', 'MiB seen', 'ours is'],
      ...contenders.map(({ name, peer }, i) => [
        name,
        median(rates[i]!).toFixed(0),
        Math.min(...rates[i]!).toFixed(0),
        Math.max(...rates[i]!).toFixed(0),
        (sizes[i]! / MIB).toFixed(1),
        peer ? ratio(median(rates[i]!), ourMedian) : '',
      ]),
    ],
  );
  console.log(
    `matcher of ${count} secrets, all forms: ${told('cold', cold)}; ${told('warm', warm)}; ${memory.toFixed(1)} MiB`,
  );
}

const asked = process.argv.indexOf(BUILD);
if (asked < 0) for (const count of COUNTS) measure(count);
else console.log(JSON.stringify(coldBuild(named(makeSecrets(Number(process.argv[asked + 1]))))));
