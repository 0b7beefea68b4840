/** What the debugger can do, as it tells a client at the beginning. */
import type { DebugProtocol } from '@vscode/debugprotocol';

export const CAPABILITIES: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsBreakpointLocationsRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsDataBreakpoints: true,
  supportsDelayedStackTraceLoading: true,
  supportsEvaluateForHovers: true,
  supportsClipboardContext: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['.'],
  supportsExceptionInfoRequest: true,
  supportsRestartFrame: true,
  supportsRestartRequest: true,
  supportsSetVariable: true,
  supportsSetExpression: true,
  supportsTerminateRequest: true,
  supportTerminateDebuggee: true,
  exceptionBreakpointFilters: [
    {
      filter: 'all',
      label: 'All failures',
      description: 'Stops at every event that a block cannot handle.',
      default: false,
    },
    {
      filter: 'uncaught',
      label: 'Uncaught failures',
      description: 'Stops at failures of blocks without an errorHandler.',
      default: true,
    },
  ],
};
