import { IsArray } from 'class-validator';
import type { ProblemDto } from './problem.js';
import { PlainMessage } from './validate.js';

/** Most calls in one batch. */
export const MAX_BATCH = 100;

/** What one call of a batch is answered: just what it would be alone. */
export type BatchAnswer<T> = { readonly ok: T } | { readonly problem: ProblemDto };

/** Answer to a batch: one for each call, in their order. A call that fails leaves the others alone. */
@PlainMessage()
export class BatchAnswersDto<T = unknown> {
  @IsArray() answers!: BatchAnswer<T>[];
}
