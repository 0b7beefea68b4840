/**
 * Choices of this engine where the platform's behaviour is not known (flows-platform §8). One row each, with the reason;
 * docs/semantics.md shows the same rows, and a test compares the two.
 */
export interface Choice {
  readonly id: string;
  readonly question: string;
  readonly choice: string;
  readonly reason: string;
}

export const CHOICES: readonly Choice[] = [
  {
    id: 'pass-through',
    question: 'What do `condition`, `sleep` and a `transform` without an expression emit?',
    choice: 'The data of the event that came in.',
    reason:
      'Flows in use read what came before such a block, and a transform without an expression is read downstream as if it had data.',
  },
  {
    id: 'truthiness',
    question: 'How is the result of a condition turned into `then` or `else`?',
    choice: 'By JavaScript truthiness.',
    reason: 'Conditions in use return booleans, and people who write JavaScript expect its own rule.',
  },
  {
    id: 'customization-scope',
    question: 'What do `previous`, `raw` and the block’s own key mean in an `outputCustomization`?',
    choice:
      '`previous` is the event that came in; `raw` and, for blocks with data of their own, `outputs.<own key>` are the block’s own output.',
    reason:
      '`previous` keeps one meaning in the whole block; `raw` is the name that older documentation used for the uncustomised data.',
  },
  {
    id: 'same-key',
    question: 'Two ancestors share a key. Which one does `outputs.<key>` show?',
    choice: 'The nearest one.',
    reason: 'It is what a reader of the flow sees last, and what an accumulation by overwriting gives.',
  },
  {
    id: 'secondary-parents',
    question: 'Do secondary parents add to `outputs`?',
    choice: 'No.',
    reason: 'Documentation speaks of the chain of the event; only the primary parent is one.',
  },
  {
    id: 'missing-secret',
    question: 'What does `secrets.KEY` give when the key has no value?',
    choice: 'The event fails with the key’s name.',
    reason:
      'An `undefined` that travels on as text ("Bearer undefined") is harder to find than a failure at its source.',
  },
  {
    id: 'no-json',
    question: 'What becomes of a result that JSON cannot hold?',
    choice: '`undefined` and functions become null; a BigInt or a cyclic object fails the event.',
    reason: 'Event data is JSON; a silent null for a whole object would hide a mistake.',
  },
  {
    id: 'fetch',
    question: 'May expressions use the network?',
    choice: 'No: `fetch` rejects and names the HTTP Request block.',
    reason:
      'Expressions hold secrets; traffic that the engine does not see could not be shown, mocked or stopped.',
  },
  {
    id: 'answer-timeout',
    question: 'How long does an HTTP caller wait for its answer?',
    choice:
      '120 s by default, then status 504; at once status 500 when no event is under way any more. The text names the block.',
    reason: 'Longer than the waits of usual flows, a setting; and nobody has to wait for what cannot come.',
  },
  {
    id: 'second-answer',
    question: 'A second event answers the same request.',
    choice: 'It fails with "already answered".',
    reason: 'The caller is gone; silence would hide that two branches answer.',
  },
  {
    id: 'http-status',
    question: 'Does an HTTP Request block fail on a status of 400 and above?',
    choice: 'No: it emits the response. It fails when there is no response.',
    reason: 'A flow can look at `statusCode`; a failure would throw body and headers away.',
  },
  {
    id: 'request-body',
    question: 'What is `body` of a request to an endpoint, or of a response?',
    choice:
      'Parsed for JSON and forms, text for text, base64 text for anything else; files of a multipart form are `filename`, `contentType` and `base64`. `rawBody` of a request is the text as sent (base64 for binary bodies).',
    reason: 'Documented for JSON; the rest loses nothing.',
  },
  {
    id: 'route-order',
    question: 'Two endpoints take the same path, one by `{name}`. Which one gets the request?',
    choice: 'The one whose path is written out for longer, wherever they stand in the file.',
    reason: '`/users/me` beside `/users/{id}` would otherwise depend on the order of blocks on a canvas.',
  },
  {
    id: 'undocumented-names',
    question: 'What are the fields and outputs called that the documentation does not name?',
    choice:
      'As the completion offers them; the output is `default`, or the only one that the file links or customises.',
    reason: 'A flow that was exported from the platform shows its own names.',
  },
  {
    id: 'mcp-address',
    question: 'Where is the MCP server of a flow with MCP Tool blocks?',
    choice:
      'At `/mcp` beside the endpoints, over streamable HTTP; it refuses what a page of another site has sent.',
    reason: 'One port is easier to hand on; a tool may act in your name, so no web page may call it.',
  },
  {
    id: 'mcp-user',
    question: 'Who is `user` in the event of an MCP Tool?',
    choice: '`you@localhost` with the role `admin`.',
    reason: 'Who calls from this machine may do all that its user may.',
  },
  {
    id: 'mcp-answer',
    question: 'What does an MCP client get?',
    choice:
      'The text, or the value as JSON (an object also as structured content). A call that no event answers, and arguments that do not fit the schema, are results with an error; a tool that does not exist is an error of the protocol.',
    reason: 'So says MCP: what a model can put right it has to see.',
  },
  {
    id: 'data-tables',
    question: 'What do Data Table blocks do?',
    choice:
      'They fail, and their failure says so, unless a mocks file says what they emit. That holds for every core block that is not supported here.',
    reason:
      'Neither their names nor their fields are documented. A table that behaves otherwise than the platform’s would be worse than none.',
  },
  {
    id: 'mocked-core-blocks',
    question: 'What does a mock of a core block do?',
    choice:
      'It takes the block’s place, but for `transform` and `condition`, which only evaluate expressions.',
    reason: 'A test wants to replace what reaches out of the flow: requests, waits, schedules.',
  },
  {
    id: 'debug-event',
    question: 'What does a block see of a debug event?',
    choice: 'Its data as `previous`; `outputs` is empty unless ancestors are given with it.',
    reason: 'A debug event has no ancestors, as an event on the canvas has none.',
  },
  {
    id: 'buffer',
    question: 'Which globals do expressions have beside those of JavaScript?',
    choice:
      '`console`, `URL`, `URLSearchParams`, `TextEncoder`, `TextDecoder`, `atob`, `btoa`, `crypto`, `encrypt`, `decrypt`, `structuredClone`, timers, and the part of `Buffer` that turns texts into bytes and back. Not `process` or `require`.',
    reason:
      'Those are what flows in use need. Node’s own `Buffer` would be a way out of the sandbox’s realm, so `Buffer` is made anew inside it.',
  },
  {
    id: 'encryption',
    question: 'What do `encrypt` and `decrypt` give?',
    choice:
      'Texts, at once, with or without `await`: Base64 of nonce, ciphertext and tag of AES-GCM, and what was encrypted. What one of them has encrypted, the platform may not be able to read.',
    reason: 'Documented are the two functions and their key, not the form of what they give.',
  },
  {
    id: 'signals',
    question: 'Where do signals come from, and when do they change?',
    choice:
      'From the mocks file or the request that starts the run; they change when somebody sets one. Expressions see the new value from the next evaluation on. A Schedule or HTTP Endpoint whose static configuration comes out otherwise begins anew; if it cannot be evaluated, the failure is shown and the old one goes on.',
    reason:
      'Nothing here runs the apps that own signals. The rest is what the platform says: configuration is evaluated again when a signal that it refers to changes.',
  },
  {
    id: 'merge-keys',
    question: 'What does a YAML merge key (`<<: *anchor`) do?',
    choice: 'It adds the keys of the map that it names, where the map around it has none of these names.',
    reason:
      'Those who write it mean this. YAML 1.2 has no merge keys, so that the platform may not read them; they are reported.',
  },
  {
    id: 'pause',
    question: 'What does a run do while it stands in the debugger?',
    choice:
      'Nothing is delivered; requests, schedules and waits that end are recorded as events and wait. Virtual time stands still, and so does the time that callers of endpoints and tools are kept waiting. One delivery is computed at a time.',
    reason:
      'What a person looks at must not change, and nobody outside should notice more than a late answer.',
  },
  {
    id: 'depth',
    question: 'What stops a flow whose events feed themselves?',
    choice: 'A line of 10,000 events: the next delivery fails and names the blocks on the way.',
    reason: 'Loops with waits run for hours before they get there; loops without end get there at once.',
  },
];
