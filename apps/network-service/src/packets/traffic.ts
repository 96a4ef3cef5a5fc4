import type { ConversationLayer } from './conversation-layer.js';
import type { ConversationDto, ProtocolDto, TalkerDto } from './tshark.dto.js';
import type { PacketRow } from './packet-row.js';

/** An end of a conversation; `port` is null between addresses. */
interface End {
  readonly address: string;
  readonly port: number | null;
}

interface Sum {
  packets: number;
  bytes: number;
}

interface Conversation {
  readonly a: End;
  readonly b: End;
  readonly aToB: Sum;
  readonly bToA: Sum;
  first: number;
  last: number;
}

/** Conversations of one layer. The end that sent first is `a`. Packets that have no such ends are counted as `other`. */
export class Conversations {
  private readonly found = new Map<string, Conversation>();
  other = 0;

  constructor(private readonly layer: ConversationLayer) {}

  add(packet: PacketRow): void {
    const ends = endsOf(packet, this.layer);
    if (!ends) {
      this.other++;
      return;
    }
    const [from, to] = ends;
    const key = [keyOf(from), keyOf(to)].sort().join(' ');
    let talk = this.found.get(key);
    if (!talk) this.found.set(key, talk = { a: from, b: to, aToB: { packets: 0, bytes: 0 }, bToA: { packets: 0, bytes: 0 }, first: packet.timeMs, last: packet.timeMs });
    add(keyOf(from) === keyOf(talk.a) ? talk.aToB : talk.bToA, packet);
    talk.first = Math.min(talk.first, packet.timeMs);
    talk.last = Math.max(talk.last, packet.timeMs);
  }

  /** The largest first, in bytes. */
  list(): ConversationDto[] {
    return [...this.found.values()].map(({ a, b, aToB, bToA, first, last }): ConversationDto => ({
      a: a.address, aPort: a.port, b: b.address, bPort: b.port, packets: aToB.packets + bToA.packets, bytes: aToB.bytes + bToA.bytes,
      packetsAToB: aToB.packets, bytesAToB: aToB.bytes, packetsBToA: bToA.packets, bytesBToA: bToA.bytes, startedAt: new Date(first).toISOString(), durationMs: Math.round((last - first) * 1000) / 1000,
    })).sort((x, y) => y.bytes - x.bytes || compare(`${x.a} ${x.aPort} ${x.b} ${x.bPort}`, `${y.a} ${y.aPort} ${y.b} ${y.bPort}`));
  }
}

/** What each address sent and received. */
export class Talkers {
  private readonly found = new Map<string, { readonly sent: Sum; readonly received: Sum }>();
  other = 0;

  add(packet: PacketRow): void {
    if (packet.source === null || packet.destination === null) {
      this.other++;
      return;
    }
    add(this.of(packet.source).sent, packet);
    add(this.of(packet.destination).received, packet);
  }

  /** The one with the most bytes first. */
  list(): TalkerDto[] {
    return [...this.found].map(([address, { sent, received }]): TalkerDto => ({
      address, packets: sent.packets + received.packets, bytes: sent.bytes + received.bytes, packetsSent: sent.packets, bytesSent: sent.bytes, packetsReceived: received.packets, bytesReceived: received.bytes,
    })).sort((x, y) => y.bytes - x.bytes || compare(x.address, y.address));
  }

  private of(address: string): { readonly sent: Sum; readonly received: Sum } {
    let sums = this.found.get(address);
    if (!sums) this.found.set(address, sums = { sent: { packets: 0, bytes: 0 }, received: { packets: 0, bytes: 0 } });
    return sums;
  }
}

/** The whole of a capture. */
export class Totals {
  private readonly protocols = new Map<string, Sum>();
  readonly all: Sum = { packets: 0, bytes: 0 };
  first = Infinity;
  last = -Infinity;

  add(packet: PacketRow): void {
    let sum = this.protocols.get(packet.protocol);
    if (!sum) this.protocols.set(packet.protocol, sum = { packets: 0, bytes: 0 });
    add(sum, packet);
    add(this.all, packet);
    this.first = Math.min(this.first, packet.timeMs);
    this.last = Math.max(this.last, packet.timeMs);
  }

  /** The one with the most packets first. */
  list(): ProtocolDto[] {
    return [...this.protocols].map(([protocol, sum]) => ({ protocol, ...sum })).sort((x, y) => y.packets - x.packets || compare(x.protocol, y.protocol));
  }
}

function endsOf({ source, destination, transport, sourcePort, destinationPort }: PacketRow, layer: ConversationLayer): readonly [End, End] | undefined {
  if (source === null || destination === null) return undefined;
  if (layer === 'ip') return [{ address: source, port: null }, { address: destination, port: null }];
  return transport === layer ? [{ address: source, port: sourcePort }, { address: destination, port: destinationPort }] : undefined;
}

function keyOf({ address, port }: End): string {
  return `${address} ${port}`;
}

function add(sum: Sum, { length }: PacketRow): void {
  sum.packets++;
  sum.bytes += length;
}

function compare(x: string, y: string): number {
  return x < y ? -1 : x > y ? 1 : 0;
}
