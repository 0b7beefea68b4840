/** The language server with an editor that can do next to nothing: `node dist/server.js --stdio`. The build makes it before the tests run. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type InitializeResult,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver/node';
import { flowWith } from './client.js';

it('the language server serves an editor without workspace folders, settings or file events', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flows-plain-'));
  fs.writeFileSync(path.join(folder, 'flows.project.yaml'), 'secrets: { TOKEN: }\n');
  const server = spawn(process.execPath, ['dist/server.js', '--stdio'], { stdio: 'pipe' });
  let errors = '';
  server.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const connection = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  const logged: unknown[] = [];
  connection.onNotification('window/logMessage', (message: unknown) => {
    logged.push(message);
  });
  const published = new Promise<PublishDiagnosticsParams>((resolve) =>
    connection.onNotification('textDocument/publishDiagnostics', resolve),
  );
  try {
    connection.listen();
    const rootUri = pathToFileURL(folder).href;
    await connection.sendRequest('initialize', { processId: null, rootUri, capabilities: {} });
    await connection.sendNotification('initialized', {});
    const uri = pathToFileURL(path.join(folder, 'a.flow.yaml')).href;
    const text = flowWith('!expr secrets.TOKN');
    await connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId: 'yaml', version: 1, text },
    });
    const { diagnostics } = await published;
    // Nor does it follow links.
    assert.deepEqual(
      diagnostics.map(({ code, codeDescription }) => [code, codeDescription]),
      [['undefined-secret', undefined]],
    );
    assert.deepEqual(logged, []);
    assert.equal(errors, '');
  } finally {
    connection.dispose();
    server.kill();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}).timeout(30_000);

it('nothing is lost that an editor sends before it has the answer to initialize', async () => {
  const server = spawn(process.execPath, ['dist/server.js', '--stdio'], { stdio: 'pipe' });
  const connection = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  const published = new Promise<PublishDiagnosticsParams>((resolve) =>
    connection.onNotification('textDocument/publishDiagnostics', resolve),
  );
  try {
    connection.listen();
    const uri = 'file:///nowhere/a.flow.yaml';
    const textDocument = { uri, languageId: 'flow', version: 1, text: flowWith('!expr secrets[') };
    const [{ capabilities }] = await Promise.all([
      connection.sendRequest<InitializeResult>('initialize', {
        processId: null,
        capabilities: { textDocument: { publishDiagnostics: { codeDescriptionSupport: true } } },
      }),
      connection.sendNotification('initialized', {}),
      connection.sendNotification('textDocument/didOpen', { textDocument }),
    ]);
    assert.equal(capabilities.hoverProvider, true);
    const { diagnostics } = await published;
    assert.deepEqual(
      diagnostics.map(({ code, codeDescription }) => [code, codeDescription?.href]),
      [['expression-syntax', `${pathToFileURL(path.resolve('docs/diagnostics.md')).href}#expression-syntax`]],
    );
  } finally {
    connection.dispose();
    server.kill();
  }
}).timeout(30_000);
