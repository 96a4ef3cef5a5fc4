import { Type } from 'class-transformer';
import { IsArray, IsInt, IsISO8601, IsObject, IsOptional, IsString, IsUUID, Min, ValidateNested } from 'class-validator';
import { ChatUsageView } from './chat-usage-view.js';
import { OrNull } from './or-null.js';

/** One entry of `GET /generations`: how a message became a plan, or did not. */
export class GenerationView {
  @IsUUID() conversation_id!: string;
  @IsInt() @Min(1) turn!: number;
  @IsString() actor_id!: string;
  @IsISO8601() at!: string;
  /** As shown: hidden characters made visible. */
  @IsString() message!: string;
  @OrNull() @IsString() source!: string | null;
  @IsArray() @IsString({ each: true }) understood!: string[];
  @IsArray() @IsObject({ each: true }) matched!: object[];
  /** Templates that were looked at and not taken, with the reason. */
  @IsArray() @IsObject({ each: true }) rejected!: object[];
  @IsArray() @IsString({ each: true }) optimised!: string[];
  /** Repairs of a model's plan: the diagnostics and the JSON Patch of each. */
  @IsArray() @IsObject({ each: true }) repairs!: object[];
  /** JSON pointers of credentials that were taken out of a model's plan. */
  @IsArray() @IsString({ each: true }) dropped!: string[];
  @OrNull() @IsUUID() run_id!: string | null;
  @OrNull() @IsObject() @ValidateNested() @Type(() => ChatUsageView) usage!: ChatUsageView | null;
  @IsOptional() @IsString() kind?: string;
}

export class GenerationPageView {
  @IsArray() @ValidateNested({ each: true }) @Type(() => GenerationView) items!: GenerationView[];
  @OrNull() @IsISO8601() next!: string | null;
}
