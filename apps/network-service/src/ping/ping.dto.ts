import { Type } from 'class-transformer';
import { IsBoolean, IsInt, IsNumber, IsOptional, IsString, Max, MaxLength, Min, MinLength, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { IsShownName } from '../targets/host-name-input.js';

export class PingInput {
  @JSONSchema({ description: 'IP address or host name to ping.' })
  @IsString() @MinLength(1) @MaxLength(253) target_host!: string;

  @IsShownName() host_name?: string;

  @JSONSchema({ description: 'Echo requests to send.', default: 3 })
  @IsOptional() @IsInt() @Min(1) @Max(10) count?: number;

  @JSONSchema({ description: 'Seconds to wait for each answer.', default: 2 })
  @IsOptional() @IsInt() @Min(1) @Max(10) timeout?: number;
}

/** Round-trip times in milliseconds. */
class RoundTripDto {
  @IsNumber() @Min(0) min!: number;
  @IsNumber() @Min(0) avg!: number;
  @IsNumber() @Min(0) max!: number;
}

export class PingOutput {
  /** `host_name`, else the target as the caller wrote it. */
  @IsString() host!: string;
  /** The address that was pinged. */
  @IsString() address!: string;
  @IsInt() @Min(0) sent!: number;
  @IsInt() @Min(0) received!: number;
  @IsNumber() @Min(0) @Max(100) lossPercent!: number;
  /** Null when nothing came back. */
  @JSONSchema((schema) => ({ anyOf: [schema, { type: 'null' }] }))
  @IsOptional() @ValidateNested() @Type(() => RoundTripDto) rttMs!: RoundTripDto | null;
  @IsBoolean() reachable!: boolean;
}
