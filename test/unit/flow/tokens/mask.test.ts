import assert from 'node:assert/strict';
import type { DocumentSymbol } from 'vscode-languageserver/node';
import { checkTypes } from '../../../../flow/types/check.js';
import { applySettings } from '../../../../flow/check.js';
import { FlowDocument } from '../../../../flow/document.js';
import { flowWith, TestClient } from '../../server/client.js';
import { afterIssue, service } from '../../server/typescriptService.js';
import { SAMPLES } from './samples.js';

const TOKEN = SAMPLES[1]![1];

describe('what quotes a file does not quote its tokens', () => {
  it('reports of types', function () {
    this.timeout(60_000);
    for (const literal of [`"${TOKEN}"`, `'${TOKEN}'`]) {
      const flow = new FlowDocument(
        afterIssue(`!expr |-\n            outputs.getIssue.labels.map(${literal})`),
      );
      const found = checkTypes(flow, service());
      assert.ok(found[0]?.problem.message.includes(TOKEN), 'it would be quoted');
      const [shown] = applySettings(flow, found, {});
      assert.match(shown!.problem.message, /^`["']…["']` is `"…"`, but /);
    }
  });

  it('outlines', async () => {
    const client = await TestClient.start(
      {},
      { capabilities: { textDocument: { documentSymbol: { hierarchicalDocumentSymbolSupport: true } } } },
    );
    try {
      await client.open('a.flow.yaml', flowWith(`!expr 'f("${TOKEN}", ''${TOKEN}'')'`));
      const symbols = await client.request<DocumentSymbol[]>('textDocument/documentSymbol', {
        textDocument: { uri: client.uri('a.flow.yaml') },
      });
      const text = JSON.stringify(symbols);
      assert.match(text, /f\(\\"…\\", '…'\)/);
      assert.ok(!text.includes(TOKEN.slice(4, 12)));
    } finally {
      client.dispose();
    }
  });
});
