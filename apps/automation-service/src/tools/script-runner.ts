import type { ConnectionDto } from '@opsmesh/contracts';
import type { ToolContext } from '@opsmesh/worker-runtime';
import type { RunScriptInput, RunScriptOutput } from './run-script.dto.js';

/**
 * How the tool `run-script` brings a script to the hosts of one protocol, runs it there and takes it away again.
 * Choosing the runner, and the rules that hold for every protocol, are the tool's.
 */
export interface ScriptRunner {
  readonly protocol: ConnectionDto['protocol'];
  /** @throws ToolFailure for every end but exit code 0 */
  run(input: RunScriptInput, context: ToolContext): Promise<RunScriptOutput>;
}

/** Injection token of all script runners, one for each protocol. */
export const SCRIPT_RUNNERS = Symbol('automation-service.script-runners');
