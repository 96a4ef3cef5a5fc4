import { FAILURE_MEANINGS, type FailureDto } from '@opsmesh/contracts';
import type { CompiledStep, RetryPolicy, ToolStep } from './plan.js';

/** What a failed attempt means for its item. */
export type AttemptVerdict = { readonly kind: 'retry'; readonly delayMs: number } | { readonly kind: 'failed' } | { readonly kind: 'unknown' };

/**
 * Decides by the failure's code alone, never by its message.
 * A doubtful outcome of a tool that is not idempotent is `unknown`; it is repeated only when nothing was done or the tool is idempotent.
 */
export function judgeFailure(step: Pick<ToolStep, 'idempotent' | 'effect' | 'retry'>, attempt: number, failure: FailureDto, random: number): AttemptVerdict {
  const meaning = FAILURE_MEANINGS[failure.code];
  const repeatable = isRepeatable(step) || meaning.effect === 'none';
  if (meaning.doubtful && !repeatable) return { kind: 'unknown' };
  if (!meaning.retryable || !repeatable || attempt >= step.retry.maxAttempts) return { kind: 'failed' };
  return { kind: 'retry', delayMs: retryDelay(step.retry, attempt, random) };
}

/** Whether doing it twice does no harm, whatever became of the first attempt. */
export function isRepeatable({ idempotent, effect }: Pick<ToolStep, 'idempotent' | 'effect'>): boolean {
  return idempotent || effect === 'read';
}

/** A failure as it is told of an attempt of the step: its `retryable` is what the engine does, while that of the worker says only that the code passes. */
export function failureOf(step: CompiledStep, failure: FailureDto): FailureDto {
  const meaning = FAILURE_MEANINGS[failure.code];
  const retryable = step.kind === 'tool' && meaning.retryable && (isRepeatable(step) || meaning.effect === 'none');
  return failure.retryable === retryable ? failure : { ...failure, retryable };
}

/** Delay before the attempt after `attempt`, in milliseconds: exponential, capped, with full jitter (random in [0, 1)). */
export function retryDelay({ backoff }: RetryPolicy, attempt: number, random: number): number {
  const ceiling = Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** (attempt - 1));
  return Math.round(backoff.jitter ? ceiling * random : ceiling);
}
