import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min, MinLength, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { DegradationDto } from '../degraded/degradation.dto.js';
import { IsShownName } from '../targets/host-name-input.js';
import { PORT_LIST } from './port-list.js';

const SCANS = ['connect', 'syn'] as const;
export type Scan = (typeof SCANS)[number];

const TARGET_SCHEMA = { type: 'string', minLength: 1, maxLength: 253 } as const;

export class NmapInput {
  @JSONSchema(() => ({
    description: 'What to scan: an IP address, a network such as 10.0.0.0/24, a host name, or a list of these.',
    anyOf: [TARGET_SCHEMA, { type: 'array', items: TARGET_SCHEMA, minItems: 1, maxItems: 256 }],
  }))
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value))
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(256) @IsString({ each: true }) @MinLength(1, { each: true }) @MaxLength(253, { each: true })
  targets!: string[];

  /** Only with one target that is no network. */
  @IsShownName() host_name?: string;

  @JSONSchema({ description: 'connect: full TCP connections, works everywhere. syn: half-open, needs CAP_NET_RAW; without it a connect scan is made and the answer says degraded.', default: 'connect' })
  @IsOptional() @IsIn(SCANS) scan?: Scan;

  @JSONSchema({ description: 'TCP ports, for example "22,80,8000-8100". Left out: nmap\'s 1000 most common ports.' })
  @IsOptional() @IsString() @MaxLength(1000) @Matches(PORT_LIST) ports?: string;

  @JSONSchema({ description: 'Whether to ask open ports which product and version answers.', default: false })
  @IsOptional() @IsBoolean() serviceDetection?: boolean;

  @JSONSchema({ description: 'Whether to guess the operating system from the answers. Needs CAP_NET_RAW; without it the answer says degraded.', default: false })
  @IsOptional() @IsBoolean() osDetection?: boolean;

  @JSONSchema({ description: 'probe: scan only hosts that answer a first probe (without CAP_NET_RAW TCP only; when a host is called down by it, the answer says degraded). assume-up: scan every address, also where probes are filtered.', default: 'probe' })
  @IsOptional() @IsIn(['probe', 'assume-up']) discovery?: 'probe' | 'assume-up';

  @JSONSchema({ description: 'Seconds after which a host is given up.', default: 300 })
  @IsOptional() @IsInt() @Min(1) @Max(3600) hostTimeout?: number;
}

export const PORT_STATES = ['open', 'closed', 'filtered', 'unfiltered', 'open|filtered', 'closed|filtered'] as const;
export type PortState = (typeof PORT_STATES)[number];

export class NmapPortDto {
  @IsInt() @Min(0) @Max(65535) port!: number;
  @IsIn(['tcp', 'udp', 'sctp', 'ip']) protocol!: string;
  @IsIn(PORT_STATES) state!: PortState;
  /** Name of the service, for example `http`. */
  @IsOptional() @IsString() service?: string;
  /** `probed`: the port said so. `table`: what is usually on this port. */
  @IsOptional() @IsIn(['probed', 'table']) serviceFrom?: 'probed' | 'table';
  @IsOptional() @IsString() product?: string;
  @IsOptional() @IsString() version?: string;
}

/** Ports that were scanned and are not listed one by one. */
class NmapOtherPortsDto {
  @IsIn(PORT_STATES) state!: PortState;
  @IsInt() @Min(0) count!: number;
}

/** One operating system that would answer as the host did. */
export class NmapOsDto {
  @IsString() name!: string;
  /** How well it fits, in percent. */
  @IsInt() @Min(0) @Max(100) accuracy!: number;
  /** For example `Linux` or `Windows`. */
  @IsOptional() @IsString() family?: string;
}

/** `down`: it gave no sign of life. `skipped`: nmap did not try it, as without a route. `not-scanned`: the scan ended before it. */
export const HOST_STATES = ['up', 'down', 'unknown', 'skipped', 'not-scanned'] as const;
export type HostState = (typeof HOST_STATES)[number];

export class NmapHostDto {
  /** What the caller called it: a name, or its address where it was given as one or lies in a network. */
  @IsString() hostname!: string;
  /** The address that was scanned. */
  @IsString() address!: string;
  @IsIn(HOST_STATES) state!: HostState;
  /** Whether the host was given up after `hostTimeout`: its ports are then not known. */
  @IsBoolean() timedOut!: boolean;
  @IsArray() @ValidateNested({ each: true }) @Type(() => NmapPortDto) ports!: NmapPortDto[];
  @IsArray() @ValidateNested({ each: true }) @Type(() => NmapOtherPortsDto) otherPorts!: NmapOtherPortsDto[];
  /** The best guesses, best first; there when they were asked for and could be made. */
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => NmapOsDto) os?: NmapOsDto[];
}

export class NmapOutput {
  /** Hosts that answered, and every host named one by one, each under every name it was given. Silent addresses of a network are counted in `hostsDown` only. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => NmapHostDto) hosts!: NmapHostDto[];
  /** The scan nmap says it made. */
  @IsIn([...SCANS, 'unknown']) scanType!: Scan | 'unknown';
  @IsIn(SCANS) requested!: Scan;
  /** Whether something was done otherwise than it was asked for. */
  @IsBoolean() degraded!: boolean;
  /** What was asked for, what was done, and why. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => DegradationDto) degradations!: DegradationDto[];
  /** Whether hosts are missing or incomplete: the scan was stopped, or a host was given up or skipped. */
  @IsBoolean() partial!: boolean;
  /** Open ports on all hosts together, each address counted once, as in `hostsUp` and `hostsDown`. */
  @IsInt() @Min(0) openPorts!: number;
  @IsInt() @Min(0) hostsUp!: number;
  @IsInt() @Min(0) hostsDown!: number;
  /** Protected hosts inside the networks, which were left out. */
  @IsArray() @IsString({ each: true }) excluded!: string[];
}
