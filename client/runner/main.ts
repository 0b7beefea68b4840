/**
 * Entry of the runner process. Started by RunnerHost (host.ts) with an IPC channel; runs one flow; ends with its parent.
 */
import path from 'node:path';
import { PROTOCOL_VERSION, type Request, type RunnerMessage } from './protocol.js';
import { Run } from './run.js';
import { prepareSandbox } from './sandboxProcess.js';

const sandbox = { execPath: process.execPath, script: path.join(__dirname, 'sandbox.js') };
let run: Run | undefined;
let ending = false;

function send(message: RunnerMessage): void {
  // A parent that is gone hears nothing; `disconnect` ends the process.
  if (process.connected) process.send!(message, undefined, undefined, () => undefined);
}

/** Errors may hold anything: they leave redacted, or, before there is a redactor, without their text. */
function safeMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return run ? run.redact(text) : text;
}

async function answer(request: Request): Promise<unknown> {
  if (request.version !== PROTOCOL_VERSION) {
    throw new Error(
      `The runner speaks version ${PROTOCOL_VERSION}, its parent version ${request.version}. Reload the window.`,
    );
  }
  if (request.method === 'start') {
    if (run) throw new Error('This runner has a flow already.');
    run = new Run(request.params, {
      execPath: sandbox.execPath,
      sandboxScript: sandbox.script,
      send: (runId, text, skipped) => send({ type: 'events', runId, text, skipped }),
      idle: (status) => send({ type: 'idle', status }),
      children: (pids) => send({ type: 'children', pids }),
      paused: (pause) => send({ type: 'paused', pause }),
      resumed: () => send({ type: 'resumed' }),
    });
    return run.start();
  }
  // Whoever has changed their mind before the start has nothing to wait for.
  if (!run && request.method === 'stop') return undefined;
  if (!run) throw new Error('No flow is running.');
  switch (request.method) {
    case 'debugEvent':
      return run.sender.debugEvent(request.params);
    case 'reEmit':
      return run.sender.reEmit(request.params);
    case 'skipSleep':
      return { skipped: run.skipSleep(request.params.id) };
    case 'advance':
      return { now: await run.advance(request.params) };
    case 'status':
      return run.status();
    case 'events':
      return { events: run.inspector.events(request.params) };
    case 'event':
      return { event: run.inspector.event(request.params.id) };
    case 'inspect':
      return { inspection: await run.inspector.inspect(request.params.id) };
    case 'evaluate':
      return run.inspector.evaluate(request.params);
    case 'evaluateInside':
      return run.debug.evaluateInside(request.params);
    case 'variables':
      return run.debug.variables(request.params);
    case 'setBreakpoints':
      return run.debug.setBreakpoints(request.params);
    case 'pause':
      run.debug.pause();
      return {};
    case 'resume':
      run.debug.resume(request.params.step);
      return {};
    case 'drop':
      run.debug.drop(request.params.step);
      return {};
    case 'setData':
      return run.debug.setData(request.params);
    case 'setSignal':
      return { restarted: await run.setSignal(request.params) };
    case 'stop':
      return run.stop();
    default:
      throw new Error(`The runner knows no request "${(request as Request).method}".`);
  }
}

process.on('message', (message: Request) => {
  answer(message).then(
    (result) => {
      send({ type: 'result', id: message.id, result });
      if (message.method === 'stop') void end(0);
    },
    (error: unknown) => send({ type: 'error', id: message.id, message: safeMessage(error) }),
  );
});
process.on('disconnect', () => void end(0));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end(0));
process.on('uncaughtException', (error) => {
  process.stderr.write(`${run ? run.redact(error.stack ?? error.message) : error.name}\n`);
  void end(1);
});

async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  await Promise.race([run?.stop(), new Promise((resolve) => setTimeout(resolve, 1_000))]);
  // The channel is emptied first, so that the last answer arrives.
  if (process.connected) process.disconnect();
  process.exit(code);
}

// While the parent gets the flow and its secrets together.
prepareSandbox(sandbox);
send({ type: 'ready', version: PROTOCOL_VERSION });
