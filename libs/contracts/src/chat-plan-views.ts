import { Type } from 'class-transformer';
import { IsArray, IsIn, IsString, ValidateNested } from 'class-validator';
import { OrNull } from './or-null.js';
import { STEP_STATUSES, type StepStatus } from './run.js';

/** A suggested answer to a question; free text is taken too. */
export class ChatOptionView {
  @IsString() label!: string;
  /** What to send as the next message when it is chosen. */
  @IsString() value!: string;
}

/** A step of the plan of a turn. */
export class ChatStepView {
  @IsString() id!: string;
  @OrNull() @IsString() tool!: string | null;
  /** Effect that the tool declares: `read`, `write` or `destructive`; null for steps without a tool. */
  @OrNull() @IsString() effect!: string | null;
  /** Risk that the server computed for the step. */
  @IsString() risk!: string;
  @OrNull() @IsIn(STEP_STATUSES) status!: StepStatus | null;
}

export class ChatPlanView {
  @IsString() name!: string;
  /** `template`, `inventory`, `tool` or `model`. */
  @OrNull() @IsString() source!: string | null;
  /** Risk of the whole, computed by the server. */
  @IsString() risk!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatStepView) steps!: ChatStepView[];
}
