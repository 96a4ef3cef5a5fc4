import { WinRmError } from '../winrm-error.js';
import { child, childrenOf, type XmlElement } from '../xml/document.js';
import { COMMAND_STATE, NS } from './names.js';

/** Some output, in the order in which the host sent it. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

export interface Received {
  readonly chunks: readonly OutputChunk[];
  /** Set when the command is done: its exit code, as a 32-bit unsigned number. */
  readonly exitCode: number | undefined;
}

/** The id of the new shell: in the shell itself, or in the selectors of the reference to it. @throws WinRmError `protocol` */
export function readShellId(body: XmlElement): string {
  const shell = child(body, NS.shell, 'Shell');
  const id = (shell && child(shell, NS.shell, 'ShellId')?.text.trim()) || selectedShell(body);
  if (!id) throw new WinRmError('protocol', 'the host named no shell');
  return id;
}

function selectedShell(element: XmlElement): string | undefined {
  if (element.ns === NS.wsman && element.name === 'Selector' && element.attributes['Name'] === 'ShellId') return element.text.trim();
  for (const inner of element.children) {
    const found = selectedShell(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @throws WinRmError `protocol` */
export function readCommandId(body: XmlElement): string {
  const response = child(body, NS.shell, 'CommandResponse');
  const id = response && child(response, NS.shell, 'CommandId')?.text.trim();
  if (!id) throw new WinRmError('protocol', 'the host named no command');
  return id;
}

/** @throws WinRmError `protocol`, also for a command that is done without an exit code. */
export function readReceived(body: XmlElement, commandId: string): Received {
  const response = child(body, NS.shell, 'ReceiveResponse');
  if (!response) throw new WinRmError('protocol', 'the host answered Receive with something else');
  const ours = (element: XmlElement): boolean => element.attributes['CommandId']?.toUpperCase() === commandId.toUpperCase();
  const chunks = childrenOf(response, NS.shell, 'Stream').filter(ours).flatMap((stream) => {
    const name = stream.attributes['Name'];
    return name === 'stdout' || name === 'stderr' ? [{ stream: name, bytes: Buffer.from(stream.text, 'base64') } as const] : [];
  });
  const state = childrenOf(response, NS.shell, 'CommandState').find(ours);
  return { chunks, exitCode: state?.attributes['State'] === COMMAND_STATE.done ? exitCodeOf(state) : undefined };
}

function exitCodeOf(state: XmlElement): number {
  const text = child(state, NS.shell, 'ExitCode')?.text.trim() ?? '';
  if (!/^-?\d{1,10}$/.test(text)) throw new WinRmError('protocol', 'the command is done without an exit code');
  return Number(text) >>> 0;
}
