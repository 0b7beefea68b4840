/** The fields above the event list: text, block and state that an entry must have to be shown. */
import { html, nothing, render } from 'lit';
import type { Filter, StateFilter } from '../model/filter.js';
import { NO_FILTER } from '../model/filter.js';
import type { ShownRows } from './shownRows.js';

const STATES: readonly (readonly [StateFilter, string])[] = [
  ['all', 'All entries'],
  ['events', 'Events'],
  ['failed', 'Failures'],
  ['leaks', 'Leaks'],
  ['mocks', 'Mocked'],
  ['log', 'Log'],
];

export class FilterBar {
  /** @param filtered called with what a person has chosen; `cleared` 0: what was cleared away is shown as well */
  constructor(
    private readonly root: HTMLElement,
    private readonly filtered: (change: Partial<Filter>, cleared?: 0) => void,
  ) {}

  focus(): void {
    this.root.querySelector('input')?.focus();
  }

  /** @param blocks names, in the order of the file */
  render({ filter, isPart, rows, model }: ShownRows, blocks: readonly string[]): void {
    const names = filter.block === '' || blocks.includes(filter.block) ? blocks : [...blocks, filter.block];
    const value = (event: Event) => (event.target as HTMLInputElement).value;
    render(
      html`<input
          type="search"
          placeholder="Filter by text"
          aria-label="Filter by text"
          .value=${filter.text}
          @input=${(event: Event) => this.filtered({ text: value(event) })}
        />
        <select
          aria-label="Filter by block"
          @change=${(event: Event) => this.filtered({ block: value(event) })}
        >
          <option value="" ?selected=${filter.block === ''}>All blocks</option>
          ${names.map((name) => html`<option value=${name} ?selected=${filter.block === name}>${name}</option>`)}
        </select>
        <select
          aria-label="Filter by state"
          @change=${(event: Event) => this.filtered({ state: value(event) as StateFilter })}
        >
          ${STATES.map(([state, label]) => html`<option value=${state} ?selected=${filter.state === state}>${label}</option>`)}
        </select>
        ${
          isPart
            ? html`<button type="button" class="link" @click=${() => this.filtered(NO_FILTER, 0)}>
                ${rows.length.toLocaleString('en')} of ${model.rows.length.toLocaleString('en')}: show all
              </button>`
            : nothing
        }`,
      this.root,
    );
  }
}
