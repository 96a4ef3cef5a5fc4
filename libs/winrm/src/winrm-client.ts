import { setTimeout as delay } from 'node:timers/promises';
import { checkOptions } from './check-options.js';
import type { ConnectOptions } from './connect-options.js';
import type { RunOnceOptions, WinRmConnection } from './connection.js';
import { planCommand } from './shell/command-plan.js';
import { RemoteConnection } from './shell/remote-connection.js';
import { RunClock } from './shell/run-clock.js';
import type { RunResult } from './shell-options.js';
import { dial } from './transport/wire.js';
import { toWinRmError } from './winrm-error.js';

/** What services depend on, so that tests can give another one. */
export interface WinRmClient {
  /** @throws WinRmError; TypeError or RangeError for misuse, such as Basic without TLS. */
  connect(options: ConnectOptions): Promise<WinRmConnection>;
  /**
   * Connects, opens a shell, runs, deletes the shell, closes; a result waits at most 1 s for the last two. Every failure is a result; only misuse throws.
   * `signal` and `deadlineMs` cover all of it but those last two.
   */
  run(options: RunOnceOptions): Promise<RunResult>;
}

/** How long a result waits for its shell to be deleted, in ms. A host that does not answer that keeps no result back; the connection closes once it did, or after the time of a stop. */
const CLOSE_TIMEOUT_MS = 1000;

/** A logged-in connection. @throws WinRmError; TypeError or RangeError for misuse, such as Basic without TLS. */
export async function connectWinRm(options: ConnectOptions): Promise<WinRmConnection> {
  checkOptions(options);
  return new RemoteConnection(options, await dial(options, options.signal));
}

/** WinRmClient.run. */
export async function runOverWinRm(options: RunOnceOptions): Promise<RunResult> {
  checkOptions(options);
  planCommand(options);
  const { deadlineMs, ...run } = options;
  const clock = new RunClock({ ...(deadlineMs === undefined ? {} : { deadlineMs }), ...(options.signal && { signal: options.signal }) });
  const { signal } = clock;
  let connection: WinRmConnection | undefined;
  try {
    connection = await connectWinRm({ ...run, signal });
    const shell = await connection.openShell({ ...options.shell, signal });
    return await shell.run({ ...run, signal });
  } catch (thrown) {
    if (thrown instanceof TypeError || thrown instanceof RangeError) throw thrown;
    return { kind: 'failed', error: toWinRmError(thrown, 'protocol'), stop: 'not-started', stdout: '', stderr: '', truncated: false, stdoutBytes: 0, stderrBytes: 0 };
  } finally {
    clock.stop();
    if (connection) await Promise.race([connection.close(), delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
  }
}

export const winRmClient: WinRmClient = { connect: connectWinRm, run: runOverWinRm };
