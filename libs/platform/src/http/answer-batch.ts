import type { BatchAnswersDto } from '@opsmesh/contracts';
import type { Logger } from 'pino';
import { toProblem } from './to-problem.js';
import { serverFault } from './server-fault.js';

/** The answer of a batched route: of each call its value, or the problem document that it would have been answered alone. */
export async function answerBatch<T>(calls: Iterable<Promise<T>>, log: Logger): Promise<BatchAnswersDto<T>> {
  const outcomes = await Promise.allSettled(calls);
  return { answers: outcomes.map((o) => (o.status === 'fulfilled' ? { ok: o.value } : { problem: (toProblem(o.reason) ?? serverFault(o.reason, { log, request: 'a call of a batch' })).toDocument() })) };
}
