import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsISO8601, IsObject, IsOptional, IsString, IsUUID, Min, ValidateNested } from 'class-validator';
import { FailureDto } from './failure.js';
import { OrNull } from './or-null.js';
import { DiagnosticDto } from './problem.js';
import { ITEM_STATUSES, LISTED_RUN_STATUSES, RUN_EVENT_TYPES, RUN_STATUSES, STEP_STATUSES, STOP_REASONS, type ItemStatus, type ProposalStatus, type RunEventType, type RunStatus, type StepStatus, type StopReason } from './run.js';
import { TOOL_EFFECTS, type ToolEffect } from './tool.js';

/** What is told of every run, also of one that was only proposed. */
export class RunHeadView {
  @IsUUID() readonly id!: string;
  @IsString() readonly tenant_id!: string;
  @IsString() readonly actor_id!: string;
  @IsString() readonly name!: string;
  /** ISO 8601, the database's clock. */
  @IsISO8601() readonly createdAt!: string;
  @OrNull() @IsISO8601() readonly finishedAt!: string | null;
  @OrNull() @IsUUID() readonly parentRunId!: string | null;
}

/** One entry of `GET /runs`. */
export class RunSummary extends RunHeadView {
  @IsIn(LISTED_RUN_STATUSES) readonly status!: RunStatus | ProposalStatus;
}

/** Answer to `GET /runs`, the newest first. */
export class RunPageView {
  @IsArray() @ValidateNested({ each: true }) @Type(() => RunSummary) readonly items!: readonly RunSummary[];
  /** Give it as `cursor` to get what follows; null at the end. */
  @OrNull() @IsString() readonly next!: string | null;
}

/** Numbers of items by status. */
export class ItemCountsView implements Record<ItemStatus, number> {
  @IsInt() @Min(0) readonly pending!: number;
  @IsInt() @Min(0) readonly queued!: number;
  @IsInt() @Min(0) readonly running!: number;
  @IsInt() @Min(0) readonly succeeded!: number;
  @IsInt() @Min(0) readonly failed!: number;
  @IsInt() @Min(0) readonly unknown!: number;
  @IsInt() @Min(0) readonly skipped!: number;
  @IsInt() @Min(0) readonly cancelled!: number;
}

/** A step of a run. */
export class StepView {
  @IsString() readonly id!: string;
  /** `tool`, or another kind of docs/plan-language.md; only steps of a tool have `tool` and `effect`. */
  @IsString() readonly kind!: string;
  @OrNull() @IsString() readonly tool!: string | null;
  @OrNull() @IsIn(TOOL_EFFECTS) readonly effect!: ToolEffect | null;
  @IsIn(STEP_STATUSES) readonly status!: StepStatus;
  @IsArray() @IsString({ each: true }) readonly dependsOn!: readonly string[];
  @IsInt() @Min(0) readonly level!: number;
  /** Number of items, null until the step was prepared. */
  @OrNull() @IsInt() @Min(0) readonly total!: number | null;
  /** Items by status; their sum is `total`. */
  @IsObject() @ValidateNested() @Type(() => ItemCountsView) readonly counts!: ItemCountsView;
  /** The service that queued items wait for while none of its workers is heard; null when there is one, or nothing waits. */
  @OrNull() @IsString() readonly missingService!: string | null;
  @OrNull() @IsObject() @ValidateNested() @Type(() => FailureDto) readonly failure!: FailureDto | null;
}

/** Answer to `GET /runs/:id` for a run that was started. */
export class RunView extends RunHeadView {
  @IsIn(RUN_STATUSES) readonly status!: RunStatus;
  /** Why nothing new starts any more, also after the end; what runs is told to stop and waited for. Null: nobody cancelled it and its time was not over. */
  @OrNull() @IsIn(STOP_REASONS) readonly stopping!: StopReason | null;
  /** Why the run failed where none of its steps says it: `run-timeout`. Null until its end. */
  @OrNull() @IsObject() @ValidateNested() @Type(() => FailureDto) readonly failure!: FailureDto | null;
  @IsIn(['PARALLEL', 'SERIAL', 'DAG']) readonly strategy!: 'PARALLEL' | 'SERIAL' | 'DAG';
  /** Values of the plan's inputs, with `[masked]` for what looks like a secret. */
  @IsObject() readonly inputs!: Record<string, unknown>;
  @IsArray() @ValidateNested({ each: true }) @Type(() => StepView) readonly steps!: readonly StepView[];
  @IsArray() @ValidateNested({ each: true }) @Type(() => DiagnosticDto) readonly warnings!: readonly DiagnosticDto[];
  /** Sequence number of the newest event. */
  @IsInt() @Min(0) readonly lastEvent!: number;
}

/** Where an output comes from that answered without a call: an item that succeeded before. */
export class CachedFromView {
  @IsUUID() readonly runId!: string;
  @IsString() readonly step!: string;
  @IsInt() @Min(0) readonly item!: number;
  /** When that item ended, ISO 8601, the database's clock. */
  @IsISO8601() readonly at!: string;
}

/** One item of a step: usually one host. */
export class ItemView {
  @IsInt() @Min(0) readonly index!: number;
  /** What the item acts on, null when the tool has no target. */
  @OrNull() @IsString() readonly target!: string | null;
  @IsIn(ITEM_STATUSES) readonly status!: ItemStatus;
  @IsInt() @Min(0) readonly attempt!: number;
  /** The run that carries out the newest attempt, for a sub-plan; null until it began, for other steps and for what a re-run took over. */
  @OrNull() @IsUUID() readonly childRunId!: string | null;
  /** The inputs as they were bound, with `[masked]` for what looks like a secret or is declared as one; null when they could not be bound. */
  @OrNull() @IsObject() readonly inputs!: Record<string, unknown> | null;
  /** What the tool gave; null when there is nothing. */
  @IsOptional() readonly output: unknown;
  @IsBoolean() readonly truncated!: boolean;
  /** Whether the output is one that an earlier call gave: nothing was called. */
  @IsBoolean() readonly cached!: boolean;
  @OrNull() @IsObject() @ValidateNested() @Type(() => CachedFromView) readonly cachedFrom!: CachedFromView | null;
  @OrNull() @IsObject() @ValidateNested() @Type(() => FailureDto) readonly failure!: FailureDto | null;
  @OrNull() @IsString() readonly workerId!: string | null;
  @OrNull() @IsISO8601() readonly queuedAt!: string | null;
  @OrNull() @IsISO8601() readonly startedAt!: string | null;
  @OrNull() @IsISO8601() readonly finishedAt!: string | null;
  @OrNull() @IsInt() @Min(0) readonly durationMs!: number | null;
}

/** Answer to `GET /runs/:id/steps/:step/items`. */
export class ItemPageView {
  @IsArray() @ValidateNested({ each: true }) @Type(() => ItemView) readonly items!: readonly ItemView[];
  /** Give it as `cursor` to get what follows; null at the end. A page with fewer items than were asked for may have one: its outputs are large. */
  @OrNull() @IsString() readonly next!: string | null;
}

/** One event of a run's history, as stored and as sent over SSE (`id` is `seq`, `event` is `type`). */
export class RunEventView {
  @IsInt() @Min(1) readonly seq!: number;
  @IsIn(RUN_EVENT_TYPES) readonly type!: RunEventType;
  @IsISO8601() readonly at!: string;
  @OrNull() @IsString() readonly step!: string | null;
  @OrNull() @IsInt() @Min(0) readonly item!: number | null;
  @IsObject() readonly data!: Record<string, unknown>;
}
