/** A flow with one of everything, and words for places in a text: `‸` is the cursor in a piece of it. */
import type { Location, Position, Range } from 'vscode-languageserver/node';
import { textAt } from './client.js';

export const RICH = `# A flow
# with one of everything.
appInstallations:
  slack:
    appName: Slack
    appVersion: 0.2.2
  testutilities:
    appName: Test Utilities
blocks:
  - name: Start
    description: See https://example.com/a_(b), and [the docs](./docs/start.md "more").
    type:
      coreBlock: httpEndpoint
    config:
      path: /hello/{name}
      audience: !expr secrets.AUDIENCE
    inputs:
      default:
        links:
          - block: Decode JWT
            output: then
        config:
          body: !expr outputs.decodeJwt
  - name: 'Decode JWT'
    type:
      coreBlock: condition
    errorHandler: Oops
    group: My group
    inputs:
      default:
        links:
          - block: Start
            output: requests
        config:
          condition: !expr |-
            (() => {
              const { start, decodeJwt: d } = outputs;
              const s = secrets;
              return start.params.name === s.API_TOKEN
                && previous.body[\`x \${secrets["API_TOKEN"]}\`];
            })()
    outputs:
      then:
        outputCustomization: !expr "{ raw: outputs.start[\\"x\\"], self: outputs.decodeJwt }"
  - name: Transform
    type: { coreBlock: transform }
    inputs:
      default:
        links: [{ block: "Start", output: requests }]
    outputs:
      default:
        outputCustomization: !expr 'outputs.start.params["it''s"]'
  - name: Transform (1)
    type: { coreBlock: transform }
    inputs:
      default:
        links:
          - block: Transform
            output: default
        config: {}
    outputs:
      default:
        outputCustomization: !expr outputs.transform.x + outputs.start.y
  - name: Send
    type:
      appBlock:
        block: sendTextMessage
        appInstallation: slack
        schema: '{"inputs":{"default":{"config":{}}},"outputs":{"default":{"default":true,"type":{"type":"object"}}},"signals":{"user_id":{"name":"User"}}}'
    inputs:
      default:
        links:
          - block: Transform (1)
            output: default
        config:
          text: !expr outputs.transform
          user: !expr ref("signal.slack.user_id") + signals.variables.other
          nested:
            a: [1, !expr previous.b]
  - name: Variables
    type:
      appBlock:
        block: variables
        appInstallation: testutilities
        schema: '{"signals":{},"hasOnSync":true,"outputs":{}}'
    config:
      # Two
      # comments.
      value: !expr ref("signal.send.user_id")
  - name: Oops
    type: { coreBlock: handleError }
  - name: My group
    type: { coreBlock: group }
  # region notes below
notes:
  - body: |-
      # Hello
      See https://example.com/note.
    position: [1, 2]
  # endregion
`;

/** The position of `‸` in the first place that reads like `piece` without it. */
export function at(text: string, piece: string): Position {
  const caret = piece.indexOf('‸');
  const found = text.indexOf(piece.replace('‸', ''));
  if (caret < 0 || found < 0) throw new Error(`No such place: ${piece}`);
  const before = text.slice(0, found + caret).split('\n');
  return { line: before.length - 1, character: before.at(-1)!.length };
}

/** Ranges as `line: text`, lines counted from one, in the order of the file. */
export function spots(text: string, ranges: readonly (Range | Location)[]): string[] {
  return ranges
    .map((one) => ('range' in one ? one.range : one))
    .sort((a, b) => a.start.line - b.start.line || a.start.character - b.start.character)
    .map((range) => `${range.start.line + 1}: ${textAt(text, range)}`);
}
