/** The diagnostics of a project file, and what it says about secrets: the editor and the command line show the same. */
import { withSeverity, type RuleSettings, type SecretKnowledge } from './check.js';
import type { Problem } from './problem.js';
import type { Project } from './project.js';
import { covers, readSuppressions } from './suppress.js';
import { floorIndex, lineStarts } from './text.js';

/**
 * All that is wrong with the project file of this text, in file order, after severities and `flows-ignore` comments.
 * `used`: the keys that the project's flows name, once all of them have been read.
 */
export function checkProject(
  text: string,
  project: Project,
  rules: RuleSettings,
  used?: ReadonlySet<string>,
): Problem[] {
  const { file, lines } = readSuppressions(text);
  const starts = lineStarts(text);
  return [...project.problems, ...(used ? unused(project, used) : [])]
    .filter(
      ({ code, span }) => !covers(file, code) && !covers(lines.get(floorIndex(starts, span.start)), code),
    )
    .flatMap((problem) => withSeverity(problem, rules) ?? [])
    .sort((a, b) => a.span.start - b.span.start);
}

function unused(project: Project, used: ReadonlySet<string>): Problem[] {
  return [...project.secrets.values()]
    .filter(({ key }) => !used.has(key))
    .map(({ key, keySpan }) => ({
      code: 'unused-secret',
      message: `No flow of this project names \`${key}\`.`,
      severity: 'hint',
      span: keySpan,
      data: { key },
    }));
}

/** Keys that are declared in other files than the project's: in Terraform. */
export interface KeysElsewhere {
  /** Key -> URI of the file. */
  readonly keys: ReadonlyMap<string, string>;
  /** False: there are keys that cannot be known from the files. */
  readonly complete: boolean;
}

const NOWHERE: KeysElsewhere = { keys: new Map(), complete: true };

/**
 * What flows of the project may read. `folderName` stands for an id that the file does not give; `set`: keys with a value
 * on this machine, where that is known. Keep the result as long as all of it stays: caches hang on it.
 */
export function knowledgeOf(
  project: Project,
  folderName: string,
  set?: ReadonlySet<string>,
  elsewhere: KeysElsewhere = NOWHERE,
): SecretKnowledge {
  return {
    project: project.id ?? folderName,
    declared: new Set([...project.secrets.keys(), ...elsewhere.keys.keys()]),
    misnamed: project.misnamed,
    complete: project.complete && elsewhere.complete,
    ...(set && { set }),
  };
}
