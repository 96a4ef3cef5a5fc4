/** SQLSTATE codes that this service expects (PostgreSQL, appendix A). */
export const UNIQUE_VIOLATION = '23505';
export const FOREIGN_KEY_VIOLATION = '23503';

/** The SQLSTATE of an error of drizzle or pg, or undefined when it is another error. */
export function sqlState(error: unknown): string | undefined {
  const own = (error as { code?: unknown } | undefined)?.code;
  if (typeof own === 'string' && /^[0-9A-Z]{5}$/.test(own)) return own;
  const cause = (error as { cause?: unknown } | undefined)?.cause;
  return cause === undefined ? undefined : sqlState(cause);
}
