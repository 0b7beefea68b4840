/** The search of the inspector: what it finds in all that is known of an event, which of it one stands at, and its field. */
import { html, nothing, type TemplateResult } from 'lit';
import type { JsonPath } from '../model/jsonTree.js';
import type { EventDetails, FoundIn, Part } from '../model/messages.js';
import { request } from './api.js';
import { icon } from './icons.js';

/** Milliseconds after a key press before the search begins. */
const SETTLE = 200;

/** A text around the values, by its id, e.g. the message of a failure. */
export interface ShownText {
  readonly id: string;
  readonly text: string;
  /** Of which receiver, from 0, when it stands with its configuration. */
  readonly receiver?: number;
  /** It stands below all values. */
  readonly isLast?: boolean;
}

export type Hit = { readonly part: Part; readonly path: JsonPath } | { readonly text: string };

export interface SearchEvents {
  /** What there is to search: the details of the event that is shown, and the texts around its values. */
  subject(): { readonly details: EventDetails; readonly texts: readonly ShownText[] } | undefined;
  /** Brings a place into sight. */
  show(hit: Hit): void;
  changed(): void;
}

export class InspectorSearch {
  private text = '';
  /** What the hits are those of. */
  private searched = '';
  private hits: readonly Hit[] = [];
  private more = false;
  private at = -1;
  private problem = '';
  private timer = 0;
  private asked = 0;
  /** A search is under way that will go to its first place. */
  private goes = false;
  /** Event that was searched. */
  private event = '';
  private places = new Map<string, ReadonlySet<string>>();

  constructor(private readonly events: SearchEvents) {}

  get current(): Hit | undefined {
    return this.hits[this.at];
  }

  /** Paths in a part that hold the text, as JSON. */
  pathsIn(part: Part): ReadonlySet<string> {
    return this.places.get(JSON.stringify(part)) ?? NONE;
  }

  /** Class of a text around the values. */
  markOf(id: string): string {
    const { current } = this;
    if (current && 'text' in current && current.text === id) return ' found current';
    return this.hits.some((hit) => 'text' in hit && hit.text === id) ? ' found' : '';
  }

  countIn(isThere: (hit: Hit) => boolean): number {
    return this.hits.filter(isThere).length;
  }

  /** Another event, or more of it: the same text is looked for, and nothing moves. */
  async again(): Promise<void> {
    if (this.text.trim() !== '') await this.find(this.goes);
    else this.clear();
  }

  /** Goes to the next place, or to the one before; around at the ends. */
  step(by: 1 | -1): void {
    if (this.text.trim() !== this.searched) {
      void this.find(true);
      return;
    }
    const { length } = this.hits;
    if (length === 0) return;
    this.go(this.at < 0 ? (by === 1 ? 0 : length - 1) : (this.at + by + length) % length);
  }

  field(): TemplateResult {
    const isEmpty = this.hits.length === 0;
    const button = (label: string, keys: string, name: 'up' | 'down', by: 1 | -1) =>
      html`<button
        type="button"
        class="tool"
        title="${label} (${keys})"
        aria-label=${label}
        ?disabled=${isEmpty}
        @click=${() => this.step(by)}
      >
        ${icon(name)}
      </button>`;
    return html`<div class="search" role="search" aria-label="In all of the event">
      <input
        type="search"
        placeholder="Search the event"
        aria-label="Search data, configuration, errors"
        .value=${this.text}
        @input=${(input: InputEvent) => this.typed((input.target as HTMLInputElement).value)}
        @keydown=${(key: KeyboardEvent) => this.key(key)}
      />
      <span class="count" role="status">${this.words()}</span>
      ${this.text === '' ? nothing : [button('Previous match', 'Shift+Enter', 'up', -1), button('Next match', 'Enter', 'down', 1)]}
    </div>`;
  }

  private typed(text: string): void {
    this.text = text;
    clearTimeout(this.timer);
    if (text.trim() === '') this.clear();
    else this.timer = window.setTimeout(() => void this.find(true), SETTLE);
    this.events.changed();
  }

  private key(event: KeyboardEvent): void {
    switch (event.key) {
      case 'Enter':
        this.step(event.shiftKey ? -1 : 1);
        break;
      case 'ArrowDown':
        this.step(1);
        break;
      case 'ArrowUp':
        this.step(-1);
        break;
      case 'Escape':
        if (this.text === '') return;
        this.typed('');
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private clear(): void {
    this.asked++;
    this.searched = '';
    this.hits = [];
    this.places = new Map();
    this.more = false;
    this.at = -1;
    this.goes = false;
    this.problem = '';
  }

  /** @param goes to the first place */
  private async find(goes: boolean): Promise<void> {
    clearTimeout(this.timer);
    const subject = this.events.subject();
    const text = this.text.trim();
    const isSame = text === this.searched && subject?.details.event === this.event;
    const stood = isSame && this.current ? JSON.stringify(this.current) : undefined;
    this.clear();
    if (!subject || text === '') return;
    const asked = this.asked;
    this.searched = text;
    this.event = subject.details.event;
    this.goes = goes;
    try {
      const { found } = await request('find', { event: subject.details.event, text });
      if (asked !== this.asked) return;
      this.hits = inOrder(found, subject.texts, text);
      this.places = new Map(
        found.map(({ part, paths }) => [
          JSON.stringify(part),
          new Set(paths.map((path) => JSON.stringify(path))),
        ]),
      );
      this.more = found.some(({ more }) => more);
    } catch (error) {
      if (asked !== this.asked) return;
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.goes = false;
    if (goes && this.hits.length > 0) this.go(0);
    else {
      this.at = stood === undefined ? -1 : this.hits.findIndex((hit) => JSON.stringify(hit) === stood);
      this.events.changed();
    }
  }

  private go(to: number): void {
    this.at = to;
    this.events.changed();
    this.events.show(this.hits[to]!);
  }

  private words(): string {
    if (this.problem !== '') return this.problem;
    if (this.searched === '') return '';
    const n = `${this.hits.length.toLocaleString('en')}${this.more ? '+' : ''}`;
    if (this.hits.length === 0) return 'no match';
    return this.at < 0 ? `${n} found` : `${(this.at + 1).toLocaleString('en')} of ${n}`;
  }
}

const NONE: ReadonlySet<string> = new Set();

/** As they stand on the page: texts above the values, the values, those with a receiver before its configuration. */
function inOrder(found: readonly FoundIn[], texts: readonly ShownText[], text: string): Hit[] {
  const wanted = text.toLowerCase();
  const held = texts.filter((one) => one.text.toLowerCase().includes(wanted));
  const hitsOf = (chosen: readonly ShownText[]): Hit[] => chosen.map(({ id }) => ({ text: id }));
  const partHits = (chosen: readonly FoundIn[]): Hit[] =>
    chosen.flatMap(({ part, paths }) => paths.map((path) => ({ part, path })));
  const receivers = [
    ...held.flatMap(({ receiver }) => receiver ?? []),
    ...found.flatMap(({ part }) => (part.kind === 'config' ? [part.receiver] : [])),
  ];
  return [
    ...hitsOf(held.filter(({ receiver, isLast }) => receiver === undefined && !isLast)),
    ...partHits(found.filter(({ part }) => part.kind !== 'config')),
    ...[...new Set(receivers)]
      .sort((a, b) => a - b)
      .flatMap((n) => [
        ...hitsOf(held.filter(({ receiver }) => receiver === n)),
        ...partHits(found.filter(({ part }) => part.kind === 'config' && part.receiver === n)),
      ]),
    ...hitsOf(held.filter(({ isLast }) => isLast)),
  ];
}
