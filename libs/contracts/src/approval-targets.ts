import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsObject, IsOptional, IsString, MaxLength, ValidateNested } from 'class-validator';
import { Endpoint } from './approval-manifest.js';
import { OrNull } from './or-null.js';
import { PlainMessage } from './validate.js';

/** Targets in one question at most. */
export const MOST_TARGETS = 5_000;

/** `POST /internal/targets` on asset-service: what many targets mean at once, for previews. The answer has a {@link TargetFacts} or an {@link UnknownTarget} for each, in their order. */
@PlainMessage()
export class TargetsQueryDto {
  @IsString() @MaxLength(64) tenantId!: string;
  /** Asset ids, IP addresses or host names. */
  @IsArray() @ArrayMaxSize(MOST_TARGETS) @IsString({ each: true }) @MaxLength(255, { each: true }) targets!: string[];
  /** What the tool needs to reach them by; left out: it does not connect, or takes either. */
  @IsOptional() @IsIn(['ssh', 'winrm']) protocol?: 'ssh' | 'winrm';
}

/** The asset that a target means, and what previews need of it. It holds no secret. */
@PlainMessage()
export class TargetFacts {
  @IsString() readonly assetId!: string;
  @IsString() readonly hostname!: string;
  @OrNull() @IsString() readonly environment!: string | null;
  @IsArray() @IsString({ each: true }) readonly tags!: readonly string[];
  /** How it is reached: its jump hosts, nearest to us first, and at last itself. Empty while an attempt would be refused. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => Endpoint) readonly endpoints!: readonly Endpoint[];
  /** Why an attempt on it would be refused now; null when it would not. */
  @OrNull() @IsString() readonly refusal!: string | null;
}

/** A target that means no asset, or more than one. */
@PlainMessage()
export class UnknownTarget {
  @IsIn([null]) readonly assetId!: null;
  @IsString() readonly refusal!: string;
}

/** `POST /internal/reads/:tool` on asset-service: the output that one of its reading tools would give now. */
@PlainMessage()
export class InventoryReadDto {
  @IsString() @MaxLength(64) tenantId!: string;
  @IsObject() input!: Record<string, unknown>;
}
