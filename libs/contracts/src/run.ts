import { Type } from 'class-transformer';
import { ArrayNotEmpty, IsArray, IsIn, IsInt, IsObject, IsOptional, IsString, Matches, Max, MaxLength, Min, MinLength } from 'class-validator';
import type { FailureDto } from './failure.js';
import type { DiagnosticDto } from './problem.js';
import { PlainMessage } from './validate.js';

/** Text that PostgreSQL takes. */
const NO_NUL = /^[^\u0000]*$/;

export const RUN_STATUSES = ['running', 'paused', 'completed', 'partial', 'failed', 'cancelled'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
export const STEP_STATUSES = ['waiting', 'running', 'succeeded', 'partial', 'failed', 'skipped', 'cancelled'] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];
export const ITEM_STATUSES = ['pending', 'queued', 'running', 'succeeded', 'failed', 'unknown', 'skipped', 'cancelled'] as const;
export type ItemStatus = (typeof ITEM_STATUSES)[number];

/** Body of `POST /plans/compile` and `POST /plans/preview`. */
@PlainMessage()
export class CompileRequestDto {
  /** A plan of docs/plan-language.md. */
  @IsObject() plan!: Record<string, unknown>;
  @IsOptional() @IsString() @MaxLength(64) tenant_id?: string;
}

/** Body of `POST /runs`. Header `Idempotency-Key` (at most 255 characters) makes it at-most-once. */
@PlainMessage()
export class StartRunDto extends CompileRequestDto {
  /** Who asks, for the record. With auth on, the token's own actor is used when this is left out. */
  @IsOptional() @Matches(NO_NUL) @MinLength(1) @MaxLength(256) actor_id?: string;
  /** Values for the plan's `inputs`, which they replace one by one. */
  @IsOptional() @IsObject() inputs?: Record<string, unknown>;
}

export const RERUN_SELECTIONS = ['failed', 'unknown', 'not-started'] as const;
/** Body of `POST /runs/:id/rerun`: a child run over the chosen items of one step, and all that depends on it. */
export class RerunDto {
  /** The step to start from; the steps before it are taken from the parent. Left out: the first step that has such items. */
  @IsOptional() @IsString() @MaxLength(64) step?: string;
  @IsArray() @ArrayNotEmpty() @IsIn(RERUN_SELECTIONS, { each: true }) items!: (typeof RERUN_SELECTIONS)[number][];
}

/** Query of `GET /runs`. */
export class ListRunsQueryDto {
  @IsOptional() @IsIn(RUN_STATUSES) status?: RunStatus;
  @IsOptional() @Matches(NO_NUL) @MaxLength(256) name?: string;
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(200) limit?: number;
  @IsOptional() @IsString() @MaxLength(256) cursor?: string;
}

export const ITEM_SORTS = ['index', '-index', 'status', '-status', 'target', '-target', 'duration', '-duration'] as const;
/** Query of `GET /runs/:id/steps/:step/items`. */
export class ListItemsQueryDto {
  @IsOptional() @IsIn(ITEM_STATUSES) status?: ItemStatus;
  /** Field to sort by; a leading `-` means descending. */
  @IsOptional() @IsIn(ITEM_SORTS) sort?: (typeof ITEM_SORTS)[number];
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(1000) limit?: number;
  @IsOptional() @IsString() @MaxLength(256) cursor?: string;
}

export interface RunSummary {
  readonly id: string;
  readonly tenant_id: string;
  readonly actor_id: string;
  readonly name: string;
  readonly status: RunStatus;
  /** ISO 8601, the database's clock. */
  readonly createdAt: string;
  readonly finishedAt: string | null;
  readonly parentRunId: string | null;
}

export interface StepView {
  readonly id: string;
  /** `tool`, or another kind of docs/plan-language.md; only steps of a tool have `tool` and `effect`. */
  readonly kind: string;
  readonly tool: string | null;
  readonly effect: string | null;
  readonly status: StepStatus;
  readonly dependsOn: readonly string[];
  readonly level: number;
  /** Number of items, null until the step was prepared. */
  readonly total: number | null;
  /** Items by status; their sum is `total`. */
  readonly counts: Readonly<Record<ItemStatus, number>>;
  readonly failure: FailureDto | null;
}

export interface RunView extends RunSummary {
  readonly strategy: 'PARALLEL' | 'SERIAL' | 'DAG';
  readonly inputs: Record<string, unknown>;
  readonly steps: readonly StepView[];
  readonly warnings: readonly DiagnosticDto[];
  /** Sequence number of the newest event. */
  readonly lastEvent: number;
}

export interface ItemView {
  readonly index: number;
  /** What the item acts on, null when the tool has no target. */
  readonly target: string | null;
  readonly status: ItemStatus;
  readonly attempt: number;
  readonly inputs: Record<string, unknown> | null;
  readonly output: unknown;
  readonly truncated: boolean;
  readonly failure: FailureDto | null;
  readonly workerId: string | null;
  readonly queuedAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Give it as `cursor` to get what follows; null at the end. */
  readonly next: string | null;
}

/** One event of a run's history, as stored and as sent over SSE (`id` is `seq`, `event` is `type`). */
export interface RunEventView {
  readonly seq: number;
  readonly type: RunEventType;
  readonly at: string;
  readonly step: string | null;
  readonly item: number | null;
  readonly data: Record<string, unknown>;
}

export const RUN_EVENT_TYPES = [
  'run.started', 'run.paused', 'run.resumed', 'run.cancel-requested', 'run.finished',
  'step.started', 'step.opened', 'step.wave-started', 'step.policy-changed', 'step.adapted', 'step.finished', 'step.skipped',
  'item.running', 'item.succeeded', 'item.failed', 'item.unknown', 'item.cancelled', 'item.skipped', 'item.retrying', 'item.requeued', 'item.repeated', 'item.resolved',
] as const;
export type RunEventType = (typeof RUN_EVENT_TYPES)[number];
