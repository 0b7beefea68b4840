/** The form for an event made by hand: fields from the schema of the port, or JSON; also for the data of an event that is sent again. */
import { html, nothing, render, type TemplateResult } from 'lit';
import type { Json } from '../../../flow/model.js';
import type { Diagram, DiagramBlock } from '../model/diagram.js';
import { fieldText, fieldValue, formOf, parseJson, type FormField } from '../model/form.js';
import type { Endpoint, SendTarget } from '../model/messages.js';
import type { Row } from '../model/row.js';
import { request } from './api.js';
import { icon } from './icons.js';

type Subject =
  { readonly kind: 'target'; readonly target: SendTarget } | { readonly kind: 'event'; readonly row: Row };

export class SendForm {
  private readonly dialog = document.createElement('dialog');
  private diagram: Diagram | undefined;
  private endpoints: readonly Endpoint[] = [];
  private subject: Subject | undefined;
  private fields: readonly FormField[] | undefined;
  private texts = new Map<string, string>();
  private asJson = false;
  private json = '';
  private remark = '';
  private problem = '';
  /** Properties that the schema needs and that are not there: no reason to refuse, a flow may be tried with less. */
  private missing: readonly string[] = [];
  private busy = false;

  constructor(
    parent: HTMLElement,
    private readonly say: (text: string, isError?: boolean) => void,
    private readonly sent: () => void,
  ) {
    this.dialog.className = 'send';
    this.dialog.setAttribute('aria-labelledby', 'send-title');
    parent.append(this.dialog);
    this.dialog.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void this.submit();
      // Keys of the form are none of the workbench.
      event.stopPropagation();
    });
  }

  /** @param block to begin with; else the first one that events come into from outside */
  openFor(diagram: Diagram, endpoints: readonly Endpoint[], block: string | undefined): void {
    this.diagram = diagram;
    this.endpoints = endpoints;
    const found = diagram.blocks.find(({ name }) => name === block) ?? entryOf(diagram);
    const target = found && targetsOf(found)[0];
    if (!target) {
      this.say('This flow has no block that takes events.', true);
      return;
    }
    void this.begin({ kind: 'target', target });
  }

  openForEvent(row: Row): void {
    void this.begin({ kind: 'event', row });
  }

  private async begin(subject: Subject): Promise<void> {
    this.subject = subject;
    this.problem = '';
    this.remark = '';
    this.missing = [];
    try {
      const draft = await request(
        'draft',
        subject.kind === 'event' ? { event: subject.row.id! } : { target: subject.target },
      );
      this.json = draft.text;
      this.remark = draft.remark ?? '';
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error), true);
      return;
    }
    this.fields = subject.kind === 'target' ? formOf(this.port(subject.target)?.schema) : undefined;
    this.asJson = this.fields === undefined || !this.toFields();
    this.render();
    if (this.dialog.open) return;
    this.dialog.showModal();
    // Not the button that closes it, which stands first.
    this.dialog.querySelector<HTMLElement>('select, textarea, input')?.focus();
  }

  private port({ block, input, output }: SendTarget) {
    const found = this.diagram?.blocks.find(({ name }) => name === block);
    return output === undefined
      ? found?.inputs.find(({ key }) => key === input)
      : found?.outputs.find(({ key }) => key === output);
  }

  /** JSON to fields; false when it is no map. */
  private toFields(): boolean {
    const parsed = parseJson(this.json);
    if (
      'problem' in parsed ||
      typeof parsed.value !== 'object' ||
      parsed.value === null ||
      Array.isArray(parsed.value)
    )
      return false;
    const data = parsed.value as { readonly [key: string]: Json };
    this.texts = new Map((this.fields ?? []).map((field) => [field.key, fieldText(field, data[field.key])]));
    return true;
  }

  /** Fields to JSON; what the schema does not name stays. */
  private toJson(): string | { readonly problem: string } {
    const parsed = parseJson(this.json);
    const data: Readonly<Record<string, Json>> =
      'value' in parsed &&
      typeof parsed.value === 'object' &&
      parsed.value !== null &&
      !Array.isArray(parsed.value)
        ? (parsed.value as Readonly<Record<string, Json>>)
        : {};
    const values = new Map(Object.entries(data));
    for (const field of this.fields ?? []) {
      const read = fieldValue(field, this.texts.get(field.key) ?? '');
      if ('problem' in read) return read;
      if (read.value === undefined) values.delete(field.key);
      else values.set(field.key, read.value);
    }
    this.missing = (this.fields ?? []).flatMap(({ key, required }) =>
      required && !values.has(key) ? [key] : [],
    );
    return JSON.stringify(Object.fromEntries(values), undefined, 2);
  }

  private render(): void {
    const { subject } = this;
    if (!subject) return;
    const isEvent = subject.kind === 'event';
    render(
      html`<form method="dialog" @submit=${(event: Event) => this.submitted(event)}>
        <header>
          <h2 id="send-title">
            ${isEvent ? `Edit and re-send: ${subject.row.block} → ${subject.row.output ?? ''}` : 'Send debug event'}
          </h2>
          <button
            type="button"
            class="tool"
            aria-label="Close"
            title="Close"
            @click=${() => this.dialog.close()}
          >
            ${icon('close')}
          </button>
        </header>
        ${isEvent ? nothing : this.targetFields(subject.target)}
        ${
          this.fields
            ? html`<div class="switch">
                <button type="button" class="link" @click=${() => this.switchMode()}>
                  ${this.asJson ? 'Edit as form' : 'Edit as JSON'}
                </button>
              </div>`
            : nothing
        }
        <div class="fields">
          ${this.asJson ? this.jsonField() : (this.fields ?? []).map((field) => this.field(field))}
        </div>
        ${this.remark === '' ? nothing : html`<p class="remark">${this.remark}</p>`}
        ${this.missing.length === 0 ? nothing : html`<p class="remark">Not there, though needed: ${this.missing.join(', ')}.</p>`}
        <p class="problem" role="alert">${this.problem}</p>
        <footer>
          <span class="hint">Ctrl+Enter sends</span>
          <vscode-button secondary @click=${() => this.dialog.close()}>Cancel</vscode-button>
          <vscode-button ?disabled=${this.busy} @click=${() => void this.submit()}>Send</vscode-button>
        </footer>
      </form>`,
      this.dialog,
    );
  }

  private targetFields(target: SendTarget): TemplateResult {
    const { diagram } = this;
    const block = diagram!.blocks.find(({ name }) => name === target.block)!;
    const targets = targetsOf(block);
    const endpoint = this.endpoints.find((one) => one.block === target.block);
    const chooseBlock = (event: Event) => {
      const name = (event.target as HTMLSelectElement).value;
      const other = diagram!.blocks.find((one) => one.name === name);
      const first = other && targetsOf(other)[0];
      if (first) void this.begin({ kind: 'target', target: first });
    };
    const choosePort = (event: Event) => {
      const next = targets[Number((event.target as HTMLSelectElement).value)];
      if (next) void this.begin({ kind: 'target', target: next });
    };
    return html`<div class="target">
        <label
          >Block
          <select @change=${chooseBlock}>
            ${diagram!.blocks
              .filter((one) => targetsOf(one).length > 0)
              .map(
                ({ name }) => html`<option value=${name} ?selected=${name === target.block}>${name}</option>`,
              )}
          </select>
        </label>
        <label
          >Where
          <select @change=${choosePort}>
            ${targets.map(
              (one, i) =>
                html`<option value=${i} ?selected=${portName(one) === portName(target)}>
                  ${portName(one)}
                </option>`,
            )}
          </select>
        </label>
      </div>
      ${endpoint ? this.endpoint(endpoint) : nothing}`;
  }

  private endpoint({ url, methods }: Endpoint): TemplateResult {
    const copy = (text: string, what: string) => () =>
      void request('copyText', { text }).then(() => this.say(`${what} copied.`));
    return html`<p class="endpoint">
      <span>It listens:</span> <code>${methods.join(', ')} ${url}</code>
      <button type="button" class="link" @click=${copy(url, 'Address')}>Copy address</button>
      <button type="button" class="link" @click=${copy(curlOf(url, methods), 'Command')}>Copy as curl</button>
    </p>`;
  }

  private field(field: FormField): TemplateResult {
    const { key, kind, required, description, choices } = field;
    const id = `field-${key}`;
    const text = this.texts.get(key) ?? '';
    const set = (event: Event) => {
      this.texts.set(key, (event.target as HTMLInputElement).value);
      this.check();
    };
    const options = kind === 'boolean' ? [true, false] : (choices ?? []);
    return html`<div class="field">
      <label for=${id}
        >${key}${required ? html`<span class="required" title="Needed"> *</span>` : nothing}</label
      >
      ${
        kind === 'choice' || kind === 'boolean'
          ? html`<select id=${id} @change=${set}>
              <option value="" ?selected=${text === ''}>—</option>
              ${options.map((choice) => {
                const value = JSON.stringify(choice);
                return html`<option value=${value} ?selected=${text === value}>
                  ${typeof choice === 'string' ? choice : value}
                </option>`;
              })}
            </select>`
          : kind === 'json'
            ? html`<textarea id=${id} rows="3" spellcheck="false" .value=${text} @input=${set}></textarea>`
            : html`<input id=${id} type="text" spellcheck="false" .value=${text} @input=${set} />`
      }
      ${description === undefined ? nothing : html`<p class="hint">${description}</p>`}
    </div>`;
  }

  private jsonField(): TemplateResult {
    return html`<label class="field whole"
      >Data, as JSON
      <textarea
        rows="12"
        spellcheck="false"
        .value=${this.json}
        @input=${(event: Event) => {
          this.json = (event.target as HTMLTextAreaElement).value;
          this.check();
        }}
      ></textarea>
    </label>`;
  }

  private check(): void {
    const read = this.asJson ? parseJson(this.json) : this.toJson();
    this.problem = typeof read === 'object' && 'problem' in read ? read.problem : '';
    this.render();
  }

  private switchMode(): void {
    if (this.asJson) {
      if (!this.toFields()) {
        this.problem = 'A form needs a map: { … }.';
        this.render();
        return;
      }
      this.asJson = false;
    } else {
      const json = this.toJson();
      if (typeof json !== 'string') {
        this.problem = json.problem;
        this.render();
        return;
      }
      this.json = json;
      this.asJson = true;
    }
    this.problem = '';
    this.render();
  }

  private submitted(event: Event): void {
    event.preventDefault();
    void this.submit();
  }

  private async submit(): Promise<void> {
    const { subject } = this;
    if (!subject || this.busy) return;
    this.check();
    if (this.problem !== '') return;
    const json = this.asJson ? this.json : (this.toJson() as string);
    this.busy = true;
    this.render();
    try {
      if (subject.kind === 'event') await request('reEmit', { event: subject.row.id!, json });
      else await request('send', { target: subject.target, json });
      this.dialog.close();
      this.say('Sent.');
      this.sent();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      this.busy = false;
      this.render();
    }
  }
}

/** Inputs first; a block that only emits is given events in its name. */
function targetsOf({ name, inputs, outputs, gone, kind }: DiagramBlock): SendTarget[] {
  if (gone) return [];
  const into = inputs.map(({ key }): SendTarget => ({ block: name, input: key }));
  const out = outputs.map(({ key }): SendTarget => ({ block: name, output: key }));
  // What comes into an endpoint is its answer: more often one wants its request.
  return kind === 'httpEndpoint' ? [...out, ...into] : [...into, ...out];
}

function portName({ input, output }: SendTarget): string {
  return output === undefined ? `into ${input ?? 'default'}` : `out of ${output}`;
}

/** The first block that nothing leads to, else the first. */
function entryOf({ blocks, links }: Diagram): DiagramBlock | undefined {
  const endpoint = blocks.find(({ kind }) => kind === 'httpEndpoint');
  return endpoint ?? blocks.find((_, i) => links.every(({ to }) => to !== i)) ?? blocks[0];
}

/** A command line for a POSIX shell that calls the endpoint. */
function curlOf(url: string, methods: readonly string[]): string {
  const method = methods.find((one) => one !== 'GET' && one !== 'HEAD') ?? methods[0] ?? 'GET';
  const quoted = `'${url.replaceAll("'", "'\\''")}'`;
  return method === 'GET'
    ? `curl ${quoted}`
    : `curl -X ${method} ${quoted} -H 'content-type: application/json' -d '{}'`;
}
