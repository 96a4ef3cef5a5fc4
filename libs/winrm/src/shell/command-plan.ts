import { CMD_LIMIT, CREATE_PROCESS_LIMIT, powerShellLaunch } from '../powershell/launch.js';
import type { RunOptions } from '../shell-options.js';
import { escapeXml } from '../xml/document.js';
import { checkRun } from './check-run.js';

/** What to start on the host, and what to give to its standard input. */
export interface CommandPlan {
  readonly commandLine: string;
  readonly arguments: readonly string[];
  readonly skipCmdShell: boolean;
  /** Read by our own PowerShell bootstrap at once. */
  readonly stdinHead: Buffer;
  /** The caller's input; undefined when there is none. */
  readonly stdin: Buffer | undefined;
}

/** @throws TypeError, RangeError for misuse of any of the options, and for what a command line cannot hold. */
export function planCommand(options: RunOptions): CommandPlan {
  checkRun(options);
  const stdin = options.stdin === undefined ? undefined : Buffer.from(options.stdin as string);
  if (options.script !== undefined) {
    const { commandLine, skipCmdShell, stdinHead } = powerShellLaunch(options);
    return { commandLine, arguments: [], skipCmdShell, stdinHead: Buffer.from(stdinHead, 'latin1'), stdin };
  }
  const skipCmdShell = options.program !== undefined;
  const commandLine = options.program ?? options.command;
  const args = options.arguments ?? [];
  check([commandLine, ...args].join(' '), skipCmdShell ? CREATE_PROCESS_LIMIT : CMD_LIMIT);
  if (commandLine.trim() === '') throw new RangeError('program may not be empty');
  return { commandLine, arguments: args, skipCmdShell, stdinHead: Buffer.alloc(0), stdin };
}

function check(whole: string, limit: number): void {
  if (whole.trim() === '') throw new RangeError('a command line may not be empty');
  if (whole.length > limit) throw new RangeError(`the command line has ${whole.length} characters; ${limit} are possible`);
  if (/[\r\n\0]/.test(whole)) throw new RangeError('a command line is one line, without NUL');
  escapeXml(whole);
}
