import { failureOf } from './outcome-failure.js';
import type { RunCommandOutput } from './run-command.dto.js';
import type { TargetOutcome } from './run-on-target.js';

/**
 * What a tool gives that runs a command of its caller, with `more` fields of its own.
 * @throws ToolFailure for every end but exit code 0, with the same fields as its output; `exitCode` is null then unless the host told one
 */
export function commandResult<M extends object>({ host, outcome, durationMs, workerStopped }: TargetOutcome, more: M): RunCommandOutput & M {
  const printed = 'output' in outcome ? outcome.output : { stdout: '', stderr: '', truncated: false };
  const result = { host, ...printed, durationMs, ...more };
  if (outcome.kind === 'ok') return { ...result, exitCode: 0 };
  throw failureOf(outcome, { host, workerStopped, output: { ...result, exitCode: outcome.kind === 'nonzero' ? outcome.exitCode : null } });
}
