import fc from 'fast-check';
import { readPcap } from './pcap-file.js';

/** A capture of packets with these lengths: kept and on the wire. */
function pcap(packets: readonly { kept: number; wire: number }[], { big = false, nano = false } = {}): Buffer {
  const u32 = (...values: number[]): Buffer => Buffer.concat(values.map((value) => {
    const bytes = Buffer.alloc(4);
    if (big) bytes.writeUInt32BE(value);
    else bytes.writeUInt32LE(value);
    return bytes;
  }));
  const head = u32(nano ? 0xa1b23c4d : 0xa1b2c3d4, big ? 0x00020004 : 0x00040002, 0, 0, 65_535, 1);
  return Buffer.concat([head, ...packets.flatMap(({ kept, wire }) => [u32(1000, 5, kept, wire), Buffer.alloc(kept, 7)])]);
}
const packets = fc.array(fc.record({ kept: fc.nat(200), cut: fc.nat(50) }).map(({ kept, cut }) => ({ kept, wire: kept + cut })), { maxLength: 20 });

it('counts whole packets, and those of which only the beginning was kept', () => {
  fc.assert(fc.property(packets, fc.boolean(), fc.boolean(), (list, big, nano) => {
    const bytes = pcap(list, { big, nano });
    expect(readPcap(bytes)).toEqual({ packets: list.length, wholeBytes: bytes.length, cutPackets: list.filter(({ kept, wire }) => kept < wire).length });
  }));
});

it('cut off anywhere, it has the packets that are whole, and ends behind the last of them', () => {
  fc.assert(fc.property(packets, fc.nat(), (list, at) => {
    const bytes = pcap(list);
    const end = 24 + (at % (bytes.length - 23));
    const read = readPcap(bytes.subarray(0, end))!;
    expect(read.wholeBytes).toBeLessThanOrEqual(end);
    expect(bytes.subarray(0, read.wholeBytes)).toEqual(pcap(list.slice(0, read.packets)));
    expect(read.packets === list.length || pcap(list.slice(0, read.packets + 1)).length > end).toBe(true);
  }));
});

it('anything else is no capture, and is read without a fault', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    const read = readPcap(Buffer.from(bytes));
    expect(read === undefined || read.wholeBytes <= bytes.length).toBe(true);
  }));
  expect(readPcap(Buffer.from('{"json":true,"padding":"xxxxxxxxxxxxxxxxx"}'))).toBeUndefined();
  expect(readPcap(pcap([]).subarray(0, 23))).toBeUndefined();
});
