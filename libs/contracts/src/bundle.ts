import { ArrayMaxSize, ArrayMinSize, Equals, IsArray, IsObject } from 'class-validator';
import type { JobDto } from './job.js';
import { MESSAGE_VERSION } from './names.js';
import { fits, PlainMessage } from './validate.js';

/** Most attempts in one job of BullMQ. */
export const MOST_TOGETHER = 8;

/**
 * What stands in a job of BullMQ that has several attempts of one tool: it costs Redis no more than a job of one. They run beside each other, and each
 * has its own claim, time and result; nothing but the way to the worker is shared.
 */
@PlainMessage()
export class BundleDto {
  @Equals(MESSAGE_VERSION) v!: typeof MESSAGE_VERSION;
  /** Each is a {@link JobDto}, and is read for itself: one that can't be read leaves the others alone. */
  @IsArray() @ArrayMinSize(2) @ArrayMaxSize(MOST_TOGETHER) @IsObject({ each: true }) attempts!: object[];
}

/** An attempt id has no such character, and a BullMQ job id may have it. */
const BETWEEN = '+';

/** Id of the job in BullMQ: that of its attempt; of a bundle those of its attempts, so that what a job holds is known without reading it. */
export function jobIdOf(attempts: readonly Pick<JobDto, 'attemptId'>[]): string {
  return attempts.map((a) => a.attemptId).join(BETWEEN);
}

/** The attempts of a job, by its id. */
export function attemptIdsOf(jobId: string): string[] {
  return jobId.split(BETWEEN);
}

/** What stands in the job. */
export function jobDataOf(attempts: readonly JobDto[]): JobDto | BundleDto {
  return attempts.length === 1 ? attempts[0]! : { v: MESSAGE_VERSION, attempts: [...attempts] };
}

/** The attempts in a job, none of them read yet: what is no bundle counts as one. */
export function attemptsIn(data: unknown): readonly unknown[] {
  return fits(BundleDto, data) ? (data as BundleDto).attempts : [data];
}
