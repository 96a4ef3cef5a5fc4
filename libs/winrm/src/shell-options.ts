import type { WinRmError } from './winrm-error.js';

export interface ShellOptions {
  readonly workingDirectory?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Code page of the console; default 65001 (UTF-8). Output is always read as UTF-8. */
  readonly codepage?: number;
  /** Default true: the user's profile is not loaded. */
  readonly noProfile?: boolean;
  /** After how much silence the host may remove the shell, in ms, at most 2,147,483,647; the host's default when absent. */
  readonly idleTimeoutMs?: number;
  /** Ends the opening with `cancelled`. */
  readonly signal?: AbortSignal;
}

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Members of the other kinds, which a kind may not have. */
type Without<Name extends string> = { readonly [Key in Name]?: undefined };

/** One line of at most 8,150 characters, which cmd.exe interprets. */
type RunCommand = { readonly command: string } & Without<'program' | 'arguments' | 'script' | 'data' | 'deliver'>;

/** Without cmd.exe (WINRS_SKIP_CMD_SHELL, which newer Windows may ignore): `program` is a full path; `arguments` follow it joined by blanks, quoting is the caller's. */
type RunProgram = { readonly program: string; readonly arguments?: readonly string[] } & Without<'command' | 'script' | 'data' | 'deliver'>;

type RunScript = {
  readonly script: string;
  /**
   * The variable `$data` in the script (ConvertFrom-Json of it); it is never spliced into the text.
   * No object in it may have an empty key, or two keys that differ only by case: Windows PowerShell 5.1 cannot hold them.
   */
  readonly data?: Json;
  /**
   * `auto` (default): in the command line while it fits cmd.exe, otherwise on standard input.
   * `stdin`: always on standard input, which keeps script and data out of the host's list of processes (for secrets).
   * `command-line`: never on standard input; beyond cmd.exe's limit without cmd.exe (WINRS_SKIP_CMD_SHELL), up to 32,766 characters.
   */
  readonly deliver?: 'auto' | 'stdin' | 'command-line';
} & Without<'command' | 'program' | 'arguments'>;

/** What to start, exactly one of: a command line for cmd.exe, a program without cmd.exe, a PowerShell script. */
export type RunWhat = RunCommand | RunProgram | RunScript;

export interface RunLimits {
  /** Called in order with complete characters. A promise holds the next read back; anything else that is given back is not looked at. */
  readonly onStdout?: (text: string) => unknown;
  /** Called instead of `onStdout`, with the bytes as the host sent them. They are neither decoded nor kept: the result's `stdout` is empty. The cap may cut a character. */
  readonly onStdoutBytes?: (bytes: Buffer) => unknown;
  readonly onStderr?: (text: string) => unknown;
  /** Cap of each of stdout and stderr in bytes of UTF-8, for callbacks too; default 1 MiB, Infinity for none. What comes beyond is read and dropped, and `truncated` is set. */
  readonly maxOutputBytes?: number;
  /** Given to the program's standard input, which is then closed. Text is sent as UTF-8. */
  readonly stdin?: string | Uint8Array;
  /** Longest time without output, in ms; no limit when absent, Infinity, or more than a timer holds (24.8 days). */
  readonly idleMs?: number;
  /** Total time of the run in ms, from the call of `run`; no limit when absent, Infinity, or more than a timer holds (24.8 days). */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export type RunOptions = RunWhat & RunLimits;

export interface RunOutput {
  /** Empty where `onStdoutBytes` takes it. */
  readonly stdout: string;
  /** CLIXML decoded: the text of errors, warnings and the other streams; progress records are left out. */
  readonly stderr: string;
  /** Something was dropped from stdout or stderr. */
  readonly truncated: boolean;
  /** What the host sent on each stream, in bytes, dropped ones included. */
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
}

/**
 * How sure it is that nothing of the run is left on the host.
 * - `not-started`: the host never took the command; running it again is safe.
 * - `confirmed`: Signal(terminate) and Delete were both answered without a fault (or the host no longer knew the shell).
 * - `not-confirmed`: the command may still run, or its end is unknown.
 */
export type StopState = 'not-started' | 'confirmed' | 'not-confirmed';

/** One run's outcome. A run never throws except for misuse; a run that failed after its start has closed its shell. */
export type RunResult =
  | ({ readonly kind: 'exited'; /** As the host says it: a 32-bit unsigned number. */ readonly exitCode: number } & RunOutput)
  | ({ readonly kind: 'failed'; readonly error: WinRmError; readonly stop: StopState } & RunOutput);
