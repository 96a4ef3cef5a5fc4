import { InvalidMessage, validate } from '@opsmesh/contracts';
import { ProblemError } from './problem-error.js';

/**
 * Reads what another service answered.
 * @throws ProblemError 503 `service-unavailable` for what is no such answer: that is not the fault of whoever asked us
 */
export function answerOf<T extends object>(type: new () => T, answer: unknown): T {
  try {
    return validate(type, answer);
  } catch (e) {
    if (!(e instanceof InvalidMessage)) throw e;
    throw new ProblemError(503, 'service-unavailable', `another service gave an answer that can't be read: ${e.message}; do all services have the same version?`, { cause: e });
  }
}
