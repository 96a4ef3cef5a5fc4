import { readPowerShellLaunch } from '@opsmesh/winrm/protocol';
import type { CommandIo, Program } from './running-command.js';
import { runPowershell, type PowershellHost, type ProgramHost } from './simulated-powershell.js';
import { faults } from './wsman-fault.js';

/** Longest command line of cmd.exe and of CreateProcess, in characters. */
const CMD_LIMIT = 8191;
const PROCESS_LIMIT = 32_767;

/**
 * The program of a command line. Known are powershell.exe with `-EncodedCommand` or `-Command`, and of cmd.exe `echo`, `hostname`, `whoami`, `exit`, `ver`, `ledger` and `more` (stdin to stdout).
 * @throws WsmanFault when no process can be made of it
 */
export function programOf(line: string, skipCmdShell: boolean, host: ProgramHost): Program {
  if (line.length > (skipCmdShell ? PROCESS_LIMIT : PROCESS_LIMIT - 'cmd.exe /C ""'.length)) throw faults.process(206, 'The filename or extension is too long. ');
  if (!skipCmdShell && line.length > CMD_LIMIT) return failing('The command line is too long.\r\n');
  const words = wordsOfLine(line);
  if (/^(?:.*\\)?powershell(?:\.exe)?$/i.test(words[0] ?? '')) return powershell(line, words.slice(1), host);
  if (skipCmdShell) throw faults.process(2147942402, 'The system cannot find the file specified. ');
  return (io) => runCmd(line, io, host);
}

function failing(message: string): Program {
  return (io) => {
    io.stderr(message);
    return Promise.resolve(1);
  };
}

/** Parameters may be shortened as long as they stay clear; values in the next word. */
function powershell(line: string, words: readonly string[], host: ProgramHost): Program {
  let plainErrors = false;
  for (let i = 0; i < words.length; i++) {
    const name = words[i]!.toLowerCase().replace(/^[-/]/, '');
    if (name === '') break;
    if (name === 'ec' || 'encodedcommand'.startsWith(name)) {
      const script = Buffer.from(words[i + 1] ?? '', 'base64').toString('utf16le');
      return (io) => runEncoded(line, script, io, { ...host, plainErrors });
    }
    if ('command'.startsWith(name)) {
      const script = words.slice(i + 1).join(' ').replace(/^& \{\s*(.*?)\s*\}$/s, '$1');
      return (io) => runPowershell({ script, data: undefined }, io, { ...host, plainErrors: true });
    }
    if (name.length > 1 && 'outputformat'.startsWith(name)) plainErrors = words[i + 1]?.toLowerCase() === 'text';
    if (/^(outputformat|inputformat|executionpolicy|ex|ep|windowstyle|version)$/.test(name)) i++;
  }
  return failing('The simulated powershell.exe runs -EncodedCommand and -Command only.\r\n');
}

/** libs/winrm puts script and data as base64 into a text of its own, or sends them first on stdin; anybody else's text is the script. */
async function runEncoded(line: string, text: string, io: CommandIo, host: PowershellHost): Promise<number> {
  const read = (stdin: Buffer) => readPowerShellLaunch(line, stdin);
  const wrapped = read(Buffer.alloc(0)) !== undefined || text.includes('[Console]::In.ReadLine()');
  if (!wrapped) return runPowershell({ script: text, data: undefined }, io, host);
  const launch = read(Buffer.alloc(0)) ?? read(await io.stdin((sofar) => read(sofar) !== undefined));
  if (!launch) return runPowershell({ script: text, data: undefined }, io, host);
  // What comes after the script and its data on stdin is the script's own.
  const stdin = async () => read(await io.stdin())?.stdin ?? Buffer.alloc(0);
  return runPowershell(launch, { ...io, stdin }, { ...host, silentProgress: true });
}

async function runCmd(line: string, io: CommandIo, host: ProgramHost): Promise<number> {
  let code = 0;
  for (const part of line.split(/&+/).map((p) => p.trim())) {
    const [head = '', ...rest] = part.split(/\s+/);
    const text = rest.join(' ').replace(/%(\w+)%/g, (all, name: string) => variables(host)[name.toUpperCase()] ?? all);
    code = 0;
    switch (head.toLowerCase()) {
      case 'echo': io.stdout(`${text}\r\n`); break;
      case 'hostname': io.stdout(`${host.state.computer.name}\r\n`); break;
      case 'whoami': io.stdout(`${host.user.toLowerCase()}\r\n`); break;
      case 'ver': io.stdout('\r\nMicrosoft Windows [Version 10.0.19045.0] (simulated)\r\n'); break;
      case 'more': io.stdout(await io.stdin()); break;
      case 'ledger': host.ledger(text); break;
      case 'exit': return Number(rest.at(-1) ?? 0);
      default:
        io.stderr(`'${head}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n`);
        code = 1;
    }
  }
  return code;
}

function variables(host: ProgramHost): Record<string, string> {
  return { COMPUTERNAME: host.state.computer.name, USERNAME: host.user.split('\\').at(-1)!, PATH: 'C:\\Windows\\system32;C:\\Windows' };
}

/** Words as CreateProcess's callers split them, without the finer rules of backslashes: double quotes keep blanks together. */
function wordsOfLine(line: string): string[] {
  return [...line.matchAll(/(?:[^\s"]+|"[^"]*"?)+/g)].map((m) => m[0].replaceAll('"', ''));
}
