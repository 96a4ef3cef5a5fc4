import { types } from 'node:util';

/** Errors of the network between PostgreSQL and us, as Node names them. */
const NETWORK: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ENOTFOUND', 'EAI_AGAIN']);

/** What pg and pg-pool say, without a code, of a connection that could not be had, was lost, or did not answer in time. */
const UNCODED = new RegExp(`^(${[
  'Connection terminated( unexpectedly| due to connection timeout)?',
  'timeout expired', 'timeout exceeded when trying to connect', 'Query read timeout',
  'Client has encountered a connection error and is not queryable', 'Client was closed and is not queryable',
].join('|')})$`);

/** The server is going down, has crashed or is starting (57P01 to 57P03), or has no connection to give (53300). */
const COMES_BACK = /^(57P0[123]|53300)$/;
/** SQLSTATE classes: 08 connections, 53 resources, 57 the server or its statement timeout ended it; 25P03, it ended a transaction in which nothing happened. */
const OUTSIDE = /^(08...|53...|57...|25P03)$/;
/** The connection is lost (class 08), the server ended it (57P), or it does not know the statement's end (40003). */
const END_NOT_KNOWN = /^(08...|57P..|40003)$/;

/** The SQLSTATE (PostgreSQL, appendix A) of an error, wherever it is wrapped as a `cause`; undefined when it has none. */
export function sqlState(error: unknown): string | undefined {
  return chainOf(error).map(codeOf).find((code) => code !== undefined && /^(?=.*\d)[0-9A-Z]{5}$/.test(code));
}

/** Whether a connection that could not be had may be had in a while: the server is not there yet, or not any more. What it refuses for good is none. */
export function isTransientConnectError(error: unknown): boolean {
  return isNetworkError(error) || COMES_BACK.test(sqlState(error) ?? '');
}

/** Whether a statement failed for a reason that lies outside of it, so that the same may succeed in a while. It says nothing of what was done. */
export function isTransient(error: unknown): boolean {
  return isNetworkError(error) || OUTSIDE.test(sqlState(error) ?? '');
}

/**
 * Whether an error leaves open what was committed: the connection was lost, perhaps after the commit was sent. An error while connecting counts too,
 * for it says nothing of a try before.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  return isNetworkError(error) || END_NOT_KNOWN.test(sqlState(error) ?? '');
}

/** Also of a row that the same request stored in a try before: see {@link isOutcomeUnknown}. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === '23505';
}

export function isForeignKeyViolation(error: unknown): boolean {
  return sqlState(error) === '23503';
}

function isNetworkError(error: unknown): boolean {
  return chainOf(error).some((e) => NETWORK.has(codeOf(e) ?? '') || (codeOf(e) === undefined && UNCODED.test(e.message)));
}

/** An error and what is wrapped in it, outermost first. Of the errors of several addresses that were tried, the first one stands for all. */
function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let at = error; types.isNativeError(at) && !chain.includes(at); at = firstOf(at) ?? at.cause) chain.push(at);
  return chain;
}

/** Of an AggregateError. Other errors may have something else of that name. */
function firstOf(error: Error): unknown {
  const first: unknown = 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined;
  return types.isNativeError(first) ? first : undefined;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
