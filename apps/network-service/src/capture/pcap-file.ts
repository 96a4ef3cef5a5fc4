/** Length of the file's header and of each packet's, in bytes (draft-ietf-opsawg-pcap). */
const FILE_HEADER = 24;
const PACKET_HEADER = 16;

const MAGIC_LITTLE: ReadonlySet<number> = new Set([0xa1b2c3d4, 0xa1b23c4d]);

/** What a capture file (pcap, as tcpdump writes it) holds. */
export interface PcapFile {
  /** Whole packets. */
  readonly packets: number;
  /** Length up to the end of the last whole packet, in bytes. */
  readonly wholeBytes: number;
  /** Packets of which only the beginning was kept. */
  readonly cutPackets: number;
}

/** Reads the packets' headers. Undefined when it is no capture file; a packet that is cut off at the end does not count. */
export function readPcap(bytes: Buffer): PcapFile | undefined {
  if (bytes.length < FILE_HEADER) return undefined;
  const little = MAGIC_LITTLE.has(bytes.readUInt32LE(0));
  if (!little && !MAGIC_LITTLE.has(bytes.readUInt32BE(0))) return undefined;
  const u32 = (at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  let at = FILE_HEADER;
  let packets = 0;
  let cutPackets = 0;
  while (at + PACKET_HEADER <= bytes.length) {
    const kept = u32(at + 8);
    const end = at + PACKET_HEADER + kept;
    if (end > bytes.length) break;
    packets++;
    if (kept < u32(at + 12)) cutPackets++;
    at = end;
  }
  return { packets, wholeBytes: at, cutPackets };
}
