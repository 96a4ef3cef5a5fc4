import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsISO8601, IsObject, IsOptional, IsString, IsUUID, Matches, MaxLength, Min, ValidateNested } from 'class-validator';
import { FailureDto } from './failure.js';
import { OrNull } from './or-null.js';
import { CachedFromView } from './run-views.js';
import { ITEM_STATUSES, RUN_STATUSES, type ItemStatus, type RunStatus } from './run.js';

/** Something that was changed of a step because the world did not do as planned. */
export class AdaptationView {
  /** When, ISO 8601. */
  @IsISO8601() at!: string;
  /** Code of the failure that caused it; null when it had none. */
  @OrNull() @IsString() cause!: string | null;
  /** What was done: `smaller-concurrency`, `longer-timeout`, `alternative` or `passed-over`. */
  @IsString() @MaxLength(64) effect!: string;
  /** What the effect says beside its name, for example `{ from: 8, to: 4 }`. */
  @IsObject() detail!: Record<string, unknown>;
}

/** Where an output is that is too large to be shown in place. */
export class BlobLinkView {
  @Matches(/^[0-9a-f]{64}$/) sha256!: string;
  @IsInt() @Min(0) bytes!: number;
  /** Path of the download. */
  @IsString() url!: string;
}

/** One try at an item. Times are ISO 8601, by the database's clock. */
export class AttemptView {
  /** From 1. */
  @IsInt() @Min(1) number!: number;
  /** How it ended, or `queued` or `running`. An attempt that failed and was followed by another is `failed`. */
  @IsIn(ITEM_STATUSES) status!: ItemStatus;
  @OrNull() @IsISO8601() queuedAt!: string | null;
  /** When a worker claimed it; of a tool that needs no claim, the end minus the time the worker took. */
  @OrNull() @IsISO8601() startedAt!: string | null;
  @OrNull() @IsISO8601() endedAt!: string | null;
  /** Time the handler took by the worker's own clock, in milliseconds. */
  @OrNull() @IsInt() @Min(0) durationMs!: number | null;
  /** The worker that carried it out, `orchestrator` for what no worker does; null as long as nobody has said. */
  @OrNull() @IsString() workerId!: string | null;
  /** The run that carries it out, for a sub-plan. */
  @OrNull() @IsUUID() childRunId!: string | null;
  /** Whether the output is one that an earlier call of the tool gave. */
  @IsBoolean() cached!: boolean;
  @OrNull() @IsObject() @ValidateNested() @Type(() => CachedFromView) cachedFrom!: CachedFromView | null;
  @OrNull() @IsObject() @ValidateNested() @Type(() => FailureDto) failure!: FailureDto | null;
  /** Pause between its end and the next attempt, in milliseconds; null when none was planned. */
  @OrNull() @IsInt() @Min(0) retryInMs!: number | null;
  /** When it was put into the queue again under the same number, because its job or its worker was lost. */
  @IsArray() @IsISO8601({}, { each: true }) requeuedAt!: string[];
  @IsArray() @ValidateNested({ each: true }) @Type(() => AdaptationView) adaptations!: AdaptationView[];
  /** What the tool gave, absent when there is none or it is in `blob`. */
  @IsOptional() output?: unknown;
  @OrNull() @IsObject() @ValidateNested() @Type(() => BlobLinkView) blob!: BlobLinkView | null;
  /** Whether the output was cut at its largest size. */
  @IsBoolean() truncated!: boolean;
}

/** What a person or a probe did to an item. */
export class ItemActView {
  @IsISO8601() at!: string;
  @IsIn(['resolved', 'repeated']) act!: 'resolved' | 'repeated';
  /** The attempt that was resolved, or that the repetition made. */
  @IsInt() @Min(1) attempt!: number;
  /** How a resolved attempt ended; null for a repetition. */
  @OrNull() @IsIn(['succeeded', 'failed']) status!: 'succeeded' | 'failed' | null;
  /** A person, or `probe:<tool>`; null when a late result resolved it. */
  @OrNull() @IsString() actor!: string | null;
  @OrNull() @IsString() reason!: string | null;
}

/** A question to a host whether an attempt of unknown outcome took place: a run of its own, whose answer is among the item's acts when it can tell. */
export class ProbeView {
  /** The run that asked. */
  @IsUUID() runId!: string;
  /** The attempt that it is about. */
  @IsInt() @Min(1) attempt!: number;
  @IsString() tool!: string;
  @IsIn(RUN_STATUSES) status!: RunStatus;
  @IsISO8601() startedAt!: string;
  @OrNull() @IsISO8601() endedAt!: string | null;
}

/** Answer to `GET /runs/:id/steps/:step/items/:item`: everything that was tried for one item, oldest first. */
export class ItemLogView {
  @IsString() runId!: string;
  @IsString() step!: string;
  @IsInt() @Min(0) item!: number;
  @OrNull() @IsString() tool!: string | null;
  /** What the item acts on, null when the tool has no target. */
  @OrNull() @IsString() target!: string | null;
  @IsIn(ITEM_STATUSES) status!: ItemStatus;
  /** The inputs as they were bound, with `[masked]` for what looks like a secret or is declared as one; null when they could not be bound. */
  @OrNull() @IsObject() inputs!: Record<string, unknown> | null;
  /** Empty when nothing was tried. */
  @IsArray() @ArrayMaxSize(1000) @ValidateNested({ each: true }) @Type(() => AttemptView) attempts!: AttemptView[];
  @IsArray() @ValidateNested({ each: true }) @Type(() => ItemActView) acts!: ItemActView[];
  @IsArray() @ValidateNested({ each: true }) @Type(() => ProbeView) probes!: ProbeView[];
  /** Why the item ended without an attempt; null when there was one. */
  @OrNull() @IsObject() @ValidateNested() @Type(() => FailureDto) failure!: FailureDto | null;
  /** The earlier run whose item this is, for a step that a re-run took over; null for others. */
  @OrNull() @IsString() takenFrom!: string | null;
}
