/** What stands in the output where a secret stood. A marker names the key; it never hints at length, quoting or content. */
export function marker(key: string): string {
  return `‹secret:${key}›`;
}
