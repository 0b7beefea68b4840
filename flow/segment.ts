/** One independently parsed piece of a flow file, with everything that can be known from its own text. */
import type { AppInstallation, Block, ExpressionValue, MapEntry, Note, Value } from './model.js';
import type { Problem } from './problem.js';
import { isEmpty, mapOf, onlyKeys, readBlock, readInstallations, readNotes } from './read.js';
import { readSuppressions, type Suppressions } from './suppress.js';
import { floorIndex, lineStarts, type Position } from './text.js';
import { readYaml, type YamlTree } from './yaml.js';

/**
 * - `head`: what stands before the first root key (comments, directives, or a file that is no map);
 * - `root`: a root key with all its content, or `blocks:` alone when its items have segments;
 * - `block`: one item of `blocks`;
 * - `rest`: what follows a second document marker.
 */
export type SegmentKind = 'head' | 'root' | 'block' | 'rest';

/** What kind of file it is: the same YAML with the same expressions, of other root keys. */
export type Dialect = 'flow' | 'installation' | 'mocks';

/** Project files are read by project.ts as a whole; cut into segments they serve completion, which wants their places. */
export type Layout = Dialect | 'project';

/** A block and the segment that its spans belong to. */
export interface PlacedBlock {
  readonly block: Block;
  readonly segment: Segment;
}

export class Segment {
  #tree: YamlTree | undefined;
  #lines: readonly number[] | undefined;
  #content: Content | undefined;
  #blocks: readonly PlacedBlock[] | undefined;
  #suppressions: Suppressions | undefined;
  #unresolved: readonly string[] | undefined;

  constructor(
    readonly text: string,
    readonly kind: SegmentKind,
    readonly dialect: Layout = 'flow',
  ) {}

  /** Line breaks in the text. */
  get lineBreaks(): number {
    return this.lines.length - 1;
  }

  get lines(): readonly number[] {
    return (this.#lines ??= lineStarts(this.text));
  }

  get tree(): YamlTree {
    return (this.#tree ??=
      this.kind === 'rest' ? { problems: [], expressions: [], unresolved: [] } : readYaml(this.text));
  }

  /** Aliases whose anchor is not in this segment. Text without a `*` is not parsed for it. */
  get unresolved(): readonly string[] {
    return (this.#unresolved ??= this.text.includes('*') ? this.tree.unresolved : []);
  }

  get expressions(): readonly ExpressionValue[] {
    return this.tree.expressions;
  }

  get content(): Content {
    return (this.#content ??= read(this));
  }

  /** The blocks written here; the same objects as long as the text stays. */
  get blocks(): readonly PlacedBlock[] {
    this.read();
    return this.#blocks!;
  }

  /** Reads the blocks. Returns whether that was still to be done. */
  read(): boolean {
    if (this.#blocks) return false;
    this.#blocks = this.content.blocks.map((block) => ({ block, segment: this }));
    return true;
  }

  /** `flows-ignore` comments; lines are the segment's. */
  get suppressions(): Suppressions {
    return (this.#suppressions ??= readSuppressions(this.text));
  }

  /** Position relative to the segment's first line. */
  positionAt(offset: number): Position {
    const line = Math.max(0, floorIndex(this.lines, offset));
    return { line, character: offset - this.lines[line]! };
  }

  /** The `!expr` whose text holds the offset, both ends included; the last one where two touch. */
  expressionAt(offset: number): ExpressionValue | undefined {
    return this.expressions.findLast((value) => value.span.start <= offset && offset <= value.span.end);
  }
}

/** What a segment adds to the flow. */
export interface Content {
  readonly blocks: readonly Block[];
  readonly installations: ReadonlyMap<string, AppInstallation>;
  readonly notes: readonly Note[];
  /** Root keys written here. */
  readonly keys: readonly MapEntry[];
  readonly problems: readonly Problem[];
}

/** Root keys of a flow definition; flows-platform §1.1. */
export const ROOT_KEYS: readonly string[] = [
  'appInstallations',
  'dataTables',
  'agentPools',
  'blocks',
  'notes',
];

/** Root keys of a flow whose entries nobody here reads. */
const MAPS: ReadonlySet<string> = new Set(['dataTables', 'agentPools']);

/** Root keys of an installation config (design.md). */
export const INSTALLATION_KEYS: readonly string[] = [
  'app',
  'version',
  'registry',
  'name',
  'source',
  'config',
];

const DIALECTS = {
  flow: {
    keys: ROOT_KEYS,
    what: 'a flow definition',
    shape:
      'A flow definition is a map with `blocks`, and optionally `appInstallations`, `notes`, `dataTables` and `agentPools`.',
  },
  installation: {
    keys: INSTALLATION_KEYS,
    what: 'an installation config',
    shape:
      'An installation config is a map with `app`, `version` and `config`, and optionally `registry`, `name` and `source`.',
  },
  mocks: {
    keys: ['blocks', 'signals'],
    what: 'a mocks file',
    shape: 'A mocks file is a map of `blocks` and `signals`.',
  },
  project: {
    keys: ['project', 'secrets', 'rules'],
    what: 'a project file',
    shape: 'A project file is a map.',
  },
} as const satisfies Readonly<Record<Layout, unknown>>;

const NO_INSTALLATIONS: ReadonlyMap<string, AppInstallation> = new Map();

function read(segment: Segment): Content {
  const { root, problems: syntax, expressions } = segment.tree;
  const dialect = DIALECTS[segment.dialect];
  const problems: Problem[] = [...syntax];
  const blocks: Block[] = [];
  let installations = NO_INSTALLATIONS;
  let notes: readonly Note[] = [];
  let keys: readonly MapEntry[] = [];
  const readItems = (list: Value): void => {
    if (list.kind !== 'list') {
      if (!(list.kind === 'constant' && list.value === null)) {
        problems.push({
          code: 'shape',
          message: '`blocks` is a list of blocks.',
          severity: 'error',
          span: list.span,
        });
      }
      return;
    }
    for (const item of list.items) {
      const inside = expressions.filter(
        ({ span }) => item.span.start <= span.start && span.end <= item.span.end,
      );
      blocks.push(readBlock(item, inside, isEmpty(item) ? [] : problems));
      if (!isEmpty(item)) continue;
      const { start, end } = item.span;
      const dash = segment.text.lastIndexOf('-', start - 1);
      problems.push({
        code: 'shape',
        message: 'This item is empty: a block has a `name` and a `type`.',
        severity: 'error',
        span: start < end || dash < 0 ? item.span : { start: dash, end: dash + 1 },
      });
    }
  };
  switch (segment.kind) {
    case 'block':
      if (root && segment.dialect !== 'mocks') readItems(root);
      break;
    case 'head':
    case 'root':
      if (root?.kind === 'map') {
        keys = root.entries;
        onlyKeys(root, dialect.keys, dialect.what, problems);
        for (const entry of segment.dialect === 'flow' ? root.entries : []) {
          const { key, value } = entry;
          if (key === 'blocks') readItems(value);
          else if (key === 'appInstallations') installations = readInstallations(value, problems);
          else if (key === 'notes') notes = readNotes(value, problems);
          else if (MAPS.has(key)) mapOf(entry, problems);
        }
      } else if (root && !(root.kind === 'constant' && root.value === null)) {
        problems.push({
          code: 'not-a-flow',
          message: dialect.shape,
          severity: 'error',
          span: { start: root.span.start, end: Math.min(root.span.end, root.span.start + 80) },
        });
      }
      break;
    case 'rest':
      // `...` ends a document, and comments may follow it.
      if (segment.text.split('\n').every((line) => /^(?:---|\.\.\.)?\s*(?:#.*)?$/.test(line))) break;
      problems.push({
        code: 'yaml-syntax',
        message:
          'Only the first YAML document of a file is read. Remove the document marker and what follows it, or move that to a file of its own.',
        severity: 'error',
        span: { start: 0, end: 3 },
      });
      break;
  }
  return { blocks, installations, notes, keys, problems };
}
