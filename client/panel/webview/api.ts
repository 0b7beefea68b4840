/** The page's line to the extension: requests with answers, messages, and the state that outlives a reload. */
import type { FromPage, PanelMethod, PanelMethods, ToPage } from '../model/messages.js';
import type { PageState } from '../model/pageState.js';

interface VsCodeApi {
  postMessage(message: FromPage): void;
  getState(): PageState | undefined;
  setState(state: PageState): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
const calls = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
let lastCall = 0;

export function post(message: FromPage): void {
  vscode.postMessage(message);
}

/** Rejects with a text for people. */
export async function request<M extends PanelMethod>(
  method: M,
  params: PanelMethods[M]['params'],
): Promise<PanelMethods[M]['result']> {
  const id = ++lastCall;
  return new Promise((resolve, reject) => {
    calls.set(id, { resolve: (result) => resolve(result as PanelMethods[M]['result']), reject });
    vscode.postMessage({ type: 'request', id, method, params } as FromPage);
  });
}

/** Messages that are no answers. */
export function onMessage(listener: (message: Exclude<ToPage, { type: 'result' | 'error' }>) => void): void {
  window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
    switch (data.type) {
      case 'result':
        calls.get(data.id)?.resolve(data.result);
        calls.delete(data.id);
        return;
      case 'error':
        calls.get(data.id)?.reject(new Error(data.message));
        calls.delete(data.id);
        return;
      default:
        listener(data);
    }
  });
}

export function savedState(): PageState {
  return vscode.getState() ?? {};
}

export function saveState(state: PageState): void {
  vscode.setState(state);
}
