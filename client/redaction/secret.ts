/** What the redactor is told about a secret, and what it tells the user back: keys only, never a value or its length. */

export interface Secret {
  readonly key: string;
  readonly value: string;
  /** Default true; false: shown as is. */
  readonly sensitive?: boolean;
}

/** Why a secret is masked less than others, to be told to the user by key. */
export interface Weakness {
  readonly key: string;
  readonly reason: WeaknessReason;
  /** A whole sentence for the user. */
  readonly message: string;
}

/**
 * empty: nothing to mask. short: 1-3 characters, never masked in running text. word-boundary: 4-7 characters, masked
 * where it stands as a word of its own. common: an everyday word or number, whose masking would give it away.
 */
export type WeaknessReason = 'empty' | 'short' | 'word-boundary' | 'common';
