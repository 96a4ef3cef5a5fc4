import { CmdletError, flagOf, like, listOf, numberOf, same, textOf, type CmdletData } from './cmdlet-error.js';
import type { SimulatedEvent, WindowsState } from './windows-state.js';

type Read = (state: WindowsState, data: CmdletData) => object;

/** What the cmdlets answer that change nothing: by name, from the host's state and the tool's input. The shapes are those of the automation-service's tools. */
export const READ_CMDLETS: Readonly<Record<string, Read>> = {
  'Get-Volume': (state, data) => {
    const letter = textOf(data, 'drive_letter');
    const type = textOf(data, 'drive_type');
    const fits = state.volumes.filter((v) => (letter === undefined || same(v.driveLetter ?? '', letter)) && (type === undefined || v.driveType === type));
    return { volumes: fits.map((v) => ({ drive_letter: v.driveLetter, label: v.label, file_system: v.fileSystem, drive_type: v.driveType, health: v.health, size_bytes: v.sizeBytes, free_bytes: v.freeBytes, path: v.path })) };
  },
  'Get-Service': (state, data) => {
    const fits = state.services.filter((s) => like(s.name, textOf(data, 'name')) && among(data, 'status', s.status) && among(data, 'start_type', s.startType));
    return { services: fits.map((s) => ({ name: s.name, display_name: s.displayName, status: s.status, start_type: s.startType, can_stop: s.status === 'Running' && s.canStop })), unreadable: 0 };
  },
  'Get-Process': (state, data) => {
    const id = numberOf(data, 'id');
    const found = state.processes.filter((p) => like(p.name, textOf(data, 'name')) && (id === undefined || p.id === id));
    const by = textOf(data, 'sort_by');
    found.sort((a, b) => (by === 'memory' ? b.workingSetBytes - a.workingSetBytes : by === 'cpu' ? b.cpuSeconds - a.cpuSeconds : a.name.localeCompare(b.name) || a.id - b.id));
    const processes = found.slice(0, numberOf(data, 'limit')).map((p) => ({
      id: p.id, name: p.name, working_set_bytes: p.workingSetBytes, private_bytes: p.privateBytes, cpu_seconds: p.cpuSeconds, threads: p.threads, handles: p.handles, session_id: p.sessionId,
      started_at: p.startedAt, path: p.path,
    }));
    return { processes, total: found.length };
  },
  'Get-EventLog': (state, data) => {
    const log = textOf(data, 'log_name') ?? '';
    const own = state.events.filter((e) => same(e.log, log));
    if (own.length === 0) throw new CmdletError('ObjectNotFound', 'Refused', 'the host has no classic event log of this name');
    const found = own.filter((e) => among(data, 'entry_types', entryType(e)) && like(e.provider, textOf(data, 'source')) && between(e, data));
    const events = newest(found, data).map((e) => ({
      index: e.recordId, time: e.at, entry_type: entryType(e), source: e.provider, event_id: e.eventId, message: e.message, user: null, computer: state.computer.name,
    }));
    return { log_name: log, events };
  },
  'Get-WinEvent': (state, data) => {
    const log = textOf(data, 'log_name') ?? '';
    const own = state.events.filter((e) => same(e.log, log));
    if (own.length === 0) throw new CmdletError('ObjectNotFound', 'NoMatchingLogsFound,Microsoft.PowerShell.Commands.GetWinEventCommand', `There is not an event log on the ${state.computer.name} computer that matches "${log}".`);
    const found = own.filter((e) => among(data, 'provider_names', e.provider) && among(data, 'event_ids', e.eventId) && among(data, 'levels', e.level) && between(e, data));
    const events = newest(found, data).map((e) => ({
      record_id: e.recordId, time: e.at, level: e.level, provider: e.provider, event_id: e.eventId, log_name: e.log, message: e.message, process_id: 1172, user_sid: 'S-1-5-18', computer: state.computer.name,
    }));
    return { events };
  },
  'Get-ComputerInfo': ({ computer: c }) => ({
    computer_name: c.name, domain: c.domain, os_name: c.osName, os_version: c.osVersion, os_architecture: c.architecture, os_installed_at: c.installedAt, last_boot_at: c.bootedAt,
    uptime_seconds: Math.max(0, Math.floor((Date.now() - Date.parse(c.bootedAt)) / 1000)), manufacturer: c.manufacturer, model: c.model, serial_number: c.serialNumber, bios_version: c.biosVersion,
    processors: c.processors, logical_processors: c.logicalProcessors, total_memory_bytes: c.memoryBytes, free_memory_bytes: c.freeMemoryBytes, time_zone: c.timeZone,
  }),
  'Get-NetTCPConnection': (state, data) => {
    const is = (name: string, value: unknown) => data[name] === undefined || data[name] === null || data[name] === value;
    const found = state.connections.filter((c) => among(data, 'state', c.state) && is('local_port', c.localPort) && is('remote_port', c.remotePort) && is('remote_address', c.remoteAddress) && is('process_id', c.pid));
    const connections = found.slice(0, numberOf(data, 'limit')).map((c) => ({
      local_address: c.localAddress, local_port: c.localPort, remote_address: c.remoteAddress, remote_port: c.remotePort, state: c.state, process_id: c.pid, created_at: c.createdAt,
    }));
    return { connections, total: found.length };
  },
  'Get-LocalUser': (state, data) => {
    const enabled = flagOf(data, 'enabled');
    const fits = state.users.filter((u) => like(u.name, textOf(data, 'name')) && (enabled === undefined || u.enabled === enabled));
    return {
      users: fits.map((u) => ({
        name: u.name, full_name: u.fullName || null, description: u.description || null, enabled: u.enabled, sid: u.sid, password_required: true, user_may_change_password: true,
        last_logon_at: u.lastLogonAt, password_last_set_at: u.passwordLastSetAt, password_expires_at: u.passwordExpiresAt, account_expires_at: null,
      })),
    };
  },
  'Get-HotFix': (state, data) => {
    const id = textOf(data, 'id');
    return { hotfixes: state.hotfixes.filter((h) => id === undefined || same(h.id, id)).map((h) => ({ id: h.id, description: h.description, installed_by: h.installedBy, installed_on: h.installedOn })) };
  },
};

function among(data: CmdletData, name: string, value: unknown): boolean {
  return listOf(data, name)?.includes(value) ?? true;
}

function between(event: SimulatedEvent, data: CmdletData): boolean {
  const at = Date.parse(event.at);
  const [since, until] = [textOf(data, 'since'), textOf(data, 'until')];
  return (since === undefined || at >= Date.parse(since)) && (until === undefined || at <= Date.parse(until));
}

function newest(events: readonly SimulatedEvent[], data: CmdletData): SimulatedEvent[] {
  return [...events].sort((a, b) => b.at.localeCompare(a.at)).slice(0, numberOf(data, 'max_events'));
}

/** The classic log knows no critical entries. */
function entryType({ level }: SimulatedEvent): 'Error' | 'Warning' | 'Information' {
  return level === 'Critical' ? 'Error' : level;
}
