import assert from 'node:assert/strict';
import { endLines, EventLines, startLines } from '../../../client/run/eventLines.js';
import type { EmittedEvent, RunEvent } from '../../../client/runner/protocol.js';

const AT = new Date(2026, 10, 22, 9, 5, 7, 42).getTime();

function emitted(event: Partial<EmittedEvent>): EmittedEvent {
  return { kind: 'event', seq: 1, at: AT, id: 'e1', block: 'Sleep', output: 'default', data: '{}', ...event };
}

describe('lines of a run', () => {
  let lines: EventLines;
  beforeEach(() => (lines = new EventLines(() => true)));

  it('leave the data away unless it is wanted', () => {
    const line = new EventLines().line(emitted({ data: '{"a":1}' }));
    assert.equal(line, '09:05:07.042 info  Sleep → default');
  });

  it('name the flow where several run', () => {
    const line = new EventLines(
      () => false,
      () => 'a.flow.yaml › ',
    ).line(emitted({}));
    assert.equal(line, '09:05:07.042 info  a.flow.yaml › Sleep → default');
  });

  const cases: readonly (readonly [string, RunEvent, string])[] = [
    ['an event', emitted({ data: '{"a":1}' }), '09:05:07.042 info  Sleep → default  {"a":1}'],
    [
      'a debug event at an input',
      emitted({ output: undefined as never, input: 'default' }),
      '09:05:07.042 info  Sleep ← default  {}',
    ],
    [
      'a mocked answer',
      emitted({ mock: 'generated' }),
      '09:05:07.042 info  Sleep → default  {}  (mock, made from the schema)',
    ],
    [
      'an answer that was recorded',
      emitted({ mock: 'recorded' }),
      '09:05:07.042 info  Sleep → default  {}  (mock, recorded)',
    ],
    [
      'data that holds a secret',
      emitted({ data: '"‹secret:TOKEN›"', leaks: ['TOKEN'] }),
      '09:05:07.042 warn  Sleep → default  "‹secret:TOKEN›"  ⚠ holds TOKEN: the platform would show it downstream',
    ],
    [
      'a failure with its place and handler',
      {
        kind: 'failed',
        seq: 2,
        at: AT,
        block: 'Check',
        error: {
          name: 'TypeError',
          message: 'x is undefined',
          path: 'inputs.default.config.url',
          place: { line: 12, column: 9 },
          stack: [],
        },
        handler: 'On error',
      },
      '09:05:07.042 error Check ✗ TypeError: x is undefined  (inputs.default.config.url, line 12, column 9)  → handled by On error',
    ],
    [
      'an activity',
      { kind: 'activity', seq: 3, at: AT, block: 'Call', text: 'GET http://127.0.0.1/ 200' },
      '09:05:07.042 info  Call   GET http://127.0.0.1/ 200',
    ],
    [
      'a log line',
      { kind: 'log', seq: 4, at: AT, level: 'debug', block: 'Call', text: 'a\nb\r\nc' },
      '09:05:07.042 debug Call: a ⏎ b ⏎ c',
    ],
  ];
  for (const [what, event, line] of cases) it(what, () => assert.equal(lines.line(event), line));

  it('says how long after its cause', () => {
    lines.line(emitted({ id: 'a' }));
    assert.match(lines.line(emitted({ id: 'b', parent: 'a', at: AT + 5_012 })), / {2}\(\+5\.01 s\)$/);
    assert.match(lines.line(emitted({ id: 'c', parent: 'b', at: AT + 5_014 })), / {2}\(\+2 ms\)$/);
    assert.match(lines.line(emitted({ id: 'd', parent: 'a', at: AT + 125_000 })), / {2}\(\+2 min 5 s\)$/);
    assert.doesNotMatch(lines.line(emitted({ parent: 'unknown' })), /\(\+/);
  });

  it('is one line of bounded length, whatever comes in', () => {
    for (const data of ['"' + 'x'.repeat(100_000) + '"', '"a\u2028b\u001b[31mc\u0007"', '\n'.repeat(10)]) {
      const line = lines.line(emitted({ data, ...(data.length > 10_000 && { truncated: true }) }));
      assert.doesNotMatch(line, /[\n\r\u2028\u2029\p{Cc}]/u);
      assert.ok(line.length < 2_200);
    }
  });

  it('says where the flow listens and what it lacks', () => {
    const info = {
      runId: 'r',
      flow: 'f',
      startedAt: AT,
      now: AT,
      port: 4000,
      endpoints: [
        { block: 'Hello', methods: ['GET', 'POST'], path: '/hello', url: 'http://127.0.0.1:4000/hello' },
        { block: 'Any', methods: [], path: '/any', url: 'http://127.0.0.1:4000/any' },
        { block: 'Ask', methods: ['POST'], path: '/mcp', url: 'http://127.0.0.1:4000/mcp', tool: 'ask' },
      ],
      missingSecrets: ['A', 'B'],
      problems: ['Slack blocks do not run here'],
      sandbox: { node: '20', permissions: true, noCodeFromStrings: true, emptyEnvironment: true },
    };
    assert.deepEqual(startLines('x.flow.yaml', info), [
      '09:05:07.042 info  ── x.flow.yaml runs',
      '09:05:07.042 warn  Slack blocks do not run here',
      '09:05:07.042 warn  Without a value: A, B',
      '09:05:07.042 info  Hello listens on http://127.0.0.1:4000/hello  GET, POST',
      '09:05:07.042 info  Any listens on http://127.0.0.1:4000/any',
      '09:05:07.042 info  Ask is the tool ask of the MCP server at http://127.0.0.1:4000/mcp',
    ]);
  });

  it('sums up at the end', () => {
    const status = {
      events: 12,
      failures: 1,
      pending: 0,
      sleeping: 0,
      now: AT,
      leaks: [{ block: 'Show', keys: ['TOKEN'] }],
      skipped: 0,
    };
    assert.deepEqual(endLines('x.flow.yaml', AT, status, 'has been stopped'), [
      '09:05:07.042 warn  Output of Show held TOKEN: the platform shows it to whatever follows',
      '09:05:07.042 info  ── x.flow.yaml has been stopped: 12 events, 1 failure',
    ]);
    assert.match(
      endLines('x', AT, undefined, 'ended unexpectedly (SIGKILL)')[0]!,
      / error ── x ended unexpectedly/,
    );
  });
});
