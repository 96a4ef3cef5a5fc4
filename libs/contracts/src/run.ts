import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayNotEmpty, IsArray, IsIn, IsInt, IsObject, IsOptional, IsString, Matches, Max, MaxLength, Min, MinLength } from 'class-validator';
import { IsPlanDocument } from './plan-document.js';
import { PlainMessage } from './validate.js';

/** Text that PostgreSQL takes. */
const NO_NUL = /^[^\u0000]*$/;

export const RUN_STATUSES = ['running', 'paused', 'completed', 'partial', 'failed', 'cancelled'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
/** Statuses of a run that was proposed and has not become one: people are asked, it is about to start, or it never will. */
export const PROPOSAL_STATUSES = ['awaiting-approval', 'starting', 'rejected', 'withdrawn', 'expired'] as const;
export type ProposalStatus = (typeof PROPOSAL_STATUSES)[number];
export const LISTED_RUN_STATUSES = [...RUN_STATUSES, ...PROPOSAL_STATUSES] as const;
export const STEP_STATUSES = ['waiting', 'running', 'succeeded', 'partial', 'failed', 'skipped', 'cancelled'] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];
export const ITEM_STATUSES = ['pending', 'queued', 'running', 'succeeded', 'failed', 'unknown', 'skipped', 'cancelled'] as const;
export type ItemStatus = (typeof ITEM_STATUSES)[number];

/** Body of `POST /plans/compile` and `POST /plans/preview`. */
@PlainMessage()
export class CompileRequestDto {
  /** A plan of docs/plan-language.md: an object, or a list of steps. */
  @IsPlanDocument() plan!: object;
  @IsOptional() @IsString() @MaxLength(64) tenant_id?: string;
}

/** Body of `POST /runs`. Header `Idempotency-Key` (at most 255 characters) makes it at-most-once. */
@PlainMessage()
export class StartRunDto extends CompileRequestDto {
  /** Who asks. With authentication on it may be left out: it is the token's own actor, and another name is refused with `actor-mismatch`. */
  @IsOptional() @Matches(NO_NUL) @MinLength(1) @MaxLength(256) actor_id?: string;
  /** Values for the plan's `inputs`, which they replace one by one. */
  @IsOptional() @IsObject() inputs?: Record<string, unknown>;
}

/** Why nothing new starts in a run any more: somebody cancelled it, or its time is over. */
export const STOP_REASONS = ['cancelled', 'timed-out'] as const;
export type StopReason = (typeof STOP_REASONS)[number];

export const RERUN_SELECTIONS = ['failed', 'unknown', 'not-started'] as const;
/** Body of `POST /runs/:id/rerun`: a child run over the chosen items of steps, and all that depends on these. Header `Idempotency-Key` as for `POST /runs`. */
@PlainMessage()
export class RerunDto {
  /** The step to start from; what does not depend on it is taken from the parent. Left out: every step that has such items, but those that the plan's conditions left out. */
  @IsOptional() @IsString() @MaxLength(64) step?: string;
  /** Which items of the step by how they ended; either this or `item_numbers`. */
  @IsOptional() @IsArray() @ArrayNotEmpty() @ArrayMaxSize(RERUN_SELECTIONS.length) @IsIn(RERUN_SELECTIONS, { each: true }) items?: (typeof RERUN_SELECTIONS)[number][];
  /** Which items of the step by their numbers, however they ended; needs `step`. */
  @IsOptional() @IsArray() @ArrayNotEmpty() @ArrayMaxSize(10_000) @IsInt({ each: true }) @Min(0, { each: true }) item_numbers?: number[];
  /** Values for the plan's `inputs`, before those that the parent was given. What is repeated is bound by them; what is taken over may not refer to one that is another now. */
  @IsOptional() @IsObject() inputs?: Record<string, unknown>;
  /** An edited plan to go on with. The steps that are taken over must stand in it unchanged. Left out: the parent's. */
  @IsOptional() @IsPlanDocument() plan?: object;
}

/** Entries of a page of a list where the query says nothing of it. */
export const DEFAULT_PAGE = 100;

/** Query of `GET /runs`. */
export class ListRunsQueryDto {
  /** Of runs, or of what was proposed and is none. */
  @IsOptional() @IsIn(LISTED_RUN_STATUSES) status?: RunStatus | ProposalStatus;
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
  /** Items in a page at most (100). A page of large outputs ends before, at 8 MiB; what follows is then behind its cursor as always. */
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(1000) limit?: number;
  @IsOptional() @IsString() @MaxLength(256) cursor?: string;
}

export const RUN_EVENT_TYPES = [
  'run.started', 'run.paused', 'run.resumed', 'run.cancel-requested', 'run.finished',
  'step.started', 'step.opened', 'step.wave-started', 'step.policy-changed', 'step.adapted', 'step.finished', 'step.skipped',
  'item.running', 'item.succeeded', 'item.failed', 'item.unknown', 'item.cancelled', 'item.skipped', 'item.retrying', 'item.requeued', 'item.repeated', 'item.resolved',
] as const;
export type RunEventType = (typeof RUN_EVENT_TYPES)[number];
