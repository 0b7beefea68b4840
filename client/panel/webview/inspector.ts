/** The selected event from all sides: where it comes from, its data, what its receivers see and make of it, what went wrong. */
import { html, nothing, render, type TemplateResult } from 'lit';
import { clock, duration, mockSourceWords, size } from '../model/format.js';
import type { JsonNode } from '../model/jsonTree.js';
import type { EventCommand, EventDetails, FailureDetails, Part } from '../model/messages.js';
import type { Row } from '../model/row.js';
import type { RunModel } from '../model/runModel.js';
import { request } from './api.js';
import { icon, type IconName } from './icons.js';
import { InspectorSearch, type Hit, type ShownText } from './inspectorSearch.js';
import { JsonView } from './jsonView.js';

export interface InspectorEvents {
  select(row: Row): void;
  /** Events are about to come because of the person. */
  sent(): void;
  /** Edit and send again. */
  edit(row: Row): void;
  /** Says what went wrong, or that something is done. */
  say(text: string, isError?: boolean): void;
}

/** Sections that are open at first. */
const OPEN = new Set(['data']);
/** Steps of the breadcrumb that are shown; those in between are left out. */
const MAX_CRUMBS = 6;
const ENDED = 'This run has ended. “Run from here” begins a new one with this event.';

export class Inspector {
  private row: Row | undefined;
  private model: RunModel | undefined;
  private isLive = false;
  private canMock = (_block: string): boolean => false;
  private details: EventDetails | undefined;
  private problem = '';
  /** By section and event. */
  private views = new Map<string, JsonView>();
  /** Sections by name that the person has opened or closed. */
  private readonly toggled = new Map<string, boolean>();
  private readonly search: InspectorSearch;
  private asked = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly events: InspectorEvents,
  ) {
    this.search = new InspectorSearch({
      subject: () => this.details && { details: this.details, texts: this.texts(this.details) },
      show: (hit) => void this.goTo(hit),
      changed: () => this.render(),
    });
    root.addEventListener('keydown', (event) => this.key(event));
    this.render();
  }

  /** @param mockable blocks that reach out of the flow */
  show(row: Row | undefined, model: RunModel, isLive: boolean, mockable: ReadonlySet<string>): void {
    const isOther = row?.seq !== this.row?.seq;
    this.row = row;
    this.model = model;
    this.isLive = isLive;
    this.canMock = (block) => mockable.has(block);
    if (isOther) void this.load();
    this.render();
  }

  /** What is known of the event may have changed: it has been handled, or the run has ended. */
  async load(): Promise<void> {
    const asked = ++this.asked;
    const id = this.row && (this.row.id ?? this.row.cause);
    this.details = undefined;
    this.problem = '';
    this.views = new Map();
    if (id === undefined) {
      this.render();
      return;
    }
    try {
      const { details } = await request('inspect', { event: id });
      if (asked !== this.asked) return;
      this.details = details;
      void this.search.again();
      if (!details) this.problem = 'The data of this event is not kept any more.';
    } catch (error) {
      if (asked !== this.asked) return;
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.render();
  }

  /** For a command of VS Code or a key. */
  act(command: EventCommand): void {
    const event = this.row && this.eventOf(this.row);
    if (!event) {
      this.events.say('Select an event first.', true);
      return;
    }
    const id = event.id!;
    switch (command) {
      case 'search':
        this.searchField?.select();
        return;
      case 'edit':
        if (this.isLive) this.events.edit(event);
        else this.events.say(ENDED, true);
        return;
      case 'reEmit':
        if (this.isLive) this.run(request('reEmit', { event: id }), 'Emitted again.');
        else this.events.say(ENDED, true);
        return;
      case 'compare':
        this.run(request('compare', { event: id }));
        return;
      case 'runFrom':
        this.run(request('runFrom', { event: id }), 'Sent.');
    }
  }

  /** The event of a row, or that which a failure or activity belongs to. */
  private eventOf(row: Row): Row | undefined {
    if (row.id !== undefined) return row;
    return row.cause === undefined ? undefined : this.model?.event(row.cause);
  }

  private get searchField(): HTMLInputElement | null {
    return this.root.querySelector<HTMLInputElement>('.search input');
  }

  private render(): void {
    render(this.row ? this.page(this.row) : EMPTY, this.root);
    this.mountViews();
  }

  private page(row: Row): TemplateResult {
    const { details } = this;
    const event = this.eventOf(row);
    return html`
      ${this.breadcrumb(row)}
      <h2 class="inspect-title">
        <span class="name">${row.block === '' ? 'Run' : row.block}</span>
        <span class="port">${portOf(row)}</span>
      </h2>
      <p class="facts">
        <span>${clock(row.at)}</span>
        ${this.timing(row)}
        ${row.size === undefined ? nothing : html`<span>${size(details?.size ?? row.size)}</span>`}
        ${row.mock ? html`<span class="chip${this.search.markOf('mock')}" data-text="mock">${mockSourceWords(row.mock)}</span>` : nothing}
        ${
          row.leaks
            ? html`<span class="chip leak" title="The platform would show it to whatever follows"
                >holds ${row.leaks.join(', ')}</span
              >`
            : nothing
        }
      </p>
      ${event ? this.actions(event) : nothing}
      ${row.kind === 'failed' || row.kind === 'event' ? nothing : html`<p class="said${this.search.markOf('said')}" data-text="said">${row.text}</p>`}
      ${this.problem === '' ? nothing : html`<p class="problem">${this.problem}</p>`}
      ${details ? this.sections(details) : nothing}
    `;
  }

  private timing(row: Row): TemplateResult | typeof nothing {
    const since = this.model?.since(row);
    if (since === undefined) return nothing;
    const cause = this.model!.causes(row).find(({ seq }) => seq !== row.seq);
    return html`<span title="Time since the event that led to it"
      >${duration(since)} after ${cause?.block ?? 'its cause'}</span
    >`;
  }

  private breadcrumb(row: Row): TemplateResult {
    const line = this.model?.causes(row).reverse() ?? [];
    const shown = line.length > MAX_CRUMBS ? [line[0]!, undefined, ...line.slice(1 - MAX_CRUMBS)] : line;
    return html`<nav class="crumbs" aria-label="What led to it">
      <ol>
        ${shown.map(
          (step) =>
            html`<li>
              ${
                step
                  ? html`<button
                      type="button"
                      class="crumb${step.seq === row.seq ? ' here' : ''}"
                      aria-current=${step.seq === row.seq ? 'step' : nothing}
                      title="${step.block} ${portOf(step)}"
                      @click=${() => this.events.select(step)}
                    >
                      ${step.block}
                    </button>`
                  : html`<span title="${line.length - MAX_CRUMBS} more">…</span>`
              }
            </li>`,
        )}
      </ol>
    </nav>`;
  }

  private actions(event: Row): TemplateResult {
    const button = (name: IconName, label: string, act: () => void, key = '', enabled = true) =>
      html`<button
        type="button"
        class="tool"
        ?disabled=${!enabled}
        title=${key === '' ? label : `${label} (${key})`}
        aria-label=${label}
        @click=${act}
      >
        ${icon(name)}<span class="label">${label}</span>
      </button>`;
    return html`<div class="tools" role="toolbar" aria-label="Actions of the event">
      ${button('again', 'Re-emit', () => this.act('reEmit'), 'R', this.isLive)}
      ${button('edit', 'Edit and re-send', () => this.act('edit'), 'E', this.isLive)}
      ${button('play', 'Run from here', () => this.act('runFrom'))}
      ${button('compare', 'Compare', () => this.act('compare'), 'C')}
      ${
        this.canMock(event.block)
          ? button('mock', 'Save as mock', () => this.run(request('saveAsMock', { block: event.block })))
          : nothing
      }
      ${button('file', 'Show block', () => this.run(request('reveal', { block: event.block, focus: true })), 'Enter')}
    </div>`;
  }

  /** @param done said when it has been done, and that events come; what goes wrong is said in any case */
  private run(doing: Promise<unknown>, done?: string): void {
    void doing.then(
      () => {
        if (done === undefined) return;
        this.events.say(done);
        this.events.sent();
      },
      (error: unknown) => this.events.say(error instanceof Error ? error.message : String(error), true),
    );
  }

  private sections(details: EventDetails): TemplateResult {
    const { failures, previous, outputs, signals, receivers, secrets, remark } = details;
    return html`
      ${this.search.field()} ${failures.map((failure, i) => this.failure(failure, i))}
      ${this.section('data', 'Data', details.data, { kind: 'data' }, details.truncated ? 'cut: the record holds its beginning' : '')}
      ${previous ? this.section('previous', 'Previous', previous, { kind: 'previous' }, 'data of its cause') : nothing}
      ${
        outputs.length > 0
          ? this.folder(
              'outputs',
              'Outputs',
              outputs.map(({ key, node }) => this.value(key, node, { kind: 'output', key })),
              { note: 'as receivers see them' },
            )
          : nothing
      }
      ${
        signals.length > 0
          ? this.folder(
              'signals',
              'Signals',
              signals.map(({ owner, node }) => this.value(owner, node, { kind: 'signals', owner })),
            )
          : nothing
      }
      ${receivers.map(({ block, input, config, error }, receiver) =>
        this.folder(
          `config ${receiver}`,
          `Configuration of ${block}${input === 'default' ? '' : ` (${input})`}`,
          [
            ...(error ? [this.error(block, error, `receiver ${receiver}`)] : []),
            ...(config ? [this.value('', config, { kind: 'config', receiver })] : []),
          ],
          { note: 'as evaluated', ...(config && { part: { kind: 'config', receiver } }) },
        ),
      )}
      ${
        secrets.length > 0
          ? this.folder('secrets', 'Secrets within reach', [
              html`<p class="facts">
                ${secrets.map((key) => html`<code class=${this.search.markOf(`secret ${key}`)} data-text="secret ${key}">secrets.${key}</code>`)}
              </p>`,
            ])
          : nothing
      }
      ${remark === undefined ? nothing : html`<p class="remark">${remark}</p>`}
    `;
  }

  private failure({ block, handler, error }: FailureDetails, index: number): TemplateResult {
    return html`<section class="failure">
      <h3>${icon('error')} ${block} failed</h3>
      ${this.error(block, error, `failure ${index}`)}
      ${handler === undefined ? nothing : html`<p class="facts">Handled by ${handler}</p>`}
    </section>`;
  }

  private error(
    block: string,
    { name, message, path, place, stack }: FailureDetails['error'],
    id: string,
  ): TemplateResult {
    const open = () =>
      void request('reveal', {
        block,
        focus: true,
        ...(place && { line: place.line, column: place.column }),
      }).catch((error: unknown) => this.events.say(String(error), true));
    return html`<p class="error-text${this.search.markOf(id)}" data-text=${id}><b>${name}</b>: ${message}</p>
      ${
        path !== undefined || place
          ? html`<p class="facts">
              <button type="button" class="link" @click=${open}>
                ${path ?? block}${place ? `, line ${place.line}, column ${place.column}` : ''}
              </button>
            </p>`
          : nothing
      }
      ${
        stack.length > 0
          ? html`<pre
              class="stack${this.search.markOf(`${id} stack`)}"
              data-text="${id} stack"
              tabindex="0"
              aria-label="Where it was thrown"
            >
${stack.join('\n')}</pre>`
          : nothing
      }`;
  }

  private section(name: string, title: string, node: JsonNode, part: Part, note = ''): TemplateResult {
    return this.folder(name, title, [this.value('', node, part)], { note, part });
  }

  private folder(
    name: string,
    title: string,
    content: readonly TemplateResult[],
    { note = '', part }: { readonly note?: string; readonly part?: Part } = {},
  ): TemplateResult {
    const isOpen = this.toggled.get(name) ?? OPEN.has(name);
    const toggle = () => {
      this.toggled.set(name, !isOpen);
      this.render();
    };
    const hits = this.search.countIn((hit) => folderOf(hit) === name);
    return html`<section class="section">
      <div class="section-head">
        <h3>
          <button type="button" class="fold" aria-expanded=${isOpen} @click=${toggle}>
            ${icon('chevron')}<span>${title}</span>
          </button>
        </h3>
        ${hits === 0 ? nothing : html`<span class="hits" title="Matches of the search">${hits}</span>`}
        ${note === '' ? nothing : html`<span class="note" title=${note}>${note}</span>`}
        ${
          part
            ? html`<button
                type="button"
                class="tool"
                title="Open in an editor"
                aria-label="Open in an editor"
                @click=${() => void request('openData', { ref: { event: this.details!.event, part } })}
              >
                ${icon('file')}
              </button>`
            : nothing
        }
      </div>
      ${isOpen ? content : nothing}
    </section>`;
  }

  private value(label: string, node: JsonNode, part: Part): TemplateResult {
    const id = viewOf(part);
    const ref = JSON.stringify({ node, part });
    return html`${label === '' ? nothing : html`<h4>${label}</h4>`}
      <div class="json-host" data-view=${id} data-ref=${ref} data-label=${label === '' ? id : label}></div>`;
  }

  /** Trees live on while the page around them is drawn again. */
  private mountViews(): void {
    const { details } = this;
    if (!details) return;
    for (const host of this.root.querySelectorAll<HTMLElement>('.json-host')) {
      const id = `${host.dataset['view']!}\n${details.event}`;
      const { node, part } = JSON.parse(host.dataset['ref']!) as { node: JsonNode; part: Part };
      if (host.dataset['mounted'] !== id || !this.views.has(id)) {
        host.dataset['mounted'] = id;
        this.views.set(id, new JsonView(host, { event: details.event, part }, node, host.dataset['label']!));
      }
      const { current } = this.search;
      const isHere = current && 'part' in current && JSON.stringify(current.part) === JSON.stringify(part);
      this.views.get(id)!.mark(this.search.pathsIn(part), isHere ? current.path : undefined);
    }
  }

  /** What a person reads around the values. */
  private texts({ failures, receivers, secrets }: EventDetails): ShownText[] {
    const { row } = this;
    const ofError = ({ name, message, stack }: FailureDetails['error'], id: string): ShownText[] => [
      { id, text: `${name}: ${message}` },
      { id: `${id} stack`, text: stack.join('\n') },
    ];
    return [
      ...(row?.mock ? [{ id: 'mock', text: mockSourceWords(row.mock) }] : []),
      ...(row?.kind === 'activity' || row?.kind === 'log' ? [{ id: 'said', text: row.text }] : []),
      ...failures.flatMap(({ error }, i) => ofError(error, `failure ${i}`)),
      ...receivers.flatMap(({ error }, receiver) =>
        error ? ofError(error, `receiver ${receiver}`).map((text) => ({ ...text, receiver })) : [],
      ),
      ...secrets.map((key) => ({ id: `secret ${key}`, text: `secrets.${key}`, isLast: true })),
    ];
  }

  /** Opens the section of a place that the search has found, and scrolls there. */
  private async goTo(hit: Hit): Promise<void> {
    const folder = folderOf(hit);
    if (folder !== undefined) this.toggled.set(folder, true);
    this.render();
    if ('text' in hit) {
      this.root.querySelector(`[data-text="${hit.text}"]`)?.scrollIntoView({ block: 'nearest' });
      return;
    }
    await this.views.get(`${viewOf(hit.part)}\n${this.details?.event}`)?.goTo(hit.path);
  }

  private key(event: KeyboardEvent): void {
    const { searchField: field } = this;
    if (!field) return;
    if (event.key === 'F3') this.search.step(event.shiftKey ? -1 : 1);
    else if (event.key.toLowerCase() === 'f' && (event.ctrlKey || event.metaKey)) field.select();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** The section that a place is in, as `folder` names it; undefined: none, it is always in sight. */
function folderOf(hit: Hit): string | undefined {
  if ('text' in hit) {
    if (hit.text.startsWith('secret ')) return 'secrets';
    const receiver = /^receiver (\d+)/.exec(hit.text)?.[1];
    return receiver === undefined ? undefined : `config ${receiver}`;
  }
  switch (hit.part.kind) {
    case 'data':
    case 'previous':
      return hit.part.kind;
    case 'output':
      return 'outputs';
    case 'signals':
      return 'signals';
    case 'config':
      return `config ${hit.part.receiver}`;
  }
}

/** Name of the tree that shows a part. */
function viewOf(part: Part): string {
  switch (part.kind) {
    case 'data':
    case 'previous':
      return part.kind;
    case 'output':
      return `output ${part.key}`;
    case 'signals':
      return `signals ${part.owner}`;
    case 'config':
      return `config ${part.receiver}`;
  }
}

function portOf({ kind, output, input }: Row): string {
  if (kind === 'failed') return 'failed';
  if (output !== undefined) return `→ ${output}`;
  return input === undefined ? '' : `← ${input}`;
}

const EMPTY = html`<p class="empty">Select an event to see its data, what led to it, and what it led to.</p>`;
