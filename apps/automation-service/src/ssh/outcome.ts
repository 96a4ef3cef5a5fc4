/** What a command printed; each stream is kept up to the cap, then `truncated` is true and the rest was read and dropped. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

/** Whether the remote process tree was stopped. */
export type Stop =
  | { readonly state: 'nothing-started' }
  | { readonly state: 'confirmed' }
  /** `detail` says what is known, for example which processes are left. */
  | { readonly state: 'unconfirmed'; readonly detail: string };

/** Which deadline passed. `waiting`: for a free place on the host, before anything was sent. */
export type Deadline = 'waiting' | 'idle' | 'total';

/**
 * How one command on one host ended. An exit without status and signal is `connection-lost`, never `ok`.
 * `target-refused`: the host let us in but gave us no POSIX shell; the command was not sent.
 */
export type HostOutcome =
  | { readonly kind: 'ok'; readonly output: CommandOutput }
  | { readonly kind: 'nonzero'; readonly exitCode: number; readonly output: CommandOutput }
  | { readonly kind: 'signal'; readonly signal: string; readonly output: CommandOutput }
  | { readonly kind: 'timed-out'; readonly deadline: Deadline; readonly stop: Stop; readonly output: CommandOutput }
  | { readonly kind: 'cancelled'; readonly stop: Stop; readonly output: CommandOutput }
  | { readonly kind: 'connection-lost'; readonly detail: string; readonly output: CommandOutput }
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'auth-failed'; readonly detail: string }
  | { readonly kind: 'hostkey-mismatch'; readonly detail: string }
  | { readonly kind: 'target-refused'; readonly detail: string };

export const NO_OUTPUT: CommandOutput = { stdout: '', stderr: '', truncated: false };
