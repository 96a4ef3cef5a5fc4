import { isIP, SocketAddress } from 'node:net';

/** Every field of an asset that can be read, in the order in which people like to see them. */
export const ASSET_FIELDS = [
  'id', 'hostname', 'ip_address', 'os', 'environment', 'status', 'location', 'tags', 'attributes',
  'protocol', 'port', 'credential_id', 'host_key', 'host_key_policy', 'tls', 'tls_ca', 'tls_fingerprint', 'jump_host', 'version', 'created_at', 'updated_at',
] as const;
export type AssetField = (typeof ASSET_FIELDS)[number];

/** Fields a result can be sorted by: those with one scalar. */
const SORT_FIELDS = ['hostname', 'ip_address', 'os', 'environment', 'status', 'location', 'protocol', 'port', 'created_at', 'updated_at'] as const;
export type SortField = (typeof SORT_FIELDS)[number];
export const SORTS = SORT_FIELDS.flatMap((f) => [f, `-${f}` as const]);
export type Sort = (typeof SORTS)[number];

/** Only an asset that is `active` or in `maintenance` may be connected to. */
export const ASSET_STATUSES = ['active', 'maintenance', 'inactive', 'decommissioned'] as const;
export type AssetStatus = (typeof ASSET_STATUSES)[number];
export const PROTOCOLS = ['ssh', 'winrm'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Ports used when an asset names none: SSH (RFC 4253), and WinRM over TLS and in clear HTTP. */
const PORTS = { ssh: 22, winrmTls: 5986, winrm: 5985 } as const;

/** Where an asset is reached: WinRM goes over TLS unless the asset says otherwise or has the port that is known for clear HTTP. */
export function endpointOf(protocol: Protocol, { port, tls }: { readonly port: number | null; readonly tls: boolean | null }): { port: number; tls?: boolean } {
  if (protocol === 'ssh') return { port: port ?? PORTS.ssh };
  const secure = tls ?? port !== PORTS.winrm;
  return { port: port ?? (secure ? PORTS.winrmTls : PORTS.winrm), tls: secure };
}

/** A host name of RFC 1123 (labels of letters, digits and hyphens), with the underscores that Windows allows; at most 253 characters. */
export const HOSTNAME = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;
/** Letters, digits and the signs that people use in tags; no white space at the ends, no quotes, no shell signs. */
export const TAG = /^[\p{L}\p{N}](?:[\p{L}\p{N} ._:/=@+-]{0,62}[\p{L}\p{N}])?$/u;
/** Text without control characters: it is shown in one line of a table. PostgreSQL refuses NUL in any text. */
export const ONE_LINE = /^[^\p{Cc}\p{Cs}]*$/u;

/** Whether the text is an IPv4 or IPv6 address, without a zone. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

/** Whether the text is an address, or a network as `address/bits`; host bits may be set. */
export function isNetwork(text: string): boolean {
  const [address, bits, ...more] = text.split('/');
  if (address === undefined || more.length > 0 || !isAddress(address)) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(address) === 4 ? 32 : 128));
}

/** The one spelling of an address (RFC 5952), as PostgreSQL gives it back too. */
export function canonicalAddress(text: string): string {
  return new SocketAddress({ address: text, family: isIP(text) === 6 ? 'ipv6' : 'ipv4' }).address;
}
