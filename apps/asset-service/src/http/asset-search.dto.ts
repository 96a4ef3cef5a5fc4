import { Transform, Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { validate } from '@opsmesh/contracts';
import { AssetQueryDto, QUERY_LIMIT } from '../inventory/asset-query.dto.js';

/** `a,b` and `x=a&x=b` both are lists; one value stays one, so that the filter means it exactly. */
const Values = (): PropertyDecorator => Transform(({ value }: { value: unknown }) => {
  const parts = (Array.isArray(value) ? value : [value]).flatMap((v) => (typeof v === 'string' ? v.split(',').map((p) => p.trim()).filter(Boolean) : [v]));
  return parts.length === 1 ? parts[0] : parts;
});

type OneOrMore = string | string[];

/** Query of `GET /assets`: the plain filters of `asset-query`, lists with commas. Conditions (prefix, contains, cidr lists, attributes, ...) go by `POST /assets/query`. */
export class AssetSearchDto {
  @IsOptional() @Values() @IsString({ each: true }) id?: OneOrMore;
  @IsOptional() @Values() @IsString({ each: true }) hostname?: OneOrMore;
  /** Addresses or networks, for example `10.0.0.0/8`. */
  @IsOptional() @Values() @IsString({ each: true }) ip_address?: OneOrMore;
  @IsOptional() @Values() @IsString({ each: true }) os?: OneOrMore;
  @IsOptional() @Values() @IsString({ each: true }) environment?: OneOrMore;
  @IsOptional() @Values() @IsString({ each: true }) status?: OneOrMore;
  @IsOptional() @Values() @IsString({ each: true }) location?: OneOrMore;
  /** Any of these tags. */
  @IsOptional() @Values() @IsString({ each: true }) tags?: OneOrMore;
  /** All of these tags, and any of `tags` if both are given. */
  @IsOptional() @Values() @IsString({ each: true }) tags_all?: OneOrMore;
  @IsOptional() @Values() @IsString({ each: true }) protocol?: OneOrMore;
  @IsOptional() @Values() @IsString({ each: true }) jump_host?: OneOrMore;
  @IsOptional() @IsString() @MaxLength(255) search?: string;
  @IsOptional() @Values() @IsString({ each: true }) sort?: OneOrMore;
  @IsOptional() @Values() @IsString({ each: true }) fields?: OneOrMore;
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(QUERY_LIMIT.max) limit?: number;
  @IsOptional() @Type(() => Number) @IsInt() @Min(0) @Max(1_000_000) offset?: number;
  @IsOptional() @IsIn(['true', 'false']) count_only?: 'true' | 'false';
}

/**
 * The query that the parameters mean; its own rules check the values.
 * @throws InvalidMessage
 */
export function queryOf(search: AssetSearchDto): AssetQueryDto {
  const { search: words, sort, fields, limit, offset, count_only, tags, tags_all, ...plain } = search;
  const filters = { ...plain, ...(tags === undefined ? {} : { tags }), ...(tags_all === undefined ? {} : { tags: { ...(tags === undefined ? {} : { any: [tags].flat() }), all: [tags_all].flat() } }) };
  return validate(AssetQueryDto, defined({ filters: defined(filters), search: words, sort, fields: fields === undefined ? undefined : [fields].flat(), limit, offset, count_only: count_only === undefined ? undefined : count_only === 'true' }));
}

function defined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined));
}
