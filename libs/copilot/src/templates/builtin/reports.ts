import type { Template } from '../template.js';
import { ASSETS, column, EACH_ASSET, needed, optional, slot, targets } from './step-parts.js';

const base = { version: 1, category: 'report', phrases: [] } as const;
const onEach = (id: string, tool: string, inputs: Template['steps'][number]) => [ASSETS, { id, tool, forEach: EACH_ASSET, inputs: { target_host: '<<item.hostname>>', ...inputs } }];

/** Read-only reports over the hosts of the inventory. */
export const REPORTS: readonly Template[] = [
  {
    ...base, id: 'disk-report-linux', title: 'Disk report (Linux)', description: 'Size, used and free space of the file system that holds a path, on each host', action: 'disk-report', platform: 'linux',
    slots: { targets: targets(), path: optional('path') },
    steps: onEach('disk', 'disk-usage', { path: slot('path') }),
    answer: { kind: 'table', step: 'disk', subject: 'disk space', columns: [column('mount', 'mount'), column('size', 'sizeBytes', 'bytes'), column('used', 'usedBytes', 'bytes'), column('free', 'availableBytes', 'bytes'), column('use', 'usedPercent', 'percent')] },
  },
  {
    ...base, id: 'disk-report-windows', title: 'Disk report (Windows)', description: 'Size and free space of the volumes of each host, of one drive if asked for', action: 'disk-report', platform: 'windows',
    slots: { targets: targets(), drive: optional('drive') },
    steps: [ASSETS, { id: 'volumes', tool: 'Get-Volume', forEach: EACH_ASSET, inputs: { target_host: '<<item.hostname>>', drive_letter: slot('drive') } }],
    answer: { kind: 'table', step: 'volumes', subject: 'volumes', rows: 'volumes', columns: [column('drive', 'drive_letter'), column('label', 'label'), column('size', 'size_bytes', 'bytes'), column('free', 'free_bytes', 'bytes'), column('health', 'health')] },
  },
  {
    ...base, id: 'service-health-linux', title: 'Service health (Linux)', description: 'Whether a service runs, on each host', action: 'service-health', platform: 'linux',
    slots: { targets: targets(), service: needed('service', 'Which service?', ['nginx', 'sshd', 'postgresql']) },
    steps: onEach('services', 'service-status', { service: slot('service') }),
    answer: { kind: 'table', step: 'services', subject: 'service status', columns: [column('service', 'service'), column('state', 'activeState'), column('detail', 'subState'), column('at boot', 'enabledState')] },
  },
  {
    ...base, id: 'service-health-windows', title: 'Service health (Windows)', description: 'Status and start type of services, on each host', action: 'service-health', platform: 'windows',
    slots: { targets: targets(), service: optional('service') },
    steps: onEach('services', 'Get-Service', { name: slot('service') }),
    answer: { kind: 'table', step: 'services', subject: 'service status', rows: 'services', columns: [column('service', 'name'), column('status', 'status'), column('start', 'start_type')] },
  },
  {
    ...base, id: 'process-list-linux', title: 'Processes (Linux)', description: 'Processes of each host, by memory or processor time', action: 'process-list', platform: 'linux',
    slots: { targets: targets(), process: optional('process'), order: optional('order'), limit: optional('limit') },
    steps: onEach('processes', 'process-list', { name: slot('process'), sort: slot('order'), limit: slot('limit') }),
    answer: { kind: 'table', step: 'processes', subject: 'processes', rows: 'processes', columns: [column('id', 'pid'), column('name', 'name'), column('user', 'user'), column('memory', 'memoryBytes', 'bytes'), column('processor', 'cpuPercent', 'percent')] },
  },
  {
    ...base, id: 'process-list-windows', title: 'Processes (Windows)', description: 'Processes of each host, by memory or processor time', action: 'process-list', platform: 'windows',
    slots: { targets: targets(), process: optional('process'), order: optional('order'), limit: optional('limit') },
    steps: onEach('processes', 'Get-Process', { name: slot('process'), sort_by: slot('order'), limit: slot('limit') }),
    answer: { kind: 'table', step: 'processes', subject: 'processes', rows: 'processes', columns: [column('id', 'id'), column('name', 'name'), column('memory', 'working_set_bytes', 'bytes'), column('processor', 'cpu_seconds', 'seconds')] },
  },
  {
    ...base, id: 'system-info-linux', title: 'System information (Linux)', description: 'Operating system, uptime, memory and processors of each host', action: 'system-info', platform: 'linux',
    slots: { targets: targets() },
    steps: onEach('info', 'system-info', {}),
    answer: { kind: 'table', step: 'info', subject: 'system information', columns: [column('system', 'os'), column('kernel', 'kernel'), column('uptime', 'uptimeSeconds', 'seconds'), column('processors', 'cpus'), column('memory', 'memoryBytes', 'bytes'), column('free memory', 'memoryAvailableBytes', 'bytes')] },
  },
  {
    ...base, id: 'system-info-windows', title: 'System information (Windows)', description: 'Operating system, uptime, memory and processors of each host', action: 'system-info', platform: 'windows',
    slots: { targets: targets() },
    steps: onEach('info', 'Get-ComputerInfo', {}),
    answer: { kind: 'table', step: 'info', subject: 'system information', columns: [column('system', 'os_name'), column('version', 'os_version'), column('uptime', 'uptime_seconds', 'seconds'), column('memory', 'total_memory_bytes', 'bytes'), column('free memory', 'free_memory_bytes', 'bytes')] },
  },
  {
    ...base, id: 'log-search-linux', title: 'Log search (Linux)', description: 'Lines of the log that hold a text, on each host', action: 'log-search', platform: 'linux',
    slots: { targets: targets(), pattern: needed('pattern', 'Which text should be looked for?', ['error', 'failed', 'timeout']), since: optional('since'), until: optional('until'), service: optional('service'), path: optional('path'), limit: optional('limit') },
    steps: onEach('lines', 'log-search', { pattern: slot('pattern'), since: slot('since'), until: slot('until'), unit: slot('service'), path: slot('path'), limit: slot('limit') }),
    answer: { kind: 'table', step: 'lines', subject: 'log lines', rows: 'entries', columns: [column('time', 'time', 'time'), column('unit', 'unit'), column('text', 'text')] },
  },
  {
    ...base, id: 'event-log-windows', title: 'Events (Windows)', description: 'Events of a Windows log by level and time, on each host', action: 'log-search', platform: 'windows',
    slots: { targets: targets(), log: needed('log', 'Which event log?', ['System', 'Application', 'Security']), levels: optional('levels'), since: optional('since'), until: optional('until'), limit: optional('limit') },
    steps: onEach('events', 'Get-WinEvent', { log_name: slot('log'), levels: slot('levels'), since: slot('since'), until: slot('until'), max_events: slot('limit') }),
    answer: { kind: 'table', step: 'events', subject: 'events', rows: 'events', columns: [column('time', 'time', 'time'), column('level', 'level'), column('id', 'event_id'), column('source', 'provider'), column('text', 'message')] },
  },
  {
    ...base, id: 'patch-level-windows', title: 'Patch level (Windows)', description: 'Installed hotfixes of each host', action: 'patch-level', platform: 'windows',
    slots: { targets: targets() },
    steps: onEach('patches', 'Get-HotFix', {}),
    answer: { kind: 'table', step: 'patches', subject: 'hotfixes', rows: 'hotfixes', columns: [column('id', 'id'), column('kind', 'description'), column('installed', 'installed_on')] },
  },
  {
    ...base, id: 'package-list-debian', title: 'Package list (Debian, Ubuntu)', description: 'Installed packages with their versions, as dpkg-query prints them', action: 'patch-level', platform: 'linux',
    slots: { targets: targets() },
    steps: onEach('patches', 'run-command', { command: 'dpkg-query -W' }),
    answer: { kind: 'table', step: 'patches', subject: 'packages', columns: [column('packages', 'stdout')] },
  },
  {
    ...base, id: 'user-audit-windows', title: 'User audit (Windows)', description: 'Local users with their last log-on and whether they are enabled, on each host', action: 'user-audit', platform: 'windows',
    slots: { targets: targets() },
    steps: onEach('users', 'Get-LocalUser', {}),
    answer: { kind: 'table', step: 'users', subject: 'local users', rows: 'users', columns: [column('name', 'name'), column('enabled', 'enabled'), column('last log-on', 'last_logon_at', 'time'), column('password set', 'password_last_set_at', 'time')] },
  },
  {
    ...base, id: 'user-audit-linux', title: 'User audit (Linux)', description: 'Accounts of each host as the system knows them, without any password field', action: 'user-audit', platform: 'linux',
    slots: { targets: targets() },
    steps: onEach('users', 'run-command', { command: 'getent passwd' }),
    answer: { kind: 'table', step: 'users', subject: 'accounts', columns: [column('accounts', 'stdout')] },
  },
  {
    ...base, id: 'connections-windows', title: 'TCP connections (Windows)', description: 'TCP connections and listeners of each host', action: 'connections', platform: 'windows',
    slots: { targets: targets() },
    steps: onEach('connections', 'Get-NetTCPConnection', {}),
    answer: { kind: 'table', step: 'connections', subject: 'connections', rows: 'connections', columns: [column('local', 'local_address'), column('port', 'local_port'), column('remote', 'remote_address'), column('remote port', 'remote_port'), column('state', 'state')] },
  },
  {
    ...base, id: 'connections-linux', title: 'Sockets (Linux)', description: 'TCP and UDP sockets of each host, as ss prints them', action: 'connections', platform: 'linux',
    slots: { targets: targets() },
    steps: onEach('connections', 'run-command', { command: 'ss -tun -a -n' }),
    answer: { kind: 'table', step: 'connections', subject: 'sockets', columns: [column('sockets', 'stdout')] },
  },
];
