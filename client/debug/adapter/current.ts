/** What the parts of a session share: the run, the flow's text, and where the run stands. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import path from 'node:path';
import { FlowDocument } from '../../../flow/document.js';
import type { RunnerHost } from '../../runner/host.js';
import type { Inspection, Pause, RunInfo, RunnerMethods, RunOptions } from '../../runner/protocol.js';
import type { Frame } from './frames.js';
import type { Launch } from './launch.js';

/** What a session needs of the program it runs in. */
export interface DebugHost {
  /** Text of the flow as it stands in the editor. @throws Error for people. */
  read(flow: string): Promise<string>;
  /**
   * Starts the flow with its secrets.
   * @returns undefined when it may not be run, or the person has cancelled: that has been said then. @throws Error for people.
   */
  start(launch: Launch, debug: DebugOptions): Promise<DebuggedRun | undefined>;
}

/** Options of a run that can be paused; none of a run without debugging. */
export type DebugOptions = Pick<RunOptions, 'debug' | 'stopOnEntry' | 'breakpoints' | 'failures'>;

export interface DebuggedRun {
  readonly host: RunnerHost;
  readonly info: RunInfo;
  /** The text that runs. */
  readonly text: string;
  stop(): Promise<void>;
}

export interface Paused {
  readonly pause: Pause;
  readonly frames: readonly Frame[];
  readonly inspections: Map<string, Promise<Inspection>>;
  /** Of calls inside the expression that it stands in, by their index. */
  readonly variables: Map<number, Promise<RunnerMethods['variables']['result']>>;
}

export class Current {
  launched: Launch | undefined;
  run: DebuggedRun | undefined;
  paused: Paused | undefined;
  /** The file as it stands. */
  flow = new FlowDocument('');
  /** The file is not what runs any more. */
  stale = false;
  lastEvent: string | undefined;

  running(): DebuggedRun {
    if (!this.run) throw new Error('The run has ended.');
    return this.run;
  }

  /** What the client knows the flow by. */
  source(): DebugProtocol.Source {
    const { flow } = this.launched!;
    return { name: path.basename(flow), path: flow };
  }

  frame(id: number): Frame {
    const frame = this.paused?.frames.find((one) => one.id === id);
    if (!frame) throw new Error('The run has gone on: this frame is gone.');
    return frame;
  }
}

/** What the session's parts say to the client. */
export type Say = (event: DebugProtocol.Event) => void;
