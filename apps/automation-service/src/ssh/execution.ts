import type { CommandOutput, Deadline, Stop } from './outcome.js';
import type { RemoteCommand } from './remote-program.js';
import type { ProcessGroup } from './stop-script.js';
import type { Sudo } from './sudo.js';

/** Why a command is stopped before its end. */
export type Interruption = { readonly kind: 'cancelled' } | { readonly kind: 'timed-out'; readonly deadline: Deadline };

export type OutputStream = 'stdout' | 'stderr';

export interface Execution {
  readonly command: RemoteCommand;
  /** Most bytes kept of each stream. */
  readonly maxOutputBytes: number;
  readonly secrets: readonly string[];
  /** Run as another user; as the one who logged in when undefined. */
  readonly sudo: Sudo | undefined;
  /** Give the command a terminal of its own: what it prints on stderr comes with stdout then. */
  readonly pty: boolean;
  /** Time for the host to give us a shell, in milliseconds; again for sudo. */
  readonly startMs: number;
  /** Longest time without any output, in milliseconds; no limit when undefined. */
  readonly idleMs: number | undefined;
  /** Aborted, with an {@link Interruption} as reason, when the command must end. */
  readonly interrupt: AbortSignal;
  /** Awaited right before sudo and the command are sent; what it throws is thrown on, and nothing was executed. */
  beforeStart(): void | Promise<void>;
  /** Stops the remote process tree. */
  stop(group: ProcessGroup): Promise<Stop>;
  onOutput?(stream: OutputStream, text: string): void | Promise<void>;
}

/** How the execution of a command over a connection ended. */
export type ExecutionEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly output: CommandOutput }
  | { readonly kind: 'signalled'; readonly signal: string; readonly output: CommandOutput }
  /** The command was sent; what became of it is not known. */
  | { readonly kind: 'lost'; readonly detail: string; readonly output: CommandOutput }
  /** The command was not sent, nothing was executed. */
  | { readonly kind: 'not-sent'; readonly cause: 'connection' | 'silent' | 'channel-refused' | 'no-shell' | 'sudo-refused'; readonly detail: string }
  | { readonly kind: 'interrupted'; readonly by: Interruption; readonly stop: Stop; readonly output: CommandOutput };
