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

/** Text of others as Markdown that shows it as it is. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!<>|~]/g, '\\$&');
}
