import { hash } from 'node:crypto';
import { canonicalJson, type ConnectionDto, type Endpoint } from '@opsmesh/contracts';

/** An endpoint whose credential may be of any version. */
export type EndpointOfAnyVersion = Omit<Endpoint, 'credentialVersion'>;

/** What of a connection decides where a command goes, and as whom. Equal connections give equal endpoints, however their host keys are ordered and commented. */
export function endpointOf({ assetId, hostname, address, protocol, port, credentialId = '', hostKey, hostKeyPolicy = 'strict', tls, tlsCa, tlsFingerprint }: ConnectionDto): EndpointOfAnyVersion {
  const isSsh = protocol === 'ssh';
  return {
    assetId, hostname, address, protocol, port, credentialId, hostKeys: isSsh && hostKey !== undefined ? hostKeysOf(hostKey) : [], hostKeyPolicy: isSsh ? hostKeyPolicy : null,
    tls: isSsh ? null : tls ?? null, tlsCa: tlsCa === undefined ? null : hash('sha256', tlsCa), tlsFingerprint: tlsFingerprint ?? null,
  };
}

/** What a grant carries of the jump hosts, nearest to us first, and the target after them: SHA-256 (hex) of their canonical JSON. */
export function endpointsSha256(way: readonly Endpoint[]): string {
  return hash('sha256', canonicalJson(way));
}

/** Of lines `type blob comment` each type with the fingerprint of the blob, as ssh-keygen shows it. */
function hostKeysOf(text: string): string[] {
  const keys = text.split(/\r?\n/).map((l) => l.trim().split(/\s+/)).flatMap(([type, blob]) => (type && blob ? [`${type} SHA256:${hash('sha256', Buffer.from(blob, 'base64'), 'base64').replace(/=+$/, '')}`] : []));
  return [...new Set(keys)].sort();
}
