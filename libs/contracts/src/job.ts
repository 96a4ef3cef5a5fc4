import { Equals, IsBoolean, IsInt, IsObject, IsOptional, IsString, IsUUID, Matches, Max, MaxLength, Min } from 'class-validator';
import { MESSAGE_VERSION } from './names.js';
import { PlainMessage } from './validate.js';

/** One attempt of one item of one step, as it stands in BullMQ, alone or in a bundle. It never holds a secret. The job's name is the tool. */
@PlainMessage()
export class JobDto {
  @Equals(MESSAGE_VERSION) v!: typeof MESSAGE_VERSION;
  /** `run.step.item.attempt`; also the id of the job in BullMQ, or a part of it. */
  @IsString() @MaxLength(160) attemptId!: string;
  @IsUUID() runId!: string;
  @Matches(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/) stepId!: string;
  @IsInt() @Min(0) item!: number;
  @IsInt() @Min(1) attempt!: number;
  @IsString() @MaxLength(64) tenantId!: string;
  @IsString() @MaxLength(256) actorId!: string;
  @IsString() @MaxLength(128) tool!: string;
  @IsString() @MaxLength(64) toolVersion!: string;
  /** The bound inputs: the tool's input DTO as plain JSON. */
  @IsObject() input!: Record<string, unknown>;
  /** Time the handler may take, in milliseconds; the worker aborts it then. */
  @IsInt() @Min(1) @Max(86_400_000) timeoutMs!: number;
  /** Whether the attempt must be claimed before anything is done (every tool but read-only ones without credential). */
  @IsBoolean() claim!: boolean;
  /** SHA-256 of the manifest that people approved; a grant for another one is refused. Left out for a run that needed no approval. */
  @IsOptional() @Matches(/^[0-9a-f]{64}$/) manifestSha256?: string;
  /** W3C trace context. */
  @IsOptional() @IsString() @MaxLength(128) traceparent?: string;
}

/** What goes over {@link PROGRESS_CHANNEL}. */
@PlainMessage()
export class ProgressDto {
  @Equals(MESSAGE_VERSION) v!: typeof MESSAGE_VERSION;
  @IsUUID() runId!: string;
  @IsString() stepId!: string;
  @IsInt() @Min(0) item!: number;
  @IsInt() @Min(1) attempt!: number;
  /** Part done, 0 to 100. */
  @IsOptional() @IsInt() @Min(0) @Max(100) percent?: number;
  @IsOptional() @IsString() @MaxLength(16_384) message?: string;
}

/** What goes over {@link CANCEL_CHANNEL}: abort every attempt of the run that is running here, or only those named. */
export class CancelDto {
  @Equals(MESSAGE_VERSION) v!: typeof MESSAGE_VERSION;
  @IsUUID() runId!: string;
  @IsOptional() @IsString({ each: true }) attemptIds?: string[];
}
