import type { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { DnsRecordDto, RecordType } from './dns.dto.js';

/** Asks for the records of one type. Rejects with node:dns' error codes. */
type Query = (resolver: Resolver, name: string) => Promise<DnsRecordDto[]>;

const plain = (type: RecordType, values: readonly string[]): DnsRecordDto[] => values.map((value) => ({ type, value }));

export const QUERIES: Readonly<Record<RecordType, Query>> = {
  A: async (resolver, name) => (await resolver.resolve4(name, { ttl: true })).map(({ address, ttl }) => ({ type: 'A', value: address, ttl })),
  AAAA: async (resolver, name) => (await resolver.resolve6(name, { ttl: true })).map(({ address, ttl }) => ({ type: 'AAAA', value: address, ttl })),
  MX: async (resolver, name) => (await resolver.resolveMx(name)).map(({ exchange, priority }) => ({ type: 'MX', value: exchange, priority })),
  // A record's text is one text in pieces of at most 255 bytes (RFC 7208, section 3.3).
  TXT: async (resolver, name) => plain('TXT', (await resolver.resolveTxt(name)).map((pieces) => pieces.join(''))),
  NS: async (resolver, name) => plain('NS', await resolver.resolveNs(name)),
  CNAME: async (resolver, name) => plain('CNAME', await resolver.resolveCname(name)),
  PTR: async (resolver, name) => plain('PTR', isIP(name) === 0 ? await resolver.resolvePtr(name) : await resolver.reverse(name)),
  SOA: async (resolver, name) => {
    const { nsname, hostmaster, serial, refresh, retry, expire, minttl } = await resolver.resolveSoa(name);
    return [{ type: 'SOA', value: nsname, mailbox: hostmaster, serial, refresh, retry, expire, minimumTtl: minttl }];
  },
  SRV: async (resolver, name) => (await resolver.resolveSrv(name)).map(({ name: value, port, priority, weight }) => ({ type: 'SRV', value, port, priority, weight })),
};
