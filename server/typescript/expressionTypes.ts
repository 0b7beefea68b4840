/** What TypeScript knows of expressions, for the server's features. Where it has no answer, there is none: never an error. */
import type {
  CancellationToken,
  CompletionItem,
  CompletionParams,
  Hover,
  Location,
  SignatureHelp,
  TextDocumentPositionParams,
} from 'vscode-languageserver/node';
import type { PlacedProblem } from '../../flow/check.js';
import type { FlowDocument, PlacedBlock, PlacedExpression } from '../../flow/document.js';
import type { Range, Span } from '../../flow/text.js';
import { checkTypesInGroups, placeOf } from '../../flow/types/check.js';
import { FlowTypes, type SecretName } from '../../flow/types/flowTypes.js';
import { sourceOf, type Place } from '../../flow/types/service.js';
import type { OpenFlow } from '../documents.js';
import type { Project } from '../../flow/project.js';
import { blockOfExpression } from '../mocks.js';
import type { Features } from '../server.js';
import { Checker } from './checker.js';
import { completionItems, described, toHover, toSignatureHelp } from './lsp.js';
import { completeMembers } from './members.js';
import type { Answer, Argument, Method } from './messages.js';
import type { TypeThread } from './thread.js';

/** Milliseconds for which TypeScript is kept when no flow is open: people close one to open the next. */
const KEPT = 60_000;

/** Expressions of one request for files that are not open; checks of what is typed wait for one such request. */
const CLOSED_GROUP = 32;

/** Characters behind which TypeScript has something to offer. */
const TRIGGERS: ReadonlySet<string> = new Set(['.', '"', "'", '`']);

interface Asked {
  readonly document: OpenFlow;
  readonly found: PlacedExpression;
  readonly place: Place;
}

export class ExpressionTypes {
  readonly #features: () => Features;
  readonly #thread: TypeThread;
  readonly #checker: Checker;
  readonly #types = new WeakMap<FlowDocument, FlowTypes>();
  readonly #secretNames = new WeakMap<Project, readonly SecretName[]>();
  /** The completion shown last: its items can still be described. */
  #completed: { readonly id: number; readonly place: Place } | undefined;
  #stopping: NodeJS.Timeout | undefined;

  /** `publish`: the type errors of a document have changed. */
  constructor(features: () => Features, thread: TypeThread, publish: (uri: string) => void) {
    this.#features = features;
    this.#thread = thread;
    this.#checker = new Checker(
      thread,
      (flow) => this.#typesOf(flow),
      (flow) => {
        for (const document of features().documents.all()) {
          if (document.kind === 'flow' && document.flow === flow) publish(document.uri);
        }
      },
    );
  }

  /** A document has been opened or changed. */
  changed(uri: string): void {
    const flow = this.#features().documents.flow(uri)?.flow;
    if (!flow) return;
    clearTimeout(this.#stopping);
    // What a mock's expression may read is known to its flow, which is another file.
    if (flow.dialect !== 'mocks') this.#checker.changed(flow);
  }

  /** What is wrong with a document besides its types has been published. */
  published({ flow }: OpenFlow): void {
    this.#checker.published(flow);
  }

  /** A document is about to be closed. */
  closing(uri: string): void {
    const { documents } = this.#features();
    const flow = documents.flow(uri)?.flow;
    if (!flow) return;
    this.#checker.forget(flow);
    this.#stopUnless((one) => one.uri !== uri);
  }

  /** Keeps TypeScript for some time only, unless there is such a flow. */
  #stopUnless(isOpen: (document: OpenFlow) => boolean): void {
    for (const one of this.#features().documents.all()) if (one.kind === 'flow' && isOpen(one)) return;
    clearTimeout(this.#stopping);
    this.#stopping = setTimeout(() => this.#thread.stop(), KEPT);
    this.#stopping.unref();
  }

  /** The type errors of flows that are not open, each in full; undefined when there is no answer to be had. */
  async checkClosed(flows: readonly FlowDocument[]): Promise<PlacedProblem[][] | undefined> {
    clearTimeout(this.#stopping);
    try {
      const groups = checkTypesInGroups(flows, CLOSED_GROUP);
      for (let step = groups.next(); ;) {
        if (step.done) return step.value;
        step = groups.next(await this.#thread.request('check', step.value));
      }
    } catch {
      return undefined;
    } finally {
      this.#stopUnless(() => true);
    }
  }

  /** Ends TypeScript's thread. */
  dispose(): void {
    clearTimeout(this.#stopping);
    for (const document of this.#features().documents.all()) {
      if (document.kind === 'flow') this.#checker.forget(document.flow);
    }
    this.#thread.stop();
  }

  /** Type errors known so far. */
  problems(flow: FlowDocument): PlacedProblem[] {
    return this.#checker.problems(flow);
  }

  /** Everything but secrets, which are there already (completion/secrets.ts). */
  async complete(params: CompletionParams, token: CancellationToken): Promise<CompletionItem[]> {
    const asked = this.#asked(params, 'typing');
    if (!asked) return [];
    const { document, found, place } = asked;
    const { flow } = document;
    const { types, placed } = this.#placeOf(document, found);
    const members = completeMembers(flow, types, found, placed);
    if (members) return members;
    const trigger = params.context?.triggerCharacter;
    if (trigger !== undefined && !TRIGGERS.has(trigger)) return [];
    const answer = await this.#ask(
      asked,
      'complete',
      { ...place, ...(trigger !== undefined && { trigger }) },
      token,
    );
    if (!answer) return [];
    const id = (this.#completed?.id ?? 0) + 1;
    this.#completed = { id, place };
    const items = completionItems(answer, {
      text: found.value.scalar.value,
      offset: found.offset,
      style: found.value.scalar.style,
      rangeOf: (span) => rangeOf(flow, found, span),
    });
    return items.map((item) => ({ ...item, data: { types: id } }));
  }

  /** The type and documentation of an item of the last completion; any other item as it is. */
  async describe(item: CompletionItem): Promise<CompletionItem> {
    const id = (item.data as { types?: unknown } | undefined)?.types;
    if (!this.#completed || id !== this.#completed.id) return item;
    try {
      const answer = await this.#thread.request('describe', { ...this.#completed.place, name: item.label });
      return answer ? described(item, answer) : item;
    } catch {
      return item;
    }
  }

  async hover(params: TextDocumentPositionParams, token: CancellationToken): Promise<Hover | null> {
    const asked = this.#asked(params);
    const answer = asked && (await this.#ask(asked, 'hover', asked.place, token));
    if (!asked || !answer?.span) return null;
    return toHover(answer, rangeOf(asked.document.flow, asked.found, answer.span));
  }

  async signatureHelp(
    params: TextDocumentPositionParams,
    token: CancellationToken,
  ): Promise<SignatureHelp | null> {
    const asked = this.#asked(params);
    const answer = asked && (await this.#ask(asked, 'signatures', asked.place, token));
    return answer ? toSignatureHelp(answer) : null;
  }

  /** Where a local variable or parameter of the expression is declared. */
  async definition(params: TextDocumentPositionParams, token: CancellationToken): Promise<Location[] | null> {
    const asked = this.#asked(params);
    const answer = asked && (await this.#ask(asked, 'definitions', asked.place, token));
    if (!answer || answer.length === 0) return null;
    return answer.map((span) => ({
      uri: params.textDocument.uri,
      range: rangeOf(asked.document.flow, asked.found, span),
    }));
  }

  #asked(
    { textDocument: { uri }, position }: TextDocumentPositionParams,
    what?: 'typing',
  ): Asked | undefined {
    const { documents, projects } = this.#features();
    const document = documents.flow(uri);
    const found = what ? document?.flow.typingAt(position) : document?.flow.expressionAt(position);
    if (!document || !found) return undefined;
    const { types, placed } = this.#placeOf(document, found);
    const secrets = this.#secretsOf(projects.of(uri).declared);
    const expression = types.expression(found.value, placed, 'assist', secrets);
    return { document, found, place: { ...sourceOf(expression), offset: found.offset } };
  }

  /** The block that an expression stands in, and its flow's types: those of another file for a mock. */
  #placeOf(
    { uri, flow }: OpenFlow,
    { segment, value }: PlacedExpression,
  ): { types: FlowTypes; placed: PlacedBlock | undefined } {
    const mocked =
      flow.dialect === 'mocks' ? blockOfExpression(this.#features(), uri, segment, value) : undefined;
    return mocked
      ? { types: this.#typesOf(mocked.home.flow), placed: mocked.placed }
      : { types: this.#typesOf(flow), placed: placeOf(segment, value) };
  }

  /** Undefined when there is no answer, or nobody for it: the document has changed since. */
  async #ask<M extends Method>(
    { document }: Asked,
    method: M,
    argument: Argument<M>,
    token: CancellationToken,
  ): Promise<Answer<M> | undefined> {
    try {
      const answer = await this.#thread.request(method, argument);
      const isCurrent = this.#features().documents.get(document.uri)?.version === document.version;
      return isCurrent && !token.isCancellationRequested ? answer : undefined;
    } catch {
      return undefined;
    }
  }

  #typesOf(flow: FlowDocument): FlowTypes {
    let types = this.#types.get(flow);
    if (!types) this.#types.set(flow, (types = new FlowTypes(flow)));
    return types;
  }

  #secretsOf(project: Project): readonly SecretName[] {
    let names = this.#secretNames.get(project);
    if (!names) this.#secretNames.set(project, (names = [...project.secrets.values()]));
    return names;
  }
}

function rangeOf(flow: FlowDocument, { value, segment }: PlacedExpression, span: Span): Range {
  return flow.range(segment, value.scalar.spanToSource(span));
}
