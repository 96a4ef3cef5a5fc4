import { createHash, createHmac } from 'node:crypto';
import type { HostKeyPolicy } from '@opsmesh/contracts';
import type { ServerHostKeyAlgorithm } from 'ssh2';

/** One known or revoked key of a host. */
export interface KnownKey {
  /** Key type as in the public key, for example `ssh-ed25519`. */
  readonly type: string;
  /** The key's blob, base64. */
  readonly blob: string;
  readonly revoked: boolean;
}

/** The names under which a host stands in a known_hosts file. */
export interface HostNames {
  readonly names: readonly string[];
  readonly port: number;
}

export class InvalidHostKeys extends Error {
  override readonly name = 'InvalidHostKeys';
}

/** Host key algorithms offered to a host, best first, and the key type each one belongs to. RSA with SHA-1 is not offered. */
const ALGORITHMS: readonly { readonly algorithm: ServerHostKeyAlgorithm; readonly type: string }[] = [
  { algorithm: 'ssh-ed25519', type: 'ssh-ed25519' },
  { algorithm: 'ecdsa-sha2-nistp256', type: 'ecdsa-sha2-nistp256' },
  { algorithm: 'ecdsa-sha2-nistp384', type: 'ecdsa-sha2-nistp384' },
  { algorithm: 'ecdsa-sha2-nistp521', type: 'ecdsa-sha2-nistp521' },
  { algorithm: 'rsa-sha2-512', type: 'ssh-rsa' },
  { algorithm: 'rsa-sha2-256', type: 'ssh-rsa' },
];
const KEY_TYPES = new Set([...ALGORITHMS.map((a) => a.type), 'ssh-dss', 'sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com']);

/**
 * Reads key lines: plain public keys (`ssh-ed25519 AAAA... comment`), or lines of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT:
 * names, `[host]:port`, wildcards, negation, hashed names, `@revoked`), of which those for other hosts are left out. `@cert-authority` is not supported.
 * @throws InvalidHostKeys naming the line
 */
export function parseHostKeys(text: string, host: HostNames): KnownKey[] {
  return text.split(/\r?\n/).flatMap((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const words = line.split(/\s+/);
    const mark = words[0]!.startsWith('@') ? words.shift() : undefined;
    if (mark !== undefined && mark !== '@revoked') throw new InvalidHostKeys(`line ${index + 1} of the host keys: ${mark} is not supported`);
    const names = KEY_TYPES.has(words[0] ?? '') ? undefined : words.shift();
    const [type, blob] = words;
    if (type === undefined || blob === undefined || typeOfBlob(blob) !== type) throw new InvalidHostKeys(`line ${index + 1} of the host keys is no public key`);
    if (names !== undefined && !matchesHost(names, host)) return [];
    return [{ type, blob, revoked: mark === '@revoked' }];
  });
}

/** What the check of a presented key says. `learned`: it was unknown and the policy lets us take it. */
export type HostKeyVerdict = { readonly accept: true; readonly learned: boolean } | { readonly accept: false; readonly reason: string };

/** Decides about the key a host presents. A revoked key is refused whatever the policy. */
export function judgeHostKey(presented: Buffer, known: readonly KnownKey[], policy: HostKeyPolicy): HostKeyVerdict {
  const blob = presented.toString('base64');
  const print = fingerprint(presented);
  if (known.some((k) => k.revoked && k.blob === blob)) return { accept: false, reason: `the host presents the revoked key ${print}` };
  if (policy === 'off' || known.some((k) => !k.revoked && k.blob === blob)) return { accept: true, learned: false };
  const valid = known.filter((k) => !k.revoked);
  if (valid.length > 0) {
    return { accept: false, reason: `the host presents ${print}, known are ${valid.map((k) => fingerprint(Buffer.from(k.blob, 'base64'))).join(', ')}` };
  }
  return policy === 'accept-new' ? { accept: true, learned: true } : { accept: false, reason: `no key of the host is known, it presents ${print}` };
}

/** The algorithms to offer: those of known keys first, so that a host with several keys presents one we know (RFC 4253, 7.1). */
export function orderAlgorithms(known: readonly KnownKey[]): ServerHostKeyAlgorithm[] {
  const types = new Set(known.filter((k) => !k.revoked).map((k) => k.type));
  return [...ALGORITHMS.filter((a) => types.has(a.type)), ...ALGORITHMS.filter((a) => !types.has(a.type))].map((a) => a.algorithm);
}

/** As OpenSSH prints it: `SHA256:...`. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The key type inside a public key blob (RFC 4253, 6.6), undefined when the text is no blob. */
function typeOfBlob(blob: string): string | undefined {
  const bytes = Buffer.from(blob, 'base64');
  if (bytes.length < 8) return undefined;
  const length = bytes.readUInt32BE(0);
  return length > 64 || bytes.length < 4 + length ? undefined : bytes.toString('latin1', 4, 4 + length);
}

function matchesHost(patterns: string, host: HostNames): boolean {
  const forms = host.names.map((n) => (host.port === 22 ? n : `[${n}]:${host.port}`).toLowerCase());
  if (patterns.startsWith('|1|')) return forms.some((f) => matchesHash(patterns, f));
  let matched = false;
  for (const pattern of patterns.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!');
    const glob = new RegExp(`^${(negated ? pattern.slice(1) : pattern).replace(/[\\^$.+()[\]{}|/-]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`);
    if (!forms.some((f) => glob.test(f))) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/** `|1|salt|HMAC-SHA1(salt, name)`, both base64. */
function matchesHash(entry: string, name: string): boolean {
  const [, , salt, hash] = entry.split('|');
  if (salt === undefined || hash === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}
