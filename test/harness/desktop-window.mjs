/** Runs a desktop VS Code and connects to its window, so that tests can drive it like the embedded one. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { onExit, stop } from './processes.mjs';
import { say } from './terminal.mjs';

/**
 * @param {object} options
 * @param {string} options.executable
 * @param {readonly string[]} options.args
 * @param {Record<string, string>} options.env
 * @param {string} options.logFile
 * @param {(text: string) => void} options.onConsole
 * @returns {Promise<{ page: import('playwright-core').Page, ended: Promise<number>, close: () => Promise<void> }>}
 */
export async function openDesktop(options) {
  const child = spawn(options.executable, ['--remote-debugging-port=0', ...options.args], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const close = () => {
    forget();
    return stop(child);
  };
  const forget = onExit(close);
  const log = createWriteStream(options.logFile);
  const ended = new Promise((/** @type {(code: number) => void} */ resolve) =>
    child.once('exit', (code) => resolve(code ?? 1)),
  );
  const debuggerAddress = new Promise((/** @type {(address: string) => void} */ resolve, reject) => {
    child.stdout.on('data', (data) => say(String(data).trimEnd()));
    child.stderr.on('data', (data) => {
      log.write(data);
      const match = /DevTools listening on (ws:\S+)/.exec(String(data));
      if (match?.[1]) resolve(match[1]);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`VS Code ended with ${code} before its window opened`)));
  });
  const browser = await chromium.connectOverCDP(await debuggerAddress);
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const page = browser
      .contexts()
      .flatMap((context) => context.pages())
      .find((candidate) => candidate.url().includes('workbench'));
    if (page) {
      page.on('console', (message) => options.onConsole(`[${message.type()}] ${message.text()}`));
      return { page, ended, close };
    }
    await delay(200);
  }
  throw new Error('VS Code opened no window within a minute');
}
