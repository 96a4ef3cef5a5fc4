import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, IsInt, IsISO8601, IsObject, IsString, Matches, Max, MaxLength, Min, MinLength, ValidateNested } from 'class-validator';
import { OrNull } from './or-null.js';

/** Where a run is asked for. */
export const RUN_ORIGINS = ['chat', 'api'] as const;
export type RunOrigin = (typeof RUN_ORIGINS)[number];

/** Assets that are always handled with the greatest care: those with one of the tags, host names (`db-*` for all that begin so) or environments. */
export class ProtectedAssetsDto {
  @IsArray() @ArrayMaxSize(100) @IsString({ each: true }) @MinLength(1, { each: true }) @MaxLength(255, { each: true }) tags!: string[];
  @IsArray() @ArrayMaxSize(1000) @IsString({ each: true }) @Matches(/^[^*\u0000]{1,254}\*?$/, { each: true }) hostnames!: string[];
  @IsArray() @ArrayMaxSize(100) @IsString({ each: true }) @MinLength(1, { each: true }) @MaxLength(255, { each: true }) environments!: string[];
}

/** Body of `PUT /approval-policy`: which runs of a tenant wait for people, and for how many. */
export class ApprovalPolicyDto {
  /** Runs from a chat always are subject to it; `api`: those of `POST /runs` too. */
  @IsArray() @ArrayUnique() @IsIn(RUN_ORIGINS, { each: true }) applies!: RunOrigin[];
  /** More changed hosts than this need two people. */
  @IsInt() @Min(1) @Max(100_000) largeFrom!: number;
  /** Environments that need a typed text; upper and lower case are the same. */
  @IsArray() @ArrayMaxSize(100) @IsString({ each: true }) @MinLength(1, { each: true }) @MaxLength(255, { each: true }) productionEnvironments!: string[];
  @IsObject() @ValidateNested() @Type(() => ProtectedAssetsDto) protected!: ProtectedAssetsDto;
  /** How long a proposal waits, and after that its approval holds, in milliseconds. */
  @IsInt() @Min(1000) @Max(30 * 86_400_000) expiresMs!: number;
  /** How many others than the requester must agree where the greatest care is asked for. */
  @IsInt() @Min(1) @Max(10) approvers!: number;
}

/** What holds for tenants that have set nothing. */
export const DEFAULT_APPROVAL_POLICY: Readonly<ApprovalPolicyDto> = {
  applies: ['chat'], largeFrom: 50, productionEnvironments: ['production', 'prod'], protected: { tags: ['protected'], hostnames: [], environments: [] }, expiresMs: 3_600_000, approvers: 2,
};

/** Answer to `GET /approval-policy`. */
export class ApprovalPolicyView extends ApprovalPolicyDto {
  /** Null while the defaults hold. */
  @OrNull() @IsString() readonly updatedBy!: string | null;
  @OrNull() @IsISO8601() readonly updatedAt!: string | null;
}
