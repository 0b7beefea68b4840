/**
 * The run panel's page without VS Code, for benchmarks: its bundle in an empty document with the colours of the dark theme.
 * `window.got` is the number of the last row that the page has taken, `window.problems` what went wrong in it.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Of VS Code's theme "Dark Modern", the variables that the page reads most. */
const THEME = {
  'font-family': 'sans-serif',
  'font-size': '13px',
  foreground: '#cccccc',
  descriptionForeground: '#9d9d9d',
  'editor-background': '#1f1f1f',
  'editor-foreground': '#cccccc',
  'editorWidget-background': '#202020',
  'panel-border': '#2b2b2b',
  focusBorder: '#0078d4',
  errorForeground: '#f85149',
  'editorWarning-foreground': '#cca700',
  'badge-background': '#616161',
  'badge-foreground': '#f8f8f8',
  'charts-blue': '#3794ff',
  'charts-green': '#89d185',
  'charts-lines': '#8c8c8c',
  'charts-orange': '#d18616',
  'charts-purple': '#b180d7',
  'charts-red': '#f14c4c',
  'charts-yellow': '#cca700',
};

/**
 * @param {import('playwright-core').Page} page
 * @param {string} dist folder of panel.js and panel.css
 */
export async function blankPage(page, dist) {
  const variables = Object.entries(THEME).map(([name, value]) => `--vscode-${name}: ${value};`);
  await page.setContent(
    `<!DOCTYPE html><html lang="en" style="${variables.join(' ')}"><body class="vscode-dark"><div id="panel" class="in-tab"></div></body></html>`,
  );
  await page.addStyleTag({ content: await readFile(path.join(dist, 'panel.css'), 'utf8') });
  await page.addScriptTag({
    content: `
      window.got = 0;
      window.problems = [];
      window.addEventListener('error', ({ message }) => window.problems.push(message));
      window.acquireVsCodeApi = () => ({
        postMessage: (message) => {
          if (message.type === 'got') window.got = message.seq;
          if (message.type === 'request') window.postMessage({ type: 'result', id: message.id, result: { hits: [], runs: [] } }, '*');
        },
        getState: () => undefined,
        setState: () => undefined,
      });`,
  });
  await page.addScriptTag({ content: await readFile(path.join(dist, 'panel.js'), 'utf8') });
}
