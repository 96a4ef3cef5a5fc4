import type { DegradationDto } from '../degraded/degradation.dto.js';
import { formatCidr, isSingle } from '../targets/cidr.js';
import type { CheckedTarget } from '../targets/target-checker.js';
import type { HostState, NmapHostDto, NmapOutput, Scan } from './nmap.dto.js';
import type { NmapReport } from './nmap-xml.js';

/** What was asked for, to be held against what nmap reports. */
export interface NmapQuestion {
  readonly targets: readonly CheckedTarget[];
  readonly requested: Scan;
  readonly osDetection: boolean;
  /** Whether nmap may use raw sockets here. */
  readonly rawSockets: boolean;
}

/** Puts the reports of one call (one for each address family) into one answer, with a row for every host that was named. */
export function nmapAnswer(question: NmapQuestion, reports: readonly NmapReport[], complete: boolean): NmapOutput {
  const finished = complete && reports.every((report) => report.finished?.exit === 'success');
  const names = new Map(question.targets.flatMap((target) => (target.name === undefined ? [] : [[formatCidr(target.cidr), target.name] as const])));
  const reported = reports.flatMap((report) => report.hosts).map((host): NmapHostDto => ({ ...host, hostname: names.get(host.address) ?? null }));
  const seen = new Set(reported.map((host) => host.address));
  const skipped = new Set(reports.flatMap((report) => report.skipped));
  const stateOf = (address: string): HostState => (skipped.has(address) ? 'skipped' : finished ? 'down' : 'not-scanned');
  const silent = [...new Set(question.targets.filter((target) => isSingle(target.cidr)).map((target) => formatCidr(target.cidr)))]
    .filter((address) => !seen.has(address))
    .map((address): NmapHostDto => ({ address, hostname: names.get(address) ?? null, state: stateOf(address), timedOut: false, ports: [], otherPorts: [] }));
  const hosts = [...reported, ...silent];
  const types = new Set(reports.map((report) => report.scanType));
  const scanType = types.size === 1 ? [...types][0]! : 'unknown';
  const degradations = degradationsOf(question, scanType);
  return {
    hosts,
    scanType,
    requested: question.requested,
    degraded: degradations.length > 0,
    degradations,
    partial: !finished || skipped.size > 0 || hosts.some((host) => host.timedOut),
    openPorts: hosts.reduce((sum, host) => sum + host.ports.filter((port) => port.state === 'open').length, 0),
    hostsUp: reports.reduce((sum, report) => sum + report.hostsUp, 0),
    hostsDown: reports.reduce((sum, report) => sum + report.hostsDown, 0),
    excluded: [...new Set(question.targets.flatMap((target) => target.excluded.map(formatCidr)))],
  };
}

const NO_RAW_SOCKETS = 'nmap may not open raw sockets here (CAP_NET_RAW)';

function degradationsOf({ requested, osDetection, rawSockets }: NmapQuestion, scanType: NmapOutput['scanType']): DegradationDto[] {
  return [
    ...(scanType === requested ? [] : [{ asked: `scan ${requested}`, done: scanType === 'unknown' ? 'unknown' : `scan ${scanType}`, reason: rawSockets ? 'nmap reports no such scan' : NO_RAW_SOCKETS }]),
    ...(osDetection && !rawSockets ? [{ asked: 'osDetection', done: 'none', reason: NO_RAW_SOCKETS }] : []),
  ];
}
