import { Type } from 'class-transformer';
import { Equals, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, IsUUID, Matches, MaxLength, Min, ValidateIf, ValidateNested } from 'class-validator';
import { FailureDto } from './failure.js';
import { MESSAGE_VERSION } from './names.js';
import { InvalidMessage, PlainMessage, validate } from './validate.js';

/** Largest output kept inside a result, in bytes of JSON. */
export const INLINE_OUTPUT_BYTES = 64 * 1024;
/** Largest output kept at all (as a blob), in bytes of JSON; beyond it is truncated and flagged. */
export const BLOB_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Where a large output is: uploaded to the orchestrator before the result is published. */
export class BlobRefDto {
  /** SHA-256 of the bytes, hex. */
  @Matches(/^[0-9a-f]{64}$/) sha256!: string;
  @IsInt() @Min(0) bytes!: number;
}

/** Outcome of one attempt: the JSON of one field `result` in an entry of the results stream, which may have several of them. */
@PlainMessage()
export class ResultDto {
  @Equals(MESSAGE_VERSION) v!: typeof MESSAGE_VERSION;
  @IsString() @MaxLength(160) attemptId!: string;
  @IsUUID() runId!: string;
  @Matches(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/) stepId!: string;
  @IsInt() @Min(0) item!: number;
  @IsInt() @Min(1) attempt!: number;
  @IsString() @MaxLength(64) tenantId!: string;
  @IsString() @MaxLength(128) workerId!: string;
  @IsIn(['succeeded', 'failed']) status!: 'succeeded' | 'failed';
  /** The tool's output as plain JSON, absent when it is in `blob`. A failed attempt may have one too. */
  @IsOptional() output?: unknown;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => BlobRefDto) blob?: BlobRefDto;
  /** True when the output was cut at {@link BLOB_OUTPUT_BYTES}; references into it fail closed. */
  @IsOptional() @IsBoolean() truncated?: boolean;
  @ValidateIf((r: ResultDto) => r.status === 'failed') @IsObject() @ValidateNested() @Type(() => FailureDto) failure?: FailureDto;
  /** Time the handler took, in milliseconds, by the worker's monotonic clock. */
  @IsInt() @Min(0) durationMs!: number;
}

const FIELD = 'result';

/** The fields of an entry of the results stream, names and values in turn. */
export function entryOf(results: readonly string[]): string[] {
  return results.flatMap((json) => [FIELD, json]);
}

/** The results in an entry, as JSON; none when it has no such field. */
export function resultsIn(fields: readonly string[]): string[] {
  return fields.filter((_, i) => i % 2 === 1 && fields[i - 1] === FIELD);
}

/**
 * A result as it came from the stream.
 * @throws InvalidMessage
 */
export function readResult(value: unknown): ResultDto {
  const result = validate(ResultDto, value);
  if (result.status === 'failed' && !result.failure) throw new InvalidMessage('ResultDto', [{ code: 'invalid-value', severity: 'error', pointer: '/failure', message: 'a failed result needs a failure' }]);
  return result;
}
