import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, Matches, Max, MaxLength, Min, MinLength, ValidateNested } from 'class-validator';
import { ASSET_FIELDS, SORTS, type AssetField, type Sort } from './asset-fields.js';
import { AssetFiltersDto } from './asset-filters.dto.js';
import { FitsSchema } from './fits-schema.js';

/** Assets in an answer when the query says nothing, and at most. */
export const QUERY_LIMIT = { default: 1000, max: 10_000 } as const;

const sort = { type: 'string', enum: SORTS };

/** Input of `asset-query` and body of `POST /assets/query`. */
export class AssetQueryDto {
  @IsOptional() @IsObject() @ValidateNested() @Type(() => AssetFiltersDto) filters?: AssetFiltersDto;
  /** Words that must each occur in the host name, address, operating system, location or a tag. */
  @IsOptional() @IsString() @MinLength(1) @MaxLength(255) @Matches(/^[^\0]*$/) search?: string;
  /** Fields to sort by, `-` before a name means descending; host name by default. Unset values come last. */
  @IsOptional() @FitsSchema({ anyOf: [sort, { type: 'array', items: sort, minItems: 1, maxItems: 4 }] }, `one or a list of ${SORTS.join(', ')}`) sort?: Sort | Sort[];
  /** Fields of each asset to give; all by default. */
  @IsOptional() @IsArray() @ArrayMaxSize(ASSET_FIELDS.length) @IsIn(ASSET_FIELDS, { each: true }) fields?: AssetField[];
  @IsOptional() @IsInt() @Min(1) @Max(QUERY_LIMIT.max) limit?: number;
  @IsOptional() @IsInt() @Min(0) @Max(1_000_000) offset?: number;
  /** True gives `total` only, and no assets. */
  @IsOptional() @IsBoolean() count_only?: boolean;
}

/** Input of `asset-list` and its paging. */
export class AssetListDto {
  @IsOptional() @IsInt() @Min(1) @Max(1000) limit?: number;
  /** `next` of the page before. */
  @IsOptional() @IsString() @MaxLength(512) cursor?: string;
  @IsOptional() @IsArray() @ArrayMaxSize(ASSET_FIELDS.length) @IsIn(ASSET_FIELDS, { each: true }) fields?: AssetField[];
}
