/** What the sandbox contains (docs/security.md), by trying. Each probe is a flow that a repository could hold. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { chain, pause, runnerPath, stopAll, TestRun } from './harness.js';

/** A flow with one expression under test, and one block that shows that the run goes on. */
const probe = (expression: string): string =>
  `${chain({ name: 'Probe', type: 'transform', output: expression })}
  - name: Alive
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs: { default: { outputCustomization: !expr '\`alive \${previous}\`' } }
`;

async function tryIt(expression: string, data: unknown = {}, options = {}): Promise<TestRun> {
  const run = await TestRun.start(probe(expression), {
    options: { deadlineMs: 300, sandboxHeapMb: 64, ...options },
  });
  await run.host.debugEvent({ block: 'Probe', data });
  await run.until(
    () => run.failures().length > 0 || run.events('Probe').some(({ output }) => output !== undefined),
  );
  return run;
}

async function goesOn(run: TestRun): Promise<void> {
  await run.host.debugEvent({ block: 'Alive', data: 'still' });
  await run.until(() => run.events('Alive').some(({ data }) => data === '"alive still"'), 'the run to go on');
  assert.deepEqual(run.exits, []);
}

describe('containment', function () {
  this.timeout(60_000);
  afterEach(stopAll);

  describe('of code that does not end', () => {
    for (const [name, expression] of Object.entries({
      'an endless loop': '(() => { while (true) {} })()',
      'an endless loop after an await': '(async () => { await 0; while (true) {} })()',
      'an endless loop after a timer': 'new Promise(() => setTimeout(() => { while (true) {} }, 1))',
      'a catastrophic regular expression': '/^(a+)+$/.test("a".repeat(40) + "b")',
      'a promise that never settles': 'new Promise(() => {})',
      'a loop in a getter of the result': '({ get trap() { while (true) {} } })',
      'a loop in toJSON': '({ toJSON() { while (true) {} } })',
      'microtasks that feed themselves': '(async () => { for (;;) await 0; })()',
    })) {
      it(`${name} fails its event at the deadline, and the run goes on`, async () => {
        const run = await tryIt(expression);
        const [failure] = run.failures();
        assert.equal(failure!.block, 'Probe');
        assert.match(failure!.error.message, /took longer than 300 ms/);
        await goesOn(run);
      });
    }

    it('only the guilty one of many events fails; all others come to their end', async () => {
      const run = await TestRun.start(
        chain(
          { name: 'In', type: 'transform' },
          {
            name: 'Work',
            type: 'transform',
            output: '(() => { while (previous.bad) {} return previous.n * 2; })()',
          },
          { name: 'Out', type: 'transform' },
        ),
        { options: { deadlineMs: 400 } },
      );
      const all = Array.from({ length: 40 }, (_, n) => ({ n, bad: n === 17 }));
      await Promise.all(all.map((data) => run.host.debugEvent({ block: 'In', data })));
      await run.until(() => run.events('Out').length === 39 && run.failures().length === 1);
      assert.deepEqual(
        run
          .events('Out')
          .map(({ data }) => Number(data))
          .sort((a, b) => a - b),
        all.filter(({ bad }) => !bad).map(({ n }) => n * 2),
      );
      assert.match(run.failures()[0]!.error.message, /took longer than 400 ms/);
      assert.equal((await run.host.status()).pending, 0);
    });

    it('a getter that loops, put on a prototype earlier, is found in an expression that only reads', async () => {
      const run = await TestRun.start(
        `${probe('(Object.defineProperty(Object.prototype, "trap", { get() { for (;;); } }), 1)')}
  - name: Reader
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs: { default: { outputCustomization: !expr 'previous.trap' } }
`,
        { options: { deadlineMs: 300 } },
      );
      await run.send('Probe', {});
      await run.host.debugEvent({ block: 'Reader', data: {} });
      await run.host.debugEvent({ block: 'Probe', data: {} });
      await run.host.debugEvent({ block: 'Reader', data: {} });
      await goesOn(run);
      await run.idle();
      assert.ok(run.failures().length <= 1, 'more than the guilty one has failed');
    });

    it('of several that wait, the one that blocks the process is found', async () => {
      const run = await TestRun.start(
        chain(
          { name: 'In', type: 'transform' },
          {
            name: 'Work',
            type: 'transform',
            output:
              '(async () => { await new Promise((resolve) => setTimeout(resolve, 20)); while (previous.bad) {} return previous.n; })()',
          },
        ),
        { options: { deadlineMs: 400 } },
      );
      for (let n = 0; n < 5; n++) await run.host.debugEvent({ block: 'In', data: { n, bad: n === 2 } });
      await run.until(() => run.events('Work').length === 4 && run.failures().length === 1);
      assert.deepEqual(
        run
          .events('Work')
          .map(({ data }) => Number(data))
          .sort(),
        [0, 1, 3, 4],
      );
    });
  });

  describe('of memory', () => {
    it('a heap bomb ends the sandbox, not the run', async () => {
      const run = await tryIt(
        '(() => { const all = []; for (;;) all.push(new Array(1000).fill(Math.random())); })()',
        {},
        { deadlineMs: 30_000 },
      );
      assert.match(run.failures()[0]!.error.message, /more than \d+ MiB/);
      await goesOn(run);
    });

    it('a gigabyte of buffers ends the sandbox, not the run', async () => {
      const run = await tryIt(
        '(async () => { const all = []; for (let i = 0; i < 64; i++) { all.push(new Uint8Array(2 ** 24).fill(i)); await new Promise((resolve) => setTimeout(resolve, 30)); } return all.length; })()',
        {},
        { deadlineMs: 30_000 },
      );
      assert.match(run.failures()[0]!.error.message, /more than 128 MiB of memory/);
      await goesOn(run);
    });

    it('a giant result fails its event', async () => {
      const run = await tryIt('"x".repeat(6e6)');
      assert.match(run.failures()[0]!.error.message, /6000002 characters as JSON; the limit is 5000000/);
      await goesOn(run);
    });

    it('a flood of console output is cut', async () => {
      const run = await tryIt(
        '(() => { for (let i = 0; i < 5000; i++) console.log("line", i); console.log("x".repeat(1e6)); return 1; })()',
        {},
        { deadlineMs: 5_000 },
      );
      await run.until(() =>
        run.entries.some(
          (entry) => entry.kind === 'log' && /more console lines were left out/.test(entry.text),
        ),
      );
      assert.ok(run.entries.filter(({ kind }) => kind === 'log').length < 200);
      await goesOn(run);
    });
  });

  describe('of ways out of the realm', () => {
    const throws: Record<string, string> = {
      'the constructor chain of a function': '(() => {}).constructor("return process")()',
      'the constructor chain of an argument': 'outputs.constructor.constructor("return process")()',
      'the constructor chain of the secrets': 'secrets.constructor("return process")()',
      'the constructor chain of a global function': 'atob.constructor("return process")()',
      'the constructor chain of an async function': '(async () => {}).constructor("return process")()',
      'the constructor chain of an error of the host':
        '(() => { try { atob("%") } catch (error) { return error.constructor.constructor("return process")() } })()',
      'the constructor chain of a digest':
        '(async () => (await crypto.subtle.digest("SHA-256", new Uint8Array(1))).constructor.constructor("return process")())()',
      eval: 'eval("1 + 1")',
      'a timer with text': 'setTimeout("process.exit()", 0)',
      process: 'process.pid',
      require: 'require("node:fs")',
      'an import': 'import("node:fs")',
      'an import of data': 'import("data:text/javascript,export default 1")',
      module: 'module.constructor',
      'the constructor chain of an encryption that fails':
        '(() => { try { return decrypt(btoa("x".repeat(16)), "") } catch (error) { return error.constructor.constructor("return process")() } })()',
      'the constructor chain of a Buffer': 'Buffer.from("x").constructor.constructor("return process")()',
      'the memory of a Buffer':
        'Buffer.from("eA==", "base64").buffer.constructor.constructor("return process")()',
      WebAssembly: 'new WebAssembly.Memory({ initial: 1 })',
      'a blocking wait': 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)',
    };
    for (const [name, expression] of Object.entries(throws)) {
      it(`${name} leads nowhere`, async () => {
        const run = await tryIt(expression, {}, { deadlineMs: 5_000 });
        const [failure] = run.failures();
        assert.match(
          `${failure!.error.name}: ${failure!.error.message}`,
          /EvalError|ReferenceError|TypeError|Code generation|ERR_VM|dynamic import|callback must be a function|InvalidCharacterError/,
        );
        await goesOn(run);
      });
    }

    it('fetch rejects and names the block to use instead', async () => {
      let asked = 0;
      const server = http.createServer((_, response) => {
        asked++;
        response.end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const run = await tryIt(
          `fetch("http://127.0.0.1:${(server.address() as AddressInfo).port}/")`,
          {},
          { deadlineMs: 5_000 },
        );
        assert.match(run.failures()[0]!.error.message, /HTTP Request block/);
        assert.equal(asked, 0);
      } finally {
        server.close();
      }
    });

    it('polluted prototypes stay in the realm', async () => {
      const run = await tryIt(
        '(() => { Object.prototype.polluted = "yes"; Array.prototype.map = () => "gone"; String.prototype.split = null; return 1; })()',
      );
      await goesOn(run);
      assert.deepEqual(run.failures(), []);
    });

    it('a rejected promise that nobody awaits is a line in the log', async () => {
      const run = await tryIt('(() => { Promise.reject(new Error("lost")); return 1; })()');
      await run.until(() =>
        run.entries.some(
          (entry) => entry.kind === 'log' && /nobody awaits was rejected: lost/.test(entry.text),
        ),
      );
      await goesOn(run);
    });
  });

  describe('of the process', () => {
    if (process.platform !== 'linux') return;

    it('has the flags, no environment and no secrets in argv', async () => {
      const run = await TestRun.start(
        probe('secrets.CANARY'),
        { secrets: { CANARY: 'canary-in-process-481516' } },
        { ...process.env, LEAK: 'canary-in-process-481516' },
      );
      assert.deepEqual(
        { ...run.info.sandbox, node: '' },
        { node: '', permissions: true, noCodeFromStrings: true, emptyEnvironment: true },
      );
      await run.send('Probe', {});
      await pause(1_200); // The spare is started a second after the run.
      const pids = descendants(process.pid);
      const sandboxes = pids.filter((pid) => read(pid, 'cmdline').includes('sandbox.js'));
      assert.equal(sandboxes.length, 2, 'one at work and one spare');
      for (const pid of sandboxes) assert.equal(read(pid, 'environ').replaceAll('\0', '').trim(), '');
      for (const pid of pids) {
        assert.ok(!read(pid, 'cmdline').includes('canary'));
        assert.ok(!read(pid, 'environ').includes('canary'));
      }
    });

    it('has the debugger’s pipe in debug runs only', async () => {
      // The runtime's own come after those that it was started with.
      const kinds = (pid: number): (string | undefined)[] => {
        try {
          return [3, 4, 5].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).split(':')[0]);
        } catch {
          return [];
        }
      };
      const hasPipe = async (options: object, expected: boolean): Promise<void> => {
        const run = await TestRun.start(probe('1'), { options });
        await run.send('Probe', {});
        // One that was prepared for a run of the other kind may not have ended yet.
        await run.until(() => {
          const sandboxes = descendants(run.host.pid!)
            .filter((pid) => read(pid, 'cmdline').includes('sandbox.js'))
            .map(kinds);
          return (
            sandboxes.length > 0 &&
            sandboxes.every(
              ([down, up, commands]) =>
                down === 'socket' && up === 'socket' && (commands === 'socket') === expected,
            )
          );
        });
        await run.host.stop();
      };
      await hasPipe({}, false);
      await hasPipe({ debug: true }, true);
    });

    it('V8’s own debugger cannot be had with the permission model: what stops inside expressions is written into them', function () {
      const flag = ['--permission', '--experimental-permission'].find((one) =>
        process.allowedNodeEnvironmentFlags.has(one),
      );
      if (flag === undefined) return this.skip();
      const probed =
        "try { new (require('node:inspector').Session)().connect() } catch (error) { console.log(error.code) }";
      const { stdout } = spawnSync(process.execPath, [flag, '--no-warnings', '-e', probed], {
        encoding: 'utf8',
      });
      assert.equal(stdout.trim(), 'ERR_ACCESS_DENIED');
    });

    it('code that has left its realm finds no files, processes, sockets, environment or loader', async () => {
      // Stands for a hole in V8 or Node: this code runs in the process's own realm, after hardening.
      const attacks = {
        env: 'JSON.stringify(process.env)',
        argv: 'JSON.stringify([process.argv, process.execArgv])',
        kill: 'typeof process.kill + typeof process._kill',
        exit: 'typeof process.exit + typeof process.reallyExit + typeof process.abort',
        builtins:
          'typeof process.getBuiltinModule + typeof process.binding + typeof process.dlopen + typeof process.mainModule',
        send: 'typeof process.send + typeof process.channel',
        report: 'typeof process.report',
        fetch: 'typeof fetch + typeof WebSocket + typeof Worker',
        require: 'typeof require + typeof module',
        compile: 'try { (() => {}).constructor("return 1")() } catch (error) { error.name }',
        evaluate: 'try { eval("1") } catch (error) { error.name }',
      };
      const lines = Object.entries(attacks).map(
        ([name, code]) => `report(${JSON.stringify(name)}, vm.runInThisContext(${JSON.stringify(code)}));`,
      );
      const fs = `
for (const [name, act] of Object.entries({
  read: () => fs.readFileSync('/etc/passwd', 'utf8').length,
  write: () => fs.writeFileSync('/tmp/flows-probe', 'x'),
  list: () => fs.readdirSync('/').length,
  spawn: () => { const { error } = childProcess.spawnSync('true'); if (error) throw error; },
  worker: () => new worker.Worker('1', { eval: true }),
})) { try { act(); report(name, 'allowed'); } catch (error) { report(name, error.code); } }`;
      const path = await runnerWith(`
(() => {
  const vm = loaded.vm, fs = loaded.fs, childProcess = loaded.childProcess, worker = loaded.worker;
  const report = (name, text) => fs.writeSync(4, 'J' + JSON.stringify({ t: 'log', level: 'info', text: name + ': ' + text }) + '\\n');
  ${lines.join('\n  ')}
  ${fs}
})();`);
      const run = await TestRun.start(probe('1'), {}, undefined, path);
      const found = await run.until(() => {
        const logs = run.entries
          .filter((entry) => entry.kind === 'log')
          .map(({ text }) => text.split(/: (.*)/s).slice(0, 2));
        return logs.length >= 16 && new Map(logs as [string, string][]);
      });
      const nothing = (count: number): string => 'undefined'.repeat(count);
      assert.deepEqual(Object.fromEntries(found), {
        env: '{}',
        argv: '[[],[]]',
        kill: nothing(2),
        exit: nothing(3),
        builtins: nothing(4),
        send: nothing(2),
        report: nothing(1),
        fetch: nothing(3),
        require: nothing(2),
        compile: 'TypeError',
        evaluate: 'EvalError',
        read: 'ERR_ACCESS_DENIED',
        write: 'ERR_ACCESS_DENIED',
        list: 'ERR_ACCESS_DENIED',
        spawn: 'ERR_ACCESS_DENIED',
        worker: 'ERR_ACCESS_DENIED',
      });
    });

    it('ends with the runner, also when that is killed and the sandbox loops', async () => {
      const run = await TestRun.start(probe('(() => { while (true) {} })()'), {
        options: { deadlineMs: 60_000 },
      });
      const sandboxes = descendants(run.host.pid!).filter((pid) =>
        read(pid, 'cmdline').includes('sandbox.js'),
      );
      assert.ok(sandboxes.length >= 1);
      await run.host.debugEvent({ block: 'Probe', data: {} });
      await pause(100);
      process.kill(run.host.pid!, 'SIGKILL');
      const exit = await run.until(() => run.exits[0], 'the exit');
      assert.deepEqual([exit.expected, exit.signal], [false, 'SIGKILL']);
      await run.until(() => sandboxes.every((pid) => read(pid, 'cmdline') === ''), 'the sandboxes to end');
    });

    it('is replaced when it is killed from outside, and no event is lost', async () => {
      const run = await TestRun.start(
        chain(
          { name: 'In', type: 'transform' },
          { name: 'Wait', type: 'sleep', config: 'sleep: 0.3' },
          { name: 'Out', type: 'transform', output: '({ ...previous, seen: true })' },
        ),
      );
      await run.host.debugEvent({ block: 'In', data: { n: 1 } });
      await run.until(async () => (await run.host.status()).sleeping === 1);
      for (const pid of descendants(run.host.pid!))
        if (read(pid, 'cmdline').includes('sandbox.js')) process.kill(pid, 'SIGKILL');
      await run.until(() => run.events('Out').length > 0, 'the event after the sleep');
      assert.deepEqual(run.data('Out'), { n: 1, seen: true });
      assert.equal(run.failures().length, 0);
    });
  });
});

/** A runner whose sandbox runs `code` when it is ready. */
async function runnerWith(code: string): Promise<string> {
  const original = path.dirname(await runnerPath());
  const folder = mkdtempSync(path.join(os.tmpdir(), 'flows-probe-'));
  after(() => rmSync(folder, { recursive: true }));
  copyFileSync(path.join(original, 'runner.js'), path.join(folder, 'runner.js'));
  const modules =
    "{ vm: require('vm'), fs: require('fs'), childProcess: require('child_process'), worker: require('worker_threads') }";
  writeFileSync(
    path.join(folder, 'sandbox.js'),
    `const loaded = ${modules};\n${readFileSync(path.join(original, 'sandbox.js'), 'utf8')}\n${code}`,
  );
  return path.join(folder, 'runner.js');
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

/** Processes below this one. */
function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(/\) \S (\d+)/.exec(read(Number(name), 'stat'))?.[1] ?? 0);
    parents.set(Number(name), parent);
  }
  const found: number[] = [];
  for (const candidate of parents.keys()) {
    for (let at: number | undefined = candidate; at !== undefined && at > 1; at = parents.get(at)) {
      if (parents.get(at) === pid) {
        found.push(candidate);
        break;
      }
    }
  }
  return found;
}
