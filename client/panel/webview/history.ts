/** The list of past runs, in the place of the event list: each opens with nothing running. */
import { html, nothing, render, type TemplateResult } from 'lit';
import { count, dayAndTime } from '../model/format.js';
import type { RunSummary } from '../model/messages.js';
import { request } from './api.js';
import { icon, type IconName } from './icons.js';

export class History {
  private runs: readonly RunSummary[] | undefined;
  private problem = '';
  private shown: string | undefined;

  constructor(
    private readonly root: HTMLElement,
    private readonly closed: () => void,
  ) {
    root.hidden = true;
    root.addEventListener('keydown', (event) => event.key === 'Escape' && this.close());
  }

  get isOpen(): boolean {
    return !this.root.hidden;
  }

  /** @param shown id of the run that the panel shows */
  async open(shown: string | undefined): Promise<void> {
    this.shown = shown;
    this.root.hidden = false;
    await this.load();
    this.root.querySelector<HTMLElement>('.past')?.focus();
  }

  close(): void {
    this.root.hidden = true;
    this.closed();
  }

  private async load(): Promise<void> {
    this.problem = '';
    try {
      this.runs = (await request('history', {})).runs;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.render();
  }

  private render(): void {
    const { runs, problem } = this;
    render(
      html`<header>
          <h2>Past runs</h2>
          <button
            type="button"
            class="tool"
            title="Close"
            aria-label="Close the list of past runs"
            @click=${() => this.close()}
          >
            ${icon('close')}
          </button>
        </header>
        ${problem === '' ? nothing : html`<p class="problem">${problem}</p>`}
        ${runs?.length === 0 ? html`<p class="empty">No run has been recorded in this workspace yet.</p>` : nothing}
        <ul aria-label="Past runs">
          ${(runs ?? []).map((run) => this.item(run))}
        </ul>`,
      this.root,
    );
  }

  private item(run: RunSummary): TemplateResult {
    const { runId, flow, startedAt, events, failures, state } = run;
    const live = state === 'running' || state === 'paused';
    const [name, label, tone] = look(run);
    return html`<li class=${runId === this.shown ? 'shown' : ''}>
      <button type="button" class="past" @click=${() => void this.show(runId)}>
        <span class="mark ${tone}" title=${label}>${icon(name)}</span>
        <span class="flow">${flow}</span>
        <span class="when">${dayAndTime(startedAt, Date.now())}</span>
        <span class="what"
          >${label}${events === undefined ? '' : ` · ${count(events, 'event')}`}${
            failures ? ` · ${count(failures, 'failure')}` : ''
          }</span
        >
      </button>
      <button
        type="button"
        class="tool"
        ?disabled=${live}
        title="Delete this record"
        aria-label=${`Delete the record of ${flow}, ${dayAndTime(startedAt, Date.now())}`}
        @click=${() => void this.remove(runId)}
      >
        ${icon('trash')}
      </button>
    </li>`;
  }

  private async show(runId: string): Promise<void> {
    try {
      await request('open', { runId });
      this.close();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      this.render();
    }
  }

  private async remove(runId: string): Promise<void> {
    await request('deleteRun', { runId }).catch(() => undefined);
    await this.load();
  }
}

function look({ state, failures = 0 }: RunSummary): [icon: IconName, label: string, tone: string] {
  switch (state) {
    case 'running':
      return ['play', 'running', 'good'];
    case 'paused':
      return ['pause', 'paused', 'good'];
    case 'interrupted':
    case 'failed':
      return ['warning', state, 'warn'];
    case 'ended':
      return failures > 0 ? ['error', 'ended', 'bad'] : ['check', 'ended', 'good'];
  }
}
