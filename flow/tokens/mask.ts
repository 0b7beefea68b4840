/** Takes the tokens of a segment out of a text that quotes it: reports and outlines travel further than the file. */
import type { Segment } from '../segment.js';
import { tokensIn } from './literals.js';

export function withoutTokens(text: string, segment: Segment): string {
  let masked = text;
  for (const { span, holder } of tokensIn(segment)) {
    const spellings = [segment.text.slice(span.start, span.end)];
    if (holder?.kind === 'code')
      spellings.push(holder.value.expression.text.slice(holder.inner.start, holder.inner.end));
    for (const spelling of spellings) if (spelling !== '') masked = masked.replaceAll(spelling, '…');
  }
  return masked;
}
