/** Small texts that several parts of the runner show. */

/** A time span as people write it: `30 s`, `250 ms`. */
export function seconds(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000} s` : `${milliseconds} ms`;
}
