import { setTimeout as pause } from 'node:timers/promises';

/** Errors of the network between PostgreSQL and us. */
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
/** SQLSTATE of lost connections (class 08), of a server that ends (57P) and of a statement whose end is not known (40003). */
const LOST = /^(08...|57P..|40003)$/;
/** What the driver says of a connection that it has no more, without a code. */
const TERMINATED = /connection terminated|connection error|timeout exceeded when trying to connect|not queryable/i;

/**
 * Whether an error of the record leaves open what was committed: the connection was lost, perhaps after the commit was sent. Where several changes
 * were committed together each is tried again, so that an error while connecting says nothing of the try before.
 */
export function isOutcomeUnknown(e: unknown): boolean {
  const code = codeOf(e);
  if (code !== undefined) return NETWORK.has(code) || LOST.test(code);
  return e instanceof Error && TERMINATED.test(e.message);
}

/** Also of a row that the same request stored in a try before: see {@link isOutcomeUnknown}. */
export function isUniqueViolation(e: unknown): boolean {
  return codeOf(e) === '23505';
}

/** Pauses before the looks for a row that may have been stored, and how long they may take together, in milliseconds. */
const LOOKS_MS = [0, 100, 300, 1000, 2000];
const MOST_MS = 5000;

/**
 * Looks a few times for what a lost commit may have stored. The server may be at that commit still, so that only a find says something.
 * @param look throws when it found nothing
 * @returns whether it was found
 */
export async function wasStored(look: () => Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const looking = async (): Promise<boolean> => {
    for (const ms of LOOKS_MS) {
      await pause(ms, undefined, { signal: over.signal });
      const isThere = await look().then(() => true, () => false);
      if (isThere) return true;
    }
    return false;
  };
  try {
    return await Promise.race([looking(), pause(MOST_MS, false, { signal: over.signal })]);
  } finally {
    over.abort();
  }
}

function codeOf(e: unknown): string | undefined {
  return e instanceof Error && 'code' in e && typeof e.code === 'string' ? e.code : undefined;
}
