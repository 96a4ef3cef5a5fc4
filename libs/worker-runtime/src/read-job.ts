import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { attemptId, InvalidMessage, JobDto, jsonSchemaOf, MESSAGE_VERSION, validate } from '@opsmesh/contracts';

// The schema says the same as the DTO and is some fifty times faster to check; it stands on the way of every job.
const fits = addFormats.default(new Ajv({ strict: false })).compile(jsonSchemaOf(JobDto));

/**
 * The job in a queue entry. It is the plain object that came in, not an instance.
 * @throws InvalidMessage when it is none, its id is not that of its position, or its tool is not the entry's name.
 */
export function readJob(name: string, data: unknown): JobDto {
  if (!fits(data) || (data as JobDto).v !== MESSAGE_VERSION) {
    validate(JobDto, data);
    throw new InvalidMessage('JobDto', [{ code: 'invalid-value', severity: 'error', pointer: '', message: 'does not fit the schema' }]);
  }
  const job = data as JobDto;
  if (job.attemptId !== attemptId(job)) throw mismatch('/attemptId', 'must be the id of the position');
  if (job.tool !== name) throw mismatch('/tool', 'must be the name of the queue entry');
  return job;
}

function mismatch(pointer: string, message: string): InvalidMessage {
  return new InvalidMessage('JobDto', [{ code: 'invalid-value', severity: 'error', pointer, message }]);
}
