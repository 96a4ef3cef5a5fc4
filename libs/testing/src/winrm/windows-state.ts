/** What a simulated Windows host has. Sizes in bytes, times as ISO 8601 in UTC. */
export interface WindowsState {
  computer: SimulatedComputer;
  volumes: SimulatedVolume[];
  services: SimulatedService[];
  processes: SimulatedProcess[];
  events: SimulatedEvent[];
  connections: SimulatedConnection[];
  users: SimulatedUser[];
  hotfixes: SimulatedHotfix[];
  /** Text of files by their paths: what scripts stored. */
  files: Record<string, string>;
  /** Addresses and names that answer an echo request, with the time that takes in milliseconds. */
  reachable: Record<string, number>;
}

export interface SimulatedComputer {
  readonly name: string;
  readonly domain: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly serialNumber: string;
  readonly osName: string;
  readonly osVersion: string;
  readonly architecture: string;
  readonly biosVersion: string;
  /** One name per socket. */
  readonly processors: readonly string[];
  readonly logicalProcessors: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly bootedAt: string;
  readonly installedAt: string;
  readonly timeZone: string;
}

export interface SimulatedVolume {
  readonly driveLetter: string | null;
  readonly label: string | null;
  readonly fileSystem: string | null;
  readonly driveType: 'Unknown' | 'NoRootDirectory' | 'Removable' | 'Fixed' | 'Network' | 'CDRom' | 'Ram';
  readonly health: 'Healthy' | 'Warning' | 'Unhealthy' | 'Unknown';
  readonly sizeBytes: number;
  readonly freeBytes: number;
  readonly path: string;
}

export interface SimulatedService {
  readonly name: string;
  readonly displayName: string;
  status: 'Stopped' | 'Running' | 'Paused';
  readonly startType: 'Automatic' | 'Manual' | 'Disabled';
  /** Whether Windows lets it be stopped. */
  readonly canStop: boolean;
  /** Names of services that depend on it. */
  readonly dependents: readonly string[];
  /** Changes with each start; undefined while it is stopped. */
  pid: number | undefined;
}

export interface SimulatedProcess {
  readonly id: number;
  readonly parentId: number;
  readonly name: string;
  readonly workingSetBytes: number;
  readonly privateBytes: number;
  readonly cpuSeconds: number;
  readonly threads: number;
  readonly handles: number;
  readonly sessionId: number;
  readonly startedAt: string;
  readonly path: string | null;
}

export interface SimulatedEvent {
  readonly recordId: number;
  readonly log: 'System' | 'Application' | 'Security';
  readonly provider: string;
  readonly eventId: number;
  readonly level: 'Critical' | 'Error' | 'Warning' | 'Information';
  readonly at: string;
  readonly message: string;
}

export interface SimulatedConnection {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly state: 'Listen' | 'Established' | 'TimeWait' | 'CloseWait';
  readonly pid: number;
  readonly createdAt: string | null;
}

export interface SimulatedUser {
  readonly name: string;
  readonly fullName: string;
  readonly enabled: boolean;
  readonly sid: string;
  readonly description: string;
  readonly lastLogonAt: string | null;
  readonly passwordLastSetAt: string | null;
  readonly passwordExpiresAt: string | null;
}

export interface SimulatedHotfix {
  readonly id: string;
  readonly description: string;
  readonly installedBy: string;
  /** `YYYY-MM-DD`. */
  readonly installedOn: string;
}

const GB = 1_000_000_000;
const MB = 1_000_000;

/** An NTFS volume; sizes in GB of 10^9 bytes. */
export function volume(driveLetter: string, label: string, sizeGb: number, freeGb: number): SimulatedVolume {
  const id = `00000000-0000-4000-8000-${driveLetter.charCodeAt(0).toString(16).padStart(12, '0')}`;
  return { driveLetter, label, fileSystem: 'NTFS', driveType: 'Fixed', health: 'Healthy', sizeBytes: Math.round(sizeGb * GB), freeBytes: Math.round(freeGb * GB), path: `\\\\?\\Volume{${id}}\\` };
}

const service = (name: string, displayName: string, more: Partial<SimulatedService> = {}): SimulatedService => ({ name, displayName, status: 'Running', startType: 'Automatic', canStop: true, dependents: [], pid: undefined, ...more });

interface ProcessFacts { readonly id: number; readonly name: string; readonly path: string | null; readonly memoryMb: number; readonly sessionId?: number; readonly parentId?: number }

function process({ id, name, path, memoryMb, sessionId = 0, parentId = 640 }: ProcessFacts): SimulatedProcess {
  return {
    id, parentId, name, path, sessionId,
    workingSetBytes: memoryMb * MB, privateBytes: Math.round(memoryMb * MB * 0.8), cpuSeconds: Math.round(memoryMb * 17) / 10, threads: 4 + (id % 29), handles: 90 + (id % 700), startedAt: BOOTED,
  };
}

const BOOTED = '2026-01-12T06:14:09.000Z';
const SYSTEM32 = 'C:\\Windows\\System32';

/** A plain Windows 10 workstation. */
export function windowsState(hostname: string, changes: Partial<WindowsState> = {}): WindowsState {
  return {
    computer: {
      name: hostname.toUpperCase(), domain: 'WORKGROUP', manufacturer: 'opsmesh', model: 'Simulated PC', serialNumber: `SIM-${hostname.toUpperCase()}`,
      osName: 'Microsoft Windows 10 Pro (simulated)', osVersion: '10.0.19045', architecture: '64-bit', biosVersion: 'SIM-1.0', processors: ['Simulated CPU @ 2.40GHz'], logicalProcessors: 8,
      memoryBytes: 17_179_869_184, freeMemoryBytes: 9_663_676_416, bootedAt: BOOTED, installedAt: '2024-03-05T09:30:00.000Z', timeZone: 'UTC',
    },
    volumes: [volume('C', 'Windows', 256, 97.3)],
    services: [
      service('Dhcp', 'DHCP Client', { pid: 1120, dependents: ['WinHttpAutoProxySvc'] }),
      service('Dnscache', 'DNS Client', { pid: 1204, canStop: false }),
      service('EventLog', 'Windows Event Log', { pid: 1172, canStop: false }),
      service('RpcSs', 'Remote Procedure Call (RPC)', { pid: 952, canStop: false }),
      service('Spooler', 'Print Spooler', { pid: 2468 }),
      service('W32Time', 'Windows Time', { status: 'Stopped', startType: 'Manual' }),
      service('WinDefend', 'Microsoft Defender Antivirus Service', { pid: 2892, canStop: false }),
      service('WinHttpAutoProxySvc', 'WinHTTP Web Proxy Auto-Discovery Service', { pid: 1484, startType: 'Manual' }),
      service('WinRM', 'Windows Remote Management (WS-Management)', { pid: 3016 }),
      service('wuauserv', 'Windows Update', { status: 'Stopped', startType: 'Manual' }),
      service('RemoteRegistry', 'Remote Registry', { status: 'Stopped', startType: 'Disabled' }),
    ],
    processes: [
      process({ id: 4, name: 'System', path: null, memoryMb: 1, parentId: 0 }),
      process({ id: 640, name: 'services', path: `${SYSTEM32}\\services.exe`, memoryMb: 9, parentId: 540 }),
      process({ id: 652, name: 'lsass', path: `${SYSTEM32}\\lsass.exe`, memoryMb: 22, parentId: 540 }),
      ...[952, 1120, 1172, 1204, 1484, 3016].map((id) => process({ id, name: 'svchost', path: `${SYSTEM32}\\svchost.exe`, memoryMb: 8 + (id % 13) })),
      process({ id: 2468, name: 'spoolsv', path: `${SYSTEM32}\\spoolsv.exe`, memoryMb: 14 }),
      process({ id: 2892, name: 'MsMpEng', path: 'C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\MsMpEng.exe', memoryMb: 188 }),
      process({ id: 4012, name: 'explorer', path: 'C:\\Windows\\explorer.exe', memoryMb: 121, sessionId: 1, parentId: 3980 }),
      process({ id: 4420, name: 'notepad', path: `${SYSTEM32}\\notepad.exe`, memoryMb: 12, sessionId: 1, parentId: 4012 }),
    ],
    events: [
      { recordId: 90412, log: 'System', provider: 'Service Control Manager', eventId: 7036, level: 'Information', at: '2026-01-12T06:15:02.311Z', message: 'The Print Spooler service entered the running state.' },
      { recordId: 90413, log: 'System', provider: 'Microsoft-Windows-Kernel-General', eventId: 12, level: 'Information', at: '2026-01-12T06:14:09.000Z', message: 'The operating system started at system time 2026-01-12T06:14:09.' },
      { recordId: 90498, log: 'System', provider: 'Disk', eventId: 153, level: 'Warning', at: '2026-01-14T11:02:47.120Z', message: 'The IO operation at logical block address 0x1f4a2c for Disk 0 was retried.' },
      { recordId: 90533, log: 'System', provider: 'Service Control Manager', eventId: 7031, level: 'Error', at: '2026-01-15T03:40:19.905Z', message: 'The Windows Update service terminated unexpectedly. It has done this 1 time(s).' },
      { recordId: 41207, log: 'Application', provider: 'Application Error', eventId: 1000, level: 'Error', at: '2026-01-15T08:21:33.000Z', message: 'Faulting application name: häßlich.exe, version: 1.2.0.0' },
      { recordId: 41230, log: 'Application', provider: 'MsiInstaller', eventId: 1033, level: 'Information', at: '2026-01-15T09:00:12.000Z', message: 'Windows Installer installed the product.' },
    ],
    connections: [
      { localAddress: '0.0.0.0', localPort: 135, remoteAddress: '0.0.0.0', remotePort: 0, state: 'Listen', pid: 952, createdAt: BOOTED },
      { localAddress: '0.0.0.0', localPort: 445, remoteAddress: '0.0.0.0', remotePort: 0, state: 'Listen', pid: 4, createdAt: BOOTED },
      { localAddress: '::', localPort: 5985, remoteAddress: '::', remotePort: 0, state: 'Listen', pid: 4, createdAt: BOOTED },
      { localAddress: '10.20.0.31', localPort: 50112, remoteAddress: '10.20.0.5', remotePort: 443, state: 'Established', pid: 2892, createdAt: BOOTED },
      { localAddress: '10.20.0.31', localPort: 50140, remoteAddress: '10.20.0.9', remotePort: 445, state: 'TimeWait', pid: 0, createdAt: BOOTED },
    ],
    users: [
      { name: 'Administrator', fullName: '', enabled: false, sid: 'S-1-5-21-1004336348-1177238915-682003330-500', description: 'Built-in account for administering the computer/domain', lastLogonAt: null, passwordLastSetAt: null, passwordExpiresAt: null },
      { name: 'ann', fullName: 'Ann Example', enabled: true, sid: 'S-1-5-21-1004336348-1177238915-682003330-1001', description: '', lastLogonAt: '2026-01-15T07:58:40.000Z', passwordLastSetAt: '2025-11-03T10:00:00.000Z', passwordExpiresAt: null },
      { name: 'Guest', fullName: '', enabled: false, sid: 'S-1-5-21-1004336348-1177238915-682003330-501', description: 'Built-in account for guest access to the computer/domain', lastLogonAt: null, passwordLastSetAt: null, passwordExpiresAt: null },
    ],
    hotfixes: [
      { id: 'KB5011048', description: 'Update', installedBy: 'NT AUTHORITY\\SYSTEM', installedOn: '2025-09-11' },
      { id: 'KB5034122', description: 'Security Update', installedBy: 'NT AUTHORITY\\SYSTEM', installedOn: '2026-01-10' },
    ],
    files: {},
    reachable: { '127.0.0.1': 0, localhost: 0, '10.20.0.1': 1, 'dc01.corp.example': 2 },
    ...changes,
  };
}
