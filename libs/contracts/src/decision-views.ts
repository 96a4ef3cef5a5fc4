import { Type } from 'class-transformer';
import { IsArray, IsInt, IsISO8601, IsObject, IsString, Min, ValidateNested } from 'class-validator';
import { ChatUsageView } from './chat-usage-view.js';

/** What was chosen for a decision step, and by whom. */
export class DecisionView {
  @IsString() step!: string;
  @IsInt() @Min(0) item!: number;
  @IsInt() @Min(1) attempt!: number;
  @IsString() choice!: string;
  /** `model` or `default`. */
  @IsString() by!: string;
  /** Why the default was taken, or what the model gave as its reason. */
  @IsString() reason!: string;
  @IsISO8601() at!: string;
  @IsObject() @ValidateNested() @Type(() => ChatUsageView) usage!: ChatUsageView;
}

/** Answer to `GET /runs/:id/decisions`. */
export class DecisionListView {
  @IsArray() @ValidateNested({ each: true }) @Type(() => DecisionView) items!: DecisionView[];
  /** What models used for the run. */
  @IsObject() @ValidateNested() @Type(() => ChatUsageView) usage!: ChatUsageView;
}
