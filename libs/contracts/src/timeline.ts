import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsISO8601, IsObject, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { FailureDto } from './failure.js';
import { OrNull } from './or-null.js';
import { ITEM_STATUSES, RUN_STATUSES, STEP_STATUSES, STOP_REASONS, type ItemStatus, type RunStatus, type StepStatus, type StopReason } from './run.js';
import { AdaptationView } from './step-log.js';

/** Query of `GET /runs/:id/attempts`. */
export class TimelineQueryDto {
  /** Only the attempts of this step. */
  @IsOptional() @IsString() @MaxLength(64) step?: string;
  /** Items in one page, each with all its attempts; 500 when left out. */
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(2000) limit?: number;
  @IsOptional() @Matches(/^\d{1,5}\.\d{1,9}$/) cursor?: string;
}

/** Query of `GET /runs/:id`. The rest of it is about the attempts of a timeline. */
export class RunQueryDto extends TimelineQueryDto {
  /** `timeline`: what a Gantt chart needs (TimelineView). Left out: the run as it stands. */
  @IsOptional() @IsIn(['timeline']) view?: 'timeline';
}

/** A stretch of time; `to` is null while it goes on. */
export class PeriodView {
  @IsISO8601() from!: string;
  @OrNull() @IsISO8601() to!: string | null;
}

/** The container a step stands in, and in which of a branch's arms; `arm` is null in a loop. */
export class ContainerView {
  @IsString() step!: string;
  @OrNull() @IsInt() @Min(0) arm!: number | null;
}

/** One time that a step ran: in a loop there is one for each iteration. */
export class PassView extends PeriodView {
  @IsIn(STEP_STATUSES) status!: StepStatus;
}

/** When a wave of a fan-out started. */
export class WaveView {
  /** From 0. */
  @IsInt() @Min(0) wave!: number;
  @IsISO8601() startedAt!: string;
}

/** Why a step failed or was skipped because of a failure: of itself (`root`), or because of another step (`consequence` of `root`). */
export class CauseView {
  @IsIn(['root', 'consequence']) kind!: 'root' | 'consequence';
  /** Id of the step where it began. */
  @IsString() root!: string;
}

/** A step as a Gantt chart draws it. Times are ISO 8601, by the database's clock. */
export class TimelineStepView {
  @IsString() id!: string;
  @IsString() kind!: string;
  @OrNull() @IsString() tool!: string | null;
  /** Topological level, from 0; in a container beyond the container's own. */
  @IsInt() @Min(0) level!: number;
  @OrNull() @IsObject() @ValidateNested() @Type(() => ContainerView) container!: ContainerView | null;
  @IsArray() @IsString({ each: true }) dependsOn!: string[];
  @IsIn(STEP_STATUSES) status!: StepStatus;
  /** When it began first; null when it never did, and for a step that a re-run took over. */
  @OrNull() @IsISO8601() startedAt!: string | null;
  /** When it ended last; null while it runs. */
  @OrNull() @IsISO8601() endedAt!: string | null;
  /** The newest 100, oldest first. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => PassView) passes!: PassView[];
  /** How many there were. */
  @IsInt() @Min(0) passCount!: number;
  /** The waves after the first. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => WaveView) waves!: WaveView[];
  /** Attempts that another one followed. */
  @IsInt() @Min(0) retries!: number;
  /** The newest 100, oldest first. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => AdaptationView) adaptations!: AdaptationView[];
  @OrNull() @IsObject() @ValidateNested() @Type(() => FailureDto) failure!: FailureDto | null;
  /** Null for what did not fail. */
  @OrNull() @IsObject() @ValidateNested() @Type(() => CauseView) cause!: CauseView | null;
  /** The earlier run that it was taken over from, for a step of a re-run; null for others. */
  @OrNull() @IsString() takenFrom!: string | null;
}

/** One attempt as a bar: it waits from `queuedAt` to `startedAt` and runs to `endedAt`. */
export class AttemptBarView {
  @IsString() step!: string;
  @IsInt() @Min(0) item!: number;
  @IsInt() @Min(1) attempt!: number;
  @OrNull() @IsString() target!: string | null;
  @IsIn(ITEM_STATUSES) status!: ItemStatus;
  @OrNull() @IsISO8601() queuedAt!: string | null;
  @OrNull() @IsISO8601() startedAt!: string | null;
  @OrNull() @IsISO8601() endedAt!: string | null;
  @OrNull() @IsString() workerId!: string | null;
  /** Code of its failure. */
  @OrNull() @IsString() failure!: string | null;
}

/** A page of bars, by step, item and attempt. */
export class AttemptBarsView {
  @IsArray() @ValidateNested({ each: true }) @Type(() => AttemptBarView) items!: AttemptBarView[];
  /** Give it as `cursor` to `GET /runs/:id/attempts` to get what follows; null at the end. */
  @OrNull() @IsString() next!: string | null;
}

/** Answer to `GET /runs/:id?view=timeline`. */
export class TimelineView {
  @IsString() runId!: string;
  @IsIn(RUN_STATUSES) status!: RunStatus;
  /** As of a RunView. */
  @OrNull() @IsIn(STOP_REASONS) stopping!: StopReason | null;
  /** As of a RunView. */
  @OrNull() @IsObject() @ValidateNested() @Type(() => FailureDto) failure!: FailureDto | null;
  @IsISO8601() createdAt!: string;
  @OrNull() @IsISO8601() finishedAt!: string | null;
  /** The database's clock: where bars end that have no end yet. */
  @IsISO8601() now!: string;
  /** When people had paused the run. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => PeriodView) pauses!: PeriodView[];
  /** In the order of the plan. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => TimelineStepView) steps!: TimelineStepView[];
  @IsObject() @ValidateNested() @Type(() => AttemptBarsView) attempts!: AttemptBarsView;
}
