import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { ProblemError } from './problem-error.js';

/** The problem for a fault of ours, which is logged under an id: that is all the caller gets. */
export function serverFault(error: unknown, { log, request }: { readonly log: Logger; readonly request: string }): ProblemError {
  const id = randomUUID();
  log.error({ err: error, faultId: id, request }, 'a request failed');
  return new ProblemError(500, 'internal-error', `the request failed because of a fault in the server, logged as ${id}`);
}
