/** Texts as they fit on the canvas: cut, or in lines. `context` has their font. */
export class FittedTexts {
  /** By font, width and text. */
  private readonly known = new Map<string, string>();

  /** The text, or its beginning and `…`. */
  fit(context: CanvasRenderingContext2D, text: string, width: number): string {
    const key = `${context.font}\n${Math.round(width)}\n${text}`;
    let fitted = this.known.get(key);
    if (fitted === undefined) this.known.set(key, (fitted = fitText(context, text, width)));
    return fitted;
  }
}

function fitText(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low).trimEnd()}…`;
}

/** In lines of words. */
export function wrap(context: CanvasRenderingContext2D, text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    // Signs of Markdown that mean nothing to the eye.
    const plain = paragraph.replace(/\*\*|__|`/g, '');
    const lines: string[] = [];
    let line = '';
    for (const word of plain.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (line !== '' && context.measureText(longer).width > width) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    return [...lines, line].map((one) => fitText(context, one, width + 20));
  });
}
