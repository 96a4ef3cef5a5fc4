import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsOptional, IsString, Max, MaxLength, Min, MinLength, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { IsShownName } from '../targets/host-name-input.js';

const PORT_SCHEMA = { type: 'integer', minimum: 1, maximum: 65535 } as const;

export class PortCheckInput {
  @JSONSchema({ description: 'IP address or host name to connect to.' })
  @IsString() @MinLength(1) @MaxLength(253) target_host!: string;

  @IsShownName() host_name?: string;

  @JSONSchema(() => ({ description: 'One TCP port or a list of them.', anyOf: [PORT_SCHEMA, { type: 'array', items: PORT_SCHEMA, minItems: 1, maxItems: 64 }] }))
  @Transform(({ value }: { value: unknown }) => (typeof value === 'number' ? [value] : value))
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(64) @IsInt({ each: true }) @Min(1, { each: true }) @Max(65535, { each: true })
  ports!: number[];

  @JSONSchema({ description: 'Seconds to wait for each port.', default: 3 })
  @IsOptional() @IsInt() @Min(1) @Max(30) timeout?: number;
}

/** `open`: it accepted. `closed`: it refused. `filtered`: no answer in time. `unreachable`: a router or the host's firewall said no. `not-checked`: the check was stopped before. */
const PORT_CHECK_STATES = ['open', 'closed', 'filtered', 'unreachable', 'not-checked'] as const;
export type PortCheckState = (typeof PORT_CHECK_STATES)[number];

export class PortCheckRowDto {
  @IsInt() @Min(1) @Max(65535) port!: number;
  @IsIn(PORT_CHECK_STATES) state!: PortCheckState;
  /** Time until it accepted or refused, in milliseconds; null without such an answer. */
  @JSONSchema({ type: ['number', 'null'] as never })
  @IsOptional() @IsNumber() @Min(0) connectMs!: number | null;
  /** The system's word for why it is not open, for example `ECONNREFUSED`. */
  @IsOptional() @IsString() reason?: string;
}

export class PortCheckOutput {
  /** `host_name`, else the target as the caller wrote it. */
  @IsString() host!: string;
  /** The address that was connected to. */
  @IsString() address!: string;
  /** One row for each port, in the order they were given, each once. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => PortCheckRowDto) ports!: PortCheckRowDto[];
  @IsInt() @Min(0) openPorts!: number;
  /** Whether it was stopped before its end. */
  @IsBoolean() partial!: boolean;
}
