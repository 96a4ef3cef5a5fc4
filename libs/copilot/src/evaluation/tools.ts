import type { CatalogueTool } from '../catalogue/catalogue.js';

const text = { type: 'string' };
const number = { type: 'integer' };
const list = { type: 'array' };

function tool(name: string, effect: CatalogueTool['effect'], inputs: Record<string, object>, more: Partial<CatalogueTool> & { readonly required?: readonly string[] } = {}): CatalogueTool {
  const { required = Object.keys(inputs).slice(0, 1), ...rest } = more;
  return { name, description: `${name} of the evaluation`, effect, inputSchema: { type: 'object', additionalProperties: false, properties: inputs, required: [...required] }, commands: [], examples: [], ...rest };
}

const ssh = { credential: { kind: 'ssh', target: '/target_host' } };
const winrm = { credential: { kind: 'winrm', target: '/target_host' } };
const host = { target_host: text };

/** The tools against which the phrasings are read: names and inputs of those that the services declare. */
export const EVALUATION_TOOLS: readonly CatalogueTool[] = [
  tool('asset-query', 'read', { filters: { type: 'object' }, search: text, sort: {}, fields: list, limit: number, offset: number, count_only: { type: 'boolean' } }, { required: [], description: 'Finds assets of the inventory' }),
  tool('asset-list', 'read', { limit: number, cursor: text, fields: list }, { required: [], description: 'Lists all assets' }),
  tool('asset-create', 'write', { hostname: text, ip_address: text, os: text, environment: text, location: text, tags: list }, { target: '/hostname' }),
  tool('asset-update', 'write', { asset: text, changes: { type: 'object' } }, { required: ['asset', 'changes'], target: '/asset' }),
  tool('asset-delete', 'destructive', { asset: text }, { target: '/asset' }),
  tool('disk-usage', 'read', { ...host, path: text }, ssh), tool('run-command', 'write', { ...host, command: text }, { ...ssh, required: ['target_host', 'command'] }),
  tool('service-status', 'read', { ...host, service: text }, { ...ssh, required: ['target_host', 'service'] }), tool('restart-service', 'write', { ...host, service: text }, { ...ssh, required: ['target_host', 'service'] }),
  tool('process-list', 'read', { ...host, name: text, user: text, sort: { type: 'string', enum: ['pid', 'memory', 'cpu', 'started'] }, limit: number }, ssh), tool('system-info', 'read', host, ssh),
  tool('log-search', 'read', { ...host, pattern: text, since: text, until: text, unit: text, path: text, limit: number }, { ...ssh, required: ['target_host'] }),
  tool('Get-Volume', 'read', { ...host, drive_letter: text, drive_type: text }, winrm), tool('Get-Service', 'read', { ...host, name: text, status: list, start_type: list }, winrm),
  tool('Get-Process', 'read', { ...host, name: text, id: number, sort_by: text, limit: number }, winrm), tool('Get-ComputerInfo', 'read', host, winrm), tool('Get-HotFix', 'read', { ...host, id: text }, winrm),
  tool('Get-LocalUser', 'read', { ...host, name: text, enabled: { type: 'boolean' } }, winrm), tool('Get-NetTCPConnection', 'read', { ...host, state: list, local_port: number, limit: number }, winrm),
  tool('Get-WinEvent', 'read', { ...host, log_name: text, levels: list, since: text, until: text, max_events: number }, { ...winrm, required: ['target_host', 'log_name'] }),
  tool('Test-Connection', 'read', { ...host, destination: text, count: number }, { ...winrm, required: ['target_host', 'destination'] }),
  tool('Restart-Service', 'write', { ...host, name: text, force: { type: 'boolean' } }, { ...winrm, required: ['target_host', 'name'] }), tool('Stop-Process', 'destructive', { ...host, id: number, name: text }, winrm),
  tool('run-powershell', 'write', { ...host, script: text }, { ...winrm, required: ['target_host', 'script'] }),
  tool('nmap', 'read', { targets: {}, host_name: text, ports: text, scan: text, serviceDetection: { type: 'boolean' } }, { target: '/targets', description: 'Scans hosts or networks for open TCP ports' }),
  tool('ping', 'read', { target_host: text, host_name: text, count: number, timeout: number }, { target: '/target_host', description: 'Sends ICMP echo requests to one host' }),
  tool('tls-certificate', 'read', { target_host: text, host_name: text, port: number, server_name: text, timeout: number }, { target: '/target_host', required: ['target_host'] }),
  tool('port-check', 'read', { target_host: text, host_name: text, ports: { anyOf: [number, list] }, timeout: number }, { target: '/target_host', required: ['target_host', 'ports'] }),
  tool('traceroute', 'read', { target_host: text, host_name: text, method: text, port: number, maxHops: number }, { target: '/target_host' }),
  tool('tcpdump', 'read', { interface: text, hosts: {}, filter: text, duration: number, maxPackets: number, maxBytes: number }, { required: [], description: 'Captures packets for a bounded time' }),
  tool('tshark-summary', 'read', { captureId: text }), tool('tshark-conversations', 'read', { captureId: text, limit: number }),
  tool('dns-lookup', 'read', { name: text, type: { type: 'string', enum: ['A', 'AAAA', 'MX', 'TXT', 'NS', 'CNAME', 'PTR', 'SOA', 'SRV'] }, server: text }, { target: '/name', description: 'Looks up DNS records' }),
];
