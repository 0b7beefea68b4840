/** The service's answers in the words of the LSP. Pure. */
import type { CompletionItem, Hover, MarkupContent, Range, SignatureHelp } from 'vscode-languageserver/node';
import { insideScalar } from '../../flow/quoting.js';
import type { ScalarStyle } from '../../flow/scalar.js';
import type { Span } from '../../flow/text.js';
import type { TypeCompletion, TypeCompletions, TypeSignatures, TypeText } from '../../flow/types/service.js';
import { CompletionItemKind, CompletionItemTag, MarkupKind } from '../lsp.js';

/** TypeScript's ScriptElementKind, which is text, to the LSP's. */
const KINDS: Readonly<Record<string, CompletionItemKind | undefined>> = {
  class: CompletionItemKind.Class,
  'local class': CompletionItemKind.Class,
  const: CompletionItemKind.Variable,
  function: CompletionItemKind.Function,
  'local function': CompletionItemKind.Function,
  getter: CompletionItemKind.Property,
  keyword: CompletionItemKind.Keyword,
  let: CompletionItemKind.Variable,
  'local var': CompletionItemKind.Variable,
  method: CompletionItemKind.Method,
  module: CompletionItemKind.Module,
  parameter: CompletionItemKind.Variable,
  'primitive type': CompletionItemKind.Keyword,
  property: CompletionItemKind.Property,
  setter: CompletionItemKind.Property,
  string: CompletionItemKind.Value,
  var: CompletionItemKind.Variable,
};

/** The platform's own names stand before all others of an expression. */
const PLATFORM: ReadonlySet<string> = new Set(['outputs', 'previous', 'secrets', 'signals', 'raw']);

export interface Inserting {
  /** The expression's text, and the cursor in it. */
  readonly text: string;
  readonly offset: number;
  readonly style: ScalarStyle;
  readonly rangeOf: (span: Span) => Range;
}

export function completionItems(
  { items, members, span }: TypeCompletions,
  place: Inserting,
): CompletionItem[] {
  const word = span ?? wordAt(place.text, place.offset);
  return items.flatMap((item): CompletionItem[] => {
    const replaced = item.span ?? word;
    const newText = item.insertText ?? item.name;
    // On one line, an item may only replace text of that line; in a plain scalar some texts would end the scalar.
    if (place.style === 'plain' && /: |\s#|:$/.test(newText)) return [];
    const range = place.rangeOf(replaced);
    if (range.start.line !== range.end.line) return [];
    const typed = place.text.slice(replaced.start, Math.min(word.start, place.offset));
    return [
      {
        label: item.name,
        kind: KINDS[item.kind] ?? CompletionItemKind.Text,
        sortText: rank(item, members),
        textEdit: { range, newText: insideScalar(newText, place.style) },
        // Editors compare with the text that is replaced, which may begin with the dot.
        ...(typed !== '' && { filterText: typed + item.name }),
        ...(item.deprecated && { tags: [CompletionItemTag.Deprecated] }),
      },
    ];
  });
}

function rank({ name, kind, sortText }: TypeCompletion, members: boolean): string {
  if (!members && PLATFORM.has(name)) return `0${name}`;
  return `${kind === 'keyword' ? '2' : '1'}${sortText}${name}`;
}

/** The name under the cursor. */
function wordAt(text: string, offset: number): Span {
  const before = /[\p{ID_Continue}$]*$/u.exec(text.slice(0, offset))![0].length;
  const after = /^[\p{ID_Continue}$]*/u.exec(text.slice(offset))![0].length;
  return { start: offset - before, end: offset + after };
}

export function described(item: CompletionItem, { code, text }: TypeText): CompletionItem {
  return {
    ...item,
    detail: code,
    ...(text !== '' && { documentation: { kind: MarkupKind.Markdown, value: text } }),
  };
}

export function toHover({ code, text }: TypeText, range: Range): Hover {
  const value = `\`\`\`typescript\n${code}\n\`\`\`${text === '' ? '' : `\n\n${text}`}`;
  return { contents: { kind: MarkupKind.Markdown, value }, range };
}

export function toSignatureHelp({ signatures, active, parameter }: TypeSignatures): SignatureHelp {
  return {
    activeSignature: active,
    activeParameter: parameter,
    signatures: signatures.map(({ label, text, parameters }) => ({
      label,
      ...documented(text),
      parameters: parameters.map((one) => ({ label: [...one.label], ...documented(one.text) })),
    })),
  };
}

function documented(text: string): { documentation?: MarkupContent } {
  return text === '' ? {} : { documentation: { kind: MarkupKind.Markdown, value: text } };
}
