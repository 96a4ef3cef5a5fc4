export * from './certificates.js';
export type { WindowsFaults } from './host-faults.js';
export type { CommandEnd, CommandRecord } from './running-command.js';
export { utf8Sample } from './simulated-powershell.js';
export { SimulatedWindowsHost, type WindowsCounters } from './windows-host.js';
export type { WindowsHostSpec, WindowsTls, WinrmAuth } from './windows-host-spec.js';
export { volume, windowsState, type SimulatedVolume, type WindowsState } from './windows-state.js';
