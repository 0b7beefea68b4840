/** JSON of a block's data: what is not there is null. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value ?? null);
}
