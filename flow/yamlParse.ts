/** YAML text to the documents of the YAML library, and what is wrong with them. Never throws on text. */
import { Composer, Parser, type Document, type YAMLError } from 'yaml';

export const EXPRESSION_TAG = '!expr';

const COMPOSER_OPTIONS = {
  keepSourceTokens: true,
  prettyErrors: false,
  logLevel: 'silent',
  strict: true,
} as const;

const EXPRESSION_TAGS = [
  { tag: EXPRESSION_TAG, resolve: (text: string) => text },
  { tag: EXPRESSION_TAG, collection: 'map' as const, resolve: (node: unknown) => node },
  { tag: EXPRESSION_TAG, collection: 'seq' as const, resolve: (node: unknown) => node },
];

export interface Parsed {
  readonly documents: readonly Document.Parsed[];
  /** What the library could not get over. */
  readonly failure?: string;
}

export function parse(text: string, tags: readonly string[]): Parsed {
  const documents: Document.Parsed[] = [];
  try {
    const customTags = [
      ...EXPRESSION_TAGS,
      ...tags.map((tag) => ({ tag, resolve: (content: string) => content })),
    ];
    const composer = new Composer({ ...COMPOSER_OPTIONS, customTags });
    for (const document of composer.compose(new Parser().parse(text), true, text.length)) {
      documents.push(document);
    }
    return { documents };
  } catch (error) {
    // The library reports bad text; should it fail on some text nevertheless, that is a report as well.
    return { documents, failure: error instanceof Error ? error.message : String(error) };
  }
}

/** What is wrong with the text, in its order, but for tags and keys that stand twice: those leave it readable. */
export function mistakesIn({ documents }: Parsed): YAMLError[] {
  return documents
    .flatMap(({ errors }) =>
      errors.filter(({ code }) => code !== 'TAG_RESOLVE_FAILED' && code !== 'DUPLICATE_KEY'),
    )
    .sort((one, two) => one.pos[0] - two.pos[0]);
}

/** Keys that stand twice. */
export function repeatedIn({ documents }: Parsed): YAMLError[] {
  return documents.flatMap(({ errors }) => errors.filter(({ code }) => code === 'DUPLICATE_KEY'));
}

/** All that is wrong, and a second document. */
export function countOf({ documents, failure }: Parsed): number {
  if (failure !== undefined) return Infinity;
  return documents.reduce((sum, { errors }) => sum + errors.length, documents.length - 1);
}
