import { hash } from 'node:crypto';
import { canonicalJson, type ConnectionDto, type Endpoint } from '@opsmesh/contracts';
import { hostKeyFingerprint, InvalidHostKeys, parseHostKeys, type HostNames } from '../host-keys/host-keys.js';

/** An endpoint whose credential may be of any version. */
export type EndpointOfAnyVersion = Omit<Endpoint, 'credentialVersion'>;

/** What of a connection decides where a command goes, and as whom. Equal connections give equal endpoints, however their host keys are ordered and commented. */
export function endpointOf({ assetId, hostname, address, protocol, port, credentialId = '', hostKey, hostKeyPolicy = 'strict', tls, tlsCa, tlsFingerprint }: ConnectionDto): EndpointOfAnyVersion {
  const isSsh = protocol === 'ssh';
  return {
    assetId, hostname, address, protocol, port, credentialId, hostKeys: isSsh && hostKey !== undefined ? hostKeysOf(hostKey, { names: [address, hostname], port }) : [], hostKeyPolicy: isSsh ? hostKeyPolicy : null,
    tls: isSsh ? null : tls ?? null, tlsCa: tlsCa === undefined ? null : hash('sha256', tlsCa), tlsFingerprint: tlsFingerprint ?? null,
  };
}

/** What a grant carries of the jump hosts, nearest to us first, and the target after them: SHA-256 (hex) of their canonical JSON. */
export function endpointsSha256(way: readonly Endpoint[]): string {
  return hash('sha256', canonicalJson(way));
}

/** The host's keys, each as its type with its fingerprint, as ssh-keygen shows it. A text that no worker can read gives no key but is another endpoint when it changes. */
function hostKeysOf(text: string, host: HostNames): string[] {
  try {
    const keys = parseHostKeys(text, host).map(({ revoked, type, blob }) => `${revoked ? '@revoked ' : ''}${type} ${hostKeyFingerprint(Buffer.from(blob, 'base64'))}`);
    return [...new Set(keys)].sort();
  } catch (error) {
    if (error instanceof InvalidHostKeys) return [`unreadable SHA256:${hash('sha256', text, 'base64').replace(/=+$/, '')}`];
    throw error;
  }
}
