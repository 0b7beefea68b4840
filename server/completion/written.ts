/**
 * How an offer is written where the cursor stands: with the blank that YAML wants behind a dash or colon, in line with the
 * key it belongs to, and without a value where it takes the place of a key that has one.
 */
import type { CompletionItem, Range } from 'vscode-languageserver/node';
import type { Place } from '../../flow/place.js';
import { scalarSource } from '../../flow/quoting.js';
import { InsertTextMode } from '../lsp.js';

interface Offered {
  readonly label: string;
  /** Lines below the first are indented as if it began its line. */
  readonly newText: string;
  /** Opens the list again, for the value of a key just written. */
  readonly goOn?: boolean;
}

type Written = Pick<CompletionItem, 'filterText' | 'textEdit' | 'insertTextMode' | 'command'>;

/** Whether the cursor is on a key that has its colon already. */
export function hasValue({ segment, span, side }: Place): boolean {
  return side === 'key' && /^[ \t]*:(?:\s|$)/.test(segment.text.slice(span.end));
}

/** `range`: that of the place's span. */
export function written(place: Place, range: Range, { label, newText, goOn }: Offered): Written {
  const { segment, span, side, indent } = place;
  const { text } = segment;
  const before = text.slice(text.lastIndexOf('\n', span.start - 1) + 1, span.start);
  const blank = /[-:]$/.test(before) ? ' ' : '';
  // The editor indents further lines like the line itself, and does not count a dash before the key.
  const counted = /^[ \t]*/.exec(before)![0].length;
  const column = indent + (side === 'key' ? blank.length : 0);
  const hang = ' '.repeat(Math.max(0, column - counted));
  const key = hasValue(place)
    ? [label, scalarSource(label, 'plain', true)].find((one) => newText.startsWith(one))
    : undefined;
  // What the editor compares with what is typed begins with the quote that is typed.
  const quote = /^["']/.exec(text.slice(span.start, span.end))?.[0] ?? '';
  return {
    filterText: quote + label,
    textEdit: { range, newText: blank + inStyle(place, label, key ?? newText).replaceAll('\n', `\n${hang}`) },
    insertTextMode: InsertTextMode.adjustIndentation,
    ...(goOn && key === undefined && { command: { title: '', command: 'editor.action.triggerSuggest' } }),
  };
}

/** In double quotes where the keys around stand in them; numbers, booleans and expressions as they are. */
function inStyle({ quoted, side }: Place, label: string, text: string): string {
  if (!quoted || !text.startsWith(label) || label.startsWith('!')) return text;
  const isText = side === 'key' || !/^(?:true|false|null|-?\d.*)$/.test(text);
  return isText ? JSON.stringify(label) + text.slice(label.length) : text;
}
