import { ToolFailure, validate } from '@opsmesh/contracts';
import { DnsLookupInput, DnsLookupOutput } from '../dns/dns.dto.js';
import { admissionWith } from '../testing/admission.js';
import { RCODE, startDnsServer, wireName } from '../testing/dns-server.js';
import { toolCall } from '../testing/tool-call.js';
import { DnsLookupTool } from './dns-lookup.js';

const u16 = (...values: number[]): Buffer => Buffer.concat(values.map((v) => Buffer.from([v >> 8, v & 255])));
const u32 = (...values: number[]): Buffer => Buffer.concat(values.map((v) => Buffer.from([v >>> 24, (v >> 16) & 255, (v >> 8) & 255, v & 255])));
const texts = (...pieces: string[]): Buffer => Buffer.concat(pieces.map((p) => Buffer.concat([Buffer.from([p.length]), Buffer.from(p)])));

const tool = new DnsLookupTool(admissionWith());
let server: Awaited<ReturnType<typeof startDnsServer>>;
beforeAll(async () => {
  server = await startDnsServer({
    'A web.test': [Buffer.from([10, 0, 0, 5]), Buffer.from([10, 0, 0, 6])],
    'AAAA web.test': [Buffer.from('fd000000000000000000000000000005', 'hex')],
    'MX mail.test': [Buffer.concat([u16(10), wireName('mx.mail.test')])],
    'TXT spf.test': [texts('v=spf1 ', '-all'), texts('1.0')],
    'NS zone.test': [wireName('ns1.zone.test')],
    'CNAME www.test': [wireName('web.test')],
    'PTR 5.0.0.10.in-addr.arpa': [wireName('web.test')],
    'PTR 1.0.0.127.in-addr.arpa': [wireName('not-in-the-hosts-file.test')],
    [`PTR 5.0.0.0.${'0.'.repeat(24)}0.0.d.f.ip6.arpa`]: [wireName('six.test')],
    'SOA zone.test': [Buffer.concat([wireName('ns1.zone.test'), wireName('admin.zone.test'), u32(2026112101, 3600, 600, 86400, 300)])],
    'SRV _sip._tcp.zone.test': [Buffer.concat([u16(1, 5, 5060), wireName('sip.zone.test')])],
    'MX web.test': [],
    'A broken.test': RCODE.servFail,
    'A closed.test': RCODE.refused,
    'A silent.test': 'silent',
  });
});
afterAll(() => server.stop());

const lookup = (fields: object, signal?: AbortSignal) => tool.run(toolCall(validate(DnsLookupInput, { server: '127.0.0.1', port: server.port, ...fields }), signal));

it.each([
  ['A', 'web.test', [{ type: 'A', value: '10.0.0.5', ttl: 300 }, { type: 'A', value: '10.0.0.6', ttl: 300 }]],
  ['AAAA', 'web.test', [{ type: 'AAAA', value: 'fd00::5', ttl: 300 }]],
  ['MX', 'mail.test', [{ type: 'MX', value: 'mx.mail.test', priority: 10 }]],
  ['TXT', 'spf.test', [{ type: 'TXT', value: 'v=spf1 -all' }, { type: 'TXT', value: '1.0' }]],
  ['NS', 'zone.test', [{ type: 'NS', value: 'ns1.zone.test' }]],
  ['CNAME', 'www.test', [{ type: 'CNAME', value: 'web.test' }]],
  ['PTR', '10.0.0.5', [{ type: 'PTR', value: 'web.test' }]],
  ['PTR', '5.0.0.10.in-addr.arpa', [{ type: 'PTR', value: 'web.test' }]],
  ['PTR', 'fd00::5', [{ type: 'PTR', value: 'six.test' }]],
  ['PTR', '127.0.0.1', [{ type: 'PTR', value: 'not-in-the-hosts-file.test' }]],
  ['SOA', 'zone.test', [{ type: 'SOA', value: 'ns1.zone.test', mailbox: 'admin.zone.test', serial: 2026112101, refresh: 3600, retry: 600, expire: 86400, minimumTtl: 300 }]],
  ['SRV', '_sip._tcp.zone.test', [{ type: 'SRV', value: 'sip.zone.test', priority: 1, weight: 5, port: 5060 }]],
])('%s records of %s are typed', async (type, name, records) => {
  const output = await lookup({ name, type });
  expect(output).toEqual({ name, type, status: 'NOERROR', records, servers: [`127.0.0.1:${server.port}`] });
  expect(() => validate(DnsLookupOutput, output)).not.toThrow();
});

it('A is the default', async () => expect((await lookup({ name: 'web.test' })).type).toBe('A'));

it('that there is nothing is an answer', async () => {
  expect(await lookup({ name: 'ghost.test' })).toMatchObject({ status: 'NXDOMAIN', records: [] });
  expect(await lookup({ name: 'web.test', type: 'MX' })).toMatchObject({ status: 'NODATA', records: [] });
});

it.each([
  ['broken.test', 'service-unavailable', 'ESERVFAIL'],
  ['closed.test', 'service-unavailable', 'EREFUSED'],
])('%s: a server that cannot answer is a failure', async (name, code, cause) => {
  await expect(lookup({ name })).rejects.toMatchObject({ failure: { code, cause, retryable: true } });
});

it('a port without a server is unreachable', async () => {
  const gone = await startDnsServer({});
  await gone.stop();
  await expect(lookup({ name: 'web.test', port: gone.port })).rejects.toMatchObject({ failure: { code: 'unreachable' } });
});

it('an abort ends a lookup that gets no answer, with the reason of the abort', async () => {
  const stop = new AbortController();
  const failure = lookup({ name: 'silent.test' }, stop.signal).catch((error: unknown) => error);
  while (!server.asked.includes('A silent.test')) await new Promise(setImmediate);
  const reason = new ToolFailure('timed-out', 'the attempt took too long');
  const begin = performance.now();
  stop.abort(reason);
  expect(await failure).toBe(reason);
  // far below the time after which the resolver gives up by itself
  expect(performance.now() - begin).toBeLessThan(1000);
});

it('a server outside the allowed networks is refused, and nothing is asked', async () => {
  const before = server.asked.length;
  await expect(lookup({ name: 'web.test', server: '8.8.8.8' })).rejects.toMatchObject({ failure: { code: 'target-refused' } });
  expect(server.asked).toHaveLength(before);
});

it.each([
  ['an address that is asked for A', { name: '10.0.0.5' }],
  ['a port without a server', { name: 'web.test', server: undefined }],
])('%s is invalid', async (_what, fields) => {
  await expect(lookup(fields)).rejects.toMatchObject({ failure: { code: 'input-invalid' } });
});

it.each([{ name: '' }, { name: '-x' }, { name: '+short' }, { name: '@8.8.8.8' }, { name: 'a b' }, { name: 'a\0b' }, { name: 'a;b' }, { type: 'ANY' }, { type: 'AXFR' }, { server: 'dns.test' }, { port: 0 }])('refuses %j', (fields) => {
  expect(() => validate(DnsLookupInput, { name: 'web.test', ...fields })).toThrow();
});
