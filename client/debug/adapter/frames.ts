/** A pause as a stack: the calls inside an expression, if it stands in one, where the run stands, then the event that led there, its cause, the cause's cause, … */
import type { InsideFrame, Pause, Place, SignalName } from '../../runner/protocol.js';
import { member } from './paths.js';

export interface Frame {
  /** Grows over the pauses of a session: one of an earlier pause is never mistaken for another. */
  readonly id: number;
  readonly name: string;
  readonly block: string;
  readonly input?: string;
  readonly output?: string;
  /** The block has not handled the event yet, or could not: nothing has been emitted. */
  readonly standing: boolean;
  /** Sent by a person, by no block. */
  readonly debug: boolean;
  /** The event whose data the frame shows; undefined for a failure without one. */
  readonly event?: string;
  /** A call inside an expression, by its index, and where it is. */
  readonly inside?: { readonly index: number; readonly place: Place };
  /** What has changed. */
  readonly signal?: NonNullable<Pause['signal']>;
}

/** @param first id of the topmost frame */
export function framesOf({ at, block, input, inside = [], signal, chain }: Pause, first: number): Frame[] {
  const frames: Omit<Frame, 'id'>[] = [];
  if (signal) {
    frames.push({ name: signalPath(signal), block, standing: true, debug: false, signal });
  } else if (at !== 'output') {
    const own = {
      block,
      standing: true,
      debug: false,
      ...(input !== undefined && { input }),
      ...(chain[0] && { event: chain[0].id }),
    };
    for (const [index, call] of inside.entries())
      frames.push({ ...own, name: callName(call), inside: { index, place: call.place } });
    frames.push({ ...own, name: blockName(at, block, input, chain.length > 0) });
  }
  for (const event of chain) {
    const debug = event.output === undefined;
    frames.push({
      name: debug
        ? `Debug event to ${event.block} ← ${event.input ?? 'input'}`
        : `${event.block} → ${event.output}`,
      block: event.block,
      standing: false,
      debug,
      event: event.id,
      ...(event.output !== undefined && { output: event.output }),
      ...(event.input !== undefined && { input: event.input }),
    });
  }
  return frames.map((frame, i) => ({ ...frame, id: first + i }));
}

/** As expressions write it. */
export function signalPath({ owner, signal }: SignalName): string {
  return member(member('signals', owner), signal);
}

function callName({ name, path }: InsideFrame): string {
  return name === '' ? path : `${name === '(anonymous)' ? '(anonymous)' : `${name}()`} in ${path}`;
}

/** @param caused an event has led there */
function blockName(at: Pause['at'], block: string, input: string | undefined, caused: boolean): string {
  if (at === 'failure') return `${block} ✗ ${input ?? (caused ? 'input' : 'start')}`;
  return at === 'inside' && input === undefined ? `${block} → output` : `${block} ← ${input ?? 'input'}`;
}

/** Id of the event that a block has handled, or is about to, on the way to the pause; undefined when it is not on it. */
export function handledBy({ at, block, chain }: Pause, name: string): string | undefined {
  if (at !== 'output' && block === name) return chain[0]?.id;
  const emitted = chain.findIndex((event) => event.block === name && event.output !== undefined);
  return emitted < 0 ? undefined : chain[emitted + 1]?.id;
}

/** What has happened, for the headline of a stopped thread. */
export function describePause({ reason, at, block, input, output, signal, chain }: Pause): string {
  const why = { breakpoint: 'breakpoint', step: 'step', pause: 'pause', entry: 'entry', failure: 'failure' }[
    reason
  ];
  switch (at) {
    case 'input':
      return `Paused on ${why}: “${block}” is about to handle an event on ${input ?? 'its input'}`;
    case 'signal':
      return `Paused on ${why}: ${signalPath(signal!)} has another value`;
    case 'inside':
      return `Paused on ${why}: inside an expression of “${block}”`;
    case 'output':
      return `Paused on ${why}: “${block}” has emitted on ${output ?? 'an output'}`;
    case 'failure':
      return `Paused on ${why}: “${block}” has failed${chain.length === 0 ? ' at its start' : ''}`;
  }
}
