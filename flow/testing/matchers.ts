/** Tags that stand for what differs in expected data. */

/** Anything, nothing, text that a regular expression fits. */
export const MATCHERS = ['!any', '!absent', '!match'] as const;

/** The regular expression of a `!match`; undefined when the text is none. */
export function regExpOf(text: string): RegExp | undefined {
  const [, source, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(text.trim()) ?? [];
  if (source === undefined) return undefined;
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}
