import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall, type ToolContext, type ToolOptions } from '@opsmesh/worker-runtime';
import { CaptureReader } from '../packets/capture-reader.js';
import { readPacketDetail } from '../packets/packet-detail.js';
import { PACKET_FIELDS, readPacketRow, type PacketRow } from '../packets/packet-row.js';
import { Conversations, Talkers, Totals } from '../packets/traffic.js';
import {
  CaptureInput, ConversationsInput, ConversationsOutput, type FilteredCaptureInput, PacketInput, PacketOutput, type PacketDto, PacketsInput, PacketsOutput, SummaryOutput, TopTalkersInput, TopTalkersOutput,
} from '../packets/tshark.dto.js';
import { Admission } from '../policy/admission.js';

const EXAMPLE_ID = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

/** What all of these tools have in common. */
const READS_A_CAPTURE = { version: '1.0.0', effect: 'read', idempotent: true, timeoutMs: 300_000, estimate: { durationMs: 2000 } } as const satisfies Partial<ToolOptions>;

/** Questions to a capture that the tenant has. Each reads it once, and keeps no more than its answer needs. */
@Controller()
export class TsharkTools {
  constructor(
    private readonly reader: CaptureReader,
    private readonly admission: Admission,
  ) {}

  @Tool({
    ...READS_A_CAPTURE, name: 'tshark-summary', description: 'Tells of a capture how many packets and bytes it has, when it begins and ends, and which protocols are in it.',
    input: CaptureInput, output: SummaryOutput, listOutput: 'protocols', examples: [{ captureId: EXAMPLE_ID }],
  })
  async summary({ input, context }: ToolCall<CaptureInput>): Promise<SummaryOutput> {
    const totals = new Totals();
    const { fileBytes, ...answer } = await this.each(input, context, (packet) => totals.add(packet));
    const { all, first, last } = totals;
    const some = all.packets > 0;
    return {
      ...answer, fileBytes, packets: all.packets, bytes: all.bytes, firstAt: some ? new Date(first).toISOString() : null, lastAt: some ? new Date(last).toISOString() : null,
      durationMs: some ? Math.round((last - first) * 1000) / 1000 : 0, protocols: totals.list(),
    };
  }

  @Tool({
    ...READS_A_CAPTURE, name: 'tshark-conversations', description: 'Tells of a capture who talked with whom, with packets and bytes in each direction, the largest conversation first.',
    input: ConversationsInput, output: ConversationsOutput, listOutput: 'conversations', examples: [{ captureId: EXAMPLE_ID }, { captureId: EXAMPLE_ID, layer: 'tcp', limit: 20 }],
  })
  async conversations({ input, context }: ToolCall<ConversationsInput>): Promise<ConversationsOutput> {
    const found = new Conversations(input.layer ?? 'ip');
    const { captureId, partial } = await this.each(input, context, (packet) => found.add(packet));
    const all = found.list();
    return { captureId, partial, conversations: all.slice(0, input.limit ?? 100), total: all.length, otherPackets: found.other };
  }

  @Tool({
    ...READS_A_CAPTURE, name: 'tshark-top-talkers', description: 'Tells of a capture which addresses sent and received most, in bytes.',
    input: TopTalkersInput, output: TopTalkersOutput, listOutput: 'talkers', examples: [{ captureId: EXAMPLE_ID }, { captureId: EXAMPLE_ID, limit: 3, displayFilter: 'tcp.port == 443' }],
  })
  async topTalkers({ input, context }: ToolCall<TopTalkersInput>): Promise<TopTalkersOutput> {
    const found = new Talkers();
    const { captureId, partial } = await this.each(input, context, (packet) => found.add(packet));
    const all = found.list();
    return { captureId, partial, talkers: all.slice(0, input.limit ?? 10), total: all.length, otherPackets: found.other };
  }

  @Tool({
    ...READS_A_CAPTURE, name: 'tshark-packets', description: 'Lists packets of a capture, one row each, with Wireshark\'s summary.',
    input: PacketsInput, output: PacketsOutput, listOutput: 'packets', examples: [{ captureId: EXAMPLE_ID }, { captureId: EXAMPLE_ID, displayFilter: 'dns', limit: 20 }],
  })
  async packets({ input, context }: ToolCall<PacketsInput>): Promise<PacketsOutput> {
    const { after = 0, limit = 100 } = input;
    const packets: PacketDto[] = [];
    let total = 0;
    let more = false;
    const { captureId, partial } = await this.each(input, context, (packet) => {
      total++;
      if (packet.number <= after) return;
      if (packets.length < limit) packets.push(toDto(packet));
      else more = true;
    });
    return { captureId, partial, packets, next: more ? packets.at(-1)!.number : null, total };
  }

  @Tool({
    ...READS_A_CAPTURE, name: 'tshark-packet', description: 'Tells everything of one packet of a capture, layer by layer.',
    input: PacketInput, output: PacketOutput, listOutput: 'layers', examples: [{ captureId: EXAMPLE_ID, number: 1 }],
  })
  async packet({ input, context }: ToolCall<PacketInput>): Promise<PacketOutput> {
    this.admission.enter(context);
    const { captureId, number } = input;
    const capture = await this.reader.open(captureId, context);
    let detail: ReturnType<typeof readPacketDetail> | undefined;
    const { cutShort } = await this.reader.read(capture, { displayFilter: `frame.number == ${number}`, as: 'ek' }, {
      signal: context.signal,
      onLine: (line) => {
        // Before each packet comes a line that names an index.
        if (line !== '' && !line.startsWith('{"index"')) detail = readPacketDetail(line);
      },
    });
    if (!detail) throw new ToolFailure('not-found', `the capture has no packet ${number}`);
    return { captureId, partial: cutShort, number, ...detail };
  }

  private async each(input: FilteredCaptureInput, context: ToolContext, onPacket: (packet: PacketRow) => void): Promise<{ captureId: string; partial: boolean; fileBytes: number }> {
    this.admission.enter(context);
    const capture = await this.reader.open(input.captureId, context);
    const { cutShort } = await this.reader.read(capture, { displayFilter: input.displayFilter, as: { fields: PACKET_FIELDS } }, { signal: context.signal, onLine: (line) => onPacket(readPacketRow(line)) });
    return { captureId: input.captureId, partial: cutShort, fileBytes: capture.length };
  }
}

function toDto({ number, timeMs, length, source, destination, sourcePort, destinationPort, protocol, info }: PacketRow): PacketDto {
  return { number, at: new Date(timeMs).toISOString(), length, source, destination, sourcePort, destinationPort, protocol, info };
}
