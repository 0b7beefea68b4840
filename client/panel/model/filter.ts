/** Which rows the event list shows. Pure. */
import type { Row } from './row.js';

export type StateFilter = 'all' | 'events' | 'failed' | 'leaks' | 'mocks' | 'log';

export interface Filter {
  /** Name of a block; '' for all. */
  readonly block: string;
  readonly state: StateFilter;
  /** Words that a row must hold, whatever their case. */
  readonly text: string;
}

export const NO_FILTER: Filter = { block: '', state: 'all', text: '' };

export function isFiltering({ block, state, text }: Filter): boolean {
  return block !== '' || state !== 'all' || text.trim() !== '';
}

/**
 * @param hasFailed whether the event of this id could not be handled
 * @param hits numbers of rows whose whole data holds the text: a row has its beginning only
 */
export function matcher(
  { block, state, text }: Filter,
  hasFailed: (id: string) => boolean,
  hits: ReadonlySet<number>,
): (row: Row) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (row) => {
    if (block !== '' && row.block !== block) return false;
    if (!inState(row, state, hasFailed)) return false;
    if (words.length === 0 || hits.has(row.seq)) return true;
    const own = `${row.block} ${row.output ?? row.input ?? ''} ${row.text}`.toLowerCase();
    return words.every((word) => own.includes(word));
  };
}

function inState(row: Row, state: StateFilter, hasFailed: (id: string) => boolean): boolean {
  switch (state) {
    case 'all':
      return true;
    case 'events':
      return row.kind === 'event';
    case 'failed':
      return row.kind === 'failed' || row.level === 'error' || (row.id !== undefined && hasFailed(row.id));
    case 'leaks':
      return row.leaks !== undefined;
    case 'mocks':
      return row.mock !== undefined;
    case 'log':
      return row.kind === 'log';
  }
}
