import type { ConnectOptions } from './connect-options.js';
import type { RunOptions, RunResult, ShellOptions } from './shell-options.js';

/** One shell on the host, which runs one command after the other. */
export interface WinRmShell {
  /** The host's id of the shell. */
  readonly id: string;
  /** False after `close`, after a run that failed once it had started, and after a lost connection, such as that of a host which answers no Signal for 10 s. */
  readonly isOpen: boolean;
  /**
   * Runs one command or script and reads it to its end.
   * @throws TypeError, RangeError for misuse: a second run at the same time, a closed shell, a command line that is too long, NUL or lone surrogates.
   */
  run(options: RunOptions): Promise<RunResult>;
  /** Deletes the shell on the host. Safe to call twice; never throws. False when the host did not confirm. */
  close(): Promise<boolean>;
}

/** One authenticated socket. Holds one shell at a time: WinRM's messages are sealed in order. */
export interface WinRmConnection {
  readonly host: string;
  /** False after `close`, after a lost connection, after an `openShell` that was cancelled, and mostly after a run that was stopped. */
  readonly isOpen: boolean;
  /** Waits for a shell that is being closed. @throws WinRmError; TypeError while another one is open or being opened */
  openShell(options?: ShellOptions): Promise<WinRmShell>;
  /** Deletes an open shell, then closes the socket. Never throws. */
  close(): Promise<void>;
}

/** Everything for one run on a connection and a shell of its own. */
export type RunOnceOptions = ConnectOptions & { readonly shell?: Omit<ShellOptions, 'signal'> } & RunOptions;
