/** Opens VS Code's workbench in a headless Chromium. */
import { chromium } from 'playwright-core';
import { findChromium } from './find-program.mjs';
import { onExit } from './processes.mjs';

/** It may reach nothing but this machine, and does nothing in the background. */
const flags = [
  '--no-sandbox', // it only opens our own pages; containers often lack what its sandbox needs
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];

/**
 * @param {object} options
 * @param {string} options.address
 * @param {string} options.profileDir
 * @param {(text: string) => void} options.onConsole the window's console, as `[type] text`
 * @param {(code: number) => void} options.onTestsEnd
 * @returns {Promise<{ page: import('playwright-core').Page, close: () => Promise<void> }>}
 */
export async function openWorkbench(options) {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('Chromium is not installed');
  const context = await chromium.launchPersistentContext(options.profileDir, {
    executablePath,
    args: flags,
    viewport: { width: 1400, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const close = () => {
    forget();
    return context.close();
  };
  const forget = onExit(close);
  const page = context.pages()[0] ?? (await context.newPage());
  page.on('console', (message) => options.onConsole(`[${message.type()}] ${message.text()}`));
  // The workbench calls these two when it runs extension tests. What it logs is in its console as well.
  await page.exposeFunction('codeAutomationLog', () => undefined);
  await page.exposeFunction('codeAutomationExit', (/** @type {number} */ code) => options.onTestsEnd(code));
  await page.goto(options.address, { waitUntil: 'domcontentloaded' });
  await page.waitForSelector('.monaco-workbench', { timeout: 60_000 });
  return { page, close };
}
