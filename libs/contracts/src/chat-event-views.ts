import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsString, IsUUID, Min, ValidateNested } from 'class-validator';
import { OrNull } from './or-null.js';
import { RUN_STATUSES, STEP_STATUSES, type RunStatus, type StepStatus } from './run.js';

/** Events on the way from a message to a plan. */
export const CHAT_NOTE_TYPES = ['understood', 'template', 'rejected', 'model.tools', 'model.plan', 'model.diagnostics', 'model.repair', 'model.failed'] as const;
/** Events of `POST /chat` with `Accept: text/event-stream`, in the order in which they come. */
export const CHAT_EVENT_TYPES = ['started', ...CHAT_NOTE_TYPES, 'confirmation', 'progress', 'result'] as const;
export type ChatEventType = (typeof CHAT_EVENT_TYPES)[number];

/** The event `started`. */
export class ChatStartedView {
  @IsUUID() conversation_id!: string;
  @IsInt() @Min(1) turn!: number;
}

/** How far a step is. */
export class ChatStepProgressView {
  @IsString() id!: string;
  @OrNull() @IsString() tool!: string | null;
  @IsIn(STEP_STATUSES) status!: StepStatus;
  /** Items that are over, and all of them; null before the step was prepared. */
  @IsInt() @Min(0) done!: number;
  @OrNull() @IsInt() @Min(0) total!: number | null;
}

/** How far a run is, as the event `progress` tells it. */
export class ChatProgressView {
  @IsUUID() workflow_id!: string;
  @IsIn(RUN_STATUSES) status!: RunStatus;
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatStepProgressView) steps!: ChatStepProgressView[];
}
