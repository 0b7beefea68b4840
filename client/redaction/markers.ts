/** What stands in the output where a secret stood. A marker names keys; it never hints at length, quoting or content. */

/** Keys that share one masked stretch are listed in the order given: `‹secret:API_TOKEN›`, `‹secret:A,B›`. */
export function marker(keys: Iterable<string>): string {
  return `‹secret:${[...keys].join(',')}›`;
}
