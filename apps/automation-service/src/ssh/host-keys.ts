import type { HostKeyPolicy } from '@opsmesh/contracts';
import { hostKeyFingerprint, type KnownKey } from '@opsmesh/platform';
import type { ServerHostKeyAlgorithm } from 'ssh2';

/** Host key algorithms offered to a host, best first, and the key type each one belongs to. RSA with SHA-1 is not offered. */
const ALGORITHMS: readonly { readonly algorithm: ServerHostKeyAlgorithm; readonly type: string }[] = [
  { algorithm: 'ssh-ed25519', type: 'ssh-ed25519' },
  { algorithm: 'ecdsa-sha2-nistp256', type: 'ecdsa-sha2-nistp256' },
  { algorithm: 'ecdsa-sha2-nistp384', type: 'ecdsa-sha2-nistp384' },
  { algorithm: 'ecdsa-sha2-nistp521', type: 'ecdsa-sha2-nistp521' },
  { algorithm: 'rsa-sha2-512', type: 'ssh-rsa' },
  { algorithm: 'rsa-sha2-256', type: 'ssh-rsa' },
];

/** What the check of a presented key says. `learned`: it was unknown and the policy lets us take it. */
export type HostKeyVerdict = { readonly accept: true; readonly learned: boolean } | { readonly accept: false; readonly reason: string };

/** Decides about the key a host presents. A revoked key is refused whatever the policy. */
export function judgeHostKey(presented: Buffer, known: readonly KnownKey[], policy: HostKeyPolicy): HostKeyVerdict {
  const blob = presented.toString('base64');
  const print = hostKeyFingerprint(presented);
  if (known.some((k) => k.revoked && k.blob === blob)) return { accept: false, reason: `the host presents the revoked key ${print}` };
  if (policy === 'off' || known.some((k) => !k.revoked && k.blob === blob)) return { accept: true, learned: false };
  const valid = known.filter((k) => !k.revoked);
  if (valid.length > 0) {
    return { accept: false, reason: `the host presents ${print}, known are ${valid.map((k) => hostKeyFingerprint(Buffer.from(k.blob, 'base64'))).join(', ')}` };
  }
  return policy === 'accept-new' ? { accept: true, learned: true } : { accept: false, reason: `no key of the host is known, it presents ${print}` };
}

/** The algorithms to offer: those of known keys first, so that a host with several keys presents one we know (RFC 4253, 7.1). */
export function orderAlgorithms(known: readonly KnownKey[]): ServerHostKeyAlgorithm[] {
  const types = new Set(known.filter((k) => !k.revoked).map((k) => k.type));
  return [...ALGORITHMS.filter((a) => types.has(a.type)), ...ALGORITHMS.filter((a) => !types.has(a.type))].map((a) => a.algorithm);
}
