import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { WinRmError, winRmClient, type Json, type RunOptions, type RunResult, type WinRmClient, type WinRmShell } from '@opsmesh/winrm';
import { interruptedWhileWaiting, interruptible } from '../host/interruption.js';
import type { Interruption } from '../ssh/execution.js';
import { HostLimits, type HostLimitOptions } from '../ssh/host-limits.js';
import type { HostOutcome } from '../ssh/outcome.js';
import { OutputCollector } from '../ssh/output-collector.js';
import { redactText } from '../ssh/redaction.js';
import { DEFAULT_WINDOWS_POOL, WindowsConnectionPool, type WindowsLease, type WindowsPoolOptions } from './connection-pool.js';
import { outcomeOfRefusal, outcomeOfRun } from './winrm-outcome.js';
import { windowsSecretsOf, type WindowsTarget } from './windows-target.js';

/** A script for Windows PowerShell. */
export interface PowerShellScript {
  readonly script: string;
  /** The variable `$data` in the script. */
  readonly data?: Json;
  /** `stdin`: script and data stay out of the host's process list, whatever their length. */
  readonly deliver: 'auto' | 'stdin';
  readonly workingDirectory?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Text for the script's stdin. */
  readonly stdin?: string;
}

/** One script for one host. */
export interface PowerShellRequest extends WindowsTarget {
  readonly run: PowerShellScript;
  /** Most bytes kept of each output stream. */
  readonly maxOutputBytes: number;
  /** Longest time without output, in milliseconds; no limit when undefined. */
  readonly idleMs?: number | undefined;
  /** When the script must be over, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Aborted to cancel; a ToolFailure `timed-out` as its reason means that the time is over. */
  readonly signal: AbortSignal;
  /** `document`: stdout is a document in which a mask would break more than a text; whoever reads it takes out the secrets. */
  readonly stdout: 'text' | 'document';
  /** Awaited right before the script is sent; may throw to forbid it. */
  beforeStart(): void | Promise<void>;
  /** Redacted output as it comes; while a promise it gives is open nothing more is read. */
  onOutput?(stream: 'stdout' | 'stderr', text: string): void | Promise<void>;
}

export interface PowerShellClientOptions {
  readonly client?: WinRmClient;
  readonly limits?: HostLimitOptions;
  readonly pool?: WindowsPoolOptions;
}

/**
 * `channels` are shells at once on one host. Stock Windows allows 30 a user (MaxShellsPerUser); some are left to others of the same name.
 * `global` is over all hosts.
 */
export const DEFAULT_WINDOWS_LIMITS: HostLimitOptions = { global: 100, handshakes: 8, channels: 25 };

/** Longest time a result waits for its shell to be deleted, in milliseconds. A host that does not answer that keeps no result back. */
const CLOSE_MS = 1000;

/** Tries to get a script to a host when a kept connection turns out dead. */
const DEAD_CONNECTIONS = 12;

/** What became of one try: an outcome, or that nothing was started and why. */
type Try = { readonly kind: 'outcome'; readonly outcome: HostOutcome } | { readonly kind: 'not-started'; readonly error: WinRmError; readonly reused: boolean };

/**
 * Runs scripts on Windows hosts over WinRM.
 * 1. A script is sent at most once. Everything that is tried again happened before it was sent, or the host said that it did not take it.
 * 2. `ok` needs exit code 0 from the host; what ends later than the sending and is not our doing is `connection-lost`.
 * 3. Timeout and cancel end the script with Signal and Delete, and say whether that is confirmed.
 * 4. Each script has a shell, and each shell a connection, of its own. A host's shell quota is waited for, within the deadline.
 */
@Injectable()
export class PowerShellClient implements OnApplicationShutdown {
  private readonly limits: HostLimits;
  readonly pool: WindowsConnectionPool;

  constructor(options: PowerShellClientOptions = {}) {
    this.limits = new HostLimits(options.limits ?? DEFAULT_WINDOWS_LIMITS);
    this.pool = new WindowsConnectionPool(options.client ?? winRmClient, this.limits, options.pool ?? DEFAULT_WINDOWS_POOL);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }

  /** @throws what `beforeStart` throws, and ToolFailure for a credential or a script that can't be sent; everything else is an outcome */
  run(request: PowerShellRequest): Promise<HostOutcome> {
    return interruptible(request, async (interrupt) => {
      try {
        const { address, port } = request.connection;
        const release = await this.limits.command(`${address}:${port}`, interrupt);
        try {
          return await this.send(request, interrupt);
        } finally {
          release();
        }
      } catch (error) {
        if (interrupt.aborted && error === interrupt.reason) return interruptedWhileWaiting(error as Interruption);
        throw error;
      }
    });
  }

  private async send(request: PowerShellRequest, interrupt: AbortSignal): Promise<HostOutcome> {
    const redact = (text: string) => redactText(text, windowsSecretsOf(request.credential));
    for (let n = 1; ; n++) {
      const end = await this.tryOnce(request, interrupt);
      if (end.kind === 'outcome') return end.outcome;
      const { error, reused } = end;
      const again = error.code === 'quota' || (reused && n < DEAD_CONNECTIONS);
      if (!again) return outcomeOfRefusal(error, { redact });
      // A quota is somebody's shell that has to end first; a dead connection is just left.
      if (error.code === 'quota') await wait(Math.random() * Math.min(1000, 50 * 2 ** n), undefined, { signal: interrupt }).catch(() => { throw interrupt.reason as Error; });
    }
  }

  private async tryOnce(request: PowerShellRequest, interrupt: AbortSignal): Promise<Try> {
    let reused = false;
    try {
      const lease = await this.pool.acquire(request, interrupt);
      reused = lease.reused;
      const shell = await this.open(lease, request, interrupt);
      try {
        return await this.runIn(shell, request, { interrupt, reused });
      } finally {
        const closed = shell.close().finally(() => lease.release());
        await Promise.race([closed, wait(CLOSE_MS, undefined, { ref: false })]);
      }
    } catch (error) {
      if (!(error instanceof WinRmError)) throw error;
      if (error.code === 'cancelled' && interrupt.aborted) throw interrupt.reason;
      return { kind: 'not-started', error, reused };
    }
  }

  private async open({ connection, release }: WindowsLease, { run: { workingDirectory, env } }: PowerShellRequest, signal: AbortSignal): Promise<WinRmShell> {
    try {
      return await connection.openShell({ signal, ...(workingDirectory === undefined ? {} : { workingDirectory }), ...(env === undefined ? {} : { env }) });
    } catch (error) {
      release();
      throw error;
    }
  }

  private async runIn(shell: WinRmShell, request: PowerShellRequest, { interrupt, reused }: { readonly interrupt: AbortSignal; readonly reused: boolean }): Promise<Try> {
    const secrets = windowsSecretsOf(request.credential);
    const { script, data, deliver, stdin } = request.run;
    const stdout = this.collect(request, 'stdout', request.stdout === 'text' ? secrets : []);
    const stderr = this.collect(request, 'stderr', secrets);
    interrupt.throwIfAborted();
    await request.beforeStart();
    interrupt.throwIfAborted();
    const result = await sent({
      script, deliver, maxOutputBytes: request.maxOutputBytes, signal: interrupt,
      onStdoutBytes: (bytes) => stdout.push(bytes),
      onStderr: (text) => stderr.push(Buffer.from(text, 'utf8')),
      ...(data === undefined ? {} : { data }),
      ...(stdin === undefined ? {} : { stdin }),
      ...(request.idleMs === undefined ? {} : { idleMs: request.idleMs }),
    }, shell);
    if (isRepeatable(result)) return { kind: 'not-started', error: result.error, reused };
    // Where the host's output was cut, what is held back may be the beginning of a secret: it is dropped.
    if (!result.truncated) for (const one of [stdout, stderr]) one.end();
    const output = { stdout: stdout.text, stderr: stderr.text, truncated: result.truncated || stdout.truncated || stderr.truncated };
    const interruption = interrupt.aborted ? interrupt.reason as Interruption : undefined;
    return { kind: 'outcome', outcome: outcomeOfRun(result, { output, interruption, redact: (text) => redactText(text, secrets) }) };
  }

  private collect(request: PowerShellRequest, stream: 'stdout' | 'stderr', secrets: readonly string[]): OutputCollector {
    const { maxOutputBytes: maxBytes, onOutput } = request;
    return new OutputCollector({ maxBytes, secrets, ...(onOutput ? { onText: (text: string) => onOutput(stream, text) } : {}) });
  }
}

/** @throws ToolFailure `input-invalid` for what can be no script, such as one with NUL in it */
async function sent(options: RunOptions, shell: WinRmShell): Promise<RunResult> {
  try {
    return await shell.run(options);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw new ToolFailure('input-invalid', `the script cannot be sent: ${error.message}`);
    throw error;
  }
}

/** Whether the host did not take the script, for a reason that is over with another shell or connection. */
function isRepeatable(result: RunResult): result is Extract<RunResult, { kind: 'failed' }> {
  return result.kind === 'failed' && result.stop === 'not-started' && result.error.code !== 'cancelled' && result.error.code !== 'timed-out';
}
