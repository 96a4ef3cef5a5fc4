import { attemptId, InvalidMessage, JobDto, validate } from '@opsmesh/contracts';

/**
 * The job in a queue entry.
 * @throws InvalidMessage when it is none, its id is not that of its position, or its tool is not the entry's name.
 */
export function readJob(name: string, data: unknown): JobDto {
  const job = validate(JobDto, data);
  if (job.attemptId !== attemptId(job)) throw mismatch('/attemptId', 'must be the id of the position');
  if (job.tool !== name) throw mismatch('/tool', 'must be the name of the queue entry');
  return job;
}

function mismatch(pointer: string, message: string): InvalidMessage {
  return new InvalidMessage('JobDto', [{ code: 'invalid-value', severity: 'error', pointer, message }]);
}
