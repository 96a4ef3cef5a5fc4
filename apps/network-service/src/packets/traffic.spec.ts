import fc from 'fast-check';
import type { PacketRow } from './packet-row.js';
import { Conversations, Talkers, Totals } from './traffic.js';

const packet = (from: string, to: string, fields: Partial<PacketRow> = {}): PacketRow => ({
  number: 1, timeMs: 1000, length: 100, source: from, destination: to, transport: 'udp', sourcePort: 1000, destinationPort: 53, protocol: 'UDP', info: '', ...fields,
});
const read = <T extends { add(packet: PacketRow): void }>(into: T, packets: readonly PacketRow[]): T => {
  for (const one of packets) into.add(one);
  return into;
};

it('both directions are one conversation, and the end that sent first is a', () => {
  const found = read(new Conversations('ip'), [packet('b', 'a'), packet('a', 'b', { length: 50, timeMs: 1010.5 }), packet('b', 'a', { length: 1, timeMs: 1020 })]);
  expect(found.list()).toEqual([{ a: 'b', aPort: null, b: 'a', bPort: null, packets: 3, bytes: 151, packetsAToB: 2, bytesAToB: 101, packetsBToA: 1, bytesBToA: 50, startedAt: '1970-01-01T00:00:01.000Z', durationMs: 20 }]);
});

it('ports tell conversations apart, and other transports are no part of them', () => {
  const packets = [packet('a', 'b'), packet('a', 'b', { sourcePort: 1001, length: 300 }), packet('a', 'b', { transport: 'tcp' }), packet('a', 'b', { transport: null, sourcePort: null, destinationPort: null })];
  const found = read(new Conversations('udp'), packets);
  expect([found.list().map(({ aPort, bytes }) => [aPort, bytes]), found.other]).toEqual([[[1001, 300], [1000, 100]], 2]);
  expect(read(new Conversations('ip'), packets).list()).toHaveLength(1);
});

it('a packet to oneself counts as sent and as received', () => {
  expect(read(new Talkers(), [packet('a', 'a')]).list()).toEqual([{ address: 'a', packets: 2, bytes: 200, packetsSent: 1, bytesSent: 100, packetsReceived: 1, bytesReceived: 100 }]);
  expect(read(new Conversations('ip'), [packet('a', 'a')]).list()).toMatchObject([{ packets: 1, packetsAToB: 1, packetsBToA: 0 }]);
});

const host = fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1', null);
const some = fc.array(fc.record({ from: host, to: host, length: fc.nat(1500), timeMs: fc.nat(10_000), transport: fc.constantFrom('tcp' as const, 'udp' as const, null), sourcePort: fc.nat(2), destinationPort: fc.nat(2), protocol: fc.constantFrom('TCP', 'DNS') })
  .map(({ from, to, ...rest }): PacketRow => ({ ...packet('', ''), ...rest, source: to === null ? null : from, destination: from === null ? null : to })));

it('nothing is lost and nothing counted twice', () => {
  fc.assert(fc.property(some, (packets) => {
    const bytes = packets.reduce((sum, { length }) => sum + length, 0);
    const ofIp = packets.filter(({ source }) => source !== null).reduce((sum, { length }) => sum + length, 0);
    const sum = (list: readonly { bytes: number; packets: number }[]) => ({ bytes: list.reduce((n, one) => n + one.bytes, 0), packets: list.reduce((n, one) => n + one.packets, 0) });
    const totals = read(new Totals(), packets);
    expect([totals.all, sum(totals.list())]).toEqual([{ packets: packets.length, bytes }, { packets: packets.length, bytes }]);
    for (const layer of ['ip', 'tcp', 'udp'] as const) {
      const found = read(new Conversations(layer), packets);
      const list = found.list();
      expect(sum(list).packets + found.other).toBe(packets.length);
      for (const one of list) expect([one.packetsAToB + one.packetsBToA, one.bytesAToB + one.bytesBToA]).toEqual([one.packets, one.bytes]);
      expect(list.map((one) => one.bytes)).toEqual([...list.map((one) => one.bytes)].sort((x, y) => y - x));
    }
    const talkers = read(new Talkers(), packets);
    expect(sum(talkers.list())).toEqual({ bytes: 2 * ofIp, packets: 2 * (packets.length - talkers.other) });
    expect(talkers.list().reduce((n, { bytesSent }) => n + bytesSent, 0)).toBe(ofIp);
  }));
});
