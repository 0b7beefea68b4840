/** Reads YAML that does not parse as it may have been meant: tries what yamlRepair.ts proposes. */
import type { Problem } from './problem.js';
import type { Span } from './text.js';
import { explainYaml, MISSING_QUOTE, type YamlMistake } from './yamlErrors.js';
import { countOf, mistakesIn, parse, repeatedIn, type Parsed } from './yamlParse.js';
import { missingDashes, omissionsOf, Repaired, repairsOf, type Repair } from './yamlRepair.js';

export interface Mend {
  readonly title: string;
  readonly edits: readonly { readonly span: Span; readonly text: string }[];
}

/** A text that has been made readable. */
export interface Mended {
  readonly repaired: Repaired;
  readonly parsed: Parsed;
  /** One for each slip, in the order in which they were found. */
  readonly problems: readonly Problem[];
  readonly mends: ReadonlyMap<Problem, Mend>;
}

/** Slips of one text that are looked for. */
const MAX_SLIPS = 5;
/** Characters that are parsed for it at most: what is typed in a long text is not to wait. */
const MAX_TRIED = 300_000;

/** A repair that has been tried. */
interface Attempt {
  readonly repair: Repair;
  readonly repaired: Repaired;
  readonly parsed: Parsed;
  readonly count: number;
}

/** One slip makes a parser stumble over much that is right. What it says first counts, then the text is read as it may be meant. */
export function mend(text: string, parsed: Parsed, tags: readonly string[]): Mended {
  const problems: Problem[] = [];
  const mends = new Map<Problem, Mend>();
  let repaired = Repaired.of(text);
  let current = parsed;
  let left = MAX_TRIED;
  const bestOf = (repairs: Iterable<Repair>, at?: number): Attempt | undefined => {
    let best: Attempt | undefined;
    for (const repair of repairs) {
      const tried = repaired.with(repair.edits);
      left -= tried.text.length;
      if (left < 0) break;
      const result = parse(tried.text, tags);
      const count = countOf(result);
      const [next] = mistakesIn(result);
      // A further slip may stand behind it, which the parser had not come to.
      const goesOn =
        at !== undefined &&
        next !== undefined &&
        /\n[^]*\n/.test(text.slice(repaired.origin(at), tried.origin(next.pos[0])));
      if (count < (best?.count ?? (goesOn ? Infinity : countOf(current))))
        best = { repair, repaired: tried, parsed: result, count };
      if (best?.count === 0) break;
    }
    return best;
  };
  const accept = (attempt: Attempt | undefined, known: YamlMistake): void => {
    const { message, span } = attempt?.repair.mistake ?? known;
    const problem: Problem = { code: 'yaml-syntax', message, severity: 'error', span: repaired.spanOf(span) };
    problems.push(problem);
    if (!attempt) return;
    const { title, edits } = attempt.repair;
    if (title !== undefined) mends.set(problem, { title, edits: edits.map((edit) => repaired.editOf(edit)) });
    ({ repaired, parsed: current } = attempt);
  };
  while (problems.length < MAX_SLIPS) {
    const [error] = mistakesIn(current);
    if (!error) break;
    const known = explainYaml(error, repaired.text);
    const at = error.pos[0];
    const char = MISSING_QUOTE.exec(error.message)?.[1];
    const stumble = { at, ...(char !== undefined && { quote: { char, from: known.span.start } }) };
    const best =
      left < repaired.text.length
        ? undefined
        : (bestOf(repairsOf(repaired.text, stumble), at) ?? bestOf(omissionsOf(repaired.text, stumble)));
    accept(best, known);
    if (!best) break;
  }
  // Items without a dash between them are one map with many keys that stand twice.
  while (problems.length < MAX_SLIPS && mistakesIn(current).length === 0) {
    const [first, ...others] = repeatedIn(current);
    const best = first && others.length > 0 ? bestOf(missingDashes(repaired.text, first.pos[0])) : undefined;
    if (!best || countOf(current) - best.count < 2) break;
    accept(best, explainYaml(first!, repaired.text));
  }
  return { repaired, parsed: current, problems, mends };
}
