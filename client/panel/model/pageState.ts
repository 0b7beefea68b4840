/** What the page keeps over a reload of the window, or while it is hidden. Names and numbers, no data of events. */
import type { Filter } from './filter.js';

export interface PageState {
  readonly runId?: string;
  /** Number of the selected row. */
  readonly selected?: number;
  readonly block?: string;
  readonly filter?: Filter;
  /** Rows up to this one are cleared away. */
  readonly cleared?: number;
  /** Parts of the width, or of the height. */
  readonly splits?: { readonly outer: number; readonly inner: number };
  /** The part of the flow that a person has chosen to see. */
  readonly view?: { readonly x: number; readonly y: number; readonly zoom: number };
}

/** What holds of the state when another run is shown. Of another flow, the view would be of places where nothing stands. */
export function stateForRun(state: PageState, runId: string | undefined, isSameFlow: boolean): PageState {
  const { runId: _runId, selected: _selected, cleared: _cleared, view, ...kept } = state;
  return { ...kept, ...(isSameFlow && view && { view }), ...(runId !== undefined && { runId }) };
}
