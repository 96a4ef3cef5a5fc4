import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, IsInt, IsISO8601, IsOptional, IsString, Matches, Max, MaxLength, Min, MinLength, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { MAX_CAPTURE_BYTES } from '../policy/policy-document.js';

const TARGET_SCHEMA = { type: 'string', minLength: 1, maxLength: 253 } as const;

export class TcpdumpInput {
  @JSONSchema({ description: 'Interface to listen on, as interface-list names it, or any.', default: 'any' })
  @IsOptional() @IsString() @Matches(/^[A-Za-z0-9][A-Za-z0-9_.@:-]{0,31}$/) interface?: string;

  @JSONSchema(() => ({
    description: 'Whose traffic: an IP address, a network, a host name, or a list of these. Left out: every host the tenant may reach.',
    anyOf: [TARGET_SCHEMA, { type: 'array', items: TARGET_SCHEMA, minItems: 1, maxItems: 64 }],
  }))
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value))
  @IsOptional() @IsArray() @ArrayMinSize(1) @ArrayMaxSize(64) @IsString({ each: true }) @MinLength(1, { each: true }) @MaxLength(253, { each: true })
  hosts?: string[];

  @JSONSchema({ description: 'Capture filter (pcap-filter), for example "tcp port 443". Addresses only, no host names.' })
  @IsOptional() @IsString() @MinLength(1) @MaxLength(1000) filter?: string;

  @JSONSchema({ description: 'Seconds to listen.', default: 10 })
  @IsOptional() @IsInt() @Min(1) @Max(300) duration?: number;

  @JSONSchema({ description: 'Packets after which it ends.', default: 100_000 })
  @IsOptional() @IsInt() @Min(1) @Max(1_000_000) maxPackets?: number;

  @JSONSchema({ description: 'Size of the capture at which it ends, in bytes.', default: 4 * 1024 * 1024 })
  @IsOptional() @IsInt() @Min(4096) @Max(MAX_CAPTURE_BYTES) maxBytes?: number;

  @JSONSchema({ description: 'Bytes kept of each packet. Left out: all.' })
  @IsOptional() @IsInt() @Min(64) @Max(65_535) snapLength?: number;
}

/** The capture itself: `GET <href>` on the orchestrator gives it as a pcap file. */
export class CaptureFileDto {
  /** SHA-256 of the file; tools that read captures take it as `captureId`. */
  @Matches(/^[0-9a-f]{64}$/) id!: string;
  @IsInt() @Min(0) bytes!: number;
  @IsString() mediaType!: string;
  @IsString() href!: string;
}

/** `time`: it listened as long as it should. `packets`, `bytes`: it had as many as it may. `stopped`: the attempt was cancelled or timed out. */
const CAPTURE_ENDS = ['time', 'packets', 'bytes', 'stopped'] as const;
export type CaptureEnd = (typeof CAPTURE_ENDS)[number];

export class TcpdumpOutput {
  @IsString() interface!: string;
  /** The filter that was used, with the tenant's networks in it. */
  @IsString() filter!: string;
  /** When it began to listen. */
  @IsISO8601() startedAt!: string;
  @IsInt() @Min(0) durationMs!: number;
  /** Packets in the capture. */
  @IsInt() @Min(0) packets!: number;
  /** Packets that the kernel dropped because they came too fast; null when tcpdump did not say. */
  @JSONSchema({ type: ['integer', 'null'] as never })
  @IsOptional() @IsInt() @Min(0) dropped!: number | null;
  @IsIn(CAPTURE_ENDS) endedBy!: CaptureEnd;
  /** Whether packets are missing, because a limit ended it, packets were cut or the kernel dropped some; `warnings` say what. */
  @IsBoolean() truncated!: boolean;
  /** Whether it was stopped before its end. */
  @IsBoolean() partial!: boolean;
  @IsArray() @IsString({ each: true }) warnings!: string[];
  /** Missing only in the output of a failed attempt that could not keep it any more. */
  @IsOptional() @ValidateNested() @Type(() => CaptureFileDto) capture?: CaptureFileDto;
}
