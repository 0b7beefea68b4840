/** Plants secrets in a run, its blocks' names included, and looks for them in its problems, its output and what that links to. */
import assert from 'node:assert/strict';
import { endLines, EventLines, startLines } from '../../../client/run/eventLines.js';
import { Findings, findingWords } from '../../../client/run/findings.js';
import { placesIn } from '../../../client/run/outputPlaces.js';
import { CanarySearch } from '../../host/canary.js';
import { CANARIES } from '../runner/canaries.js';
import { stopAll, TestRun } from '../runner/harness.js';

const KEYS = Object.keys(CANARIES);
const block = (name: string, expression: string, handler?: string) => `
  - name: ${JSON.stringify(name)}
    type: { coreBlock: transform }${handler === undefined ? '' : `\n    errorHandler: ${JSON.stringify(handler)}`}
    inputs: { default: { links: [{ block: Start, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr ${JSON.stringify(expression)} } }`;
const FLOW = `blocks:
  - name: Start
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }${KEYS.map((key) => {
      const value = CANARIES[key]!.trim();
      const fails = `(() => { const error = new Error('no ' + secrets.${key}); error.name = secrets.${key}; throw error; })()`;
      return [
        block(`Emit ${key}`, `[secrets.${key}, { [secrets.${key}]: encodeURIComponent(secrets.${key}) }]`),
        block(`Print ${key}`, `(console.log(secrets.${key}, [secrets.${key}]), 1)`),
        block(`Throw ${key}`, fails),
        block(`Handled ${key}`, fails, value),
        block(`Named ${value}`, fails),
        `\n  - name: ${JSON.stringify(value)}\n    type: { coreBlock: handleError }`,
      ].join('');
    }).join('')}
`;

describe('what the editor shows of a run', function () {
  this.timeout(60_000);
  afterEach(stopAll);
  const search = new CanarySearch(CANARIES);

  it('holds no value: problems, lines of the output, and blocks that these lead to', async () => {
    const run = await TestRun.start(FLOW, { secrets: CANARIES });
    await run.send('Start', { given: CANARIES });
    const findings = new Findings(FLOW);
    findings.add(run.entries);
    const words = findings.all.map(findingWords);
    const output = new EventLines(() => true);
    const lines = [
      ...startLines('a.flow.yaml', run.info),
      ...run.entries.map((entry) => output.line(entry)),
      ...endLines('a.flow.yaml', 0, await run.host.status(), 'has been stopped'),
    ];
    // The names as they stand in the file: those that are values lead nowhere.
    const named = [...FLOW.matchAll(/^ {2}- name: (.*)$/gm)].map(([, name]) =>
      name!.startsWith('"') ? (JSON.parse(name!) as string) : name!,
    );
    const blocks = new Set(named);
    const places = lines.flatMap((line) => placesIn(line, [{ name: 'a.flow.yaml', blocks }]));

    const told = { words, lines, places };
    for (const [what, all] of Object.entries(told))
      all.forEach((one, i) => {
        const text = typeof one === 'string' ? one : one.block;
        assert.deepEqual(search.inBytes(`${what} ${i}`, Buffer.from(text)), []);
      });
    // All of it came as far as this, or the search would prove nothing.
    for (const key of KEYS) {
      const marker = `‹secret:${key}›`;
      for (const start of [`Throw ${key} failed: `, `Handled ${key} failed: `, `Named ${marker} failed: `])
        assert.ok(
          words.some((one) => one.startsWith(start) && one.includes(marker)),
          start,
        );
      assert.ok(words.some((one) => one.startsWith(`The output of Emit ${key} held ${key}`)));
      assert.ok(lines.some((one) => one.includes(`Print ${key}: `) && one.includes(marker)));
      assert.ok(places.some((one) => one.block === `Emit ${key}`));
    }
  });
});
