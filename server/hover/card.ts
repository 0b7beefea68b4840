/** What a hover shows, before it becomes LSP. */
import type { Segment } from '../../flow/segment.js';
import type { Span } from '../../flow/text.js';

export interface Card {
  readonly segment: Segment;
  /** What is described. */
  readonly span: Span;
  /** Paragraphs of Markdown. */
  readonly lines: readonly string[];
}

/** An address and what follows it without a blank. */
const ADDRESS = /\b(?:https?|ftp):\/\/[\p{L}\p{N}[][^\s\p{Cc}<>"`\\]*/giu;

/** Text of others as Markdown that shows it as it is; web addresses are links to where they say. */
export function escapeMarkdown(text: string): string {
  let escaped = '';
  let from = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = addressIn(found);
    // Between `<` and `>` nothing is markup, not even a backslash.
    escaped += `${escapeMarkup(text.slice(from, index))}<${address}>`;
    from = index + address.length;
  }
  return escaped + escapeMarkup(text.slice(from));
}

function escapeMarkup(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!<>|~]/g, '\\$&');
}

/** The address at the beginning of `text`: it ends before a bracket that was opened outside of it, and before a sentence's end. */
function addressIn(text: string): string {
  let end = 0;
  const open: string[] = [];
  for (; end < text.length; end++) {
    const unit = text[end]!;
    if (unit in CLOSING) open.push(CLOSING[unit]!);
    else if (Object.values(CLOSING).includes(unit) && open.pop() !== unit) break;
  }
  return text.slice(0, end).replace(/[.,;:!?'*_~|]+$/, '');
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
