import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsObject, IsString, IsUUID, Min, ValidateNested } from 'class-validator';
import { ChatSourceView, ChatTableView } from './chat-table-views.js';
import { OrNull } from './or-null.js';
import { ITEM_STATUSES, RUN_STATUSES, type ItemStatus, type RunStatus } from './run.js';

/** What became of one item of a step that changes something. */
export class ChatActionView {
  @IsString() step!: string;
  @IsString() tool!: string;
  @OrNull() @IsString() target!: string | null;
  @IsIn(ITEM_STATUSES) status!: ItemStatus;
  /** What happened, from the tool's output or its failure. */
  @IsString() happened!: string;
  @OrNull() @IsInt() @Min(0) duration_ms!: number | null;
  @IsObject() @ValidateNested() @Type(() => ChatSourceView) source!: ChatSourceView;
}

/** A step that failed, and whether of itself. */
export class ChatCauseView {
  @IsString() step!: string;
  @IsString() code!: string;
  @IsString() message!: string;
  /** The step where it began, for a consequence; null for a root cause. */
  @OrNull() @IsString() because_of!: string | null;
}

/** Something that did not go as planned: what was adapted, skipped or is unknown. */
export class ChatRemarkView {
  @IsIn(['adapted', 'skipped', 'unknown', 'cancelled', 'truncated']) what!: 'adapted' | 'skipped' | 'unknown' | 'cancelled' | 'truncated';
  @IsString() step!: string;
  @IsString() text!: string;
}

/** What a run gave. While it runs, what is known so far. */
export class ChatResultView {
  /** Id of the run. */
  @IsUUID() workflow_id!: string;
  @IsIn(RUN_STATUSES) status!: RunStatus;
  /** From the start of the run to its end, or to now; by the database's clock. */
  @IsInt() @Min(0) execution_time_ms!: number;
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatTableView) tables!: ChatTableView[];
  /** At most 200, failed first. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatActionView) actions!: ChatActionView[];
  @IsInt() @Min(0) total_actions!: number;
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatCauseView) root_causes!: ChatCauseView[];
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatCauseView) consequences!: ChatCauseView[];
  @IsArray() @ArrayMaxSize(100) @ValidateNested({ each: true }) @Type(() => ChatRemarkView) remarks!: ChatRemarkView[];
  @IsString() run_url!: string;
  @IsString() events_url!: string;
}
