/** Lets tests in the extension host drive the workbench's window; the requests are those of workbench-requests.ts. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { text } from 'node:stream/consumers';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('./workbench-requests.ts').WorkbenchRequest} WorkbenchRequest */
/** @typedef {import('./workbench-requests.ts').Target} Target */

/**
 * @param {object} options
 * @param {() => Promise<Page>} options.page the window, once it is open
 * @param {string} options.outputFolder of screenshots
 * @param {() => readonly string[]} options.consoleMessages
 * @param {(code: number) => void} options.onFinish
 * @returns {Promise<{ address: string, close: () => void }>}
 */
export async function startControlServer(options) {
  const secretPath = `/${randomBytes(18).toString('base64url')}`;
  const server = http.createServer(async (request, response) => {
    if (request.method !== 'POST' || request.url !== secretPath) {
      response.writeHead(403).end();
      return;
    }
    try {
      const value = await answer(JSON.parse(await text(request)), options);
      response.end(JSON.stringify({ value: value ?? null }));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      response.end(JSON.stringify({ error: message.slice(0, 2000) }));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    address: `http://127.0.0.1:${port}${secretPath}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * @param {WorkbenchRequest} request
 * @param {Parameters<typeof startControlServer>[0]} options
 */
async function answer(request, options) {
  if (request.do === 'finish') return options.onFinish(request.code);
  if (request.do === 'console') return options.consoleMessages();
  const page = await options.page();
  switch (request.do) {
    case 'fill':
      return (await locate(page, request)).fill(request.text, limit(request));
    case 'click':
      return (await locate(page, request)).click({
        ...limit(request),
        button: request.button ?? 'left',
        clickCount: request.clicks ?? 1,
        ...(request.modifiers && { modifiers: [...request.modifiers] }),
      });
    case 'hover':
      return (await locate(page, request)).hover(limit(request));
    case 'waitFor':
      if (request.state === 'hidden') return waitForHidden(page, request);
      return (await locate(page, request)).waitFor({ ...limit(request), state: 'visible' });
    case 'texts':
      return everywhere(page, request, (locator) => locator.allInnerTexts());
    case 'attributes':
      return everywhere(page, request, (locator) =>
        locator.evaluateAll(
          (elements, name) => elements.map((element) => element.getAttribute(name) ?? ''),
          request.name,
        ),
      );
    case 'value':
      return (await locate(page, request)).inputValue(limit(request));
    case 'press':
      return page.keyboard.press(request.key);
    case 'type':
      return page.keyboard.type(request.text);
    case 'drag':
      return drag(page, request);
    case 'opened':
      // A tab lies over the window, which the browser then draws once a second.
      await page.bringToFront();
      return page
        .context()
        .pages()
        .filter((other) => other !== page)
        .map((other) => other.url());
    case 'parkMouse':
      return page.mouse.move(0, 0);
    case 'accessibility':
      return accessibility(page, request);
    case 'screenshot':
      return screenshot(page, request, options.outputFolder);
  }
}

/** @param {Target} target */
function limit(target) {
  return { timeout: target.timeout ?? 15_000 };
}

/** The documents to look into. A webview's own document is the inner frame, named fake.html. @param {Page} page @param {Target} target */
function documents(page, target) {
  return target.webview
    ? page.frames().filter((frame) => /\/fake\.html/.test(frame.url()))
    : [page.mainFrame()];
}

/**
 * Whether a document is drawn at all: VS Code lays the pages of webviews over its window, each in a room that is cut out of it.
 * @param {Page} page
 * @param {import('playwright-core').Frame} frame
 */
async function isDrawn(page, frame) {
  let outermost = frame;
  for (let parent = frame.parentFrame(); parent && parent !== page.mainFrame(); parent = parent.parentFrame())
    outermost = parent;
  if (outermost === page.mainFrame()) return true;
  const element = await outermost.frameElement();
  return element.evaluate((/** @type {any} */ node) => {
    const { getComputedStyle } = /** @type {any} */ (globalThis);
    if (getComputedStyle(node).visibility === 'hidden') return false;
    for (let at = node; at; at = at.parentElement) {
      const { width, height } = at.getBoundingClientRect();
      if (getComputedStyle(at).clipPath !== 'none' && width * height === 0) return false;
    }
    return true;
  });
}

/**
 * The first visible match. Webviews come and go, so their frames are listed again until one has it.
 * @param {Page} page
 * @param {Target} target
 */
async function locate(page, target) {
  if (!target.webview) return page.locator(target.selector).first();
  const deadline = Date.now() + limit(target).timeout;
  for (;;) {
    let isHidden = false;
    for (const frame of documents(page, target)) {
      const locator = frame.locator(target.selector).first();
      if (!(await locator.isVisible().catch(() => false))) continue;
      if (await isDrawn(page, frame).catch(() => false)) return locator;
      isHidden = true;
    }
    if (Date.now() > deadline)
      throw new Error(
        isHidden
          ? `the webview with ${target.selector} is not drawn`
          : `no webview shows ${target.selector}; frames: ${page
              .frames()
              .map((frame) => frame.url().split('?')[0])
              .join(', ')}`,
      );
    await page.waitForTimeout(100);
  }
}

/** @param {Page} page @param {Target} target */
async function waitForHidden(page, target) {
  const deadline = Date.now() + limit(target).timeout;
  const visible = async () => {
    for (const frame of documents(page, target)) {
      // A frame may go meanwhile, and with it what was in it.
      const found = await frame
        .locator(target.selector)
        .all()
        .catch(() => []);
      for (const locator of found) if (await locator.isVisible().catch(() => false)) return true;
    }
    return false;
  };
  while (await visible()) {
    if (Date.now() > deadline) throw new Error(`${target.selector} is still visible`);
    await page.waitForTimeout(50);
  }
}

/**
 * @template T
 * @param {Page} page
 * @param {Target} target
 * @param {(locator: import('playwright-core').Locator) => Promise<T[]>} read
 */
async function everywhere(page, target, read) {
  const found = [];
  for (const frame of documents(page, target)) found.push(...(await read(frame.locator(target.selector))));
  return found;
}

/** @param {Page} page @param {Extract<WorkbenchRequest, { do: 'drag' }>} request */
async function drag(page, request) {
  const middle = async (/** @type {Target} */ target) => {
    const box = await (await locate(page, target)).boundingBox(limit(target));
    if (!box) throw new Error(`${target.selector} has no place on the screen`);
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const from = await middle(request.from);
  const to = await middle(request.to);
  const [right, down] = request.offset ?? [0, 0];
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x + right, to.y + down, { steps: 8 });
  await page.mouse.up();
}

/** @param {Page} page @param {Target} target */
async function accessibility(page, target) {
  const element = await (await locate(page, target)).elementHandle(limit(target));
  const frame = await element?.ownerFrame();
  if (!element || !frame) throw new Error(`${target.selector} is gone`);
  // Evaluated by the browser, not loaded by the page: the policy of a webview forbids scripts of others.
  await frame.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  return element.evaluate(async (context) => {
    const { violations } = await /** @type {any} */ (globalThis).axe.run(context, {
      resultTypes: ['violations'],
    });
    return violations.flatMap((/** @type {any} */ { id, help, nodes }) =>
      nodes.map((/** @type {any} */ { html }) => `${id}: ${help}: ${html.slice(0, 200)}`),
    );
  });
}

/** @param {Page} page @param {Extract<WorkbenchRequest, { do: 'screenshot' }>} request @param {string} folder */
async function screenshot(page, request, folder) {
  const file = path.join(folder, `${request.name.replace(/[^\w.-]+/g, '-').slice(0, 100)}.png`);
  await page.waitForTimeout(250); // widgets fade in and syntax colours arrive after the text
  if (request.of) await (await locate(page, request.of)).screenshot({ path: file });
  else await page.screenshot({ path: file });
  return file;
}
