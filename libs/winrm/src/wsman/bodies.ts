import { checkShellOptions } from '../check-options.js';
import type { ShellOptions } from '../shell-options.js';
import { escapeXml } from '../xml/document.js';
import { type EnvelopeContent, duration } from './envelope.js';
import { ACTION, SIGNAL_TERMINATE } from './names.js';

/** A command on a shell. */
export interface CommandRef {
  readonly shellId: string;
  readonly commandId: string;
}

/** Opens a shell. @throws TypeError, RangeError for misuse of an option, such as characters that XML cannot hold. */
export function createShell(options: ShellOptions): EnvelopeContent {
  checkShellOptions(options);
  const { workingDirectory, env = {}, codepage = 65001, noProfile = true, idleTimeoutMs } = options;
  const variables = Object.entries(env).map(([name, value]) => `<rsp:Variable Name="${escapeXml(name)}">${escapeXml(value)}</rsp:Variable>`).join('');
  return {
    action: ACTION.create,
    options: { WINRS_NOPROFILE: noProfile ? 'TRUE' : 'FALSE', WINRS_CODEPAGE: String(codepage) },
    body: [
      '<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams>',
      workingDirectory === undefined ? '' : `<rsp:WorkingDirectory>${escapeXml(workingDirectory)}</rsp:WorkingDirectory>`,
      idleTimeoutMs === undefined ? '' : `<rsp:IdleTimeOut>${duration(idleTimeoutMs)}</rsp:IdleTimeOut>`,
      variables === '' ? '' : `<rsp:Environment>${variables}</rsp:Environment>`,
      '</rsp:Shell>',
    ].join(''),
  };
}

export interface StartCommand {
  readonly shellId: string;
  readonly commandLine: string;
  readonly arguments: readonly string[];
  readonly skipCmdShell: boolean;
  /** False when standard input is a console, that is when nothing will be sent. */
  readonly pipesStdin: boolean;
}

/** @throws RangeError for characters that XML cannot hold. */
export function startCommand({ shellId, commandLine, arguments: args, skipCmdShell, pipesStdin }: StartCommand): EnvelopeContent {
  return {
    action: ACTION.command,
    shellId,
    options: { WINRS_CONSOLEMODE_STDIN: pipesStdin ? 'FALSE' : 'TRUE', WINRS_SKIP_CMD_SHELL: skipCmdShell ? 'TRUE' : 'FALSE' },
    body: `<rsp:CommandLine><rsp:Command>${escapeXml(commandLine)}</rsp:Command>${args.map((arg) => `<rsp:Arguments>${escapeXml(arg)}</rsp:Arguments>`).join('')}</rsp:CommandLine>`,
  };
}

export function sendInput({ shellId, commandId }: CommandRef, chunk: Buffer, isLast: boolean): EnvelopeContent {
  const end = isLast ? ' End="true"' : '';
  return {
    action: ACTION.send,
    shellId,
    body: `<rsp:Send><rsp:Stream Name="stdin" CommandId="${escapeXml(commandId)}"${end}>${chunk.toString('base64')}</rsp:Stream></rsp:Send>`,
  };
}

export function receiveOutput({ shellId, commandId }: CommandRef): EnvelopeContent {
  return {
    action: ACTION.receive,
    shellId,
    body: `<rsp:Receive><rsp:DesiredStream CommandId="${escapeXml(commandId)}">stdout stderr</rsp:DesiredStream></rsp:Receive>`,
  };
}

export function terminateCommand({ shellId, commandId }: CommandRef): EnvelopeContent {
  return { action: ACTION.signal, shellId, body: `<rsp:Signal CommandId="${escapeXml(commandId)}"><rsp:Code>${SIGNAL_TERMINATE}</rsp:Code></rsp:Signal>` };
}

export function deleteShell(shellId: string): EnvelopeContent {
  return { action: ACTION.delete, shellId };
}
