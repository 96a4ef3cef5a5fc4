import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Min, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { DegradationDto } from '../degraded/degradation.dto.js';

export class ArpTableInput {
  @JSONSchema({ description: 'Only neighbours on this interface, as interface-list names it.' })
  @IsOptional() @IsString() @Matches(/^[A-Za-z0-9][A-Za-z0-9_.@:-]{0,31}$/) interface?: string;
}

export class NeighbourDto {
  @IsString() address!: string;
  @IsIn(['ipv4', 'ipv6']) family!: 'ipv4' | 'ipv6';
  @IsString() interface!: string;
  /** Null when nobody answered for the address. */
  @JSONSchema({ type: ['string', 'null'] as never })
  @IsOptional() @IsString() mac!: string | null;
  /** The kernel's word for how sure it is, in lower case: `reachable`, `stale`, `failed`, `permanent` and others (ip-neighbour(8)). */
  @IsString() state!: string;
}

export class ArpTableOutput {
  @IsArray() @ValidateNested({ each: true }) @Type(() => NeighbourDto) neighbours!: NeighbourDto[];
  /** Neighbours left out, because they are outside the networks of the tenant or protected. */
  @IsInt() @Min(0) hidden!: number;
  @IsBoolean() degraded!: boolean;
  @IsArray() @ValidateNested({ each: true }) @Type(() => DegradationDto) degradations!: DegradationDto[];
}
