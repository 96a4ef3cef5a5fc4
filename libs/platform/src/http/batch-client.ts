import { BatchAnswersDto, MAX_BATCH, type BatchAnswer } from '@opsmesh/contracts';
import { answerOf } from './answer-of.js';
import { Gathered } from './gathered.js';
import { ProblemError } from './problem-error.js';
import type { ServiceClient } from './service-client.js';

/** Calls one batched route (`{ batch: [...] }`, answered by a {@link BatchAnswersDto}) of another service, as many calls in one request as come together. It does not retry. */
export class BatchClient<Q extends object> {
  private readonly calls: Gathered<Q, unknown>;

  constructor(private readonly service: Pick<ServiceClient, 'call'>, private readonly path: string) {
    this.calls = new Gathered((batch) => this.send(batch), { most: MAX_BATCH });
  }

  /**
   * @returns the answer to this call, which the caller validates.
   * @throws ProblemError with what the service answered to it, or as {@link ServiceClient.call}; the signal's reason when that is aborted first
   */
  call(question: Q, signal?: AbortSignal): Promise<unknown> {
    return this.calls.ask(question, signal);
  }

  private async send(batch: readonly Q[]): Promise<PromiseSettledResult<unknown>[]> {
    const { answers } = answerOf(BatchAnswersDto, await this.service.call('POST', this.path, { body: { batch } }));
    return answers.map(settled);
  }
}

function settled(answer: BatchAnswer<unknown>): PromiseSettledResult<unknown> {
  if ('ok' in answer) return { status: 'fulfilled', value: answer.ok };
  const { status, code, detail = code, errors } = answer.problem;
  return { status: 'rejected', reason: new ProblemError(status, code, detail, errors ? { errors } : {}) };
}
