/**
 * textDocument/semanticTokens: what a grammar cannot know: which names are secrets, blocks, installations, and which
 * identifiers really are `secrets`, `outputs`, `previous` and `signals` (not shadowed, or aliases of them).
 */
import type {
  SemanticTokens,
  SemanticTokensParams,
  SemanticTokensRangeParams,
} from 'vscode-languageserver/node';
import type { FlowDocument } from '../flow/document.js';
import type { Segment } from '../flow/segment.js';
import type { Range, Span } from '../flow/text.js';
import { mentionsIn, placeOf, type Mention } from './mentions.js';
import type { Features } from './server.js';
import { isDeclaration } from './targets.js';

/** Indices of the legend's types, and bits of its modifiers (capabilities.ts). */
const VARIABLE = 0;
const SECRET = 1;
const BLOCK = 2;
const INSTALLATION = 3;
const DECLARATION = 1;
const READONLY = 2;
const DEFAULT_LIBRARY = 4;

export function semanticTokens({ documents }: Features, params: SemanticTokensParams): SemanticTokens | null {
  const flow = documents.flow(params.textDocument.uri)?.flow;
  return flow ? encode(flow) : null;
}

export function semanticTokensInRange(
  { documents }: Features,
  { textDocument: { uri }, range }: SemanticTokensRangeParams,
): SemanticTokens | null {
  const flow = documents.flow(uri)?.flow;
  return flow ? encode(flow, range) : null;
}

/** Line from the segment's first, character, length, type, modifiers. */
type Token = readonly [number, number, number, number, number];

/** Tokens as the LSP wants them: each place relative to the one before. */
function encode(flow: FlowDocument, range?: Range): SemanticTokens {
  const data: number[] = [];
  let lastLine = 0;
  let lastCharacter = 0;
  for (const { segment, line } of segmentsIn(flow, range)) {
    for (const [at, character, length, type, modifiers] of tokensIn(segment)) {
      const here = line + at;
      if (range && (here < range.start.line || here > range.end.line)) continue;
      data.push(
        here - lastLine,
        here === lastLine ? character - lastCharacter : character,
        length,
        type,
        modifiers,
      );
      lastLine = here;
      lastCharacter = character;
    }
  }
  return { data };
}

/** Segments with their first lines; those that touch the lines of a range. */
export function segmentsIn(flow: FlowDocument, range?: Range): { segment: Segment; line: number }[] {
  const found: { segment: Segment; line: number }[] = [];
  let line = 0;
  for (const segment of flow.segments) {
    const next = line + segment.lineBreaks;
    if (!range || (line <= range.end.line && next >= range.start.line)) found.push({ segment, line });
    line = next;
  }
  return found;
}

const known = new WeakMap<Segment, readonly Token[]>();

function tokensIn(segment: Segment): readonly Token[] {
  let tokens = known.get(segment);
  if (!tokens) known.set(segment, (tokens = find(segment)));
  return tokens;
}

function find(segment: Segment): Token[] {
  const tokens = new Map<number, Token>();
  const add = (span: Span, type: number, modifiers: number): void => {
    const start = segment.positionAt(span.start);
    // A token stays on its line; a name that an escaped line break divides is no name to colour.
    if (span.end > span.start && segment.positionAt(span.end).line === start.line)
      tokens.set(span.start, [start.line, start.character, span.end - span.start, type, modifiers]);
  };
  for (const { expression, scalar } of segment.expressions) {
    if (!scalar.exact) continue;
    for (const { span } of expression.roots)
      add(scalar.spanToSource(span), VARIABLE, READONLY | DEFAULT_LIBRARY);
  }
  for (const mention of mentionsIn(segment)) {
    const type = typeOf(mention);
    if (type === undefined || ('value' in mention && (mention.whole || !mention.value.scalar.exact)))
      continue;
    const modifiers = isDeclaration(mention) ? DECLARATION : 'value' in mention ? READONLY : 0;
    add(placeOf(segment, mention), type, modifiers);
  }
  return [...tokens].sort(([a], [b]) => a - b).map(([, token]) => token);
}

function typeOf(mention: Mention): number | undefined {
  switch (mention.kind) {
    case 'secret':
      return SECRET;
    case 'block':
    case 'read':
    case 'signal':
      return BLOCK;
    case 'installation':
      return INSTALLATION;
    case 'output':
    case 'previous':
      return undefined;
  }
}
