import type { Endpoint, EndpointChange, EndpointPart, ManifestItem } from '@opsmesh/contracts';
import type { EndpointOfAnyVersion } from '@opsmesh/platform';
import { shownText } from './shown.js';

/** How a target is reached now; the version of a credential is left out where it is not known. */
export type EndpointNow = EndpointOfAnyVersion & Partial<Pick<Endpoint, 'credentialVersion'>>;

/** A target as it is now. */
export interface TargetNow {
  /** Undefined when the tool connects to none and the inventory does not matter. */
  readonly assetId: string | undefined;
  /** Its jump hosts, nearest to us first, and at last itself; empty when the tool does not connect, or an attempt would be refused. */
  readonly endpoints: readonly EndpointNow[];
}

/** How a target differs from what was approved of it; empty when it does not. A target that is not reached at all now does not: nothing can be sent to it. */
export function changesOf({ assetId, hostname, target, endpoints: approved }: Pick<ManifestItem, 'assetId' | 'hostname' | 'target' | 'endpoints'>, now: TargetNow): EndpointChange[] {
  const host = hostname ?? target ?? '';
  if (now.assetId !== undefined && assetId !== now.assetId) return [{ host, part: 'asset', before: assetId ?? '', after: now.assetId }];
  if (now.endpoints.length === 0) return [];
  if (idsOf(approved) !== idsOf(now.endpoints)) return [{ host, part: 'way', before: namesOf(approved), after: namesOf(now.endpoints) }];
  return approved.flatMap((endpoint, i) => differences(endpoint, now.endpoints[i]!));
}

/** Changes in words, for one line. */
export function changesText(changes: readonly EndpointChange[]): string {
  return changes.map(({ host, part, before, after }) => shownText(`${NAMES[part]} of ${host} ${before || 'none'} → ${after || 'none'}`)).join(', ');
}

const NAMES: Readonly<Record<EndpointPart, string>> = {
  asset: 'asset', way: 'way', hostname: 'host name', address: 'address', protocol: 'protocol', port: 'port', hostKeys: 'host keys', hostKeyPolicy: 'host key policy', tls: 'TLS', tlsCa: 'trusted certificates', tlsFingerprint: 'certificate', credential: 'credential',
};

/** Each part as people may see it. */
const PARTS: Readonly<Record<Exclude<EndpointPart, 'asset' | 'way' | 'credential'>, (endpoint: EndpointNow) => string>> = {
  hostname: (e) => e.hostname, address: (e) => e.address, protocol: (e) => e.protocol, port: (e) => String(e.port), hostKeys: (e) => e.hostKeys.join(', '), hostKeyPolicy: (e) => e.hostKeyPolicy ?? '',
  tls: (e) => (e.tls === null ? '' : String(e.tls)), tlsCa: (e) => e.tlsCa ?? '', tlsFingerprint: (e) => e.tlsFingerprint ?? '',
};

function differences(approved: Endpoint, now: EndpointNow): EndpointChange[] {
  const changes: EndpointChange[] = [];
  for (const [part, text] of Object.entries(PARTS) as [keyof typeof PARTS, (typeof PARTS)[keyof typeof PARTS]][]) {
    const [before, after] = [text(approved), text(now)];
    if (before !== after && !(part === 'hostKeys' && isPinned(approved, now))) changes.push({ host: approved.hostname, part, before: shownText(before), after: shownText(after) });
  }
  const { credentialVersion = approved.credentialVersion } = now;
  const [before, after] = [credentialText(approved), credentialText({ ...now, credentialVersion })];
  if (before !== after) changes.push({ host: approved.hostname, part: 'credential', before, after });
  return changes;
}

/** Whoever approved a host that may present any key approved the one that is written down since. */
function isPinned(approved: Endpoint, now: EndpointNow): boolean {
  return approved.hostKeyPolicy === 'accept-new' && now.hostKeyPolicy === 'accept-new' && approved.hostKeys.length === 0;
}

function credentialText({ credentialId, credentialVersion }: Pick<Endpoint, 'credentialId' | 'credentialVersion'>): string {
  return `${credentialId} version ${credentialVersion}`;
}

function idsOf(way: readonly EndpointNow[]): string {
  return way.map((e) => e.assetId).join(' ');
}

function namesOf(way: readonly EndpointNow[]): string {
  return shownText(way.map((e) => e.hostname).join(', then '));
}
