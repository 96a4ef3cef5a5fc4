import { ToolFailure } from '@opsmesh/contracts';
import { XMLParser } from 'fast-xml-parser';
import { HOST_STATES, type HostState, NmapHostDto, NmapOsDto, NmapPortDto, PORT_STATES, type PortState } from './nmap.dto.js';

/** A host as nmap knows it: by its address. */
export type ScannedHost = Omit<NmapHostDto, 'hostname'>;

/** One report of nmap, as far as it was written. */
export interface NmapReport {
  readonly scanType: 'connect' | 'syn' | 'unknown';
  readonly hosts: readonly ScannedHost[];
  /** Undefined when nmap was stopped before its end. */
  readonly finished: { readonly exit: 'success' } | { readonly exit: 'error'; readonly message: string } | undefined;
  readonly hostsDown: number;
  /** Targets nmap did not try, for example because there is no route to them. */
  readonly skipped: readonly string[];
}

/** Elements that are lists even when there is one of them (nmap.dtd). */
const LISTS: ReadonlySet<string> = new Set(['scaninfo', 'target', 'host', 'address', 'port', 'extraports', 'osmatch', 'osclass']);

/** Guesses of the operating system that are kept of each host. */
const MOST_GUESSES = 5;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  isArray: (name, _path, _leaf, isAttribute) => !isAttribute && LISTS.has(name),
});

/**
 * Reads `nmap -oX` (xmloutputversion 1.05), also the stump a killed nmap leaves.
 * @throws ToolFailure `output-invalid` when it is no such report, or holds a value it may not hold
 */
export function readNmapXml(xml: string): NmapReport {
  const run = element(element(parse(complete(xml)), 'root')['nmaprun'], 'nmaprun');
  const hosts = list(run['host'], 'host').filter((host) => host['status'] !== undefined).map(readHost);
  const stats = optional(run['runstats'], 'runstats');
  const finished = stats && optional(stats['finished'], 'finished');
  const counts = stats && optional(stats['hosts'], 'hosts');
  return {
    scanType: scanTypeOf(list(run['scaninfo'], 'scaninfo')[0]),
    hosts,
    finished: finished && (finished['exit'] === 'error' ? { exit: 'error', message: text(finished, 'errormsg') ?? 'no reason given' } : { exit: 'success' }),
    hostsDown: counts && finished?.['exit'] === 'success' ? integer(counts, 'down') : hosts.filter((host) => host.state === 'down').length,
    skipped: list(run['target'], 'target').filter((target) => target['status'] === 'skipped').map((target) => required(target, 'specification')),
  };
}

/**
 * Closes the stump of a stopped nmap after its last whole host, or after its last whole element before the first host. The parser
 * would close open elements by itself, and so take half a host for a whole one.
 */
function complete(xml: string): string {
  if (xml.includes('</nmaprun>')) return xml;
  const lastHost = xml.lastIndexOf('</host>');
  if (lastHost >= 0) return `${xml.slice(0, lastHost)}</host></nmaprun>`;
  const head = xml.split('<host', 1)[0]!;
  return `${head.slice(0, head.lastIndexOf('>') + 1)}</nmaprun>`;
}

type Element = Readonly<Record<string, unknown>>;

function parse(xml: string): unknown {
  try {
    return parser.parse(xml);
  } catch (error) {
    throw new ToolFailure('output-invalid', 'nmap wrote no readable report', { cause: error instanceof Error ? error.message : String(error) });
  }
}

function readHost(host: Element): ScannedHost {
  const address = list(host['address'], 'address').find((entry) => entry['addrtype'] === 'ipv4' || entry['addrtype'] === 'ipv6');
  const ports = optional(host['ports'], 'ports') ?? {};
  const os = optional(host['os'], 'os');
  return {
    address: required(element(address, 'address'), 'addr'),
    state: oneOf<HostState>(HOST_STATES, required(element(host['status'], 'status'), 'state')),
    timedOut: host['timedout'] === 'true',
    ports: list(ports['port'], 'port').map(readPort),
    otherPorts: list(ports['extraports'], 'extraports').map((other) => ({ state: oneOf<PortState>(PORT_STATES, required(other, 'state')), count: integer(other, 'count') })),
    ...(os ? { os: list(os['osmatch'], 'osmatch').slice(0, MOST_GUESSES).map(readOs) } : {}),
  };
}

function readOs(match: Element): NmapOsDto {
  const family = list(match['osclass'], 'osclass')[0];
  const named = family && text(family, 'osfamily');
  return { name: required(match, 'name'), accuracy: integer(match, 'accuracy'), ...(named === undefined ? {} : { family: named }) };
}

function readPort(port: Element): NmapPortDto {
  const read: NmapPortDto = {
    port: integer(port, 'portid'),
    protocol: required(port, 'protocol'),
    state: oneOf<PortState>(PORT_STATES, required(element(port['state'], 'state'), 'state')),
  };
  const service = optional(port['service'], 'service');
  if (service) {
    read.service = required(service, 'name');
    read.serviceFrom = oneOf(['probed', 'table'] as const, required(service, 'method'));
    const product = text(service, 'product');
    if (product !== undefined) read.product = product;
    const version = text(service, 'version');
    if (version !== undefined) read.version = version;
  }
  return read;
}

function scanTypeOf(scaninfo: Element | undefined): NmapReport['scanType'] {
  const type = scaninfo && text(scaninfo, 'type');
  return type === 'connect' || type === 'syn' ? type : 'unknown';
}

function broken(what: string): ToolFailure {
  return new ToolFailure('output-invalid', `nmap's report has ${what}`);
}

function element(value: unknown, name: string): Element {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw broken(`no element ${name}`);
  return value as Element;
}

/** An element without attributes and children is read as an empty text. */
function optional(value: unknown, name: string): Element | undefined {
  if (value === undefined) return undefined;
  return value === '' ? {} : element(value, name);
}

function list(value: unknown, name: string): Element[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw broken(`no list of ${name}`);
  return value.map((entry) => element(entry, name));
}

function text(node: Element, name: string): string | undefined {
  const value = node[name];
  return typeof value === 'string' ? value : undefined;
}

function required(node: Element, name: string): string {
  const value = text(node, name);
  if (value === undefined) throw broken(`no ${name}`);
  return value;
}

function integer(node: Element, name: string): number {
  const value = required(node, name);
  if (!/^\d{1,10}$/.test(value)) throw broken(`no number as ${name}`);
  return Number(value);
}

function oneOf<T extends string>(allowed: readonly T[], value: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw broken(`an unknown value ${JSON.stringify(value.slice(0, 40))}`);
  return found;
}
