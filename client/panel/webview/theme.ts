/** The colours and fonts of VS Code's theme for the canvas, which cannot read variables by itself. */
import type { Hue } from './icons.js';

export interface Theme {
  readonly background: string;
  readonly block: string;
  readonly border: string;
  readonly text: string;
  readonly dim: string;
  readonly link: string;
  readonly focus: string;
  readonly error: string;
  readonly warning: string;
  readonly active: string;
  readonly note: string;
  readonly group: string;
  readonly badge: string;
  readonly badgeText: string;
  readonly font: string;
  readonly hues: Readonly<Record<Hue, string>>;
  readonly highContrast: boolean;
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const color = (...names: readonly string[]): string => {
    for (const name of names) {
      const value = style.getPropertyValue(`--vscode-${name}`).trim();
      if (value !== '') return value;
    }
    return 'transparent';
  };
  const highContrast = document.body.className.includes('high-contrast');
  const text = color('editor-foreground', 'foreground');
  const hue = (name: string) => (highContrast ? text : color(`charts-${name}`));
  const dim = color('descriptionForeground', 'foreground');
  return {
    background: color('editor-background'),
    block: highContrast ? color('editor-background') : color('editorWidget-background'),
    border: color('contrastBorder', 'editorWidget-border', 'panel-border'),
    text,
    dim,
    link: highContrast ? text : color('charts-lines', 'descriptionForeground'),
    focus: color('contrastActiveBorder', 'focusBorder'),
    error: color('editorError-foreground', 'errorForeground'),
    warning: color('editorWarning-foreground', 'charts-yellow'),
    active: highContrast ? color('contrastActiveBorder', 'focusBorder') : color('charts-blue'),
    note: highContrast
      ? color('editor-background')
      : color('textBlockQuote-background', 'editorWidget-background'),
    group: color('charts-lines', 'descriptionForeground'),
    badge: color('badge-background'),
    badgeText: color('badge-foreground'),
    font: style.getPropertyValue('--vscode-font-family').trim() || 'sans-serif',
    hues: {
      blue: hue('blue'),
      green: hue('green'),
      orange: hue('orange'),
      purple: hue('purple'),
      red: hue('red'),
      yellow: hue('yellow'),
      grey: dim,
    },
    highContrast,
  };
}

/** Called when the theme is another one. */
export function onThemeChange(listener: () => void): void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
}

export function prefersReducedMotion(): boolean {
  return (
    document.body.classList.contains('vscode-reduce-motion') ||
    window.matchMedia('(prefers-reduced-motion: reduce)').matches
  );
}
