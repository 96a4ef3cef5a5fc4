import { ToolFailure } from '@opsmesh/contracts';

/** One packet of a list. */
export interface PacketRow {
  /** Position in the capture, from 1. */
  readonly number: number;
  /** When it was captured, in milliseconds since the epoch, with fractions. */
  readonly timeMs: number;
  /** Length on the wire, in bytes. */
  readonly length: number;
  /** Null when it is no IP packet. */
  readonly source: string | null;
  readonly destination: string | null;
  /** Transport with ports, null when it is neither TCP nor UDP. */
  readonly transport: 'tcp' | 'udp' | null;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  /** The highest protocol that tshark knows in it. */
  readonly protocol: string;
  /** tshark's summary of it. */
  readonly info: string;
}

/** What tshark is asked for, in the order of {@link readPacketRow}. Only the first occurrence is taken: the outermost header. */
export const PACKET_FIELDS = [
  'frame.number', 'frame.time_epoch', 'frame.len', 'ip.src', 'ipv6.src', 'ip.dst', 'ipv6.dst', 'tcp.srcport', 'udp.srcport', 'tcp.dstport', 'udp.dstport', '_ws.col.Protocol', '_ws.col.Info',
] as const;

/**
 * Reads one line of `tshark -T fields` with tabs between.
 * @throws ToolFailure `output-invalid`
 */
export function readPacketRow(line: string): PacketRow {
  const cells = line.split('\t');
  if (cells.length < PACKET_FIELDS.length) throw broken();
  const [number, time, length, ip4From, ip6From, ip4To, ip6To, tcpFrom, udpFrom, tcpTo, udpTo, protocol] = cells as [string, string, string, string, string, string, string, string, string, string, string, string];
  const transport = tcpFrom !== '' ? 'tcp' : udpFrom !== '' ? 'udp' : null;
  if (!/^\d{1,11}(?:\.\d{1,9})?$/.test(time)) throw broken();
  return {
    number: whole(number), timeMs: Math.round(Number(time) * 1e6) / 1e3, length: whole(length), source: ip4From || ip6From || null, destination: ip4To || ip6To || null,
    transport, sourcePort: transport === null ? null : whole(transport === 'tcp' ? tcpFrom : udpFrom), destinationPort: transport === null ? null : whole(transport === 'tcp' ? tcpTo : udpTo),
    protocol, info: cells.slice(PACKET_FIELDS.length - 1).join('\t').trimEnd(),
  };
}

function whole(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw broken();
  return Number(text);
}

function broken(): ToolFailure {
  return new ToolFailure('output-invalid', 'tshark wrote a line that is no packet');
}
