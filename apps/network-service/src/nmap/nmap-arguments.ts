import { type Cidr, distinctCidrs, formatCidr } from '../targets/cidr.js';
import type { NmapInput } from './nmap.dto.js';
import { checkPortList } from './port-list.js';

/** One run of nmap: it scans one address family at a time. */
export interface NmapPlan {
  readonly family: 'ipv4' | 'ipv6';
  /** They may overlap: nmap, which scans an address as often as it is named, gets each address once. */
  readonly targets: readonly Cidr[];
  readonly excluded: readonly Cidr[];
  /** Whether nmap may use raw sockets. */
  readonly rawSockets: boolean;
  /** Most probes a second. */
  readonly maxRate: number;
  /** Folder with an empty list of scripts. */
  readonly dataDir: string;
}

/**
 * Arguments of nmap. Every value is a number or a folder we made, a checked port list or an address we formatted; no caller's text comes through.
 * Hosts are reported in groups of 64, so that a stopped scan keeps what was finished.
 */
export function nmapArguments(input: NmapInput, plan: NmapPlan): string[] {
  return [
    '-n', '--datadir', plan.dataDir, '-oX', '-', '-T4', '--max-rate', String(plan.maxRate), '--max-hostgroup', '64', '--stats-every', '2s',
    '--host-timeout', `${input.hostTimeout ?? 300}s`,
    input.scan === 'syn' && plan.rawSockets ? '-sS' : '-sT',
    ...(input.serviceDetection ? ['-sV'] : []),
    ...(input.osDetection && plan.rawSockets ? ['-O'] : []),
    ...(input.discovery === 'assume-up' ? ['-Pn'] : []),
    ...(input.ports === undefined ? [] : ['-p', checkPortList(input.ports)]),
    ...(plan.family === 'ipv6' ? ['-6'] : []),
    ...(plan.excluded.length > 0 ? ['--exclude', distinctCidrs(plan.excluded).map(formatCidr).join(',')] : []),
    '--', ...distinctCidrs(plan.targets).map(formatCidr),
  ];
}
