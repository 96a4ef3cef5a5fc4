/** Namespaces (MS-WSMV 2.2.1). */
export const NS = {
  soap: 'http://www.w3.org/2003/05/soap-envelope',
  addressing: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  wsman: 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd',
  microsoft: 'http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd',
  shell: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell',
  fault: 'http://schemas.microsoft.com/wbem/wsman/1/wsmanfault',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
} as const;

/** What a request asks for (MS-WSMV 3.1.4). */
export const ACTION = {
  create: 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Create',
  delete: 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete',
  command: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Command',
  send: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Send',
  receive: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive',
  signal: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Signal',
} as const;
export type Action = (typeof ACTION)[keyof typeof ACTION];

export const CMD_SHELL = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd';
export const SIGNAL_TERMINATE = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/terminate';
/** States of a command (MS-WSMV 2.2.4.10). */
export const COMMAND_STATE = {
  done: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/Done',
  running: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/Running',
} as const;

/** Codes of faults (wsmerror.h). */
export const FAULT_CODE = {
  /** Nothing to answer within the operation's timeout: ask again. */
  operationTimedOut: 2150858793,
  /** The shell or command is not known. */
  staleShell: 2150858843,
  /** Also when a shell has run as many commands as it may: open another. */
  quotaMaxOperations: 2150859174,
} as const;
