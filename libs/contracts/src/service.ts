import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { MOST_TOGETHER } from './bundle.js';
import { ToolDeclarationDto } from './tool.js';

/** `POST /internal/workers`: a worker process says who it is and what its service can do. Repeated after every 404 of a heartbeat. */
export class WorkerRegistrationDto {
  /** Unique to the process: `<service>-<pid>-<random>`. */
  @Matches(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/) workerId!: string;
  @Matches(/^[a-z][a-z0-9-]{0,62}$/) service!: string;
  @IsString() @MaxLength(64) queue!: string;
  /** Attempts it runs at once. */
  @IsInt() @Min(1) @Max(10_000) concurrency!: number;
  /** Attempts it takes in one job (see `BundleDto`); left out: one. */
  @IsOptional() @IsInt() @Min(1) @Max(MOST_TOGETHER) together?: number;
  @IsArray() @ArrayMaxSize(500) @ValidateNested({ each: true }) @Type(() => ToolDeclarationDto) tools!: ToolDeclarationDto[];
}

/** `POST /internal/workers/:workerId/heartbeat`, every {@link HEARTBEAT_MS}. */
export class HeartbeatDto {
  /** Attempts that run in this process now. */
  @IsArray() @ArrayMaxSize(10_000) @IsString({ each: true }) active!: string[];
}

/** Answer to a heartbeat. */
export class HeartbeatAnswerDto {
  /** Attempts to abort: their run was cancelled or the attempt is no longer wanted. */
  @IsArray() @IsString({ each: true }) cancel!: string[];
  /** Attempts whose result never arrived: publish it again if it is still known. */
  @IsArray() @IsString({ each: true }) resend!: string[];
}

/** Time between two heartbeats, in milliseconds. */
export const HEARTBEAT_MS = 1000;
/** A worker that was not heard for this long, in milliseconds by the database's clock, is lost. */
export const WORKER_LOST_MS = 5000;
