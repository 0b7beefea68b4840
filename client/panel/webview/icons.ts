/** The panel's own icons: lines in a square of 16, drawn by the page as SVG and by the canvas as paths. */
import { svg, type TemplateResult } from 'lit';

const CIRCLE = 'M14.2 8a6.2 6.2 0 1 1-12.4 0a6.2 6.2 0 1 1 12.4 0';

const paths = {
  again: 'M13 3v3.5H9.5M13 6.5A5.5 5.5 0 1 0 13.4 9.5',
  app: 'M8 1.5L13.8 4.7V11.3L8 14.5L2.2 11.3V4.7ZM2.2 4.7L8 8L13.8 4.7M8 8V14.5',
  check: 'M3 8.5L6.5 12L13 4.5',
  chevron: 'M6 3.5L10.5 8L6 12.5',
  clear: 'M2 4h8M2 8h6M2 12h5M10 9l4 4M14 9l-4 4',
  clock: `${CIRCLE}M8 4.5V8L10.5 9.8`,
  close: 'M3.5 3.5L12.5 12.5M12.5 3.5L3.5 12.5',
  compare: 'M1.8 2.5h5v11h-5zM9.2 2.5h5v11h-5zM3 6h2.6M3 9h2.6M10.4 6h2.6M10.4 9h1.4',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5V2.5h-8v8h3',
  down: 'M3 6L8 11L13 6',
  edit: 'M10.8 2.4L13.6 5.2L5.4 13.4L2 14L2.6 10.6ZM9.2 4L12 6.8',
  error: `${CIRCLE}M5.7 5.7L10.3 10.3M10.3 5.7L5.7 10.3`,
  export: 'M8 10V2M5 5L8 2L11 5M2.5 9.5v4h11v-4',
  file: 'M3.5 1.8h6L12.8 5v9.2H3.5zM9.2 1.8V5.2h3.6',
  fit: 'M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4',
  fork: 'M8 1.8V6M8 6C8 9 3.5 8 3.5 12.5M8 6C8 9 12.5 8 12.5 12.5M1.8 11L3.5 13L5.2 11M10.8 11L12.5 13L14.2 11',
  globe: `${CIRCLE}M1.8 8h12.4M8 1.8C5 5 5 11 8 14.2M8 1.8C11 5 11 11 8 14.2`,
  history: 'M2.4 5.2A6.1 6.1 0 1 1 1.9 8.6M2 2v3.4h3.4M8 4.8V8.2L10.4 9.8',
  list: 'M2 3.5h12M2 8h12M2 12.5h12',
  minus: 'M3 8h10',
  mock: 'M6 1.8h4M6.7 1.8V6L2.8 12.6C2.3 13.5 2.8 14.2 3.8 14.2H12.2C13.2 14.2 13.7 13.5 13.2 12.6L9.3 6V1.8M4.6 10h6.8',
  pause: 'M5 3v10M11 3v10',
  play: 'M4 2.5L13 8L4 13.5Z',
  plus: 'M8 3v10M3 8h10',
  question: `${CIRCLE}M6 6.2C6 3.8 10 3.8 10 6.2C10 7.8 8 7.7 8 9.2M8 11.2V11.4`,
  request: 'M2.5 13.5L13.5 2.5M6 2.5h7.5V10',
  search: 'M10.8 6.4a4.4 4.4 0 1 1-8.8 0a4.4 4.4 0 1 1 8.8 0M9.8 9.8L14 14',
  send: 'M1.8 2.2L14.4 8L1.8 13.8L4 8ZM4 8h6',
  shield: 'M8 1.5L13.5 3.5V8C13.5 11.2 11 13.4 8 14.5C5 13.4 2.5 11.2 2.5 8V3.5ZM8 5V8.5M8 10.8V11',
  skip: 'M2.5 3L8 8L2.5 13ZM8.5 3L14 8L8.5 13Z',
  stop: 'M3.5 3.5h9v9h-9z',
  test: 'M2.5 3.5L3.8 4.8L6 2.5M2.5 8L3.8 9.3L6 7M2.5 12.5L3.8 13.8L6 11.5M8.5 3.8h5.5M8.5 8.3h5.5M8.5 12.8h5.5',
  transform:
    'M6 2C4 2 4 3 4 5C4 7 3.5 8 2 8C3.5 8 4 9 4 11C4 13 4 14 6 14M10 2C12 2 12 3 12 5C12 7 12.5 8 14 8C12.5 8 12 9 12 11C12 13 12 14 10 14',
  trash: 'M2.5 4h11M6 4V2h4v2M3.8 4L4.5 14h7L12.2 4M6.5 6.5v5M9.5 6.5v5',
  up: 'M3 10L8 5L13 10',
  warning: 'M8 2L14.5 13.5H1.5ZM8 6.2V9.8M8 11.4V11.8',
  wrench:
    'M13.7 4.3A3.6 3.6 0 0 1 8.8 8.6L4.4 13.4A1.3 1.3 0 0 1 2.5 11.6L7.3 7.2A3.6 3.6 0 0 1 11.6 2.3L9.7 4.4L11.5 6.3Z',
  calendar: 'M2.2 3.5h11.6v10.7H2.2zM2.2 6.8h11.6M5 1.8v3M11 1.8v3',
} as const;

export type IconName = keyof typeof paths;

/** Decoration: what it means stands beside it, or in the label of its button. */
export function icon(name: IconName): TemplateResult {
  return svg`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${paths[name]} /></svg>`;
}

const drawn = new Map<IconName, Path2D>();

export function iconPath(name: IconName): Path2D {
  let path = drawn.get(name);
  if (!path) drawn.set(name, (path = new Path2D(paths[name])));
  return path;
}

/** What stands for a kind of block, and the colour of its kind. */
export function kindOf(kind: string): { readonly icon: IconName; readonly hue: Hue } {
  return KINDS[kind] ?? { icon: 'question', hue: 'grey' };
}

export type Hue = 'blue' | 'green' | 'orange' | 'purple' | 'red' | 'yellow' | 'grey';

const KINDS: Readonly<Record<string, { readonly icon: IconName; readonly hue: Hue }>> = {
  app: { icon: 'app', hue: 'blue' },
  condition: { icon: 'fork', hue: 'yellow' },
  handleError: { icon: 'shield', hue: 'red' },
  httpEndpoint: { icon: 'globe', hue: 'green' },
  httpRequest: { icon: 'request', hue: 'blue' },
  mcpTool: { icon: 'wrench', hue: 'green' },
  schedule: { icon: 'calendar', hue: 'green' },
  sleep: { icon: 'clock', hue: 'orange' },
  transform: { icon: 'transform', hue: 'purple' },
};
