export { connectWinRm, runOverWinRm, winRmClient, type WinRmClient } from './winrm-client.js';
export type { BasicCredential, CertificateCredential, ConnectOptions, NtlmCredential, TlsTrust, WinRmCredential } from './connect-options.js';
export type { RunOnceOptions, WinRmConnection, WinRmShell } from './connection.js';
export type { Json, RunLimits, RunOptions, RunOutput, RunResult, RunWhat, ShellOptions, StopState } from './shell-options.js';
export { WinRmError, type WinRmErrorCode, type WsManFault } from './winrm-error.js';
