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

/**
 * What names no command is of the one that was asked about: a shell runs one at a time. What names another one is left out.
 * @throws WinRmError `protocol`, also for a command that is done without an exit code, and for output that can't be read: it is never told as none.
 */
export function readReceived(body: XmlElement, commandId: string): Received {
  const response = child(body, NS.shell, 'ReceiveResponse');
  if (!response) throw new WinRmError('protocol', 'the host answered Receive with something else');
  const ours = (element: XmlElement): boolean => (element.attributes['CommandId'] ?? commandId).toUpperCase() === commandId.toUpperCase();
  const chunks = childrenOf(response, NS.shell, 'Stream').filter(ours).map(chunkOf);
  const state = childrenOf(response, NS.shell, 'CommandState').find(ours);
  return { chunks, exitCode: state?.attributes['State'] === COMMAND_STATE.done ? exitCodeOf(state) : undefined };
}

function chunkOf(stream: XmlElement): OutputChunk {
  const name = stream.attributes['Name'];
  if (name !== 'stdout' && name !== 'stderr') throw new WinRmError('protocol', 'the host sent output of a stream that nobody asked for');
  const base64 = stream.text.replace(/\s+/g, '');
  const bytes = Buffer.from(base64, 'base64');
  // Node takes what it can of any text; only what reads back the same is base64.
  if (bytes.toString('base64') !== base64) throw new WinRmError('protocol', 'the host sent output that is not base64');
  return { stream: name, bytes };
}

/** The host says it as a signed or an unsigned number of 32 bits. */
function exitCodeOf(state: XmlElement): number {
  const text = child(state, NS.shell, 'ExitCode')?.text.trim() ?? '';
  if (!/^-?\d{1,10}$/.test(text)) throw new WinRmError('protocol', 'the command is done without an exit code');
  const code = Number(text);
  if (code < -(2 ** 31) || code >= 2 ** 32) throw new WinRmError('protocol', 'the command is done with an exit code of more than 32 bits');
  return code >>> 0;
}
