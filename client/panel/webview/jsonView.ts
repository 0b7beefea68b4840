/** A value as a tree whose branches are asked for when they are opened; with search, and copies of values and paths. */
import { html, nothing, render, type TemplateResult } from 'lit';
import type { JsonNode, JsonPage, JsonPath } from '../model/jsonTree.js';
import type { ValueRef } from '../model/messages.js';
import { request } from './api.js';
import { icon } from './icons.js';

interface Item {
  readonly path: JsonPath;
  readonly node: JsonNode;
  readonly parent: Item | undefined;
  open: boolean;
  /** What has come so far. */
  children: Item[] | undefined;
  /** Its first children are on their way, or there. */
  opening: Promise<void> | undefined;
  /** More of a text. */
  text: string;
  more: boolean;
}

export class JsonView {
  private readonly top: Item;
  private focused: Item;
  /** Paths that hold what is searched for, as JSON, and the one that the person is at. */
  private found: ReadonlySet<string> = new Set();
  private current: string | undefined;
  private message = '';
  private wantsFocus = false;

  /** @param label of the tree, for screen readers */
  constructor(
    private readonly root: HTMLElement,
    private readonly ref: ValueRef,
    node: JsonNode,
    private readonly label: string,
  ) {
    this.top = this.item([], node, undefined);
    this.focused = this.top;
    this.render();
    if (isBranch(node)) void this.open(this.top);
  }

  /** Marks places, and one of them as the current one. */
  mark(found: ReadonlySet<string>, current: JsonPath | undefined): void {
    const at = current && JSON.stringify(current);
    if (found === this.found && at === this.current) return;
    this.found = found;
    this.current = at;
    this.render();
  }

  private item(path: JsonPath, node: JsonNode, parent: Item | undefined): Item {
    return {
      path,
      node,
      parent,
      open: false,
      children: undefined,
      opening: undefined,
      text: '',
      more: false,
    };
  }

  /** Opens the way to a place and brings it into sight; the focus stays where it is. */
  async goTo(path: JsonPath): Promise<void> {
    let item = this.top;
    for (const step of path) {
      await this.open(item);
      let next: Item | undefined;
      // Its page may not have been asked for yet.
      while (!(next = item.children?.find((child) => child.path.at(-1) === step)) && item.more)
        await this.grow(item);
      if (!next) return;
      item = next;
    }
    // A long text shows its beginning only: what is looked for may stand behind it.
    if (isLong(item.node)) await this.open(item);
    this.focused = item;
    this.render();
    this.root.querySelector('.json-line.focused')?.scrollIntoView({ block: 'nearest' });
  }

  private async open(item: Item): Promise<void> {
    item.open = true;
    await (item.opening ??= this.grow(item));
    this.render();
  }

  private async grow(item: Item): Promise<void> {
    const isText = item.node.kind === 'string' || item.node.kind === 'text';
    const offset = isText ? item.text.length : (item.children?.length ?? 0);
    let page: JsonPage;
    try {
      page = await request('expand', { ref: this.ref, path: item.path, offset });
    } catch (error) {
      this.message = error instanceof Error ? error.message : String(error);
      this.render();
      return;
    }
    item.text += page.text ?? '';
    item.children ??= [];
    item.children.push(...page.children.map(({ key, node }) => this.item([...item.path, key], node, item)));
    item.more = page.more;
    this.render();
  }

  private render(): void {
    render(
      html`<div
          class="json"
          role="tree"
          aria-label=${this.label}
          @keydown=${(event: KeyboardEvent) => this.key(event)}
        >
          ${this.line(this.top, 0)}
        </div>
        ${this.message === '' ? nothing : html`<p class="problem">${this.message}</p>`}`,
      this.root,
    );
    if (this.wantsFocus) {
      this.wantsFocus = false;
      this.root.querySelector<HTMLElement>('.json-line.focused')?.focus();
    }
  }

  private line(item: Item, depth: number): TemplateResult {
    const { node, path } = item;
    const key = path.at(-1);
    const branch = isBranch(node);
    const long = isLong(node);
    const at = JSON.stringify(path);
    const mark = at === this.current ? ' found current' : this.found.has(at) ? ' found' : '';
    return html`<div
        class="json-line${this.focused === item ? ' focused' : ''}${mark}"
        role="treeitem"
        aria-level=${depth + 1}
        aria-expanded=${branch || long ? String(item.open) : nothing}
        aria-selected=${this.focused === item}
        tabindex=${this.focused === item ? 0 : -1}
        data-path=${at}
        @click=${() => this.toggle(item)}
        @focus=${() => (this.focused = item)}
      >
        ${indent(depth)}<span class="twist${item.open ? ' open' : ''}"
          >${branch || long ? icon('chevron') : nothing}</span
        >${key === undefined ? nothing : html`<span class="key">${key}</span><span class="colon">: </span>`}${
          item.open && long
            ? nothing
            : html`<span class="value ${node.kind}">${item.open && branch ? size(node) : shown(node)}</span>`
        }
        <span class="json-actions">
          <button
            type="button"
            tabindex="-1"
            title="Copy value"
            aria-label="Copy value"
            @click=${(event: Event) => this.copy(event, item, 'value')}
          >
            ${icon('copy')}
          </button>
          <button
            type="button"
            tabindex="-1"
            title="Copy path"
            aria-label="Copy path"
            @click=${(event: Event) => this.copy(event, item, 'path')}
          >
            ${icon('list')}
          </button>
        </span>
      </div>
      ${
        item.open && long
          ? html`<pre class="json-text" role="none">${item.text === '' ? node.preview : item.text}</pre>`
          : nothing
      }
      ${
        item.open && item.children
          ? html`<div role="group">
              ${item.children.map((child) => this.line(child, depth + 1))}${
                item.more
                  ? html`<div role="none">
                      <button type="button" class="link more" @click=${() => void this.grow(item)}>
                        Show more (${(long ? item.text.length : item.children.length).toLocaleString('en')} of
                        ${node.size.toLocaleString('en')})
                      </button>
                    </div>`
                  : nothing
              }
            </div>`
          : nothing
      }`;
  }

  private toggle(item: Item): void {
    this.focused = item;
    if (item.open) {
      item.open = false;
      this.render();
    } else if (isBranch(item.node) || isLong(item.node)) void this.open(item);
    else this.render();
  }

  private copy(event: Event, { path }: Item, what: 'value' | 'path'): void {
    event.stopPropagation();
    void request('copy', { ref: this.ref, path, what });
  }

  private key(event: KeyboardEvent): void {
    if ((event.target as Element).matches('button')) return;
    const item = this.focused;
    const visible = [...this.visible(this.top)];
    const at = visible.indexOf(item);
    const openable = isBranch(item.node) || isLong(item.node);
    let next: Item | undefined;
    switch (event.key) {
      case 'ArrowDown':
        next = visible[at + 1];
        break;
      case 'ArrowUp':
        next = visible[at - 1];
        break;
      case 'Home':
        next = visible[0];
        break;
      case 'End':
        next = visible.at(-1);
        break;
      case 'ArrowRight':
        if (openable && !item.open) void this.open(item);
        else next = item.open ? item.children?.[0] : undefined;
        break;
      case 'ArrowLeft':
        if (item.open) {
          item.open = false;
          next = item;
        } else next = item.parent;
        break;
      case 'Enter':
      case ' ':
        this.toggle(item);
        break;
      case 'c':
        if (!(event.ctrlKey || event.metaKey)) return;
        this.copy(event, item, 'value');
        break;
      default:
        return;
    }
    event.preventDefault();
    if (!next) return;
    this.focused = next;
    this.wantsFocus = true;
    this.render();
  }

  private *visible(item: Item): Generator<Item> {
    yield item;
    if (item.open) for (const child of item.children ?? []) yield* this.visible(child);
  }
}

function isBranch({ kind, size: length }: JsonNode): boolean {
  return (kind === 'object' || kind === 'array') && length > 0;
}

/** Texts that are not shown whole on their line. */
function isLong({ kind, preview, size: length }: JsonNode): boolean {
  return (kind === 'string' || kind === 'text') && (length > 120 || preview.includes('\n'));
}

function shown({ kind, preview, size: length }: JsonNode): string {
  if (kind !== 'string') return preview;
  const cut = preview.length > 120 || preview.length < length;
  return cut ? `${JSON.stringify(preview.slice(0, 120)).slice(0, -1)}…"` : JSON.stringify(preview);
}

function size({ kind, size: length }: JsonNode): string {
  return kind === 'array' ? `[${length}]` : `{${length}}`;
}

function indent(depth: number): TemplateResult[] {
  return Array.from({ length: depth }, () => html`<span class="indent"></span>`);
}
