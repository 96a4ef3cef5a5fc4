import type { DegradationDto } from '../degraded/degradation.dto.js';
import { formatCidr, isSingle } from '../targets/cidr.js';
import type { CheckedTarget } from '../targets/target-checker.js';
import type { HostState, NmapHostDto, NmapOutput, Scan } from './nmap.dto.js';
import type { NmapReport, ScannedHost } from './nmap-xml.js';

/** What was asked for, to be held against what nmap reports. */
export interface NmapQuestion {
  readonly targets: readonly CheckedTarget[];
  /** What the only target is called instead. */
  readonly hostName?: string | undefined;
  readonly requested: Scan;
  readonly osDetection: boolean;
  readonly discovery: 'probe' | 'assume-up';
  /** Whether nmap may use raw sockets here. */
  readonly rawSockets: boolean;
}

/** Puts the reports of one call (one for each address family) into one answer, with a row for every host that was named. */
export function nmapAnswer(question: NmapQuestion, reports: readonly NmapReport[], complete: boolean): NmapOutput {
  const finished = complete && reports.every((report) => report.finished?.exit === 'success');
  const reported = byAddress(reports.flatMap((report) => report.hosts));
  const skipped = new Set(reports.flatMap((report) => report.skipped));
  const stateOf = (address: string): HostState => (skipped.has(address) ? 'skipped' : finished ? 'down' : 'not-scanned');
  const silent = [...new Set(question.targets.filter((target) => isSingle(target.cidr)).map((target) => formatCidr(target.cidr)))]
    .filter((address) => !reported.has(address))
    .map((address): ScannedHost => ({ address, state: stateOf(address), timedOut: false, ports: [], otherPorts: [] }));
  const scanned = [...reported.values(), ...silent];
  const types = new Set(reports.map((report) => report.scanType));
  const scanType = types.size === 1 ? [...types][0]! : 'unknown';
  const hostsDown = reports.reduce((sum, report) => sum + report.hostsDown, 0);
  const degradations = degradationsOf(question, { scanType, hostsDown });
  return {
    hosts: scanned.flatMap((host) => namesOf(host.address, question).map((hostname): NmapHostDto => ({ hostname, ...host }))),
    scanType,
    requested: question.requested,
    degraded: degradations.length > 0,
    degradations,
    partial: !finished || skipped.size > 0 || scanned.some((host) => host.timedOut),
    openPorts: scanned.reduce((sum, host) => sum + host.ports.filter((port) => port.state === 'open').length, 0),
    hostsUp: scanned.filter((host) => host.state === 'up').length,
    hostsDown,
    excluded: [...new Set(question.targets.flatMap((target) => target.excluded.map(formatCidr)))],
  };
}

/** Each address once, as it was reported first. */
function byAddress(hosts: readonly ScannedHost[]): ReadonlyMap<string, ScannedHost> {
  const found = new Map<string, ScannedHost>();
  for (const host of hosts) if (!found.has(host.address)) found.set(host.address, host);
  return found;
}

/** What the caller called an address, in the order of the targets: the address itself unless it has names only. */
function namesOf(address: string, { targets, hostName }: NmapQuestion): string[] {
  if (hostName !== undefined) return [hostName];
  const asked = targets.filter(({ cidr }) => isSingle(cidr) && formatCidr(cidr) === address);
  return asked.length === 0 ? [address] : [...new Set(asked.map(({ name }) => name ?? address))];
}

const NO_RAW_SOCKETS = 'nmap may not open raw sockets here (CAP_NET_RAW)';

function degradationsOf({ requested, osDetection, discovery, rawSockets }: NmapQuestion, { scanType, hostsDown }: Pick<NmapOutput, 'scanType' | 'hostsDown'>): DegradationDto[] {
  return [
    ...(scanType === requested ? [] : [{ asked: `scan ${requested}`, done: scanType === 'unknown' ? 'unknown' : `scan ${scanType}`, reason: rawSockets ? 'nmap reports no such scan' : NO_RAW_SOCKETS }]),
    ...(osDetection && !rawSockets ? [{ asked: 'osDetection', done: 'none', reason: NO_RAW_SOCKETS }] : []),
    // A host that is called down may have answered to what nmap could not send.
    ...(discovery === 'probe' && hostsDown > 0 && !rawSockets ? [{ asked: 'discovery probe', done: 'TCP connections to ports 80 and 443, without ICMP and ARP', reason: NO_RAW_SOCKETS }] : []),
  ];
}
