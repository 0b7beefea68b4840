/**
 * The run panel's page in Chromium with the software renderer: panning a flow of 2,000 blocks, on the canvas and as an SVG of
 * the same scene; 100,000 events in the list; 10,000 events per second. A frame takes 16.7 ms at 60 per second; what is
 * measured is the time between frames as the page sees it.
 *
 *   node out/test/bench/panel.bench.js [--smoke]
 */
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import type { Diagram, DiagramBlock, DiagramLink } from '../../client/panel/model/diagram.js';
import type { ShownRun, ToPage } from '../../client/panel/model/messages.js';
import type { Row } from '../../client/panel/model/row.js';
import { blankPage } from '../harness/panel-page.mjs';
import { findChromium } from '../harness/find-program.mjs';
import { median, ms, p95, SMOKE, table } from './harness.js';

const BLOCKS = SMOKE ? 200 : 2_000;
const EVENTS = SMOKE ? 5_000 : 100_000;
const PER_SECOND = 10_000;
const SECONDS = SMOKE ? 1 : 5;
const LOT = 2_000;

const KINDS = ['httpEndpoint', 'transform', 'condition', 'httpRequest', 'sleep', 'app'];

/** Columns of 50 blocks, linked from top to bottom and to the next column. */
function diagram(count: number): Diagram {
  const blocks = Array.from({ length: count }, (_, i): DiagramBlock => {
    const kind = KINDS[i % KINDS.length]!;
    return {
      name: `${kind} ${i}`,
      key: `block${i}`,
      type: `Some app: ${kind}`,
      kind,
      x: Math.floor(i / 50) * 320,
      y: (i % 50) * 140,
      inputs: [{ key: 'default' }],
      outputs: kind === 'condition' ? [{ key: 'then' }, { key: 'else' }] : [{ key: 'default' }],
      lines: [i * 10, i * 10 + 9],
    };
  });
  const links = blocks.flatMap((block, from): DiagramLink[] => {
    const { key: output } = block.outputs[0]!;
    const next = from + 1 < count ? [{ from, to: from + 1, output, input: 'default' }] : [];
    const far = from + 50 < count ? [{ from, to: from + 50, output, input: 'default' }] : [];
    return [...next, ...far];
  });
  return { blocks, links, groups: [], notes: [] };
}

const run: ShownRun = {
  runId: 'run',
  flow: 'large.flow.yaml',
  flowUri: 'file:///large.flow.yaml',
  startedAt: 0,
  state: 'running',
  live: true,
  endpoints: [],
  remarks: [],
  sleeping: 0,
  pending: 1,
  skipped: 0,
  dropped: 0,
};

/** Events that walk through the flow, each caused by the one before. */
function rows(first: number, count: number, blocks: readonly DiagramBlock[]): Row[] {
  return Array.from({ length: count }, (_, i): Row => {
    const seq = first + i;
    const block = blocks[seq % blocks.length]!;
    return {
      seq,
      at: 1_700_000_000_000 + seq,
      kind: 'event',
      block: block.name,
      output: block.outputs[0]!.key,
      id: `e${seq}`,
      ...(seq % 50 !== 1 && { cause: `e${seq - 1}` }),
      text: `{"order":${seq},"customer":"Ada Lovelace","lines":[{"item":"lamp","count":2}]}`,
      size: 120,
    };
  });
}

/** What runs in the page is text: the tests' own types know no browser. */
async function inPage<T>(page: Page, script: string): Promise<T> {
  return page.evaluate(script);
}

async function send(page: Page, message: ToPage): Promise<void> {
  await inPage(page, `window.postMessage(${JSON.stringify(message)}, '*')`);
}

/** Milliseconds between frames while `step` runs in the page once per frame; it may use the frame's number `n`. */
async function frames(page: Page, seconds: number, step: string): Promise<number[]> {
  return inPage(
    page,
    `(async () => {
      const next = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const intervals = [];
      let last = await next();
      const end = last + ${seconds * 1_000};
      for (let n = 0; last < end; n++) {
        ${step}
        const now = await next();
        intervals.push(now - last);
        last = now;
      }
      return intervals;
    })()`,
  );
}

const perSecond = (intervals: readonly number[]): string =>
  (1_000 / (intervals.reduce((sum, one) => sum + one, 0) / intervals.length)).toFixed(0);

function report(name: string, intervals: readonly number[]): string[] {
  return [name, perSecond(intervals), ms(median(intervals)), ms(p95(intervals)), ms(Math.max(...intervals))];
}

const HEAD = ['', 'frames/s', 'median ms', 'p95 ms', 'longest ms'];

/** Drags the canvas to and fro, as a hand does. */
const DRAG = `
  const canvas = document.getElementById('canvas');
  const box = canvas.getBoundingClientRect();
  const at = (x, y, type) => canvas.dispatchEvent(new PointerEvent(type, {
    pointerId: 1, button: 0, buttons: 1, clientX: box.left + x, clientY: box.top + y, bubbles: true }));
  if (n === 0) { canvas.setPointerCapture = () => {}; at(300, 300, 'pointerdown'); }
  at(300 + 250 * Math.sin(n / 20), 300 + 180 * Math.cos(n / 27), 'pointermove');`;

/** The same scene as SVG, panned by the transformation of its only group. */
async function svgPan(page: Page, flow: Diagram, zoom: number): Promise<number[]> {
  const { blocks, links } = flow;
  await inPage(
    page,
    `{
      const { blocks, links } = ${JSON.stringify({ blocks, links })};
      const add = (parent, name, attributes, text = '') => {
        const element = document.createElementNS('http://www.w3.org/2000/svg', name);
        for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
        element.textContent = text;
        parent.append(element);
        return element;
      };
      const svg = add(document.body, 'svg', { id: 'bench-svg' });
      svg.style.cssText = 'position:fixed;inset:0;width:100%;height:100%;background:#1f1f1f;z-index:9';
      const group = add(svg, 'g', {});
      for (const { from, to } of links) {
        const [a, b] = [blocks[from], blocks[to]];
        const [x1, y1, x2, y2] = [a.x + 104, a.y + 56, b.x + 104, b.y];
        const d = \`M\${x1} \${y1}C\${x1} \${y1 + 42} \${x2} \${y2 - 42} \${x2} \${y2}\`;
        add(group, 'path', { d, fill: 'none', stroke: '#888' });
      }
      for (const { x, y, name, type } of blocks) {
        const block = add(group, 'g', { transform: \`translate(\${x} \${y})\` });
        add(block, 'rect', { width: 208, height: 56, rx: 6, fill: '#252526', stroke: '#555' });
        add(block, 'rect', { width: 38, height: 56, rx: 6, fill: '#37373d' });
        add(block, 'circle', { cx: 104, cy: 0, r: 4, fill: '#252526', stroke: '#888' });
        add(block, 'circle', { cx: 104, cy: 56, r: 4, fill: '#252526', stroke: '#888' });
        add(block, 'text', { x: 48, y: 24, fill: '#ccc', 'font-size': 13 }, name);
        add(block, 'text', { x: 48, y: 41, fill: '#999', 'font-size': 11 }, type);
      }
    }`,
  );
  const intervals = await frames(
    page,
    SECONDS,
    `const svg = document.getElementById('bench-svg');
     svg.firstChild.setAttribute('transform', \`translate(\${250 * Math.sin(n / 20)} \${180 * Math.cos(n / 27)}) scale(${zoom})\`);`,
  );
  await inPage(page, `document.getElementById('bench-svg').remove()`);
  return intervals;
}

async function main(): Promise<void> {
  const executablePath = findChromium();
  if (!executablePath) {
    console.log('Skipped: Chromium is not installed.');
    return;
  }
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await blankPage(page, path.resolve('dist'));
    const flow = diagram(BLOCKS);
    await send(page, { type: 'run', run, diagram: flow });
    // The canvas takes the whole window, so that both renderers fill as many pixels.
    await page.addStyleTag({
      content: '.canvas-pane { position: fixed !important; inset: 0; z-index: 8; height: auto !important }',
    });
    await page.waitForTimeout(300);
    const pans: string[][] = [HEAD];
    await page.click('[aria-label="Show all of the flow"]');
    pans.push(report(`canvas, all ${BLOCKS} blocks in sight`, await frames(page, SECONDS, DRAG)));
    const all = 0.117;
    pans.push(report(`SVG, all ${BLOCKS} blocks in sight`, await svgPan(page, flow, all)));
    for (let i = 0; i < 8; i++) await page.click('[aria-label="Zoom in"]');
    pans.push(report('canvas, names can be read', await frames(page, SECONDS, DRAG)));
    pans.push(report('SVG, names can be read', await svgPan(page, flow, all * 1.25 ** 8)));
    table(`Panning a flow of ${BLOCKS} blocks, 1400 × 900`, pans);

    await page.addStyleTag({ content: '.canvas-pane { position: relative !important; z-index: 0 }' });
    await send(page, { type: 'run', run: { ...run, runId: 'many' }, diagram: flow });
    const taken = await inPage<number>(
      page,
      `(async () => {
        const lot = ${JSON.stringify(rows(1, LOT, flow.blocks))};
        const from = performance.now();
        for (let seq = 0; seq < ${EVENTS}; seq += lot.length) {
          const moved = lot.map((row) => ({
            ...row,
            seq: row.seq + seq,
            id: 'e' + (row.seq + seq),
            ...(row.cause !== undefined && { cause: 'e' + (row.seq + seq - 1) }),
          }));
          window.postMessage({ type: 'rows', runId: 'many', rows: moved, hits: [], first: 1 }, '*');
          while (window.got < seq + lot.length) await new Promise((resolve) => requestAnimationFrame(resolve));
        }
        return performance.now() - from;
      })()`,
    );
    const scrolled = await frames(
      page,
      SECONDS,
      `const list = document.getElementById('list');
       list.scrollTop = (Math.sin(n / 40 - 1.57) + 1) / 2 * list.scrollHeight;`,
    );
    const timed = async (body: string): Promise<number> => {
      const intervals = await frames(page, 0.001, body);
      return intervals[0]!;
    };
    const filter = await timed(
      `const select = document.querySelector('[aria-label="Filter by block"]');
       select.value = 'transform 1'; select.dispatchEvent(new Event('change'));`,
    );
    table(`${EVENTS.toLocaleString('en')} events in the list`, [
      HEAD,
      report('scrolling through all of them', scrolled),
    ]);
    console.log(
      `\nTaken over in ${ms(taken)} ms (${ms((taken / EVENTS) * 1_000)} µs per event); filtered in ${ms(filter)} ms.`,
    );

    await send(page, { type: 'run', run: { ...run, runId: 'fast' }, diagram: flow });
    const lot = JSON.stringify(rows(1, PER_SECOND / 50, flow.blocks));
    const fast = await frames(
      page,
      SECONDS,
      `window.sent ??= { at: performance.now(), rows: ${lot}, seq: 0 };
       const { sent } = window;
       while (performance.now() - sent.at > 20) {
         sent.at += 20;
         const moved = sent.rows.map((row) => ({ ...row, seq: row.seq + sent.seq, id: row.id + '.' + sent.seq }));
         sent.seq += sent.rows.length;
         window.postMessage({ type: 'rows', runId: 'fast', rows: moved, hits: [], first: 1 }, '*');
       }`,
    );
    table(`${PER_SECOND.toLocaleString('en')} events per second come in`, [HEAD, report('the page', fast)]);
    const problems = await inPage<string[]>(page, 'window.problems');
    if (problems.length > 0) throw new Error(problems.join('\n'));
  } finally {
    await browser.close();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
