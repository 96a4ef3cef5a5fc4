import { createHmac, hash } from 'node:crypto';
import { matchesGlob } from './glob.js';

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

/** A line that is none of host keys, by its number; or no line with a key. */
export class InvalidHostKeys extends Error {
  override readonly name = 'InvalidHostKeys';
}

/** A key with what its line says about it. */
interface KeyLine {
  readonly mark: '@revoked' | '@cert-authority' | undefined;
  /** Undefined: for every host. */
  readonly names: string | undefined;
  readonly type: string;
  readonly blob: string;
}

/** Types that a line may begin with; another first word is taken for the names of hosts. */
const KEY_TYPES: ReadonlySet<string> = new Set([
  'ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa', 'ssh-dss', 'sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com',
]);

/** Control characters but those of lines and tables, and halves of characters. */
const UNPRINTABLE = /[^\P{Cc}\t\r\n]|\p{Cs}/u;

/**
 * The keys of a host in a text: plain public keys (`ssh-ed25519 AAAA... comment`), which hold whatever the host's name, or lines of a known_hosts file
 * (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT: names, `[host]:port`, wildcards, negation, hashed names, `@revoked`), of which those for other hosts are left out.
 * Host certificates are not supported: the key of a `@cert-authority` is known to be no host's.
 * The work grows with the length of the text times that of the names.
 * @throws InvalidHostKeys naming the line
 */
export function parseHostKeys(text: string, host: HostNames): KnownKey[] {
  return keyLines(text).flatMap(({ mark, names, type, blob }) => {
    if (mark === '@cert-authority' || (names !== undefined && !matchesHost(names, host))) return [];
    return [{ type, blob, revoked: mark === '@revoked' }];
  });
}

/**
 * What is wrong with a text that is to hold host keys, for whatever host; undefined when nothing is.
 * Blank lines and comments may stand between, as ssh-keyscan prints them, but not alone.
 */
export function hostKeysFault(text: string): string | undefined {
  if (UNPRINTABLE.test(text)) return 'there are control characters in it';
  try {
    return keyLines(text).length === 0 ? 'there is no host key in it' : undefined;
  } catch (error) {
    if (error instanceof InvalidHostKeys) return error.message;
    throw error;
  }
}

/** A public key's fingerprint as OpenSSH prints it: `SHA256:...`. */
export function hostKeyFingerprint(key: Buffer): string {
  return `SHA256:${hash('sha256', key, 'base64').replace(/=+$/, '')}`;
}

function keyLines(text: string): KeyLine[] {
  return text.split(/\r?\n/).flatMap((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const words = line.split(/\s+/);
    const mark = words[0]!.startsWith('@') ? words.shift() : undefined;
    if (mark !== undefined && mark !== '@revoked' && mark !== '@cert-authority') throw new InvalidHostKeys(`line ${index + 1} of the host keys: ${mark.slice(0, 32)} is not supported`);
    const names = KEY_TYPES.has(words[0] ?? '') ? undefined : words.shift();
    const [type, blob = ''] = words;
    const key = Buffer.from(blob, 'base64');
    if (type === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(blob) || typeOf(key) !== type) throw new InvalidHostKeys(`line ${index + 1} of the host keys is no public key`);
    return [{ mark, names, type, blob: key.toString('base64') }];
  });
}

/** The key type inside a public key blob (RFC 4253, 6.6), undefined when the bytes are none. */
function typeOf(key: Buffer): string | undefined {
  if (key.length < 8) return undefined;
  const length = key.readUInt32BE(0);
  return length > 64 || key.length < 4 + length ? undefined : key.toString('latin1', 4, 4 + length);
}

function matchesHost(patterns: string, host: HostNames): boolean {
  const forms = host.names.map((n) => (host.port === 22 ? n : `[${n}]:${host.port}`).toLowerCase());
  if (patterns.startsWith('|1|')) return forms.some((f) => matchesHash(patterns, f));
  let matched = false;
  for (const pattern of patterns.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!');
    if (!forms.some((f) => matchesGlob(negated ? pattern.slice(1) : pattern, f))) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/** `|1|salt|HMAC-SHA1(salt, name)`, both base64. */
function matchesHash(entry: string, name: string): boolean {
  const [, , salt, sum] = entry.split('|');
  if (salt === undefined || sum === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === sum;
}
