/**
 * What a test may ask of the workbench's window, over HTTP on 127.0.0.1: the test runs in the extension host, the
 * window in another process. Sent by test/host/workbench.ts, answered by control-server.mjs.
 */

/** An element by CSS selector (Playwright's extensions such as `:has-text("…")` included); the first that matches. */
export interface Target {
  readonly selector: string;
  /** Looks into the webviews' documents instead of the workbench's. */
  readonly webview?: boolean;
  /** Milliseconds to wait for the element; 15,000 unless told. */
  readonly timeout?: number;
}

export interface Requests {
  fill: { asks: Target & { readonly text: string }; answers: null };
  click: {
    asks: Target & {
      readonly button?: 'left' | 'right' | 'middle';
      readonly clicks?: number;
      /** Held meanwhile. */
      readonly modifiers?: readonly ('Control' | 'Shift' | 'Alt')[];
    };
    answers: null;
  };
  hover: { asks: Target; answers: null };
  waitFor: { asks: Target & { readonly state: 'visible' | 'hidden' }; answers: null };
  /** Texts of all elements that match now; does not wait. */
  texts: { asks: Target; answers: string[] };
  /** One attribute of all elements that match now; '' where it is missing. */
  attributes: { asks: Target & { readonly name: string }; answers: string[] };
  value: { asks: Target; answers: string };
  /** Keys as in Playwright: 'Escape', 'Control+Shift+P', 'a'. */
  press: { asks: { readonly key: string }; answers: null };
  type: { asks: { readonly text: string }; answers: null };
  drag: {
    asks: { readonly from: Target; readonly to: Target; readonly offset?: readonly [number, number] };
    answers: null;
  };
  /** Takes the mouse out of the way, so that nothing shows a tooltip under it. */
  parkMouse: { asks: object; answers: null };
  /** Addresses of the pages that the window has opened in tabs of their own; brings it to the front again. */
  opened: { asks: object; answers: string[] };
  /** What axe finds wrong with the accessibility of an element and all in it, one line per rule and place. */
  accessibility: { asks: Target; answers: string[] };
  /** Writes <name>.png beside the other screenshots; answers its path. */
  screenshot: { asks: { readonly name: string; readonly of?: Target }; answers: string };
  /** What the window's console has said so far, one entry per message, as `[type] text`. */
  console: { asks: object; answers: string[] };
  /** Ends a run that VS Code does not end itself (no extensionTestsPath). */
  finish: { asks: { readonly code: number }; answers: null };
}

export type RequestName = keyof Requests;
export type WorkbenchRequest = {
  [Name in RequestName]: { readonly do: Name } & Requests[Name]['asks'];
}[RequestName];
export type WorkbenchAnswer = { readonly value: unknown } | { readonly error: string };
