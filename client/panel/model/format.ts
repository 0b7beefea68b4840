/** Times, spans, sizes and numbers as people read them. */
export { mockSourceWords } from '../../runner/words.js';

/** Local time with milliseconds. */
export function clock(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** Local day and time, the day only when it is not that of `now`. */
export function dayAndTime(at: number, now: number): string {
  const date = new Date(at);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

export function duration(ms: number): string {
  const rounded = Math.max(0, Math.round(ms));
  if (rounded < 1_000) return `${rounded} ms`;
  if (rounded < 60_000) return `${(rounded / 1_000).toFixed(rounded < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(rounded / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/** Whole seconds, minutes or hours that something goes on. */
export function elapsed(ms: number): string {
  return duration(Math.max(1_000, Math.floor(ms / 1_000) * 1_000)).replace(/\.0+ s$/, ' s');
}

/** `1 event`, `12,345 events`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? noun : plural}`;
}

/** A number on a badge: at most four characters. */
export function short(n: number): string {
  if (n < 1_000) return String(n);
  if (n < 10_000) return `${Math.floor(n / 100) / 10}k`;
  if (n < 1_000_000) return `${Math.floor(n / 1_000)}k`;
  return `${Math.floor(n / 1_000_000)}M`;
}

/** Characters, as kB or MB where they are many. */
export function size(characters: number): string {
  if (characters < 1_000) return count(characters, 'character');
  if (characters < 1_000_000) return `${(characters / 1_000).toFixed(characters < 10_000 ? 1 : 0)} kB`;
  return `${(characters / 1_000_000).toFixed(1)} MB`;
}

function two(part: number): string {
  return String(part).padStart(2, '0');
}
