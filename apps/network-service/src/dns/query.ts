import type { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { DnsRecordDto, RecordType } from './dns.dto.js';

/** Asks for the records of one type. Rejects with node:dns' error codes. */
type Query = (resolver: Resolver, name: string) => Promise<DnsRecordDto[]>;

const plain = (type: RecordType, values: readonly string[]): DnsRecordDto[] => values.map((value) => ({ type, value }));

/**
 * The name under which an address has its PTR records (RFC 1035, section 3.5, and RFC 3596, section 2.5); a name as it is. The resolver's own `reverse` reads
 * the hosts file first, and would answer without having asked any server.
 */
function reverseName(text: string): string {
  if (isIP(text) === 0) return text;
  const bytes = ipaddr.parse(text).toByteArray().reverse();
  if (bytes.length === 4) return `${bytes.join('.')}.in-addr.arpa`;
  return `${bytes.flatMap((byte) => [byte & 15, byte >> 4]).map((nibble) => nibble.toString(16)).join('.')}.ip6.arpa`;
}

export const QUERIES: Readonly<Record<RecordType, Query>> = {
  A: async (resolver, name) => (await resolver.resolve4(name, { ttl: true })).map(({ address, ttl }) => ({ type: 'A', value: address, ttl })),
  AAAA: async (resolver, name) => (await resolver.resolve6(name, { ttl: true })).map(({ address, ttl }) => ({ type: 'AAAA', value: address, ttl })),
  MX: async (resolver, name) => (await resolver.resolveMx(name)).map(({ exchange, priority }) => ({ type: 'MX', value: exchange, priority })),
  // A record's text is one text in pieces of at most 255 bytes (RFC 7208, section 3.3).
  TXT: async (resolver, name) => plain('TXT', (await resolver.resolveTxt(name)).map((pieces) => pieces.join(''))),
  NS: async (resolver, name) => plain('NS', await resolver.resolveNs(name)),
  CNAME: async (resolver, name) => plain('CNAME', await resolver.resolveCname(name)),
  PTR: async (resolver, name) => plain('PTR', await resolver.resolvePtr(reverseName(name))),
  SOA: async (resolver, name) => {
    const { nsname, hostmaster, serial, refresh, retry, expire, minttl } = await resolver.resolveSoa(name);
    return [{ type: 'SOA', value: nsname, mailbox: hostmaster, serial, refresh, retry, expire, minimumTtl: minttl }];
  },
  SRV: async (resolver, name) => (await resolver.resolveSrv(name)).map(({ name: value, port, priority, weight }) => ({ type: 'SRV', value, port, priority, weight })),
};
