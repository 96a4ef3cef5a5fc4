import { ToolFailure, type ConnectionDto } from '@opsmesh/contracts';
import type { ToolContext } from '@opsmesh/worker-runtime';
import type { Hop } from '../ssh/connect.js';
import type { CommandOutput, HostOutcome } from '../ssh/outcome.js';
import { posixQuote, UnquotableText } from '../ssh/posix-quote.js';
import type { RemoteCommand } from '../ssh/remote-program.js';
import type { SshClient } from '../ssh/ssh-client.js';
import { STOP_MS } from '../ssh/stop-remote.js';
import { liveOutput, workerStopped } from './live-output.js';
import { failureOf } from './outcome-failure.js';
import { sudoUser, type SudoInput } from './sudo-input.js';

export interface TargetCommand {
  readonly command: RemoteCommand;
  /** Most bytes kept of each output stream. */
  readonly maxOutputBytes: number;
  readonly idleMs?: number | undefined;
  readonly sudo?: SudoInput | undefined;
  readonly pty?: boolean | undefined;
  /** Tell those who watch what the command prints on stdout. */
  readonly live?: boolean;
}

/** A host's outcome, with the host's name and the time it took in milliseconds. */
export interface TargetOutcome {
  readonly host: string;
  readonly outcome: HostOutcome;
  readonly durationMs: number;
  /** The attempt was aborted because this process ends. */
  readonly workerStopped: boolean;
}

/** Most time to tidy up on a host, in milliseconds. */
const TIDY_MS = 4000;
/** Time from an abort to the end of all that is done on the host, the stop ({@link STOP_MS}) and the tidying together, in milliseconds: less than what an aborted attempt has to end. */
const ENDING_MS = STOP_MS + 800;

/** The target of one attempt, with the credentials of it and its jump hosts. */
export class SshTarget {
  private abortedAt = Infinity;

  private constructor(private readonly ssh: SshClient, private readonly context: ToolContext, private readonly route: Hop & { readonly via: readonly Hop[] }) {
    const { signal } = context;
    const onAbort = () => { this.abortedAt = performance.now(); };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  }

  /** @throws ToolFailure when there is no SSH connection or credential */
  static async of(ssh: SshClient, context: ToolContext): Promise<SshTarget> {
    const { connection } = context;
    if (connection?.protocol !== 'ssh') throw new ToolFailure('target-refused', 'the target has no SSH connection');
    const [target, ...via] = await Promise.all([hopOf(context, connection), ...(connection.via ?? []).map((hop) => hopOf(context, hop))]);
    return new SshTarget(ssh, context, { ...target, via });
  }

  get host(): string {
    return this.route.connection.hostname;
  }

  /** @throws ToolFailure when the grant has expired, or the command can be no shell text */
  async run(what: TargetCommand): Promise<TargetOutcome> {
    const { context } = this;
    const begin = performance.now();
    const live = liveOutput(context);
    try {
      const outcome = await this.ssh.run({
        ...this.route,
        tenantId: context.tenantId,
        command: what.command,
        sudo: sudoUser(what.sudo),
        pty: what.pty,
        maxOutputBytes: what.maxOutputBytes,
        idleMs: what.idleMs,
        deadline: context.deadline,
        signal: context.signal,
        beforeStart: () => context.assertGrant(),
        ...(what.live === true ? { onOutput: live } : {}),
      });
      return { host: this.host, outcome, durationMs: Math.round(performance.now() - begin), workerStopped: workerStopped(context) };
    } catch (error) {
      if (error instanceof UnquotableText) throw new ToolFailure('input-invalid', `the command cannot be run: ${error.message}`);
      throw error;
    } finally {
      live.end();
    }
  }

  /**
   * Runs a short script of our own that takes back what this attempt left there, also after its time, its grant or its cancelling; then in what is left of the
   * attempt's time of grace. True when it succeeded.
   */
  async tidy(script: string, sudo: SudoInput | undefined): Promise<boolean> {
    const now = performance.now();
    const leftMs = Math.max(0, Math.min(TIDY_MS, Math.min(this.abortedAt, this.context.deadline) + ENDING_MS - now));
    const outcome = await this.ssh.run({
      ...this.route, tenantId: this.context.tenantId, command: { script }, sudo: sudoUser(sudo), maxOutputBytes: 4096,
      deadline: now + leftMs, signal: AbortSignal.timeout(Math.floor(leftMs)), beforeStart: () => undefined,
    });
    return outcome.kind === 'ok';
  }
}

/**
 * Runs a command on the target of an attempt with the attempt's credential.
 * @throws ToolFailure when there is no SSH connection or credential, the grant has expired, or the command can be no shell text
 */
export async function runOnTarget(ssh: SshClient, context: ToolContext, what: TargetCommand): Promise<TargetOutcome> {
  return (await SshTarget.of(ssh, context)).run(what);
}

/** What a typed tool asks of a host. */
export interface Question extends Omit<TargetCommand, 'command' | 'live'> {
  readonly script: string;
  /** Exit codes beside 0 that are answers too. */
  readonly alsoFine?: readonly number[];
}

/** A host's answer to the script of a typed tool. */
export interface Answer extends CommandOutput {
  readonly host: string;
  readonly exitCode: number;
}

/**
 * The answer to a script whose output the tool reads; incomplete output is no answer.
 * @throws ToolFailure for every other outcome
 */
export async function ask(ssh: SshClient, context: ToolContext, { script, alsoFine = [], ...more }: Question): Promise<Answer> {
  const { host, outcome, workerStopped } = await runOnTarget(ssh, context, { ...more, command: { script: `export LC_ALL=C TZ=UTC\n${script}` } });
  if (outcome.kind !== 'ok' && !(outcome.kind === 'nonzero' && alsoFine.includes(outcome.exitCode))) {
    throw failureOf(outcome, { host, workerStopped, output: 'output' in outcome ? { host, ...outcome.output } : { host } });
  }
  if (outcome.output.truncated) throw new ToolFailure('limit-exceeded', `${host} printed more than ${more.maxOutputBytes} bytes: ask for less`);
  return { host, exitCode: outcome.kind === 'ok' ? 0 : outcome.exitCode, ...outcome.output };
}

/**
 * A value of an input as one word of the shell.
 * @throws ToolFailure `input-invalid`
 */
export function word(name: string, value: string): string {
  try {
    return posixQuote(value);
  } catch (error) {
    if (error instanceof UnquotableText) throw new ToolFailure('input-invalid', `${name}: ${error.message}`);
    throw error;
  }
}

/** The failure for output that is not what the program of a typed tool prints. */
export function unreadable(program: string, { host, stdout, stderr, truncated }: Answer): ToolFailure {
  return new ToolFailure('output-invalid', `${program} on ${host} printed something else than was expected`, { output: { host, stdout: stdout.slice(0, 4096), stderr: stderr.slice(0, 4096), truncated } });
}

async function hopOf(context: ToolContext, connection: ConnectionDto): Promise<Hop> {
  if (connection.protocol !== 'ssh') throw new ToolFailure('target-refused', `the jump host ${connection.hostname} has no SSH connection`);
  const credential = await (connection === context.connection ? context.credential() : context.credential(connection));
  if (credential.kind !== 'ssh') throw new ToolFailure('credential-unavailable', `the credential of ${connection.hostname} is not for SSH`);
  return { connection, credential };
}
