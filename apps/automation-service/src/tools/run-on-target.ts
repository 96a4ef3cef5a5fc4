import { ToolFailure } from '@opsmesh/contracts';
import type { ToolContext } from '@opsmesh/worker-runtime';
import type { HostOutcome } from '../ssh/outcome.js';
import { UnquotableText } from '../ssh/posix-quote.js';
import type { RemoteCommand } from '../ssh/remote-program.js';
import type { SshClient } from '../ssh/ssh-client.js';

export interface TargetCommand {
  readonly command: RemoteCommand;
  /** Most bytes kept of each output stream. */
  readonly maxOutputBytes: number;
  readonly idleMs?: number | undefined;
}

/** A host's outcome, with the host's name and the time it took in milliseconds. */
export interface TargetOutcome {
  readonly host: string;
  readonly outcome: HostOutcome;
  readonly durationMs: number;
  /** The attempt was aborted because this process ends. */
  readonly workerStopped: boolean;
}

/** Most characters of stdout told live, over all messages of an attempt, and in one message. */
const LIVE_CHARACTERS = 64 * 1024;
const LIVE_MESSAGE = 16_000;

/**
 * Runs a command on the target of an attempt with the attempt's credential.
 * @throws ToolFailure when there is no SSH connection or credential, the grant has expired, or the command can be no shell text
 */
export async function runOnTarget(ssh: SshClient, context: ToolContext, what: TargetCommand): Promise<TargetOutcome> {
  const { connection } = context;
  if (connection?.protocol !== 'ssh') throw new ToolFailure('target-refused', 'the target has no SSH connection');
  const credential = await context.credential();
  if (credential.kind !== 'ssh') throw new ToolFailure('credential-unavailable', 'the credential of the target is not for SSH');
  const begin = performance.now();
  let told = 0;
  try {
    const outcome = await ssh.run({
      tenantId: context.tenantId,
      connection,
      credential,
      command: what.command,
      maxOutputBytes: what.maxOutputBytes,
      idleMs: what.idleMs,
      deadline: context.deadline,
      signal: context.signal,
      beforeStart: () => context.assertGrant(),
      onOutput: (stream, text) => {
        if (stream !== 'stdout' || told >= LIVE_CHARACTERS) return;
        const live = text.slice(0, LIVE_CHARACTERS - told);
        told += live.length;
        for (let i = 0; i < live.length; i += LIVE_MESSAGE) context.progress({ message: live.slice(i, i + LIVE_MESSAGE) });
      },
    });
    const reason: unknown = context.signal.reason;
    const workerStopped = reason instanceof ToolFailure && reason.failure.code === 'worker-lost';
    return { host: connection.hostname, outcome, durationMs: Math.round(performance.now() - begin), workerStopped };
  } catch (error) {
    if (error instanceof UnquotableText) throw new ToolFailure('input-invalid', `the command cannot be run: ${error.message}`);
    throw error;
  }
}
