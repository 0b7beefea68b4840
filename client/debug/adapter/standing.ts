/** Where the run stands, as the client asks for it: the headline, the stack with its lines, the failure. */
import { StoppedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { blockLines, stopPlaceAt } from '../../../flow/breakpoints.js';
import type { Pause } from '../../runner/protocol.js';
import type { Breakpoints } from './breakpoints.js';
import type { Current } from './current.js';
import { describePause, framesOf, type Frame } from './frames.js';

/** The one thread of a session. */
export const THREAD = 1;

const REASONS = {
  breakpoint: 'breakpoint',
  step: 'step',
  pause: 'pause',
  entry: 'entry',
  failure: 'exception',
} as const;

export class Standing {
  private lastFrame = 0;

  constructor(
    private readonly current: Current,
    private readonly breakpoints: Breakpoints,
  ) {}

  /** The run has come to a stand. @param restarted by a frame that was started again. */
  stopped(pause: Pause, restarted: boolean): DebugProtocol.StoppedEvent {
    const frames = framesOf(pause, this.lastFrame + 1);
    this.lastFrame += frames.length;
    this.current.paused = { pause, frames, inspections: new Map(), variables: new Map() };
    const event: DebugProtocol.StoppedEvent = new StoppedEvent(
      restarted ? 'restart' : pause.at === 'signal' ? 'data breakpoint' : REASONS[pause.reason],
      THREAD,
    );
    Object.assign(event.body, {
      description: describePause(pause),
      allThreadsStopped: true,
      ...(pause.error && { text: `${pause.error.name}: ${pause.error.message}` }),
      ...(pause.breakpoints.length > 0 && { hitBreakpointIds: this.breakpoints.idsOf(pause.breakpoints) }),
    });
    return event;
  }

  stackTrace({
    startFrame = 0,
    levels = 0,
  }: DebugProtocol.StackTraceArguments): DebugProtocol.StackTraceResponse['body'] {
    const { paused } = this.current;
    if (!paused) return { stackFrames: [], totalFrames: 0 };
    const { frames, pause } = paused;
    const end = levels > 0 ? startFrame + levels : frames.length;
    return {
      totalFrames: frames.length,
      stackFrames: frames
        .slice(startFrame, end)
        .map((frame) => this.stackFrame(frame, frame === frames[0] ? pause : undefined)),
    };
  }

  /** @param pause that of the topmost frame */
  private stackFrame(frame: Frame, pause: Pause | undefined): DebugProtocol.StackFrame {
    const line = this.lineOf(frame, pause);
    const { paused, stale } = this.current;
    return {
      id: frame.id,
      name: frame.name,
      line: line === undefined ? 0 : line + 1,
      column: line === undefined ? 0 : frame.inside && !stale ? frame.inside.place.column : 1,
      // What comes of an expression has to come of it first.
      canRestart: frame.event !== undefined && paused?.pause.at !== 'inside',
      ...(line !== undefined && { source: this.current.source() }),
      ...(frame.debug && { presentationHint: 'subtle' }),
    };
  }

  /** Zero-based; undefined when the block is no longer in the file. */
  private lineOf(frame: Frame, pause: Pause | undefined): number | undefined {
    const { block, output, standing, inside } = frame;
    const { flow, stale } = this.current;
    const lines = blockLines(flow, block);
    if (!lines) return undefined;
    if (inside) return stale ? lines.name : inside.place.line - 1;
    if (pause?.error?.place && !stale) return pause.error.place.line - 1;
    if (pause) {
      // Where it was set, if that is still a line of this block.
      const line = this.breakpoints.lineOf(pause.breakpoints);
      const place = line === undefined ? undefined : stopPlaceAt(flow, line);
      if (place && 'block' in place && place.block === block && place.line === line) return line;
    }
    return standing || output === undefined ? lines.name : (lines.outputs.get(output) ?? lines.name);
  }

  failure(): DebugProtocol.ExceptionInfoResponse['body'] {
    const { paused } = this.current;
    const error = paused?.pause.error;
    if (!error) throw new Error('The run does not stand at a failure.');
    const { block } = paused.pause;
    const where = [error.path, error.place && `line ${error.place.line}, column ${error.place.column}`]
      .filter(Boolean)
      .join(', ');
    return {
      exceptionId: error.name,
      description: `“${block}” has failed: ${error.message}${where && ` (${where})`}`,
      breakMode: this.breakpoints.failures === 'all' ? 'always' : 'unhandled',
      details: {
        message: error.message,
        typeName: error.name,
        ...(error.stack.length > 0 && { stackTrace: error.stack.join('\n') }),
      },
    };
  }
}
