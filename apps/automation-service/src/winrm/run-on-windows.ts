import { ToolFailure } from '@opsmesh/contracts';
import type { ToolContext } from '@opsmesh/worker-runtime';
import { liveOutput, workerStopped } from '../tools/live-output.js';
import type { TargetOutcome } from '../tools/run-on-target.js';
import type { PowerShellClient, PowerShellRequest } from './powershell-client.js';

/** A script for the target of an attempt; fields as in {@link PowerShellRequest}. */
export type WindowsScript = Pick<PowerShellRequest, 'run' | 'maxOutputBytes' | 'idleMs' | 'stdout'>;

/** What of an attempt's context a script needs. */
export type WindowsContext = Pick<ToolContext, 'tenantId' | 'connection' | 'credential' | 'deadline' | 'signal' | 'assertGrant' | 'progress'>;

/**
 * Runs a PowerShell script on the target of an attempt with the attempt's credential. Stdout is told live when it is text.
 * @throws ToolFailure when there is no WinRM connection or credential, the grant has expired, or the script can't be sent
 */
export async function runOnWindows(client: PowerShellClient, context: WindowsContext, what: WindowsScript): Promise<TargetOutcome> {
  const { connection } = context;
  if (connection?.protocol !== 'winrm') throw new ToolFailure('target-refused', 'the target has no WinRM connection');
  const credential = await context.credential();
  if (credential.kind !== 'winrm') throw new ToolFailure('credential-unavailable', 'the credential of the target is not for WinRM');
  const begin = performance.now();
  const live = what.stdout === 'text' ? liveOutput(context) : undefined;
  try {
    const outcome = await client.run({
      ...what,
      tenantId: context.tenantId,
      connection,
      credential,
      deadline: context.deadline,
      signal: context.signal,
      beforeStart: () => context.assertGrant(),
      ...(live ? { onOutput: live } : {}),
    });
    return { host: connection.hostname, outcome, durationMs: Math.round(performance.now() - begin), workerStopped: workerStopped(context) };
  } finally {
    live?.end();
  }
}
