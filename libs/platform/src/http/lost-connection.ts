import type { Logger } from 'pino';
import { isOutcomeUnknown, isTransient } from '../postgres/postgres-errors.js';
import { ProblemError } from './problem-error.js';

/** Methods that change nothing (RFC 9110, section 9.2.1). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const OF_RUN = /^\/runs\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/|$)/i;

/**
 * The problem of a request that lost the database on its way: 503 `outcome-unknown` where it may have changed something, with the run to look at where its path
 * names one; 503 `service-unavailable` where it did not, and where the database could not do it now. Undefined for other errors.
 */
export function lostConnection(error: unknown, { log, method, path }: { readonly log: Logger; readonly method: string; readonly path: string }): ProblemError | undefined {
  const isUnknown = isOutcomeUnknown(error);
  if (!isUnknown && !isTransient(error)) return undefined;
  log.warn({ err: error, request: `${method} ${path}` }, isUnknown ? 'a request lost a connection' : 'the database could not carry out a request');
  if (!isUnknown || SAFE.has(method)) return new ProblemError(503, 'service-unavailable', 'the database can\'t do this now: try again', { cause: error });
  const runId = OF_RUN.exec(path)?.[1];
  const look = runId === undefined ? 'look' : `look at /runs/${runId}`;
  return new ProblemError(503, 'outcome-unknown', `a connection was lost while the request was carried out: whether it was done is not known; ${look} before you send it again`, { ...(runId === undefined ? {} : { runId }), cause: error });
}
