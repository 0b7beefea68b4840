import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readAppFields } from '../../../flow/appSource.js';

const APP = `import { defineApp, type AppInput } from "@slflows/sdk/v1";
import { blocks } from "./blocks";
import { shared as common } from './fields';

const regions: readonly string[] = ["eu", "us"] as const;
const extra = { retries: { name: "Retries", type: "number", default: 3, required: true } } satisfies Fields;

// defineApp is explained in the docs.
export const app = defineApp({
  name: "Slack",
  installationInstructions: \`Make a token: \${url} { config: {} }\`,
  config: {
    botToken: {
      name: "Bot token",
      description: "Begins with xoxb-. " +
        "Made on the app's page.",
      type: "string",
      required: true,
      sensitive: true,
    },
    "channel-id": { name: "Channel", type: { type: "string", enum: ["a", "b"] }, suggestValues: async (input: AppInput): Promise<{ x: string[] }> => {
      return { x: [] };
    } },
    tags: { name: "Tags", type: ["string"], fixed: !0 },
    any: { name: \`Any\`, type: "any", default: null },
    computed: makeField("x"),
    ...extra,
    signingSecret: common,
  },
  blocks,
  async onSync(input: AppInput) { return { newStatus: "ready" } },
});
`;

describe('the fields of an app, from its source', () => {
  it('are what the literal says, through names and imports', () => {
    const read = readAppFields(APP, (specifier) =>
      specifier === './fields'
        ? 'export const shared: AppConfigField = { name: "Signing secret", type: "string", sensitive: true };'
        : undefined,
    )!;
    assert.equal(read.open, false);
    assert.deepEqual(
      [...read.fields.values()].map(({ key, label, type, required, sensitive, default: given }) => [
        key,
        label,
        type,
        required,
        sensitive,
        given,
      ]),
      [
        ['botToken', 'Bot token', { type: 'string' }, true, true, undefined],
        ['channel-id', 'Channel', { type: 'string', enum: ['a', 'b'] }, false, false, undefined],
        ['tags', 'Tags', { type: 'array', items: { type: 'string' } }, false, false, undefined],
        ['any', 'Any', {}, false, false, null],
        ['computed', 'computed', {}, false, false, undefined],
        ['retries', 'Retries', { type: 'number' }, true, false, 3],
        ['signingSecret', 'Signing secret', { type: 'string' }, false, true, undefined],
      ],
    );
    assert.equal(read.fields.get('botToken')!.description, "Begins with xoxb-. Made on the app's page.");
  });

  it('are open where only the program knows them', () => {
    const open: readonly (readonly [string, boolean, readonly string[]])[] = [
      ['export const app = defineApp(make())', true, []],
      ['export default defineApp({ blocks: {} })', false, []],
      ['export default defineApp({ ...base, blocks: {} })', true, []],
      ['export default defineApp({ config: fields() })', true, []],
      ['export default defineApp({ config: { ...rest(), a: { type: "string" } } })', true, ['a']],
      ['export default defineApp({ config: { [key]: {}, a: {} } })', true, ['a']],
      ['const config = { a: {} };\nexport default defineApp({ config })', false, ['a']],
      ['const a = b; const b = a;\nexport default defineApp({ config: a })', true, []],
      ['export default defineApp({ config: a ? { x: {} } : { y: {} } })', true, []],
      ['export default defineApp({ config: { a: { name: "A", ', false, ['a']],
    ];
    for (const [text, isOpen, keys] of open) {
      const read = readAppFields(text)!;
      assert.deepEqual([read.open, [...read.fields.keys()]], [isOpen, keys], text);
    }
    assert.equal(readAppFields('export const app = 5'), undefined);
  });

  it('are never more than the text says, whatever it is', () => {
    const piece = fc.constantFrom(...APP.match(/\w+|\s+|[^\w\s]/g)!, '`', '/', '${', '//', '@', '#');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const read = readAppFields(`defineApp({ config: { ${pieces.join('')}`);
        for (const key of read?.fields.keys() ?? []) assert.ok(pieces.join('').includes(key));
      }),
      { numRuns: 500 },
    );
  });
});
