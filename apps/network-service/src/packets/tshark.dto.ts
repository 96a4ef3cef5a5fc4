import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsISO8601, IsNumber, IsOptional, IsString, Matches, Max, MaxLength, Min, MinLength, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { CONVERSATION_LAYERS, type ConversationLayer } from './conversation-layer.js';

export class CaptureInput {
  @JSONSchema({ description: 'Id of a capture: capture.id of the output of tcpdump. Captures of every run of the tenant may be read.' })
  @Matches(/^[0-9a-f]{64}$/) captureId!: string;
}

export class FilteredCaptureInput extends CaptureInput {
  @JSONSchema({ description: 'Only packets that fit this display filter (wireshark-filter), for example "tcp.port == 443".' })
  @IsOptional() @IsString() @MinLength(1) @MaxLength(1000) @Matches(/^[^\u0000-\u001f\u007f]*$/) displayFilter?: string;
}

/** What all answers about a capture say. */
class CaptureAnswer {
  @IsString() captureId!: string;
  /** Whether the capture breaks off in the middle of a packet: what is told is of the packets before. */
  @IsBoolean() partial!: boolean;
}

export class ProtocolDto {
  /** Wireshark's name of the highest protocol in the packets. */
  @IsString() protocol!: string;
  @IsInt() @Min(0) packets!: number;
  /** Bytes on the wire. */
  @IsInt() @Min(0) bytes!: number;
}

export class SummaryOutput extends CaptureAnswer {
  /** Size of the capture file. */
  @IsInt() @Min(0) fileBytes!: number;
  @IsInt() @Min(0) packets!: number;
  /** Bytes on the wire. */
  @IsInt() @Min(0) bytes!: number;
  /** Time of the first and the last packet, null when there is none. */
  @JSONSchema({ type: ['string', 'null'] as never })
  @IsOptional() @IsISO8601() firstAt!: string | null;
  @JSONSchema({ type: ['string', 'null'] as never })
  @IsOptional() @IsISO8601() lastAt!: string | null;
  @IsNumber() @Min(0) durationMs!: number;
  /** The one with the most packets first. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => ProtocolDto) protocols!: ProtocolDto[];
}

export class ConversationsInput extends FilteredCaptureInput {
  @JSONSchema({ description: 'ip: between addresses. tcp, udp: between ports.', default: 'ip' })
  @IsOptional() @IsIn(CONVERSATION_LAYERS) layer?: ConversationLayer;

  @JSONSchema({ description: 'Most conversations told, the largest first.', default: 100 })
  @IsOptional() @IsInt() @Min(1) @Max(10_000) limit?: number;
}

/** The end that sent first is `a`. Bytes are those on the wire. */
export class ConversationDto {
  @IsString() a!: string;
  /** Null between addresses. */
  @JSONSchema({ type: ['integer', 'null'] as never })
  @IsOptional() @IsInt() aPort!: number | null;
  @IsString() b!: string;
  @JSONSchema({ type: ['integer', 'null'] as never })
  @IsOptional() @IsInt() bPort!: number | null;
  @IsInt() @Min(0) packets!: number;
  @IsInt() @Min(0) bytes!: number;
  @IsInt() @Min(0) packetsAToB!: number;
  @IsInt() @Min(0) bytesAToB!: number;
  @IsInt() @Min(0) packetsBToA!: number;
  @IsInt() @Min(0) bytesBToA!: number;
  /** Time of its first packet. */
  @IsISO8601() startedAt!: string;
  @IsNumber() @Min(0) durationMs!: number;
}

export class ConversationsOutput extends CaptureAnswer {
  @IsArray() @ValidateNested({ each: true }) @Type(() => ConversationDto) conversations!: ConversationDto[];
  /** Number of conversations, also of those that are not told. */
  @IsInt() @Min(0) total!: number;
  /** Packets that belong to none, for example ARP. */
  @IsInt() @Min(0) otherPackets!: number;
}

export class TopTalkersInput extends FilteredCaptureInput {
  @JSONSchema({ description: 'Most addresses told, the one with the most bytes first.', default: 10 })
  @IsOptional() @IsInt() @Min(1) @Max(1000) limit?: number;
}

/** Bytes are those on the wire, sent and received. */
export class TalkerDto {
  @IsString() address!: string;
  @IsInt() @Min(0) packets!: number;
  @IsInt() @Min(0) bytes!: number;
  @IsInt() @Min(0) packetsSent!: number;
  @IsInt() @Min(0) bytesSent!: number;
  @IsInt() @Min(0) packetsReceived!: number;
  @IsInt() @Min(0) bytesReceived!: number;
}

export class TopTalkersOutput extends CaptureAnswer {
  @IsArray() @ValidateNested({ each: true }) @Type(() => TalkerDto) talkers!: TalkerDto[];
  /** Number of addresses, also of those that are not told. */
  @IsInt() @Min(0) total!: number;
  /** Packets that are none of IP. */
  @IsInt() @Min(0) otherPackets!: number;
}

export class PacketsInput extends FilteredCaptureInput {
  @JSONSchema({ description: 'Only packets after the one with this number.', default: 0 })
  @IsOptional() @IsInt() @Min(0) after?: number;

  @JSONSchema({ description: 'Most packets told.', default: 100 })
  @IsOptional() @IsInt() @Min(1) @Max(1000) limit?: number;
}

export class PacketDto {
  /** Position in the capture, from 1. */
  @IsInt() @Min(1) number!: number;
  @IsISO8601() at!: string;
  /** On the wire, in bytes. */
  @IsInt() @Min(0) length!: number;
  /** Null when it is no IP packet. */
  @JSONSchema({ type: ['string', 'null'] as never })
  @IsOptional() @IsString() source!: string | null;
  @JSONSchema({ type: ['string', 'null'] as never })
  @IsOptional() @IsString() destination!: string | null;
  /** Null when it is neither TCP nor UDP. */
  @JSONSchema({ type: ['integer', 'null'] as never })
  @IsOptional() @IsInt() sourcePort!: number | null;
  @JSONSchema({ type: ['integer', 'null'] as never })
  @IsOptional() @IsInt() destinationPort!: number | null;
  /** The highest protocol in it. */
  @IsString() protocol!: string;
  /** Wireshark's summary; foreign text may be in it. */
  @IsString() info!: string;
}

export class PacketsOutput extends CaptureAnswer {
  @IsArray() @ValidateNested({ each: true }) @Type(() => PacketDto) packets!: PacketDto[];
  /** Give it as `after` to get what follows; null at the end. */
  @JSONSchema({ type: ['integer', 'null'] as never })
  @IsOptional() @IsInt() next!: number | null;
  /** Packets that fit the filter, also those that are not told. */
  @IsInt() @Min(0) total!: number;
}

export class PacketInput extends CaptureInput {
  @JSONSchema({ description: 'Position in the capture, from 1.' })
  @IsInt() @Min(1) @Max(10_000_000) number!: number;
}

export class LayerFieldDto {
  /** Wireshark's name of the field, with `_` for `.`: `ip_src`, `tcp_flags_syn`. */
  @IsString() name!: string;
  @IsString() value!: string;
}

export class LayerDto {
  @IsString() protocol!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => LayerFieldDto) fields!: LayerFieldDto[];
}

export class PacketOutput extends CaptureAnswer {
  @IsInt() @Min(1) number!: number;
  /** Outermost first. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => LayerDto) layers!: LayerDto[];
  /** Whether fields or ends of long values were left out. */
  @IsBoolean() truncated!: boolean;
}
