import { HttpException, NotFoundException } from '@nestjs/common';
import { InvalidMessage } from '@opsmesh/contracts';
import { ProblemError } from './problem-error.js';

/** Codes of answers that Nest or Express give themselves, by status. */
const CODES: Readonly<Record<number, string>> = {
  400: 'bad-request', 401: 'unauthenticated', 403: 'forbidden', 404: 'not-found', 405: 'method-not-allowed', 406: 'not-acceptable', 408: 'request-timeout',
  409: 'conflict', 413: 'body-too-large', 415: 'unsupported-media-type', 422: 'invalid-body', 429: 'rate-limited', 501: 'not-implemented', 503: 'service-unavailable',
};

/** The problem that an error means to the caller; undefined for a fault of ours, of which the caller learns nothing. */
export function toProblem(error: unknown): ProblemError | undefined {
  if (error instanceof ProblemError) return error;
  if (error instanceof InvalidMessage) return new ProblemError(422, 'invalid-body', error.message, { errors: error.errors, cause: error });
  // Nest's own answer to an unknown route; its message is the only thing that tells it from a controller's.
  if (error instanceof NotFoundException && error.message.startsWith('Cannot ')) return new ProblemError(404, 'route-not-found', 'there is no such route');
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return status === 500 ? undefined : new ProblemError(status, CODES[status] ?? 'request-failed', error.message, { cause: error });
  }
  return undefined;
}
