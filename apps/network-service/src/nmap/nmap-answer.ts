import { formatCidr, isSingle } from '../targets/cidr.js';
import type { CheckedTarget } from '../targets/target-checker.js';
import type { HostState, NmapHostDto, NmapOutput, Scan } from './nmap.dto.js';
import type { NmapReport } from './nmap-xml.js';

/** What was asked for, to be held against what nmap reports. */
export interface NmapQuestion {
  readonly targets: readonly CheckedTarget[];
  readonly requested: Scan;
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
  return {
    hosts,
    scanType,
    requested: question.requested,
    degraded: scanType !== question.requested,
    partial: !finished || skipped.size > 0 || hosts.some((host) => host.timedOut),
    openPorts: hosts.reduce((sum, host) => sum + host.ports.filter((port) => port.state === 'open').length, 0),
    hostsUp: reports.reduce((sum, report) => sum + report.hostsUp, 0),
    hostsDown: reports.reduce((sum, report) => sum + report.hostsDown, 0),
    excluded: [...new Set(question.targets.flatMap((target) => target.excluded.map(formatCidr)))],
  };
}
