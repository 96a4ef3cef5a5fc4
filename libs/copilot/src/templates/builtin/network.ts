import type { Template } from '../template.js';
import { ASSETS, column, EACH_ASSET, needed, optional, slot, targets } from './step-parts.js';

const base = { version: 1, category: 'network', platform: null, phrases: [] } as const;
const endpoints = needed('endpoints', 'Which host, address or network?');
const EACH_ENDPOINT = '<<input.endpoints>>';

/** The same over assets of the inventory, by their address, and over addresses and names that need not be in it. */
function both(template: Omit<Template, 'steps' | 'slots' | 'version' | 'category' | 'platform' | 'phrases'> & { readonly slots: Template['slots']; readonly step: Template['steps'][number] & { readonly inputs: Template['steps'][number] }; readonly target: string }): Template[] {
  const { step, target, slots, ...rest } = template;
  return [
    { ...base, ...rest, slots: { targets: targets(), ...slots }, steps: [ASSETS, { ...step, forEach: EACH_ASSET, inputs: { [target]: '<<item.ip_address>>', host_name: '<<item.hostname>>', ...step.inputs } }] },
    { ...base, ...rest, id: `${rest.id}-address`, title: `${rest.title} of addresses`, slots: { endpoints, ...slots }, steps: [{ ...step, forEach: EACH_ENDPOINT, inputs: { [target]: '<<item>>', ...step.inputs } }] },
  ];
}

const CAPTURE = '<<steps.capture.output.capture.id>>';
const CAPTURES = [
  ['capture-pair', 'Capture between two hosts', 'steps.assets.output.ip_addresses', false], ['capture-pair-port', 'Capture between two hosts on a port', 'steps.assets.output.ip_addresses', true],
  ['capture-pair-address', 'Capture between two addresses', 'input.endpoints', false], ['capture-pair-address-port', 'Capture between two addresses on a port', 'input.endpoints', true],
] as const;

export const NETWORK: readonly Template[] = [
  ...both({
    id: 'port-audit', title: 'Port audit', description: 'Open TCP ports of hosts or networks, found by a scan', action: 'port-audit', target: 'targets', slots: { ports: optional('ports') },
    step: { id: 'scan', tool: 'nmap', inputs: { ports: slot('ports') } },
    answer: { kind: 'table', step: 'scan', subject: 'port scan', rows: 'hosts', columns: [column('host', 'hostname'), column('address', 'address'), column('state', 'state'), { ...column('open ports', 'ports'), each: { path: 'port', where: { state: 'open' } } }] },
  }),
  ...both({
    id: 'port-check', title: 'Port check', description: 'Whether single TCP ports accept connections', action: 'port-check', target: 'target_host', slots: { ports: needed('ports', 'Which ports?', ['22', '80,443', '3389']) },
    step: { id: 'ports', tool: 'port-check', inputs: { ports: { $slot: 'ports', as: 'numbers' } } },
    answer: { kind: 'table', step: 'ports', subject: 'ports', rows: 'ports', columns: [column('port', 'port'), column('state', 'state'), column('time', 'connectMs', 'milliseconds')] },
  }),
  ...both({
    id: 'certificate-expiry', title: 'Certificate expiry', description: 'Until when the TLS certificates of hosts are valid, on port 443 unless another is named, and whether they are trusted', action: 'certificate-expiry', target: 'target_host', slots: { port: optional('ports') },
    step: { id: 'certificates', tool: 'tls-certificate', inputs: { port: { $slot: 'port', as: 'number' } } },
    answer: {
      kind: 'table', step: 'certificates', subject: 'certificates',
      columns: [column('subject', 'subject'), column('valid to', 'validTo', 'time'), column('days left', 'daysLeft'), column('expired', 'expired'), column('trusted', 'trusted')],
    },
  }),
  ...both({
    id: 'ping', title: 'Ping', description: 'Whether hosts answer, with loss and round-trip times', action: 'ping', target: 'target_host', slots: { count: optional('count') },
    step: { id: 'ping', tool: 'ping', inputs: { count: slot('count') } },
    answer: { kind: 'table', step: 'ping', subject: 'ping', columns: [column('address', 'address'), column('reachable', 'reachable'), column('loss', 'lossPercent', 'percent'), column('average', 'rttMs.avg', 'milliseconds')] },
  }),
  ...both({
    id: 'traceroute', title: 'Traceroute', description: 'The way to hosts, hop by hop', action: 'traceroute', target: 'target_host', slots: {},
    step: { id: 'trace', tool: 'traceroute', inputs: {} },
    answer: { kind: 'table', step: 'trace', subject: 'hops', rows: 'hops', columns: [column('hop', 'hop'), column('address', 'address')] },
  }),
  {
    ...base, id: 'dns-lookup', title: 'DNS lookup', description: 'DNS records of a name', action: 'dns-lookup',
    slots: { domain: needed('domain', 'Which name should be looked up?'), type: optional('record-type') },
    steps: [{ id: 'dns', tool: 'dns-lookup', inputs: { name: slot('domain'), type: slot('type') } }],
    answer: { kind: 'table', step: 'dns', subject: 'DNS records', columns: [column('status', 'status'), column('type', 'type'), { ...column('records', 'records'), each: { path: 'value' } }] },
  },
  ...CAPTURES.map(([id, title, between, port]): Template => ({
    ...base, id, title, description: 'Packets between two hosts, as the network service sees them, with a summary and who talked with whom', action: 'capture',
    slots: { ...(between === 'input.endpoints' ? { endpoints: needed('endpoints', 'Between which two addresses?') } : { targets: targets('Between which two hosts?') }), duration: optional('seconds'), ...(port ? { ports: needed('ports', 'Which port?') } : {}) },
    steps: [
      ...(between === 'input.endpoints' ? [] : [ASSETS]),
      { id: 'capture', tool: 'tcpdump', inputs: { hosts: [`<<${between}[0]>>`, `<<${between}[1]>>`], filter: `host <<${between}[0]>> and host <<${between}[1]>>${port ? ' and port <<input.ports>>' : ''}`, duration: slot('duration') } },
      { id: 'summary', tool: 'tshark-summary', inputs: { captureId: CAPTURE } },
      { id: 'talks', tool: 'tshark-conversations', inputs: { captureId: CAPTURE } },
    ],
    answer: { kind: 'table', step: 'talks', subject: 'conversations', rows: 'conversations', columns: [column('from', 'a'), column('port', 'aPort'), column('to', 'b'), column('to port', 'bPort'), column('packets', 'packets'), column('size', 'bytes', 'bytes')] },
  })),
  {
    ...base, id: 'connectivity-from-windows', title: 'Connectivity (from Windows)', description: 'Whether a destination answers a Windows host', action: 'connectivity', platform: 'windows',
    slots: { targets: targets('From which hosts?'), destination: needed('destination', 'To which host or address?') },
    steps: [ASSETS, { id: 'reach', tool: 'Test-Connection', forEach: EACH_ASSET, inputs: { target_host: '<<item.hostname>>', destination: slot('destination') } }],
    answer: { kind: 'table', step: 'reach', subject: 'connectivity', columns: [column('to', 'destination'), column('sent', 'sent'), column('received', 'received'), column('average', 'average_ms', 'milliseconds')] },
  },
  {
    ...base, id: 'connectivity-from-linux', title: 'Connectivity (from Linux)', description: 'Whether a destination answers a Linux host', action: 'connectivity', platform: 'linux',
    slots: { targets: targets('From which hosts?'), destination: needed('destination', 'To which host or address?') },
    steps: [ASSETS, { id: 'reach', tool: 'run-command', forEach: EACH_ASSET, inputs: { target_host: '<<item.hostname>>', command: 'ping -n -q -c 3 -W 2 -- <<input.destination>>' } }],
    answer: { kind: 'table', step: 'reach', subject: 'connectivity', columns: [column('answer', 'stdout')] },
  },
  {
    ...base, id: 'connectivity-matrix', title: 'Connectivity matrix', description: 'Whether each of several Linux hosts reaches each of the others', action: 'connectivity-matrix', platform: 'linux',
    slots: { targets: targets('Between which hosts? Name two to ten.') },
    steps: [ASSETS, { $eachHost: { id: 'from', tool: 'run-command', forEach: EACH_ASSET, inputs: { target_host: { $host: true }, command: 'ping -n -q -c 3 -W 2 -- <<item.ip_address>>' }, onFailure: 'continue' } }],
    answer: { kind: 'table', step: 'from', subject: 'connectivity', columns: [column('answer', 'stdout')] },
  },
];
