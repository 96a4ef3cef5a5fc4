import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsIP, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

const RECORD_TYPES = ['A', 'AAAA', 'MX', 'TXT', 'NS', 'CNAME', 'PTR', 'SOA', 'SRV'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

/** A domain name with service labels (`_sip._tcp.example.org`), or an IP address for PTR. */
const NAME = /^[A-Za-z0-9_:](?:[A-Za-z0-9_.:-]{0,252})$/;

export class DnsLookupInput {
  @JSONSchema({ description: 'Domain name; for PTR also an IP address.' })
  @IsString() @MaxLength(253) @Matches(NAME) name!: string;

  @JSONSchema({ default: 'A' })
  @IsOptional() @IsIn(RECORD_TYPES) type?: RecordType;

  // The schema of IsIP would take IPv4 only.
  @JSONSchema(() => ({ description: 'IP address of the DNS server to ask. Left out: the servers of the machine the worker runs on.', type: 'string', anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] }))
  @IsOptional() @IsIP() server?: string;

  @JSONSchema({ description: 'UDP and TCP port of that server.', default: 53 })
  @IsOptional() @IsInt() @Min(1) @Max(65535) port?: number;
}

/** One record. `value` is the address, the target host, the text or, for SOA, the primary server; the rest is there where the type has it. */
export class DnsRecordDto {
  @IsIn(RECORD_TYPES) type!: RecordType;
  @IsString() value!: string;
  /** Seconds it may be kept; known for A and AAAA. */
  @IsOptional() @IsInt() @Min(0) ttl?: number;
  /** MX and SRV: lower is tried first. */
  @IsOptional() @IsInt() @Min(0) @Max(65535) priority?: number;
  @IsOptional() @IsInt() @Min(0) @Max(65535) weight?: number;
  @IsOptional() @IsInt() @Min(0) @Max(65535) port?: number;
  /** SOA: mailbox of the person responsible, and the zone's numbers; times in seconds. */
  @IsOptional() @IsString() mailbox?: string;
  @IsOptional() @IsInt() @Min(0) serial?: number;
  @IsOptional() @IsInt() @Min(0) refresh?: number;
  @IsOptional() @IsInt() @Min(0) retry?: number;
  @IsOptional() @IsInt() @Min(0) expire?: number;
  @IsOptional() @IsInt() @Min(0) minimumTtl?: number;
}

/** `NXDOMAIN`: the server says that there is no such name. `NODATA`: there is, without a record of this type (RFC 2308). `NOERROR`: there are records. */
const LOOKUP_STATUSES = ['NOERROR', 'NODATA', 'NXDOMAIN'] as const;

export class DnsLookupOutput {
  @IsString() name!: string;
  @IsIn(RECORD_TYPES) type!: RecordType;
  @IsIn(LOOKUP_STATUSES) status!: (typeof LOOKUP_STATUSES)[number];
  /** Empty unless the status is `NOERROR`. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => DnsRecordDto) records!: DnsRecordDto[];
  /** Servers that were asked, as `address` or `address:port`. */
  @IsArray() @IsString({ each: true }) servers!: string[];
}
