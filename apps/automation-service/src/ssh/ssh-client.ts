import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { interruptedWhileWaiting, interruptible } from '../host/interruption.js';
import type { Hop } from './connect.js';
import { ConnectFailure } from './connect-failure.js';
import type { ConnectionLease } from './connection-lease.js';
import { ConnectionPool, DEFAULT_POOL, placeOf, type PoolOptions } from './connection-pool.js';
import { secretsOf } from './credential-secrets.js';
import { execute } from './exec-channel.js';
import type { ExecutionEnd, Interruption, OutputStream } from './execution.js';
import { DEFAULT_HOST_LIMITS, HostLimits, type HostLimitOptions } from './host-limits.js';
import type { HostOutcome, Stop } from './outcome.js';
import { redactText } from './redaction.js';
import type { RemoteCommand } from './remote-program.js';
import { STOP_MS, stopRemote } from './stop-remote.js';
import type { ProcessGroup } from './stop-script.js';
import type { Sudo } from './sudo.js';

/** One command for one host. */
export interface SshRequest extends Hop {
  readonly tenantId: string;
  /** Jump hosts on the way, nearest to us first. */
  readonly via?: readonly Hop[] | undefined;
  readonly command: RemoteCommand;
  /** Run the command as this user by sudo, with a password of the credential. */
  readonly sudo?: { readonly user: string } | undefined;
  /** Give the command a terminal; stdin can't be given then, and stderr comes with stdout. */
  readonly pty?: boolean | undefined;
  /** Most bytes kept of each output stream. */
  readonly maxOutputBytes: number;
  /** Longest time without output, in milliseconds; no limit when undefined. */
  readonly idleMs?: number | undefined;
  /** When the command must be over, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Aborted to cancel; a ToolFailure `timed-out` as its reason means that the time is over. */
  readonly signal: AbortSignal;
  /** Awaited right before the command is sent; may throw to forbid it. */
  beforeStart(): void | Promise<void>;
  /** Redacted output as it comes; while a promise it gives is open the stream is not read. */
  onOutput?(stream: OutputStream, text: string): void | Promise<void>;
}

export interface SshClientOptions {
  readonly limits?: HostLimitOptions;
  readonly pool?: PoolOptions;
}

/** Tries to get a command to a host when a kept connection turns out dead or the host has no channel free; nothing was sent then. */
const SEND_TRIES = 12;
/** Of these, tries on connections on which no shell answers: the first may be dead, on a second one it is the login shell that waits. */
const SILENT_TRIES = 2;

/**
 * Runs commands over SSH.
 * 1. A command is sent at most once. Everything that is tried again happened before it was sent.
 * 2. `ok` needs exit status 0 from the host; a connection lost later than the sending is `connection-lost`.
 * 3. Timeout and cancel stop the remote process tree and say whether that is confirmed.
 */
@Injectable()
export class SshClient implements OnApplicationShutdown {
  private readonly limits: HostLimits;
  private readonly connectMs: number;
  readonly pool: ConnectionPool;

  constructor(options: SshClientOptions = {}) {
    const pool = options.pool ?? DEFAULT_POOL;
    this.connectMs = pool.connectMs;
    this.limits = new HostLimits(options.limits ?? DEFAULT_HOST_LIMITS);
    this.pool = new ConnectionPool(this.limits, pool);
  }

  onApplicationShutdown(): void {
    this.pool.close();
  }

  /** Throws what `beforeStart` throws, and UnquotableText for a command that no shell can take; everything else is an outcome. */
  async run(request: SshRequest): Promise<HostOutcome> {
    return interruptible(request, async (interrupt) => {
      try {
        const release = await this.limits.command(placeOf(request), interrupt);
        try {
          return await this.send(request, interrupt);
        } finally {
          release();
        }
      } catch (error) {
        if (error instanceof ConnectFailure) return { kind: error.kind, detail: redactText(error.message, secretsOf([request, ...(request.via ?? [])])) };
        if (interrupt.aborted && error === interrupt.reason) return interruptedWhileWaiting(error as Interruption);
        throw error;
      }
    });
  }

  private async send(request: SshRequest, interrupt: AbortSignal): Promise<HostOutcome> {
    for (let n = 1, silent = 0; ; n++) {
      const lease = await this.pool.acquire(request, interrupt);
      let end: ExecutionEnd | undefined;
      try {
        end = await execute(lease.client, {
          command: request.command,
          maxOutputBytes: request.maxOutputBytes,
          secrets: lease.secrets,
          sudo: sudoOf(request),
          pty: request.pty === true,
          startMs: this.connectMs,
          idleMs: request.idleMs,
          interrupt,
          beforeStart: () => request.beforeStart(),
          stop: (group) => this.stop(request, lease, group),
          ...(request.onOutput ? { onOutput: request.onOutput.bind(request) } : {}),
        });
      } finally {
        lease.release(end?.kind === 'lost' || (end?.kind === 'not-sent' && (end.cause === 'connection' || end.cause === 'silent')) ? 'broken' : 'keep');
      }
      if (end.kind !== 'not-sent' || end.cause === 'no-shell' || end.cause === 'sudo-refused' || n === SEND_TRIES) return outcomeOf(end, lease.secrets);
      if (end.cause === 'silent' && ++silent === SILENT_TRIES) return outcomeOf({ ...end, detail: `${end.detail}, twice: what the login shell begins with may wait for something` }, lease.secrets);
      await wait(Math.random() * Math.min(1000, 50 * 2 ** n), undefined, { signal: interrupt }).catch(() => { throw interrupt.reason as Error; });
    }
  }

  /** Stops by the command's own connection, or by a new one if that has ended. */
  private async stop(request: SshRequest, lease: ConnectionLease, group: ProcessGroup): Promise<Stop> {
    const options = { end: performance.now() + STOP_MS, sudo: sudoOf(request) };
    const stop = lease.alive() ? await stopRemote(lease.client, group, options) : undefined;
    if (stop && (stop.state !== 'unconfirmed' || lease.alive())) return stop;
    try {
      const fresh = await this.pool.acquire(request, AbortSignal.timeout(Math.max(0, Math.floor(options.end - performance.now()))));
      try {
        return await stopRemote(fresh.client, group, options);
      } finally {
        fresh.release('keep');
      }
    } catch (error) {
      return { state: 'unconfirmed', detail: `the connection was lost and could not be made again: ${(error as Error).message}` };
    }
  }
}

function outcomeOf(end: ExecutionEnd, secrets: readonly string[]): HostOutcome {
  switch (end.kind) {
    case 'exited':
      return end.code === 0 ? { kind: 'ok', output: end.output } : { kind: 'nonzero', exitCode: end.code, output: end.output };
    case 'signalled':
      return { kind: 'signal', signal: end.signal, output: end.output };
    case 'lost':
      return { kind: 'connection-lost', detail: end.detail, output: end.output };
    case 'not-sent':
      return { kind: NOT_SENT[end.cause], detail: redactText(end.detail, secrets) };
    case 'interrupted':
      return { ...end.by, stop: end.stop, output: end.output };
  }
}

const NOT_SENT = { 'connection': 'unreachable', 'silent': 'unreachable', 'channel-refused': 'unreachable', 'no-shell': 'target-refused', 'sudo-refused': 'auth-failed' } as const;

function sudoOf({ sudo, credential }: SshRequest): Sudo | undefined {
  return sudo && { user: sudo.user, password: credential.sudoPassword ?? credential.password };
}
