/** The bar at the top: how the run stands, what can be done with it, and what is not as one may think. */
import { html, nothing, render, type TemplateResult } from 'lit';
import { count, dayAndTime, elapsed } from '../model/format.js';
import type { ShownRun } from '../model/messages.js';
import { request } from './api.js';
import { icon, type IconName } from './icons.js';

/** Milliseconds that a message stays. */
const MESSAGE_TIME = 6_000;

export interface BarState {
  readonly run: ShownRun | undefined;
  /** A flow is drawn. */
  readonly hasFlow: boolean;
  /** Of the entries that are held here. */
  readonly events: number;
  readonly failures: number;
  /** Names of blocks that the run has and the file has not. */
  readonly gone: readonly string[];
  /** The view stands still. */
  readonly isPaused: boolean;
  readonly isHistoryOpen: boolean;
}

export interface BarEvents {
  send(): void;
  pause(): void;
  export(): void;
  history(): void;
  /** It has to be drawn again. */
  changed(): void;
}

interface ButtonOptions {
  readonly wide?: boolean;
  readonly on?: boolean;
  /** That does the same. */
  readonly key?: string;
}

export class Bar {
  private message: { readonly text: string; readonly isError: boolean } | undefined;
  private timer = 0;

  /** @param hasActions whether the actions of the run stand here; in the bottom panel they stand in its title */
  constructor(
    private readonly root: HTMLElement,
    private readonly hasActions: boolean,
    private readonly events: BarEvents,
  ) {}

  /** Says what went wrong, or that something is done. */
  say(text: string, isError = false): void {
    this.message = { text, isError };
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.message = undefined;
      this.events.changed();
    }, MESSAGE_TIME);
    this.events.changed();
  }

  /** @param done said when it has been done; what goes wrong is said in any case */
  act(doing: Promise<unknown>, done?: string): void {
    void doing.then(
      () => done !== undefined && this.say(done),
      (error: unknown) => this.say(error instanceof Error ? error.message : String(error), true),
    );
  }

  render(state: BarState): void {
    const { message } = this;
    const { run, hasFlow, isPaused } = state;
    const isLive = run?.live === true;
    render(
      html`<div class="run">
          ${
            run
              ? html`<span class="run-state ${run.state}${failuresOf(run, state) > 0 ? ' failures' : ''}"
                    >${icon(stateIcon(run, failuresOf(run, state)))}${stateText(run)}</span
                  >
                  <b>${run.flow}</b>
                  ${numbers(run, state)}`
              : html`<b>${hasFlow ? 'No run yet' : 'Flow Run'}</b>`
          }
          ${run?.endpoints
            .slice(0, 1)
            .map(
              ({ url, methods }) =>
                html`<button
                  type="button"
                  class="link address"
                  title="Copy the address that the flow listens on"
                  @click=${() => this.act(request('copyText', { text: url }), 'Address copied.')}
                >
                  <span>${methods.join(', ')} ${url}</span>${icon('copy')}
                </button>`,
            )}
        </div>
        <div
          class="message${message ? ' said' : ''}${message?.isError ? ' error' : ''}"
          role=${message?.isError ? 'alert' : 'status'}
        >
          ${message?.text ?? ''}
        </div>
        <div class="tools" role="toolbar" aria-label="Run">
          ${
            isLive && run.sleeping > 0
              ? button(
                  'skip',
                  `Skip ${count(run.sleeping, 'wait')}`,
                  () => this.act(request('skipSleep', {}), 'Skipped.'),
                  { wide: true },
                )
              : nothing
          }
          ${hasFlow ? button('send', 'Send event', () => this.events.send(), { wide: true, key: 'S' }) : nothing}
          ${
            isLive || isPaused
              ? button(
                  isPaused ? 'play' : 'pause',
                  isPaused ? 'Go on showing events' : 'Pause the view',
                  () => this.events.pause(),
                  { on: isPaused, key: 'P' },
                )
              : nothing
          }
          ${run ? button('test', 'Save the run as a test', () => this.act(request('saveAsTest', {}))) : nothing}
          ${this.hasActions ? this.actions(state) : nothing}
        </div>
        ${remarks(state)}`,
      this.root,
    );
  }

  private actions({ run, isHistoryOpen }: BarState): TemplateResult {
    return html`${
      run?.live
        ? button('stop', 'Stop the run', () => this.act(request('stop', {})))
        : button('play', run ? 'Run again' : 'Run flow', () => this.act(request('run', {})))
    }
    ${run ? button('export', 'Export the run, masked', () => this.events.export()) : nothing}
    ${button('history', 'Past runs', () => this.events.history(), { on: isHistoryOpen, key: 'H' })}`;
  }
}

function button(name: IconName, label: string, act: () => void, options: ButtonOptions = {}): TemplateResult {
  return html`<button
    type="button"
    class="tool${options.on ? ' on' : ''}"
    title=${options.key === undefined ? label : `${label} (${options.key})`}
    aria-label=${label}
    aria-pressed=${options.on === undefined ? nothing : String(options.on)}
    @click=${act}
  >
    ${icon(name)}${options.wide ? html`<span>${label}</span>` : nothing}
  </button>`;
}

function failuresOf(run: ShownRun, held: BarState): number {
  return Math.max(run.failures ?? 0, held.failures);
}

function numbers(run: ShownRun, held: BarState): TemplateResult {
  const events = Math.max(run.events ?? 0, held.events);
  const failures = failuresOf(run, held);
  return html`<span class="numbers"
    >${count(events, 'event')}${failures > 0 ? html` · <span class="bad">${count(failures, 'failure')}</span>` : nothing}${
      run.live ? nothing : html` · ${dayAndTime(run.startedAt, Date.now())}`
    }</span
  >`;
}

function remarks({ run, hasFlow, gone }: BarState): TemplateResult | typeof nothing {
  if (!run) return nothing;
  const found = [
    ...run.remarks,
    ...(run.paused
      ? [`The run is paused at ${run.paused.block} (${run.paused.why}). Go on in the debugger.`]
      : []),
    ...(run.state === 'interrupted' ? ['This run was interrupted: its record ends in the middle.'] : []),
    ...(run.state === 'failed' ? ['The process of this run ended unexpectedly. See the log.'] : []),
    ...(run.skipped > 0
      ? [
          `${count(run.skipped, 'entry', 'entries')} came too fast to be shown here. The record has them: open it in Past runs when the run has ended.`,
        ]
      : []),
    ...(run.dropped > 0
      ? [`The oldest ${run.dropped.toLocaleString('en')} entries are no longer held here.`]
      : []),
    ...(gone.length > 0 && hasFlow ? [`No longer in the file: ${gone.join(', ')}.`] : []),
    ...(hasFlow || !run.live ? [] : ['The flow cannot be drawn.']),
  ];
  if (found.length === 0) return nothing;
  return html`<ul class="remarks">
    ${found.map((remark) => html`<li>${icon('warning')}<span>${remark}</span></li>`)}
  </ul>`;
}

function stateIcon({ state }: ShownRun, failures: number): IconName {
  switch (state) {
    case 'running':
      return 'play';
    case 'paused':
      return 'pause';
    case 'failed':
    case 'interrupted':
      return 'warning';
    case 'ended':
      return failures > 0 ? 'error' : 'check';
  }
}

function stateText({ state, startedAt, live, pending }: ShownRun): string {
  if (!live) return state;
  if (state === 'paused') return 'paused';
  return `${pending > 0 ? 'working' : 'running'} · ${elapsed(Date.now() - startedAt)}`;
}
