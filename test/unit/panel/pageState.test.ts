import assert from 'node:assert/strict';
import { stateForRun, type PageState } from '../../../client/panel/model/pageState.js';

describe('state of the run panel', () => {
  const state: PageState = {
    runId: 'first',
    selected: 3,
    cleared: 2,
    splits: { outer: 0.4, inner: 0.5 },
    view: { x: 900, y: -40, zoom: 0.5 },
  };
  const { splits, view } = state;

  it('keeps the view of a flow from run to run', () => {
    assert.deepEqual(stateForRun(state, 'second', true), { runId: 'second', splits, view });
  });

  it('leaves the view of a flow when another one runs', () => {
    assert.deepEqual(stateForRun(state, 'second', false), { runId: 'second', splits });
  });

  it('keeps how the room is shared while nothing is shown', () => {
    assert.deepEqual(stateForRun(state, undefined, false), { splits });
  });
});
