import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsOptional, IsString, Max, MaxLength, Min, MinLength, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { DegradationDto } from '../degraded/degradation.dto.js';
import { IsShownName } from '../targets/host-name-input.js';

const METHODS = ['udp', 'icmp', 'tcp'] as const;
export type TracerouteMethod = (typeof METHODS)[number];

export class TracerouteInput {
  @JSONSchema({ description: 'IP address or host name whose path is wanted.' })
  @IsString() @MinLength(1) @MaxLength(253) target_host!: string;

  @IsShownName() host_name?: string;

  @JSONSchema({ description: 'What is sent. udp works everywhere; icmp and tcp need CAP_NET_RAW, and without it udp is sent and the answer says degraded.', default: 'udp' })
  @IsOptional() @IsIn(METHODS) method?: TracerouteMethod;

  @JSONSchema({ description: 'TCP port that is tried.', default: 80 })
  @IsOptional() @IsInt() @Min(1) @Max(65535) port?: number;

  @JSONSchema({ description: 'Hops after which it is given up.', default: 30 })
  @IsOptional() @IsInt() @Min(1) @Max(64) maxHops?: number;

  @JSONSchema({ description: 'Probes to each hop.', default: 3 })
  @IsOptional() @IsInt() @Min(1) @Max(5) queries?: number;

  @JSONSchema({ description: 'Seconds to wait for each answer.', default: 2 })
  @IsOptional() @IsInt() @Min(1) @Max(10) timeout?: number;
}

export class TracerouteProbeDto {
  /** Who answered, null when nobody did. */
  @JSONSchema({ type: ['string', 'null'] as never })
  @IsOptional() @IsString() address!: string | null;
  /** Round-trip time in milliseconds, null without an answer. */
  @JSONSchema({ type: ['number', 'null'] as never })
  @IsOptional() @IsNumber() @Min(0) rttMs!: number | null;
  /** traceroute's mark, for example `!H` (host unreachable) or `!X` (forbidden); traceroute(8) lists them. */
  @IsOptional() @IsString() mark?: string;
}

export class TracerouteHopDto {
  /** Distance, from 1. */
  @IsInt() @Min(1) hop!: number;
  /** The first that answered, null when nobody did. */
  @JSONSchema({ type: ['string', 'null'] as never })
  @IsOptional() @IsString() address!: string | null;
  @IsArray() @ValidateNested({ each: true }) @Type(() => TracerouteProbeDto) probes!: TracerouteProbeDto[];
}

export class TracerouteOutput {
  /** `host_name`, else the target as the caller wrote it. */
  @IsString() host!: string;
  /** The address that was traced. */
  @IsString() address!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => TracerouteHopDto) hops!: TracerouteHopDto[];
  /** Whether the target itself answered. */
  @IsBoolean() reached!: boolean;
  /** What was sent. */
  @IsIn(METHODS) method!: TracerouteMethod;
  @IsIn(METHODS) requested!: TracerouteMethod;
  @IsBoolean() degraded!: boolean;
  @IsArray() @ValidateNested({ each: true }) @Type(() => DegradationDto) degradations!: DegradationDto[];
  /** Whether it was stopped before its end. */
  @IsBoolean() partial!: boolean;
}
