import fc from 'fast-check';
import { PACKET_FIELDS, readPacketRow, type PacketRow } from './packet-row.js';

/** Lines of tshark 4.0 for a DNS answer, an HTTP request with foreign bytes in its path, and an ARP request. */
const DNS = '7\t1795268929.619924001\t118\t10.0.0.2\t\t10.0.0.5\t\t\t53\t\t40123\tDNS\tStandard query response 0xbeef A web.test A 10.0.0.9';
const HTTP = '2\t1000.000005000\t90\t10.0.0.1\t\t10.0.0.2\t\t1234\t\t80\t\tHTTP\tGET /a\\tb\\001� HTTP/1.1 ';
const ARP = '3\t1000.5\t42\t\t\t\t\t\t\t\t\tARP\tWho has 10.0.0.1? Tell 10.0.0.2';

it('reads packets with and without addresses and ports', () => {
  expect(readPacketRow(DNS)).toEqual({
    number: 7, timeMs: 1795268929619.924, length: 118, source: '10.0.0.2', destination: '10.0.0.5', transport: 'udp', sourcePort: 53, destinationPort: 40123, protocol: 'DNS',
    info: 'Standard query response 0xbeef A web.test A 10.0.0.9',
  });
  expect(readPacketRow(HTTP)).toMatchObject({ transport: 'tcp', sourcePort: 1234, destinationPort: 80, info: 'GET /a\\tb\\001� HTTP/1.1' });
  expect(readPacketRow(ARP)).toMatchObject({ timeMs: 1_000_500, source: null, destination: null, transport: null, sourcePort: null, destinationPort: null });
});

const port = fc.integer({ min: 0, max: 65_535 });
const row: fc.Arbitrary<PacketRow> = fc.record({
  number: fc.integer({ min: 1, max: 1_000_000 }), timeMs: fc.nat(2_000_000_000), length: fc.nat(65_535), six: fc.boolean(), source: fc.ipV4(), destination: fc.ipV4(), ip: fc.boolean(),
  transport: fc.constantFrom('tcp' as const, 'udp' as const, null), sourcePort: port, destinationPort: port, protocol: fc.stringMatching(/^[A-Z0-9/.]{1,8}$/), info: fc.string().map((text) => text.replace(/[\n\r]/g, ' ').trimEnd()),
}).map(({ six, ip, source, destination, transport, sourcePort, destinationPort, ...rest }) => ({
  ...rest, source: ip ? (six ? `::ffff:${source}` : source) : null, destination: ip ? (six ? `::ffff:${destination}` : destination) : null,
  transport, sourcePort: transport && sourcePort, destinationPort: transport && destinationPort,
}));
it('reads back every line that has its fields, whatever the summary holds', () => {
  fc.assert(fc.property(row, (packet) => {
    const v4 = (address: string | null) => (address?.includes(':') ? '' : address ?? '');
    const v6 = (address: string | null) => (address?.includes(':') ? address : '');
    const only = (transport: string, value: number | null) => (packet.transport === transport ? String(value) : '');
    const cells = [packet.number, packet.timeMs / 1000, packet.length, v4(packet.source), v6(packet.source), v4(packet.destination), v6(packet.destination), only('tcp', packet.sourcePort), only('udp', packet.sourcePort),
      only('tcp', packet.destinationPort), only('udp', packet.destinationPort), packet.protocol, packet.info];
    expect(cells).toHaveLength(PACKET_FIELDS.length);
    expect(readPacketRow(cells.join('\t'))).toEqual(packet);
  }));
});

it.each(['', 'x', '1\t2\t3', DNS.replace('7\t', 'seven\t'), DNS.replace('1795268929.619924001', 'NaN'), DNS.replace('\t118\t', '\t\t'), DNS.replace('\t53\t', '\t-1\t')])('%j is no packet', (line) => {
  expect(() => readPacketRow(line)).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code: 'output-invalid' }) }));
});
