import type { Json } from '../shell-options.js';
import { encodeScriptData } from './script-data.js';

/** Longest command line for cmd.exe: 8,191 characters less room for the `cmd.exe /C` that the host puts before it. */
export const CMD_LIMIT = 8_150;
/** Longest command line for CreateProcess, without its final NUL. */
export const CREATE_PROCESS_LIMIT = 32_766;

const LONE_SURROGATE = /\p{Surrogate}/u;
const POWERSHELL = 'powershell.exe -NoLogo -NoProfile -NonInteractive -EncodedCommand ';

const READ_LINE = '[Console]::In.ReadLine()';

export interface LaunchInput {
  readonly script: string;
  readonly data?: Json;
  readonly deliver?: 'auto' | 'stdin' | 'command-line';
}

/** How a script reaches PowerShell. */
export interface PowerShellLaunch {
  readonly commandLine: string;
  /** True when the line is too long for cmd.exe (WINRS_SKIP_CMD_SHELL). */
  readonly skipCmdShell: boolean;
  /** ASCII to send on standard input before the caller's own; empty when everything is in the command line. */
  readonly stdinHead: string;
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const fromBase64 = (expression: string): string => `[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String(${expression}))`;

/**
 * The same for both ways, so that a script behaves alike whatever its length: progress off, output in UTF-8 without a mark,
 * `$data` from JSON, then the script in this scope. Only base64 is ever put into it.
 * A script or data that cannot be read (standard input that ended, JSON that 5.1 does not take) is a line on standard error and exit code 1, and nothing of
 * the script is run. The line names the kind of error only: its message may hold data.
 */
function bootstrap(script: string, data: string): string {
  return [
    "$ProgressPreference='SilentlyContinue'",
    '$OutputEncoding=New-Object Text.UTF8Encoding $false',
    // Fails where there is no console; the shell's code page does the same then.
    'try{[Console]::OutputEncoding=$OutputEncoding}catch{}',
    'try{',
    `$winrmScript=${fromBase64(script)}`,
    `$data=${fromBase64(data)}`,
    // An input that ended gives an empty text here; JSON is never empty.
    "if(!$data){throw 'no data'}",
    '$data=ConvertFrom-Json $data -ErrorAction Stop',
    "}catch{[Console]::Error.WriteLine('The script or its $data cannot be read: '+$_.Exception.GetType().Name);exit 1}",
    '. ([scriptblock]::Create($winrmScript))',
  ].join('\n');
}

function encodedCommand(text: string): string {
  return POWERSHELL + Buffer.from(text, 'utf16le').toString('base64');
}

/**
 * The command line for a script, and what goes to standard input when it is too long for one.
 * @throws RangeError for NUL, lone surrogates, keys of `data` that PowerShell cannot hold, and for what is too long although `deliver` is `command-line`; TypeError for data that is no JSON value.
 */
export function powerShellLaunch({ script, data = null, deliver = 'auto' }: LaunchInput): PowerShellLaunch {
  if (script.includes('\0') || LONE_SURROGATE.test(script)) throw new RangeError('a script may not hold NUL or lone surrogates');
  const [script64, data64] = [base64(script), base64(encodeScriptData(data))];
  if (deliver !== 'stdin') {
    const commandLine = encodedCommand(bootstrap(`'${script64}'`, `'${data64}'`));
    const fitsCmd = commandLine.length <= CMD_LIMIT;
    if (fitsCmd || deliver === 'command-line') {
      if (commandLine.length > CREATE_PROCESS_LIMIT) throw new RangeError(`the script makes a command line of more than ${CREATE_PROCESS_LIMIT} characters`);
      return { commandLine, skipCmdShell: !fitsCmd, stdinHead: '' };
    }
  }
  return { commandLine: encodedCommand(bootstrap(READ_LINE, READ_LINE)), skipCmdShell: false, stdinHead: `${script64}\n${data64}\n` };
}

/** What powerShellLaunch made, read back: for servers that stand in for Windows. */
export interface ReadLaunch {
  readonly script: string;
  readonly data: Json;
  /** What is left of standard input after the head. */
  readonly stdin: Buffer;
}

/** Undefined when the command line is not one of ours, or standard input does not hold the whole head yet. */
export function readPowerShellLaunch(commandLine: string, stdin: Buffer): ReadLaunch | undefined {
  if (!commandLine.startsWith(POWERSHELL)) return undefined;
  const text = Buffer.from(commandLine.slice(POWERSHELL.length), 'base64').toString('utf16le');
  const [script, data] = Array.from(text.matchAll(/FromBase64String\('([^']*)'\)/g), ([, literal = '']) => literal);
  if (script !== undefined && data !== undefined && text === bootstrap(`'${script}'`, `'${data}'`)) return readBack(script, data, stdin);
  if (text !== bootstrap(READ_LINE, READ_LINE)) return undefined;
  const first = stdin.indexOf('\n');
  const second = first < 0 ? -1 : stdin.indexOf('\n', first + 1);
  if (second < 0) return undefined;
  return readBack(stdin.subarray(0, first).toString('latin1'), stdin.subarray(first + 1, second).toString('latin1'), stdin.subarray(second + 1));
}

function readBack(script64: string, data64: string, stdin: Buffer): ReadLaunch {
  const text = (encoded: string): string => Buffer.from(encoded, 'base64').toString('utf8');
  return { script: text(script64), data: JSON.parse(text(data64)) as Json, stdin };
}
