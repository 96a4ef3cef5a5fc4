import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsInt, IsISO8601, IsObject, IsOptional, IsString, MaxLength, Min, ValidateNested } from 'class-validator';
import { OrNull } from './or-null.js';
import { PlainMessage } from './validate.js';

/** Body of `POST /templates`. */
@PlainMessage()
export class AddTemplateDto {
  /** A plan with slots, as docs/copilot-integration.md describes it. */
  @IsObject() template!: Record<string, unknown>;
  @IsOptional() @IsString() @MaxLength(64) tenant_id?: string;
}

/** A template of the copilot, built in or of the tenant. */
export class TemplateView {
  @IsString() id!: string;
  @IsInt() @Min(1) version!: number;
  @IsString() title!: string;
  @IsString() description!: string;
  @IsString() category!: string;
  @IsString() action!: string;
  @OrNull() @IsString() platform!: string | null;
  @IsBoolean() builtin!: boolean;
  @IsBoolean() enabled!: boolean;
  /** The first of its tools that is not registered now; null when it can be used. */
  @OrNull() @IsString() missing_tool!: string | null;
  @IsObject() slots!: Record<string, unknown>;
  @IsArray() @IsString({ each: true }) phrases!: string[];
  @IsArray() @IsObject({ each: true }) steps!: object[];
  @OrNull() @IsString() added_by!: string | null;
  @OrNull() @IsISO8601() added_at!: string | null;
}

export class TemplateListView {
  @IsArray() @ValidateNested({ each: true }) @Type(() => TemplateView) items!: TemplateView[];
}

/** A template that was seen in at least three alike approved and completed runs. It is used only after a person has promoted it. */
export class TemplateProposalView {
  @IsString() id!: string;
  @IsObject() template!: Record<string, unknown>;
  /** Ids of the runs. */
  @IsArray() @IsString({ each: true }) runs!: string[];
  /** Where the runs differ: these become slots. */
  @IsArray() @IsObject({ each: true }) differences!: object[];
}

export class TemplateProposalListView {
  @IsArray() @ValidateNested({ each: true }) @Type(() => TemplateProposalView) items!: TemplateProposalView[];
}
