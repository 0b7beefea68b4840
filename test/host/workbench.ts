/**
 * The workbench as a person uses it: its window's keyboard, mouse, widgets and pictures, for tests in the extension
 * host. Whatever the VS Code API can tell or do is not here.
 *
 * Selectors hold for VS Code 1.96 to 1.139. All calls wait for what they need and fail with what was missing.
 */
import type { RequestName, Requests, Target } from '../harness/workbench-requests.js';

const controlAddress = process.env.CODE_HOST_CONTROL;

const select = {
  /** On 1.96 the first input of the widget is a hidden checkbox, hence the box. */
  input: '.quick-input-widget .quick-input-box input',
  inputWidget: '.quick-input-widget',
  inputError: '.quick-input-widget .monaco-inputbox.error',
  inputTitle: '.quick-input-widget .quick-input-title',
  inputMessage: '.quick-input-widget .quick-input-message',
  pickRow: '.quick-input-list .monaco-list-row',
  pickLabel: '.quick-input-list .monaco-list-row .quick-input-list-row:first-child .label-name',
  suggestion: '.suggest-widget.visible .monaco-list-row .label-name',
  hover: '.monaco-hover:not(.hidden) .hover-contents',
  problem: '.markers-panel .monaco-list-row',
  toast: '.notifications-toasts .notification-list-item',
  dialog: '.monaco-dialog-box',
} as const;

export interface InputBox {
  readonly title: string;
  /** Prompt, or the validation message while there is one. */
  readonly message: string;
  readonly placeholder: string;
  readonly value: string;
  /** Whether the characters are hidden. */
  readonly password: boolean;
  /** Whether the message is an error about the value. */
  readonly isError: boolean;
}

type Options = Omit<Target, 'selector'>;

async function ask<Name extends RequestName>(
  name: Name,
  request: Requests[Name]['asks'],
): Promise<Requests[Name]['answers']> {
  if (!controlAddress) throw new Error('No window to drive: CODE_HOST_CONTROL is not set');
  const response = await fetch(controlAddress, {
    method: 'POST',
    body: JSON.stringify({ do: name, ...request }),
  });
  const answer = (await response.json()) as { value: Requests[Name]['answers'] } | { error: string };
  if ('error' in answer) throw new Error(`workbench.${name}(${JSON.stringify(request)}): ${answer.error}`);
  return answer.value;
}

type Truthy<T> = Exclude<T, false | 0 | '' | null | undefined>;

/** Waits until `check` gives something true, and returns it. `what` completes "timed out waiting for ...". */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  timeout = 15_000,
): Promise<Truthy<T>> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const value = (await check()) as T;
    if (value) return value as Truthy<T>;
    if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const workbench = {
  /** Whether a window can be driven in this run. */
  isAvailable: controlAddress !== undefined,

  // Any element

  fill: (selector: string, text: string, options?: Options) => ask('fill', { selector, text, ...options }),
  click: (
    selector: string,
    options?: Options & {
      button?: 'left' | 'right' | 'middle';
      clicks?: number;
      modifiers?: ('Control' | 'Shift' | 'Alt')[];
    },
  ) => ask('click', { selector, ...options }),
  hover: (selector: string, options?: Options) => ask('hover', { selector, ...options }),
  drag: (from: Target, to: Target, offset?: readonly [number, number]) =>
    ask('drag', { from, to, ...(offset && { offset }) }),
  waitFor: (selector: string, options?: Options) =>
    ask('waitFor', { selector, state: 'visible', ...options }),
  waitForGone: (selector: string, options?: Options) =>
    ask('waitFor', { selector, state: 'hidden', ...options }),
  /** Texts of all elements that match, waiting for the first; whitespace is made plain. */
  async texts(selector: string, options?: Options): Promise<string[]> {
    await ask('waitFor', { selector, state: 'visible', ...options });
    return workbench.textsNow(selector, options);
  },
  /** The same without waiting; [] when there is none. */
  async textsNow(selector: string, options?: Options): Promise<string[]> {
    return (await ask('texts', { selector, ...options })).map((text) =>
      text.replace(/[\s\u00a0]+/g, ' ').trim(),
    );
  },
  attributes: (selector: string, name: string, options?: Options) =>
    ask('attributes', { selector, name, ...options }),

  // Mouse and keyboard

  /** Takes the mouse out of the way, so that nothing shows a tooltip under it. */
  parkMouse: () => ask('parkMouse', {}),

  /** Keys as 'Escape', 'Enter', 'Control+Space'. */
  press: (key: string) => ask('press', { key }),
  /** Types into what has the focus, key by key: autocompletion and auto-closing take part. */
  type: (text: string) => ask('type', { text }),

  /** Addresses of the pages that the window has opened in tabs of their own; a desktop's are in its browser, and unknown. */
  openedPages: () => ask('opened', {}),

  /** What is wrong with the accessibility of an element and all in it; [] is what one wants. */
  accessibility: (selector: string, options?: Options) => ask('accessibility', { selector, ...options }),

  // Pictures

  /** Writes test/ui/out/<name>.png, of the whole window or of one element; returns its path. */
  screenshot: (name: string, of?: Target) => ask('screenshot', { name, ...(of && { of }) }),
  /** What the window's own console has said so far, as `[error] text`. */
  consoleMessages: () => ask('console', {}),

  // Command palette, input boxes, quick picks

  /** Runs a command as its palette entry, e.g. `Flows: Add Secret`. */
  async runCommand(label: string): Promise<void> {
    await workbench.press('F1');
    await workbench.fill(select.input, `>${label}`);
    await workbench.pick(label);
  },
  /** Labels that the palette offers for a search, in their order. */
  async paletteEntries(search: string): Promise<string[]> {
    await workbench.press('F1');
    await workbench.fill(select.input, `>${search}`);
    await until('palette entries', async () => (await workbench.textsNow(select.pickRow)).length > 0);
    const labels = await workbench.quickPickLabels();
    await workbench.press('Escape');
    return labels;
  },
  /** The input box or quick pick that is open, waiting for one. */
  async inputBox(options?: Options): Promise<InputBox> {
    await workbench.waitFor(select.input, options);
    return (await openInput())!;
  },
  /** Waits until no input box or quick pick is open. */
  waitForNoInput: () => workbench.waitForGone(select.inputWidget),
  /** Fills the open input box and presses Enter; waits until it has closed or made room for the next one. */
  async acceptInput(text: string): Promise<void> {
    const before = await workbench.inputBox();
    await workbench.fill(select.input, text);
    await workbench.press('Enter');
    let rejectedSince: number | undefined;
    await until('the input box to close', async () => {
      const now = await openInput();
      if (
        now === undefined ||
        now.title !== before.title ||
        now.value !== text ||
        now.placeholder !== before.placeholder
      )
        return true;
      // Validation runs in the extension host: a message of the text before may stay for a moment.
      rejectedSince = now.isError ? (rejectedSince ?? Date.now()) : undefined;
      if (rejectedSince && Date.now() - rejectedSince > 1000)
        throw new Error(`The input box does not accept this: ${now.message}`);
      return false;
    });
  },
  /** Fills the open input box and leaves it open, e.g. to read its validation message. */
  fillInput: (text: string) => workbench.fill(select.input, text),
  /** Labels of the open quick pick's entries on the screen. */
  async quickPickLabels(): Promise<string[]> {
    await workbench.waitFor(select.pickRow);
    return workbench.textsNow(select.pickLabel);
  },
  /** Chooses an entry of the open quick pick by its label. */
  async pick(label: string): Promise<void> {
    const text = `:text-is(${JSON.stringify(label)})`; // matches the innermost element, which may be the label's child
    const row = `${select.pickRow}:has(.label-name${text}, .label-name ${text})`;
    await workbench.waitFor(row).catch(async () => {
      throw new Error(
        `No entry ${label}; there are: ${(await workbench.textsNow(select.pickLabel)).join(', ')}`,
      );
    });
    await workbench.click(row);
    await workbench.parkMouse();
  },

  // Editor and panels

  /** Labels in the suggest widget, waiting for it. */
  suggestions: () => workbench.texts(select.suggestion),
  /** Text of the hover that is shown, waiting for it. */
  hoverText: async () => (await workbench.texts(select.hover)).join('\n'),
  /** Rows of the Problems view, which must be open. */
  problems: () => workbench.texts(select.problem),

  // Notifications and dialogs

  /** Texts of the notifications on the screen, waiting for the first. */
  notifications: () => workbench.texts(`${select.toast} .notification-list-item-message`),
  clickNotification: (button: string) =>
    workbench.click(`${select.toast} a.monaco-button:has-text(${JSON.stringify(button)})`),
  /** Text of the modal dialog, waiting for it. VS Code shows none in the `host` suite, only in `ui`. */
  dialogText: async () => (await workbench.texts(`${select.dialog} .dialog-message-container`)).join('\n'),
  clickDialog: (button: string) =>
    workbench.click(`${select.dialog} a.monaco-button:has-text(${JSON.stringify(button)})`),
};

/** The open input box, if there is one now. */
async function openInput(): Promise<InputBox | undefined> {
  const selector = `${select.input}:visible`;
  const [placeholder] = await ask('attributes', { selector, name: 'placeholder' });
  const [type] = await ask('attributes', { selector, name: 'type' });
  if (placeholder === undefined || type === undefined) return undefined;
  const [title] = await workbench.textsNow(`${select.inputTitle}:visible`);
  const [message] = await workbench.textsNow(`${select.inputMessage}:visible`);
  const value = await ask('value', { selector, timeout: 1000 }).catch(() => '');
  const isError =
    (await ask('attributes', { selector: `${select.inputError}:visible`, name: 'class' })).length > 0;
  return {
    title: title ?? '',
    message: message ?? '',
    placeholder,
    value,
    password: type === 'password',
    isError,
  };
}
